"""Names as strings to search for: one folding for list and prompt, and the forms that a name takes in running text.

Pure functions of strings. :func:`plain` does to a name what ``safety.canonical`` does to a prompt; :func:`fold` then
does to both what only names need: punctuation as one space, letters that writers use for one another as one, Chinese
characters that are written in several ways too, no space between Chinese or Japanese characters. Which form means whom
is not decided here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from touchmark.safety.figures.han import SIMPLIFIED

_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t"}
)
_ONE_LETTER = str.maketrans("ёأإآٱىیکةάέήίϊΐόύϋΰώ", "еااااييكهαεηιιιουυυω") | SIMPLIFIED
_OF_ONE_LETTER = re.compile(f"[{''.join(map(chr, _ONE_LETTER))}]")
_SIGNS = "\u0591-\u05bd\u05bf-\u05c7\u064b-\u0655\u0670\u0640"
_VOWEL_SIGNS = re.compile(f"[{_SIGNS}]")
"""Hebrew points, Arabic vowel signs and the Arabic stretching line: written or not as the writer likes."""
_MARKS = "\u0300-\u036f\u0900-\u0963\u0966-\u0df3\u0e31-\u0e4e\u0eb1-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3"
_JOINTS = re.compile("['’ʼ`-]")
_INITIALS = re.compile(r"(?<!\S)(\w) (?=\w(?!\S))")
_MIN_JOINED = 8
"""Letters of the shortest name that is also searched for as one word, as in a hashtag."""
SURNAME_FIRST = frozenset({"CN", "TW", "HK", "KR", "KP", "VN"})
"""Countries whose people put the surname first in Latin letters too."""
_EITHER_ORDER = SURNAME_FIRST | {"JP", "HU"}
_GAP_INSIDE_A_NAME = frozenset(" ・·•‧=-")
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff"
_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc"
_UNSPACED = re.compile(f"[{_HAN}\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]")
_HAN_OR_KANA = re.compile(f"[{_HAN}{_KANA}]")
_LETTER = f"\\w{_MARKS}{_SIGNS}"
_UNLIKE_A_SPACE = re.compile(f"(?:[^{_LETTER}]|_){{2,}}|[^{_LETTER} ]|_")
"""A gap between words that is not one space."""
_TO_REWRITE = re.compile(f"{_UNLIKE_A_SPACE.pattern}|[{_SIGNS}]+|(?<=[{_HAN}{_KANA}]) (?=[{_HAN}{_KANA}])")
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]")
_HIRAGANA = re.compile("[\u3041-\u3096]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_TAKES_ENDINGS = re.compile("[\uac00-\ud7a3\u0980-\u09ff\u0b80-\u0d7f]")
"""Hangul, Bengali and the Dravidian scripts: particles and case endings are written onto the name."""
_PARTICLES = frozenset("はがをにのともでへや")
"""Japanese words of one letter after a name; beside a name in hiragana nothing else parts them from it."""
_PROCLITICS = frozenset("وفبلكמשהולבכ")
"""Arabic and Hebrew words of one letter, written onto the next word: and, in, to, like, from, the."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded for names.

    Attributes:
        text: words apart by single spaces.
        index: for each character of ``text`` its place in the text that was folded.
    """

    text: str
    index: tuple[int, ...]


def plain(name: str) -> str:
    """A name as the PLAIN view of a prompt would show it: compatibility forms, case and Latin accents folded."""
    text = name.casefold()
    if text.isascii():
        return text
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf").casefold()
    text = unicodedata.normalize("NFC", text)  # folding the case of a Greek iota takes its marks off it
    text = "".join(_latin_base(character) for character in text)
    return re.sub("(?<=[a-z])[\u0300-\u036f]+", "", text)


def fold(text: str) -> Folded:
    """Fold a text that is already :func:`plain` (a view of a prompt, or a name)."""
    if _OF_ONE_LETTER.search(text):
        text = text.translate(_ONE_LETTER)
    parts: list[str] = []
    index: list[int] = []
    done = 0
    for begin, end, new in _rewrites(text):
        parts += (text[done:begin], new)
        index += range(done, begin)
        index += [begin] * len(new)
        done = end
    parts.append(text[done:])
    index += range(done, len(text))
    return Folded("".join(parts), tuple(index))


def folded_name(name: str) -> str:
    """The form of a name to search for."""
    return fold(plain(name)).text.strip()


def variants(form: str, stated: str) -> Iterator[str]:
    """Other forms that a name takes: without its hyphens, as one word, with its initials together, declined.

    Args:
        form: the name folded.
        stated: the name as the list writes it.
    """
    spellings = [form]
    if _JOINTS.search(stated):
        spellings.append(folded_name(_JOINTS.sub("", stated)))
        yield spellings[-1]
    for spelling in spellings:
        words = spelling.split()
        if len(words) > 1:
            if len(words[0]) == 1 or len(words[1]) == 1:
                yield _INITIALS.sub(r"\1", spelling)
            if len(spelling) - len(words) + 1 >= _MIN_JOINED:
                yield "".join(words)
    if not form.isascii() and _RUSSIAN.fullmatch(form):
        yield from declined(form)


def other_order(form: str, countries: Iterable[str]) -> str | None:
    """A name with the surname at the other end, where writers of Latin letters do both: "Ohtani Shohei".

    Args:
        form: the name folded.
        countries: of the person.
    """
    if not form.isascii() or len(form) < _MIN_JOINED + 1 or _EITHER_ORDER.isdisjoint(countries):
        return None
    first, *others = form.split()
    if len(others) == 1 or (len(others) == 2 and not SURNAME_FIRST.isdisjoint(countries)):
        return " ".join((*others, first))
    return None


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` of a folded text stands as words of its own, as its script writes words."""
    return _opens(text, start) and (
        end == len(text)
        or _TAKES_ENDINGS.match(text[end - 1]) is not None
        or _parts(text[end - 1], text[end])
        or (text[end] in _PARTICLES and _HIRAGANA.match(text[end - 1]) is not None)
    )


def _opens(text: str, start: int) -> bool:
    if start == 0 or _parts(text[start - 1], text[start]):
        return True
    return text[start - 1] in _PROCLITICS and (start == 1 or text[start - 2] == " ")


@lru_cache(maxsize=1 << 14)
def _parts(before: str, after: str) -> bool:
    """Whether a word may end between two characters."""
    if before == " " or after == " " or _UNSPACED.match(before) or _UNSPACED.match(after):
        return True
    return _kind(before) != _kind(after)


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    for kind, pattern in (("katakana", _KATAKANA), ("hiragana", _HIRAGANA), ("hangul", _HANGUL)):
        if pattern.match(character):
            return kind
    return "letter"


def _latin_base(character: str) -> str:
    if character.isascii():
        return character
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() else character.translate(_WITHOUT_DECOMPOSITION)


def _rewrites(text: str) -> Iterator[tuple[int, int, str]]:
    """Stretches to replace, in order: vowel signs and gaps."""
    if text.isascii():
        yield from ((*match.span(), " ") for match in _UNLIKE_A_SPACE.finditer(text))
        return
    for match in _TO_REWRITE.finditer(text):
        begin, end = match.span()
        if _VOWEL_SIGNS.match(match.group()) or _inside_a_name(text, begin, end):
            yield begin, end, ""
        elif match.group() != " ":
            yield begin, end, " "


def _inside_a_name(text: str, begin: int, end: int) -> bool:
    """Japanese and Chinese writers part the words of a name with a space or a dot, or with nothing."""
    return (
        begin > 0
        and end < len(text)
        and _HAN_OR_KANA.match(text[begin - 1]) is not None
        and _HAN_OR_KANA.match(text[end]) is not None
        and _GAP_INSIDE_A_NAME.issuperset(text[begin:end])
    )


# --- Russian case endings -------------------------------------------------------------------------------------------

_RUSSIAN = re.compile("[а-я ]+")
_Cases = tuple[str, str, str, str, str]
"""Endings of genitive, dative, accusative, instrumental and prepositional."""
_FEMININE_SURNAME: _Cases = ("ой", "ой", "у", "ой", "ой")
_MASCULINE: tuple[tuple[re.Pattern[str], int, _Cases], ...] = tuple(
    (re.compile(ending), cut, cases)
    for ending, cut, cases in (
        ("[сц]кий$|[нт]ый$", 2, ("ого", "ому", "ого", "им", "ом")),
        ("ий$", 1, ("я", "ю", "я", "ем", "и")),
        ("[йь]$", 1, ("я", "ю", "я", "ем", "е")),
        ("(?:[ое]в|[иы]н)$", 0, ("а", "у", "а", "ым", "е")),
        ("[бвгджзклмнпрстфхцчшщ]$", 0, ("а", "у", "а", "ом", "е")),
        ("[гкхжчшщ]а$", 1, ("и", "е", "у", "ой", "е")),
        ("а$", 1, ("ы", "е", "у", "ой", "е")),
        ("ия$", 1, ("и", "и", "ю", "ей", "и")),
        ("я$", 1, ("и", "е", "ю", "ей", "е")),
    )
)


def declined(name: str) -> Iterator[str]:
    """The five oblique cases of a folded Russian name; more than Russian has, where the rules are unsure."""
    words = name.split()
    woman = len(words) > 1 and words[0][-1] in "ая" and words[0] not in ("никита", "илья")
    columns = [_oblique(word, woman, surname=place > 0) for place, word in enumerate(words)]
    for case in zip(*columns, strict=True):
        form = " ".join(case)
        if form != name:
            yield form


def _oblique(word: str, woman: bool, *, surname: bool) -> _Cases:
    if word.endswith("ая") or (surname and woman and re.search("(?:[ое]в|[иы]н)а$", word)):
        stem = word[: -2 if word.endswith("ая") else -1]
        return _joined(stem, _FEMININE_SURNAME)
    if not (woman and word[-1] not in "ая"):
        for ending, cut, cases in _MASCULINE:
            if len(word) > 2 and ending.search(word):
                return _joined(word[: len(word) - cut], cases)
    return (word, word, word, word, word)


def _joined(stem: str, cases: _Cases) -> _Cases:
    genitive, dative, accusative, instrumental, prepositional = (stem + ending for ending in cases)
    return genitive, dative, accusative, instrumental, prepositional
