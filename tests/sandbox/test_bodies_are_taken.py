"""Every body that the adapters send to WaveSpeedAI and gateways, against the sandbox's own reading of the documents."""

import asyncio

import pytest

from generations import providers
from generations.sandbox import products
from tests.providers.make import Wire, make_account, make_task, recorded, routes

ROUTES = [*routes("wavespeed"), *routes("gateway")]
GIVEN_ANYWAY = ("audio", "speech", "reference_images", "end_frame")  # in the plainest recipe of some routes


def body_of(route, folder, *options):
    """The body on the wire, and the path that the sandbox knows it by."""
    wire = Wire(recorded(route.provider, "accepted"))
    task = make_task(route, folder, *options)

    async def submit():
        async with wire.http() as http:
            adapter = providers.get(make_account(route.provider), http)
            if route.provider == "gateway":
                prepared = await adapter.prepare(task)
            else:  # its uploads are tested on their own
                prepared = providers.Prepared(
                    task, {file.key: f"https://static.wavespeed.example/{file.key}" for file in task.files}
                )
            await adapter.submit(prepared)

    asyncio.run(submit())
    assert wire.last.url.path.endswith(route.endpoint)
    return wire.last_body


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_a_body_has_no_fault_and_no_field_that_would_be_lost(route, tmp_path):
    product = products.find(route.provider, route.endpoint)
    plain = body_of(route, tmp_path)
    for option in (None, *sorted(route.takes)):
        body = body_of(route, tmp_path, option) if option else plain

        checked = products.check(product, body)

        assert [(fault.name, fault.kind, fault.given) for fault in checked.faults] == [], option
        assert checked.ignored == (), option
        assert option is None or option in GIVEN_ANYWAY or body != plain, option


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_sound_is_off_unless_it_is_asked_for(route, tmp_path):
    product = products.find(route.provider, route.endpoint)

    facts = products.check(product, body_of(route, tmp_path)).facts

    assert not facts.get("sound")
    if "sound" in route.takes:
        assert products.check(product, body_of(route, tmp_path, "sound")).facts["sound"] is True
