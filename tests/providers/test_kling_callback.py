"""Webhooks of official Kling: both shapes, signed as in Standard Webhooks or not at all."""

from datetime import UTC, datetime

import pytest

from generations.providers import CallbackInvalid, Misconfigured
from tests.providers.contract import NOW
from tests.providers.make import make_account, make_delivery, recorded
from tests.providers.make_kling import OUR_ID, TASK, call, signed

LEGACY = recorded("kling", "callback_legacy").json()


async def read(delivery, account=None):
    hint, _ = await call("read_callback", delivery=delivery, account=account)
    return hint


async def test_the_official_test_vector_is_verified():
    body = (
        b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
    )
    headers = {
        "webhook-id": "9876543210",
        "webhook-timestamp": "1781080794",
        "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
    }
    delivery = make_delivery(body, headers, datetime.fromtimestamp(1781080800, UTC))

    hint = await read(delivery)

    assert (hint.task_id, hint.delivery_id, hint.verified) == ("1234567890", "9876543210", True)


@pytest.mark.parametrize("situation", ["callback_legacy", "callback_new"])
async def test_without_a_secret_a_delivery_is_an_unverified_hint(situation):
    account = make_account("kling", credentials={"api_key": "api-key-0123456789"})
    delivery = make_delivery(recorded("kling", situation).json(), {"webhook-id": "chosen-by-anyone"}, NOW)

    hint = await read(delivery, account)

    assert (hint.task_id, hint.verified) == (TASK, False)
    status = "succeed" if situation == "callback_legacy" else "succeeded"
    assert hint.delivery_id == f"{TASK}:{status}:1763726564000"


async def test_with_a_secret_an_unsigned_delivery_is_refused():
    with pytest.raises(CallbackInvalid):
        await read(make_delivery(recorded("kling", "callback_legacy").json(), {}, NOW))


async def test_the_signature_of_another_secret_is_refused():
    with pytest.raises(CallbackInvalid):
        await read(signed(LEGACY, NOW, secret="whsec_b3RoZXIgc2VjcmV0"))


async def test_a_webhook_secret_that_is_none_is_misconfigured():
    account = make_account("kling", credentials={"api_key": "k", "webhook_secret": "whsec_"})

    with pytest.raises(Misconfigured):
        await read(make_delivery(LEGACY, {}, NOW), account)


@pytest.mark.parametrize("situation", ["callback_legacy", "callback_new"])
async def test_a_delivery_names_our_own_id_so_that_it_can_be_compared(situation):
    account = make_account("kling", credentials={"api_key": "api-key-0123456789"})
    body = recorded("kling", situation).json()

    ours = await read(make_delivery(body, {}, NOW), account)
    without = await read(
        make_delivery({name: body[name] for name in ("task_id", "id") if name in body}, {}, NOW), account
    )

    assert ours.our_id == OUR_ID
    assert without.our_id == ""


@pytest.mark.parametrize("situation", ["callback_legacy", "callback_new"])
async def test_both_shapes_are_verified_where_the_account_has_a_secret(situation):
    hint = await read(signed(recorded("kling", situation).json(), NOW))

    assert (hint.task_id, hint.verified, hint.our_id) == (TASK, True, OUR_ID)


async def test_during_a_change_of_secret_either_signature_will_do():
    delivery = signed(LEGACY, NOW)
    other = signed(LEGACY, NOW, secret="whsec_b3RoZXIgc2VjcmV0").headers["webhook-signature"]
    both = make_delivery(
        delivery.body, delivery.headers | {"webhook-signature": f"{other} {delivery.headers['webhook-signature']}"}, NOW
    )

    assert (await read(both)).verified


@pytest.mark.parametrize("timestamp", ["999999999999", "253402300800", "0", "-1", "1e9", "²"])
async def test_a_time_that_no_clock_shows_is_refused_like_any_other(timestamp):
    delivery = signed(LEGACY, NOW)
    odd = make_delivery(delivery.body, delivery.headers | {"webhook-timestamp": timestamp}, NOW)

    with pytest.raises(CallbackInvalid):
        await read(odd)
