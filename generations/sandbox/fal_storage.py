"""fal's storage: a token, then raw bytes to the CDN; or a signed address, then PUT. And the keys that sign webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox.fal_auth import Stranger, account_of
from generations.sandbox.inputs import InputStore
from generations.sandbox.wire import json_reply, now, read_json
from generations.sandbox.world import World

TOKEN_SECONDS = 3600
UPLOAD_MAX_BYTES = 200_000_000


class FalStorage:
    """`rest` and `cdn` are two hosts at fal; here they are two folders of one origin."""

    def __init__(self, world: World, inputs: InputStore, key: Ed25519PrivateKey, origin: str) -> None:
        self.world = world
        self.inputs = inputs
        self.cdn = f"{origin}/fal-cdn"
        self._key = key
        self._secret = hashlib.sha256(b"upload" + key.private_bytes_raw()).digest()

    def rest_addresses(self) -> list[Address]:
        return [
            Address("/storage/auth/token", self.token, methods=["POST"]),
            Address("/storage/upload/initiate", self.initiate, methods=["POST"]),
            Address("/.well-known/jwks.json", self.jwks, methods=["GET"]),
        ]

    def cdn_addresses(self) -> list[Address]:
        return [
            Address("/files/upload", self.upload, methods=["POST"]),
            Address("/files/{name}", self.put, methods=["PUT"]),
        ]

    async def token(self, request: Request) -> Response:
        self.world.requests["fal.token"] += 1
        try:
            account_of(request.headers)
        except Stranger as stranger:
            return json_reply({"detail": stranger.words}, stranger.status)
        expires = int(now()) + TOKEN_SECONDS
        return json_reply(
            {
                "token": f"{expires}.{self._sign(str(expires))}",
                "token_type": "Bearer",
                "base_url": self.cdn,
                "expires_at": datetime.fromtimestamp(expires, UTC).isoformat(),
            }
        )

    async def initiate(self, request: Request) -> Response:
        self.world.requests["fal.initiate"] += 1
        try:
            account_of(request.headers)
        except Stranger as stranger:
            return json_reply({"detail": stranger.words}, stranger.status)
        body = read_json(await request.body()) or {}
        name = _stored_name(str(body.get("file_name", "")))
        url = f"{self.cdn}/files/{name}"
        return json_reply({"upload_url": f"{url}?signature={self._sign(name)}", "file_url": url})

    async def upload(self, request: Request) -> Response:
        self.world.requests["fal.upload"] += 1
        if not self._is_token(request.headers.get("authorization", "")):
            return json_reply({"detail": "The upload token is missing, wrong or expired."}, 401)
        name = _stored_name(request.headers.get("x-fal-file-name", ""))
        if (refused := await self._receive(request, name)) is not None:
            return refused
        return json_reply({"access_url": f"{self.cdn}/files/{name}"})

    async def put(self, request: Request) -> Response:
        self.world.requests["fal.upload"] += 1
        name = request.path_params["name"]
        if not hmac.compare_digest(request.query_params.get("signature", ""), self._sign(name)):
            return json_reply({"detail": "The upload address is not signed."}, 403)
        return await self._receive(request, name) or Response(status_code=200)

    async def jwks(self, request: Request) -> Response:
        raw = self._key.public_key().public_bytes_raw()
        public = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        key: dict[str, Any] = {"kty": "OKP", "crv": "Ed25519", "x": public, "use": "sig", "kid": "sandbox"}
        return json_reply({"keys": [key]}, headers={"Cache-Control": "max-age=3600"})

    async def _receive(self, request: Request, name: str) -> Response | None:
        """Store the body under a name; a refusal, or None."""
        if await self.inputs.receive(name, request.stream(), UPLOAD_MAX_BYTES):
            return None
        return json_reply({"detail": "The file is too large."}, 413)

    def _sign(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def _is_token(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        expires, _, signature = token.partition(".")
        genuine = hmac.compare_digest(signature.encode(), self._sign(expires).encode())
        return scheme == "Bearer" and genuine and int(expires) > now()


def _stored_name(given: str) -> str:
    """A name that nobody else has, with the file name's last letters kept for the reader's sake."""
    return f"{uuid.uuid4().hex}_{re.sub(r'[^A-Za-z0-9.-]', '-', given)[-60:].lstrip('.') or 'file'}"
