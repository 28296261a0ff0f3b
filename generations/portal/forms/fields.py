"""Fields of forms about credits and budgets: amounts, times where the team is, a few words, things of the team."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy

from generations import ledger, lifecycle
from generations.portal import text

TOO_LONG = gettext_lazy("It has %(show_value)s characters; %(limit_value)s is the most. Shorten it.")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_NOT_THERE = gettext_lazy("This is not in your team any more. Choose again.")


class Credits(forms.DecimalField):
    """An amount of credits, as the ledger takes it; 1,800 is understood."""

    default_error_messages = {
        "required": gettext_lazy("Say how many credits."),
        "invalid": gettext_lazy("Write the credits as a number, such as 300 or 12.5."),
    }

    def __init__(self, *, may_be_zero: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._may_be_zero = may_be_zero

    def to_python(self, value: Any) -> Any:
        typed = str(value or "").strip()
        return super().to_python(typed.replace(",", "") if _GROUPED.fullmatch(typed) else typed)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None or (self._may_be_zero and value == 0):
            return
        try:
            ledger.check_amount(value)
        except ledger.BadAmount as error:
            raise ValidationError(error.public) from error


class TeamTime(forms.DateTimeField):
    """A time where the team is, as `<input type="datetime-local">` sends it. `time_zone` is set by the form.

    A time that the clocks leave out or show twice when they change is refused.
    """

    time_zone = "UTC"
    default_error_messages = {
        "invalid": gettext_lazy("Write a day and a time, such as 2026-11-28 18:00."),
        "ambiguous_timezone": gettext_lazy(
            "The clocks change then, so this time is left out or comes twice. Choose one an hour earlier or later."
        ),
    }

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(ZoneInfo(self.time_zone)).strftime("%Y-%m-%dT%H:%M")
        return value

    def to_python(self, value: Any) -> datetime | None:
        try:
            with timezone.override(ZoneInfo(self.time_zone)):
                return super().to_python(value)
        except ValidationError as error:  # Django's own words for a change of clocks name no way out
            raise ValidationError(self.error_messages[error.code or "invalid"], code=error.code) from error


class Words(forms.CharField):
    """A few words on one or more lines, as they can be stored."""

    def __init__(self, **kwargs: Any) -> None:
        messages = {"max_length": TOO_LONG}
        super().__init__(max_length=lifecycle.NOTE_MAX, required=False, error_messages=messages, **kwargs)

    def to_python(self, value: Any) -> str:
        return text.lines(super().to_python(value) or "")


class Chosen(forms.ModelChoiceField):
    """One of the team's own things; what cannot be one is refused like one that is not there. The form sets which."""

    default_error_messages = {"invalid_choice": _NOT_THERE}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=None, **kwargs)

    def to_python(self, value: Any) -> Any:
        if value and self.to_field_name == "public_id" and text.find_uuid(str(value)) is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)
