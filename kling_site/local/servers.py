"""PostgreSQL and Redis in the foreground: their commands, a first data folder, and a pair of them for a session.

`python -m kling_site.local.servers postgres|redis` becomes that server: so the supervisor starts it, and again after
a crash.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import redis

from kling_site import embedded

from . import processes
from .errors import CannotRun
from .ground import Ground, postgres_programs, redis_program, settle

TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    # A container often has 64 MB of shared memory, too little for a parallel hash join.
    "max_parallel_workers_per_gather": "0",
    "log_min_messages": "warning",
    # An error line without its statement: statements carry prompts and addresses.
    "log_min_error_statement": "panic",
}
# Only where the data may be lost at any time: tests.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
PR_SET_PDEATHSIG = 1
START_SECONDS = 60.0
STOP_SECONDS = 10.0


def postgres_command(ground: Ground, careless: bool = False) -> list[str]:
    program = postgres_programs(ground) / "postgres"
    tuning = {**TUNING, **(CARELESS if careless else {})}
    options = [part for name, value in tuning.items() for part in ("-c", f"{name}={value}")]
    return [str(program), "-D", str(ground.data), "-k", str(ground.sockets), *options]


def redis_command(ground: Ground) -> list[str]:
    """Nothing is saved: Redis holds wake-ups and cached values, and the rows in PostgreSQL replace both."""
    socket = ground.sockets / "redis.sock"
    listening = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    keeping = ["--save", "", "--appendonly", "no", "--dir", str(ground.redis_data)]
    return [str(redis_program()), *listening, *keeping, "--pidfile", str(ground.redis_pid_file), "--daemonize", "no"]


def make_data(ground: Ground) -> None:
    """Create the PostgreSQL data folder unless it is there. It appears whole or not at all. Raises CannotRun."""
    if (ground.data / "PG_VERSION").exists():
        return
    draft = ground.home / "postgres.new"
    subprocess.run(["rm", "-rf", str(draft)], check=True)  # noqa: S607
    draft.mkdir(mode=0o700)
    if ground.account:
        ground.account.own(draft)
    done = subprocess.run(
        # C.UTF-8 from PostgreSQL itself: the machine needs no locale, and lower() still knows every alphabet.
        [str(postgres_programs(ground) / "initdb"), "-D", str(draft), "-U", embedded.DATABASE_USER, "--auth=trust"]
        + ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
        check=False,
        capture_output=True,
        text=True,
        **(ground.account.popen if ground.account else {}),
    )
    if done.returncode != 0:
        raise CannotRun(f"PostgreSQL could not create its data folder {ground.data}: {done.stderr.strip()[-600:]}")
    draft.rename(ground.data)


def make_database(var_dir: Path) -> None:
    with psycopg.connect(_maintenance_url(var_dir), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [embedded.DATABASE_NAME]).fetchone():
            connection.execute(f'create database "{embedded.DATABASE_NAME}"')


def drop_database(var_dir: Path) -> None:
    with psycopg.connect(_maintenance_url(var_dir), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{embedded.DATABASE_NAME}" with (force)')


def postgres_answers(var_dir: Path) -> bool:
    try:
        psycopg.connect(_maintenance_url(var_dir), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def leftovers(ground: Ground) -> list[tuple[psutil.Process, int]]:
    """The servers that still run on these folders, each with the signal that ends it quickly and in order."""
    postgres = processes.server(ground.data / "postmaster.pid", ["postgres", str(ground.data)])
    engine = processes.server(ground.redis_pid_file, ["-server"])
    return [(p, s) for p, s in ((postgres, signal.SIGINT), (engine, signal.SIGTERM)) if p is not None]


def stop_leftovers(ground: Ground) -> list[str]:
    """End servers that an earlier run left on these folders; returns their names."""
    return [name for process, with_ in leftovers(ground) for name in processes.stop([process], STOP_SECONDS, with_)]


def forget_foreign_pid(ground: Ground) -> None:
    """Remove a pid file whose number now belongs to another program, as after a restart of the machine.

    PostgreSQL would refuse to start on it. A number of no process at all is left to PostgreSQL, which also looks
    for orphans that still hold the shared memory.
    """
    pid_file = ground.data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if psutil.pid_exists(pid) and processes.server(pid_file, ["postgres"]) is None:
        pid_file.unlink(missing_ok=True)


class Servers:
    """Both servers as children of this process, for the length of a `with`. Raises CannotRun if one does not answer."""

    def __init__(self, var_dir: Path, careless: bool = False) -> None:
        self.var_dir = var_dir
        self.careless = careless
        self.children: list[tuple[subprocess.Popen[bytes], int]] = []

    def __enter__(self) -> Servers:
        ground = settle(self.var_dir)
        stop_leftovers(ground)
        make_data(ground)
        forget_foreign_pid(ground)
        try:
            self._start(postgres_command(ground, self.careless), "postgres", signal.SIGINT, ground)
            self._start(redis_command(ground), "redis", signal.SIGTERM)
            self._wait("postgres", lambda: postgres_answers(self.var_dir))
            self._wait("redis", lambda: redis_answers(embedded.redis_url(self.var_dir)))
            make_database(self.var_dir)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.stop()

    def stop(self) -> None:
        for child, with_ in self.children:
            child.send_signal(with_)
        for child, _ in self.children:
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children = []

    def log(self, name: str) -> Path:
        return self.var_dir / "log" / f"{name}.log"

    def _start(self, command: list[str], name: str, stop_with: int, ground: Ground | None = None) -> None:
        self.log(name).parent.mkdir(parents=True, exist_ok=True)
        account = ground.account.popen if ground and ground.account else {}
        with self.log(name).open("wb") as log:
            child = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                # A session of its own: Ctrl-C in the terminal must reach us first, the servers last.
                start_new_session=True,
                preexec_fn=_end_with_parent(stop_with),
                **account,
            )
        self.children.append((child, stop_with))

    def _wait(self, name: str, answers: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while not answers():
            if time.monotonic() > until or any(child.poll() is not None for child, _ in self.children):
                raise CannotRun(f"The server {name} does not start. What it said stands in {self.log(name)}.")
            time.sleep(0.03)


def _end_with_parent(with_signal: int) -> Callable[[], None] | None:
    """On Linux the kernel ends a server whose test run was killed; elsewhere the next run on its folder does."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, with_signal)


def _maintenance_url(var_dir: Path) -> str:
    return embedded.database_url(var_dir).replace(f"/{embedded.DATABASE_NAME}?", "/postgres?", 1)


def become(name: str, var_dir: Path) -> None:
    """Turn this process into the server `name`; returns only by an exception."""
    ground = settle(var_dir)
    if name == "redis":
        command = redis_command(ground)
        os.execv(command[0], command)  # noqa: S606
    make_data(ground)
    forget_foreign_pid(ground)
    command = postgres_command(ground)
    if ground.account:
        os.chdir(ground.data)
        ground.account.become()
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    try:
        become(sys.argv[1], Path(os.environ["KLING_SITE_VAR"]))
    except CannotRun as refusal:
        sys.exit(str(refusal))
