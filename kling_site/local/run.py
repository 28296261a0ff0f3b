"""`./scripts/run`: start everything in the right order, say what happens, and take everything down again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from kling_site import embedded

from . import processes, servers, site, supervise
from .errors import CannotRun
from .ground import settle
from .watch import Watch

START_SECONDS = 120.0
STOP_SECONDS = 5.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to stop."""


def main() -> int:
    for number in STOP_SIGNALS:
        signal.signal(number, _on_stop)
    try:
        wanted = site.read(os.environ)
        site.check_writable(wanted.var_dir)
        with site.locked(wanted.var_dir) as free:
            if not free:
                raise CannotRun(
                    f"Kling Site already runs on {wanted.var_dir}. "
                    "Stop it first, or set KLING_SITE_VAR, PORT and SANDBOX_PORT for a second copy."
                )
            return Run(wanted).whole()
    except CannotRun as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return 1
    except Stopped:
        return 0


class Run:
    """One run of the site on one data folder, whose lock the caller holds."""

    def __init__(self, wanted: site.Site) -> None:
        self.site = wanted
        self.var_dir = wanted.var_dir
        self.environment = wanted.environment(os.environ)
        self.ground = settle(self.var_dir)
        # Uploads, takes and logs are nobody else's business on a shared machine.
        os.umask(0o077)
        self.servers = supervise.server_programs(self.environment)
        self.supervisor = supervise.Supervisor(self.var_dir)
        self.child: subprocess.Popen[bytes] | None = None

    def whole(self) -> int:
        self._clear_leftovers()
        site.check_ports(self.site)
        try:
            self._start()
            return self._watch()
        except Stopped:
            say("Stopping …")
            return 0
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            self._stop()

    def _start(self) -> None:
        if self.servers:
            say(f"Starting {' and '.join(program.name for program in self.servers)} …")
        self._start_supervisor()
        self._until(self._servers_answer, "The database or Redis", "postgres.log and redis.log")
        if not self.environment.get("DATABASE_URL"):
            servers.make_database(self.var_dir)
        say("Preparing the database and the static files (the first start takes about a minute) …")
        printed = self._prepare()
        say("Starting the web server …")
        self.supervisor.start("site:web")
        self._until(self._login_page_answers, "The web server", "web.log")
        self.supervisor.start("site:*")
        say(f"\nKling Site is ready: {self.site.address}/\n")
        if printed:
            say(printed + "\n")
        say("Press Ctrl-C to stop. Your data stays.")

    def _start_supervisor(self) -> None:
        programs = [*self.servers, *supervise.site_programs(self.site.bind, self.site.sandbox_port)]
        config = self.var_dir / "run" / "supervisord.conf"
        config.write_text(supervise.configuration(self.var_dir, programs))
        supervise.control_socket(self.var_dir).unlink(missing_ok=True)
        self.child = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            # Ctrl-C reaches this process alone; it then stops the rest in order.
            start_new_session=True,
        )
        self._until(self.supervisor.answers, "The supervisor", "supervisor.log")

    def _prepare(self) -> str:
        """Migrate, collect static files and seed; returns what the command printed, which may hold a password."""
        done = subprocess.run(
            [sys.executable, str(supervise.ROOT / "manage.py"), "prepare_site"],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            start_new_session=True,
        )
        if done.returncode != 0:
            raise CannotRun(f"{done.stdout.strip()}\nThe site could not be prepared; the reason stands above.".strip())
        return done.stdout.strip()

    def _watch(self) -> int:
        watch = Watch(self.supervisor, self.var_dir, say)
        while self.child and self.child.poll() is None:
            watch.look()
            time.sleep(1)
        raise CannotRun(f"The supervisor ended. What it said stands in {self.var_dir / 'log' / 'supervisor.log'}.")

    def _until(self, answers: Callable[[], bool], what: str, logs: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not answers():
            if (self.child and self.child.poll() is not None) or time.monotonic() > until:
                raise CannotRun(f"{what} did not start. See {logs} in {self.var_dir / 'log'}.")
            time.sleep(0.05)

    def _servers_answer(self) -> bool:
        """Only the embedded ones are waited for; a server of your own says itself what is wrong with it."""
        names = {program.name for program in self.servers}
        if "redis" in names and not servers.redis_answers(embedded.redis_url(self.var_dir)):
            return False
        return "postgres" not in names or servers.postgres_answers(self.var_dir)

    def _login_page_answers(self) -> bool:
        # The first page sends a visitor to the login page; urllib follows.
        host = urlsplit(self.environment["PUBLIC_URL"]).netloc
        request = urllib.request.Request(  # noqa: S310
            f"{self.site.address}/", headers={"Host": host, "X-Forwarded-Proto": "https"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except urllib.error.HTTPError as refused:
            if refused.code >= 400:
                hint = f"{_hint(refused.code)}See {self.var_dir / 'log' / 'web.log'}."
                raise CannotRun(f"The login page answers {refused.code}. {hint}") from None
            return False
        except OSError:
            return False

    def _clear_leftovers(self) -> None:
        # The servers last and in their own way: a killed backend makes PostgreSQL recover from a crash.
        own = [process.pid for process, _ in servers.leftovers(self.ground)]
        found = processes.stop(processes.marked(self.var_dir, without=own), STOP_SECONDS)
        found += servers.stop_leftovers(self.ground)
        if found:
            say(f"Stopped {len(found)} processes that an earlier run had left behind on {self.var_dir}.")

    def _stop(self) -> None:
        """The site first, with whatever its workers forked; then the servers, once nobody needs them."""
        try:
            self.supervisor.stop_site()
            self._wait_for_site(time.monotonic() + STOP_SECONDS)
        except supervise.NoAnswer:
            pass  # no supervisor to ask: what is left is found by its mark
        keep = [process.pid for process, _ in servers.leftovers(self.ground)]
        supervisor = {self.child.pid} if self.child else set()
        processes.stop([p for p in processes.marked(self.var_dir, without=keep) if p.pid not in supervisor], 1)
        if self.child:
            self.child.terminate()
            try:
                self.child.wait(2 * STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        servers.stop_leftovers(self.ground)
        processes.stop(processes.marked(self.var_dir), 1)

    def _wait_for_site(self, until: float) -> None:
        while time.monotonic() < until:
            if not any(p["pid"] for p in self.supervisor.programs() if p["group"] == supervise.SITE):
                return
            time.sleep(0.1)


def say(text: str) -> None:
    print(text, flush=True)


def _hint(status: int) -> str:
    return "Does ALLOWED_HOSTS hold the host of PUBLIC_URL? " if status == 400 else ""


def _on_stop(number: int, frame: object) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
