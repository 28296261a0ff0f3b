"""What a benchmark leaves behind: a table for the reader and a JSON file for comparison."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value with its unit, for example ("accepted, 8 threads", 412.0, "generations/s")."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Wanted:
    """One target in words, what was measured against it, and whether it was met."""

    name: str
    target: str
    value: str
    met: bool


def publish(name: str, figures: Sequence[Figure], wanted: Sequence[Wanted] = ()) -> Path:
    """Print the table and write KLING_SITE_VAR/bench/NAME.json; returns its path. A missed target raises nothing."""
    print(table(name, figures, wanted), flush=True)
    path = _folder() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "name": name,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "figures": [asdict(figure) for figure in figures],
        "wanted": [asdict(target) for target in wanted],
    }
    draft = path.with_suffix(".json.new")
    draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    draft.replace(path)
    return path


def table(name: str, figures: Sequence[Figure], wanted: Sequence[Wanted] = ()) -> str:
    measured = [(figure.name, _number(figure.value), figure.unit) for figure in figures]
    targets = [(t.name, f"wanted {t.target}", f"got {t.value}", "met" if t.met else "missed") for t in wanted]
    return "\n".join([name, "", *_columns(measured, right=1), *([""] if targets else []), *_columns(targets)])


def _columns(rows: Sequence[tuple[str, ...]], right: int | None = None) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_cells(row, widths, right)).rstrip() for row in rows]


def _cells(row: tuple[str, ...], widths: list[int], right: int | None) -> list[str]:
    pairs = enumerate(zip(row, widths, strict=True))
    return [cell.rjust(width) if place == right else cell.ljust(width) for place, (cell, width) in pairs]


def _number(value: float) -> str:
    """Four significant digits: more would pretend."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def _folder() -> Path:
    given = os.environ.get("KLING_SITE_BENCH_DIR")
    if given:
        return Path(given)
    return Path(os.environ.get("KLING_SITE_VAR") or Path(__file__).resolve().parents[1] / "var").resolve() / "bench"
