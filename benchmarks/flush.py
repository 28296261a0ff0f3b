"""`redis-cli flushall` in the middle of the work: five takes each in queued, submitting, running and ingesting.

A whole site as `./scripts/run` starts it, once for each provider. Wanted: all twenty are stored within 30 s of the
moment at which the provider was done with them.
"""

from __future__ import annotations

import os
from typing import Any

from benchmarks.report import Figure, Wanted, publish
from benchmarks.road.drivers import Driver

PROVIDERS = ("kling", "fal")
GROUPS = ("queued", "submitting", "running", "ingesting")


def main(argv: list[str]) -> None:
    with Driver() as driver:
        found = {provider: driver.play("flush", provider=provider)["takes"] for provider in argv or PROVIDERS}
    figures, wanted = [], []
    for provider, takes in found.items():
        for group in GROUPS:
            members = [take for take in takes if take["group"] == group]
            figures.append(Figure(f"{provider}, {group}: stored", _stored(members), f"of {len(members)} takes"))
            figures.append(Figure(f"{provider}, {group}: after provider done, slowest", _slowest(members), "s"))
        violations = [take for take in takes if take["wrong"] or take["status"] != "done"]
        figures.append(
            Figure(f"{provider}: from the flush to the last one stored", _slowest(takes, "since_flush"), "s")
        )
        unclear = [take for take in takes if take["was_uncertain"]]
        figures.append(Figure(f"{provider}: unclear for a while", len(unclear), "takes"))
        figures.append(Figure(f"{provider}: takes with a violation", len(violations), "takes"))
        for take in violations:
            print(f"VIOLATION {provider}, {take['group']}: {take['wrong']}", *take["story"], sep="\n    ", flush=True)
        for take in unclear:
            print(f"Unclear for a while: {provider}, {take['group']}", *take["story"], sep="\n    ", flush=True)
        stored, slowest = _stored(takes), _slowest(takes)
        wanted += [
            Wanted(f"{provider}: stored", f"{len(takes)}", f"{stored}", stored == len(takes) and not violations),
            Wanted(f"{provider}: after provider done, slowest", "within 30 s", f"{slowest:.1f} s", slowest <= 30),
        ]
    publish("flush", figures, wanted)


def _stored(takes: list[dict[str, Any]]) -> int:
    return len([take for take in takes if take["status"] == "done"])


def _slowest(takes: list[dict[str, Any]], what: str = "seconds") -> float:
    return max((float(take[what]) for take in takes), default=0.0)


os.environ.setdefault("LOG_LEVEL", "WARNING")
