"""Budgets in the admin: made, changed, raised and ended by the ledger's verbs, each with its line in the audit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.choices import Window
from generations.models import AuditEvent, Budget, BudgetAlert, BudgetPeriod, BudgetRaise, Mail, Shot
from tests.make import make_generation, make_member, make_project, make_team


@pytest.fixture
def budget(member):
    return ledger.set_budget(team=member.team, window=Window.WEEK, limit=Decimal(500), now=timezone.now())


def act(row, name):
    return reverse(f"admin:generations_{row._meta.model_name}_act", args=[row.pk, name])


def page(row):
    return reverse(f"admin:generations_{row._meta.model_name}_change", args=[row.pk])


def words(answer):
    return " ".join(str(message) for message in answer.context["messages"])


FIGURES = {"limit": "600", "marks": "50, 80", "rollover": "0", "owner": ""}
WHOLE_TEAM = {**FIGURES, "window": "month", "project": "", "shot": "", "person": "", "tier": ""}


def test_a_budget_is_added_on_the_page_of_its_team(cockpit, member, operator):
    project = make_project(member.team)
    shot = Shot.objects.create(project=project, code="SH010")
    facts = {"shot": shot.pk, "person": member.user.pk, "tier": "master", "owner": member.user.pk, "rollover": "10.5"}

    answer = cockpit.post(act(member.team, "add-budget"), {**WHOLE_TEAM, **facts}, follow=True)

    budget = Budget.objects.get()
    assert (budget.shot, budget.project, budget.member, budget.tier) == (shot, project, member.user, "master")
    assert (budget.limit_credits, budget.rollover_credits, budget.soft_marks) == (600, Decimal("10.5"), [50, 80])
    assert budget.owner == member.user
    assert ledger.current_period(budget).left == 600
    assert "limits takes to 600 credits from now on" in words(answer)
    event = AuditEvent.objects.get(verb="set_budget")
    assert (event.actor, event.team, event.target_id) == (operator, member.team, str(budget.public_id))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"limit": "0"}, "greater than or equal to 0.001"),
        ({"limit": "-1"}, "greater than or equal to 0.001"),
        ({"limit": "1.0005"}, "no more than 3 decimal places"),
        ({"rollover": "-1"}, "greater than or equal to 0"),
        ({"marks": "eighty"}, "Write whole percentages"),
        ({"marks": "0"}, "Soft marks are at most ten whole numbers from 1 to 1,000 percent"),
        ({"marks": "80²"}, "Write whole percentages"),
        ({"window": "year"}, "Select a valid choice"),
        ({"tier": "gold"}, "Select a valid choice"),
    ],
)
def test_a_bad_budget_says_what_is_wrong_and_is_not_made(cockpit, member, facts, why):
    answer = cockpit.post(act(member.team, "add-budget"), {**WHOLE_TEAM, **facts})

    assert why in answer.content.decode()
    assert not Budget.objects.exists()


def test_a_second_budget_for_the_same_is_refused(cockpit, member, budget):
    answer = cockpit.post(act(member.team, "add-budget"), {**WHOLE_TEAM, "window": "week"})

    assert "There is a budget for this and the same window already." in answer.content.decode()
    assert Budget.objects.count() == 1


def test_people_and_projects_of_other_teams_are_no_choice(cockpit, member):
    other = make_member(make_team())
    elsewhere = make_project(other.team)

    for facts in ({"project": elsewhere.pk}, {"person": other.user.pk}, {"owner": other.user.pk}):
        answer = cockpit.post(act(member.team, "add-budget"), {**WHOLE_TEAM, **facts})
        assert "Select a valid choice" in answer.content.decode()
    assert not Budget.objects.exists()


def test_a_shot_of_another_project_is_refused(cockpit, member):
    shot = Shot.objects.create(project=make_project(member.team, name="Ferry"), code="SH010")
    facts = {"shot": shot.pk, "project": make_project(member.team).pk}

    answer = cockpit.post(act(member.team, "add-budget"), {**WHOLE_TEAM, **facts})

    assert "SH010 is a shot of Ferry. Choose that project, or none." in answer.content.decode()
    assert not Budget.objects.exists()


def test_a_budget_is_changed_and_the_audit_has_both_figures(cockpit, member, budget):
    form = cockpit.get(act(budget, "change")).content.decode()
    assert 'value="500"' in form
    assert "Its limit is 500 credits now: 0 are spent, 0 held, 500 left." in form

    cockpit.post(act(budget, "change"), FIGURES)

    budget.refresh_from_db()
    assert (budget.limit_credits, budget.soft_marks) == (600, [50, 80])
    facts = AuditEvent.objects.get(verb="change_budget").facts
    assert (facts["before"]["limit"], facts["after"]["limit"]) == ("500.000", "600.000")


def test_a_limit_below_what_is_held_is_refused(cockpit, member, budget):
    make_generation(member)

    answer = cockpit.post(act(budget, "change"), {**FIGURES, "limit": "100"})

    assert "140 credits are held or spent in this budget already" in answer.content.decode()
    budget.refresh_from_db()
    assert budget.limit_credits == 500


def test_a_budget_is_raised_for_a_time_and_the_raise_taken_back(cockpit, member, budget, operator):
    end = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=24)
    facts = {"amount": "70", "until": end.strftime("%Y-%m-%dT%H:%M"), "reason": "The client came"}

    cockpit.post(act(budget, "raise"), facts)

    made = BudgetRaise.objects.get()
    assert (made.amount, made.made_by, made.reason, made.ends_at) == (70, operator, "The client came", end)
    assert ledger.current_period(budget).limit == 570

    cockpit.post(act(made, "end"), {"reason": "The client left"})
    answer = cockpit.post(act(made, "end"), {"reason": "The client left"})

    assert "This raise is over already." in answer.content.decode()
    assert ledger.current_period(budget).limit == 500
    assert AuditEvent.objects.filter(verb="end_raise").count() == 1


def test_a_raise_until_yesterday_is_refused(cockpit, budget):
    answer = cockpit.post(act(budget, "raise"), {"amount": "70", "until": "2020-01-01T00:00", "reason": "Late"})

    assert "A raise ends in the future." in answer.content.decode()
    assert not BudgetRaise.objects.exists()


def test_an_ended_budget_limits_nothing_and_offers_nothing(cockpit, member, budget):
    cockpit.post(act(budget, "end"))

    budget.refresh_from_db()
    assert budget.archived_at is not None
    shown = cockpit.get(page(budget)).content.decode()
    assert "has ended: it limits nothing any more." in shown
    assert act(budget, "raise") not in shown
    refused = cockpit.post(act(budget, "change"), FIGURES).content.decode()
    assert "This budget has ended, so nothing in it changes any more." in refused
    assert not BudgetPeriod.objects.filter(budget=budget, is_current=True).exists()


def test_the_page_of_a_budget_explains_it_and_leads_to_what_counts_in_it(cockpit, member, budget):
    take = make_generation(member)
    BudgetAlert.objects.create(period=budget.periods.get(), percent=20, made_at=timezone.now())

    shown = cockpit.get(page(budget)).content.decode()

    assert take.name in shown
    for model, query in (
        ("movement", f"team__id__exact={member.team.pk}&amp;budget={budget.pk}"),
        ("budgetalert", f"period__budget__id__exact={budget.pk}"),
        ("auditevent", f"target_kind=budget&amp;target_id={budget.public_id}"),
    ):
        url = reverse(f"admin:generations_{model}_changelist")
        assert f'href="{url}?{query}"' in shown
        assert cockpit.get(f"{url}?{query.replace('&amp;', '&')}").status_code == 200


def test_only_who_may_change_budgets_gets_to_the_acts(client, operator, member, budget):
    operator.is_superuser = False
    operator.save()
    operator.user_permissions.set(Permission.objects.filter(codename__in=["view_budget", "view_team"]))
    client.force_login(operator)

    for name in ("change", "raise", "end"):
        assert client.post(act(budget, name), FIGURES).status_code == 403
        assert act(budget, name) not in client.get(page(budget)).content.decode()
    assert client.post(act(member.team, "add-budget"), WHOLE_TEAM).status_code == 403


def test_what_a_mail_says_is_not_shown(cockpit, member):
    link = "https://portal.example/requests/answer/signed-token"
    mail = Mail.objects.create(key="ask:1", to=member.user, subject="More is asked for", text=link, html=link)

    shown = cockpit.get(page(mail)).content.decode()

    assert "More is asked for" in shown
    assert "signed-token" not in shown


def test_limits_and_lots_are_shown_as_people_read_credits(cockpit, member):
    now = timezone.now()
    budget = ledger.set_budget(team=member.team, window=Window.WEEK, limit=Decimal("1234.5"), now=now)
    ledger.grant(team=member.team, amount=Decimal(20000), key="lot", now=now)

    lots = cockpit.get(reverse("admin:generations_creditlot_changelist")).content.decode()

    assert "1,234.5" in cockpit.get(page(budget)).content.decode()
    assert "20,000" in lots and "20000.000" not in lots
