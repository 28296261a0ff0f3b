"""A provider that answers what a test tells it to, and keeps every call."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from itertools import count
from typing import Any, NamedTuple

from django.db import connection

from generations.choices import MediaKind
from generations.providers import Adapter, Callback, Finished, Operation, Output, Pending, Prepared


class Call(NamedTuple):
    """One call of an adapter: which, and what it was about."""

    name: str
    about: Any


class Script:
    """What the adapter answers. `script.says("submit", answer, …)`: one answer per call, in order.

    An exception is raised; a function is called on a thread of its own, with what the call is about, and its result
    is the answer (an exception class or a coroutine function works too). When nothing is left: `submit` takes the job
    under a new id, `follow` is pending, `find` and `search` find nothing, `cancel` is heard, `confirm` asks `follow`.
    """

    def __init__(self):
        self.calls = []
        self._answers = {}
        self._ids = count(1)

    def says(self, name, *answers):
        self._answers.setdefault(name, deque()).extend(answers)

    def count(self, name):
        return sum(call.name == name for call in self.calls)

    def has(self, name):
        """Whether an answer is left for a kind of call."""
        return bool(self._answers.get(name))

    def about(self, name):
        """What the calls of a kind were about, in order."""
        return [call.about for call in self.calls if call.name == name]

    async def answer(self, name, about):
        self.calls.append(Call(name, about))
        left = self._answers.get(name)
        answer = left.popleft() if left else self._usual(name, about)
        if inspect.iscoroutinefunction(answer):
            answer = await answer(about)
        elif callable(answer):
            answer = await asyncio.to_thread(_called, answer, about)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _usual(self, name, about):
        match name:
            case "prepare":
                return Prepared(about, {file.key: f"https://files.test/{file.key}" for file in about.files})
            case "submit":
                return Operation(f"task-{next(self._ids)}", {"made": "by the script"}, request_id="request-1")
            case "follow":
                return Pending(rendering=True)
            case "cancel":
                return True
            case "check_account":
                return "It works."
            case "begin":
                return Prepared(about, {}, session={"session_id": "session-1"})
            case "search":
                return ()
        return None


def _called(function, about):
    try:
        return function(about)
    finally:
        connection.close()


class ScriptedAdapter(Adapter):
    """An adapter without a wire. Make one with `scripted(script, …)`."""

    slug = "scripted"
    label = "Scripted"
    credential_fields = ()
    script: Script
    step = ""  # the name of a call before the submit

    async def prepare(self, task):
        return await self.script.answer("prepare", task)

    async def submit(self, prepared):
        return await self.script.answer("submit", prepared.task)

    async def follow(self, operation, route):
        return await self.script.answer("follow", operation)

    async def find(self, our_id, route):
        return await self.script.answer("find", our_id)

    async def confirm(self, operation, our_id, route):
        if self.script.has("confirm"):
            return await self.script.answer("confirm", operation)
        return await super().confirm(operation, our_id, route)

    async def search(self, sought):
        return await self.script.answer("search", sought)

    async def cancel(self, operation, route):
        return await self.script.answer("cancel", operation)

    async def check_account(self):
        return await self.script.answer("check_account", self.account)

    def begins_with(self, task):
        return self.step

    async def begin(self, prepared):
        return await self.script.answer("begin", prepared.task)

    async def read_callback(self, delivery):
        return Callback(delivery.body.decode(), "", verified=False)

    @classmethod
    def operation_for(cls, task_id, route, account):
        return Operation(task_id)


def scripted(script, **abilities):
    """An adapter class that follows a script; `can_find`, `can_search` and `absence_is_proof` may be set."""
    return type("Scripted", (ScriptedAdapter,), {"script": script, **abilities})


def finished(*urls, cost=None, request_id=""):
    """A provider's answer that everything is done."""
    outputs = tuple(Output(url, MediaKind.VIDEO, provider_id=f"out-{number}") for number, url in enumerate(urls))
    return Finished(outputs, cost, request_id)


def prepared(task):
    """A task whose inputs need no upload."""
    return Prepared(task, {})
