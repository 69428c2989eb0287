"""What in a text may be a slip of which name: looked up, never searched for, so the cost follows the text alone.

Three kinds of keys propose a name: its rarest word with one letter left out (the idea of Wolf Garbe's symmetric
deletes) beside the initial of another, one of its words as it is beside the initial and the length of another, and how
it sounds (consonants in classes, in the line of Soundex). Keys are 32-bit checksums of a word, together with what
stands beside it, in one sorted array: two that collide cost a comparison, and 200,000 names cost 30 MB. Next to no word
of a prompt has a key of any name, which a bit map tells at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.figures.checksums import (
    UPPER_HALF,
    Checksums,
    Places,
    Words,
    bit_map,
    letters_of,
    may_hold,
)
from touchmark.safety.figures.slip_text import (
    ALONE,
    BEHIND,
    BY_SOUND,
    MAX_WORDS,
    MIN_WORD,
    WAYS_OF_A_SLIP,
    SlipText,
    initials,
    outlines,
    sounds_of,
)

MIN_NAME: Final = 8
"""Letters of the shortest name of two words that is compared; a name of one word needs as many."""
_ASCII: Final = 127


@dataclass(frozen=True, slots=True)
class SlipKeys:
    """What proposes a name: sorted keys, and for each as many entries as there are names with it.

    Attributes:
        keys: uint64, sorted: the checksum of a word above, what has to stand beside it below.
        names: uint32, as long as ``keys``: the number of the name.
        places: uint8, as long as ``keys``: which word of the name it is.
        begun: uint8, a bit map of the checksums.
        held: uint8, a bit map of the keys.
    """

    keys: Checksums
    names: NDArray[np.uint32]
    places: NDArray[np.uint8]
    begun: NDArray[np.uint8]
    held: NDArray[np.uint8]

    @classmethod
    def of(cls, names: Sequence[str]) -> SlipKeys:
        """The keys of folded names; those too short, or of too many words, have none."""
        used = [at for at, name in enumerate(names) if len(name) >= MIN_NAME and name.count(" ") < MAX_WORDS]
        if not used:
            nothing = np.zeros(0, dtype=np.uint64)
            return cls(nothing, nothing.astype(np.uint32), nothing.astype(np.uint8), bit_map(nothing), bit_map(nothing))
        listed = _Names([names[at] for at in used])
        checksums, beside, word = (np.concatenate(column) for column in zip(*listed.entries(), strict=True))
        keys = checksums | beside
        order = np.lexsort((word, keys))
        keys, word = keys[order], word[order]
        once = np.append(True, (keys[1:] != keys[:-1]) | (word[1:] != word[:-1]))
        keys, word = keys[once], word[once]
        numbers = np.array(used, dtype=np.uint32)[listed.name[word]]
        of_words = keys & UPPER_HALF
        begun = bit_map(of_words[np.append(True, of_words[1:] != of_words[:-1])])
        return cls(keys, numbers, listed.place[word].astype(np.uint8), begun, bit_map(keys))

    def proposed(self, text: SlipText, ordinary: frozenset[str]) -> tuple[Places, Places]:
        """Numbers of words where a name may begin, and the numbers of the names; what only sounds like one comes last.

        Args:
            ordinary: words that are no slip of another.
        """
        known = may_hold(self.begun, text.checksums).nonzero()[0]
        keys, here, rank = text.questions(known)
        maybe = may_hold(self.held, keys).nonzero()[0]
        keys = keys[maybe]
        begin = self.keys.searchsorted(keys)
        there = (self.keys.take(begin, mode="clip") == keys).nonzero()[0] if len(self.keys) else begin[:0]
        if not len(there):
            return there, there
        keys, begin, here, rank = keys[there], begin[there], here[maybe[there]], rank[maybe[there]]
        end = self.keys.searchsorted(keys, "right")
        may_slip = rank >= WAYS_OF_A_SLIP
        if not may_slip.all():
            slips = (~may_slip).nonzero()[0]
            may_slip[slips] = [text.words[at] not in ordinary for at in here[slips].tolist()]
        order = may_slip.nonzero()[0]
        ranked = ((rank == BY_SOUND) * len(text.words) + here) * (BY_SOUND + 1) + rank
        order = order[ranked[order].argsort(kind="stable")]
        counts = end[order] - begin[order]
        entries = (begin[order] - counts.cumsum() + counts).repeat(counts) + np.arange(counts.sum())
        return here[order].repeat(counts) - self.places[entries], self.names[entries].astype(np.intp)


_Entries = tuple[Checksums, Checksums, Places]
"""Checksums, what has to stand beside the words, and their numbers among the words of all names."""


class _Names:
    """The n words of some names, one name after another.

    Attributes:
        name, place: of each word the number of its name, and which word of it it is, shape (n,).
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._text = " ".join(names)
        self._words = Words(letters_of(self._text))
        self._counts = np.array([name.count(" ") + 1 for name in names], dtype=np.intp)
        self._first = np.cumsum(self._counts) - self._counts
        self.name = np.repeat(np.arange(len(names)), self._counts)
        self.place = np.arange(len(self.name)) - self._first[self.name]

    def entries(self) -> Iterator[_Entries]:
        """Everything that proposes one of the names."""
        yield from self._by_rarest_words()
        yield from self._by_words_side_by_side()
        yield self._by_sounds()

    def _by_rarest_words(self) -> Iterator[_Entries]:
        """Every word has to be near, so one of them finds the name, and the rarest is proposed least."""
        rarest = self._rarest_words()
        rarest = rarest[self._words.lengths[rarest] >= MIN_WORD]
        beside = np.full(len(self.name), ALONE)
        behind = np.flatnonzero(self.place)
        last = behind[np.append(self.place[behind][1:] == 1, True)]
        beside[last] = initials(self._words, last - 1)
        beside[behind - 1] = initials(self._words, behind) | BEHIND
        chosen = np.zeros(len(self.name), dtype=np.bool_)
        chosen[rarest] = True
        shortened, word = self._words.shortened(chosen)
        yield self._words.in_a_row(rarest), beside[rarest], rarest
        yield shortened, beside[word], word

    def _rarest_words(self) -> Places:
        """Of each name the rarest of the words that are not short, of several the longest."""
        words = self._text.split(" ")
        frequency = Counter(words)
        often = np.fromiter(map(frequency.__getitem__, words), dtype=np.intp, count=len(words))
        order = np.lexsort((-self._words.lengths, often, self._words.lengths < MIN_WORD, self.name))
        rarest: Places = order[self._first]
        return rarest

    def _by_words_side_by_side(self) -> Iterator[_Entries]:
        """A word as short as "the" and "of" stands everywhere: beside it the initial at least has to be right."""
        behind = np.flatnonzero(self.place)
        for word, neighbour, side in ((behind - 1, behind, BEHIND), (behind, behind - 1, ALONE)):
            outlined = outlines(self._words, neighbour) | side
            yield self._words.in_a_row(word), outlined[:, 0], word
            long = self._words.lengths[word] >= MIN_WORD
            yield self._words.in_a_row(word[long]), outlined[long, 1], word[long]

    def _by_sounds(self) -> _Entries:
        """Names of several Latin words, each of which is heard."""
        sounds = Words(sounds_of(self._text))
        foreign = np.maximum.reduceat(self._words.letters, self._words.begins) > _ASCII
        heard = self._counts > 1
        heard[self.name[foreign | (sounds.lengths == 0)]] = False
        first = self._first[heard]
        return sounds.in_a_row(first, self._counts[heard]), np.full(len(first), ALONE), first
