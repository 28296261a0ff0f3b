"""The process that renders, one film at a time and at low priority: a shot per line in, the same key out when done.

It ends when its input does, so it never outlives a sandbox that was killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from generations.sandbox.film import Planes, encode, marked
from generations.sandbox.film_copy import hand_back
from generations.sandbox.film_scene import from_prompt
from generations.sandbox.film_still import from_still
from generations.sandbox.picture import make_picture
from generations.sandbox.shot import SOUNDS, STILLS, Shot
from generations.sandbox.sound import make_sound

PRIORITY = 5


def render(shot: Shot, path: Path) -> None:
    """Make the file of a shot at a path. Raises OSError for a picture that cannot be decoded."""
    if shot.suffix in SOUNDS:
        make_sound(shot, path)
    elif shot.suffix in STILLS:
        make_picture(shot, path)
    elif shot.source:
        hand_back(shot, path)
    else:
        pictures: Iterable[Planes] = from_still(shot) if shot.first or shot.last else from_prompt(shot)
        encode(path, marked(pictures), shot.fps)


def main() -> None:
    os.nice(PRIORITY)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the sandbox's to hear
    for line in sys.stdin:
        order = json.loads(line)
        answer = {"key": order["key"], "error": ""}
        try:
            render(Shot(**order["shot"]), Path(order["path"]))
        except (OSError, ValueError) as error:  # a broken picture must not end the process
            answer["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
