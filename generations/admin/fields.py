"""Fields of forms about credits, and the number that makes a form good for one deed."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget


def credits_field(label: Any, *, smallest: str = "0.001", **facts: Any) -> forms.DecimalField:
    """An amount of credits: a number with at most three places, not below `smallest`."""
    facts.setdefault("help_text", gettext_lazy("At most three decimal places."))
    return forms.DecimalField(
        label=label,
        max_digits=12,
        decimal_places=3,
        min_value=Decimal(smallest),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        **facts,
    )


class TeamTime(forms.DateTimeField):
    """A time where the team is, as `<input type="datetime-local">` sends it. `time_zone` is set by the form."""

    time_zone = "UTC"

    def __init__(self, **facts: Any) -> None:
        widget = UnfoldAdminTextInputWidget()
        widget.input_type = "datetime-local"
        invalid = gettext_lazy("Write a day and a time, such as 2026-11-28 18:00.")
        super().__init__(widget=widget, error_messages={"invalid": invalid}, **facts)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(ZoneInfo(self.time_zone)).strftime("%Y-%m-%dT%H:%M")
        return value

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(ZoneInfo(self.time_zone)):
            return super().to_python(value)


class OnceForm(forms.Form):
    """A form whose number comes with it, so that a second click or a reload does nothing more."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean(self) -> dict[str, Any]:
        if "key" in self.errors:
            raise ValidationError(_("This form has lost its number. Open it again from the page before."))
        return self.cleaned_data
