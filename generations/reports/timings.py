"""How long takes waited and rendered, from buckets that grow by a fourth of a doubling."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from decimal import Decimal
from itertools import accumulate

from django.db.models import Sum

from generations.models import TimingDay
from generations.reports.filters import Filters
from generations.reports.tallies import BUCKETS_PER_DOUBLING

# A bucket stands for its geometric middle: at most half a bucket off, 2^(1/8).
ERROR_PERCENT = Decimal("9.1")


def percentiles(filters: Filters, shares: tuple[float, ...]) -> dict[tuple[int, str], list[Decimal]]:
    """Seconds below which so large shares of the takes are, by the account's key and the kind of timing.

    Only the filters' days and account count: timings are not kept by project, member, model, tier or capability.
    """
    rows = TimingDay.objects.filter(team=filters.team, day__range=(filters.first_day, filters.last_day), takes__gt=0)
    if filters.account is not None:
        rows = rows.filter(account=filters.account)
    counted: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for account, kind, bucket, takes in (
        rows.values("account_id", "kind", "bucket")
        .annotate(all_takes=Sum("takes"))
        .order_by("bucket")
        .values_list("account_id", "kind", "bucket", "all_takes")
    ):
        counted[account, kind].append((bucket, takes))
    return {key: [_percentile(buckets, share) for share in shares] for key, buckets in counted.items()}


def _percentile(buckets: list[tuple[int, int]], share: float) -> Decimal:
    reached = list(accumulate(takes for _bucket, takes in buckets))
    place = bisect_left(reached, share * reached[-1])
    return Decimal(2 ** ((buckets[place][0] + 0.5) / BUCKETS_PER_DOUBLING)).quantize(Decimal("0.1"))
