"""What a team sees before its first take: ideas to begin with, and what is left to set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from generations import access


@dataclass(frozen=True, slots=True)
class FirstRun:
    has_sandbox: bool
    ideas: list[dict[str, str]]
    steps: list[dict[str, str]]


def find_first_run(member: access.Member) -> FirstRun | None:
    """The first steps, or None once the team has a take."""
    if access.generations_for(member).exists():
        return None
    has_sandbox = access.accounts_for(member).filter(is_sandbox=True).exists()
    return FirstRun(has_sandbox, _ideas(), list(_steps(member)) if member.user.is_staff else [])


def _ideas() -> list[dict[str, str]]:
    return [
        {
            "title": _("A ferry at dawn"),
            "prompt": _("A small ferry leaves a foggy harbour at dawn, slow push in, gulls overhead, soft light"),
        },
        {
            "title": _("Rain on neon"),
            "prompt": _("A cyclist rides through a rainy street at night, neon reflections, low tracking shot"),
        },
        {
            "title": _("A desk, a plant, the sun"),
            "prompt": _("A plant on a wooden desk, sunlight wanders across the wall, locked camera, quiet"),
        },
    ]


def _steps(member: access.Member) -> list[dict[str, Any]]:
    def step(title: str, text: str, state: str = "", url: str = "", action: str = "") -> dict[str, Any]:
        return {"title": title, "text": text, "state": state, "url": url, "action": action}

    return [
        step(_("Make a sandbox take"), _("It costs play credits only and shows the whole road."), "on"),
        step(
            _("Add a provider key"),
            _("From fal or Kling. It is stored encrypted."),
            url=reverse("admin:generations_provideraccount_changelist"),
            action=_("Provider accounts"),
        ),
        step(
            _("Invite your team"),
            _("Owners, producers, creators, reviewers and viewers."),
            url=reverse("admin:generations_membership_changelist"),
            action=_("Members"),
        ),
        step(
            _("Grant real credits"),
            _("One credit is one US cent unless you say otherwise."),
            url=reverse("portal:credits"),
            action=_("Credits"),
        ),
    ]
