"""django-hordak on the same server, for scale: a database of its own, a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

DATABASE = "kling_site_hordak"  # as in hordak_settings


def transfers_per_second(threads: int, seconds: float) -> float:
    """`transfer_to` between two accounts, by so many threads for so many seconds, on a fresh database."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers.hordak_transfers", str(threads), str(seconds)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.peers.hordak_settings"},
        cwd=Path(__file__).resolve().parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(json.loads(done.stdout.splitlines()[-1])["per_second"])
