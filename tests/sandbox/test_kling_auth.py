import time

import jwt
import pytest

from tests.sandbox.conftest import KlingClient
from tests.sandbox_server import running_sandbox


def token(*, secret="s" * 32, headers=None, **claims):
    now = int(time.time())
    claims = {"iss": "access", "exp": now + 1800, "nbf": now - 5, **claims}
    claims = {name: value for name, value in claims.items() if value is not ...}
    return jwt.encode(claims, secret, algorithm="HS256", headers=headers)


def refusal(sandbox, header):
    headers = {} if header is None else {"Authorization": header}
    reply = sandbox.http.get("/kling/v1/videos/text2video", headers=headers)
    return reply.status_code, reply.json()["code"]


def test_a_sound_token_and_any_api_key_are_accepted(sandbox):
    assert refusal(sandbox, f"Bearer {token()}") == (200, 0)
    assert refusal(sandbox, "Bearer an-api-key") == (200, 0)


@pytest.mark.parametrize("header", [None, ""])
def test_an_empty_header_is_1001(sandbox, header):
    assert refusal(sandbox, header) == (401, 1001)


@pytest.mark.parametrize(
    "header",
    [
        "Basic x",
        "Bearer",
        "Bearer a.b.c",
        "Bearer bad-key",
        "Bearer revoked",
        f"Bearer {token(iss='bad-key')}",
        f"Bearer {token(iss=...)}",
        f"Bearer {token(exp=...)}",
        f"Bearer {token(headers={'typ': 'other'})}",
    ],
)
def test_a_header_that_is_not_valid_is_1002(sandbox, header):
    assert refusal(sandbox, header) == (401, 1002)


def test_a_token_from_the_future_is_1003_and_an_old_one_1004(sandbox):
    now = int(time.time())

    assert refusal(sandbox, f"Bearer {token(nbf=now + 60)}") == (401, 1003)
    assert refusal(sandbox, f"Bearer {token(exp=now - 1)}") == (401, 1004)


def test_the_account_is_the_access_key_whatever_the_token(sandbox):
    first = KlingClient(sandbox, token(iss="team-a", nbf=1))
    task_id = first.start(external_task_id="once")

    again = KlingClient(sandbox, token(iss="team-a", nbf=2))

    assert again.query(task_id).status_code == 200
    assert again.create(external_task_id="once").json()["code"] == 1201


def test_an_account_without_units_may_ask_but_not_create(sandbox):
    empty = KlingClient(sandbox, token(iss="empty-balance"))

    reply = empty.create()

    assert (reply.status_code, reply.json()["code"]) == (429, 1102)
    assert empty.list().status_code == 200


def test_signatures_are_checked_for_secrets_the_sandbox_was_told(tmp_path):
    with running_sandbox(tmp_path) as sandbox:
        sandbox.control(kling_access_keys={"access": "s" * 32})

        assert refusal(sandbox, f"Bearer {token()}") == (200, 0)
        assert refusal(sandbox, f"Bearer {token(secret='t' * 32)}") == (401, 1002)
