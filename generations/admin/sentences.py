"""The sentences of the books, with links to the rows that they name."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from generations import ledger
from generations.admin.shown import link


def sentences_block(sentences: Iterable[ledger.Sentence]) -> SafeString:
    """Sentences beneath each other."""
    return format_html_join("", '<p class="leading-relaxed">{}</p>', ((sentence_html(item),) for item in sentences))


def sentence_html(sentence: ledger.Sentence) -> SafeString:
    """A sentence whose names lead to what they name."""
    shown, rest = SafeString(""), sentence.text
    for item in sentence.links:
        before, found, after = rest.partition(item.words)
        if found:
            shown, rest = format_html("{}{}{}", shown, before, link(item.target, item.words)), after
    return format_html("{}{}", shown, rest)
