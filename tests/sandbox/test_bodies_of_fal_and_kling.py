"""Every body that the adapters send to fal and official Kling, against the sandbox's own reading of the documents.

The catalog behind the adapters and the tables behind the sandbox were read from the documents apart from each other.
"""

import asyncio

import pytest

from generations import providers
from generations.catalog import InvalidRecipe
from generations.sandbox import products
from tests.providers.make import Wire, make_account, make_task, recorded, routes

SESSIONS = ("/v1/videos/multi-elements", "/v1/videos/advanced-lip-sync")  # their first call is another one
ROUTES = [route for slug in ("fal", "kling") for route in routes(slug) if route.endpoint not in SESSIONS]
ONE_PICTURE = {"reference_images"}  # the test's recipes bring two, which some of these routes refuse


def body_of(route, folder, *options):
    wire = Wire(recorded(route.provider, "accepted"))
    task = make_task(route, folder, *options)

    async def submit():
        async with wire.http() as http:
            adapter = providers.get(make_account(route.provider), http)
            if route.provider == "fal":  # its uploads are tested on their own
                files = {file.key: f"https://v3.fal.media/files/{file.key}" for file in task.files}
                prepared = providers.Prepared(task, files)
            else:
                prepared = await adapter.prepare(task)
            try:
                await adapter.submit(prepared)
            except providers.ProviderError:
                pass  # the recorded answer is a legacy task's; here only the request counts

    asyncio.run(submit())
    return wire.last.url.path, wire.last_body


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_a_body_has_no_fault_and_no_field_that_would_be_lost(route, tmp_path):
    for option in (None, *sorted(route.takes)):
        try:
            path, body = body_of(route, tmp_path, *([option] if option else []))
        except InvalidRecipe:
            assert option in ONE_PICTURE
            continue
        product = products.find(route.provider, path.lstrip("/") if route.provider == "fal" else path)

        checked = products.check(product, body)

        assert [(fault.name, fault.kind, fault.given) for fault in checked.faults] == [], option
        assert checked.ignored == (), option
