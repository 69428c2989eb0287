r"""What is done to words before a person reads them, in every room.

printable("a\x1b[31mb")             # "a\ufffd[31mb"
number_of(1, "video")                 # "1 video"
number_of(2300, "entry", "entries")   # "2,300 entries"
any_of([".jpg", ".jpeg", ".png"])     # ".jpg, .jpeg or .png"
"""

from __future__ import annotations

from collections.abc import Sequence


def printable(text: str) -> str:
    """Text of somebody's (names of files, of certificates, what libraries say) without what is not printed: no control
    character of theirs reaches a terminal. Of a file that is examined, ``detectors.text.safe_text`` does more."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def number_of(count: int, one: str, more: str = "") -> str:
    """A number of things; ``more`` is the plural where it is not ``one`` with an s."""
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def any_of(choices: Sequence[str]) -> str:
    """Things of which one will do."""
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last
