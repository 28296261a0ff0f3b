"""Looking for a lost submit in WaveSpeedAI's history: docs/providers.md 4.2 and 4.6.

The history knows no id of ours. A prediction of the same model in the same minutes may be ours; where the history shows
its input, that must say what the recipe says. The addresses of uploads are not compared: they are new at every attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from generations.choices import InputRole
from generations.providers.reply import read_task_id
from generations.providers.search import Candidate, Sought
from generations.providers.types import JSON, InputFile, Operation, Prepared, Task
from generations.providers.wavespeed_payload import payload

PAGE_SIZE = 100
PAGES_MAX = 20

_ANY_FILE = "\x00file"
# Texts that the provider fills in by itself where they were left open.
_HAS_DEFAULT = frozenset({"aspect_ratio", "shot_plan"})


def query(sought: Sought, page: int) -> dict[str, JSON]:
    """The body that asks for one page, counted from 1."""
    begin, end = sought.sent_between
    return {
        "page": page,
        "page_size": PAGE_SIZE,
        "created_after": _spelt(begin),
        "created_before": _spelt(end),
        "model": sought.route.endpoint,
    }


def read_items(data: Mapping[str, JSON]) -> list[Mapping[str, JSON]] | None:
    """The predictions of one page, or None where the answer has no list of them."""
    items = data.get("items")
    if not isinstance(items, list):
        return None
    return [item for item in items if isinstance(item, dict)]


def candidates(items: Iterable[Mapping[str, JSON]], sought: Sought) -> tuple[Candidate, ...]:
    """Those of the history that may be the sought one, each once."""
    found: dict[str, Candidate] = {}
    sent = payload(_without_files(sought))
    for item in items:
        task_id, given = read_task_id(item.get("id")), item.get("input")
        if not task_id or not (_is_of_model(item, sought) and _is_in_time(item, sought)):
            continue
        if not isinstance(given, dict):
            found.setdefault(task_id, Candidate(Operation(task_id), has_same_input=False))
        elif _has_same_input(given, sent, sought):
            found.setdefault(task_id, Candidate(Operation(task_id), has_same_input=True))
    return tuple(found.values())


def _is_of_model(item: Mapping[str, JSON], sought: Sought) -> bool:
    return item.get("model") in (None, "", sought.route.endpoint)


def _is_in_time(item: Mapping[str, JSON], sought: Sought) -> bool:
    """Whether it was made between the two moments; one that does not say when may have been."""
    try:
        made_at = datetime.fromisoformat(str(item.get("created_at")))
    except ValueError:
        return True
    begin, end = sought.sent_between
    return begin <= (made_at if made_at.tzinfo else made_at.replace(tzinfo=UTC)) <= end


def _has_same_input(given: Mapping[str, JSON], sent: Mapping[str, JSON], sought: Sought) -> bool:
    """Whether an input is what we sent, apart from defaults and the addresses of files."""
    if not all(name in given and _is_same(value, given[name]) for name, value in sent.items()):
        return False
    names = {path.partition(":")[0] for part, path in sought.route.fields.items() if part not in _HAS_DEFAULT}
    # A number or a switch that we left open comes back as its default; a text or a file was somebody's.
    return not any(given.get(name) and isinstance(given[name], str | list) for name in names - sent.keys())


def _is_same(sent: JSON, given: JSON) -> bool:
    if sent == _ANY_FILE:
        return isinstance(given, str) and bool(given)
    if isinstance(sent, list):
        return isinstance(given, list) and len(sent) == len(given) and all(map(_is_same, sent, given))
    if isinstance(sent, dict):
        return isinstance(given, dict) and all(_is_same(value, given.get(name)) for name, value in sent.items())
    return bool(sent == given)


def _without_files(sought: Sought) -> Prepared:
    """The task with a mark in the place of every file's address."""
    files = tuple(
        InputFile(role, index, item.sha256, Path(), "", 0)
        for role in InputRole
        for index, item in enumerate(sought.recipe.inputs_for(role))
    )
    task = Task(sought.our_id, sought.recipe, sought.route, files)
    return Prepared(task, {file.key: _ANY_FILE for file in files})


def _spelt(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
