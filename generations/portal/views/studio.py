"""The studio: composing, pricing and ordering takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generations import access, ledger, lifecycle
from generations.choices import InputRole
from generations.errors import AlreadySubmitted, NotAllowed, PortalError
from generations.models import Generation, Status
from generations.portal import composer, library_files, text
from generations.portal.ask import Ask, ask_again, ask_for, ask_form, send, sent_words
from generations.portal.cards import Card, cards_of, count, studio_cards
from generations.portal.door import Request, members_only
from generations.portal.first_run import find_first_run
from generations.portal.forms.picture import ROLES, Upload
from generations.portal.forms.wish import Wish, cheapest_again, read_wish, wish_from_address, wish_from_take
from generations.portal.frame import balance, page
from generations.portal.recipe import fits_the_studio

PROJECT = "project"
_PAYMENT_REQUIRED, _CONFLICT, _UNPROCESSABLE = 402, 409, 422


@members_only
def home(request: Request, member: access.Member) -> HttpResponse:
    return redirect("portal:studio")


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def studio(request: Request, member: access.Member) -> HttpResponse:
    """The studio; posting to it orders a take, or does what another button of the form says."""
    if request.method == "POST":
        return _act(request, member)
    if not member.may(access.May.GENERATE):
        return _studio_page(request, member, None)
    wish, take = _begin(request, member)
    if take is not None and not fits_the_studio(take.recipe):
        sentence = _("The studio cannot take up the whole recipe of %(take)s. As a file, make_take runs it again.")
        messages.info(request, sentence % {"take": take.name})
        return redirect("portal:take", take.public_id)
    begin_project = wish.project or request.session.get(PROJECT, "")
    draft = composer.compose(
        member, replace(wish, project=""), timezone.now(), from_take=take, begin_project=begin_project
    )
    return _studio_page(request, member, draft)


@require_POST
@members_only
def quote(request: Request, member: access.Member) -> HttpResponse:
    """The price of the form as it stands, with everything that depends on it. Orders nothing."""
    draft = composer.compose(member, cheapest_again(read_wish(request.POST)), timezone.now())
    return _answer(request, member, draft)


@require_POST
@members_only
def upload(request: Request, member: access.Member) -> HttpResponse:
    """Put a file into the library; the answer is its slot, with the picture or with why it was not added.

    For a video, a sound, or the library itself it is the file as the library shows it, or the same refusal.
    """
    member.check(access.May.GENERATE)
    form = Upload(request.POST, request.FILES)
    is_valid = form.is_valid()
    if form.cleaned_data.get("role", ROLES[0]) not in ROLES:
        return _to_library(request, member, form, is_valid=is_valid)
    role = InputRole(form.cleaned_data.get("role", ROLES[0]))
    wish = replace(Wish(), **{role.value: text.storable(request.POST.get("current", ""))})
    slot = next(slot for slot in composer.load_frames(member, wish, {}).slots if slot.role == role)
    if not is_valid:
        file = request.FILES.get("file")
        added: Any = composer.NotAdded(text.storable(getattr(file, "name", "") or _("The picture")), form.refusal)
    else:
        added = composer.add_picture(member, form.cleaned_data["file"], timezone.now())
    if isinstance(added, composer.NotAdded):
        slot.refused = added
        return render(request, "portal/studio/_slot.html", {"slot": slot}, status=_UNPROCESSABLE)
    slot.asset = added
    return render(request, "portal/studio/_slot.html", {"slot": slot})


def _to_library(request: Request, member: access.Member, form: Upload, *, is_valid: bool) -> HttpResponse:
    file = request.FILES.get("file")
    if is_valid and file:
        added = library_files.add_file(member, file, form.kinds, timezone.now())
    else:
        added = composer.NotAdded(text.storable(getattr(file, "name", "") or _("The file")), form.refusal)
    refused = added if isinstance(added, composer.NotAdded) else None
    if request.htmx:
        context = {"file": None if refused else added, "refused": refused, "role": form.cleaned_data.get("role", "")}
        return render(request, "portal/library/_added.html", context, status=_UNPROCESSABLE if refused else 200)
    if refused:
        messages.error(request, _("%(name)s was not added. %(why)s") % {"name": refused.name, "why": refused.reason})
    else:
        messages.success(request, _("%(name)s was added.") % {"name": added.name})
    return redirect("portal:library_files")


def _begin(request: Request, member: access.Member) -> tuple[Wish, Generation | None]:
    """What the address begins with. Raises access.Missing for a take that is not there."""
    if "from" not in request.GET:
        return wish_from_address(request.GET), None
    public_id = text.find_uuid(request.GET["from"])
    if public_id is None:
        raise access.Missing
    take = access.get_generation(member, public_id)
    return wish_from_take(take), take


def _act(request: Request, member: access.Member) -> HttpResponse:
    member.check(access.May.GENERATE)
    now = timezone.now()
    wish, refused = composer.add_files(member, read_wish(request.POST), request.FILES, now)
    if wish.do != "generate":
        wish = cheapest_again(wish)
    draft = composer.compose(member, composer.without_image(wish), now, refused=refused)
    if wish.do == "ask":
        return _asked(request, member, draft, now)
    if wish.do != "generate":
        return _answer(request, member, draft)
    try:
        submitted = draft.order()
    except NotAllowed:
        raise
    except PortalError as error:
        draft.refuse(error)
        ask = ask_for(member, error, now) if isinstance(error, ledger.BudgetExceeded) else None
        return _answer(request, member, draft, status=_status(error), ask=ask)
    return _ordered(request, member, wish, submitted)


def _asked(request: Request, member: access.Member, draft: composer.Draft, now: datetime) -> HttpResponse:
    """Ask for more in the budget that has refused. What is composed comes back as it was."""
    form = ask_form(member, now, request.POST)
    if form.is_valid() and send(member, form, now):
        return _answer(request, member, draft, asked=sent_words(form))
    draft.refused = _("Your request was not sent; see why below.")
    return _answer(request, member, draft, status=_UNPROCESSABLE, ask=ask_again(member, form))


def _ordered(request: Request, member: access.Member, wish: Wish, submitted: lifecycle.Submitted) -> HttpResponse:
    take, now = submitted.generation, timezone.now()
    request.session[PROJECT] = str(take.project.public_id)
    if not request.htmx:
        messages.success(request, _ordered_words(take))
        return redirect("portal:take", take.public_id)
    fresh = composer.compose(member, replace(wish, idempotency_key=""), now)
    placed = cards_of([access.get_generation(member, take.public_id)], member, now)[0]
    return _answer(request, member, fresh, placed=placed, placed_again=not submitted.is_new)


def _ordered_words(take: Generation) -> str:
    waits = take.status == Status.AWAITING_APPROVAL
    sentence = _("%(take)s waits for approval; its credits are held.") if waits else _("%(take)s is in line.")
    return sentence % {"take": take.name}


def _answer(
    request: Request,
    member: access.Member,
    draft: composer.Draft,
    *,
    status: int = 200,
    placed: Card | None = None,
    placed_again: bool = False,
    ask: Ask | None = None,
    asked: str = "",
) -> HttpResponse:
    """The composer as it now is: its pieces for htmx, the whole page otherwise."""
    asking = {"ask": ask, "asked": asked}
    if not request.htmx:
        return _studio_page(request, member, draft, status, asking)
    context = composer.composer_context(draft)
    context |= {"with_rest": True, "placed": placed, "placed_again": placed_again, **asking}
    answer = render(request, "portal/studio/_options.html", context, status=status)
    answer.write(balance(request, draft.member))
    return answer


def _studio_page(
    request: Request,
    member: access.Member,
    draft: composer.Draft | None,
    status: int = 200,
    asking: Mapping[str, Any] | None = None,
) -> HttpResponse:
    cards = studio_cards(member, timezone.now())
    context: dict[str, Any] = {
        "compose": None,
        "cards": cards,
        "counts": count(cards),
        "first_run": None if cards else find_first_run(member),
        **(asking or {}),
    }
    context |= composer.composer_context(draft) if draft else {}
    return page(request, member, "portal/studio/page.html", "studio", context, status)


def _status(error: PortalError) -> int:
    if isinstance(error, ledger.InsufficientCredits | ledger.ShortfallOpen | ledger.BudgetExceeded):
        return _PAYMENT_REQUIRED
    if isinstance(error, lifecycle.PriceMoved | lifecycle.RouteClosed | AlreadySubmitted):
        return _CONFLICT
    return _UNPROCESSABLE
