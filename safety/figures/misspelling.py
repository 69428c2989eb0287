"""Names a slip or two away from how they are written: "Emanuel Macorn", "Mark Sukkerberg".

What in a prompt may be a slip of which name is looked up (``slip_keys.py``), and what is proposed is then measured word
by word (optimal string alignment).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from touchmark.safety.figures.slip_keys import SlipKeys
from touchmark.safety.figures.slip_text import MIN_WORD, SlipText, in_single_letters, sounds_of

_MIN_NAME_SLIP_EACH = 10
"""Letters of the shortest name in which two words may each hold a slip."""
_MIN_NAME_TWO_SLIPS = 11
"""The same for two in one word."""
_MIN_NAME_WRONG_INITIAL = 13
"""The same where one of two slips is in an initial: "Bruce Banner" is no Bruce Jenner."""
_MIN_NAME_SHORT_WORD = 8
"""Letters of the shortest name in which a word of three may be one of four."""
_MIN_NAME_SHORTEST_WORD = 11
"""Letters of the shortest name in which a word of two may be one of three."""
_MIN_WORD_TWO_SLIPS = 6
_SLIPS_OF_ONE_SOUND = 3
"""A name spelt as it sounds may stand this many letters away: "Sukkerberg"."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A stretch of a folded text that is almost a name.

    Attributes:
        start, end: place in the folded text.
        name: number of the name that it is almost, in the order given to :class:`Misspellings`.
        score: likeness, up to 100: the share of letters that are right.
    """

    start: int
    end: int
    name: int
    score: float


class Misspellings:
    """The folded names to compare with; safe to share between threads.

    Args:
        names: folded names; those too short are passed over.
        words: ordinary words (folded) that are never a slip.
        borne: names (folded) that many people bear: no slip of what sounds otherwise, "Emma Jones" is no Gemma Jones.
        keys: what :attr:`keys` gave for the same names, to save the work of making them.
    """

    def __init__(
        self,
        names: Sequence[str],
        words: frozenset[str],
        keys: SlipKeys | None = None,
        borne: frozenset[str] = frozenset(),
    ) -> None:
        self._ordinary = words
        self._borne = borne
        self._names = names
        self._lengths = np.fromiter(map(len, names), dtype=np.intp, count=len(names))
        self._counts = np.fromiter((name.count(" ") + 1 for name in names), dtype=np.intp, count=len(names))
        self.keys = keys or SlipKeys.of(names)

    def find(self, text: SlipText) -> Iterator[Slip]:
        """Stretches of a text that are almost a name; exact names are not told."""
        starts = np.asarray(text.starts)
        first, number = self.keys.proposed(text, self._ordinary)
        if not len(first):
            return
        last = first + self._counts[number]
        inside = (first >= 0) & (last < len(starts))
        number = number[inside]
        begin, end = starts[first[inside]], starts[last[inside]] - 1
        # So many letters more or fewer are as many slips.
        near = np.abs(end - begin - self._lengths[number]) <= _SLIPS_OF_ONE_SOUND
        proposed = [*dict.fromkeys(zip(*(part[near].tolist() for part in (begin, end, number)), strict=True))]
        if not proposed:
            return
        written = [text.text[begin:end] for begin, end, _ in proposed]
        named = [self._names[name] for _, _, name in proposed]
        # Word by word there are as many slips as in the whole, or more.
        slips = cpdist(written, named, scorer=OSA.distance, score_cutoff=_SLIPS_OF_ONE_SOUND)
        for at in np.flatnonzero(slips <= _SLIPS_OF_ONE_SOUND).tolist():
            score = self._likeness(written[at].split(" "), named[at].split(" "))
            if score:
                begins, ends, name = proposed[at]
                yield Slip(begins, ends, name, score)

    def _likeness(self, words: Sequence[str], name: Sequence[str]) -> float:
        """The share of letters that are right, in percent; 0 if that is not enough."""
        slips = most = 0
        wrong: list[tuple[str, str, int]] = []
        for word, right in zip(words, name, strict=True):
            if word != right:
                here = OSA.distance(word, right, score_cutoff=_SLIPS_OF_ONE_SOUND)
                slips, most = slips + here, max(most, here)
                if slips > _SLIPS_OF_ONE_SOUND:
                    return 0.0
                wrong.append((word, right, here))
        if not slips or (len(name) == 1 and words[0][:1] != name[0][0]):
            return 0.0
        letters = sum(map(len, name))
        if not all(self._is_slip(word, right, here, letters) for word, right, here in wrong):
            return 0.0
        if slips == 1:
            return 100 * (1 - slips / letters)
        if len(name) == 1 or letters < (_MIN_NAME_TWO_SLIPS if most > 1 else _MIN_NAME_SLIP_EACH):
            return 0.0
        initials_right = all(word[0] == right[0] for word, right, _ in wrong)
        is_near = slips == 2 and (initials_right or letters >= _MIN_NAME_WRONG_INITIAL)
        return 100 * (1 - slips / letters) if is_near or _sound_alike(words, name) else 0.0

    def _is_slip(self, word: str, right: str, slips: int, letters: int) -> bool:
        """Whether a word with so many letters to put right is one of a name of so many letters, or another word."""
        if word in self._ordinary or (word in self._borne and not _sound_alike([word], [right])):
            return False
        shorter = min(len(word), len(right))
        if shorter < MIN_WORD and slips == 1:  # "Gla" is "Gal", and "Jon" may be "John"; "Tim" is not "Tom"
            least = _MIN_NAME_SHORT_WORD if shorter == MIN_WORD - 1 else _MIN_NAME_SHORTEST_WORD
            return sorted(word) == sorted(right) or (len(word) != len(right) and letters >= least)
        if slips == 2 and shorter < _MIN_WORD_TWO_SLIPS:  # "Sophia" is two letters away from "Sofia"
            slips = OSA.distance(in_single_letters(word), in_single_letters(right))
        return shorter >= MIN_WORD and (slips <= 1 or shorter >= _MIN_WORD_TWO_SLIPS)


def _sound_alike(words: Sequence[str], name: Sequence[str]) -> bool:
    return np.array_equal(sounds_of(" ".join(words)), sounds_of(" ".join(name)))
