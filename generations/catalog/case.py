"""One question to the rules: can this route make this recipe, given what is known of its files?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _

from generations.catalog.entries import Ability, FileFacts, FileRule, Model, NamedList, Route
from generations.catalog.recipe import Recipe
from generations.choices import InputRole

Problem = tuple[str, str]


class Case(NamedTuple):
    """A recipe on a route. `files`: what is known of its inputs, by hash. `account_id`: whose provider ids count."""

    recipe: Recipe
    route: Route
    model: Model
    ability: Ability
    lists: Mapping[str, NamedList]
    files: Mapping[str, FileFacts]
    account_id: int | None

    @property
    def names(self) -> dict[str, str]:
        """For sentences."""
        return {
            "provider": str(self.route.provider.label),
            "model": self.model.label,
            "tier": str(self.ability.tier.label),
        }

    @property
    def prompt_max(self) -> int:
        """The longest prompt that model and route take; 0 where they take none."""
        return min(self.ability.prompt_max, self.route.prompt_max or self.ability.prompt_max)

    @property
    def speech_max(self) -> int:
        """The longest text that model and route speak."""
        return min(self.ability.speech_max, self.route.speech_max or self.ability.speech_max)

    @property
    def aspect_ratios(self) -> tuple[str, ...]:
        """The ratios that model and route make."""
        return self.route.aspect_ratios or self.ability.aspect_ratios

    @property
    def durations(self) -> tuple[int, ...]:
        """The lengths that model and route make; empty where the model decides."""
        return self.route.durations or self.ability.durations

    @property
    def files_taken(self) -> Mapping[InputRole, FileRule]:
        """What may be given for each role; what the route says of a role goes before what the model says."""
        return {**self.ability.files, **self.route.files}

    @property
    def is_from_start(self) -> bool:
        """Whether the route has lengths of its own for what has a start image and no end image."""
        roles = {item.role for item in self.recipe.inputs}
        has_limit = bool(self.route.durations_from_start)
        return has_limit and InputRole.FIRST_FRAME in roles and InputRole.LAST_FRAME not in roles

    def has(self, option: str) -> bool:
        """Whether both the model and the route have an option."""
        return option in self.route.takes and option in self.ability.options


def seconds_listed(values: Iterable[int]) -> str:
    """Durations as people say them; a long run of them as its two ends."""
    found = sorted(values)
    if len(found) > 3 and found == list(range(found[0], found[-1] + 1)):
        return _("%(least)s to %(most)s s") % {"least": found[0], "most": found[-1]}
    return _(" or ").join(_("%(seconds)s s") % {"seconds": value} for value in found)
