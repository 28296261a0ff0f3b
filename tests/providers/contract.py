"""What every adapter must do, whatever its provider calls things. A test module per provider supplies the facts.

Each situation is a recorded answer; `expected` maps situations to what they must come to.
"""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.core.exceptions import SuspiciousOperation

from generations import catalog, providers
from generations.catalog import Option
from generations.errors import InvalidRecipe
from generations.providers import (
    CallbackInvalid,
    Failed,
    Finished,
    Garbled,
    Misconfigured,
    Operation,
    Pending,
    ProviderError,
    Rejected,
    Uncertain,
    Unreachable,
    UnsupportedOption,
)
from generations.providers.reply import REASON_MAX_CHARS
from tests.providers.make import (
    SECRETS,
    Wire,
    endless_reply,
    make_account,
    make_recipe,
    make_task,
    recorded,
    routes,
)
from tests.providers.secret_check import check_no_secret

OPTIONS = [name for name in Option.__args__ if name != "end_frame_alone"]
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class AdapterContract:
    """Subclasses give the facts: names of recorded answers, and how the provider signs."""

    slug: str
    task_id: str
    before_submit: tuple[str, ...] = ()  # answers that `prepare` consumes
    finished: tuple[str, ...]
    queued: str
    rendering: str
    failed: tuple[str, ...]
    submit_errors: dict[str, type[ProviderError]]
    follow_errors: dict[str, type[ProviderError]]

    def sign(self, body, at):
        """A delivery of the body, signed at a time, and the answers that checking it needs."""
        raise NotImplementedError

    @property
    def route(self):
        return next(item for item in routes(self.slug) if item.capability == "image_to_video")

    async def submit(self, wire, folder, **facts):
        async with wire.http() as http:
            adapter = providers.get(make_account(self.slug), http)
            return await adapter.submit(await adapter.prepare(make_task(self.route, folder, **facts)))

    async def submit_expecting(self, wire, folder, error):
        with pytest.raises(error) as caught:
            await self.submit(wire, folder)
        check_no_secret(self.slug, caught.value, wire.exchanges)
        return caught.value

    async def follow(self, *situations):
        wire = Wire(
            *(item if isinstance(item, httpx.Response | Exception) else self.answer(item) for item in situations)
        )
        async with wire.http() as http:
            adapter = providers.get(make_account(self.slug), http)
            return await adapter.follow(Operation(self.task_id), self.route)

    def answer(self, situation):
        return recorded(self.slug, situation)

    def wire(self, *answers):
        return Wire(*(self.answer(name) for name in self.before_submit), *answers)

    # submit

    async def test_an_accepted_submit_is_one_post_and_an_operation(self, tmp_path):
        wire = self.wire(self.answer("accepted"))

        operation = await self.submit(wire, tmp_path)

        assert operation.task_id == self.task_id
        assert len(wire.requests) == len(self.before_submit) + 1
        assert wire.last.method == "POST"
        check_no_secret(self.slug, operation, wire.exchanges)

    async def test_each_refusal_of_a_submit_has_its_class(self, tmp_path):
        for situation, expected in self.submit_errors.items():
            wire = self.wire(*(self.answer(name) for name in situation.split("+")))
            error = await self.submit_expecting(wire, tmp_path, ProviderError)
            assert type(error) is expected, situation
            assert error.provider == self.slug
            assert error.status == wire.exchanges[len(self.before_submit)].status_code

    async def test_a_connection_that_was_never_made_is_unreachable(self, tmp_path):
        await self.submit_expecting(self.wire(httpx.ConnectError("refused")), tmp_path, Unreachable)

    @pytest.mark.parametrize(
        "error", [httpx.ReadError("cut"), httpx.ReadTimeout("late"), httpx.RemoteProtocolError("?")]
    )
    async def test_a_submit_that_was_cut_after_sending_is_uncertain(self, tmp_path, error):
        wire = self.wire(error)

        await self.submit_expecting(wire, tmp_path, Uncertain)

        assert len(wire.requests) == len(self.before_submit) + 1

    async def test_an_endless_answer_to_a_submit_is_uncertain(self, tmp_path):
        await self.submit_expecting(self.wire(endless_reply()), tmp_path, Uncertain)

    async def test_an_answer_that_repeats_our_key_does_not_spread_it(self, tmp_path):
        for status in (200, 400, 401, 403, 422, 429, 500):
            echo = {"detail": [{"msg": f"{SECRETS[self.slug]}", "type": "x"}], "message": f"{SECRETS[self.slug]}"}
            code = {"code": 1301} if status == 422 else {}
            wire = self.wire(httpx.Response(status, json=echo | code, headers={"x-request-id": "r"}))
            await self.submit_expecting(wire, tmp_path, ProviderError)

    async def test_a_hostile_reason_can_be_shown_and_stored(self, tmp_path):
        words = "no\x00pe\ud800 \u202e" + "x " * 5_000
        body = {"code": 1301, "message": words, "detail": [{"msg": words, "type": "value_error"}]}
        wire = self.wire(httpx.Response(422, content=json.dumps(body)))

        error = await self.submit_expecting(wire, tmp_path, Rejected)

        assert "\x00" not in error.public
        assert error.public.encode()
        assert len(error.public) < REASON_MAX_CHARS + 100

    # what a route cannot carry

    async def test_every_option_without_a_field_on_the_route_is_refused_by_name_before_any_call(self, tmp_path):
        for route in routes(self.slug):
            for option in set(OPTIONS) - route.takes:
                task = make_task(route, tmp_path, option)
                missing = [name for name in catalog.used_options(task.recipe) if name not in route.takes]
                if not missing:  # what the capability itself asks for is no option there
                    continue
                wire = Wire()
                async with wire.http() as http:
                    adapter = providers.get(make_account(self.slug), http)
                    with pytest.raises(UnsupportedOption) as caught:
                        await adapter.prepare(task)
                assert caught.value.data["option"] == str(catalog.LABELS[missing[0]]), (route.key, option)
                assert option in missing, (route.key, option)
                assert not wire.requests

    async def test_what_the_catalog_calls_impossible_is_refused_too(self, tmp_path):
        wire = Wire()
        recipe = make_recipe(self.route).model_copy(update={"duration_seconds": 7})
        async with wire.http() as http:
            with pytest.raises(InvalidRecipe):
                adapter = providers.get(make_account(self.slug), http)
                await adapter.prepare(make_task(self.route, tmp_path, recipe=recipe))
        assert not wire.requests

    async def test_a_file_that_is_missing_from_the_task_is_never_left_out_silently(self, tmp_path):
        task = make_task(self.route, tmp_path)
        wire = self.wire(self.answer("accepted"))
        async with wire.http() as http:
            adapter = providers.get(make_account(self.slug), http)
            with pytest.raises(ValueError):
                await adapter.submit(providers.Prepared(type(task)(task.our_id, task.recipe, task.route), {}))
        assert not wire.requests

    # follow

    async def test_it_tells_waiting_from_rendering(self):
        waiting, rendering = await self.follow(self.queued), await self.follow(self.rendering)

        assert isinstance(waiting, Pending)
        assert not waiting.rendering
        assert rendering == Pending(rendering=True)

    async def test_a_finished_job_has_its_file_and_its_cost(self):
        outcome = await self.follow(*self.finished)

        assert isinstance(outcome, Finished)
        assert [output.kind for output in outcome.outputs] == ["video"]
        assert outcome.outputs[0].url.startswith("https://")
        assert outcome.cost.amount > 0

    async def test_a_failed_job_says_why(self):
        outcome = await self.follow(*self.failed)

        assert isinstance(outcome, Failed)
        assert outcome.reason
        assert outcome.code

    async def test_each_trouble_of_a_read_has_its_class(self):
        for situation, expected in self.follow_errors.items():
            with pytest.raises(ProviderError) as caught:
                await self.follow(*situation.split("+"))
            assert type(caught.value) is expected, situation
            check_no_secret(self.slug, caught.value)

    @pytest.mark.parametrize(
        "error", [httpx.ConnectError("refused"), httpx.ReadError("cut"), httpx.ReadTimeout("late")]
    )
    async def test_a_read_that_was_cut_can_be_tried_again(self, error):
        with pytest.raises(Unreachable):
            await self.follow(error)

    async def test_an_endless_answer_to_a_read_is_garbled(self):
        with pytest.raises(Garbled):
            await self.follow(endless_reply())

    # account

    async def test_an_account_without_credentials_makes_no_call(self, tmp_path):
        wire = Wire()
        async with wire.http() as http:
            adapter = providers.get(make_account(self.slug, credentials={}), http)
            with pytest.raises(Misconfigured):
                await adapter.check_account()
        assert not wire.requests
        assert providers.adapter_class(self.slug).check_credentials({})
        assert providers.adapter_class(self.slug).check_credentials(SECRETS[self.slug]) is None

    async def test_its_own_printed_form_has_no_secret(self, tmp_path):
        account = make_account(self.slug)
        task = make_task(self.route, tmp_path)
        prepared = providers.Prepared(task, {file.key: "aGlkZGVuIGJ5dGVz" for file in task.files})

        check_no_secret(self.slug, repr(account))
        assert "aGlkZGVuIGJ5dGVz" not in repr(prepared)

    # webhooks

    async def read_callback(self, delivery, *answers):
        wire = Wire(*answers)
        async with wire.http() as http:
            return await providers.get(make_account(self.slug), http).read_callback(delivery)

    async def test_a_signed_delivery_is_a_verified_hint(self):
        delivery, *answers = self.sign(self.callback, NOW)

        hint = await self.read_callback(delivery, *answers)

        assert hint.task_id == self.task_id
        assert hint.verified
        assert 0 < len(hint.delivery_id) <= 160

    async def test_a_delivery_that_comes_twice_has_one_id(self):
        first, *answers = self.sign(self.callback, NOW)
        second, *more = self.sign(self.callback, NOW)

        assert await self.read_callback(first, *answers) == await self.read_callback(second, *more)

    async def test_a_changed_body_is_a_forgery(self):
        delivery, *answers = self.sign(self.callback, NOW)
        forged = type(delivery)(delivery.headers, delivery.body + b" ", NOW)

        with pytest.raises(CallbackInvalid) as caught:
            await self.read_callback(forged, *answers)

        assert isinstance(caught.value, SuspiciousOperation)

    @pytest.mark.parametrize("minutes", [-6, 6])
    async def test_a_delivery_from_another_time_is_refused(self, minutes):
        delivery, *answers = self.sign(self.callback, NOW)

        with pytest.raises(CallbackInvalid):
            late = type(delivery)(delivery.headers, delivery.body, NOW + timedelta(minutes=minutes))
            await self.read_callback(late, *answers)

    async def test_headers_that_are_missing_or_malformed_are_refused_without_any_call(self):
        delivery, *_ = self.sign(self.callback, NOW)
        for name in delivery.headers:
            for value in ("", "²", "zz", "9" * 40, "v1,\xff", "-5"):
                spoilt = type(delivery)({**delivery.headers, name: value}, delivery.body, NOW)
                if self.is_checked_before_keys(name, value):
                    with pytest.raises(CallbackInvalid):
                        await self.read_callback(spoilt)

    def is_checked_before_keys(self, name, value):
        return True

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"\xff\xfe", b'{"task_id": "../x", "request_id": "../x"}', b"[" * 99_999]
    )
    async def test_a_signed_body_that_names_no_task_is_refused(self, body):
        delivery, *answers = self.sign(body, NOW)

        with pytest.raises(CallbackInvalid):
            await self.read_callback(delivery, *answers)
