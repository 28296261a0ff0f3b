"""How the official API refuses: a body's faults, a bad file and the troubles asked for, as codes of its table."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from generations.sandbox import products
from generations.sandbox.faults import Asked
from generations.sandbox.inputs import BadFile
from generations.sandbox.kling_auth import STATUS_OF, KlingError
from generations.sandbox.products import Fault
from generations.sandbox.tasks import Failure
from generations.sandbox.wire import cut, gateway_page

MODERATED = "Failure to pass the risk control system"
BUSY = "parallel task over resource pack limit"
EMPTY = "Account balance not enough"
WORDS = {
    1000: "Authentication failed",
    1001: "Authorization is empty",
    1002: "Authorization is not valid",
    1003: "Authorization is not yet valid",
    1004: "Authorization has expired",
    1100: "Account exception",
    1101: "Account in arrears",
    1102: EMPTY,
    1103: "No permission for the requested resource",
    1200: "Invalid request parameters",
    1201: "Invalid parameters, such as an incorrect key or an illegal value",
    1202: "The request method is invalid",
    1203: "The requested resource does not exist",
    1300: "Triggered the platform's strategy",
    1301: "Triggered the platform's content security policy",
    1302: "Too many requests",
    1303: BUSY,
    1304: "Triggered the platform's IP whitelist policy",
    5000: "Internal server error",
    5001: "Server is under maintenance",
    5002: "Server internal timeout",
}


def error_of(fault: Fault) -> KlingError:
    """The refusal for the first fault of a body: 1200 for a wrong type, 1201 for a wrong value, 1203 for a model."""
    name, limit = fault.name, fault.limit
    if fault.kind == "one_of" and not isinstance(fault.given, type(limit[0])):
        return KlingError(1200, f"{name} must be of type {type(limit[0]).__name__}")
    if fault.kind == "type":
        return KlingError(1200 if len(fault.loc) == 1 else 1201, f"{name} must be of type {limit}")
    if fault.kind == "one_of" and name == "model_name" and fault.given not in products.models("kling"):
        return KlingError(1203, f"model {fault.given} does not exist")
    if fault.kind == "one_of" and fault.loc[-1] == "voice_id":
        return KlingError(1201, "Voice id not found")
    words = {
        "missing": f"{name} is required",
        "one_of": f"{name} value {str(fault.given)[:100]!r} is invalid",
        "part": f"{name} value {str(fault.given)[:100]!r} is invalid",
        "too_long": f"{name} is too long, at most {limit} characters",
        "too_short": f"{name} is too short, at least {limit} characters",
        "too_many": f"{name} has more than {limit} items",
        "too_few": f"{name} has fewer than {limit} items",
        "too_high": f"{name} must be at most {limit}",
        "too_low": f"{name} must be at least {limit}",
        "form": f"{name} must be {' or '.join(_FORMS[form] for form in limit)}" if fault.kind == "form" else "",
        "either": f"{' and '.join(limit)} must not both be empty" if fault.kind == "either" else "",
        "both": f"{' and '.join(limit)} can not be used together" if fault.kind == "both" else "",
        "apart": f"{', '.join(limit)} can not be used together" if fault.kind == "apart" else "",
        "unsupported": f"{name} is not supported by this model, mode and duration",
        "area": f"the area must not exceed {limit} times that of the image",
        "single": f"{name} needs exactly one value that is not 0",
        "shots": f"the durations of multi_prompt add up to {fault.given}, not to duration",
    }
    return KlingError(1201, words[fault.kind])


_FORMS = {"url": "a URL", "base64": "Base64 without a data: prefix", "data": "a data URI"}


def bad_file(bad: BadFile) -> KlingError:
    """The refusal of a file."""
    return KlingError(1201, f"{Fault(bad.loc, 'form').name}: {bad.message}")


def failure_asked(asked: Mapping[str, Asked]) -> Failure | None:
    """The end that was asked for, or None."""
    if "moderated charged" in asked:
        return Failure("moderated", MODERATED, charged=True)
    if asked.keys() & {"moderated", "nsfw"}:
        return Failure("moderated", MODERATED)
    return Failure("failed", "Service is busy, the generation failed") if "fail" in asked else None


async def refusal(request: Request, asked: Mapping[str, Asked]) -> Response | None:
    """The reply of a create that makes nothing, or None. Raises KlingError for those in the envelope."""
    if "lost request" in asked:
        return await cut(request)
    if "429" in asked:
        raise KlingError(1302, WORDS[1302], retry_after=2)
    for name, code in (("429 bare", 1302), ("1303", 1303), ("500", 5000), ("503", 5001), ("no funds", 1102)):
        if name in asked:
            raise KlingError(code, WORDS[code])
    if "code" in asked:
        code = int(asked["code"].seconds)
        raise KlingError(code if code in STATUS_OF else 5000, WORDS.get(code, WORDS[5000]))
    return gateway_page(502, "Bad Gateway") if "html" in asked else None
