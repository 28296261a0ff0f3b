"""A file that was sent for a slot of the composer, or for the library."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.choices import InputRole, MediaKind

ROLES = (InputRole.FIRST_FRAME, InputRole.LAST_FRAME)
LIBRARY = "library"
_KINDS = {
    **{role.value: frozenset({role.kind}) for role in (*ROLES, InputRole.SOURCE_VIDEO, InputRole.AUDIO)},
    LIBRARY: frozenset(MediaKind),
}


def check_size(file: UploadedFile) -> str:
    """A sentence for a picture that is larger than any route takes, else nothing; its content is judged elsewhere."""
    most = settings.LIMITS["image_upload_bytes"]
    if (file.size or 0) <= most:
        return ""
    sentence = _(
        "It is larger than %(most)s MB, which is the most Kling takes. "
        "Save it smaller, or as JPEG with a lower quality, and add it again."
    )
    return sentence % {"most": most // 1_000_000}


class Upload(forms.Form):
    """One upload: which slot or `library`, which file, and the image that stands in the slot now."""

    role = forms.ChoiceField(
        choices=[(role, role) for role in _KINDS],
        error_messages={
            "required": gettext_lazy("Say what it is for: first_frame, last_frame, source_video, audio or library."),
            "invalid_choice": gettext_lazy("There is no such image in a recipe. Reload the studio and add it again."),
        },
    )
    file = forms.FileField(
        allow_empty_file=True,
        error_messages={
            "required": gettext_lazy("No file arrived. Choose the picture again."),
            "invalid": gettext_lazy("No file arrived. Choose the picture again."),
        },
    )
    current = forms.UUIDField(required=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if self.kinds == {MediaKind.IMAGE} and (too_large := check_size(file)):
            raise forms.ValidationError(too_large)
        return file

    @property
    def kinds(self) -> frozenset[MediaKind]:
        """What is taken there."""
        return _KINDS.get(self.cleaned_data.get("role", ""), _KINDS[ROLES[0]])

    @property
    def refusal(self) -> str:
        """Why the picture cannot be taken, in one sentence; an unreadable `current` is nobody's fault and no reason."""
        return next((str(self.errors[name][0]) for name in ("role", "file") if name in self.errors), "")
