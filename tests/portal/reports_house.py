"""A team with takes that have ended, and browsers of its people."""

from datetime import UTC, datetime

from django.test import Client
from django.urls import reverse

from generations.choices import Verdict
from tests.make import make_member, make_project
from tests.reports.takes import Takes

DAYS = "?from=2025-11-10&to=2025-11-21"


class House(Takes):
    """`see(slug)` is a report's page, `see()` the overview; `fill()` gives three takes, of which one is kept."""

    def __init__(self):
        super().__init__(name="Northlight", slug="northlight")
        self.member.user.name = "Ana Ruiz"
        self.member.user.save()
        self.client = self.sign_in(self.member)

    def fill(self):
        kept = self.take("140", tier="master")
        self.decide(kept, Verdict.APPROVED)
        self.take("35", tier="std", at=datetime(2025, 11, 12, 9, tzinfo=UTC))
        self.take("70.5", held="80", tier="pro", project=make_project(self.team, name="Aster autumn looks"))
        self.roll_up()
        return self

    def sign_in(self, member):
        client = Client()
        client.force_login(member.user)
        return client

    def as_a(self, *roles):
        return self.sign_in(make_member(self.team, *roles))

    def see(self, slug="", query=DAYS, client=None):
        address = reverse("portal:report", args=[slug]) if slug else reverse("portal:reports")
        return (client or self.client).get(address + query)
