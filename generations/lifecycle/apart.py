"""How a caller keeps the steps of a round apart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

# Called with what a step is, it returns what the step runs in; `nullcontext`: a defect in one stops the others.
Apart = Callable[[str], AbstractContextManager[object]]
