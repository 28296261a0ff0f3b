"""The parts put together: one world, four providers, storage, downloads, webhooks and the console."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from generations.sandbox.config import SandboxConfig
from generations.sandbox.console import Console
from generations.sandbox.desk import Desk
from generations.sandbox.downloads import Downloads
from generations.sandbox.fal import FalQueue
from generations.sandbox.fal_platform import FalPlatform
from generations.sandbox.fal_post import FalPost
from generations.sandbox.fal_storage import FalStorage
from generations.sandbox.gateway import GatewayHost
from generations.sandbox.inputs import InputStore
from generations.sandbox.kling_doors import kling_addresses
from generations.sandbox.kling_post import KlingPost
from generations.sandbox.kling_shapes import body_of
from generations.sandbox.latency import Latency
from generations.sandbox.store import Store
from generations.sandbox.studio import OnReady, Studio
from generations.sandbox.wavespeed import WaveSpeedHost
from generations.sandbox.wavespeed_post import WaveSpeedPost
from generations.sandbox.wavespeed_storage import WaveSpeedStorage
from generations.sandbox.webhooks import Courier, Post
from generations.sandbox.world import World

TICK_SECONDS = 0.05
logger = logging.getLogger(__name__)


def make_app(config: SandboxConfig) -> Starlette:
    """The sandbox as an ASGI app. Raises DataDirInUse where another one works in the same folder."""
    origin = config.public_origin.rstrip("/")
    store = Store(config.data_dir)
    ready: list[OnReady] = []  # the world is there before any film is
    studio = Studio(config.data_dir / "films", tiny=config.render == "tiny", on_ready=lambda *film: ready[0](*film))
    world = World(config, store, studio)
    key = _signing_key(store)
    inputs = InputStore(config.data_dir, (f"{origin}/fal-cdn/files/", f"{origin}/wavespeed-cdn/files/"))
    inputs.find_result = world.film_behind
    desk, downloads = Desk(world, inputs), Downloads(world, inputs)
    fal, storage = FalQueue(world, desk, origin), FalStorage(world, inputs, key, origin)
    store_of_wavespeed = WaveSpeedStorage(world, inputs, origin)
    wavespeed, gateway = WaveSpeedHost(desk, store_of_wavespeed, origin), GatewayHost(desk, origin)
    posts: dict[str, Post] = {
        "fal": FalPost(key, fal.result_body),
        "kling": KlingPost(store, body_of),
        "wavespeed": WaveSpeedPost(store),
    }
    courier = Courier(world, posts)
    cdn = [*storage.cdn_addresses(), downloads.film_address("/results/{id}/{name}"), downloads.upload_address()]
    results_of_wavespeed = [downloads.film_address("/outputs/{id}/{name}"), downloads.upload_address()]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def on_ready(film: str, error: str) -> None:
            loop.call_soon_threadsafe(world.film_ready, film, error)

        ready.append(on_ready)
        studio.start()
        helpers = [asyncio.create_task(_tick(world)), asyncio.create_task(courier.run())]
        for helper in helpers:
            helper.add_done_callback(_end_if_broken)
        yield
        for helper in helpers:
            helper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*helpers)
        studio.stop()
        store.close()

    return Starlette(
        lifespan=lifespan,
        middleware=[Middleware(Latency, seconds=world.latency_seconds)],
        routes=[
            Mount("/fal-rest", routes=storage.rest_addresses()),
            Mount("/fal-cdn", routes=cdn),
            Mount("/fal", routes=fal.addresses()),
            Mount("/fal-api", routes=FalPlatform(world).addresses()),
            Mount("/kling", routes=kling_addresses(desk, downloads, origin)),
            Mount("/wavespeed-cdn", routes=[*results_of_wavespeed, *store_of_wavespeed.addresses()]),
            Mount("/wavespeed", routes=wavespeed.addresses()),
            Mount("/gateway", routes=[downloads.film_address("/cdn/{id}/{name}"), *gateway.addresses()]),
            *Console(world).addresses(),
        ],
    )


async def _tick(world: World) -> None:
    """Time passes also when nobody asks: webhooks depend on it."""
    while True:
        world.advance()
        await asyncio.sleep(TICK_SECONDS)


def _end_if_broken(helper: asyncio.Task[None]) -> None:
    """Without its clock or its courier the sandbox would lie; better that the supervisor starts it anew."""
    if not helper.cancelled() and (problem := helper.exception()) is not None:
        logger.error("The sandbox ends: a part of it broke.", exc_info=problem)
        os.kill(os.getpid(), signal.SIGTERM)


def _signing_key(store: Store) -> Ed25519PrivateKey:
    """The key that signs fal's webhooks, the same after every restart."""
    kept = store.setting("fal_signing_key")
    if kept is None:
        kept = Ed25519PrivateKey.generate().private_bytes_raw().hex()
        store.put_setting("fal_signing_key", kept)
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept))
