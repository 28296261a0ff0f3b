"""Stored choices that more than one package shares; a choice that one model alone uses is nested in that model."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Provider(TextChoices):
    """The kinds of provider API, by the one slug that names each of them everywhere."""

    FAL = "fal", _("fal")
    KLING = "kling", _("Kling official")
    WAVESPEED = "wavespeed", _("WaveSpeedAI")
    GATEWAY = "gateway", _("Kling-compatible gateway")


class Capability(TextChoices):
    """What a recipe asks Kling to do."""

    TEXT_TO_VIDEO = "text_to_video", _("Text to video")
    IMAGE_TO_VIDEO = "image_to_video", _("Image to video")
    REFERENCE_TO_VIDEO = "reference_to_video", _("Reference to video")
    VIDEO_EDIT = "video_edit", _("Edit a video by prompt")
    VIDEO_REFERENCE = "video_reference", _("Video from a video")
    EXTEND = "extend", _("Extend")
    LIP_SYNC = "lip_sync", _("Lip-sync")
    EFFECT = "effect", _("Effect")
    MULTI_ELEMENTS = "multi_elements", _("Multi-elements editor")
    MOTION_CONTROL = "motion_control", _("Motion control")
    AVATAR = "avatar", _("Avatar")
    TEXT_TO_SPEECH = "text_to_speech", _("Text to speech")
    TEXT_TO_AUDIO = "text_to_audio", _("Text to audio")
    VIDEO_TO_AUDIO = "video_to_audio", _("Video to audio")
    TEXT_TO_IMAGE = "text_to_image", _("Text to image")
    IMAGE_TO_IMAGE = "image_to_image", _("Image from images")
    EXPAND_IMAGE = "expand_image", _("Expand an image")
    TRY_ON = "try_on", _("Virtual try-on")


class Tier(TextChoices):
    """The ladder from draft to hero. On some routes a tier is a mode of a model, on others a model of its own."""

    STD = "std", _("Draft")
    PRO = "pro", _("Pro")
    MASTER = "master", _("Hero")
    UHD = "4k", _("4K")


class MediaKind(TextChoices):
    """What an asset is."""

    IMAGE = "image", _("Image")
    VIDEO = "video", _("Video")
    AUDIO = "audio", _("Audio")


class InputRole(TextChoices):
    """What an input file is for."""

    FIRST_FRAME = "first_frame", _("First frame")
    LAST_FRAME = "last_frame", _("Last frame")
    STATIC_MASK = "static_mask", _("Static brush")
    DYNAMIC_MASK = "dynamic_mask", _("Motion brush")
    REFERENCE_IMAGE = "reference_image", _("Reference image")
    ELEMENT_IMAGE = "element_image", _("Element")
    SOURCE_IMAGE = "source_image", _("Image to work on")
    SOURCE_VIDEO = "source_video", _("Video to work on")
    AUDIO = "audio", _("Sound")
    CHARACTER = "character", _("Character")
    PERSON = "person", _("Person")
    GARMENT = "garment", _("Garment")

    @property
    def kind(self) -> MediaKind:
        """What a file in this role is."""
        return {"source_video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}.get(self.value, MediaKind.IMAGE)


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
    KLING_IMAGE_UNIT = "kling_image_unit", _("Kling image units")


class PriceUnit(TextChoices):
    """What a price is for one of."""

    SECOND = "second", _("second")
    FIVE_SECONDS = "five_seconds", _("started 5 seconds")
    CALL = "call", _("call")
    IMAGE = "image", _("image")
    THOUSAND_CHARACTERS = "thousand_characters", _("1,000 characters")


class Variant(TextChoices):
    """What makes a route cost more or less than its plain price; a recipe has exactly one."""

    SILENT = "silent", _("without sound")
    SOUND = "sound", _("with sound")
    VOICE = "voice", _("with sound and voices")
    VIDEO = "video", _("with a video input")
    FOUR_K = "4k", _("in 4K")


class Window(TextChoices):
    """How long a budget's limit lasts before it begins anew, in the team's time zone."""

    DAY = "day", _("per day")
    WEEK = "week", _("per week")
    MONTH = "month", _("per month")
    QUARTER = "quarter", _("per quarter")
    LIFETIME = "lifetime", _("in all")


class Verdict(TextChoices):
    """What a review decided about a take."""

    APPROVED = "approved", _("Approved")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    REJECTED = "rejected", _("Rejected")
