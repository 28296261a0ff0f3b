from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse
from django.utils import timezone

from generations import providers
from generations.models import AuditEvent, ProviderAccount, Team
from tests.make import make_account, make_generation, make_team

SECRET = "fal-key-id:fal-key-secret"
ADD = "admin:generations_provideraccount_add"


def page(account):
    return reverse("admin:generations_provideraccount_change", args=[account.pk])


def act(account, name):
    return reverse("admin:generations_provideraccount_act", args=[account.pk, name])


def said(answer):
    return " ".join(str(message) for message in answer.context["messages"])


def form(account=None, **facts):
    base = {"label": "Studio fal", "provider": "fal", "region": "global", "max_running": "2", "unit_price_usd": "0.14"}
    if account:
        base |= {"label": account.label, "provider": account.provider, "origin": account.origin}
    base |= {"origin": "", "not_before_0": "", "not_before_1": ""} if not account else {}
    return base | facts


@pytest.fixture
def account(db):
    return make_account(make_team(), sandbox=False, credentials={"key": SECRET})


def test_an_account_is_added_with_its_key_encrypted(cockpit):
    answer = cockpit.post(reverse(ADD), form(credential_fal_key=SECRET))

    account = ProviderAccount.objects.get()
    assert answer.status_code == 302
    assert account.get_credentials() == {"key": SECRET}
    assert SECRET not in account.credentials_encrypted
    assert account.is_sandbox is False
    assert AuditEvent.objects.get(verb="set_credentials").facts == {}


def test_an_account_without_its_key_is_refused(cockpit):
    answer = cockpit.post(reverse(ADD), form())

    assert "fal needs: key." in answer.content.decode()
    assert not ProviderAccount.objects.exists()


def test_another_providers_key_is_not_taken_for_it(cockpit):
    answer = cockpit.post(reverse(ADD), form(credential_kling_api_key=SECRET))

    assert "fal needs: key." in answer.content.decode()


def test_no_page_shows_what_is_stored(cockpit, account):
    shown = cockpit.get(page(account)).content.decode()
    refused = cockpit.post(page(account), form(account, max_running="0", credential_fal_key="typed-just-now"))
    history = cockpit.get(reverse("admin:generations_provideraccount_history", args=[account.pk])).content.decode()

    assert 'name="credential_fal_key"' in shown
    assert "Stored. Leave empty to keep it." in shown
    for text in (shown, refused.content.decode(), history):
        assert SECRET not in text
        assert account.credentials_encrypted not in text
        assert "typed-just-now" not in text


def test_an_empty_input_keeps_the_key(cockpit, account):
    before = account.credentials_encrypted

    cockpit.post(page(account), form(account, max_running="7"))

    account.refresh_from_db()
    assert (account.max_running, account.credentials_encrypted) == (7, before)
    assert not AuditEvent.objects.filter(verb="set_credentials").exists()


def test_a_new_key_replaces_the_old_one(cockpit, account):
    cockpit.post(page(account), form(account, credential_fal_key="new:key"))

    account.refresh_from_db()
    assert account.get_credentials() == {"key": "new:key"}


def test_one_of_several_credentials_changes_alone(cockpit):
    account = make_account(make_team(), "kling", sandbox=False)

    cockpit.post(page(account), form(account, credential_kling_api_key="api"))

    account.refresh_from_db()
    assert account.get_credentials() == {"access_key": "sandbox", "secret_key": "play" * 8, "api_key": "api"}


def test_what_is_left_empty_can_be_forgotten(cockpit):
    account = make_account(make_team(), "kling", sandbox=False)

    cockpit.post(page(account), form(account, credential_kling_api_key="api", forget_credentials="on"))

    account.refresh_from_db()
    assert account.get_credentials() == {"api_key": "api"}


def test_credentials_that_no_key_reads_can_be_entered_again(cockpit, account, settings):
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    assert "Enter all of them again" in cockpit.get(page(account)).content.decode()

    cockpit.post(page(account), form(account, credential_fal_key="new:key"))

    account.refresh_from_db()
    assert account.get_credentials() == {"key": "new:key"}


@pytest.mark.parametrize(
    "origin", ["http://sandbox.example", "http://127.0.0.1:8101", "ftp://x", "https://u:p@h", "https://h/path", "https"]
)
def test_an_origin_is_https_or_exactly_the_sandbox(cockpit, settings, origin):
    settings.SANDBOX_ORIGIN = "http://127.0.0.1:8100"

    answer = cockpit.post(reverse(ADD), form(credential_fal_key=SECRET, origin=origin))

    assert "An origin looks like https://host." in answer.content.decode()
    assert not ProviderAccount.objects.exists()


@pytest.mark.parametrize(("origin", "is_sandbox"), [("http://127.0.0.1:8100", True), ("https://proxy.example", False)])
def test_the_sandbox_is_an_origin(cockpit, settings, origin, is_sandbox):
    settings.SANDBOX_ORIGIN = "http://127.0.0.1:8100"

    cockpit.post(reverse(ADD), form(credential_fal_key=SECRET, origin=origin))

    account = ProviderAccount.objects.get()
    assert (account.origin, account.is_sandbox) == (origin, is_sandbox)


def test_an_account_with_takes_stays_a_sandbox(cockpit, settings, member):
    settings.SANDBOX_ORIGIN = "http://127.0.0.1:8100"
    account = make_generation(member, account=make_account(member.team, origin="http://127.0.0.1:8100")).account

    answer = cockpit.post(page(account), form(account, origin=""))

    assert "so it stays a sandbox account" in answer.content.decode()
    account.refresh_from_db()
    assert account.is_sandbox


def test_the_provider_of_an_account_stays(cockpit, account):
    cockpit.post(page(account), form(account, provider="kling"))

    account.refresh_from_db()
    assert account.provider == "fal"


def test_teams_are_chosen_on_the_page(cockpit, account):
    other = make_team()

    cockpit.post(page(account), form(account, teams=[other.pk]))

    assert list(account.teams.all()) == [other]
    assert Team.objects.count() == 2


def answer_with(monkeypatch, answer):
    async def check(self):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(providers.adapter_class("fal"), "check_account", check)


def test_a_test_shows_the_providers_sentence(cockpit, account, monkeypatch, operator):
    answer_with(monkeypatch, "fal knows this key.")

    assert said(cockpit.post(act(account, "test"), follow=True)) == "fal knows this key."

    event = AuditEvent.objects.get(verb="check_account")
    assert (event.actor, event.facts) == (operator, {"answer": "ok"})


def test_a_test_shows_what_is_wrong(cockpit, account, monkeypatch):
    answer_with(monkeypatch, providers.Misconfigured("fal does not know this key.", provider="fal", status=401))

    assert said(cockpit.post(act(account, "test"), follow=True)) == "fal does not know this key."
    assert AuditEvent.objects.get(verb="check_account").facts == {"answer": "misconfigured"}


def test_a_test_of_credentials_that_no_key_reads_says_so(cockpit, account, settings):
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]

    assert "cannot be read with any key" in said(cockpit.post(act(account, "test"), follow=True))


def test_an_account_is_paused_and_goes_on(cockpit, account, operator):
    cockpit.post(act(account, "pause"), {"reason": "The key is being changed."})
    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("paused", "The key is being changed.")

    cockpit.post(act(account, "resume"))
    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("active", "")
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", "actor__email")) == [
        ("pause_account", operator.email),
        ("resume_account", operator.email),
    ]


def test_a_paused_account_is_not_paused_twice(cockpit, account):
    ProviderAccount.objects.filter(pk=account.pk).update(status="paused")

    answer = cockpit.post(act(account, "pause"), {"reason": "Again."})

    assert "is paused already" in answer.content.decode()


@pytest.mark.parametrize("name", ["test", "resume"])
def test_a_link_does_not_act(cockpit, account, name):
    assert cockpit.get(act(account, name)).status_code == 405


def test_the_page_says_how_the_accounts_rest_stands(cockpit, account):
    now = timezone.now()
    ProviderAccount.objects.update(
        status="resting", status_reason="It rests.", troubles_in_a_row=3, resting_since=now, probe_at=now
    )

    shown = cockpit.get(page(account)).content.decode()

    assert "Troubles in a row: 3. In trouble since" in shown and "It is asked again at" in shown
    assert act(account, "resume") in shown and act(account, "pause") in shown


def test_a_resting_account_is_resumed_or_paused_by_hand(cockpit, account):
    ProviderAccount.objects.update(status="resting", troubles_in_a_row=3, resting_since=timezone.now())

    cockpit.post(act(account, "resume"))
    account.refresh_from_db()
    assert (account.status, account.resting_since, account.troubles_in_a_row) == ("active", None, 0)

    ProviderAccount.objects.update(status="resting", resting_since=timezone.now())
    cockpit.post(act(account, "pause"), {"reason": "We change the key."})
    account.refresh_from_db()
    assert (account.status, account.resting_since) == ("paused", None)


def test_a_new_key_of_a_resting_account_is_tried_at_once(cockpit, account):
    later = timezone.now() + timedelta(minutes=15)
    ProviderAccount.objects.update(status="resting", resting_since=timezone.now(), probe_at=later)

    cockpit.post(page(account), form(account, max_running="3"))
    account.refresh_from_db()
    assert account.probe_at == later

    cockpit.post(page(account), form(account, credential_fal_key="new:key"))
    account.refresh_from_db()
    assert account.status == "resting" and account.probe_at < later


def test_limits_a_minute_and_days_kept_are_set_here(cockpit, account):
    cockpit.post(page(account), form(account, submits_per_minute="30", retention_days="14"))

    account.refresh_from_db()
    assert (account.submits_per_minute, account.retention_days) == (30, 14)


@pytest.mark.parametrize("base_url", ["http://h.example/v1", "https://u:p@h.example/v1", "https://h.example/v1?key=1"])
def test_a_base_url_is_https_without_anything_secret(cockpit, account, base_url):
    answer = cockpit.post(page(account), form(account, base_url=base_url))

    assert "A base URL looks like https://host/path" in str(answer.context["errors"])
    account.refresh_from_db()
    assert account.base_url == ""
