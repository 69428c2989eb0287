"""Text in the making that knows, character by character, which stretch of the original each one stands for.

    text = Traced.of("a &amp; b").sub(ENTITY, lambda match: html.unescape(match.group()))
    text.text, text.starts, text.ends          # "a & b", (0, 1, 2, 7, 8), (1, 2, 7, 8, 9)

Every step of canonicalisation takes one of these and gives another; none ever loses the way back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter


@dataclass(frozen=True, slots=True)
class Traced:
    """A text and, for each of its characters, the half-open stretch of the original that it stands for."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> Traced:
        """A text that stands for itself."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def rewrite(self, pieces: Iterable[tuple[int, int, str]]) -> Traced:
        """Replace disjoint, ordered stretches; each new character stands for the whole stretch it replaces."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for begin, end, new in pieces:
            parts += (self.text[done:begin], new)
            starts += self.starts[done:begin]
            ends += self.ends[done:begin]
            if new:
                first, last = self.covering(begin, end)
                starts += [first] * len(new)
                ends += [last] * len(new)
            done = end
        if not done:
            return self
        parts.append(self.text[done:])
        starts += self.starts[done:]
        ends += self.ends[done:]
        return Traced("".join(parts), starts, ends)

    def sub(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> Traced:
        """:func:`re.sub`, traced."""
        found = pattern.finditer(self.text)
        return self.rewrite([(*m.span(), text) for m in found if (text := new(m)) != m.group()])

    def relettered(self, text: str) -> Traced:
        """Another text of the same length, letter for letter."""
        if len(text) != len(self.text):
            raise ValueError("the new letters do not stand one for one")
        return Traced(text, self.starts, self.ends)

    def reordered(self, order: Sequence[int]) -> Traced:
        """The characters in another order; ``order`` holds each index once."""
        if len(order) < 2:
            return self
        chosen = itemgetter(*order)
        return Traced("".join(chosen(self.text)), chosen(self.starts), chosen(self.ends))

    def decoded(self, begin: int, end: int, text: str) -> Traced:
        """A text that was coded in ``begin:end``: all of it stands for all of that."""
        first, last = self.covering(begin, end)
        return Traced(text, [first] * len(text), [last] * len(text))

    def covering(self, begin: int, end: int) -> tuple[int, int]:
        """The stretch of the original from the first to the last of these characters."""
        if end - begin == 1:
            return self.starts[begin], self.ends[begin]
        return min(self.starts[begin:end]), max(self.ends[begin:end])
