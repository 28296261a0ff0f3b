"""The supervisor of one var/: its configuration, and the few things that are asked of it while it runs."""

from __future__ import annotations

import http.client
import os
import shlex
import sys
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from kling_site import embedded

ROOT = Path(__file__).resolve().parents[2]
LOG_BYTES = "5MB"
LOG_BACKUPS = 2
# Linear backoff, one second more each time; a program is never given up.
START_RETRIES = 1_000_000
SERVERS, SITE = "servers", "site"


@dataclass(frozen=True)
class Program:
    """One program of the site. It is started by hand once what it needs is there, and restarted by the supervisor."""

    name: str
    command: list[str]
    group: str = SITE
    count: int = 1
    stop_signal: str = "TERM"
    stop_seconds: int = 4
    # PostgreSQL's own children are its own affair: a signal to them all would be a crash.
    signal_group: bool = True
    start_by_itself: bool = False


def server_programs(environment: Mapping[str, str]) -> list[Program]:
    """The embedded servers, without those that a URL of your own replaces."""
    python = [sys.executable, "-m", "kling_site.local.servers"]
    postgres = Program("postgres", [*python, "postgres"], SERVERS, 1, "INT", 15, False, True)
    redis = Program("redis", [*python, "redis"], SERVERS, 1, "TERM", 5, True, True)
    wanted = [(postgres, "DATABASE_URL"), (redis, "REDIS_URL")]
    return [program for program, variable in wanted if not environment.get(variable)]


def site_programs(bind: str, sandbox_port: int) -> list[Program]:
    manage = [sys.executable, str(ROOT / "manage.py")]
    # Mail needs no process of its own: one of the two that fetch results sends it, the other never waits for it.
    workers = [
        ("submit", ["submit"]),
        ("follow", ["follow"]),
        ("ingest", ["ingest"]),
        ("ingest_mail", ["mail", "ingest", "proof"]),
        ("tick", ["tick"]),
    ]
    return [
        Program(
            "web",
            [sys.executable, "-m", "gunicorn", "kling_site.wsgi", "--bind", bind]
            + ["--worker-class", "gthread", "--workers", "2", "--threads", "8", "--graceful-timeout", "3"]
            # Its control socket would be one for all copies, in the home folder.
            + ["--no-control-socket"],
        ),
        *(Program(f"worker-{name}", [*manage, "work", *queues]) for name, queues in workers),
        Program("cron", [*manage, "clock"]),
        Program("sandbox", [*manage, "sandbox", "--port", str(sandbox_port)]),
    ]


def configuration(var_dir: Path, programs: list[Program]) -> str:
    """The text of supervisord.conf. It holds no secret: children inherit the environment instead."""
    run, log = var_dir / "run", var_dir / "log"
    sections: dict[str, Mapping[str, object]] = {
        "unix_http_server": {"file": control_socket(var_dir), "chmod": "0700"},
        "supervisord": {
            "nodaemon": "true",
            "silent": "true",
            "umask": "077",
            "logfile": log / "supervisor.log",
            "logfile_maxbytes": LOG_BYTES,
            "logfile_backups": LOG_BACKUPS,
            "pidfile": run / "supervisord.pid",
            "childlogdir": log,
            "directory": ROOT,
            **({"user": "root"} if os.geteuid() == 0 else {}),
        },
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisorctl": {"serverurl": f"unix://{control_socket(var_dir)}"},
    }
    for program in programs:
        sections[f"program:{program.name}"] = _program(program, log)
    for group in dict.fromkeys(program.group for program in programs):
        sections[f"group:{group}"] = {"programs": ",".join(p.name for p in programs if p.group == group)}
    return "\n".join(_section(name, values) for name, values in sections.items())


def control_socket(var_dir: Path) -> Path:
    return embedded.socket_dir(var_dir) / "supervisor"


class NoAnswer(Exception):
    """The supervisor is not there, or refused."""


class Supervisor:
    """The running supervisor, spoken to over its private socket. Every call may raise NoAnswer."""

    def __init__(self, var_dir: Path) -> None:
        self._address = f"unix://{control_socket(var_dir)}"

    def answers(self) -> bool:
        try:
            return bool(self._ask("getState")["statename"] == "RUNNING")
        except NoAnswer:
            return False

    def start(self, name: str) -> None:
        """Start one program, or with `group:*` a group, without waiting for it."""
        if name.endswith(":*"):
            self._ask("startProcessGroup", name.removesuffix(":*"), False)
        else:
            self._ask("startProcess", name, False)

    def stop_site(self) -> None:
        """Ask every program of the site to end, all at once."""
        self._ask("stopProcessGroup", SITE, False)

    def programs(self) -> list[dict[str, Any]]:
        """Supervisor's own facts of each program: `name`, `group`, `statename`, `pid`, `start` and more."""
        return list(self._ask("getAllProcessInfo"))

    def _ask(self, question: str, *arguments: object) -> Any:
        # A transport that once failed stays unusable, so each question gets its own.
        transport = SupervisorTransport(None, None, self._address)
        try:
            door: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(door.supervisor, question)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise NoAnswer(f"{question}: {error}") from error
        finally:
            transport.close()


def _program(program: Program, log: Path) -> dict[str, object]:
    several = program.count > 1
    return {
        "command": shlex.join(program.command),
        "directory": ROOT,
        "numprocs": program.count,
        **({"process_name": _Raw("%(program_name)s_%(process_num)d")} if several else {}),
        "autostart": str(program.start_by_itself).lower(),
        "autorestart": "true",
        "startretries": START_RETRIES,
        "startsecs": 1,
        "stopsignal": program.stop_signal,
        "stopwaitsecs": program.stop_seconds,
        "stopasgroup": str(program.signal_group).lower(),
        "killasgroup": str(program.signal_group).lower(),
        "redirect_stderr": "true",
        "stdout_logfile": _Raw(f"{_escaped(log)}/%(program_name)s{'_%(process_num)d' if several else ''}.log"),
        "stdout_logfile_maxbytes": LOG_BYTES,
        "stdout_logfile_backups": LOG_BACKUPS,
    }


class _Raw(str):
    """A value with supervisor's own %-names in it."""


def _section(name: str, values: Mapping[str, object]) -> str:
    lines = [f"{key} = {value if isinstance(value, _Raw) else _escaped(value)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")
