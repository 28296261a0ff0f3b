"""An answer to a paid call that says no and yes at once is never certain: the job may exist."""

import httpx
import pytest

from generations import providers
from generations.providers import Uncertain
from tests.providers.make import Wire, find_route, make_account, make_task, recorded

BODIES = {
    "kling": ("kling-v1-6", "text_to_video", "std", recorded("kling", "accepted").json()),
    "wavespeed": ("kling-v2-master", "text_to_video", "master", recorded("wavespeed", "accepted").json()),
}


@pytest.mark.parametrize("status", [400, 402, 422, 429])
@pytest.mark.parametrize("slug", BODIES)
async def test_a_refusal_that_names_a_job_is_uncertain(tmp_path, slug, status):
    model, capability, tier, body = BODIES[slug]
    wire = Wire(httpx.Response(status, json=body))
    async with wire.http() as http:
        adapter = providers.get(make_account(slug), http)
        with pytest.raises(Uncertain):
            await adapter.submit(providers.Prepared(make_task(find_route(slug, model, capability, tier), tmp_path), {}))

    assert len(wire.requests) == 1
