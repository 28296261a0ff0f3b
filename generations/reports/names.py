"""What the values of a dimension are called, and what they are a name of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from generations import catalog
from generations.choices import Capability, Tier
from generations.models import Project, ProviderAccount, Shot, User
from generations.reports.sheet import Named


def names(by: str, values: Iterable[Any]) -> dict[Any, Named]:
    """A name for each value, in one query at most; one that is no more is called so."""
    wanted = set(values)
    known = _known(by, wanted)
    return {value: known.get(value) or Named(_("No longer there"), by) for value in wanted}


def _known(by: str, wanted: set[Any]) -> dict[Any, Named]:
    if by == "project":
        rows = Project.objects.filter(pk__in=wanted).values_list("pk", "name", "public_id")
        return {pk: Named(name, by, str(public_id)) for pk, name, public_id in rows}
    if by == "shot":
        shots = Shot.objects.filter(pk__in=wanted).values_list("pk", "code", "public_id")
        return {pk: Named(code, by, str(public_id)) for pk, code, public_id in shots}
    if by == "account":
        accounts = ProviderAccount.objects.filter(pk__in=wanted).values_list("pk", "label", "public_id")
        return {pk: Named(label, by, str(public_id)) for pk, label, public_id in accounts}
    if by == "member":
        return {user.pk: Named(str(user), by, str(user.pk)) for user in User.objects.filter(pk__in=wanted)}
    return {value: Named(_label(by, value), by, value) for value in wanted}


def _label(by: str, value: str) -> str:
    """The word for a choice; an old one that is known no more speaks for itself."""
    if by == "tier":
        return str(Tier(value).label) if value in Tier.values else value
    if by == "capability":
        return str(Capability(value).label) if value in Capability.values else value
    model = catalog.load().find_model(value)
    return model.label if model else value
