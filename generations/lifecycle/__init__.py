"""The road of a generation: one verb per file. It joins the packages below it and owns the transactions."""

from generations.lifecycle.accounts import provider_account, provider_session
from generations.lifecycle.approval_mails import tell_approvers
from generations.lifecycle.approve import (
    CannotApprove,
    Outdated,
    approvals_waiting,
    approve,
    approvers_of,
    decline,
    expire_approvals,
    may_approve,
)
from generations.lifecycle.balances import newest_balances, read_balances, tells_balance
from generations.lifecycle.bind import bind
from generations.lifecycle.bring_home import Stored, blob_for
from generations.lifecycle.budget_alerts import raise_alerts
from generations.lifecycle.budget_requests import (
    BadBudgetRequest,
    ask_for_budget,
    decide_budget_request,
    expire_budget_requests,
    withdraw_budget_request,
)
from generations.lifecycle.budgets import archive_budget, change_budget, end_raise, raise_budget, set_budget
from generations.lifecycle.cancel import cancel, cancel_as
from generations.lifecycle.check_account import check_account
from generations.lifecycle.circuit import ask_soon
from generations.lifecycle.close_route import NoSuchRoute, close_route, open_route
from generations.lifecycle.corrections import correct
from generations.lifecycle.decision import CannotDecide, last_attempt
from generations.lifecycle.dispatch import SubmitPump
from generations.lifecycle.drift import check_drift
from generations.lifecycle.end_price import NotInForce, end_price, withdraw_price
from generations.lifecycle.follow import FollowPump
from generations.lifecycle.gates import waits_for_approval
from generations.lifecycle.give_up import GIVEN_UP, give_up
from generations.lifecycle.grant_credits import PRIORITY_MAX, grant_credits
from generations.lifecycle.hold_limits import LEFT_IN_LINE, TIMED_OUT, end_of_hold, ends_of_holds, release_timed_out
from generations.lifecycle.import_invoice import import_invoice
from generations.lifecycle.ingest import ingest
from generations.lifecycle.invoice_columns import BadInvoice
from generations.lifecycle.known import spell_lookup, what_is_known
from generations.lifecycle.line import Place, line_of
from generations.lifecycle.mail import post_mail, send_mails
from generations.lifecycle.mail_links import BadLink, decision_token, read_decision_token
from generations.lifecycle.notes import NOTE_MAX
from generations.lifecycle.open_request import RequestClosed, check_open
from generations.lifecycle.packs import ExpiringPack, expiring_packs, warn_of_packs
from generations.lifecycle.pause_account import AlreadySo, pause_account, resume_account
from generations.lifecycle.public_inputs import PublicInput, find_public_input, publish
from generations.lifecycle.quote import quote
from generations.lifecycle.record import record
from generations.lifecycle.recover import heard_of_late, late_task_id, recover
from generations.lifecycle.replace_price import BadPrice, PriceNotReplaced, check_price, replace_price
from generations.lifecycle.retry import CannotRetry, fetch_soon, retry
from generations.lifecycle.review import CannotReview, review
from generations.lifecycle.seed_prices import seed_prices
from generations.lifecycle.send_again import send_again
from generations.lifecycle.settle import finish
from generations.lifecycle.shots import BadShot, add_shot, archive_shot, change_shot
from generations.lifecycle.submit import PriceMoved, RouteClosed, Submitted, submit
from generations.lifecycle.sweep import sweep
from generations.lifecycle.tend_books import tend_books
from generations.lifecycle.tick import tick
from generations.lifecycle.upload import MAX_BYTES, upload_file, upload_image
from generations.lifecycle.wake import wake

__all__ = [
    "GIVEN_UP",
    "LEFT_IN_LINE",
    "MAX_BYTES",
    "NOTE_MAX",
    "PRIORITY_MAX",
    "TIMED_OUT",
    "AlreadySo",
    "BadBudgetRequest",
    "BadInvoice",
    "BadLink",
    "BadPrice",
    "BadShot",
    "CannotApprove",
    "Outdated",
    "CannotDecide",
    "CannotRetry",
    "CannotReview",
    "ExpiringPack",
    "FollowPump",
    "NoSuchRoute",
    "NotInForce",
    "Place",
    "PriceMoved",
    "PriceNotReplaced",
    "PublicInput",
    "RequestClosed",
    "RouteClosed",
    "Stored",
    "SubmitPump",
    "Submitted",
    "add_shot",
    "approvals_waiting",
    "approve",
    "approvers_of",
    "archive_budget",
    "archive_shot",
    "ask_for_budget",
    "ask_soon",
    "bind",
    "blob_for",
    "cancel",
    "cancel_as",
    "change_budget",
    "change_shot",
    "check_account",
    "check_drift",
    "check_open",
    "check_price",
    "close_route",
    "correct",
    "decide_budget_request",
    "decision_token",
    "decline",
    "end_of_hold",
    "end_price",
    "end_raise",
    "ends_of_holds",
    "expire_approvals",
    "expire_budget_requests",
    "expiring_packs",
    "fetch_soon",
    "find_public_input",
    "finish",
    "give_up",
    "grant_credits",
    "heard_of_late",
    "import_invoice",
    "ingest",
    "last_attempt",
    "late_task_id",
    "line_of",
    "may_approve",
    "newest_balances",
    "open_route",
    "pause_account",
    "post_mail",
    "provider_account",
    "provider_session",
    "publish",
    "quote",
    "raise_alerts",
    "raise_budget",
    "read_balances",
    "read_decision_token",
    "record",
    "recover",
    "release_timed_out",
    "replace_price",
    "resume_account",
    "retry",
    "review",
    "seed_prices",
    "send_again",
    "send_mails",
    "set_budget",
    "spell_lookup",
    "submit",
    "sweep",
    "tell_approvers",
    "tells_balance",
    "tend_books",
    "tick",
    "upload_file",
    "upload_image",
    "wake",
    "warn_of_packs",
    "what_is_known",
    "withdraw_budget_request",
    "withdraw_price",
    "waits_for_approval",
]
