"""Names of one word that the words beside them tell: "Adele performing at a street concert", "the singer adele".

Capitals tell nothing at the start of a sentence or in a prompt that is written small, and both are how prompts are
written. Behind an article or another such word no performer is meant: "a seal performing at a circus".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from touchmark.safety.figures.capitals import OF_A_KIND

_WORD_BEFORE = re.compile(r"([\w'’]+) ?\Z")
_LONGEST = 40
"""Characters beside a name that are looked at."""
_STAGE_WITHIN = 80
"""Characters behind a name that is a common word in which a word of a stage has to stand."""


class Performers:
    """What beside a name says that its bearer performs.

    Args:
        performing: what stands right behind it ("singing").
        announcing: what stands right before it ("singer").
        stage: words of a stage ("concert").
    """

    def __init__(self, performing: Iterable[str], announcing: Iterable[str], stage: Iterable[str]) -> None:
        self._behind = re.compile(rf" (?:(?:is|was|live) )?(?:{_any_of(performing)})\b", re.IGNORECASE)
        self._before = re.compile(rf"\b(?:{_any_of(announcing)}) \Z", re.IGNORECASE)
        self._stage = re.compile(rf"\b(?:{_any_of(stage)})\b", re.IGNORECASE)

    def are_told(self, text: str, span: tuple[int, int], *, is_word: bool) -> bool:
        """Whether the words beside a stretch of a text speak of a performer of that name.

        Args:
            text: as it was typed.
            span: start and end, half open, of the name.
            is_word: whether the name is a common word: then it has to begin with a capital, at the start of a sentence,
                and a word of a stage has to follow; "Seal performing in a pool" is an animal.
        """
        start, end = span
        if self._before.search(text, max(0, start - _LONGEST), start):
            return True
        if not self._behind.match(text, end, end + _LONGEST):
            return False
        before = _WORD_BEFORE.search(text, max(0, start - _LONGEST), start)
        if is_word:
            is_stage = self._stage.search(text, end, end + _STAGE_WITHIN) is not None
            return text[start].isupper() and before is None and is_stage
        return before is None or before.group(1).casefold() not in OF_A_KIND


def _any_of(words: Iterable[str]) -> str:
    """A pattern of words, the longest first; of nothing, if there are none."""
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) or "(?!)"
