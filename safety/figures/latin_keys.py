"""The keys that a word of a Latin name may have in other scripts, which spell it out by its sound.

What one spelling may mean several ways ("ch", a "j", an "r" that Japanese drops) is spelt out as alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain, islice, product

from touchmark.safety.figures.romanisation import GAP, key_of

_MAX_KEYS = 24
"""Alternatives that a word of a name may take."""

_LATIN = {
    "tes": ("S", "T.S"),
    "sch": ("S", "SK"),
    "tch": ("S",),
    "tsch": ("S",),
    "sh": ("S",),
    "ch": ("S", "K", ""),
    "zh": ("S",),
    "ph": ("P",),
    "th": ("T", "S"),
    "kh": ("", "K"),
    "gh": ("K", ""),
    "ck": ("K",),
    "cz": ("S",),
    "sz": ("S",),
    "ts": ("S", "TS"),
    "tz": ("S", "TS"),
    "ds": ("S", "TS"),
    "dz": ("S", "TS"),
    "dj": ("S",),
    "dg": ("S",),
    "ng": ("NK", "N"),
    "gn": ("N", "KN"),
    "x": ("KS", "S", ""),
    "q": ("K",),
    "j": ("S", ""),
    "w": ("", "P"),
    "v": ("P", ""),
    "h": ("",),
    "b": ("P",),
    "p": ("P",),
    "f": ("P",),
    "d": ("T",),
    "t": ("T",),
    "s": ("S",),
    "z": ("S", "T"),
    "k": ("K",),
    "g": ("K",),
    "c": ("K", "S"),
    "m": ("M",),
    "n": ("N",),
    "l": ("L",),
    "r": ("L",),
    "ll": ("L", ""),
}
_LATIN_PART = re.compile("tes$|tsch|sch|tch|sh|ch|zh|ph|th|kh|gh|ck|cz|sz|ts|tz|ds|dz|dj|dg|ng|gn|ll|[a-z]")
_SOFT = frozenset("eiy")


def name_keys(words: Sequence[str]) -> list[frozenset[str]]:
    """The keys that each of some words of Latin names may have in any script.

    Args:
        words: folded, Latin letters.
    """
    spelt = [_spelt(word) for word in words]
    keys = iter(key_of(_BETWEEN.join(chain.from_iterable(spelt))).split(_BETWEEN))
    return [frozenset(islice(keys, len(ways))) for ways in spelt]


_BETWEEN = " \n"
"""Two characters that differ, so none is lost where words come to nothing."""


def _spelt(word: str) -> list[str]:
    """The ways in which a word may be said, as classes and gaps; at least one."""
    parts: list[tuple[str, ...]] = []
    for match in _LATIN_PART.finditer(word):
        part, after = match.group(), word[match.end() : match.end() + 1]
        sounds = _LATIN.get(part, (GAP,))
        if part == "g" and after in _SOFT:
            sounds = ("S", "K", "")
        elif part == "c":
            sounds = ("S", "K") if after in _SOFT else ("K", "S")
        elif part == "r" and (not after or after not in "aeiouy"):
            sounds = ("L", "")
        elif part == "h" and match.start() == 0:
            sounds = ("", "K")
        parts.append(sounds)
    return ["".join(sounds) for sounds in islice(product(*_affordable(parts)), _MAX_KEYS)]


def _affordable(parts: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The alternatives of the last parts, as far as their product is affordable; the rest read in the first way."""
    count = 1
    kept: list[tuple[str, ...]] = []
    for sounds in reversed(parts):
        affordable = count * len(sounds) <= _MAX_KEYS
        kept.append(sounds if affordable else sounds[:1])
        count *= len(sounds) if affordable else 1
    return kept[::-1]
