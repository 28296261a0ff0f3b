"""Stored choices that more than one package shares; a choice that one model alone uses is nested in that model."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Provider(TextChoices):
    """The kinds of provider API, by the one slug that names each of them everywhere."""

    FAL = "fal", _("fal")
    KLING = "kling", _("Kling official")


class Capability(TextChoices):
    """What a recipe asks Kling to do."""

    TEXT_TO_VIDEO = "text_to_video", _("Text to video")
    IMAGE_TO_VIDEO = "image_to_video", _("Image to video")


class Tier(TextChoices):
    """The ladder from draft to hero. On some routes a tier is a mode of a model, on others a model of its own."""

    STD = "std", _("Draft")
    PRO = "pro", _("Pro")
    MASTER = "master", _("Hero")


class InputRole(TextChoices):
    """What an input file is for."""

    FIRST_FRAME = "first_frame", _("First frame")
    LAST_FRAME = "last_frame", _("Last frame")
    STATIC_MASK = "static_mask", _("Static brush")
    DYNAMIC_MASK = "dynamic_mask", _("Motion brush")


class CameraMove(TextChoices):
    """Kling's four master shots, and `simple`: one axis by hand."""

    SIMPLE = "simple", _("By hand")
    DOWN_BACK = "down_back", _("Down and zoom out")
    FORWARD_UP = "forward_up", _("Forward and up")
    RIGHT_TURN_FORWARD = "right_turn_forward", _("Right and zoom in")
    LEFT_TURN_FORWARD = "left_turn_forward", _("Left and zoom in")


class CameraAxis(TextChoices):
    """The six axes of a simple camera move; exactly one may move."""

    HORIZONTAL = "horizontal", _("Horizontal")
    VERTICAL = "vertical", _("Vertical")
    PAN = "pan", _("Pan")
    TILT = "tilt", _("Tilt")
    ROLL = "roll", _("Roll")
    ZOOM = "zoom", _("Zoom")


class Role(TextChoices):
    """What a member does in a team; a member may hold several. `access.ROLES` says who may do what."""

    OWNER = "owner", _("Owner")
    BUDGET_ADMIN = "budget_admin", _("Budget admin")
    PRODUCER = "producer", _("Producer")
    CREATOR = "creator", _("Creator")
    REVIEWER = "reviewer", _("Reviewer")
    VIEWER = "viewer", _("Viewer")


class Currency(TextChoices):
    """What a provider counts its prices in."""

    USD = "usd", _("US dollars")
    KLING_UNIT = "kling_unit", _("Kling units")


class MediaKind(TextChoices):
    """What an asset is."""

    IMAGE = "image", _("Image")
    VIDEO = "video", _("Video")
    AUDIO = "audio", _("Audio")
