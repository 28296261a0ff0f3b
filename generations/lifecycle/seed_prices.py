"""The catalog's list prices in the price book: dated rows, added once, each until the next one begins."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time

from django.db import transaction

from generations import catalog
from generations.models import PriceRule

_Key = tuple[object, ...]


def seed_prices(*, now: datetime) -> int:
    """Add the prices that the book does not have yet; how many were added. Calling it again changes nothing.

    A price that a person has decided stays: the catalog's is added only where none of that kind is valid, or where the
    one that is came from the catalog too. That one ends then, at the earliest after the last take quoted with it.
    """
    listed = [_rule(price) for price in catalog.load().prices]
    known = _by_key(list(PriceRule.objects.filter(account=None)))
    dates = {(_key(rule), rule.valid_from) for rule in listed}
    added = 0
    with transaction.atomic():
        fresh: list[PriceRule] = []
        for key, rules in _by_key(listed).items():
            if key in known or len(rules) > 1:
                added += sum(_add(rule, dates, now) for rule in rules)
            else:
                fresh += rules
        # Two sites that begin at once: the database keeps each price once.
        PriceRule.objects.bulk_create(fresh, ignore_conflicts=True)
    return added + len(fresh)


def _add(rule: PriceRule, dates: set[tuple[_Key, datetime]], now: datetime) -> bool:
    """Add a price between those of its kind that are there; False where it is there, or nothing is left for it."""
    others = list(PriceRule.objects.select_for_update().saying_the_same(rule).order_by("valid_from"))
    if any(other.valid_from == rule.valid_from for other in others):
        return False
    rule.valid_until = next((other.valid_from for other in others if other.valid_from > rule.valid_from), None)
    before = next((other for other in others if _is_valid(other, rule.valid_from)), None)
    if before is not None:
        if rule.valid_until is not None or (_key(before), before.valid_from) not in dates:
            return False
        used_at = before.last_used_at()
        if used_at and used_at >= rule.valid_from:
            rule.valid_from = max(now, used_at)
        PriceRule.objects.filter(pk=before.pk).update(valid_until=rule.valid_from)
    rule.save(force_insert=True)
    return True


def _is_valid(rule: PriceRule, moment: datetime) -> bool:
    return rule.valid_from <= moment and (rule.valid_until is None or rule.valid_until > moment)


def _rule(price: catalog.Price) -> PriceRule:
    return PriceRule(
        provider=price.provider,
        model=price.model,
        tier=price.tier,
        capability=price.capability or "",
        variant=price.variant or "",
        amount=None if price.amount == "unknown" else price.amount,
        currency=price.currency,
        per=price.per,
        valid_from=datetime.combine(price.valid_from, time(), UTC),
        source=price.source,
        note=price.note,
    )


def _key(rule: PriceRule) -> _Key:
    return tuple(getattr(rule, name) for name in PriceRule.SAYS)


def _by_key(rules: list[PriceRule]) -> dict[_Key, list[PriceRule]]:
    found: dict[_Key, list[PriceRule]] = defaultdict(list)
    for rule in sorted(rules, key=lambda rule: rule.valid_from):
        found[_key(rule)].append(rule)
    return found
