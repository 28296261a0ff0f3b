"""The site's own source as syntax trees, and the few questions the tests ask them."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
OURS = "generations"


class Source(NamedTuple):
    """A Python file: where it is, and its package or module directly below `generations`."""

    path: Path
    unit: str

    @property
    def name(self):
        return str(self.path.relative_to(ROOT))

    @property
    def tree(self):
        return _parse(self.path)

    def imports(self):
        """Every imported dotted name; `from a import b` counts as `a.b`, wherever in the file it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def imports_of(self, *packages):
        """The imported names that are one of the packages, or in one."""
        return [name for name in self.imports() if any(f"{name}.".startswith(f"{package}.") for package in packages)]


@cache
def _parse(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def sources():
    found = []
    for path in sorted((ROOT / OURS).rglob("*.py")):
        parts = path.relative_to(ROOT / OURS).with_suffix("").parts
        if parts != ("__init__",):
            found.append(Source(path, parts[0]))
    return found


@cache
def units():
    return sorted({source.unit for source in sources()})


@cache
def door(unit):
    """The names that a package gives to others: its `__all__`."""
    path = ROOT / OURS / unit / "__init__.py"
    if not path.exists():
        return None
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["__all__"]:
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def is_submodule(unit, name):
    folder = ROOT / OURS / unit
    return (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()


def templates():
    return sorted((ROOT / "templates").rglob("*.html"))


def without_comments(text):
    """A template without what never reaches the browser, or CSS without its comments."""
    return re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}|/\*.*?\*/|<!--.*?-->", "", text, flags=re.DOTALL)
