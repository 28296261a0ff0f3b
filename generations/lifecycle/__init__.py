"""The road of a generation: one verb per file. It joins the packages below it and owns the transactions."""

from generations.lifecycle.accounts import provider_account, provider_session
from generations.lifecycle.cancel import cancel, cancel_as
from generations.lifecycle.dispatch import SubmitPump
from generations.lifecycle.follow import FollowPump
from generations.lifecycle.ingest import Stored, blob_for, ingest
from generations.lifecycle.quote import quote
from generations.lifecycle.settle import finish
from generations.lifecycle.submit import PriceMoved, RouteClosed, Submitted, submit
from generations.lifecycle.tick import tick
from generations.lifecycle.upload import upload_image
from generations.lifecycle.wake import wake

__all__ = [
    "FollowPump",
    "PriceMoved",
    "RouteClosed",
    "Stored",
    "SubmitPump",
    "Submitted",
    "blob_for",
    "cancel",
    "cancel_as",
    "finish",
    "ingest",
    "provider_account",
    "provider_session",
    "quote",
    "submit",
    "tick",
    "upload_image",
    "wake",
]
