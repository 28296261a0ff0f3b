"""What survives: tasks, undelivered webhooks and settings, in one SQLite file, committed before any reply is sent."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generations.sandbox.tasks import Task

SCHEMA = """
CREATE TABLE IF NOT EXISTS task (id TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class DataDirInUse(Exception):
    """Another sandbox works in this folder."""


@dataclass(slots=True)
class Letter:
    """One webhook on its way. It is signed anew for each try."""

    id: str
    task_id: str
    provider: str
    url: str
    body: str
    due_at: float
    tries: int = 0


class Store:
    """The one writer of the sandbox's file. WAL without a sync per commit survives SIGKILL, which is what is needed."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = (data_dir / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            problem = f"Another sandbox is using {data_dir}. Stop it, or give --data another folder."
            raise DataDirInUse(problem) from None
        self._db = sqlite3.connect(data_dir / "sandbox.sqlite3", check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()
        self._lock.close()

    def save(self, tasks: Iterable[Task], letters: Iterable[Letter] = ()) -> None:
        """Commit tasks and new letters together."""
        with self._db:
            rows = [(task.id, task.as_doc()) for task in tasks]
            self._db.executemany("INSERT OR REPLACE INTO task VALUES (?, ?)", rows)
            posts = [(letter.id, json.dumps(asdict(letter))) for letter in letters]
            self._db.executemany("INSERT OR REPLACE INTO outbox VALUES (?, ?)", posts)

    def drop_letter(self, letter: Letter) -> None:
        with self._db:
            self._db.execute("DELETE FROM outbox WHERE id = ?", (letter.id,))

    def tasks(self) -> list[Task]:
        tasks = [Task.from_doc(doc) for (doc,) in self._db.execute("SELECT doc FROM task")]
        return sorted(tasks, key=lambda task: task.seq)

    def letters(self) -> list[Letter]:
        return [Letter(**json.loads(doc)) for (doc,) in self._db.execute("SELECT doc FROM outbox")]

    def setting(self, name: str) -> Any:
        """A stored value, or None."""
        row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def put_setting(self, name: str, value: Any) -> None:
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))
