"""Running the sandbox: its options, shared by the management command and `python -m generations.sandbox`."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn

from generations.sandbox.app import make_app
from generations.sandbox.config import (
    FAL_CONCURRENCY,
    GATEWAY_CONCURRENCY,
    KLING_CONCURRENCY,
    WAVESPEED_CONCURRENCY,
    SandboxConfig,
)

ROOT = Path(__file__).resolve().parents[2]
SHUTDOWN_SECONDS = 3


class CannotServe(Exception):
    """The sandbox cannot listen; the message is one sentence for the terminal."""


def add_arguments(parser: ArgumentParser) -> None:
    """The sandbox's options, with defaults from SANDBOX_PORT, SANDBOX_SPEED and KLING_SITE_VAR."""
    var = Path(os.environ.get("KLING_SITE_VAR") or ROOT / "var")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("SANDBOX_PORT") or 8100))
    parser.add_argument("--data", type=Path, default=var / "sandbox", help="folder for tasks, uploads and films")
    parser.add_argument(
        "--speed",
        type=float,
        default=float(os.environ.get("SANDBOX_SPEED") or 1.0),
        help="divides every simulated time; at 1 five seconds render in 12 to 20 s",
    )
    parser.add_argument("--origin", default="", help="root of the links it hands out, if not http://HOST:PORT")
    parser.add_argument("--render", choices=("real", "tiny"), default=os.environ.get("SANDBOX_RENDER") or "real")
    parser.add_argument("--fal-concurrency", type=int, default=FAL_CONCURRENCY)
    parser.add_argument("--kling-concurrency", type=int, default=KLING_CONCURRENCY)
    parser.add_argument("--wavespeed-concurrency", type=int, default=WAVESPEED_CONCURRENCY)
    parser.add_argument("--gateway-concurrency", type=int, default=GATEWAY_CONCURRENCY)


def serve(options: Mapping[str, Any]) -> None:
    """Serve until told to stop. Raises CannotServe or DataDirInUse."""
    host, port = options["host"], options["port"]
    # The protocol is named because asyncio sets TCP_NODELAY only then; without it small replies wait 40 ms for an ACK.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CannotServe(
            f"The sandbox cannot listen on {host}:{port} ({error.strerror}). "
            "Stop what uses the port, or set SANDBOX_PORT to another one."
        ) from error
    config = SandboxConfig(
        data_dir=options["data"],
        public_origin=options["origin"] or f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}",
        speed=options["speed"],
        render=options["render"],
        fal_concurrency=options["fal_concurrency"],
        kling_concurrency=options["kling_concurrency"],
        wavespeed_concurrency=options["wavespeed_concurrency"],
        gateway_concurrency=options["gateway_concurrency"],
    )
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(config),
            access_log=False,
            log_level="warning",
            lifespan="on",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    server.run(sockets=[listener])
