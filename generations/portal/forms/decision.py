"""What a person says when they decide what became of a take that is not confirmed."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from generations.portal import text

_TOO_LONG = gettext_lazy("It has %(show_value)s characters; %(limit_value)s is the most. Shorten it.")


class DecisionForm(forms.Form):
    """A reason, and which attempt the decision is about: the one that was shown."""

    reason = forms.CharField(
        max_length=180,
        error_messages={
            "required": gettext_lazy("Write down what you looked at, and what it showed."),
            "max_length": _TOO_LONG,
        },
    )
    seen = forms.IntegerField(min_value=0, max_value=32_767, widget=forms.HiddenInput)

    def clean_reason(self) -> str:
        return text.storable(self.cleaned_data["reason"])


class FoundForm(DecisionForm):
    """The same with the provider's id of the job."""

    task_id = forms.CharField(
        max_length=120,
        error_messages={
            "required": gettext_lazy("Copy the id of the job from the provider's list."),
            "max_length": _TOO_LONG,
        },
    )

    def clean_task_id(self) -> str:
        return text.storable(self.cleaned_data["task_id"])
