"""The generation: one take from the moment it is paid for, as a row that any process can carry on from.

Every step that must happen is a `due_at` on this row; who works on it holds a lease with a token that fences off a
process which lost it. All comparisons use the database's clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Case, Func, Q, Value, When
from django.db.models.functions import Cast, Now
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from generations import catalog
from generations.catalog import Recipe
from generations.choices import Capability, InputRole, Tier, Verdict
from generations.models.asset import Asset, Blob
from generations.models.price import PriceRule
from generations.models.project import Project
from generations.models.provider_account import ProviderAccount
from generations.models.shot import Shot
from generations.models.team import Team


class Status(models.TextChoices):
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    QUEUED = "queued", _("In line")
    SUBMITTING = "submitting", _("Sending")
    RUNNING = "running", _("Rendering")
    INGESTING = "ingesting", _("Saving")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")
    UNCERTAIN = "uncertain", _("Not confirmed")


TERMINAL = frozenset({Status.DONE, Status.FAILED, Status.CANCELED})
OPEN = frozenset(Status) - TERMINAL
OCCUPIES_A_SLOT = frozenset({Status.SUBMITTING, Status.RUNNING})

TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.AWAITING_APPROVAL: frozenset({Status.QUEUED, Status.CANCELED}),
        Status.QUEUED: frozenset({Status.SUBMITTING, Status.CANCELED, Status.FAILED}),
        # Back to queued only where it is certain that the provider took nothing.
        Status.SUBMITTING: frozenset(
            {Status.RUNNING, Status.INGESTING, Status.QUEUED, Status.UNCERTAIN, Status.FAILED, Status.CANCELED}
        ),
        Status.UNCERTAIN: frozenset({Status.RUNNING, Status.INGESTING, Status.QUEUED, Status.FAILED, Status.CANCELED}),
        Status.RUNNING: frozenset({Status.INGESTING, Status.FAILED, Status.CANCELED, Status.UNCERTAIN}),
        Status.INGESTING: frozenset({Status.DONE, Status.FAILED}),
        Status.DONE: frozenset(),
        # Late success: only with the provider's evidence.
        Status.FAILED: frozenset({Status.INGESTING}),
        Status.CANCELED: frozenset({Status.INGESTING}),
    }
)


class IllegalTransition(Exception):
    """A transition that the map does not have. A programming error."""


def _sources(to: Status, only_from: frozenset[Status] | None = None) -> set[Status]:
    sources = {source for source, targets in TRANSITIONS.items() if to in targets}
    if only_from is not None and not only_from <= sources or not sources:
        raise IllegalTransition(f"{sorted(only_from or ())} does not lead to {to}.")
    return sources & (only_from or sources)


def _standing(to: Status) -> dict[str, Any]:
    """The columns that follow from a status alone."""
    ended = {"due_at": None, "finished_at": Now()} if to in TERMINAL else {}
    return {"status": to, "changed_at": Now(), **ended}


class GenerationQuerySet(models.QuerySet["Generation"]):
    def for_cards(self) -> GenerationQuerySet:
        """With the joins that a card needs."""
        return self.select_related("account", "project", "shot", "created_by", "team").prefetch_related(
            models.Prefetch("inputs", queryset=GenerationInput.objects.select_related("asset__poster", "blob")),
            models.Prefetch(
                "assets", queryset=Asset.objects.select_related("blob", "poster", "preview").order_by("pk")
            ),
        )

    def open(self) -> GenerationQuerySet:
        """Not at an end."""
        return self.filter(status__in=OPEN)

    def due(self) -> GenerationQuerySet:
        """Due now, and nobody is working on it."""
        return self.filter(due_at__lte=Now()).filter(Q(lease_until=None) | Q(lease_until__lte=Now()))

    def advance_each(self, to: Status, facts: Mapping[int, Mapping[str, Any]]) -> set[int]:
        """`advance` for many rows in a few statements, inside a transaction; the ids of those that this caller won.

        `facts` are the further columns to set, the same ones for each id.
        """
        allowed = self.filter(pk__in=facts, status__in=_sources(to)).select_for_update(no_key=True).order_by("pk")
        won = list(allowed.values_list("pk", flat=True))
        if won:
            names = facts[won[0]].keys()
            columns = {name: _each(name, {pk: facts[pk][name] for pk in won}) for name in names}
            begun = {"tries": 0, "waiting_for": "", "lease_until": None}
            self.filter(pk__in=won).update(**{**begun, **columns, **_standing(to)})
            GenerationEvent.objects.bulk_create([GenerationEvent(generation_id=pk, kind=to) for pk in won])
        return set(won)


class Generation(models.Model):
    """A take: the recipe, the route it runs on, what is held for it, and how far it has come."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("take_number"), function="nextval", output_field=models.BigIntegerField()),
    )
    # Without an index of their own where a compound one begins with the column: a take is written at every submit.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="generations", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="generations", db_index=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="generations")
    idempotency_key = models.CharField(max_length=80)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.QUEUED)

    recipe_json = models.JSONField()
    recipe_sha256 = models.CharField(max_length=64)
    capability = models.CharField(max_length=24, choices=Capability.choices)
    model = models.CharField(max_length=64)
    tier = models.CharField(max_length=8, choices=Tier.choices)

    shot = models.ForeignKey(Shot, on_delete=models.PROTECT, related_name="generations", null=True, blank=True)
    # The newest review decision about it.
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True, default="")

    # The take that this one extends or works on, where it is one of ours.
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="children", null=True, blank=True)

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="generations")
    price_rule = models.ForeignKey(PriceRule, on_delete=models.PROTECT, null=True, blank=True)
    quote_json = models.JSONField()
    hold_credits = models.DecimalField(max_digits=12, decimal_places=3)
    charged_credits = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    provider_cost_json = models.JSONField(null=True, blank=True)

    due_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)  # wanted by then: a lane of its own
    lease_token = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    waiting_for = models.CharField(max_length=300, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_sent_at = models.DateTimeField(null=True, blank=True)

    provider_task_id = models.CharField(max_length=120, null=True, blank=True)
    operation_json = models.JSONField(default=dict, blank=True)
    outputs_json = models.JSONField(default=list, blank=True)
    results_expire_at = models.DateTimeField(null=True, blank=True)  # the provider deletes them then
    at_risk_at = models.DateTimeField(null=True, blank=True)  # when somebody was told that they may be lost
    is_rendering = models.BooleanField(default=False)
    provider_position = models.PositiveIntegerField(null=True, blank=True)
    expected_finish_at = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(null=True, blank=True)

    failure_code = models.CharField(max_length=60, blank=True)
    failure_public = models.CharField(max_length=400, blank=True)
    failure_provider_words = models.CharField(max_length=600, blank=True)

    created_at = models.DateTimeField(db_default=Now())
    submitted_at = models.DateTimeField(null=True, blank=True)
    provider_done_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    objects = GenerationQuerySet.as_manager()

    class Meta:
        verbose_name = _("take")
        verbose_name_plural = _("takes")
        constraints = [
            models.UniqueConstraint(fields=["team", "idempotency_key"], name="generation_once_per_key"),
            models.UniqueConstraint(
                fields=["account", "provider_task_id"],
                name="generation_once_per_task",
                condition=Q(provider_task_id__isnull=False),
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="generation_status_is_known"),
            models.CheckConstraint(condition=Q(hold_credits__gte=0), name="generation_hold_is_not_negative"),
            models.CheckConstraint(
                condition=Q(charged_credits=None) | Q(charged_credits__gte=0), name="generation_charge_is_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(provider_task_id__isnull=False), name="generation_running_has_task"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["done", "failed", "canceled"]) | Q(finished_at__isnull=False),
                name="generation_end_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "status", "due_at"],
                name="generation_due",
                condition=~Q(status__in=["done", "failed", "canceled"]),
            ),
            models.Index(fields=["team", "-id"], name="generation_team_newest"),
            models.Index(fields=["project", "-id"], name="generation_project_newest"),
            models.Index(
                fields=["team", "finished_at"], name="generation_ended", condition=Q(finished_at__isnull=False)
            ),
            models.Index(fields=["shot"], name="generation_approved", condition=Q(verdict="approved")),
        ]

    def __str__(self) -> str:
        return self.name

    def advance(
        self,
        to: Status,
        *,
        only_from: frozenset[Status] | None = None,
        holding: int | None = None,
        note: str = "",
        **facts: Any,
    ) -> bool:
        """Move to another status if the row still allows it; say whether this caller won.

        `only_from` narrows the statuses it may come from. `holding` is a lease token: only its holder can win. `facts`
        are further columns to set; `note` goes into the activity. Raises IllegalTransition for a pair that the map does
        not have.
        """
        rows = Generation.objects.filter(pk=self.pk, status__in=_sources(to, only_from))
        if holding is not None:
            rows = rows.filter(lease_token=holding)
        if not rows.update(**{"tries": 0, "waiting_for": "", "lease_until": None, **facts, **_standing(to)}):
            return False
        self.log(to, note)
        self.refresh_from_db()
        return True

    def insertion(self) -> tuple[str, list[Any]]:
        """An INSERT of this unsaved row that returns `id, number, created_at`, and its values.

        For a statement that does more with the new row in the same round trip; whoever runs it calls `inserted`.
        """
        fields = [field for field in self._meta.concrete_fields if not field.primary_key and not field.has_db_default()]
        values = [field.get_db_prep_save(field.pre_save(self, add=True), connection) for field in fields]
        places = ", ".join("now()" if isinstance(value, Now) else "%s" for value in values)
        columns = ", ".join(f'"{field.column}"' for field in fields)
        # The names are the model's own.
        sql = f"INSERT INTO {self._meta.db_table} ({columns}) VALUES ({places}) RETURNING id, number, created_at"  # noqa: S608
        return sql, [value for value in values if not isinstance(value, Now)]

    def inserted(self, pk: int, number: int, created_at: datetime) -> None:
        """Take over what the database gave the new row."""
        self.pk, self.number = pk, number
        self.created_at = self.changed_at = self.due_at = created_at
        self._state.adding, self._state.db = False, connection.alias

    def log(self, kind: str, note: str = "", **facts: Any) -> None:
        """Add a line to the activity."""
        GenerationEvent.objects.create(generation=self, kind=kind, note=note[:400], facts=facts)

    @cached_property
    def recipe(self) -> Recipe:
        return Recipe.model_validate(self.recipe_json)

    @property
    def route(self) -> catalog.Route | None:
        """The route that the take was quoted on, or None where a newer catalog has lost it."""
        return catalog.load().route(self.quote_json.get("route", ""))

    @property
    def name(self) -> str:
        """What people call the take."""
        return f"T-{self.number:04d}"

    @property
    def our_id(self) -> str:
        """Our own id for the provider, the same over every attempt."""
        return self.public_id.hex

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_sandbox(self) -> bool:
        return self.account.is_sandbox

    @property
    def can_cancel_free(self) -> bool:
        """Whether a cancel returns the whole hold at once."""
        return self.status in (Status.QUEUED, Status.AWAITING_APPROVAL)


def _each(name: str, values: Mapping[int, Any]) -> Any:
    """One value for all rows where they agree, otherwise each row's own."""
    first = next(iter(values.values()))
    if all(value == first for value in values.values()):
        return first
    field: Any = Generation._meta.get_field(name)
    cases = [When(pk=pk, then=Value(value, None if value is None else field)) for pk, value in values.items()]
    return Cast(Case(*cases, output_field=field), field)


class GenerationInput(models.Model):
    """Which stored bytes a recipe's input is, so that they stay as long as the take does."""

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="inputs")
    role = models.CharField(max_length=16, choices=InputRole.choices)
    index = models.PositiveSmallIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="used_by", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "role", "index"], name="generation_input_once_per_place")
        ]

    def __str__(self) -> str:
        return f"{self.generation} {self.role}"


class GenerationEvent(models.Model):
    """A line of a take's activity."""

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)
    note = models.CharField(max_length=400, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    happened_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["generation", "id"], name="event_of_generation")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.happened_at}"


class Attempt(models.Model):
    """One try of a paid call. Committed before the socket opens; `sent_at` is committed before the first byte leaves.

    An open attempt without `sent_at` is therefore certain to have sent nothing, whatever killed the process.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        NOT_SENT = "not_sent", _("Nothing was sent")
        BUSY = "busy", _("The provider was busy")
        REJECTED = "rejected", _("Refused by the provider")
        UNCERTAIN = "uncertain", _("Not confirmed")
        FOUND = "found", _("Found at the provider")
        ABSENT = "absent", _("Not found at the provider")
        GIVEN_UP = "given_up", _("Given up by a person")

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=30, default="submit")
    lease_token = models.BigIntegerField()
    opened_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    provider_task_id = models.CharField(max_length=120, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    looked_up_at = models.DateTimeField(null=True, blank=True)
    absent_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["generation"], name="attempt_one_open_per_generation", condition=Q(closed_at__isnull=True)
            ),
            models.UniqueConstraint(fields=["generation", "number"], name="attempt_once_per_number"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="attempt_closed_has_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.generation} attempt {self.number}"

    def close(self, outcome: Outcome, **facts: Any) -> bool:
        """Close the attempt if it is open; say whether this caller did."""
        rows = Attempt.objects.filter(pk=self.pk, closed_at=None)
        return bool(rows.update(outcome=outcome, closed_at=Now(), **facts))


class ProviderCall(models.Model):
    """One HTTP call that mattered: every paid one, and every one that changed or broke something."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="calls")
    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="calls", null=True, blank=True)
    method = models.CharField(max_length=8)
    url = models.CharField(max_length=400)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField()
    request_id = models.CharField(max_length=120, blank=True)
    excerpt = models.CharField(max_length=600, blank=True)
    happened_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["generation", "id"], name="call_of_generation")]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


class CallbackReceipt(models.Model):
    """A webhook that came in. It proves nothing; it only makes us look."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="receipts")
    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="receipts", null=True, blank=True)
    delivery_id = models.CharField(max_length=160)
    task_id = models.CharField(max_length=120, blank=True)
    is_verified = models.BooleanField(default=False)
    body_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "delivery_id"], name="receipt_once_per_delivery")]

    def __str__(self) -> str:
        return self.delivery_id
