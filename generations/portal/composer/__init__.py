"""The composer: from the posted form to a draft with its price, to an order, and back to the templates."""

from generations.portal.composer.context import composer_context, spell_price
from generations.portal.composer.draft import Draft, Unsettled, compose, without_image
from generations.portal.composer.frames import NotAdded, Slot, add_files, add_picture, load_frames

__all__ = [
    "Draft",
    "NotAdded",
    "Slot",
    "Unsettled",
    "add_files",
    "add_picture",
    "compose",
    "composer_context",
    "load_frames",
    "spell_price",
    "without_image",
]
