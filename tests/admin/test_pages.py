"""Every page of the admin opens, says what it should, and asks the database no more for more rows."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from unfold.admin import ModelAdmin

from generations.models import AuditEvent, Entry, Generation, Movement, Purse, User
from tests.admin.conftest import make_world
from tests.make import make_member, make_price_rules

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in MODELS if model._meta.app_label == "generations"]
WRITTEN_BY_THE_MACHINERY = {
    "Approval",
    "Asset",
    "Attempt",
    "AuditEvent",
    "BalanceReading",
    "Blob",
    "Budget",
    "BudgetAlert",
    "BudgetPeriod",
    "BudgetRaise",
    "BudgetRequest",
    "CallbackReceipt",
    "ClosedRoute",
    "CreditLot",
    "DriftCheck",
    "DriftReading",
    "Entry",
    "Generation",
    "GenerationEvent",
    "GenerationInput",
    "InvoiceLine",
    "Mail",
    "Movement",
    "ProviderCall",
    "PumpLease",
    "Purse",
    "ReportSubscription",
    "ReviewDecision",
    "RollUpMark",
    "Shot",
    "ShotTally",
    "Slice",
}


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def name_of(model):
    return model._meta.model_name


def queries_of(client, url):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_every_model_is_in_the_admin():
    from django.apps import apps

    all_models = set(apps.get_app_config("generations").get_models())
    through = {model for model in all_models if model._meta.auto_created}
    # Django's admin takes no key of several columns: those are cells of the roll-ups, which the reports show.
    cells = {model for model in all_models if model._meta.is_composite_pk}
    assert all_models - through - cells == set(OURS)
    assert {model.__name__ for model in cells} == {"SpendDay", "SpendMonth", "SpendWeek", "TakeTally", "TimingDay"}


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_every_page_is_drawn_by_unfold_and_has_an_order(model):
    assert isinstance(admin.site._registry[model], ModelAdmin)
    assert admin.site._registry[model].ordering


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_list_and_its_search_open(cockpit, model):
    make_world()

    assert cockpit.get(address(model, "changelist")).status_code == 200
    assert cockpit.get(address(model, "changelist"), {"q": "ferry 7"}).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_a_row_opens(cockpit, model):
    make_price_rules()
    make_world()

    assert cockpit.get(address(model, "change", model.objects.order_by("pk").first().pk)).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=name_of)
def test_a_list_asks_no_more_for_more_rows(cockpit, model):
    make_world()
    cockpit.get(address(model, "changelist"))
    few = queries_of(cockpit, address(model, "changelist"))

    for _ in range(4):
        make_world()

    many = queries_of(cockpit, address(model, "changelist"))
    assert len(many) <= len(few), "\n".join(many)


def test_a_take_asks_no_more_for_more_evidence(cockpit, member):
    take = make_world()
    url = address(Generation, "change", take.pk)
    queries_of(cockpit, url)
    few = queries_of(cockpit, url)

    for number in range(5):
        take.log("looked", str(number))
        take.calls.create(account=take.account, method="GET", url="https://h/p", duration_ms=number)
        take.attempts.create(number=number + 2, lease_token=1, closed_at=take.created_at, outcome="busy")

    assert len(queries_of(cockpit, url)) <= len(few)


def test_a_team_asks_no_more_for_more_members(cockpit, member):
    from generations.models import Team

    url = address(Team, "change", member.team.pk)
    queries_of(cockpit, url)
    few = queries_of(cockpit, url)

    for _ in range(4):
        make_member(member.team)

    many = queries_of(cockpit, url)
    # One each: Django's autocomplete input looks up the person it shows.
    assert len(many) <= len(few) + 4, "\n".join(many)


@pytest.mark.parametrize("model", [m for m in OURS if m.__name__ in WRITTEN_BY_THE_MACHINERY], ids=name_of)
def test_what_the_machinery_writes_is_only_read(cockpit, model):
    make_world()
    row = model.objects.order_by("pk").first()

    assert cockpit.get(address(model, "add")).status_code == 403
    assert cockpit.post(address(model, "change", row.pk), {"_save": "1"}).status_code == 403
    assert cockpit.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_a_take_is_found_by_its_name_and_by_its_prompt(cockpit):
    take, other = make_world(), make_world()
    Generation.objects.filter(pk=other.pk).update(recipe_json={**other.recipe_json, "prompt": "A lighthouse"})

    by_name = cockpit.get(address(Generation, "changelist"), {"q": take.name}).context["cl"].queryset
    by_prompt = cockpit.get(address(Generation, "changelist"), {"q": "lighthouse"}).context["cl"].queryset

    assert list(by_name) == [take]
    assert list(by_prompt) == [other]


def test_a_take_shows_everything_that_belongs_to_it(cockpit):
    take = make_world()

    page = cockpit.get(address(Generation, "change", take.pk)).content.decode()

    for row in (take.assets.get(), take.attempts.get(), take.calls.get(), take.receipts.get(), take.movements.get()):
        assert address(type(row), "change", row.pk) in page
    assert "Available -25, Held +25" in page


def test_the_address_of_a_result_is_shown_without_its_signature(cockpit):
    take = make_world()
    outputs = [{"url": "https://files.example/a.mp4?Signature=opens-it", "kind": "video"}]
    Generation.objects.filter(pk=take.pk).update(outputs_json=outputs)

    page = cockpit.get(address(Generation, "change", take.pk)).content.decode()

    assert "https://files.example/a.mp4" in page
    assert "opens-it" not in page


def test_the_index_counts_what_waits_for_a_person(cockpit, settings):
    take = make_world()
    Generation.objects.filter(pk=take.pk).update(status="uncertain")
    settings.SANDBOX_ORIGIN = "http://127.0.0.1:8100"

    page = cockpit.get(reverse("admin:index"))

    figures = {str(figure["label"]): figure["value"] for figure in page.context["figures"]}
    assert figures["Takes not confirmed"] == 1
    assert page.context["environment"] == ["Sandbox", "warning"]
    assert f"{address(Generation, 'changelist')}?status__exact=uncertain" in page.content.decode()


@pytest.mark.parametrize("model", [Movement, Entry, Purse, AuditEvent, User], ids=name_of)
def test_somebody_without_the_permission_sees_nothing(client, model, operator):
    operator.is_superuser = False
    operator.save()
    client.force_login(operator)

    assert client.get(address(model, "changelist")).status_code == 403
    page = client.get(reverse("admin:index")).content.decode()
    assert address(model, "changelist") not in page
