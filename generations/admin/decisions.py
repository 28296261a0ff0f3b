"""What a person decides about a take of which nobody knows whether the provider took it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from generations import lifecycle
from generations.admin.acts import Act
from generations.admin.shown import credits
from generations.models import Generation, Status

_CHANGE = "generations.change_generation"


class DecisionForm(forms.Form):
    """A reason, and which attempt the decision is about: the one that was shown."""

    seen = forms.IntegerField(min_value=0, max_value=32_767, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("What was looked at, and what it showed"),
        max_length=180,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Kept with the take and on the team's statement."),
    )


class FoundForm(DecisionForm):
    task_id = forms.CharField(
        label=gettext_lazy("The provider's id of the job"),
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("As the provider's own list of jobs shows it."),
    )
    field_order = ("task_id", "reason")


def _found(request: HttpRequest, take: Generation, facts: dict[str, Any]) -> str:
    lifecycle.bind(take, now=timezone.now(), actor_id=request.user.pk, **facts)
    return _("%(take)s is followed as job %(task)s.") % {"take": take, "task": facts["task_id"]}


def _send_again(request: HttpRequest, take: Generation, facts: dict[str, Any]) -> str:
    lifecycle.send_again(take, now=timezone.now(), actor_id=request.user.pk, **facts)
    take.refresh_from_db()
    if take.status == Status.CANCELED:
        return _("%(take)s was canceled, as somebody had asked.") % {"take": take}
    return _("%(take)s is back in line.") % {"take": take}


def _give_up(request: HttpRequest, take: Generation, facts: dict[str, Any]) -> str:
    lifecycle.give_up(take, now=timezone.now(), actor_id=request.user.pk, **facts)
    return _("%(take)s was given up and %(credits)s credits went back to the team.") % {
        "take": take,
        "credits": credits(take.hold_credits),
    }


def _recover(request: HttpRequest, take: Generation, facts: dict[str, Any]) -> str:
    facts = {name: value for name, value in facts.items() if name != "seen"}
    if lifecycle.recover(take, now=timezone.now(), actor_id=request.user.pk, **facts):
        return _("The result of %(take)s is being fetched.") % {"take": take}
    return _("The job of %(take)s had failed; what was reported for it is booked.") % {"take": take}


def _ended_without_job(take: Generation) -> bool:
    is_open = not take.provider_task_id or take.failure_code in (lifecycle.GIVEN_UP, lifecycle.TIMED_OUT)
    return take.status in (Status.FAILED, Status.CANCELED) and is_open


def _is_unclear(take: Generation) -> bool:
    return take.status == Status.UNCERTAIN


def _seen(take: Generation) -> dict[str, Any]:
    attempt = lifecycle.last_attempt(take)
    return {"seen": attempt.number if attempt else 0}


DECISIONS = (
    Act(
        name="found",
        label=gettext_lazy("Found at the provider"),
        permission=_CHANGE,
        run=_found,
        fits=_is_unclear,
        form=FoundForm,
        initial=_seen,
        explains=gettext_lazy(
            "The take is followed as the job that you found; its hold stays until that job ends. Nothing is sent. "
            "The job is first read with the account's key, and no other take may hold it."
        ),
    ),
    Act(
        name="send-again",
        label=gettext_lazy("Surely not taken: send again"),
        permission=_CHANGE,
        run=_send_again,
        fits=_is_unclear,
        form=DecisionForm,
        initial=_seen,
        is_danger=True,
        explains=gettext_lazy(
            "The take goes back in line with its hold and is sent once more. If the provider took it after all, it "
            "is made twice and charged twice: look at the provider's own list of jobs first."
        ),
    ),
    Act(
        name="give-up",
        label=gettext_lazy("Release the hold"),
        permission=_CHANGE,
        run=_give_up,
        fits=_is_unclear,
        form=DecisionForm,
        initial=_seen,
        is_danger=True,
        explains=gettext_lazy(
            "Look at the provider first: the provider may be making this take. Giving it up ends it as failed, "
            "returns its hold and sends nothing again. If the provider made it after all, its result can be "
            "fetched later, and what it cost is booked as an overrun."
        ),
    ),
    Act(
        name="recover",
        label=gettext_lazy("Made after all: fetch it"),
        permission=_CHANGE,
        run=_recover,
        fits=_ended_without_job,
        form=FoundForm,
        initial=lambda take: {**_seen(take), "task_id": lifecycle.late_task_id(take)},
        is_danger=True,
        explains=gettext_lazy(
            "For a take that ended here while the provider made it. The job is read with the account's key; if it "
            "is done, its result is fetched and its cost is booked as an overrun."
        ),
    ),
)
