"""One question to the rules: can this route make this recipe, given what is known of its files?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _

from generations.catalog.entries import Ability, FileFacts, Model, NamedList, Route
from generations.catalog.recipe import Recipe

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

    def has(self, option: str) -> bool:
        """Whether both the model and the route have an option."""
        return option in self.route.takes and option in self.ability.options


def seconds_listed(values: Iterable[int]) -> str:
    """Durations as people say them; a long run of them as its two ends."""
    found = sorted(values)
    if len(found) > 3 and found == list(range(found[0], found[-1] + 1)):
        return _("%(least)s to %(most)s s") % {"least": found[0], "most": found[-1]}
    return _(" or ").join(_("%(seconds)s s") % {"seconds": value} for value in found)
