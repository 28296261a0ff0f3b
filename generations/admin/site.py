"""The frame of the admin: sign-in, navigation, the badge of the sandbox, and what waits for a person."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.db.models import Model, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from generations import ledger
from generations.admin.shown import NOTHING, credits
from generations.models import (
    OPEN,
    Approval,
    Asset,
    Attempt,
    AuditEvent,
    BalanceReading,
    Blob,
    Budget,
    BudgetRaise,
    BudgetRequest,
    CallbackReceipt,
    ClosedRoute,
    CreditLot,
    DriftReading,
    Entry,
    Generation,
    InvoiceImport,
    Mail,
    Membership,
    Movement,
    PriceRule,
    Project,
    ProviderAccount,
    ProviderCall,
    ProviderPack,
    PumpLease,
    Purse,
    ReportSubscription,
    ReviewDecision,
    Shot,
    SpendDay,
    Status,
    Team,
    User,
)

# One way in for everybody: e-mail and password, with allauth's limits on guessing.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

admin.site.index_title = _("Overview")

_OVERRUN_DAYS = 30
_ON_THE_WAY = (Status.SUBMITTING, Status.RUNNING, Status.INGESTING)
_GROUPS: tuple[tuple[str | Promise, tuple[tuple[type[Model], str], ...]], ...] = (
    (
        _("Work"),
        (
            (Generation, "movie"),
            (Asset, "video_library"),
            (Project, "folder"),
            (Shot, "crop_original"),
            (ReviewDecision, "rate_review"),
            (Approval, "how_to_reg"),
        ),
    ),
    (_("People"), ((Team, "groups"), (Membership, "badge"), (User, "person"))),
    (
        _("Money"),
        (
            (Movement, "swap_horiz"),
            (Purse, "account_balance"),
            (CreditLot, "hourglass"),
            (Budget, "savings"),
            (BudgetRequest, "contact_support"),
            (BudgetRaise, "trending_up"),
            (Entry, "list"),
        ),
    ),
    (
        _("Providers"),
        (
            (ProviderAccount, "key"),
            (PriceRule, "sell"),
            (DriftReading, "trending_down"),
            (ClosedRoute, "block"),
            (BalanceReading, "account_balance_wallet"),
            (ProviderPack, "inventory_2"),
            (InvoiceImport, "receipt_long"),
            (ProviderCall, "http"),
            (PumpLease, "timer"),
        ),
    ),
    (
        _("Evidence"),
        (
            (AuditEvent, "history"),
            (Attempt, "send"),
            (CallbackReceipt, "webhook"),
            (Blob, "hard_drive"),
            (Mail, "mail"),
            (ReportSubscription, "schedule_send"),
        ),
    ),
)


def environment(request: HttpRequest) -> list[str] | None:
    """The badge in the head of every page: takes here may be drawn, not made."""
    return [str(_("Sandbox")), "warning"] if settings.SANDBOX_ORIGIN else None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar: what this person may see, in groups."""
    groups = [
        {"title": title, "separator": True, "items": [_item(*item) for item in models if _may_see(request, item[0])]}
        for title, models in _GROUPS
    ]
    overview = {"title": _("Overview"), "icon": "dashboard", "link": reverse("admin:index")}
    return [{"title": None, "items": [overview, *_unclear_item(request)]}, *groups]


def _unclear_item(request: HttpRequest) -> list[dict[str, Any]]:
    """The queue of takes that need a decision, with how many they are."""
    if not _may_see(request, Generation):
        return []
    count = Generation.objects.filter(status=Status.UNCERTAIN).count()
    link = _list_url(Generation, "?status__exact=uncertain")
    badge = {"badge": str(count), "badge_variant": "warning"} if count else {}
    return [{"title": _("Not confirmed"), "icon": "help", "link": link, **badge}]


def _item(model: type[Model], icon: str) -> dict[str, Any]:
    title = str(model._meta.verbose_name_plural)
    return {"title": title[:1].upper() + title[1:], "icon": icon, "link": _list_url(model)}


def _list_url(model: type[Model], query: str = "") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + query


def _may_see(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site._registry[model].has_view_permission(request)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What an operator looks at first: figures that are links to the rows behind them."""
    context["figures"] = [
        *(_take_figures() if _may_see(request, Generation) else []),
        *(_money_figures() if _may_see(request, Purse) else []),
        *(_account_figures() if _may_see(request, ProviderAccount) else []),
    ]
    return context


def _take_figures() -> list[dict[str, Any]]:
    uncertain = Generation.objects.filter(status=Status.UNCERTAIN).count()
    in_line = Generation.objects.filter(status=Status.QUEUED).count()
    with_provider = Generation.objects.filter(status__in=_ON_THE_WAY).count()
    since = timezone.now() - timedelta(days=1)
    failed = Generation.objects.filter(status=Status.FAILED, finished_at__gte=since).count()
    at_risk = Generation.objects.filter(status=Status.INGESTING, at_risk_at__isnull=False).count()
    today = f"?status__exact=failed&finished_at__gte={since.date().isoformat()}"
    return [
        _figure(_("Takes not confirmed"), uncertain, _list_url(Generation, "?status__exact=uncertain"), uncertain > 0),
        _figure(_("Results at risk"), at_risk, _list_url(Generation, "?at_risk=yes"), at_risk > 0),
        _figure(_("Takes in line"), in_line, _list_url(Generation, "?status__exact=queued")),
        _figure(_("Takes on the way"), with_provider, _list_url(Generation, f"?status__in={','.join(_ON_THE_WAY)}")),
        _figure(_("Takes failed in 24 hours"), failed, _list_url(Generation, today)),
    ]


def _money_figures() -> list[dict[str, Any]]:
    short = Purse.objects.filter(shortfall__lt=0).count()
    held = Purse.objects.aggregate(held=Sum("held"))["held"] or Decimal(0)
    oldest = ledger.open_holds().filter(generation__status__in=OPEN).first()
    age = timesince(oldest.happened_at) if oldest else NOTHING
    return [
        _figure(_("Teams in shortfall"), short, _list_url(Purse, "?short=yes"), short > 0),
        _figure(_("Credits held"), credits(held), _list_url(Movement, "?open=yes")),
        _figure(_("Oldest hold"), age, _list_url(Movement, "?open=yes")),
        _overrun_figure(),
    ]


def _overrun_figure() -> dict[str, Any]:
    """Credits charged beyond holds: from the roll-ups, because nothing finds overruns among all movements quickly."""
    since = timezone.now() - timedelta(days=_OVERRUN_DAYS)
    found = SpendDay.objects.filter(day__gt=since.date()).aggregate(sum=Sum("overrun"))["sum"] or 0
    query = urlencode({"kind__exact": "overrun", "happened_at__gte": since.isoformat(timespec="seconds")})
    url = _list_url(Movement, f"?{query}")
    return _figure(_("Overruns in 30 days, in credits"), credits(Decimal(found) / 1000), url, found > 0)


def _account_figures() -> list[dict[str, Any]]:
    paused = ProviderAccount.objects.filter(status=ProviderAccount.Status.PAUSED).count()
    return [_figure(_("Provider accounts paused"), paused, _list_url(ProviderAccount, "?status__exact=paused"))]


def _figure(label: str | Promise, value: int | str, url: str, is_urgent: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, "url": url, "is_urgent": is_urgent}
