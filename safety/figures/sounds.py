"""Names by their consonants, across scripts: "Дональд Трамп", "ドナルド・トランプ" and "Donald Trump" sound alike.

A phonetic key in the line of Soundex (Russell, 1918): consonants in six classes, vowels left out. Every script that
writes sounds is read into the same classes, so a name that the list gives in Latin letters is found where another
script spells it out. What one spelling may mean several ways ("ch", a "j", an "r" that Japanese drops) the *Latin* side
spells out as alternatives; a word of the prompt has one key, or one for each ending that may be cut off it.

Chinese writes names by syllables of its own and is not read here: its forms stand in the list.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice, product
from string import ascii_lowercase

from rapidfuzz import fuzz

_MAX_KEYS = 24
"""Alternatives that a word of a name may take."""
_PARTICLES = frozenset({"al", "el", "ال"})
_GAP = "."
_WORDS_KEPT = 1 << 15
"""Words of which a process remembers how they sound."""

# --- Latin ----------------------------------------------------------------------------------------------------------

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


def name_keys(word: str) -> tuple[str, ...]:
    """The keys that a word of a Latin name may have in any script.

    Args:
        word: folded, Latin letters.
    """
    parts: list[tuple[str, ...]] = []
    for match in _LATIN_PART.finditer(word):
        part, after = match.group(), word[match.end() : match.end() + 1]
        sounds = _LATIN.get(part, (_GAP,))
        if part == "g" and after in _SOFT:
            sounds = ("S", "K", "")
        elif part == "c":
            sounds = ("S", "K") if after in _SOFT else ("K", "S")
        elif part == "r" and (not after or after not in "aeiouy"):
            sounds = ("L", "")
        elif part == "h" and match.start() == 0:
            sounds = ("", "K")
        parts.append(sounds)
    spelt = islice(product(*_affordable(parts)), _MAX_KEYS)
    return tuple(dict.fromkeys(_key("".join(sounds)) for sounds in spelt))


def _affordable(parts: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The alternatives of the last parts, as far as their product is affordable; the rest read in the first way."""
    count = 1
    kept: list[tuple[str, ...]] = []
    for sounds in reversed(parts):
        affordable = count * len(sounds) <= _MAX_KEYS
        kept.append(sounds if affordable else sounds[:1])
        count *= len(sounds) if affordable else 1
    return kept[::-1]


_TWICE = re.compile(r"(.)\1+")


def _key(sounds: str) -> str:
    """Classes in writing order, with gaps for vowels, as a key: what stands together and sounds as one is one."""
    return _TWICE.sub(r"\1", sounds).replace("TS", "S").replace("NP", "MP").replace(_GAP, "")


# --- the other scripts ----------------------------------------------------------------------------------------------


def _spread(table: str) -> dict[str, str]:
    """Letters by the Latin ones that they are read as: ``"a:а b:б sh:шщ"``."""
    pairs = (entry.split(":") for entry in table.split())
    return {letter: latin for latin, letters in pairs for letter in letters}


def _row(text: str) -> tuple[str, ...]:
    """Readings apart by spaces; ``_`` is a letter that is not heard."""
    return tuple(text.replace("_", "").split(" "))


_INDIC = (
    "n:02 a:05 a:06 i:07 i:08 u:09 u:0a ri:0b e:0d e:0e e:0f ai:10 o:11 o:12 o:13 au:14 k:15 k:16 g:17 g:18 n:19 s:1a "
    "s:1b j:1c j:1d n:1e t:1f t:20 d:21 d:22 n:23 t:24 t:25 d:26 d:27 n:28 n:29 p:2a f:2b b:2c b:2d m:2e y:2f r:30 "
    "r:31 l:32 l:33 l:34 v:35 s:36 s:37 s:38 h:39 a:3e i:3f i:40 u:41 u:42 ri:43 e:45 e:46 e:47 ai:48 o:49 o:4a "
    "o:4b au:4c k:58 h:59 g:5a z:5b r:5c r:5d f:5e y:5f"
)
"""Offsets in the blocks of the scripts of India, which Unicode lays out alike."""
_INDIC_BLOCKS = (0x900, 0x980, 0xA00, 0xA80, 0xB00, 0xB80, 0xC00, 0xC80, 0xD00)
_READ_AS: dict[str, str] = {
    **_spread("a:а b:б v:в g:гґ d:д e:еэє zh:ж z:з i:иіїы y:й k:к l:л m:м n:н o:о p:п r:р s:с t:т u:уў f:ф h:х"),
    **_spread("s:цщшч ya:я yu:ю j:јџ s:ћ z:ђ l:љ n:њ"),
    **_spread("a:α v:β g:γ d:δ e:ε z:ζ i:ηι t:θτ k:κ l:λ m:μ n:ν ks:ξ o:οω p:π r:ρ s:σς u:υ f:φ h:χ ps:ψ"),
    **_spread("a:א b:ב g:ג d:ד h:הח u:ו z:ז t:טת i:י k:כךק l:ל m:מם n:נן s:סשצץ p:פף r:ר"),
    **_spread("a:اعئ b:ب p:پ t:تثطةٹ s:سشصچ j:جژ h:حخهہھ d:دضڈ z:ذزظ r:رڑ f:فڤ k:كکق g:گغ l:ل m:م n:نں u:و i:ييیئےى"),
    **_spread("a:ა b:ბ g:გღ d:დ e:ე v:ვ z:ზ t:თტ i:ი k:კქყ l:ლ m:მ n:ნ o:ო p:პფ zh:ჟ r:რ s:სშჩცწჭ u:უ j:ძჯ h:ხჰ"),
    **_spread("a:ա b:բ g:գղ d:դ e:եէը z:զ t:թտ zh:ժ i:ի l:լ h:խհ s:ծձշչջճցս k:կք m:մ y:յ n:ն o:ոօ p:պփ r:րռ v:վւ f:ֆ"),
    **_spread("k:กขฃคฅฆ ng:ง j:จ s:ฉชซฌศษส y:ญย d:ฎด t:ฏฐฑฒตถทธ n:ณน b:บ p:ปผพภ f:ฝฟ m:ม r:รฤ l:ลฦฬ w:ว h:หฮ"),
    **_spread("a:อะ\u0e31าๅ\u0e4d am:\u0e33 i:\u0e34\u0e35\u0e36\u0e37 u:\u0e38\u0e39 e:เแ o:โ ai:ใไ"),
    **{
        chr(block + int(offset, 16)): latin
        for block in _INDIC_BLOCKS
        for latin, offset in (entry.split(":") for entry in _INDIC.split())
    },
}
_KANA = dict(
    zip(
        "アイウエオカキクケコガギグゲゴサシスセソザジズゼゾタチツテトダヂヅデドナニヌネノハヒフヘホバビブベボパピプペポ"
        "マミムメモヤユヨラリルレロワヲンヴァィゥェォャュョー",
        _row(
            "a i u e o ka ki k ke ko ga gi g ge go sa si s se so za ji z ze zo ta si s te t da ji z de d na ni n ne no "
            "ha hi f he ho ba bi b be bo pa pi p pe po ma mi m me mo ya yu yo ra ri r re ro wa o n v a i u e o a u o _"
        ),
        strict=True,
    )
)
_LEADS = "gkndtrmbpss_jjsktph"
_VOWELS = _row("a e ya e o e yo e o wa we we yo u wo we wi yu _ i i")
_TAILS = _row("_ k k k n n n t l l l l l l l l m p p t t ng t t k t p _")
_HANGUL_BASE = 0xAC00
_CLASSES = {
    **dict.fromkeys("bpfv", "P"),
    **dict.fromkeys("dt", "T"),
    **dict.fromkeys("kgq", "K"),
    **dict.fromkeys("szjc", "S"),
    **{"m": "M", "n": "N", "l": "L", "r": "L", "h": ""},
}
_TO_CLASSES = str.maketrans({letter: _CLASSES.get(letter, _GAP) for letter in ascii_lowercase})
_ENDINGS = {
    "CYRILLIC": ("ого", "ому", "его", "ему", "ами", "ом", "ем", "ым", "им", "ой", "ою", "ов", "их", "ых"),
    "HANGUL": ("에게", "에서", "으로", "은", "는", "이", "가", "을", "를", "의", "와", "과", "도", "로", "님", "씨"),
    "BENGALI": ("দের", "ের", "র", "কে", "য়"),
    "GEORGIAN": ("ისთვის", "ისა", "მა", "ის", "ს", "მ"),
    "ARMENIAN": ("ին", "ի", "ն", "ը"),
}
_BEFORE = {"ARABIC": ("وال", "بال", "ال", "و", "ب", "ل", "ك", "ف"), "HEBREW": ("ו", "ב", "ל", "ה", "מ", "ש", "כ")}
_SCRIPTS = (
    ("CYRILLIC", "[\u0400-\u052f]"), ("HANGUL", "[\uac00-\ud7a3]"), ("ARABIC", "[\u0600-\u06ff]"),
    ("HEBREW", "[\u0590-\u05ff]"), ("BENGALI", "[\u0980-\u09ff]"), ("GEORGIAN", "[\u10a0-\u10ff]"),
    ("ARMENIAN", "[\u0530-\u058f]"), ("KATAKANA", "[\u30a1-\u30fc]"), ("THAI", "[\u0e01-\u0e4e]"),
    ("OTHER", "[\u0370-\u03ff\u0900-\u097f\u0a00-\u0d7f]"),
)  # fmt: skip
_SCRIPT_OF = tuple((script, re.compile(f"{letters}")) for script, letters in _SCRIPTS)
_READABLE = re.compile(
    "[\u0370-\u05ff\u0600-\u06ff\u0900-\u0d7f\u0e01-\u0e4e\u10a0-\u10ff\u30a1-\u30fc\uac00-\ud7a3]{2}"
)
"""A text without this has nothing to read."""


class _Letters(dict[int, str]):
    """What each letter is read as, for :meth:`str.translate`: Hangul is worked out syllable by syllable as met."""

    def __missing__(self, letter: int) -> str:
        syllable = letter - _HANGUL_BASE
        read = ""
        if 0 <= syllable < 11172:
            lead, vowel, tail = _LEADS[syllable // 588], _VOWELS[syllable // 28 % 21], _TAILS[syllable % 28]
            read = f"{lead}{vowel or _GAP}{tail}".replace("_", _GAP)
            self[letter] = read
        return read


_READ = _Letters({ord(letter): latin for letter, latin in (_READ_AS | _KANA).items()})
_SMALL_KANA = re.compile("[ァィゥェォャュョ]")
"""They change the vowel of the letter before them."""
_THAI_VOWEL_FIRST = re.compile("([เแโใไ])([ก-ฮ])")
"""Thai writes these vowels before the consonant that they are spoken after."""


def romanised(word: str) -> str:
    """A folded word of any script but Latin and Chinese, read in Latin letters as far as its consonants go."""
    if not _SMALL_KANA.search(word):
        return _THAI_VOWEL_FIRST.sub(r"\2\1", word).translate(_READ)
    letters: list[str] = []
    for letter in word:
        if letters and _SMALL_KANA.match(letter):
            letters[-1] = letters[-1].rstrip("aiueo")
        letters.append(_READ[ord(letter)])
    return "".join(letters)


def word_key(latin: str) -> str:
    """The key of a word that :func:`romanised` has read."""
    return _key(latin.translate(_TO_CLASSES))


@dataclass(frozen=True, slots=True)
class _Reading:
    """A way of reading a word of the prompt: where it begins and ends in the word, its key, and its Latin letters."""

    begin: int
    end: int
    key: str
    latin: str
    strict: bool


@dataclass(frozen=True, slots=True)
class _Heard:
    """A word of the prompt: its readings, the likeliest first, all their keys, and whether its script tells vowels."""

    readings: tuple[_Reading, ...]
    keys: frozenset[str]
    strict: bool = True


_SILENCE = _Heard((), frozenset())


@lru_cache(maxsize=_WORDS_KEPT)
def _heard(word: str) -> _Heard:
    """What in a word of the prompt may be a word of a name."""
    script = next((name for name, letters in _SCRIPT_OF if letters.match(word)), None)
    if script is None:
        return _SILENCE
    cuts = [(0, len(word))]
    cuts += [
        (len(prefix), len(word))
        for prefix in _BEFORE.get(script, ())
        if word.startswith(prefix) and len(word) > len(prefix) + 2
    ]
    cuts += [
        (0, len(word) - len(suffix))
        for suffix in _ENDINGS.get(script, ())
        if word.endswith(suffix) and len(word) > len(suffix) + 1
    ]
    strict = script not in _LOOSE_SCRIPTS
    read = ((begin, end, romanised(word[begin:end])) for begin, end in cuts)
    readings = tuple(_Reading(begin, end, word_key(latin), latin, strict) for begin, end, latin in read)
    return _Heard(readings, frozenset(reading.key for reading in readings), strict)


# --- likeness -------------------------------------------------------------------------------------------------------

_LOOSE_SCRIPTS = frozenset({"ARABIC", "HEBREW", "HANGUL", "KATAKANA", "THAI"})
"""Scripts that tell few vowels apart, or none: there a vowel is a vowel, and more has to agree."""
_SMOOTHED = tuple(
    (re.compile(pattern), letter)
    for pattern, letter in (
        (r"\.", ""),
        ("sch|tch|sh|ch|zh|cz|sz|ts|tz|ds|dz|dj|dg|j|z|x|c(?=[eiy])", "s"),
        ("ph|v|w", "f"),
        ("ck|kh|gh|q|c", "k"),
        ("h", ""),
        ("y", "i"),
        ("r", "l"),
        ("ks", "s"),
    )
)
_VOWEL = re.compile("[aeiou]")
_LOOSE = str.maketrans("pdgvf", "btkbb")


@lru_cache(maxsize=_WORDS_KEPT)
def smooth(latin: str, *, strict: bool) -> str:
    """Latin letters with those made one that scripts confuse; vowels too, unless ``strict``."""
    for pattern, letter in _SMOOTHED:
        latin = pattern.sub(letter, latin)
    if not strict:
        latin = _VOWEL.sub("a", latin).translate(_LOOSE)
    return _TWICE.sub(r"\1", latin)


def _is_like(taken: Sequence[_Reading], name: Sequence[str]) -> float:
    """Likeness of what was heard and a name, 0 to 100; 0 where it is not enough for so few consonants.

    The thresholds were set where 17,000 sentences of 14 languages that name nobody gave one echo in 300.
    """
    consonants = sum([len(reading.key) for reading in taken])
    strict = taken[0].strict
    if consonants < _least_consonants(strict=strict):
        return 0.0
    for reading, word in zip(taken, name, strict=True):
        if not _is_like_word(reading.latin, word, strict):
            return 0.0
    heard = " ".join([smooth(reading.latin, strict=strict) for reading in taken])
    written = " ".join([smooth(word, strict=strict) for word in name])
    return fuzz.ratio(heard, written, score_cutoff=_least_likeness(consonants, strict=strict))


@lru_cache(maxsize=_WORDS_KEPT)
def _is_like_word(latin: str, word: str, strict: bool) -> bool:
    return fuzz.ratio(smooth(latin, strict=strict), smooth(word, strict=strict)) >= _WORD_LIKENESS


def _least_consonants(*, strict: bool) -> int:
    return _LEAST_CONSONANTS if strict else _LEAST_CONSONANTS + 1


def _least_likeness(consonants: int, *, strict: bool) -> int:
    """The fewer consonants agree, the more the letters must; four are so few that next to all have to."""
    if not strict:
        return max(84, 100 - 3 * (consonants - 4))
    return 96 if consonants == 4 else max(72, 86 - 3 * (consonants - 4))


_WORD_LIKENESS = 50
_LEAST_CONSONANTS = 4
"""Fewer agree by chance; where vowels tell nothing, one more."""

# --- the search -----------------------------------------------------------------------------------------------------

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


@dataclass(frozen=True, slots=True)
class _Name:
    """A name to recognise.

    Attributes:
        form: folded.
        words: of it, without particles.
        anchor: which of them is its rarest.
        keys: of each word.
    """

    form: str
    words: tuple[str, ...]
    anchor: int
    keys: tuple[frozenset[str], ...]


class Sounds:
    """The folded Latin names of two words and more, ready to be recognised in other scripts.

    Args:
        forms: folded names; those in other scripts, of one word or with initials are passed over.
    """

    def __init__(self, forms: Iterable[str]) -> None:
        names = [
            (form, words)
            for form in dict.fromkeys(forms)
            if form.isascii()
            and 2 <= len(words := tuple(word for word in form.split() if word not in _PARTICLES)) <= 4
            and all(map(_SYLLABLE.search, words))
        ]
        self._keys = {word: frozenset(name_keys(word)) for _, words in names for word in words}
        frequency = Counter(word for _, words in names for word in words)
        self._names: list[_Name] = []
        self._anchored: dict[str, list[int]] = defaultdict(list)
        for form, words in names:
            anchor = min(words, key=lambda word: (len(word) < 4, frequency[word], -len(word)))
            self._anchored[anchor].append(len(self._names))
            self._names.append(_Name(form, words, words.index(anchor), tuple(self._keys[word] for word in words)))
        self._anchors: dict[str, list[str]] = defaultdict(list)
        for anchor in self._anchored:
            for key in self._keys[anchor]:
                if len(key) > 1:
                    self._anchors[key].append(anchor)
        self._by_neighbour = lru_cache(maxsize=_WORDS_KEPT)(self._neighbours)

    def find(self, text: str) -> Iterator[Echo]:
        """Stretches of a folded text that sound like a name."""
        if not _READABLE.search(text):
            return
        words = text.split(" ")
        starts = list(accumulate((len(word) + 1 for word in words), initial=0))
        heard = [*map(_heard, words)]
        for first, number in dict.fromkeys(self._proposed(heard)):
            name = self._names[number]
            part = heard[first : first + len(name.words)]
            if first >= 0 and (len(name.words) == 2 or _is_heard(name, part)):
                taken, score = self._judged(part, name)
                if score:
                    end = starts[first + len(part) - 1] + taken[-1].end
                    yield Echo(starts[first] + taken[0].begin, end, name.form, score)
        yield from self._in_katakana(text)

    def _proposed(self, heard: Sequence[_Heard]) -> Iterator[tuple[int, int]]:
        """Where a name may begin, and its number: its anchor may be a word, and the word beside it its neighbour."""
        for here, word in enumerate(heard):
            for key in word.keys:
                by_neighbour = self._by_neighbour(key, word.strict)
                if not by_neighbour:
                    continue
                for side in (1, -1):
                    if 0 <= here + side < len(heard):
                        for beside in heard[here + side].keys:
                            for place, number in by_neighbour.get((side, beside), ()):
                                yield here - place, number

    def _neighbours(self, key: str, strict: bool) -> dict[tuple[int, str], list[tuple[int, int]]]:
        """The names whose anchor has a key, and its place in them, by the side that a neighbour is on and its keys."""
        enough = _least_consonants(strict=strict)
        by_neighbour: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
        for anchor in self._anchors.get(key, ()):
            for number in self._anchored[anchor]:
                name = self._names[number]
                side = 1 if name.anchor + 1 < len(name.words) else -1
                least = enough - len(key) if len(name.words) == 2 else 0
                for sound in name.keys[name.anchor + side]:
                    if len(sound) >= least:
                        by_neighbour[side, sound].append((name.anchor, number))
        return dict(by_neighbour)

    def _judged(self, heard: Sequence[_Heard], name: _Name) -> tuple[list[_Reading], float]:
        """How each word of a name was heard, and the likeness; 0 if one was not, or if it is not enough."""
        taken = []
        for keys, word in zip(name.keys, heard, strict=True):
            for reading in word.readings:
                if reading.key in keys:
                    taken.append(reading)
                    break
        return taken, _is_like(taken, name.words) if len(taken) == len(heard) else 0.0

    def _in_katakana(self, text: str) -> Iterator[Echo]:
        """Japanese parts the words of a foreign name with a dot or not at all, so every cut of a run is tried."""
        for run in _KATAKANA_RUN.finditer(text):
            for cut in range(1, len(run.group())):
                halves = [_heard(run.group()[:cut]), _heard(run.group()[cut:])]
                for first, number in self._proposed(halves):
                    name = self._names[number]
                    if first == 0 and len(name.words) == 2:
                        score = self._judged(halves, name)[1]
                        if score:
                            yield Echo(*run.span(), name.form, score)


def _is_heard(name: _Name, part: Sequence[_Heard]) -> bool:
    """Whether each word of a text has a key of its word of a name; not if the text ends before the name does."""
    return len(part) == len(name.words) and not any(map(frozenset.isdisjoint, name.keys, [word.keys for word in part]))
