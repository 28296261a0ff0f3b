"""Rules of style that a machine can watch: names, providers in conditions, broad handlers, what a page may carry."""

import ast
import re

from generations.choices import Provider
from tests.architecture.source import OURS, ROOT, sources, templates, without_comments

DRAWERS = re.compile(r"(^|_)(utils?|helpers?|services?|managers?|misc|common)(_|$)")
BROAD = {"generations/jobs.py", "generations/lifecycle/pump.py"}
CSS = sorted((ROOT / OURS / "static" / OURS / "css").glob("*.css"))
COLOURS = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(rgba?|hsla?|hwb|lab|lch|oklab|oklch)\("
    r"|\b(black|white|gr[ae]y|silver|red|maroon|orange|gold|yellow|olive|lime|green|teal|aqua|cyan|blue|navy|purple"
    r"|fuchsia|magenta|pink|brown|tomato|crimson|indigo|violet)\b",
    re.IGNORECASE,
)


def test_no_file_is_a_drawer():
    folders = [ROOT / name for name in (OURS, "kling_site", "templates", "tests", "scripts", "benchmarks")]
    for path in (path for folder in folders for path in folder.rglob("*")):
        if "__pycache__" not in path.parts:
            assert not DRAWERS.search(path.stem), path.relative_to(ROOT)


def conditions(tree):
    """Every expression that decides something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.Match):
            yield from (case.pattern for case in node.cases)


def names_a_provider(condition):
    for node in ast.walk(condition):
        if isinstance(node, ast.Constant) and node.value in Provider.values:
            return True
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {f"Provider.{name}" for name in Provider.names}:
            return True
    return False


def test_a_providers_name_decides_nothing_outside_its_adapter():
    wrong = [
        f"{source.name}:{condition.lineno}"
        for source in sources()
        if source.unit not in {"providers", "catalog", "sandbox"}  # the sandbox is the providers
        for condition in conditions(source.tree)
        if names_a_provider(condition)
    ]

    assert wrong == []


def test_a_providers_name_decides_nothing_in_a_page():
    slug = re.compile(rf"[\"']({'|'.join(Provider.values)})[\"']")
    wrong = [
        f"{path.relative_to(ROOT)}: {tag}"
        for path in templates()
        for tag in re.findall(r"\{%\s*(?:el)?if .*?%\}", path.read_text())
        if slug.search(tag)
    ]

    assert wrong == []


def test_a_broad_handler_stands_only_where_expected_and_unexpected_part():
    wrong = [
        f"{source.name}:{handler.lineno}"
        for source in sources()
        for handler in ast.walk(source.tree)
        if isinstance(handler, ast.ExceptHandler) and not is_narrow(handler) and source.name not in BROAD
    ]

    assert wrong == []


def is_narrow(handler):
    caught = ast.unparse(handler.type) if handler.type else "everything"
    if caught == "BaseException":  # to tidy up, never to go on
        return isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return caught not in {"everything", "Exception"}


INLINE = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"\s(on[a-z]{3,}|hx-on[:-][a-z:-]+|hx-vals\s*=\s*[\"']js:)\s*=?", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
}


def tags_of(markup):
    """The tags alone, without what template tags and text around them say."""
    return re.findall(r"<[a-z!][^<>]*>", re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", markup, flags=re.DOTALL), re.IGNORECASE)


def inline(markup):
    """What a page must not carry, tag by tag."""
    for tag in tags_of(markup):
        for what, pattern in INLINE.items():
            # An attribute's value may hold any word.
            seen = re.sub(r"=\s*(\"[^\"]*\"|'[^']*')", "=", tag) if what.endswith("attribute") else tag
            if pattern.search(seen):
                yield f"{what}: {tag}"


def test_a_page_keeps_to_its_content_policy():
    wrong = {str(path.relative_to(ROOT)): list(inline(without_comments(path.read_text()))) for path in templates()}

    assert {name: found for name, found in wrong.items() if found} == {}


def test_markup_made_in_python_keeps_to_it_too():
    wrong = [
        f"{source.name}:{node.lineno} {found}"
        for source in sources()
        if source.unit != "sandbox"  # a server of its own, with a policy of its own
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in inline(node.value)
    ]

    assert wrong == []


def test_the_inline_patterns_find_what_they_are_for():
    """So that none of the tests above passes because it cannot see."""
    wrong = {
        "a style attribute": '<p class="a" style="color: red">',
        "an event attribute": '<button type="button" onclick="go()">',
        "an inline script": '<script type="module">',
        "a style element": "<style>",
        "a script address": '<a href="javascript:void(0)">',
    }
    assert set(wrong) == set(INLINE)
    for what, markup in wrong.items():
        assert list(inline(markup)) == [f"{what}: {markup}"]
    assert list(inline('<script src="{% static "a.js" %}"></script><p class="on call=1" data-style="wide">')) == []
    assert COLOURS.search("color: #fff")
    assert COLOURS.search("rgb(0 0 0 / 50%)")
    assert not COLOURS.search("color-mix(in srgb, var(--accent) 45%, transparent)")


def colours(css):
    for declaration in re.findall(r"[a-z-]+\s*:\s*[^;{}]+[;}]", without_comments(css)):
        value = re.sub(r"var\(--[a-z0-9-]+|url\([^)]*\)", "", declaration.split(":", 1)[1])
        if COLOURS.search(value):
            yield declaration


def test_a_colour_is_named_in_the_tokens_and_nowhere_else():
    wrong = {path.name: list(colours(path.read_text())) for path in CSS if path.name != "tokens.css"}

    assert {name: found for name, found in wrong.items() if found} == {}
    assert list(colours("p { color: #fff; white-space: pre; background: var(--white) }")) == ["color: #fff;"]


def test_there_are_pages_and_style_sheets_to_look_at():
    assert templates()
    assert "tokens.css" in {path.name for path in CSS}
