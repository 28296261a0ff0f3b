"""django-hordak's `transfer_to` between two accounts for some seconds, in a process of its own; prints JSON."""

from __future__ import annotations

import json
import sys

import django

if __name__ == "__main__":
    django.setup()

    from django.core.management import call_command
    from hordak.models import Account
    from moneyed import USD, Money

    from benchmarks.peers.threads import per_second

    threads, seconds = int(sys.argv[1]), float(sys.argv[2])
    call_command("migrate", interactive=False, verbosity=0)
    bank = Account.objects.create(name="bank", code="1", type="AS", currencies=["USD"])
    income = Account.objects.create(name="income", code="2", type="IN", currencies=["USD"])

    def transfer(number: int) -> None:
        bank.transfer_to(income, Money("1.40", USD))

    print(json.dumps({"per_second": per_second(transfer, threads=threads, seconds=seconds)}))
