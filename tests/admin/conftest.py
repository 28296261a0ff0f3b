from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from generations import ledger
from generations.choices import InputRole, Verdict, Window
from generations.models import (
    Approval,
    Attempt,
    AuditEvent,
    BalanceReading,
    BookProof,
    BudgetAlert,
    BudgetRequest,
    CallbackReceipt,
    ClosedRoute,
    DriftCheck,
    DriftReading,
    GenerationInput,
    InvoiceImport,
    InvoiceLine,
    Mail,
    ProviderCall,
    ProviderPack,
    PumpLease,
    ReportSubscription,
    ReviewDecision,
    RollUpMark,
    Shot,
    ShotTally,
    Slice,
)
from tests.make import make_account, make_asset, make_generation, make_member, make_price_rules, make_team, make_user


@pytest.fixture
def operator(db):
    return make_user("operator@example.com", name="Olga Operator", is_staff=True, is_superuser=True)


@pytest.fixture
def cockpit(client, operator):
    """A browser in which the operator is signed in."""
    client.force_login(operator)
    return client


@pytest.fixture
def member(db):
    make_price_rules()
    return make_member(make_team(credits=Decimal(1000)))


@pytest.fixture
def take(member):
    return make_generation(member)


def make_world():
    """A team and one take with a row of every kind around it."""
    now = timezone.now()
    member = make_member(make_team(credits=Decimal(1000)))
    account = make_account(member.team)
    take = make_generation(member, account=account, waiting_for="The provider asks us to wait.")
    asset = make_asset(member, generation=take)
    GenerationInput.objects.create(
        generation=take, role=InputRole.FIRST_FRAME, index=0, asset=make_asset(member), blob=asset.blob
    )
    Attempt.objects.create(generation=take, number=1, lease_token=1, sent_at=Now(), evidence={"error": "uncertain"})
    ProviderCall.objects.create(account=account, generation=take, method="POST", url="https://h/p", duration_ms=7)
    CallbackReceipt.objects.create(
        account=account, generation=take, delivery_id=str(take.pk), body_sha256="0" * 64, received_at=now
    )
    PumpLease.objects.create(account=account, kind=PumpLease.Kind.SUBMIT, holder="one", until=now)
    AuditEvent.objects.create(
        team=member.team, actor=member.user, verb="seed", target_kind="team", target_id="1", happened_at=now
    )
    take.log("submitted", "Sent.")
    Approval.objects.create(generation=take, why="A take of 25 credits.", asked_at=now, expires_at=now)
    ReviewDecision.objects.create(generation=take, verdict=Verdict.APPROVED, decided_by=member.user, decided_at=now)
    make_budget_world(member, take, now)
    make_money_world(take, now)
    make_report_world(take, now)
    return take


def make_budget_world(member, take, now):
    """A budget of a shot that was asked for more and raised, its mark reached, and the mail about it."""
    shot = Shot.objects.create(project=take.project, code="SH010")
    facts = {"member": member.user, "owner": member.user}
    budget = ledger.set_budget(team=member.team, window=Window.WEEK, limit=Decimal(100), now=now, shot=shot, **facts)
    asked = BudgetRequest.objects.create(
        team=member.team, budget=budget, asked_by=member.user, amount=50, asked_at=now, expires_at=now
    )
    ledger.raise_budget(budget, amount=Decimal(50), now=now, made_by=member.user, request=asked)
    BudgetAlert.objects.create(period=budget.periods.get(), percent=80, made_at=now)
    Mail.objects.create(key=f"alert:{budget.pk}", to=member.user, subject="80% is used", text="The secret link.")


def make_report_world(take, now):
    """A report by e-mail, what the roll-ups know of a shot, and a proof that found something."""
    ReportSubscription.objects.create(
        team=take.team, user=take.created_by, report="spend", cadence="weekly", next_at=now + timedelta(days=1)
    )
    RollUpMark.objects.create(team=take.team, time_zone="UTC")
    facts = {"model": take.model, "tier": take.tier, "account": take.account, "capability": take.capability}
    part = Slice.objects.create(team=take.team, project=take.project, member=take.created_by, **facts)
    ShotTally.objects.create(shot=take.project.shots.get(), team=take.team, takes=1, slice=part)
    sentence = {"sentences": [f"balance: {take.team.slug} available is 1, and its entries say 2"]}
    BookProof.objects.create(proved_at=now, seconds=1.5, proofs=20, differences=1, **sentence)


def make_money_world(take, now):
    """What is known of the provider's money: a pack, a balance, a price that drifted, a closed route, an invoice."""
    account, day = take.account, now.date() + timedelta(days=take.pk)
    ProviderPack.objects.create(
        account=account, units=100, price_usd=14, bought_at=now, expires_at=now + timedelta(days=take.pk % 40 + 1)
    )
    packs = [{"name": "Trial", "left": "7", "expires_at": (now + timedelta(days=9)).isoformat()}]
    BalanceReading.objects.create(account=account, read_at=now, amount=7, currency="kling_unit", packs_json=packs)
    check = DriftCheck.objects.create(day=day, since=now, until=now)
    route = take.quote_json["route"]
    DriftReading.objects.create(
        check_of_day=check, account=account, route_key=route, day=day, sample=take, unknown_takes=[take.number]
    )
    ClosedRoute.objects.create(account=account, route_key=route, reason="Its price has drifted.", closed_at=now)
    invoice = InvoiceImport.objects.create(
        account=account,
        name="march.csv",
        sha256=str(take.pk),
        size_bytes=1,
        rows=1,
        columns_json={},
        totals_json={"differs": {"lines": 1, "invoice": {"usd": "1.5"}, "ours": {"usd": "1.4"}}},
        actor=take.created_by,
        imported_at=now,
    )
    InvoiceLine.objects.create(invoice=invoice, row=2, verdict="differs", task_id="t", amount=1, generation=take)
