"""What the tests of facts share: names of models, and short questions to the catalog."""

from datetime import date
from decimal import Decimal

from generations import catalog
from tests.catalog.recipes import find_route

D = Decimal
ON = date(2026, 11, 21)
BOOK = catalog.load()
VIDEO = [
    *("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"),
    *("kling-v2-5-turbo", "kling-v2-6", "kling-o1", "kling-v3", "kling-v3-omni", "kling-v3-turbo"),
]
TOOLS = [
    *("kling-lip-sync", "kling-lip-sync-face", "kling-avatar", "kling-avatar-v2", "kling-effects", "kling-tts"),
    "kling-audio",
]
IMAGES = [
    *("kolors-v1", "kolors-v1-5", "kolors-v2", "kolors-v2-new", "kolors-v2-1"),
    *("kling-image-v3", "kling-image-o1", "kling-image-o3", "kling-expand"),
]
TRY_ON = ["kolors-try-on-v1", "kolors-try-on-v1-5"]
FIVE_OR_TEN = (5, 10)
TO_TEN = tuple(range(3, 11))
TO_FIFTEEN = tuple(range(3, 16))


def ability(model, capability, tier="std"):
    return BOOK.model(model).find_ability(capability, tier)


def routes(provider=None, **wanted):
    found = (route for route in BOOK.routes if provider in (None, route.provider))
    return [route for route in found if all(getattr(route, name) == value for name, value in wanted.items())]


def amount(key, variant=None):
    found = BOOK.find_price(find_route(key), ON, variant)
    return "unknown" if found.amount == "unknown" else (found.amount, found.currency.value, found.per.value)
