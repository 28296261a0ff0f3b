"""A picture that was sent for a slot of the composer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.choices import InputRole

ROLES = (InputRole.FIRST_FRAME, InputRole.LAST_FRAME)


def check_size(file: UploadedFile) -> str:
    """A sentence for a file that is larger than any route takes, else nothing. The rest is judged by its content."""
    most = settings.LIMITS["image_upload_bytes"]
    if (file.size or 0) <= most:
        return ""
    sentence = _(
        "It is larger than %(most)s MB, which is the most Kling takes. "
        "Save it smaller, or as JPEG with a lower quality, and add it again."
    )
    return sentence % {"most": most // 1_000_000}


class Picture(forms.Form):
    """One upload: which slot, which file, and the image that stands there now."""

    role = forms.ChoiceField(
        choices=[(role.value, role.label) for role in ROLES],
        error_messages={
            "required": gettext_lazy("Say which image it is: first_frame or last_frame."),
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
        if too_large := check_size(file):
            raise forms.ValidationError(too_large)
        return file

    @property
    def refusal(self) -> str:
        """Why the picture cannot be taken, in one sentence; an unreadable `current` is nobody's fault and no reason."""
        return next((str(self.errors[name][0]) for name in ("role", "file") if name in self.errors), "")
