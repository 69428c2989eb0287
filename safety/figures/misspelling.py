"""Full names a slip or two away from how they are written: "Emanuel Macorn".

A word of the prompt is compared with a word of a name only if they share a form with one letter left out (the idea of
Wolf Garbe's symmetric deletes), so the cost follows the prompt and not the list. What is proposed is then measured as
a whole. One slip a word, names of two words or more: shorter names would turn up in innocent text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

MIN_SCORE = 88.0
"""rapidfuzz ratio below which two names are two people; the research page's figure."""
_MIN_NAME = 9
_MIN_WORD = 4


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
        self._names: list[tuple[str, ...]] = []
        self._with_word: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for form in dict.fromkeys(forms):
            name = tuple(form.split())
            if len(name) > 1 and len(form) >= _MIN_NAME:
                for place, word in enumerate(name):
                    if len(word) >= _MIN_WORD:
                        self._with_word[word].append((len(self._names), place))
                self._names.append(name)
        self._words_near: dict[str, list[str]] = defaultdict(list)
        for word in self._with_word:
            for shorter in _shortened(word):
                self._words_near[shorter].append(word)

    def find(self, text: str) -> Iterator[Slip]:
        """Stretches of a folded text that are almost a name, in the order of the text; exact names are not told."""
        words = text.split(" ")
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word) + 1)
        seen: set[tuple[int, int]] = set()
        for here, word in enumerate(words):
            for near in self._near(word):
                for number, place in self._with_word[near]:
                    first = here - place
                    if first < 0 or (first, number) in seen:
                        continue
                    seen.add((first, number))
                    name = self._names[number]
                    score = self._likeness(words[first : first + len(name)], name)
                    if score >= MIN_SCORE:
                        yield Slip(starts[first], starts[first + len(name)] - 1, " ".join(name), score)

    def _near(self, word: str) -> set[str]:
        """Words of names that ``word`` may stand for."""
        if len(word) < _MIN_WORD:
            return set()
        found: set[str] = set()
        for shorter in _shortened(word):
            found.update(self._words_near.get(shorter, ()))
        return found

    def _likeness(self, words: list[str], name: tuple[str, ...]) -> float:
        if len(words) != len(name) or tuple(words) == name:
            return 0.0
        for word, right in zip(words, name, strict=True):
            if word != right and (
                min(len(word), len(right)) < _MIN_WORD
                or word in self._ordinary
                or OSA.distance(word, right, score_cutoff=1) > 1
            ):
                return 0.0
        return fuzz.ratio(" ".join(words), " ".join(name), score_cutoff=MIN_SCORE)


def _shortened(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
