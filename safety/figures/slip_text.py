"""Texts as they are asked for slips: checksums of their words, of these less a letter, and of how they sound.

Prompts and lists of names are read by the same rules, so that what a key of a name (``slip_keys.py``) is made of is
found where a prompt has it. All words are read at once; nothing here depends on any list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.figures.checksums import BLANK, Checksums, Places, Words, letters_of

MIN_WORD: Final = 4
MAX_WORD: Final = 24
MAX_WORDS: Final = 4
_IN_A_ROW: Final = range(2, MAX_WORDS + 1)

# What may have to stand beside a word, as numbers of 32 bits.
ALONE: Final = np.uint64(0)
"""Whatever there is."""
NOBODY: Final = np.uint64(0xFFFFFFFF)
"""What stands beside no word of a name."""
BEHIND, _INITIAL, _OUTLINE = (np.uint64(1 << bit) for bit in (29, 30, 31))
"""Of a word behind, else of one before; its initial; or its first or last letter with its length."""
_BITS_OF_LENGTH, _LAST_LETTER = np.uint64(8), np.array((0, 0x80), dtype=np.uint64)
_LONGEST: Final = 0x7E
_A_LETTER_FEWER_OR_MORE: Final = np.array((0, -1, 1)).astype(np.uint64)
WAYS_OF_A_SLIP: Final = 3
"""In which a slip is beside others: alone, or by the initial of either neighbour."""
_WAYS: Final = 15
BY_SOUND: Final = _WAYS
"""The rank of what is asked by sound."""
_RANKS: Final = np.arange(_WAYS)
_LATIN_WORDS: Final = re.compile("[!-~] [!-~]")


# --- sounds ---------------------------------------------------------------------------------------------------------

_AS_ONE_LETTER: Final = (("ph", "f"), ("sch", "s"), ("sh", "s"), ("ck", "k"))
_ALIKE: Final = (("cqg", "k"), ("zx", "s"), ("vw", "f"), ("d", "t"))
_HEARD: Final = np.arange(128, dtype=np.uint64)
"""What each letter is heard as; nothing is no letter."""
for _letters, _heard_as in _ALIKE:
    _HEARD[[*map(ord, _letters)]] = ord(_heard_as)
_HEARD[[*map(ord, "aeiouyh")]] = 0


def in_single_letters(text: str) -> str:
    """A folded text with one letter for each sound that some spellings write with more: "sophia" as "sofia"."""
    for spelt, heard in _AS_ONE_LETTER:
        text = text.replace(spelt, heard)
    return text


def sounds_of(text: str) -> Checksums:
    """How each word of a folded text sounds: consonants that are taken for one another as one, once, without vowels.

    Returns:
        code points, with a blank behind them; what is no Latin letter is left as it is.
    """
    letters = letters_of(in_single_letters(text))
    letters = np.where(letters < len(_HEARD), _HEARD.take(letters.astype(np.intp), mode="clip"), letters)
    letters = letters[letters != 0]
    changes = np.ones(len(letters), dtype=np.bool_)
    np.logical_or(letters[1:] != letters[:-1], letters[1:] == BLANK, out=changes[:-1])
    once: Checksums = letters[changes]
    return once


# --- what stands beside a word --------------------------------------------------------------------------------------


def initials(words: Words, chosen: Places) -> Checksums:
    """Words beside others as numbers, by their first letters; shape (k,). Those behind are marked ``BEHIND`` too."""
    return words.letters[words.begins[chosen]] | _INITIAL


def outlines(words: Words, chosen: Places) -> Checksums:
    """The same by their first and by their last letters, both with the length; shape (k, 2)."""
    ends = np.empty((len(chosen), 2), dtype=np.intp)
    ends[:, 0], ends[:, 1] = words.begins[chosen], words.ends[chosen] - 1
    lengths = np.minimum(words.lengths[chosen], _LONGEST).astype(np.uint64)
    return words.letters[ends] << _BITS_OF_LENGTH | _LAST_LETTER | lengths[:, None] | _OUTLINE


# --- a text ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SlipText:
    """A folded text in words, and the checksums that may be those of names.

    Attributes:
        text: it.
        words: of the text.
        starts: where each begins, and where a next one would.
        checksums: of words as they are, then of words less a letter, then of how words in a row sound; shape (m,).
        here: for each of the three the number of the word that it is of, or begins with.
    """

    text: str
    words: Sequence[str]
    starts: Sequence[int]
    checksums: Checksums
    here: tuple[Places, Places, Places]
    _words: Words

    @classmethod
    def of(cls, text: str) -> SlipText:
        """Read a folded text."""
        words = Words(letters_of(text))
        short = words.lengths <= MAX_WORD
        used = (short & (words.lengths > 0)).nonzero()[0]
        shortened, owner = words.shortened(short & (words.lengths >= MIN_WORD))
        heard, speaker = _heard(text, short)
        return cls(
            text,
            text.split(" "),
            [*words.begins.tolist(), len(text) + 1],
            np.concatenate((words.in_a_row(used), shortened, heard)),
            (used, owner, speaker),
            words,
        )

    def questions(self, chosen: Places) -> tuple[Checksums, Places, Places]:
        """The keys that some checksums ask for, by what stands beside the words.

        Args:
            chosen: numbers of checksums, in order.

        Returns:
            of each question the key, the number of the word, and a rank; those of one word, and those of one rank,
            stand in order. What is asked by sound has the last rank.
        """
        until_slips, until_sounds = len(self.here[0]), len(self.here[0]) + len(self.here[1])
        first_slip, first_sound = chosen.searchsorted((until_slips, until_sounds)).tolist()
        whole, slips, sounds = chosen[:first_slip], chosen[first_slip:first_sound], chosen[first_sound:]
        at, at_slip = self.here[0][whole], self.here[1][slips - until_slips]
        at_sound = self.here[2][sounds - until_sounds]
        told = _beside(self._words, np.concatenate((at, at_slip)))
        beside, beside_slip = told[: len(at)], told[len(at) :]
        asked = (
            self.checksums[whole, None] | beside,
            self.checksums[slips, None] | beside_slip[:, :WAYS_OF_A_SLIP],
            self.checksums[sounds, None] | ALONE,
        )
        ranks = np.full(sum([keys.size for keys in asked]), BY_SOUND)
        by_spelling = asked[0].size + asked[1].size
        ranks[: asked[0].size].reshape(-1, _WAYS)[:] = _RANKS
        ranks[asked[0].size : by_spelling].reshape(-1, WAYS_OF_A_SLIP)[:] = _RANKS[:WAYS_OF_A_SLIP]
        return (
            np.concatenate([keys.ravel() for keys in asked]),
            np.concatenate((at.repeat(_WAYS), at_slip.repeat(WAYS_OF_A_SLIP), at_sound)),
            ranks,
        )


def _beside(words: Words, chosen: Places) -> Checksums:
    """What stands beside some of the words, in every way that a key may ask for; shape (k, 15)."""
    count = len(chosen)
    beside = np.full((count, _WAYS), NOBODY)
    beside[:, 0] = ALONE
    there = np.concatenate((chosen + 1, chosen - 1))
    used = ((there >= 0) & (there < len(words)) & (words.lengths.take(there, mode="clip") > 0)).nonzero()[0]
    there = there[used]
    told = np.full((2 * count, 7), NOBODY)
    told[used, 0] = initials(words, there)
    outline = outlines(words, there)[:, None, :] + _A_LETTER_FEWER_OR_MORE[:, None]
    outline[words.lengths[there] > MAX_WORD] = NOBODY
    told[used, 1:] = outline.reshape(-1, 6)
    behind, before = told[:count] | BEHIND, told[count:]
    beside[:, 1], beside[:, 2] = behind[:, 0], before[:, 0]
    beside[:, 3:9], beside[:, 9:] = behind[:, 1:], before[:, 1:]
    beside[words.lengths[chosen] < MIN_WORD, :WAYS_OF_A_SLIP] = NOBODY
    return beside


def _heard(text: str, short: NDArray[np.bool_]) -> tuple[Checksums, Places]:
    """Of two to four words in a row the checksums of how they sound, and the first of them."""
    if not _LATIN_WORDS.search(text):
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.intp)
    sounds = Words(sounds_of(text))
    unheard = np.zeros(len(sounds) + 1, dtype=np.intp)
    ((sounds.lengths == 0) | ~short).cumsum(out=unheard[1:])
    first = [(unheard[count:] == unheard[:-count]).nonzero()[0] for count in _IN_A_ROW]
    return np.concatenate([sounds.in_a_row(*row) for row in zip(first, _IN_A_ROW, strict=True)]), np.concatenate(first)
