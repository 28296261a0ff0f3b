"""A take's recipe beyond its words and images, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.catalog import Camera
from generations.choices import CameraMove, Capability, InputRole
from generations.models import Asset, Generation

ROLE_LABELS = {
    InputRole.FIRST_FRAME: gettext_lazy("Start image"),
    InputRole.LAST_FRAME: gettext_lazy("End image"),
}


class Row(NamedTuple):
    label: str
    value: str


class Image(NamedTuple):
    label: str
    asset: Asset


def recipe_rows(take: Generation) -> list[Row]:
    """Length, frame, guidance and camera, also where the model decided."""
    return list(_rows(take))


def recipe_images(take: Generation) -> list[Image]:
    """The images that the take was made from."""
    return [Image(role_label(item.role), item.asset) for item in take.inputs.all() if item.asset]


def role_label(role: str) -> str:
    """What an image is for, in the words of the composer."""
    return str(ROLE_LABELS.get(InputRole(role), InputRole(role).label))


def _rows(take: Generation) -> Iterator[Row]:
    recipe = take.recipe
    if recipe.duration_seconds:
        yield Row(_("Length"), _("%(n)s s") % {"n": recipe.duration_seconds})
    from_image = recipe.capability == Capability.IMAGE_TO_VIDEO
    yield Row(_("Frame"), recipe.aspect_ratio or (_("as the image is") if from_image else _("the model decides")))
    yield Row(_("Guidance"), _("the model decides") if recipe.guidance is None else f"{recipe.guidance.normalize():f}")
    yield Row(_("Camera"), _camera(recipe.camera))


def _camera(camera: Camera | None) -> str:
    if camera is None:
        return _("the model decides")
    if camera.move != CameraMove.SIMPLE or camera.axis is None:
        return str(camera.move.label)
    return f"{camera.axis.label} {camera.amount:+d}".replace("-", "−")
