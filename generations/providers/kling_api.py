"""The two generations of the official API: how each is asked for a task, and how it shows one. docs/providers.md 3.1.

The older one (`/v1/...`) has a path per product, the newer one a path per model and one query for all tasks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar
from urllib.parse import quote

from generations.catalog import Route
from generations.providers.kling_account import api_key, bearer
from generations.providers.kling_cost import Purse
from generations.providers.kling_reply import Answer, is_absent, is_unknown_id
from generations.providers.kling_task import Standing, read_legacy_task, read_new_task
from generations.providers.types import JSON, Account

LIP_SYNC = "/v1/videos/advanced-lip-sync"
MULTI_ELEMENTS = "/v1/videos/multi-elements"
ANSWERED_AT_ONCE = frozenset({"/v1/audio/tts"})
# Speech has no id of ours, and the page of the newer lip-sync looks a task up by Kling's own id only: 3.3.
NOT_FOUND_BY_US = ANSWERED_AT_ONCE | {LIP_SYNC}

Query = tuple[str, Mapping[str, str] | None]


class Api(ABC):
    """What differs between the generations."""

    absence_proves: ClassVar[bool]
    """Whether not finding our id, asked twice, proves that the job was never taken."""

    answers_with_one: ClassVar[bool]
    """Whether the answer to a query is about the task that was asked for and nothing else."""

    image_max_bytes: ClassVar[int]

    @abstractmethod
    def bearer(self, account: Account) -> str:
        """What stands behind `Bearer`. Raises Misconfigured where the account has nothing that this API takes."""

    @abstractmethod
    def query_tasks(self, route: Route, task_ids: Sequence[str]) -> Query:
        """Path and parameters that ask for tasks by Kling's ids."""

    @abstractmethod
    def query_ours(self, route: Route, our_id: str) -> Query:
        """Path and parameters that ask for a task by our own id."""

    @abstractmethod
    def created(self, answer: Answer, purse: Purse) -> Standing:
        """The task of an answer to a submit."""

    @abstractmethod
    def found(self, answer: Answer, purse: Purse) -> tuple[Standing, ...] | None:
        """The tasks of an answer to a query; None where it cannot be read."""

    @abstractmethod
    def is_absent(self, answer: Answer) -> bool:
        """Whether an answer to a query that is no success says that there is no such task."""


class Legacy(Api):
    # The documents promise neither how soon a task can be found by our id nor that the same id is refused twice (3.12:
    # seen once, on the newer API). Not finding it proves nothing.
    absence_proves = False
    answers_with_one = True
    image_max_bytes = 10_000_000

    def bearer(self, account: Account) -> str:
        return bearer(account)

    def query_tasks(self, route: Route, task_ids: Sequence[str]) -> Query:
        (task_id,) = task_ids
        return f"{route.endpoint}/{quote(task_id, safe='')}", None

    def query_ours(self, route: Route, our_id: str) -> Query:
        return f"{route.endpoint}/{quote(our_id, safe='')}", None  # "choose either" (3.3)

    def created(self, answer: Answer, purse: Purse) -> Standing:
        return read_legacy_task(answer.reply, answer.envelope.data, answer.envelope.request_id, purse)

    def found(self, answer: Answer, purse: Purse) -> tuple[Standing, ...] | None:
        return (self.created(answer, purse),)

    def is_absent(self, answer: Answer) -> bool:
        return is_absent(answer.reply, answer.envelope.code)


class New(Api):
    # An id of ours that it knows is refused when sent again (3.12, live), so sending it once more cannot pay twice.
    absence_proves = True
    answers_with_one = False
    image_max_bytes = 50_000_000

    def bearer(self, account: Account) -> str:
        return api_key(account)

    def query_tasks(self, route: Route, task_ids: Sequence[str]) -> Query:
        return "/tasks", {"task_ids": ",".join(task_ids)}

    def query_ours(self, route: Route, our_id: str) -> Query:
        return "/tasks", {"external_task_ids": our_id}

    def created(self, answer: Answer, purse: Purse) -> Standing:
        return self._read(answer, answer.envelope.data, purse)

    def found(self, answer: Answer, purse: Purse) -> tuple[Standing, ...] | None:
        items = answer.envelope.items
        return None if items is None else tuple(self._read(answer, item, purse) for item in items)

    def is_absent(self, answer: Answer) -> bool:
        return is_unknown_id(answer.envelope.code)

    def _read(self, answer: Answer, item: Mapping[str, JSON], purse: Purse) -> Standing:
        return read_new_task(answer.reply, item, answer.envelope.request_id, purse)


_APIS: dict[str, Api] = {"": Legacy(), "new": New()}


def api_of(route: Route) -> Api:
    """The generation that a route is of."""
    return _APIS[route.api]
