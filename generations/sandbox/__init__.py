"""The sandbox: fal and the official Kling API, simulated on the wire, so that the whole product runs at no cost.

It is written from the providers' documents and shares nothing with the adapters but the catalog, so it can bear witness
about them: it keeps its own book of every task it took and what it billed, and a doubled submit shows up there.

Below its root: `/fal` is fal's queue host, `/fal-rest` and `/fal-cdn` its storage, `/kling` the official host, `/` a
page for people, `/_bill.json` and `/_state.json` the same for programs, `/_control` asks for troubles (see `faults`).
Any non-empty key is an account of its own, except `bad-key` and `revoked` (refused) and `empty-balance`.
"""

from generations.sandbox.app import make_app
from generations.sandbox.config import SandboxConfig
from generations.sandbox.faults import FAULTS
from generations.sandbox.serve import CannotServe, add_arguments, serve
from generations.sandbox.store import DataDirInUse

__all__ = ["FAULTS", "CannotServe", "DataDirInUse", "SandboxConfig", "add_arguments", "make_app", "serve"]
