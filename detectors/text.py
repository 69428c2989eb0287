"""Makes text from a stranger's file fit to be shown: on a terminal, on a page, in a log line.

A manifest's title may hold an escape sequence that repaints the terminal, a bidirectional override that turns
``gpj.exe`` round, a newline that forges a second verdict, or a megabyte of it. Everything that is shown goes
through :func:`safe_text`; what is dangerous becomes visible instead of active. Escaping for a medium (HTML entities,
rich markup) is the business of the one who writes to that medium; :func:`safe_text` does not do it.
"""

from __future__ import annotations

import unicodedata
from typing import Final

DEFAULT_LENGTH: Final = 240
"""Characters kept of one piece of text."""

_MOST_MARKS: Final = 2
"""Combining marks kept on one base character; more of them climb over the lines above and below."""

_SPACES: Final = frozenset({"Zs", "Zl", "Zp"})
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_COMBINING: Final = frozenset({"Mn", "Me"})
# Letters by category that every font draws as blank: a title made of them looks like no title.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def safe_text(text: object, limit: int = DEFAULT_LENGTH) -> str:
    """One line of text that only shows what it says.

    Control characters, escapes, bidirectional and other invisible format characters, surrogates, private and
    unassigned code points become ``<U+XXXX>``; any run of white space becomes one space; piled-up combining marks
    are cut; the rest is kept, in any script.

    Args:
        text: anything; ``str()`` of it is shown.
        limit: longest result, in characters, at least 1; a longer one ends in an ellipsis.
    """
    plain = str(text)
    if plain.isascii() and plain.isprintable():  # most is
        return _cut(" ".join(plain.split()), limit)
    shown: list[str] = []
    length = marks = 0
    for character in plain:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _COMBINING else 0
        if marks > _MOST_MARKS:
            continue
        if category in _SPACES or character in "\t\n\r":
            if not shown or shown[-1] == " ":
                continue
            piece = " "
        elif category in _HIDDEN or character in _BLANK:
            piece = f"<U+{ord(character):04X}>"
        else:
            piece = character
        shown.append(piece)
        length += len(piece)
        if length > limit + 1:
            break
    return _cut("".join(shown).rstrip(" "), limit)


def _cut(line: str, limit: int) -> str:
    return line if len(line) <= limit else line[: limit - 1].rstrip(" ") + "…"
