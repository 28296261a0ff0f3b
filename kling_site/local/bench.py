"""`./scripts/bench NAME`: one figure, on a fresh database, with servers as durable as the site's own."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from . import session, site
from .errors import CannotRun
from .servers import Servers, drop_database, make_database

ROOT = Path(__file__).resolve().parents[2]
NOT_A_BENCHMARK = {"__init__", "report"}


def names() -> list[str]:
    return sorted(p.stem for p in (ROOT / "benchmarks").glob("*.py") if p.stem not in NOT_A_BENCHMARK)


def main(arguments: list[str]) -> int:
    session.stop_on_terminate()
    known = names()
    if not arguments or arguments[0] not in known:
        print(f"Usage: ./scripts/bench NAME, where NAME is one of: {', '.join(known) or 'none yet'}.", file=sys.stderr)
        return 2
    try:
        _run(arguments[0], arguments[1:])
    except CannotRun as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _run(name: str, arguments: list[str]) -> None:
    outer = site.var_dir(os.environ)
    site.check_writable(outer)
    with session.data_folder("bench-data") as folder:
        session.clear_environment()
        os.environ["KLING_SITE_VAR"] = str(folder)
        os.environ["KLING_SITE_BENCH_DIR"] = str(outer / "bench")
        os.environ["DJANGO_SETTINGS_MODULE"] = "kling_site.settings"
        with Servers(folder):
            drop_database(folder)
            make_database(folder)
            _migrate()
            importlib.import_module(f"benchmarks.{name}").main(arguments)


def _migrate() -> None:
    # Not before the environment says which database.
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
