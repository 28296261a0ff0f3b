"""How the files of a task reach the official API, which has no upload: docs/providers.md 3.3.

Pictures and sounds go as bare base64 inside the request, or by a public address where they are larger than that may be.
Videos go only by a public address, or by the id under which Kling still holds them.
"""

from __future__ import annotations

import base64
from pathlib import Path

from django.utils.translation import gettext as _

from generations.catalog import Route
from generations.choices import InputRole
from generations.providers.errors import Rejected
from generations.providers.kling_api import LIP_SYNC, MULTI_ELEMENTS, api_of
from generations.providers.kling_cost import Purse
from generations.providers.types import InputFile, Prepared, Task

SOUND_MAX_BYTES = 5_000_000  # 3.6
_SESSIONS = frozenset({LIP_SYNC, MULTI_ELEMENTS})


def references(task: Task, purse: Purse) -> dict[str, str]:
    """Where Kling finds each file, by key: base64, an address, or empty for a video that is named by its id.

    Reads the files. Raises Rejected, before anything is sent, for one that Kling cannot be given.
    """
    return {file.key: _reference(file, task.route, purse) for file in task.files}


def source(prepared: Prepared) -> dict[str, str]:
    """The video to work on: by its id where Kling holds it, otherwise by its address."""
    (file,) = prepared.task.files_for(InputRole.SOURCE_VIDEO)
    if file.provider_id:
        return {"video_id": file.provider_id}
    return {"video_url": prepared.references[file.key]}


def is_inline(reference: str) -> bool:
    """Whether a reference is the file itself and not its address."""
    return not reference.startswith(("http://", "https://"))


def _reference(file: InputFile, route: Route, purse: Purse) -> str:
    if file.media_type.startswith("video/"):
        return _video(file, route, purse)
    is_sound = file.media_type.startswith("audio/")
    most = SOUND_MAX_BYTES if is_sound else api_of(route).image_max_bytes
    if file.size_bytes <= most:
        return base64.b64encode(Path(file.path).read_bytes()).decode("ascii")
    if file.public_url:
        return file.public_url
    sentence = _("Kling takes at most %(most)s MB for “%(role)s”; this file has %(is)s MB. Choose a smaller one.")
    facts = {"most": most // 1_000_000, "role": file.role.label, "is": -(-file.size_bytes // 1_000_000)}
    raise Rejected(sentence % facts, provider=route.provider, charged=purse.nothing)


def _video(file: InputFile, route: Route, purse: Purse) -> str:
    if file.provider_id and ("source_id" in route.fields or route.endpoint in _SESSIONS):
        return ""
    if "source_id" in route.requires:
        sentence = _("Kling works here only on videos that it made on this account in the last 30 days. Choose one.")
        raise Rejected(sentence, provider=route.provider, charged=purse.nothing)
    if not file.public_url:
        sentence = _(
            "Kling reads videos only from a public address, and this site has none. Choose a take that was made on "
            "this account, or ask the administrator to set PUBLIC_URL."
        )
        raise Rejected(sentence, provider=route.provider, charged=purse.nothing)
    return file.public_url
