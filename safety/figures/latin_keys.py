"""The keys that a word of a Latin name may have in other scripts, which spell it out by its sound.

What one spelling may mean several ways ("ch", a "j", an "r" that Japanese drops) is spelt out as alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, islice, product
from math import prod

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
_PART_AND_NEXT = re.compile(
    "(tes$|tsch|sch|tch|sh|ch|zh|ph|th|kh|gh|ck|cz|sz|ts|tz|ds|dz|dj|dg|ng|gn|ll|[a-z])(?=(.?))", re.DOTALL
)
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
    parts = [_sounds(part, after) for part, after in _PART_AND_NEXT.findall(word)]
    if word.startswith("h"):
        parts[0] = ("", "K")
    return ["".join(sounds) for sounds in islice(product(*_affordable(parts)), _MAX_KEYS)]


@lru_cache(maxsize=1 << 11)
def _sounds(part: str, after: str) -> tuple[str, ...]:
    """The ways in which a part of a word may be said before the next letter, if there is one."""
    if part == "g" and after in _SOFT:
        return ("S", "K", "")
    if part == "c":
        return ("S", "K") if after in _SOFT else ("K", "S")
    if part == "r" and (not after or after not in "aeiouy"):
        return ("L", "")
    return _LATIN.get(part, (GAP,))


def _affordable(parts: Sequence[tuple[str, ...]]) -> Sequence[tuple[str, ...]]:
    """The alternatives of the last parts, as far as their product is affordable; the rest read in the first way."""
    if prod(map(len, parts)) <= _MAX_KEYS:
        return parts
    count = 1
    kept: list[tuple[str, ...]] = []
    for sounds in reversed(parts):
        affordable = count * len(sounds) <= _MAX_KEYS
        kept.append(sounds if affordable else sounds[:1])
        count *= len(sounds) if affordable else 1
    return kept[::-1]
