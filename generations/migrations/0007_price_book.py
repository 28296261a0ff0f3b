"""Prices by resolution and length, never two at once; packs, balances, drift, closed routes, imported invoices."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


KEY = ("provider", "account_id", "model", "tier", "capability", "variant", "resolution", "duration_seconds")

# The range type makes equality of a text an overlap of ranges, which GiST knows without an extension.
NEVER_TWICE = """
SET CONSTRAINTS ALL IMMEDIATE;
CREATE TYPE price_key AS RANGE (subtype = text, collation = "C");

CREATE FUNCTION price_words(
    provider text, account bigint, model text, tier text, capability text, variant text, resolution text, seconds int
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT provider || chr(31) || coalesce(account, 0) || chr(31) || model || chr(31) || tier || chr(31) || capability
        || chr(31) || variant || chr(31) || resolution || chr(31) || coalesce(seconds, 0)
$$;

ALTER TABLE generations_pricerule ADD CONSTRAINT price_rule_never_twice EXCLUDE USING gist (
    price_key(
        price_words(provider, account_id, model, tier, capability, variant, resolution, duration_seconds),
        price_words(provider, account_id, model, tier, capability, variant, resolution, duration_seconds),
        '[]'
    ) WITH &&,
    tstzrange(valid_from, valid_until) WITH &&
);

CREATE FUNCTION price_rule_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'valid_until') IS DISTINCT FROM (to_jsonb(OLD) - 'valid_until')
            AND EXISTS (SELECT 1 FROM generations_generation WHERE price_rule_id = OLD.id) THEN
        RAISE EXCEPTION 'Takes were quoted with price rule %: it is never changed, it only ends.', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER price_rule_is_kept BEFORE UPDATE ON generations_pricerule
    FOR EACH ROW EXECUTE FUNCTION price_rule_refuse_change();
"""

MAY_BE_TWICE = """
DROP TRIGGER price_rule_is_kept ON generations_pricerule;
DROP FUNCTION price_rule_refuse_change();
ALTER TABLE generations_pricerule DROP CONSTRAINT price_rule_never_twice;
DROP FUNCTION price_words(text, bigint, text, text, text, text, text, int);
DROP TYPE price_key;
"""


def end_where_the_next_begins(apps, schema_editor):
    """Until now the newest rule that had begun counted. The same prices at the same times, without two at once."""
    rules = apps.get_model("generations", "PriceRule").objects
    same = {}
    for rule in rules.order_by("valid_from", "pk"):
        same.setdefault(tuple(getattr(rule, name) for name in KEY), []).append(rule)
    for group in same.values():
        if len(group) > 1:
            separate(group)


def separate(group):
    moments = sorted({rule.valid_from for rule in group} | {rule.valid_until for rule in group if rule.valid_until})
    spans = []
    for begin, end in zip(moments, [*moments[1:], None]):
        rule = next((rule for rule in reversed(group) if is_valid(rule, begin)), None)
        if spans and spans[-1][0] is rule and rule is not None:
            spans[-1][2] = end
        else:
            spans.append([rule, begin, end])
    seen = set()
    for rule, begin, end in spans:
        if rule is None:
            continue
        if rule.pk in seen:  # it comes back after one that was valid within its time
            values = {field.attname: getattr(rule, field.attname) for field in rule._meta.concrete_fields}
            values |= {"id": None, "valid_from": begin, "valid_until": end}
            type(rule)(**values).save(force_insert=True)
        else:
            seen.add(rule.pk)
            type(rule).objects.filter(pk=rule.pk).update(valid_until=end)


def is_valid(rule, moment):
    return rule.valid_from <= moment and (rule.valid_until is None or rule.valid_until > moment)


class Migration(migrations.Migration):

    dependencies = [
        ('generations', '0006_ledger_functions'),
    ]

    operations = [
        migrations.CreateModel(
            name='BalanceReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_at', models.DateTimeField()),
                ('amount', models.DecimalField(blank=True, decimal_places=5, max_digits=18, null=True)),
                ('currency', models.CharField(blank=True, max_length=20)),
                ('as_of_note', models.CharField(blank=True, max_length=200)),
                ('packs_json', models.JSONField(blank=True, default=list)),
                ('problem', models.CharField(blank=True, max_length=400)),
            ],
            options={
                'verbose_name': 'provider balance',
                'verbose_name_plural': 'provider balances',
            },
        ),
        migrations.CreateModel(
            name='ClosedRoute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('route_key', models.CharField(max_length=160, verbose_name='route')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('closed_at', models.DateTimeField()),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'closed route',
                'verbose_name_plural': 'closed routes',
            },
        ),
        migrations.CreateModel(
            name='DriftCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('prices_read_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'drift check',
                'verbose_name_plural': 'drift checks',
            },
        ),
        migrations.CreateModel(
            name='DriftReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('route_key', models.CharField(max_length=160)),
                ('day', models.DateField()),
                ('takes', models.PositiveIntegerField(default=0)),
                ('silent_takes', models.PositiveIntegerField(default=0)),
                ('unknown_takes', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None)),
                ('quoted_credits', models.DecimalField(decimal_places=3, default=Decimal('0'), max_digits=18)),
                ('reported_credits', models.DecimalField(decimal_places=3, default=Decimal('0'), max_digits=18)),
                ('percent', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ('list_usd', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True)),
                ('our_usd', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True)),
                ('list_per', models.CharField(blank=True, max_length=60)),
                ('list_percent', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ('list_problem', models.CharField(blank=True, max_length=400)),
                ('is_past_threshold', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'price drift',
                'verbose_name_plural': 'price drifts',
            },
        ),
        migrations.CreateModel(
            name='InvoiceImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('size_bytes', models.PositiveIntegerField()),
                ('rows', models.PositiveIntegerField()),
                ('columns_json', models.JSONField()),
                ('period_from', models.DateTimeField(blank=True, null=True)),
                ('period_until', models.DateTimeField(blank=True, null=True)),
                ('totals_json', models.JSONField(default=dict)),
                ('imported_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'invoice import',
                'verbose_name_plural': 'invoice imports',
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.PositiveIntegerField(blank=True, null=True)),
                ('verdict', models.CharField(choices=[('matched', 'Both agree'), ('differs', 'Another amount'), ('unknown_id', 'Only on the invoice'), ('only_ours', 'Only in our books'), ('duplicate', 'Twice in the file'), ('wrong_currency', 'A currency that we cannot compare'), ('bad_amount', 'No readable amount')], max_length=14)),
                ('task_id', models.CharField(blank=True, max_length=200)),
                ('happened_at', models.DateTimeField(blank=True, null=True)),
                ('amount_text', models.CharField(blank=True, max_length=60)),
                ('amount', models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True)),
                ('currency', models.CharField(blank=True, max_length=20)),
                ('ours', models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True)),
                ('is_quoted', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'invoice line',
                'verbose_name_plural': 'invoice lines',
            },
        ),
        migrations.CreateModel(
            name='ProviderPack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('units', models.DecimalField(decimal_places=4, max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0.0001'))], verbose_name='units')),
                ('currency', models.CharField(choices=[('usd', 'US dollars'), ('kling_unit', 'Kling units'), ('kling_image_unit', 'Kling image units')], default='kling_unit', max_length=20, verbose_name='kind of units')),
                ('price_usd', models.DecimalField(decimal_places=2, max_digits=12, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='price in US dollars')),
                ('bought_at', models.DateTimeField(verbose_name='bought at')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires at')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
            ],
            options={
                'verbose_name': 'provider pack',
                'verbose_name_plural': 'provider packs',
            },
        ),
        migrations.RemoveConstraint(
            model_name='pricerule',
            name='price_once_per_start',
        ),
        migrations.AddField(
            model_name='pricerule',
            name='duration_seconds',
            field=models.PositiveSmallIntegerField(blank=True, help_text='A price for takes of exactly this length. Empty: any length.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(600)], verbose_name='length in seconds'),
        ),
        migrations.AddField(
            model_name='pricerule',
            name='resolution',
            field=models.CharField(blank=True, choices=[('720p', '720p'), ('1080p', '1080p'), ('2160p', '2160p (4K)'), ('1k', '1K image'), ('2k', '2K image'), ('4k', '4K image')], help_text='Empty: any.', max_length=8),
        ),
        migrations.AddField(
            model_name='provideraccount',
            name='pauses_on_drift',
            field=models.BooleanField(default=False, help_text='When what the provider asks for goes too far from our price, nothing new is sent on that route.', verbose_name='close a route when its price drifts'),
        ),
        migrations.AddConstraint(
            model_name='pricerule',
            constraint=models.CheckConstraint(condition=models.Q(('duration_seconds', None), ('duration_seconds__gte', 1), _connector='OR'), name='price_length_is_positive'),
        ),
        migrations.AddField(
            model_name='balancereading',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='balance_readings', to='generations.provideraccount'),
        ),
        migrations.AddField(
            model_name='closedroute',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='closed_routes', to='generations.provideraccount'),
        ),
        migrations.AddField(
            model_name='closedroute',
            name='closed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='closedroute',
            name='opened_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='driftreading',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drift_readings', to='generations.provideraccount'),
        ),
        migrations.AddField(
            model_name='driftreading',
            name='check_of_day',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='generations.driftcheck'),
        ),
        migrations.AddField(
            model_name='driftreading',
            name='sample',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generations.generation'),
        ),
        migrations.AddField(
            model_name='invoiceimport',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoice_imports', to='generations.provideraccount'),
        ),
        migrations.AddField(
            model_name='invoiceimport',
            name='actor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='generation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoice_lines', to='generations.generation'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='generations.invoiceimport'),
        ),
        migrations.AddField(
            model_name='providerpack',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='packs', to='generations.provideraccount'),
        ),
        migrations.AddIndex(
            model_name='balancereading',
            index=models.Index(fields=['account', '-read_at'], name='balance_newest'),
        ),
        migrations.AddConstraint(
            model_name='balancereading',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__isnull', False), ('problem', '')), models.Q(('amount', None), models.Q(('problem', ''), _negated=True)), _connector='OR'), name='balance_read_or_not'),
        ),
        migrations.AddConstraint(
            model_name='closedroute',
            constraint=models.UniqueConstraint(condition=models.Q(('opened_at__isnull', True)), fields=('account', 'route_key'), name='route_closed_once'),
        ),
        migrations.AddConstraint(
            model_name='driftreading',
            constraint=models.UniqueConstraint(fields=('account', 'route_key', 'day'), name='drift_once_per_route_and_day'),
        ),
        migrations.AddConstraint(
            model_name='invoiceimport',
            constraint=models.UniqueConstraint(fields=('account', 'sha256'), name='invoice_once_per_account'),
        ),
        migrations.AddIndex(
            model_name='invoiceline',
            index=models.Index(fields=['invoice', 'verdict', 'id'], name='invoice_line_by_verdict'),
        ),
        migrations.AddConstraint(
            model_name='providerpack',
            constraint=models.CheckConstraint(condition=models.Q(('units__gt', 0)), name='pack_has_units'),
        ),
        migrations.AddConstraint(
            model_name='providerpack',
            constraint=models.CheckConstraint(condition=models.Q(('price_usd__gte', 0)), name='pack_price_is_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='providerpack',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at', None), ('expires_at__gt', models.F('bought_at')), _connector='OR'), name='pack_ends_after_purchase'),
        ),
        migrations.RunPython(end_where_the_next_begins, migrations.RunPython.noop),
        migrations.RunSQL(NEVER_TWICE, MAY_BE_TWICE),
    ]
