"""The two images of a recipe, as slots of the composer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from generations import access, lifecycle, media
from generations.choices import InputRole, MediaKind
from generations.errors import LimitReached
from generations.models import Asset
from generations.portal import text
from generations.portal.forms.picture import ROLES, check_size
from generations.portal.forms.wish import Wish
from generations.portal.recipe import role_label


@dataclass(frozen=True, slots=True)
class Limits:
    max_bytes: int
    min_side: int
    ratio_min: Decimal
    ratio_max: Decimal


@dataclass(frozen=True, slots=True)
class NotAdded:
    """A file that did not become the slot's image, and why."""

    name: str
    reason: str


@dataclass(slots=True)
class Slot:
    """One image of the recipe. `is_lost`: an image was named that the team's library does not have."""

    role: InputRole
    asset: Asset | None = None
    refused: NotAdded | None = None
    problem: str = ""
    off_reason: str = ""
    is_lost: bool = False

    @property
    def label(self) -> str:
        return role_label(self.role)

    @property
    def optional(self) -> bool:
        return self.role == InputRole.LAST_FRAME

    @property
    def limits(self) -> Limits:
        return Limits(
            max_bytes=settings.LIMITS["image_upload_bytes"],
            min_side=media.SIDE_MIN_PX,
            ratio_min=1 / media.RATIO_MAX,
            ratio_max=media.RATIO_MAX,
        )


@dataclass(slots=True)
class Frames:
    first: Slot
    last: Slot

    @property
    def slots(self) -> tuple[Slot, Slot]:
        return self.first, self.last


def load_frames(member: access.Member, wish: Wish, refused: Mapping[InputRole, NotAdded]) -> Frames:
    """The images that a wish names, as far as the team's library has them."""
    named = {role: getattr(wish, role.value) for role in ROLES}
    ids = {role: text.find_uuid(value) for role, value in named.items()}
    wanted = [public_id for public_id in ids.values() if public_id]
    rows = access.assets_for(member).filter(kind=MediaKind.IMAGE, public_id__in=wanted).select_related("blob")
    assets = {asset.public_id: asset for asset in rows} if wanted else {}
    slots = {
        role: Slot(
            role=role,
            asset=(asset := assets.get(ids[role])),  # type: ignore[arg-type]
            refused=refused.get(role),
            is_lost=bool(named[role]) and asset is None,
        )
        for role in ROLES
    }
    return Frames(slots[InputRole.FIRST_FRAME], slots[InputRole.LAST_FRAME])


def add_files(
    member: access.Member, wish: Wish, files: Mapping[str, UploadedFile], now: datetime
) -> tuple[Wish, dict[InputRole, NotAdded]]:
    """Store the pictures of a form that was posted without a script; what is refused leaves the slot as it was."""
    refused: dict[InputRole, NotAdded] = {}
    for role in ROLES:
        file = files.get(f"{role}_file")
        if file is None:
            continue
        added = add_picture(member, file, now)
        if isinstance(added, NotAdded):
            refused[role] = added
        else:
            wish = replace(wish, **{role.value: str(added.public_id)})
    return wish, refused


def add_picture(member: access.Member, file: UploadedFile, now: datetime) -> Asset | NotAdded:
    """Put a picture into the team's library, or say why not. Raises NotAllowed."""
    name = text.storable(file.name or "") or _("The picture")
    if too_large := check_size(file):
        return NotAdded(name, too_large)
    try:
        return lifecycle.upload_image(member=member, project=None, name=name, chunks=file.chunks(), now=now)
    except (media.ImageRefused, LimitReached) as error:
        return NotAdded(name, error.public)
