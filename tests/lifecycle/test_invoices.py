"""Invoices: what agrees, what differs, what only one side knows. All of a file or nothing, and nothing is booked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from time import monotonic

import pytest
from django.utils import timezone

from generations import ledger, lifecycle
from generations.lifecycle.invoice_file import read_amount, read_time
from generations.models import Generation, InvoiceImport, InvoiceLine, Status
from tests.make import make_account, make_user

D = Decimal
HEAD = "request_id,cost,currency,created_at\n"
AT = "2026-03-01T12:00:00Z"


@pytest.fixture
def took(desk):
    """Makes a take of fal that ended and that the provider said so much of."""

    def make(task_id, reported="1.40", at=AT, to=Status.DONE, currency="usd", **facts):
        take = desk.take()
        lifecycle.finish(take, to=Status.CANCELED, charged=D(0), now=timezone.now())
        cost = None if reported is None else {"amount": reported, "currency": currency}
        moment = datetime.fromisoformat(at)
        return desk.put(take, status=to, provider_task_id=task_id, provider_cost_json=cost, finished_at=moment, **facts)

    return make


@pytest.fixture
def bring(desk):
    def bring(text, account=None, **facts):
        data = text if isinstance(text, bytes) else text.encode()
        defaults = {"name": "march.csv", "actor": desk.member.user, "now": timezone.now()}
        return lifecycle.import_invoice(account=account or desk.account, data=data, **{**defaults, **facts})

    return bring


def verdicts(invoice):
    return [(line.task_id, str(line.verdict)) for line in invoice.lines.order_by("pk")]


def test_every_line_gets_its_verdict(took, bring, desk):
    same, other = took("same"), took("other", "1.40")
    took("ours", at="2026-03-01T12:30:00Z")
    before = ledger.balances(desk.team)

    invoice = bring(
        HEAD
        + f"same,1.4004,USD,{AT}\n"
        + f"other,1.5,usd,{AT}\n"
        + f"strange,9,usd,{AT}\n"
        + f"same,1.4,usd,{AT}\n"
        + f"other,2,EUR,{AT}\n"
        + "euro,2,EUR,2026-03-01T13:00:00Z\n"
        + f"minus,-2,usd,{AT}\n"
        + f"words,much,usd,{AT}\n"
        + f",3,usd,{AT}\n"
    )

    assert verdicts(invoice) == [
        ("same", "matched"),
        ("other", "differs"),
        ("strange", "unknown_id"),
        ("same", "duplicate"),
        ("other", "duplicate"),
        ("euro", "wrong_currency"),
        ("minus", "bad_amount"),
        ("words", "bad_amount"),
        ("", "unknown_id"),
        ("ours", "only_ours"),
    ]
    differs = invoice.lines.get(verdict="differs")
    assert (differs.generation, differs.amount, differs.ours, differs.row) == (other, D("1.5"), D("1.4"), 3)
    assert invoice.lines.get(verdict="matched").generation == same
    assert invoice.totals_json["differs"] == {
        "lines": 1,
        "invoice": {"usd": "1.500000"},
        "ours": {"usd": "1.400000"},
    }
    assert ledger.balances(desk.team) == before


@pytest.mark.parametrize(("amount", "verdict"), [("1.4005", "matched"), ("1.4006", "differs"), ("1.3994", "differs")])
def test_amounts_agree_within_half_a_thousandth(took, bring, amount, verdict):
    took("a")

    assert verdicts(bring(f"{HEAD}a,{amount},usd,{AT}\n")) == [("a", verdict)]


def test_fal_units_are_compared_in_dollars(took, bring):
    took("a", "5", currency="fal_unit")

    assert verdicts(bring(f"{HEAD}a,1.4,usd,{AT}\n")) == [("a", "matched")]


def test_where_the_provider_reports_nothing_the_quote_is_compared(took, bring):
    took("a", None)
    took("failed", None, to=Status.FAILED)

    invoice = bring(f"{HEAD}a,1.4,usd,{AT}\nfailed,1.4,usd,{AT}\n")

    assert [(line.verdict, line.is_quoted, line.ours) for line in invoice.lines.order_by("pk")] == [
        ("matched", True, D("1.4")),
        ("differs", True, 0),
    ]


def test_kling_counts_in_units_or_in_money(desk, bring):
    account = make_account(desk.team, "kling")
    take = desk.take(account=account)
    lifecycle.finish(take, to=Status.CANCELED, charged=D(0), now=timezone.now())
    desk.put(take, provider_task_id="k", provider_cost_json={"amount": "10", "currency": "kling_unit"}, status="done")

    units = bring(f"Task ID;Final unit deduction;Create time\nk;10,0;{AT}\n", account=account)
    money = bring(f"task_id,amount,currency,time\nk,1.4,USD,{AT}\n", account=account)
    images = bring(f"task_id,amount,currency,time\nk,10,image units,{AT}\n", account=account)

    assert verdicts(units) == verdicts(money) == [("k", "matched")]
    assert verdicts(images) == [("k", "wrong_currency")]


def test_a_line_of_a_call_before_the_submit_finds_its_take(took, bring, desk):
    take = took("a")
    desk.attempt(take, sent_at=timezone.now(), closed_at=timezone.now(), outcome="accepted", request_id="face-1")

    invoice = bring(f"{HEAD}face-1,0.01,usd,{AT}\n")

    assert invoice.lines.get(task_id="face-1").generation == take


def test_another_accounts_takes_are_not_compared(took, bring, desk):
    took("a")

    assert verdicts(bring(f"{HEAD}a,1.4,usd,{AT}\n", account=make_account(desk.team))) == [("a", "unknown_id")]


def test_what_only_we_know_is_of_the_files_own_period(took, bring):
    for task_id, at in (("before", "2026-02-28T12:00:00Z"), ("within", "2026-03-02T12:00:00Z"), ("free", AT)):
        took(task_id, "0" if task_id == "free" else "1.4", at)

    invoice = bring(f"{HEAD}x,1,usd,{AT}\ny,1,usd,2026-03-03\n")

    assert verdicts(invoice)[2:] == [("within", "only_ours")]
    assert invoice.period_until == datetime(2026, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEAD}a,1.4,usd,{AT}\n",
        f"Request ID;Amount;Currency;Time\r\na;1,4;USD;{AT}\r\n",
        f"request_id\tamount\tcurrency\ttime\na\t1.40\t$\t{AT}\n",
        f'"id","Cost (USD)","Created at"\n"a","$1.40","{AT}"\n',
        f"\n\n{HEAD}\n,,,\na,1.4,usd,{AT}\n\n",
        "note,time,amount_usd,request_id\nhello,1772366400000,1.4,a,too much\n",
    ],
    ids=["bom", "semicolons", "tabs", "quoted", "blank lines", "other order"],
)
def test_many_ways_of_csv_are_read(took, bring, text):
    took("a")

    assert verdicts(bring(text)) == [("a", "matched")]


def test_utf_16_of_a_table_program_is_read(took, bring):
    took("a")

    assert verdicts(bring(f"{HEAD}a,1.4,usd,{AT}\n".encode("utf-16"))) == [("a", "matched")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "The file is empty"),
        (b" \n\t\n", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text in UTF-8"),
        (b"PK\x03\x04\x00\x00a,b", "characters that no text has"),
        (HEAD.encode(), "headings and no line"),
        (b'request_id,cost,currency,time\n"a,1,usd,2026-03-01\n' + b"x" * 140_000, "cannot be read as CSV"),
        (b"who,what\na,b\n", "no column for: request or task id, amount, currency, time"),
        (b"who,what\na,b\n", "Found: who, what."),
        (b"who,what\na,b\n", r"request or task id \(request_id, task_id"),
        (b"request_id,cost,time\na,1,2026-03-01\n", "no column for: currency"),
    ],
)
def test_what_is_no_invoice_is_refused_in_a_sentence_and_leaves_nothing(bring, text, words):
    with pytest.raises(lifecycle.BadInvoice, match=words):
        bring(text)

    assert not InvoiceImport.objects.exists()


def test_columns_can_be_named_by_hand(took, bring):
    took("a")
    columns = {"task_id": "Nr", "amount": "Money", "currency": "In", "time": "When"}

    invoice = bring(f"Nr,Money,In,When\na,1.4,usd,{AT}\n", columns=columns)

    assert verdicts(invoice) == [("a", "matched")] and invoice.columns_json == columns
    with pytest.raises(lifecycle.BadInvoice, match="There is no column “Sum”"):
        bring(f"Nr,Money,In,When\nb,1.4,usd,{AT}\n", columns={**columns, "amount": "Sum"})


def test_the_same_file_twice_is_refused(bring, desk):
    bring(f"{HEAD}a,1.4,usd,{AT}\n")

    with pytest.raises(lifecycle.BadInvoice, match="imported before, at .* by Person"):
        bring(f"{HEAD}a,1.4,usd,{AT}\n", name="renamed.csv", actor=make_user())
    assert InvoiceImport.objects.count() == 1
    assert bring(f"{HEAD}a,1.4,usd,{AT}\n", account=make_account(desk.team))


def test_all_or_nothing(bring, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("The machine stops.")

    monkeypatch.setattr(import_module("generations.lifecycle.import_invoice"), "record", fail)
    with pytest.raises(RuntimeError):
        bring(f"{HEAD}a,1.4,usd,{AT}\n")

    assert not InvoiceImport.objects.exists() and not InvoiceLine.objects.exists()


def test_too_large_and_too_long_say_the_limit(bring, settings):
    settings.LIMITS = {**settings.LIMITS, "invoice_rows": 2, "invoice_bytes": 2_000_000}

    with pytest.raises(lifecycle.BadInvoice, match="at most 2 lines"):
        bring(HEAD + f"a,1,usd,{AT}\n" * 3)
    with pytest.raises(lifecycle.BadInvoice, match="at most 2 MB"):
        bring(HEAD + f"a,1,usd,{AT}\n" * 100_000)


@pytest.mark.slow
def test_a_hundred_thousand_lines_are_compared_and_one_more_is_refused(took, bring):
    takes = {f"task-{number}": None for number in range(0, 100_000, 20_000)}
    for task_id in takes:
        took(task_id)
    rows = "".join(f"task-{number},1.4,usd,{AT}\n" for number in range(100_000))
    begun = monotonic()

    invoice = bring(HEAD + rows)

    assert monotonic() - begun < 60
    assert invoice.totals_json["matched"]["lines"] == len(takes)
    assert invoice.lines.filter(verdict="unknown_id").count() == 100_000 - len(takes)
    with pytest.raises(lifecycle.BadInvoice, match="at most 100,000 lines"):
        bring(HEAD + rows + f"more,1,usd,{AT}\n")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.25", "1.25"),
        ("$1.25", "1.25"),
        ("US$ 1.25", "1.25"),
        ("1,250.5", "1250.5"),
        ("1,250", "1250"),
        ("1e-3", "0.001"),
        ("0", "0"),
        (".5", "0.5"),
        ("-1", None),
        ("(1.25)", None),
        ("1,25", None),
        ("", None),
        ("NaN", None),
        ("Infinity", None),
        ("0x10", None),
        ("١٢", None),
        ("1e99", None),
        ("9" * 400, None),
    ],
)
def test_amounts_are_read_strictly(text, amount):
    assert read_amount(text) == (None if amount is None else D(amount))


def test_a_comma_is_decimal_where_semicolons_divide():
    assert read_amount("1.234,5", decimal_comma=True) == D("1234.5")
    assert read_amount("0,07", decimal_comma=True) == D("0.07")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T13:00:00+01:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01 12:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026/03/01 12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("1772366400", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("1772366400000", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("yesterday", None),
        ("99999999999999", None),
        ("", None),
    ],
)
def test_times_are_read_or_left_out(text, moment):
    assert read_time(text) == moment


def test_takes_are_looked_up_by_the_thousand(bring, took, django_assert_max_num_queries):
    took("a")
    with django_assert_max_num_queries(20):
        bring(HEAD + "".join(f"x{number},1,usd,{AT}\n" for number in range(3000)) + f"a,1.4,usd,{AT}\n")

    assert Generation.objects.count() == 1
    assert InvoiceLine.objects.filter(verdict="matched").count() == 1


def test_a_name_of_a_file_is_kept_as_text(bring):
    invoice = bring(f"{HEAD}a,1.4,usd,{AT}\n", name="<b>\x00\n" + "x" * 400)

    assert invoice.name.startswith("<b>xxx") and len(invoice.name) == 200
    assert invoice.imported_at - timezone.now() < timedelta(minutes=1)
