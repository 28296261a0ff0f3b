from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.choices import Role
from generations.lifecycle import upload_image
from generations.models import Generation
from tests.make import make_account, make_generation, make_member, make_price_rules, make_project, make_team
from tests.portal.forms import read_form, read_pieces
from tests.road import differences

PHOTO = "tests/photos/rocket.jpg"
HTMX = {"HX-Request": "true"}


class Portal:
    """A team with two sandbox routes and 1,000 credits; `as_a(role)` is a browser in which somebody is signed in."""

    def __init__(self, credits=1000):
        make_price_rules()
        self.team = make_team(credits=credits)
        self.owner = make_member(self.team)
        self.project = make_project(self.team, name="The Last Ferry")
        self.fal = make_account(self.team, "fal", label="Box fal")
        self.kling = make_account(self.team, "kling", label="Box Kling")
        self.client = self.sign_in(self.owner)

    def sign_in(self, member):
        client = Client()
        client.force_login(member.user)
        return client

    def as_a(self, *roles):
        return self.sign_in(make_member(self.team, *roles))

    def take(self, member=None, **facts):
        facts.setdefault("account", self.kling)
        return make_generation(member or self.owner, project=facts.pop("project", self.project), **facts)

    def image(self, path=PHOTO, member=None):
        with open(path, "rb") as file:
            return upload_image(
                member=member or self.owner,
                project=None,
                name=path.rsplit("/", 1)[-1],
                chunks=[file.read()],
                now=timezone.now(),
            )

    def form(self, client=None, address="", **changes):
        """What the studio's form sends after these changes, with a prompt, for text alone."""
        page = (client or self.client).get(reverse("portal:studio") + address)
        text = {"capability": "text_to_video", "prompt": "Waves roll in"}
        fresh = self.quote(client, **{**read_form(page), **text})
        return {**read_form(page), **text, **read_pieces(fresh), **changes}

    def image_form(self, **changes):
        """The same for a still that moves."""
        page = read_form(self.client.get(reverse("portal:studio")))
        wished = {**page, "first_frame": str(self.image().public_id), "prompt": "It lifts off", **changes}
        return {**wished, **read_pieces(self.quote(**wished))}

    def quote(self, client=None, **fields):
        return (client or self.client).post(reverse("portal:quote"), fields, headers=HTMX)

    def order(self, client=None, headers=HTMX, **fields):
        return (client or self.client).post(reverse("portal:studio"), {**fields, "do": "generate"}, headers=headers)

    @property
    def takes(self):
        return Generation.objects.filter(team=self.team).order_by("pk")


def words(response):
    """What a page says, without its tags."""
    import re

    text = re.sub(r"<(script|style|template)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


@pytest.fixture
def portal(db):
    yield Portal()
    assert differences() == []


@pytest.fixture
def stranger(db):
    """A browser of somebody in another team."""
    client = Client()
    client.force_login(make_member(make_team()).user)
    return client


@pytest.fixture
def viewer(portal):
    return portal.as_a(Role.VIEWER)
