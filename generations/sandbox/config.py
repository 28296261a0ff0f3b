"""What a sandbox is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FAL_CONCURRENCY = 10
KLING_CONCURRENCY = 20
WAVESPEED_CONCURRENCY = 100
GATEWAY_CONCURRENCY = 20
RESULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """`data_dir` holds everything that must survive; `public_origin` is the root that replies and links are built on.

    `speed` divides every simulated time: 1.0 renders five seconds in 12 to 20 s of wall time. `render="tiny"` answers
    every task with one small film per length, for benchmarks with thousands of tasks. The limits count the tasks of
    one key: fal and WaveSpeed let the rest wait, Kling and the gateway refuse it.
    """

    data_dir: Path
    public_origin: str
    speed: float = 1.0
    render: Literal["real", "tiny"] = "real"
    fal_concurrency: int = FAL_CONCURRENCY
    kling_concurrency: int = KLING_CONCURRENCY
    wavespeed_concurrency: int = WAVESPEED_CONCURRENCY
    gateway_concurrency: int = GATEWAY_CONCURRENCY

    def __post_init__(self) -> None:
        if self.speed <= 0:
            raise ValueError("The sandbox's speed must be greater than 0.")

    def concurrency(self, provider: str) -> int:
        """How many tasks of one account a provider works on at a time."""
        return int(getattr(self, f"{provider}_concurrency"))
