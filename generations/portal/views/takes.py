"""One take: its page, its refresh, the cards of several, and cancelling."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from generations import access, lifecycle
from generations.choices import Verdict
from generations.errors import NotAllowed, Refused
from generations.models import Generation, Status
from generations.portal import text
from generations.portal.activity import activity_of
from generations.portal.answers import APPROVAL_FORMS
from generations.portal.cards import Card, cards_of, read_versions
from generations.portal.cost import cost_of
from generations.portal.decisions import DECISIONS
from generations.portal.door import Request, members_only
from generations.portal.frame import balance, frame_of, page
from generations.portal.recipe import recipe_images, recipe_rows

TABS = ("recipe", "cost", "activity")


@require_safe
@members_only
def take(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """A take's page."""
    found = access.get_generation(member, public_id)
    context = _about(member, found, request.GET.get("tab", ""), timezone.now())
    return page(request, member, "portal/takes/page.html", "", context)


@require_safe
@members_only
def stage(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """The take's pieces where they have changed since the page was drawn, else 204."""
    found = access.get_generation(member, public_id)
    context = _about(member, found, _tab_of_page(request), timezone.now())
    known = _known(request).get(str(found.public_id))
    if known == context["card"].version:
        return HttpResponse(status=204)
    context |= {"frame": frame_of(member, ""), "oob": True}
    pieces = ("portal/takes/_stage.html", "portal/takes/_rail.html")
    return HttpResponse(
        "".join(render_to_string(piece, context, request) for piece in pieces) + balance(request, member)
    )


@require_safe
@members_only
def cards(request: Request, member: access.Member) -> HttpResponse:
    """Those of the asked cards that would look different now, each out of band; 204 where none would."""
    known = _known(request)
    wanted = [public_id for public_id in map(text.find_uuid, known) if public_id]
    takes = access.generations_for(member).for_cards().filter(public_id__in=wanted).order_by("pk")
    fresh = [
        card for card in cards_of(takes, member, timezone.now()) if card.version != known.get(str(card.take.public_id))
    ]
    if not fresh:
        return HttpResponse(status=204)
    return HttpResponse("".join(_card(request, card, oob=True) for card in fresh) + balance(request, member))


@require_safe
@members_only
def recipe_file(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """The recipe as a file that `make_take --recipe` runs again; its inputs are named by content."""
    found = access.get_generation(member, public_id)
    body = json.dumps(found.recipe_json, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}.recipe.json"'}
    return HttpResponse(body, content_type="application/json", headers=headers)


@require_POST
@members_only
def cancel(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Cancel a take that waits, or ask the provider to stop one that does not."""
    found = access.get_generation(member, public_id)
    is_over = lifecycle.cancel(generation=found, member=member, now=timezone.now())
    card = cards_of([access.get_generation(member, public_id)], member, timezone.now())[0]
    if not request.htmx:
        messages.info(request, _cancel_words(card, is_over))
        return redirect("portal:take", public_id)
    if urlsplit(request.htmx.current_url or "").path == reverse("portal:take", args=[public_id]):
        # The take's own page says the state in more places than on the card.
        messages.info(request, _cancel_words(card, is_over))
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponse(_card(request, card, too_late=not is_over and not card.stop_words) + balance(request, member))


@require_POST
@members_only
def review(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Decide on a take that is done; a refusal comes back with what was typed."""
    found, now = access.get_generation(member, public_id), timezone.now()
    verdict, note = request.POST.get("verdict", ""), text.lines(request.POST.get("note", "")).strip()
    try:
        if verdict not in Verdict.values:
            raise Refused(_("Choose one of the decisions: approve, request changes, or reject."))
        lifecycle.review(generation=found, member=member, verdict=Verdict(verdict), note=note, now=now)
    except NotAllowed:
        raise
    except Refused as error:
        context = _about(member, found, "", now) | {"review_note": note, "review_problem": error.public}
        return page(request, member, "portal/takes/page.html", "", context, 422)
    messages.success(request, _("%(take)s: %(verdict)s.") % {"take": found.name, "verdict": Verdict(verdict).label})
    return redirect("portal:take", public_id)


def _cancel_words(card: Card, is_over: bool) -> str:
    take = card.take
    if is_over:
        return _("%(take)s is canceled, and its whole hold came back.") % {"take": take.name}
    if take.is_terminal:
        return _("%(take)s had ended already.") % {"take": take.name}
    words = card.stop_words or _("It was too late to stop it: the provider is done, and the file is being saved.")
    return _("%(take)s: %(words)s") % {"take": take.name, "words": words}


def _about(member: access.Member, found: Generation, tab: str, now: datetime) -> dict[str, Any]:
    card = cards_of([found], member, now)[0]
    around = access.generations_for(member).filter(project=found.project)
    sees_credits = member.may(access.May.SEE_CREDITS)
    return {
        "card": card,
        "tab": tab if tab in TABS else TABS[0],
        "newer": around.filter(pk__gt=found.pk).order_by("pk").first(),
        "older": around.filter(pk__lt=found.pk).order_by("-pk").first(),
        "recipe_rows": recipe_rows(found),
        "images": recipe_images(found),
        "cost": cost_of(found) if sees_credits else None,
        "activity": activity_of(found),
        "decisions": DECISIONS.values(),
        "approval_forms": APPROVAL_FORMS,
        "reviewed": found.decisions.select_related("decided_by").order_by("-pk").first(),
        "can_review": found.status == Status.DONE and member.may(access.May.REVIEW),
    }


def _known(request: Request) -> dict[str, str]:
    return read_versions(request.GET.get("ids", ""), 2 * settings.LIMITS["studio_cards"])


def _tab_of_page(request: Request) -> str:
    query = parse_qs(urlsplit(request.htmx.current_url or "").query)
    return query.get("tab", [""])[-1]


def _card(request: Request, card: Card, *, oob: bool = False, too_late: bool = False) -> str:
    context = {"card": card, "oob": oob, "too_late": too_late}
    return render_to_string("portal/generations/_card.html", context, request)
