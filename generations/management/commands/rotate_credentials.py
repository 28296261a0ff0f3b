"""`manage.py rotate_credentials`: encrypt every account's credentials again with the newest of CREDENTIALS_KEYS."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from generations.models import ProviderAccount


class Command(BaseCommand):
    help = "Re-encrypts all provider credentials with the newest key; after that the older keys can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = ProviderAccount.objects.exclude(credentials_encrypted="").order_by("pk")
        labels = dict(accounts.values_list("pk", "label"))
        unread = [label for pk, label in labels.items() if not _rotate(pk)]
        self.stdout.write(f"{len(labels) - len(unread)} of {len(labels)} accounts are encrypted with the newest key.")
        if unread:
            names = ", ".join(unread)
            raise CommandError(
                f"No key in CREDENTIALS_KEYS reads the credentials of: {names}. Add the key they were written with, "
                "or enter them again in the admin."
            )


def _rotate(pk: int) -> bool:
    """Rotate one account under its lock, so that credentials entered meanwhile are not written over."""
    with transaction.atomic():
        account = ProviderAccount.objects.select_for_update(no_key=True).get(pk=pk)
        try:
            account.rotate_credentials()
        except InvalidToken:
            return False
        account.save(update_fields=["credentials_encrypted"])
    return True
