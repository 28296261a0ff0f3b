"""Looks for credentials where none may be."""

import traceback

from tests.providers.make import SECRETS


def check_no_secret(slug, *values):
    """Fail if a credential, or a half of one, is in any printed form of the values, or in an error's traceback."""
    printed = "\n".join(_forms(value) for value in values)
    for secret in SECRETS[slug].values():
        for part in secret.split(":"):
            assert part not in printed
    assert "cdn-token-5f9c1d2e3b4a" not in printed
    assert "eyJ" not in printed


def _forms(value):
    if isinstance(value, BaseException):
        trace = "".join(traceback.format_exception(value))
        return f"{value} {value!r} {getattr(value, 'data', '')} {getattr(value, 'public', '')} {trace}"
    return repr(value)
