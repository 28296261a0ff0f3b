from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from tests.make import make_account, make_team

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def rotate():
    out = StringIO()
    call_command("rotate_credentials", stdout=out)
    return out.getvalue()


@pytest.fixture
def accounts(db, settings):
    settings.CREDENTIALS_KEYS = [OLD]
    team = make_team()
    return [make_account(team, credentials={"key": "the:secret"}), make_account(team, "kling")]


def test_afterwards_the_old_key_is_not_needed(accounts, settings):
    settings.CREDENTIALS_KEYS = [NEW, OLD]

    assert rotate() == "2 of 2 accounts are encrypted with the newest key.\n"

    settings.CREDENTIALS_KEYS = [NEW]
    for account in accounts:
        account.refresh_from_db()
        assert account.get_credentials()
    assert accounts[0].get_credentials() == {"key": "the:secret"}


def test_an_account_that_no_key_reads_is_named_and_the_others_are_done(accounts, settings):
    settings.CREDENTIALS_KEYS = [NEW]
    readable = make_account(make_team())
    before = accounts[0].credentials_encrypted

    with pytest.raises(CommandError) as failure:
        rotate()

    assert accounts[0].label in str(failure.value)
    assert readable.label not in str(failure.value)
    accounts[0].refresh_from_db()
    assert accounts[0].credentials_encrypted == before


def test_an_account_without_credentials_is_left_alone(accounts, settings):
    accounts[0].credentials_encrypted = ""
    accounts[0].save()

    assert rotate().startswith("1 of 1 accounts")
