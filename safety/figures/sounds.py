"""Names by their consonants, across scripts: "Дональд Трамп", "ドナルド・トランプ" and "Donald Trump" sound alike.

Every script that writes sounds is read into the same classes of consonants (``romanisation.py``), so a name that the
list gives in Latin letters is found where another script spells it out. What one spelling may mean several ways ("ch",
a "j", an "r" that Japanese drops) the *Latin* side spells out as alternatives; a word of the prompt has one key, or one
for each ending that may be cut off it. All words of a prompt get their keys at once, and next to none of them stands
beside another as in a name; only what does is compared letter by letter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, chain

from rapidfuzz import fuzz

from touchmark.safety.figures.heard import UNHEARD, WORDS_KEPT, Heard, Memory, Reading, smooth
from touchmark.safety.figures.latin_keys import name_keys
from touchmark.safety.figures.sound_pairs import SoundPairs, Stood

_PARTICLES = frozenset({"al", "el", "ال"})
_READABLE = re.compile(
    "[\u0370-\u05ff\u0600-\u06ff\u0900-\u0d7f\u0e01-\u0e4e\u10a0-\u10ff\u30a1-\u30fc\uac00-\ud7a3]{2}"
)
"""A text without this has nothing to read."""


@dataclass(frozen=True, slots=True, eq=False)
class _Name:
    """A name to recognise.

    Attributes:
        number: in the order of the list.
        form: folded.
        anchor: which of its words, particles aside, is its rarest; that one and the next, or else the one before,
            propose the name.
        keys: of each word.
        another: of those of more words a third one: how many words behind the anchor, and the numbers of its keys.
        compared: the letters that are compared where vowels tell nothing, and where they do.
    """

    number: int
    form: str
    anchor: int
    keys: tuple[frozenset[str], ...]
    another: tuple[int, frozenset[int]]
    compared: tuple[str, str]


_Names = Mapping[tuple[int, str, str], tuple[Sequence[_Name], Sequence[_Name]]]
"""Names of two words, and of more, by the side of their anchor that a neighbour is on, and by the keys of both."""
_APART = (UNHEARD,) * 3
"""Between words that do not stand beside each other: as many as a name may have between two of its own."""


def _likeness(heard: Sequence[Heard], taken: Sequence[Reading], names: Sequence[_Name]) -> list[tuple[_Name, float]]:
    """Those of some names that are like what was heard, and how much, 0 to 100; fewer consonants have to be liker.

    The thresholds were set where 17,000 sentences of 14 languages that name nobody gave one echo in 300.
    """
    strict = heard[0].strict
    least = _least_likeness(sum([len(reading[2]) for reading in taken]), strict)
    if least > 100:
        return []
    read = [reading[4] if strict else reading[3] for reading in taken]
    whole = " ".join(read)
    alike: list[tuple[_Name, float]] = []
    for name in names:
        written = name.compared[strict]
        score = fuzz.ratio(whole, written, score_cutoff=least)
        if score and all(map(_is_like_word, read, written.split(" "))):
            alike.append((name, score))
    return alike


def _is_like_word(read: str, written: str) -> bool:
    return fuzz.ratio(read, written) >= _WORD_LIKENESS


@cache
def _least_likeness(consonants: int, strict: bool) -> int:
    """The fewer consonants agree, the more the letters must; four are so few that next to all have to."""
    if consonants < _least_consonants(strict):
        return _NEVER
    if not strict:
        return max(84, 100 - 3 * (consonants - 4))
    return 96 if consonants == 4 else max(72, 86 - 3 * (consonants - 4))


def _least_consonants(strict: bool) -> int:
    return _LEAST_CONSONANTS if strict else _LEAST_CONSONANTS + 1


_NEVER = 101
_WORD_LIKENESS = 50
_LEAST_CONSONANTS = 4
"""Fewer agree by chance; where vowels tell nothing, one more."""
_SYLLABLE = re.compile("[aeiouy]|jr")
_KATAKANA_RUN = re.compile("(?<![ァ-ヺー])[ァ-ヺー]{4,24}(?![ァ-ヺー])")


@dataclass(frozen=True, slots=True)
class Echo:
    """A stretch of a folded text that sounds like a name.

    Attributes:
        start, end: place in the folded text.
        form: the name, folded.
        score: likeness, 72 to 100.
    """

    start: int
    end: int
    form: str
    score: float


class Sounds:
    """The folded Latin names of two words and more, ready to be recognised in other scripts.

    Args:
        forms: folded names; those in other scripts, of one word or with initials are passed over.
    """

    def __init__(self, forms: Iterable[str]) -> None:
        said = cache(_SYLLABLE.search)
        names = [
            (form, words)
            for form in dict.fromkeys(forms)
            if form.isascii()
            and 2 <= len(words := [word for word in form.split() if word not in _PARTICLES]) <= 4
            and all(map(said, words))
        ]
        frequency = Counter(chain.from_iterable(words for _, words in names))
        rarity = {word: (len(word) < 4, often, -len(word)) for word, often in frequency.items()}
        keys = dict(zip(frequency, name_keys([*frequency]), strict=True))
        heard = dict(zip(keys, smooth([*keys]), strict=True))
        numbers = {key: number for number, key in enumerate(sorted(frozenset().union(*keys.values())))}
        beside: dict[tuple[int, str, str], tuple[list[_Name], list[_Name]]] = {}
        for number, (form, words) in enumerate(names):
            anchor = words.index(min(words, key=rarity.__getitem__))
            side = 1 if anchor + 1 < len(words) else -1
            third = next((at for at in range(len(words)) if at not in (anchor, anchor + side)), anchor)
            another = third - anchor, frozenset(map(numbers.__getitem__, keys[words[third]]))
            compared = [heard[word] for word in words]
            loose, strict = " ".join([way for way, _ in compared]), " ".join([way for _, way in compared])
            name = _Name(number, form, anchor, tuple([keys[word] for word in words]), another, (loose, strict))
            for key in name.keys[anchor]:
                if len(key) < 2:
                    continue
                least = 0 if len(words) > 2 else _LEAST_CONSONANTS - len(key)
                for sound in name.keys[anchor + side]:
                    if len(sound) >= least:
                        pairs, longer = beside.setdefault((side, key, sound), ([], []))
                        (pairs if len(words) == 2 else longer).append(name)
        self._beside = beside
        self._pairs = SoundPairs([*numbers], _stood(beside, numbers))
        self._memory = Memory(numbers)
        self._runs: dict[str, tuple[tuple[str, float], ...]] = {}

    def find(self, text: str) -> Iterator[Echo]:
        """Stretches of a folded text that sound like a name."""
        if not _READABLE.search(text):
            return
        words = text.split(" ")
        starts = list(accumulate((len(word) + 1 for word in words), initial=0))
        for first, name, taken, score in self._named(self._memory.heard(words)):
            end = starts[first + len(taken) - 1] + taken[-1][1]
            yield Echo(starts[first] + taken[0][0], end, name.form, score)
        yield from self._in_katakana(text)

    def _named(self, heard: Sequence[Heard]) -> Iterator[_Named]:
        """What may be a name: its anchor may be a word, the word beside it its neighbour, and all is like it."""
        told: set[tuple[int, _Name]] = set()
        least = [_least_consonants(word.strict) for word in heard]
        for here, key, side, sound in self._pairs.among([word.numbers for word in heard], least):
            consonants = heard[here].readings[key][2], heard[here + side].readings[sound][2]
            names = self._beside.get((side, *consonants))
            if names is None:  # a bit map may be wrong
                continue
            pairs, longer = names
            found = _longer(heard, here, longer)
            if pairs and sum(map(len, consonants)) >= least[here]:
                found += _pairs(heard, min(here, here + side), pairs)
            for named in sorted(found, key=_number) if len(found) > 1 else found:
                if named[:2] not in told:
                    told.add(named[:2])
                    yield named

    def _in_katakana(self, text: str) -> Iterator[Echo]:
        """Japanese parts the words of a foreign name with a dot or not at all, so every cut of a run is tried."""
        runs = [*_KATAKANA_RUN.finditer(text)]
        known = self._in_runs([run.group() for run in runs]) if runs else {}
        for run in runs:
            for form, score in known[run.group()]:
                yield Echo(*run.span(), form, score)

    def _in_runs(self, runs: Sequence[str]) -> Mapping[str, Sequence[tuple[str, float]]]:
        """The names that runs of katakana may be, and their likeness; those met of late are remembered."""
        known = {run: named for run in runs if (named := self._runs.get(run)) is not None}
        new = [run for run in dict.fromkeys(runs) if run not in known]
        if new:
            cuts = [(run, run[:cut], run[cut:]) for run in new for cut in range(1, len(run))]
            halves = self._memory.read([half for _, *both in cuts for half in both])
            row = [word for both in zip(halves[::2], halves[1::2], strict=True) for word in (*both, *_APART)]
            told: dict[str, list[tuple[str, float]]] = {run: [] for run in new}
            for first, name, _, score in self._named(row):
                told[cuts[first // (2 + len(_APART))][0]].append((name.form, score))
            known |= {run: tuple(named) for run, named in told.items()}
            if len(self._runs) > WORDS_KEPT:
                self._runs.clear()
            self._runs.update({run: known[run] for run in new})
        return known


_Named = tuple[int, _Name, Sequence[Reading], float]
"""The number of the word where a name begins, the name, how its words were heard, and the likeness."""


def _stood(beside: _Names, numbers: Mapping[str, int]) -> Iterator[Stood]:
    """How words of names stand."""
    for (side, key, sound), (pairs, longer) in beside.items():
        both = numbers[key], side, numbers[sound]
        if pairs:
            yield Stood(*both)
        for name in longer:
            offset, keys = name.another
            yield from (Stood(*both, (offset, third)) for third in keys)


def _number(named: _Named) -> int:
    return named[1].number


def _pairs(heard: Sequence[Heard], first: int, names: Sequence[_Name]) -> list[_Named]:
    """Those of some names of two words that two words are like."""
    part = heard[first : first + 2]
    if len(part[0].readings) == len(part[1].readings) == 1:  # as which all names must have heard them
        taken = [part[0].readings[0], part[1].readings[0]]
        return [(first, name, taken, score) for name, score in _likeness(part, taken, names)]
    each = [(name, _taken(part, name)) for name in names]
    return [(first, name, taken, score) for name, taken in each for _, score in _likeness(part, taken, (name,))]


def _longer(heard: Sequence[Heard], here: int, names: Sequence[_Name]) -> list[_Named]:
    """Those of some names of more than two words that the words around their anchor are like."""
    found: list[_Named] = []
    for name in names:
        another, keys = name.another
        if 0 <= here + another < len(heard) and not keys.isdisjoint(heard[here + another].numbers):
            first = here - name.anchor
            part = heard[max(first, 0) : first + len(name.keys)]
            if len(part) == len(name.keys) and (taken := _taken(part, name)):
                found += [(first, name, taken, score) for name, score in _likeness(part, taken, (name,))]
    return found


def _taken(heard: Sequence[Heard], name: _Name) -> Sequence[Reading]:
    """How each word of a name was heard; nothing if one was not."""
    taken: list[Reading] = []
    for keys, word in zip(name.keys, heard, strict=True):
        for reading in word.readings:
            if reading[2] in keys:
                taken.append(reading)
                break
        else:
            return ()
    return taken
