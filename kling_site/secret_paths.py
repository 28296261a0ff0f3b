"""Keeps signed tokens out of the log: Django writes the whole path of a request that it refuses."""

from __future__ import annotations

import logging
import re

# Addresses whose last part is a token that lets its bearer do something: see the portal's urls.
_TOKEN = re.compile(r"(/(?:r|inputs|reports/stop)/)[^/\s]+")


class SecretPaths(logging.Filter):
    """Puts an ellipsis in the place of a token, in the message and in its arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _without(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_without(arg) for arg in record.args)
        return True


def _without(part: object) -> object:
    return _TOKEN.sub(r"\1…", part) if isinstance(part, str) else part
