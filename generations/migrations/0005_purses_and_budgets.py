"""One purse per team instead of a row per account; budgets, lots, shots, approvals, review decisions and mail.

The functions that write the books come with the next migration. The steps are not undone: the old books' rows are gone.
"""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


FORGET_OLD_FUNCTIONS = """
DROP TRIGGER entry_keeps_the_balance ON generations_entry;
DROP TRIGGER movement_is_balanced ON generations_movement;
DROP TRIGGER entry_is_not_truncated ON generations_entry;
DROP TRIGGER movement_is_not_truncated ON generations_movement;
DROP TRIGGER entry_is_immutable ON generations_entry;
DROP TRIGGER movement_is_immutable ON generations_movement;
DROP FUNCTION ledger_check_movement();
DROP FUNCTION ledger_refuse_change();
DROP FUNCTION ledger_settle(bigint, numeric, text, text, timestamptz);
DROP FUNCTION ledger_hold(bigint, numeric, text, bigint, bigint, timestamptz);
DROP FUNCTION ledger_post(bigint, text, text, text[], numeric[], bigint, bigint, bigint, text, timestamptz);
DROP FUNCTION ledger_refuse_for_want(bigint, numeric);
DROP FUNCTION ledger_check_same(bigint, text[], numeric[]);
DROP FUNCTION ledger_open(bigint, text, text, bigint, bigint, bigint, text, timestamptz);
"""

ENTRIES_NAME_THEIR_ACCOUNT = """
ALTER TABLE generations_entry ADD COLUMN account varchar(9);
UPDATE generations_entry e SET account = a.kind FROM generations_ledgeraccount a WHERE a.id = e.account_id;
ALTER TABLE generations_entry DROP COLUMN account_id;
ALTER TABLE generations_entry ALTER COLUMN account SET NOT NULL;
ALTER TABLE generations_entry ADD CONSTRAINT entry_once_per_account UNIQUE (movement_id, account);
"""

AMOUNTS = """
UPDATE generations_movement m
SET amount = (SELECT sum(e.amount) FROM generations_entry e WHERE e.movement_id = m.id AND e.amount > 0);
"""

PURSES = """
INSERT INTO generations_purse (team_id, available, held, spent, shortfall, granted, purchased, expired)
SELECT team_id,
       coalesce(sum(balance) FILTER (WHERE kind = 'available'), 0),
       coalesce(sum(balance) FILTER (WHERE kind = 'held'), 0),
       coalesce(sum(balance) FILTER (WHERE kind = 'spent'), 0),
       coalesce(sum(balance) FILTER (WHERE kind = 'shortfall'), 0),
       coalesce(sum(balance) FILTER (WHERE kind = 'granted'), 0),
       coalesce(sum(balance) FILTER (WHERE kind = 'purchased'), 0),
       coalesce(sum(balance) FILTER (WHERE kind = 'expired'), 0)
FROM generations_ledgeraccount GROUP BY team_id;
DROP TABLE generations_ledgeraccount;
-- What a team had before there were lots is one lot that never expires.
INSERT INTO generations_creditlot (team_id, amount, remaining, expired, priority, created_at)
SELECT team_id, available + held + spent, available, 0, 50, now()
FROM generations_purse WHERE available + held + spent > 0;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("generations", "0004_hold_again"),
    ]

    operations = [
        migrations.RunSQL(FORGET_OLD_FUNCTIONS),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.CharField(max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                            ("expired", "Expired"),
                            ("canceled", "Canceled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "verbose_name": "approval",
                "verbose_name_plural": "approvals",
            },
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        choices=[("std", "Draft"), ("pro", "Pro"), ("master", "Hero"), ("4k", "4K")],
                        max_length=8,
                        verbose_name="tier",
                    ),
                ),
                ("scope_key", models.CharField(blank=True, editable=False, max_length=80)),
                (
                    "window",
                    models.CharField(
                        choices=[
                            ("day", "per day"),
                            ("week", "per week"),
                            ("month", "per month"),
                            ("quarter", "per quarter"),
                            ("lifetime", "in all"),
                        ],
                        max_length=8,
                        verbose_name="window",
                    ),
                ),
                (
                    "limit_credits",
                    models.DecimalField(decimal_places=3, max_digits=18, verbose_name="limit in credits"),
                ),
                (
                    "soft_marks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=list,
                        size=None,
                        verbose_name="soft marks in percent",
                    ),
                ),
                (
                    "rollover_credits",
                    models.DecimalField(
                        decimal_places=3,
                        default=Decimal("0"),
                        max_digits=18,
                        verbose_name="unused credits that roll over, at most",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "budget",
                "verbose_name_plural": "budgets",
            },
        ),
        migrations.CreateModel(
            name="BudgetAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("percent", models.PositiveSmallIntegerField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "budget alert",
                "verbose_name_plural": "budget alerts",
            },
        ),
        migrations.CreateModel(
            name="BudgetPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope_key", models.CharField(blank=True, max_length=80)),
                ("is_current", models.BooleanField(default=True)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("base_credits", models.DecimalField(decimal_places=3, max_digits=18)),
                ("rolled_credits", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("raised_credits", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("changes_at", models.DateTimeField(blank=True, null=True)),
                ("held", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("spent", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("overrun", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
            ],
            options={
                "verbose_name": "budget period",
                "verbose_name_plural": "budget periods",
            },
        ),
        migrations.CreateModel(
            name="BudgetRaise",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=3, max_digits=18)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "raise",
                "verbose_name_plural": "raises",
            },
        ),
        migrations.CreateModel(
            name="BudgetRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=18, verbose_name="credits")),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="why")),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_amount", models.DecimalField(blank=True, decimal_places=3, max_digits=18, null=True)),
                ("decided_until", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="answer")),
            ],
            options={
                "verbose_name": "budget request",
                "verbose_name_plural": "budget requests",
            },
        ),
        migrations.CreateModel(
            name="CreditLot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", models.DecimalField(decimal_places=3, max_digits=18)),
                ("remaining", models.DecimalField(decimal_places=3, max_digits=18)),
                ("expired", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("priority", models.PositiveSmallIntegerField(default=50, verbose_name="priority")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires at")),
                ("created_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "credit lot",
                "verbose_name_plural": "credit lots",
                "ordering": [models.OrderBy(models.F("expires_at"), nulls_last=True), "priority", "id"],
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=160, unique=True)),
                ("subject", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True)),
                ("attachment_name", models.CharField(blank=True, max_length=120)),
                ("attachment", models.BinaryField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "due_at",
                    models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), null=True),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name": "mail",
                "verbose_name_plural": "mails",
            },
        ),
        migrations.CreateModel(
            name="Purse",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="purse",
                        serialize=False,
                        to="generations.team",
                    ),
                ),
                ("available", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("held", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("spent", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("shortfall", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("granted", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("purchased", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("expired", models.DecimalField(decimal_places=3, default=Decimal("0"), max_digits=18)),
                ("lots_due_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "purse",
                "verbose_name_plural": "purses",
            },
        ),
        migrations.CreateModel(
            name="ReviewDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("approved", "Approved"),
                            ("changes_requested", "Changes requested"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=20,
                        verbose_name="decision",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("decided_at", models.DateTimeField()),
                ("is_counted", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "review decision",
                "verbose_name_plural": "review decisions",
            },
        ),
        migrations.CreateModel(
            name="Shot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("code", models.CharField(max_length=20, verbose_name="code")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "shot",
                "verbose_name_plural": "shots",
                "ordering": ["position", "code"],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ENTRIES_NAME_THEIR_ACCOUNT)],
            state_operations=[
                migrations.RemoveIndex(model_name="entry", name="entry_of_account"),
                migrations.AlterField(
                    model_name="entry",
                    name="account",
                    field=models.CharField(
                        choices=[
                            ("available", "Available"),
                            ("held", "Held"),
                            ("spent", "Spent"),
                            ("shortfall", "Shortfall"),
                            ("granted", "Granted"),
                            ("purchased", "Purchased"),
                            ("expired", "Expired"),
                        ],
                        max_length=9,
                    ),
                ),
                migrations.DeleteModel(name="LedgerAccount"),
            ],
        ),
        migrations.AddField(
            model_name="generation",
            name="verdict",
            field=models.CharField(
                blank=True,
                choices=[
                    ("approved", "Approved"),
                    ("changes_requested", "Changes requested"),
                    ("rejected", "Rejected"),
                ],
                default="",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="movement",
            name="amount",
            field=models.DecimalField(decimal_places=3, default=0, max_digits=18),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="movement",
            name="periods",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="movement",
            name="reverses",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversed_by",
                to="generations.movement",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="approval_above_credits",
            field=models.DecimalField(
                blank=True,
                decimal_places=3,
                max_digits=12,
                null=True,
                verbose_name="takes above this price wait for approval",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="approval_hours",
            field=models.PositiveSmallIntegerField(
                default=72,
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(720)],
                verbose_name="hours that a take waits for approval",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="approval_tiers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("std", "Draft"), ("pro", "Pro"), ("master", "Hero"), ("4k", "4K")], max_length=8
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="tiers that wait for approval",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="approved_draft_is_enough",
            field=models.BooleanField(
                default=True,
                help_text="A take of the same prompt and inputs that was approved at a lower tier lets this one through.",
                verbose_name="an approved draft is enough",
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="movement",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="generations.movement",
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("grant", "Grant"),
                    ("purchase", "Purchase"),
                    ("hold", "Hold"),
                    ("capture", "Capture"),
                    ("release", "Return"),
                    ("expire", "Expiry"),
                    ("overrun", "Overrun"),
                    ("reversal", "Reversal"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="resolves",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resolved_by",
                to="generations.movement",
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="team",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="generations.team",
            ),
        ),
        migrations.RunSQL(AMOUNTS),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "reversal"), ("reverses__isnull", False)),
                    models.Q(models.Q(("kind", "reversal"), _negated=True), ("reverses__isnull", True)),
                    _connector="OR",
                ),
                name="movement_reverses_by_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="movement_moves_something"),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("resolves__isnull", False)), fields=("resolves",), name="movement_resolves_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses__isnull", False)), fields=("reverses",), name="movement_reverses_once"
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="generation",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="approval", to="generations.generation"
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="member",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="budgets",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                help_text="Who answers requests for more, beside the owners and budget admins of the team.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="owned_budgets",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="project",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="budgets",
                to="generations.project",
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="budgets", to="generations.team"
            ),
        ),
        migrations.AddField(
            model_name="budgetperiod",
            name="budget",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="periods",
                to="generations.budget",
            ),
        ),
        migrations.AddField(
            model_name="budgetperiod",
            name="team",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="generations.team"
            ),
        ),
        migrations.AddField(
            model_name="budgetalert",
            name="period",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="generations.budgetperiod"
            ),
        ),
        migrations.AddField(
            model_name="budgetraise",
            name="budget",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="raises", to="generations.budget"
            ),
        ),
        migrations.AddField(
            model_name="budgetraise",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="budgetrequest",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="budget_requests", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="budgetrequest",
            name="budget",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="requests", to="generations.budget"
            ),
        ),
        migrations.AddField(
            model_name="budgetrequest",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="budgetrequest",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="budget_requests", to="generations.team"
            ),
        ),
        migrations.AddField(
            model_name="budgetraise",
            name="request",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="raise_made",
                to="generations.budgetrequest",
            ),
        ),
        migrations.AddField(
            model_name="creditlot",
            name="movement",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lot",
                to="generations.movement",
            ),
        ),
        migrations.AddField(
            model_name="creditlot",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lots", to="generations.team"
            ),
        ),
        migrations.AddField(
            model_name="mail",
            name="to",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="mails", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="purse",
            constraint=models.CheckConstraint(
                condition=models.Q(("available__gte", 0), ("expired__gte", 0), ("held__gte", 0), ("spent__gte", 0)),
                name="purse_not_below_zero",
            ),
        ),
        migrations.AddConstraint(
            model_name="purse",
            constraint=models.CheckConstraint(
                condition=models.Q(("granted__lte", 0), ("purchased__lte", 0), ("shortfall__lte", 0)),
                name="purse_source_not_above_zero",
            ),
        ),
        migrations.AddField(
            model_name="reviewdecision",
            name="decided_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewdecision",
            name="generation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="generations.generation"
            ),
        ),
        migrations.AddField(
            model_name="shot",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shots", to="generations.project"
            ),
        ),
        migrations.AddField(
            model_name="budget",
            name="shot",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="budgets",
                to="generations.shot",
            ),
        ),
        migrations.AddField(
            model_name="generation",
            name="shot",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="generations.shot",
            ),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(condition=models.Q(("outcome", "")), fields=["expires_at"], name="approval_open"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("outcome", "")),
                    models.Q(models.Q(("outcome", ""), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="approval_outcome_has_time",
            ),
        ),
        migrations.AddIndex(
            model_name="budgetperiod",
            index=models.Index(
                condition=models.Q(("is_current", True)), fields=["team", "scope_key"], name="period_current"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=models.UniqueConstraint(fields=("budget", "starts_at"), name="period_once_per_start"),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_current", True)), fields=("budget",), name="period_one_current_per_budget"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("held__gte", 0), ("overrun__gte", 0), ("spent__gte", 0)),
                name="period_not_below_zero",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetalert",
            constraint=models.UniqueConstraint(fields=("period", "percent"), name="alert_once_per_mark"),
        ),
        migrations.AddIndex(
            model_name="budgetrequest",
            index=models.Index(fields=["team", "-id"], name="budget_request_newest"),
        ),
        migrations.AddIndex(
            model_name="budgetrequest",
            index=models.Index(
                condition=models.Q(("status", "open")), fields=["expires_at"], name="budget_request_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetrequest",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="budget_request_is_positive"),
        ),
        migrations.AddConstraint(
            model_name="budgetrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")),
                fields=("budget", "asked_by"),
                name="budget_request_one_open_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetraise",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="raise_changes_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetraise",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"),
                name="raise_ends_after_begin",
            ),
        ),
        migrations.AddIndex(
            model_name="creditlot",
            index=models.Index(condition=models.Q(("closed_at", None)), fields=["team", "expires_at"], name="lot_open"),
        ),
        migrations.AddConstraint(
            model_name="creditlot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gt", 0),
                    ("expired__gte", 0),
                    ("remaining__gte", 0),
                    ("remaining__lte", models.F("amount")),
                ),
                name="lot_remains_within",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditlot",
            constraint=models.CheckConstraint(
                condition=models.Q(("closed_at", None), ("remaining", 0), _connector="OR"), name="lot_closed_is_empty"
            ),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(condition=models.Q(("sent_at", None)), fields=["due_at"], name="mail_due"),
        ),
        migrations.AddIndex(
            model_name="reviewdecision",
            index=models.Index(condition=models.Q(("is_counted", False)), fields=["id"], name="decision_to_count"),
        ),
        migrations.AddConstraint(
            model_name="shot",
            constraint=models.UniqueConstraint(fields=("project", "code"), name="shot_code_once_per_project"),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("archived_at", None)),
                fields=("team", "scope_key", "window"),
                name="budget_once_per_scope_and_window",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit_credits__gt", 0)), name="budget_limit_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("rollover_credits__gte", 0)), name="budget_rollover_is_not_negative"
            ),
        ),
        migrations.RunSQL(PURSES),
    ]
