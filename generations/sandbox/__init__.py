"""The sandbox: fal, official Kling, WaveSpeedAI and a Kling-compatible gateway, simulated on the wire at no cost.

It is written from the providers' documents, has tables of products of its own (`products`) and shares nothing with
the adapters, so it can bear witness about them: it keeps its own book of every task it took and what it billed, and a
doubled submit shows up there.

Below its root: `/fal` is fal's queue host, `/fal-rest` and `/fal-cdn` its storage, `/fal-api` its platform; `/kling`
the official host with both generations of the API; `/wavespeed` and `/gateway` theirs; `/` a page for people,
`/_bill.json` and `/_state.json` the same for programs, `/_control` asks for troubles (see `faults` and `control`).
Any non-empty key is an account of its own, except `bad-key` and `revoked` (refused) and `empty-balance`.

A model is added by lines in a table. A host is added by a module that turns its requests into `desk.Desk.make` and its
tasks into replies, a `webhooks.Post` if it calls back, and its addresses in `app`.
"""

from generations.sandbox.app import make_app
from generations.sandbox.config import SandboxConfig
from generations.sandbox.faults import FAULTS
from generations.sandbox.serve import CannotServe, add_arguments, serve
from generations.sandbox.store import DataDirInUse

__all__ = ["FAULTS", "CannotServe", "DataDirInUse", "SandboxConfig", "add_arguments", "make_app", "serve"]
