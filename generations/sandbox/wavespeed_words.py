"""How WaveSpeedAI refuses: HTTP with `{code, message}`, and its own codes inside `data`. Source: providers.md 4.4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from generations.sandbox.faults import Asked
from generations.sandbox.inputs import BadFile
from generations.sandbox.products import Fault
from generations.sandbox.tasks import Failure
from generations.sandbox.wire import cut, gateway_page, json_reply

# code -> HTTP status where a request is refused with it, and the words
CODES = {
    1200: (400, "Content moderation: the input was flagged"),
    1400: (400, "Missing parameter"),
    1401: (400, "Invalid parameter"),
    1402: (400, "Media access failed"),
    1403: (400, "Task execution failed"),
    1405: (400, "Task failed"),
    5000: (500, "Internal server error"),
    5003: (503, "Service unavailable"),
    5004: (504, "Timeout"),
}
STATUSES = {
    400: "Bad request",
    401: "Unauthorized: the API key is missing or invalid",
    402: "Insufficient balance",
    403: "You have no permission to use this model",
    404: "Not found",
    429: "Too many requests. Limits reset every minute.",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
}


def said(status: int, message: str = "", headers: Mapping[str, str] | None = None, **data: Any) -> Response:
    """A refusal by HTTP."""
    body: dict[str, Any] = {"code": status, "message": message or STATUSES.get(status, "Error")}
    return json_reply({**body, "data": data} if data else body, status, headers)


def coded(code: int, message: str = "") -> Response:
    """A refusal with one of WaveSpeed's own codes, or, for any other number, with that HTTP status."""
    if code not in CODES:
        return said(code if 400 <= code < 600 else 500)
    status, words = CODES[code]
    return said(status, message or words, code=code)


def refusal_of(fault: Fault) -> Response:
    """The refusal for the first fault of a body: 1400 for what is missing, 1401 for what is wrong."""
    missing = fault.kind in ("missing", "either", "too_few")
    return coded(1400 if missing else 1401, f"{'missing' if missing else 'invalid'} parameter: {fault.name}")


def failure_of(bad: BadFile) -> Failure:
    """A file that cannot be read is found when the task runs."""
    return Failure("1402", f"Media access failed: {bad.message}", 422, bad.loc, dict(bad.ctx), early=True)


def failure_asked(asked: Mapping[str, Asked]) -> Failure | None:
    """The end that was asked for in the prompt, or None."""
    words = "Content flagged as potentially sensitive. Please try different prompts."
    if "moderated charged" in asked:
        return Failure("1200", words, charged=True)
    if "moderated" in asked:
        return Failure("1200", words)
    return Failure("1403", "Task execution failed: the model returned an error", 500) if "fail" in asked else None


async def refusal(request: Request, asked: Mapping[str, Asked]) -> Response | None:
    """The reply of a submit that makes nothing, or None."""
    if "lost request" in asked:
        return await cut(request)
    if asked.keys() & {"429", "1303"}:
        return said(429, headers={"Retry-After": "2"})
    for name, status in (("429 bare", 429), ("500", 500), ("503", 503), ("no funds", 402)):
        if name in asked:
            return said(status)
    if "code" in asked:
        return coded(int(asked["code"].seconds))
    return gateway_page(502, "Bad Gateway") if "html" in asked else None
