"""The troubles a provider can be told to have, and the three ways to ask for one.

1. In the prompt, in square brackets: `a boat [stuck]`, `[slow download 5s]`, `[truncated download once]`.
2. By the header `X-Sandbox-Fault: name` of the submit (several separated by commas).
3. By `POST /_control {"fault": name, "provider": "fal", "count": n}`: the next n requests that the fault concerns,
   from any task; `"value"` is its number. Without a provider it waits for any of the four.

A fault of the kinds `render`, `status`, `result`, `download` and `webhook` stays with the task it was asked for. Those
marked "once" happen one time per task; `once` after any other name makes it so.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

ALWAYS = -1


class Fault(NamedTuple):
    """`at` is the kind of request that the fault concerns; `times` is how often a task has it."""

    at: str
    does: str
    times: int = ALWAYS


FAULTS: dict[str, Fault] = {
    "429": Fault("submit", "refuses the submit: HTTP 429 with Retry-After, on Kling code 1302; nothing is made", 1),
    "1303": Fault("submit", "refuses the submit: HTTP 429, on Kling code 1303; nothing is made", 1),
    "500": Fault("submit", "answers the submit with HTTP 500; nothing is made", 1),
    "503": Fault("submit", "answers the submit with HTTP 503, on Kling code 5001; nothing is made", 1),
    "html": Fault("submit", "answers the submit with a gateway's HTML page, HTTP 502; nothing is made", 1),
    "lost request": Fault("submit", "cuts the connection before anything is made", 1),
    "lost reply": Fault("submit", "takes the task, stores it, then cuts the connection without a byte", 1),
    "half reply": Fault("submit", "takes the task, sends half of the reply, then cuts", 1),
    "garbled reply": Fault("submit", "takes the task, answers HTTP 200 with something that is not JSON", 1),
    "code": Fault("submit", "[code 1301]: refuses the submit with that code of the provider's own table", 1),
    "no funds": Fault("submit", "refuses the submit as the provider does when an account has no money left", 1),
    "429 bare": Fault("submit", "refuses the submit: HTTP 429 without Retry-After; nothing is made", 1),
    "slow reply": Fault("submit", "takes the task, answers after 60 s (or as long as is said)", 1),
    "500 after accept": Fault("submit", "takes the task, then answers HTTP 500, on Kling code 5000", 1),
    "render": Fault("render", "[render 30s]: renders for exactly that long, whatever the speed"),
    "moderated": Fault("render", "ends in the provider's content refusal, not charged"),
    "moderated charged": Fault("render", "ends in the provider's content refusal, charged all the same"),
    "fail": Fault("render", "ends in the provider's internal error, not charged"),
    "nsfw": Fault("render", "WaveSpeed: ends with a film that is marked as not safe; elsewhere as moderated"),
    "stuck": Fault("render", "never ends"),
    "obey cancel": Fault("render", "fal: a cancel stops the running task; without this it renders on and is charged"),
    "500 status": Fault("status", "answers a status request with HTTP 500, on Kling code 5000", 1),
    "429 status": Fault("status", "answers a status request with HTTP 429, on Kling code 1302", 1),
    "html status": Fault("status", "answers a status request with an HTML page, HTTP 200", 1),
    "unknown state": Fault("status", "answers a status request with a state that no document names", 1),
    "504 result": Fault("result", "answers the request for the result with HTTP 504, on Kling code 5002", 1),
    "no url": Fault("result", "sends a result without the film's address"),
    "slow download": Fault("download", "sends the film over 20 s (or as long as is said)"),
    "truncated download": Fault("download", "announces the whole film, sends half, then cuts"),
    "html download": Fault("download", "sends an HTML page with HTTP 200 in place of the film"),
    "endless download": Fault("download", "sends bytes without an end and without a length"),
    "expired download": Fault("download", "answers HTTP 403, as a signed link that has run out"),
    "redirect download": Fault("download", "redirects to a private address (http://169.254.169.254/)"),
    "no webhook": Fault("webhook", "sends no webhook"),
    "forged webhook": Fault("webhook", "signs the webhook with a key that is not the provider's"),
    "stale webhook": Fault("webhook", "signs the webhook with a time ten minutes ago"),
    "late webhook": Fault("webhook", "sends the webhook 20 s late (or as long as is said); once: only the first one"),
    "double webhook": Fault("webhook", "sends every webhook twice"),
}

_NAMES = "|".join(re.escape(name) for name in sorted(FAULTS, key=len, reverse=True))
_WORDS = rf"({_NAMES})(?:\s+(\d+(?:\.\d+)?)\s*s?)?(\s+once)?"
_IN_PROMPT = re.compile(rf"\[{_WORDS}\]", re.IGNORECASE)
_IN_HEADER = re.compile(rf"\s*{_WORDS}\s*", re.IGNORECASE)


class Asked(NamedTuple):
    """One fault as it was asked for. `seconds` is the number that followed the name, 0 where none did."""

    name: str
    times: int
    seconds: float = 0.0


def read_faults(prompt: Any, header: str) -> dict[str, Asked]:
    """The faults named in a prompt and in the header, by name. Words that are no fault are left alone."""
    found = list(_IN_PROMPT.finditer(prompt)) if isinstance(prompt, str) else []
    found += [match for part in header.split(",") if (match := _IN_HEADER.fullmatch(part))]
    return {asked.name: asked for asked in map(_asked, found)}


def _asked(match: re.Match[str]) -> Asked:
    name = match[1].lower()
    return Asked(name, 1 if match[3] else FAULTS[name].times, float(match[2] or 0))


class Armed:
    """Faults asked for through the control address, used up one request at a time; a restart forgets them."""

    def __init__(self) -> None:
        self._waiting: list[dict[str, Any]] = []

    def add(self, name: str, provider: str, count: int, value: float = 0.0) -> None:
        item: dict[str, Any] = {"fault": name, "provider": provider, "count": count}
        self._waiting.append({**item, "value": value} if value else item)

    def clear(self) -> None:
        self._waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [dict(item) for item in self._waiting]

    def take(self, provider: str, kinds: Iterable[str]) -> Iterator[Asked]:
        """Use up one of each waiting fault that concerns this kind of request."""
        for item in list(self._waiting):
            if FAULTS[item["fault"]].at in kinds and item["provider"] in ("", provider):
                item["count"] -= 1
                if not item["count"]:
                    self._waiting.remove(item)
                yield Asked(item["fault"], 1, float(item.get("value", 0)))


class Losses:
    """Which accepted submits lose their reply: every n-th, or a share drawn from a seed, per provider."""

    def __init__(self) -> None:
        self._rules: dict[str, dict[str, Any]] = {}
        self._chances: dict[str, random.Random] = {}
        self._taken: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()

    def set(self, provider: str, *, every: int = 0, share: float = 0.0, seed: int = 0) -> None:
        """From now on lose replies of a provider; with neither `every` nor `share`, none."""
        self._rules[provider] = {"every": every, "share": share, "seed": seed}
        self._chances[provider] = random.Random(seed)  # noqa: S311 - a test's dice
        self._taken[provider] = self._lost[provider] = 0

    def clear(self) -> None:
        self._rules.clear()

    def listed(self) -> dict[str, dict[str, Any]]:
        return {
            name: {**rule, "accepted": self._taken[name], "lost": self._lost[name]}
            for name, rule in self._rules.items()
        }

    def take(self, provider: str) -> bool:
        """Whether the reply of the submit that is being accepted is lost."""
        rule = self._rules.get(provider)
        if rule is None:
            return False
        self._taken[provider] += 1
        is_nth = bool(rule["every"]) and self._taken[provider] % rule["every"] == 0
        lost = is_nth or self._chances[provider].random() < rule["share"]
        self._lost[provider] += lost
        return lost
