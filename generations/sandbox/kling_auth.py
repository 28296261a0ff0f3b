"""Who calls Kling: a JSON Web Token made from access and secret key, or an API key; and how errors are worded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from generations.sandbox.wire import SPECIAL_KEYS, account_label

# Code -> HTTP status, from the official table.
STATUS_OF = {
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004), 401),
    **dict.fromkeys((1100, 1101, 1102, 1302, 1303, 1304), 429),
    1103: 403,
    **dict.fromkeys((1200, 1201, 1300, 1301), 400),
    1202: 404,
    1203: 404,
    5000: 500,
    5001: 503,
    5002: 504,
}
UNSIGNED: Any = {"verify_signature": False, "verify_exp": False, "verify_nbf": False, "verify_aud": False}


class KlingError(Exception):
    """A refusal: the code decides the HTTP status."""

    def __init__(self, code: int, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after
        self.message = message

    @property
    def status(self) -> int:
        return STATUS_OF[self.code]


def account_of(header: str, secrets: Mapping[str, str], clock: float, *, tokens: bool = True) -> tuple[str, bool]:
    """The label of the calling account and whether its units are used up. Raises KlingError.

    `secrets` are the secret keys known for access keys; only for these can a signature be checked. `clock` is the
    provider's time in unix seconds. The new standard takes API keys alone, then `tokens` is false.
    """
    if not header.strip():
        raise KlingError(1001, "Authorization is empty")
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme != "Bearer" or not token:
        raise KlingError(1002, "Authorization is not valid")
    is_token = token.count(".") == 2
    if is_token and not tokens:
        raise KlingError(1002, "Authorization is not valid: this API takes an API key")
    owner = _access_key(token, secrets, clock) if is_token else token
    if SPECIAL_KEYS.get(owner) == "refused":
        raise KlingError(1002, "access key not found")
    return account_label(owner), SPECIAL_KEYS.get(owner) == "empty"


def _access_key(token: str, secrets: Mapping[str, str], clock: float) -> str:
    """The access key that a token names, once everything that can be checked has been."""
    try:
        head = jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(token, options=UNSIGNED)
    except jwt.PyJWTError:
        raise KlingError(1002, "Authorization is not valid: the token cannot be read") from None
    owner, expires, begins = claims.get("iss"), claims.get("exp"), claims.get("nbf", 0)
    if head.get("typ") != "JWT" or head.get("alg") != "HS256" or not isinstance(owner, str) or not owner:
        raise KlingError(1002, "Authorization is not valid: alg, typ or iss is wrong")
    if not isinstance(expires, int | float) or not isinstance(begins, int | float):
        raise KlingError(1002, "Authorization is not valid: exp or nbf is not a number")
    if begins > clock:
        raise KlingError(1003, "Authorization is not yet valid")
    if expires <= clock:
        raise KlingError(1004, "Authorization has expired")
    if owner in secrets:
        options: Any = {**UNSIGNED, "verify_signature": True}
        try:
            jwt.decode(token, secrets[owner], algorithms=["HS256"], options=options)
        except jwt.PyJWTError:
            raise KlingError(1002, "signature is invalid") from None
    return owner
