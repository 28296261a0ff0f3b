from django.urls import reverse

from generations.models import ProviderAccount
from tests.make import make_account, make_team


def test_refused_webhooks_are_counted_on_the_accounts_page_and_cannot_be_edited(cockpit):
    account = make_account(make_team())
    ProviderAccount.objects.update(forged_callbacks=4217)

    page = cockpit.get(reverse("admin:generations_provideraccount_change", args=[account.pk])).content.decode()

    assert "4217" in page
    assert 'name="forged_callbacks"' not in page
