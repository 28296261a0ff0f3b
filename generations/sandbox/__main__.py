"""`python -m generations.sandbox`: the sandbox without Django."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from generations.sandbox import CannotServe, DataDirInUse, add_arguments, serve

parser = ArgumentParser(prog="sandbox", description="Plays fal, Kling, WaveSpeedAI and a gateway on this machine.")
add_arguments(parser)
try:
    serve(vars(parser.parse_args()))
except (CannotServe, DataDirInUse) as problem:
    sys.exit(str(problem))
