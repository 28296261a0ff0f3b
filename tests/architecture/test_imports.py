"""The import table of the architecture, as code. A new package must be entered here before anything may import it."""

import ast

import pytest

from tests.architecture.source import OURS, door, is_submodule, sources, units

GROUND = {"catalog", "choices", "errors"}
# Ignorant of each other.
PILLARS = {"access", "ledger", "queue", "media", "providers"}
DOMAIN = GROUND | PILLARS | {"models", "pricing", "lifecycle", "reports"}
INTERFACES = {"portal", "api", "admin", "webhooks", "management", "jobs", "middleware"}

MAY_IMPORT = {
    "choices": set(),
    "errors": set(),
    "catalog": {"choices", "errors"},
    "models": GROUND,
    "pricing": GROUND,
    "access": GROUND | {"models"},
    "ledger": GROUND | {"models"},
    "queue": GROUND | {"models"},
    "media": GROUND,
    "providers": GROUND,
    "sandbox": {"catalog"},
    "lifecycle": GROUND | PILLARS | {"models", "pricing"},
    "reports": GROUND | {"access", "ledger", "models", "pricing"},
    "portal": DOMAIN,
    "api": DOMAIN,
    "admin": DOMAIN,
    "webhooks": DOMAIN,
    "jobs": {"lifecycle", "queue", "reports"},
    "management": DOMAIN | {"sandbox"},
    "middleware": set(),
    "templatetags": {"catalog", "choices"},
    "checks": {"catalog"},
    "apps": {"checks"},
    "migrations": {"models"},
}
NO_ORM = {"providers", "media", "pricing", "catalog", "sandbox", "errors", "middleware"}
ONLY_IN = {
    "httpx": {"generations/providers/http.py", "generations/media/fetch.py"},
    "httpx_aiohttp": {"generations/providers/http.py"},
    # The sandbox is a provider, not the site: it delivers webhooks and gets inputs with a client of its own.
    "aiohttp": {
        "generations/providers/http.py",
        "generations/sandbox/webhooks.py",
        "generations/sandbox/fetching.py",
    },
    "rq": {"generations/queue.py", "generations/jobs.py"},
    "redis": {"generations/queue.py"},
    "requests": set(),
    "urllib3": set(),
    "urllib.request": set(),
    "http.client": set(),
}


def test_every_package_and_module_is_in_the_table():
    assert set(units()) <= set(MAY_IMPORT)


def test_a_file_imports_only_what_its_package_may():
    wrong = [
        f"{source.name}: {source.unit} may not import {name}"
        for source in sources()
        for name in source.imports_of(OURS)
        if unit_of(name) != source.unit and unit_of(name) not in MAY_IMPORT[source.unit]
    ]

    assert wrong == []


def unit_of(name):
    return name.split(".")[1]


def test_a_file_enters_another_package_by_its_door():
    wrong = [
        f"{source.name}: {name}"
        for source in sources()
        if source.unit != "migrations"  # Django writes them, with the full path of a manager
        for name in source.imports_of(OURS)
        if unit_of(name) != source.unit and not is_door(name)
    ]

    assert wrong == []


def is_door(name):
    """Whether a dotted name is a package, or something that the package's `__all__` gives."""
    _, unit, *inside = name.split(".")
    if not inside or door(unit) is None:
        return True
    return len(inside) == 1 and (inside[0] in door(unit) or not is_submodule(unit, inside[0]))


def test_the_door_is_known_from_the_rooms():
    """So that the test above does not pass because it cannot see."""
    assert is_door("generations.ledger.hold")
    assert is_door("generations.lifecycle.submit")
    assert is_door("generations.pricing.Rate")
    assert not is_door("generations.providers.http")
    assert not is_door("generations.ledger.movements.post")


@pytest.mark.parametrize("unit", sorted(unit for unit in units() if unit in DOMAIN and door(unit) is not None))
def test_a_package_that_others_use_says_what_its_door_gives(unit):
    assert door(unit)


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_used_only_where_its_place_is(library):
    users = {source.name for source in sources() if source.imports_of(library)}

    assert users <= ONLY_IN[library]


def imported(units_in_question, *packages):
    return {
        source.name: names
        for source in sources()
        if source.unit in units_in_question and (names := source.imports_of(*packages))
    }


def test_the_database_is_out_of_reach_of_what_is_pure():
    assert imported(NO_ORM, "django.db", "psycopg", "django.contrib.postgres") == {}


def test_choices_take_nothing_from_the_database_layer_but_text_choices():
    found = imported({"choices"}, "django.db")

    assert found == {"generations/choices.py": ["django.db.models.TextChoices"]}


def test_no_flow_of_ours_runs_over_signals():
    assert imported(set(units()), "django.dispatch", "django.db.models.signals", "django.core.signals") == {}


def test_only_interfaces_know_what_a_request_is():
    others = set(units()) - INTERFACES - {"sandbox", "templatetags"}  # the sandbox is a server of its own
    web = ("django.http", "django.shortcuts", "django.views", "django.urls", "django.contrib.messages", "starlette")

    found = imported(others, *web)

    # Where a provider may call back is an address of ours, and so is what a mail points to.
    for name in ("accounts", "addresses"):
        assert found.pop(f"generations/lifecycle/{name}.py", []) in ([], ["django.urls.reverse"])
    assert found.pop("generations/reports/addresses.py", []) in ([], ["django.urls.reverse"])
    assert found == {}


def test_the_clock_is_read_by_those_above_and_handed_down():
    """Not to `lifecycle`'s pumps, which run for a minute, and not to adapters, which sign with the time of sending."""
    clocks = {"timezone.now", "datetime.now", "datetime.utcnow", "date.today", "time.time"}
    handed = {"access", "catalog", "ledger", "models", "pricing"}
    wrong = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        if source.unit in handed
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in clocks
    ]

    assert wrong == []
