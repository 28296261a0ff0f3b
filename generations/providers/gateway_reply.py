"""What gateways answer: Kling's own envelope, or `task_info`, and two vocabularies for how a task stands.

Facts: docs/providers.md section 5. The shape is told from the answer, unless the account's dialect names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from generations.choices import MediaKind
from generations.providers.errors import Busy, Misconfigured, ProviderError, Uncertain
from generations.providers.kling_reply import class_of_refused_read as class_of_envelope_read
from generations.providers.kling_reply import class_of_refused_submit as class_of_envelope_submit
from generations.providers.kling_reply import read_envelope
from generations.providers.refusal import class_of_read, class_of_submit
from generations.providers.reply import Reply, is_web_url
from generations.providers.types import JSON, Failed, Finished, Output, Pending

OUTPUTS_MAX = 20
ENVELOPE, TASK_INFO = "envelope", "task_info"

# Both vocabularies, and Kling's two words for success: docs/providers.md 5.1 and section 9, rows 11 and 14.
_WAITING = frozenset({"pending", "queued", "submitted"})
_RENDERING = frozenset({"processing", "running"})
_DONE = frozenset({"completed", "succeeded", "succeed"})
_MODERATED = frozenset({"1300", "1301", "451"})
# HTTP 429 stands for "slower" and for "your quota is gone". Gateways of the OpenAI kind tell them apart by these words.
_QUOTA = frozenset({"insufficient_quota", "insufficient_user_quota", "quota_exceeded"})


class Answer(NamedTuple):
    """A gateway's answer, whatever its shape. `kling_code` is the envelope's code, None in the other shape.

    `code` and `reason` are of the problem, where there is one; they are clean.
    """

    kling_code: int | None
    task_id: JSON
    status: JSON
    videos: JSON
    code: str
    reason: str
    request_id: str

    @property
    def names_task(self) -> bool:
        """Whether it speaks of a task, and not of a call that went wrong."""
        return self.task_id is not None and self.kling_code in (None, 0)

    @property
    def is_moderation(self) -> bool:
        return self.code in _MODERATED


def read_answer(reply: Reply, dialect: str) -> Answer:
    """The answer in the account's dialect, or in the one it shows; empty parts where it has none."""
    info = reply.object.get("task_info")
    if dialect != ENVELOPE and isinstance(info, dict):
        return _read_task_info(reply, info)
    if dialect != TASK_INFO and read_envelope(reply).code is not None:
        return _read_envelope(reply)
    code, reason = _problem(reply, reply.object.get("error"))
    return Answer(None, None, None, None, code, reason, reply.request_id)


def _read_task_info(reply: Reply, info: Mapping[str, JSON]) -> Answer:
    code, reason = _problem(reply, info.get("error") or reply.object.get("error"))
    return Answer(None, info.get("id"), info.get("status"), reply.object.get("videos"), code, reason, reply.request_id)


def _read_envelope(reply: Reply) -> Answer:
    envelope = read_envelope(reply)
    data = envelope.data
    result = data.get("task_result")
    videos = result.get("videos") if isinstance(result, dict) else None
    code, reason = str(envelope.code), envelope.message
    if envelope.code == 0:  # the call went well, and what is said is about the task
        code, reason = "", reply.clean(data.get("task_status_msg"))
    return Answer(
        envelope.code, data.get("task_id"), data.get("task_status"), videos, code, reason, envelope.request_id
    )


def _problem(reply: Reply, error: JSON) -> tuple[str, str]:
    """The code and the words of a problem, from `{code, title, detail}` or from what stands in its place."""
    inner: Mapping[str, JSON] = error if isinstance(error, dict) else {}
    named = next((value for value in (inner.get("code"), reply.object.get("code")) if value), None)
    code = str(named) if isinstance(named, int) and not isinstance(named, bool) else named
    fields = ("detail", "message", "title")
    words = [reply.clean(place.get(field)) for place in (inner, reply.object) for field in fields]
    return reply.clean(code, 100), next(filter(None, [*words, reply.clean(error)]), "")


def class_of_refused_submit(reply: Reply, answer: Answer) -> type[ProviderError]:
    """The error class of a submit that was not taken."""
    if answer.kling_code not in (None, 0):
        return class_of_envelope_submit(reply, answer.kling_code)
    if reply.status == 429 and answer.code in _QUOTA:
        return Misconfigured
    # 409: "task already exists". Which one, nobody says, so it may be this very take.
    return Uncertain if reply.is_success else class_of_submit(reply.status)


def class_of_refused_read(reply: Reply, answer: Answer) -> type[ProviderError]:
    """The error class of a read that was not answered."""
    if answer.kling_code not in (None, 0):
        return class_of_envelope_read(reply, answer.kling_code)
    return Busy if reply.status == 429 else class_of_read(reply.status)


def read_outcome(answer: Answer) -> Pending | Finished | Failed | None:
    """How a task stands, or None where that cannot be read."""
    if answer.status in _WAITING:
        return Pending(rendering=False)
    if answer.status in _RENDERING:
        return Pending(rendering=True)
    if answer.status in _DONE:
        outputs = _outputs(answer.videos)
        return Finished(outputs, request_id=answer.request_id) if outputs else None
    if answer.status == "failed":
        # No source says what a gateway charges for a failure.
        return Failed(answer.code or "failed", answer.reason, None, answer.is_moderation, answer.request_id)
    return None


def _outputs(videos: JSON) -> tuple[Output, ...]:
    entries = videos[:OUTPUTS_MAX] if isinstance(videos, list) else []
    urls = [entry.get("url") if isinstance(entry, dict) else entry for entry in entries]
    return tuple(Output(str(url), MediaKind.VIDEO) for url in urls if is_web_url(url))
