"""The three decisions about a take that is not confirmed: their words, their forms, and the verbs behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from generations import lifecycle
from generations.models import Generation
from generations.portal.forms.decision import DecisionForm, FoundForm


@dataclass(frozen=True, slots=True)
class Decision:
    """One of them. `consequence` and `done` are filled with the take's name, its hold and its account."""

    slug: str
    label: str | Promise
    consequence: str | Promise
    button: str | Promise
    done: str | Promise
    form: type[DecisionForm]
    verb: Callable[..., None]
    is_danger: bool = False

    def facts(self, form: DecisionForm) -> dict[str, Any]:
        """What the verb is called with."""
        return dict(form.cleaned_data)


def _recover(take: Generation, *, seen: int, **facts: Any) -> None:
    lifecycle.recover(take, **facts)


DECISIONS = {
    decision.slug: decision
    for decision in (
        Decision(
            slug="found",
            label=gettext_lazy("Found at the provider"),
            consequence=gettext_lazy(
                "%(take)s is followed as that job: its %(hold)s credits stay held until the job ends, and then it "
                "costs what %(account)s reports. Nothing is sent. We first read the job with our own key, and check "
                "that no other take holds it."
            ),
            button=gettext_lazy("It is this job"),
            done=gettext_lazy("%(take)s is followed as the job that you found."),
            form=FoundForm,
            verb=lifecycle.bind,
        ),
        Decision(
            slug="send-again",
            label=gettext_lazy("Surely not taken: send again"),
            consequence=gettext_lazy(
                "%(take)s goes back in line and is sent to %(account)s once more, on the %(hold)s credits that are "
                "held. If the provider took it after all, it is made twice and the provider charges twice. Be sure: "
                "look at the provider's own list of jobs first."
            ),
            button=gettext_lazy("Send it again"),
            done=gettext_lazy("%(take)s is back in line."),
            form=DecisionForm,
            verb=lifecycle.send_again,
            is_danger=True,
        ),
        Decision(
            slug="give-up",
            label=gettext_lazy("Give up and release the hold"),
            consequence=gettext_lazy(
                "%(take)s ends as failed, and its %(hold)s credits go back to the team. Nothing is sent again. If "
                "%(account)s made it after all and says so later, you are shown that here: its result can still be "
                "fetched then, and what it cost is booked."
            ),
            button=gettext_lazy("Give it up"),
            done=gettext_lazy("%(take)s was given up, and %(hold)s credits went back."),
            form=DecisionForm,
            verb=lifecycle.give_up,
            is_danger=True,
        ),
    )
}

RECOVER = Decision(
    slug="recover",
    label=gettext_lazy("Made after all: fetch it"),
    consequence=gettext_lazy(
        "We read that job at %(account)s with our own key. If it is done, the result of %(take)s is fetched, and what "
        "%(account)s reports for it is booked against the team, beyond what is held. If the job failed, only a charge "
        "that is reported is booked."
    ),
    button=gettext_lazy("Fetch it"),
    done=gettext_lazy("The job of %(take)s was read, and the take goes on from there."),
    form=FoundForm,
    verb=_recover,
    is_danger=True,
)
"""For a take that had ended: not one of the three, because there is nothing unclear about it any more."""
