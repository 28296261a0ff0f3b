"""Input files that a provider fetches from us: the stripped copy, under an address that is signed and runs out.

Some providers take videos only as an address. The copy lies in the store below `sent/`; the address names it, nobody
can guess it, and it dies after LIMITS["public_input_seconds"]. The copy itself goes a while later (`sweep`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

from generations import media
from generations.lifecycle.accounts import input_url
from generations.models import Team

_SALT = "generations.public_inputs"
_TYPES = {extension: media_type for media_type, extension in media.EXTENSIONS.items()}


class PublicInput(NamedTuple):
    """A copy that an address names."""

    storage_key: str
    sha256: str
    media_type: str
    extension: str


def publish(path: Path, media_type: str, team: Team) -> str:
    """Store a prepared copy and return the public address under which a provider may fetch it, for a day by default.

    `path` is what `media.prepare_image`, `prepare_video` or `prepare_audio` wrote, never an original: originals may say
    where they were taken. Empty without PUBLIC_URL; then nothing is stored. Repeatable, and needs no database.
    """
    if not settings.PUBLIC_URL:
        return ""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    extension = media.extension_of(media_type)
    media.store.put(path, team_key=team.public_id.hex, sha256=sha256, extension=extension, root=media.store.SENT)
    token = TimestampSigner(salt=_SALT).sign(f"{team.public_id.hex}.{sha256}.{extension}")
    # Some providers judge a file by how its address ends.
    return input_url(token, f"input.{extension}")


def find_public_input(token: str) -> PublicInput | None:
    """The copy that a token names; None where we did not sign it or its time is over."""
    try:
        named = TimestampSigner(salt=_SALT).unsign(token, max_age=settings.LIMITS["public_input_seconds"])
    except BadSignature:
        return None
    team_key, sha256, extension = named.split(".")
    key = media.store.key_of(team_key=team_key, sha256=sha256, extension=extension, root=media.store.SENT)
    return PublicInput(key, sha256, _TYPES[extension], extension)
