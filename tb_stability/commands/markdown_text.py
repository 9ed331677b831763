"""Any text inside Markdown of GitHub's flavour, as text: names come from files."""

from __future__ import annotations

import html
import re

from tb_stability.printable import printable

# Longer ones are cut: a comment has room for 65,536 characters in all.
MAX_NAME = 120
MAX_PROSE = 1000

_PLAIN_NAME = re.compile(r"\w(?:[\w ./:=,+()\[\]-]*[\w./:=,+()\[\]-])?")
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~$&]|^[-+=])")
# Where GitHub makes links of text, escaped or not: persons, issues, addresses.
_LINKED = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_INVISIBLE = "\u200b"


def prose(text: str) -> str:
    r"""Returns text that is part of a sentence.

    >>> prose("loss of `<b>a_b</b>`")
    'loss of \\`\\<b\\>a\\_b\\</b\\>\\`'
    """
    return _unlinked(_MARKUP.sub(r"\\\1", _cut(printable(text), MAX_PROSE)))


def name(text: str) -> str:
    """Returns the name of a run or row as code; one that could leave a code span, as entities.

    >>> name("encoder/lstm_1")
    '`encoder/lstm_1`'
    >>> name("a|`b`")
    '<code>a&#124;&#96;b&#96;</code>'
    """
    shown = _cut(printable(text), MAX_NAME)
    if _PLAIN_NAME.fullmatch(shown):
        return f"`{shown}`"
    entities = "".join(
        letter if letter.isalnum() or letter in " …" else f"&#{ord(letter)};" for letter in shown
    )
    return f"<code>{entities}</code>"


def in_html(text: str) -> str:
    """Returns text inside an HTML element, where Markdown is not read."""
    return _unlinked(html.escape(_cut(printable(text), MAX_PROSE)))


def code_block(code: str) -> str:
    """Returns Python code in a fence that nothing inside can close."""
    longest = max((len(ticks) for ticks in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{code}\n{fence}"


def _unlinked(text: str) -> str:
    return _LINKED.sub(_INVISIBLE, text)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
