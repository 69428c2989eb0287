"""Full names a slip or two away from how they are written: "Emanuel Macorn".

A word of the prompt is compared with a word of a name only if they share a form with one letter left out (the idea of
Wolf Garbe's symmetric deletes), so the cost follows the prompt and not the list. What is proposed is then measured as
a whole. One slip a word, names of two words or more: shorter names would turn up in innocent text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

MIN_SCORE = 88.0
"""rapidfuzz ratio below which two names are two people; the research page's figure."""
_MIN_NAME = 9
_MIN_WORD = 4
_MAX_WORD = 24


@dataclass(frozen=True, slots=True)
class Slip:
    """A stretch of a folded text that is almost a name.

    Attributes:
        start, end: place in the folded text.
        form: the name it is almost, folded.
        score: likeness, 88 to 100.
    """

    start: int
    end: int
    form: str
    score: float


class Misspellings:
    """The folded names to compare with.

    Args:
        forms: folded names; those of one word or too short are passed over.
        words: ordinary words (folded) that are never a slip.
    """

    def __init__(self, forms: Iterable[str], words: Iterable[str]) -> None:
        self._ordinary = frozenset(words)
        names = [tuple(form.split()) for form in dict.fromkeys(forms) if " " in form and len(form) >= _MIN_NAME]
        frequency = Counter(word for name in names for word in name)
        self._anchored: dict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        for name in names:
            # Every word has to be near, so one of them finds the name, and the rarest is proposed least.
            anchor = min(name, key=lambda word: (len(word) < _MIN_WORD, frequency[word], -len(word)))
            if len(anchor) >= _MIN_WORD:
                self._anchored[anchor].append((name.index(anchor), name))
        self._anchors_near: dict[str, list[str]] = defaultdict(list)
        for word in self._anchored:
            for shorter in _shortened(word):
                self._anchors_near[shorter].append(word)

    def find(self, text: str) -> Iterator[Slip]:
        """Stretches of a folded text that are almost a name, in the order of the text; exact names are not told."""
        words = text.split(" ")
        starts = list(accumulate((len(word) + 1 for word in words), initial=0))
        near = {word: self._names_near(word) for word in set(words)}
        for here, word in enumerate(words):
            for place, name in near[word]:
                first = here - place
                score = self._likeness(words[first : first + len(name)], name) if first >= 0 else 0.0
                if score:
                    yield Slip(starts[first], starts[first + len(name)] - 1, " ".join(name), score)

    def _names_near(self, word: str) -> list[tuple[int, tuple[str, ...]]]:
        """Names whose anchor ``word`` may stand for, each with the place of the anchor in it."""
        if not _MIN_WORD <= len(word) <= _MAX_WORD:
            return []
        anchors = {anchor for shorter in _shortened(word) for anchor in self._anchors_near.get(shorter, ())}
        return [entry for anchor in sorted(anchors) for entry in self._anchored[anchor]]

    def _likeness(self, words: list[str], name: tuple[str, ...]) -> float:
        """0, or at least ``MIN_SCORE``."""
        if len(words) != len(name) or not all(map(self._is_slip, words, name)) or tuple(words) == name:
            return 0.0
        return fuzz.ratio(" ".join(words), " ".join(name), score_cutoff=MIN_SCORE)

    def _is_slip(self, word: str, right: str) -> bool:
        """Whether ``word`` is ``right``, or one slip from it and nothing else."""
        if word == right:
            return True
        shorter, longer = sorted((len(word), len(right)))
        return (
            shorter >= _MIN_WORD
            and longer - shorter <= 1
            and word not in self._ordinary
            and OSA.distance(word, right, score_cutoff=1) == 1
        )


def _shortened(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
