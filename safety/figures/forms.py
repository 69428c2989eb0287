"""Names as strings to search for: one folding for list and prompt, and the forms that a name takes in running text.

Pure functions of strings. :func:`plain` does to a name what ``safety.canonical`` does to a prompt; :func:`fold` then
does to both what only names need: punctuation as one space, letters that writers use for one another as one, Chinese
characters that are written in several ways too, no space between Chinese or Japanese characters. Which form means whom
is not decided here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from operator import attrgetter
from typing import NamedTuple

from touchmark.safety.figures.han import SIMPLIFIED
from touchmark.safety.figures.inflection import ENDINGS, inflected

_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t"}
)
_ONE_LETTER = str.maketrans("ёأإآٱىیکةάέήίϊΐόύϋΰώ", "еااااييكهαεηιιιουυυω") | SIMPLIFIED
_ONE_LETTER |= {
    ord(letter) + vowel: ord(kept) + vowel
    for kept, letters in (("ሀ", "ሐኀ"), ("ሰ", "ሠ"), ("አ", "ዐ"), ("ጸ", "ፀ"))
    for letter in letters
    for vowel in range(7)
} | str.maketrans("ሃሓኃኣዓ", "ሀሀሀአአ")
"""Amharic writes one sound with several letters, seven in a row by vowel: as the writer likes."""
_OF_ONE_LETTER = re.compile(f"[{''.join(map(chr, _ONE_LETTER))}]")
_KEPT = {chr(letter): chr(letter).translate(_ONE_LETTER) for letter in _ONE_LETTER}
_SIGNS = "\u0591-\u05bd\u05bf-\u05c7\u064b-\u0655\u0670\u0640\u093c"
"""Hebrew points, Arabic vowel signs and stretching line, the dot of Hindi: written or not as the writer likes."""
_STRETCH = "\u0640"
"""A sign that is a letter by its kind."""
_NASAL = "ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])|ँ"
"""Hindi writes a nasal before its own consonants as a letter or as a dot, "हिन्दी" and "हिंदी"."""
_MARKS = "\u0300-\u036f\u0900-\u0963\u0966-\u0df3\u0e31-\u0e4e\u0eb1-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3"
_LATIN_WITH_MARKS = re.compile("[\u00c0-\u0233\u037e\u1e00-\u1ef9\u1fef\u212a\u212b\u2260\u226e\u226f]")
"""All that may have a base in ASCII."""
_MARKS_ON_LATIN = re.compile("[\u0300-\u036f](?<=[a-z].)[\u0300-\u036f]*")
_JOINTS = re.compile("['’ʼ`-]")
_ARABIC = re.compile("[\u0620-\u064a]")
_COMPOUND = re.compile(r"(?<!\S)(عبد(?=ال)|محمد(?=\w{3})|علي(?=رضا))(?!\s)")
_PARTED = re.compile(r"(?<!\S)(عبد|محمد|علي(?= رضا)) (?=\S+ \S)")
"""The first part of a compound given name, written onto the second and apart from it."""
_INITIALS = re.compile(r"(?<!\S)(\w) (?=\w(?!\S))")
_MIN_JOINED = 8
"""Letters of the shortest name that is also searched for as one word, as in a hashtag."""
SURNAME_FIRST = frozenset({"CN", "TW", "HK", "KR", "KP", "VN"})
"""Countries whose people put the surname first in Latin letters too."""
_EITHER_ORDER = SURNAME_FIRST | {"JP", "HU"}
_MAX_SHORT = 5
"""Letters of the longest word of such a name that another letter makes another name."""
_GAP_INSIDE_A_NAME = frozenset(" ・·•‧=-")
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff"
_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc"
_UNSPACED = re.compile(f"[{_HAN}\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff]")
_HAN_OR_KANA = re.compile(f"[{_HAN}{_KANA}]")
_LETTER = f"\\w{_MARKS}{_SIGNS}"
_GERESH = "(?<=[\u05d0-\u05ea])['’׳\"”״](?=[\u05d0-\u05ea])"
"""Hebrew marks a foreign sound or an abbreviation inside a word; no word ends there."""
_ANY_GAP = re.compile(r"[\W_](?:[\W_]+|(?<! ))")
"""A gap between words that is not one space, in ASCII; what begins with one set of letters is found fastest."""
_MARKED = re.compile(f"[{_SIGNS}\u05d0-\u05ea\u0900-\u097f_]")
"""What a text has to hold for anything else to be rewritten than such gaps."""
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]")
_HIRAGANA = re.compile("[\u3041-\u3096]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_TAKES_ENDINGS = re.compile("[\uac00-\ud7a3\u0980-\u09ff\u0a80-\u0dff]")
"""Hangul, Bengali, Gujarati, Odia, Sinhala and the Dravidian scripts write particles and endings onto the name."""
_MIN_BEFORE_ENDINGS = 4
"""Letters of the shortest name that is read with an ending of other scripts."""
_PARTICLES = frozenset("はがをにのともでへや")
"""Japanese words of one letter after a name; beside a name in hiragana nothing else parts them from it."""
_PROCLITICS = frozenset("وفبلكמשהולבכየበለከ")
"""Arabic, Hebrew and Amharic words of one letter, written onto the next word: and, in, to, like, from, the."""
_MOST_PROCLITICS = 2
_MIN_BEHIND_TWO = 6
"""Letters of the shortest name that is read behind two of them, "and to"."""


class Edit(NamedTuple):
    """A stretch of a text, half open, and where in the folded text so many other characters take its place."""

    begin: int
    end: int
    place: int
    length: int


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded for names.

    Attributes:
        text: words apart by single spaces.
        edits: what else than letters for letters was changed, in order.
    """

    text: str
    edits: tuple[Edit, ...]

    def origin(self, place: int) -> int:
        """For a character of ``text`` its place in the text that was folded."""
        number = bisect_right(self.edits, place, key=attrgetter("place")) - 1
        if number < 0:
            return place
        edit = self.edits[number]
        return edit.begin if place < edit.place + edit.length else edit.end + place - edit.place - edit.length

    def place(self, origin: int) -> int:
        """How many characters the first of the text that was folded came to; none of them may be edited with another
        that is not among them."""
        number = bisect_right(self.edits, origin, key=attrgetter("end")) - 1
        if number < 0:
            return origin
        edit = self.edits[number]
        return origin - edit.end + edit.place + edit.length


def plain(name: str) -> str:
    """A name as the PLAIN view of a prompt would show it: compatibility forms, case and Latin accents folded."""
    text = name.casefold()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():  # of signs that are printed none is invisible
        text = "".join(map(_shown, text))
    text = unicodedata.normalize("NFC", text.casefold())  # folding the case of a Greek iota takes its marks off it
    if _LATIN_WITH_MARKS.search(text):
        text = "".join(map(_latin_base, text))
    return _MARKS_ON_LATIN.sub("", text)


def fold(text: str) -> Folded:
    """Fold a text that is already :func:`plain` (a view of a prompt, or a name)."""
    if not text.isascii():
        text = _OF_ONE_LETTER.sub(lambda match: _KEPT[match.group()], text)
    parts: list[str] = []
    edits: list[Edit] = []
    done = place = 0
    for begin, end, new in _rewrites(text):
        parts += (text[done:begin], new)
        place += begin - done
        edits.append(Edit(begin, end, place, len(new)))
        place += len(new)
        done = end
    parts.append(text[done:])
    return Folded("".join(parts), tuple(edits))


def is_seam(text: str, place: int) -> bool:
    """Whether what is before a place of a text folds as if nothing were behind it, and the other way round."""
    before, after = text[place - 1 : place], text[place : place + 1]
    return before.isalnum() and after.isalnum() and _STRETCH not in (before, after)


def folded_name(name: str) -> str:
    """The form of a name to search for."""
    text = plain(name)
    folded = _ANY_GAP.sub(" ", text) if text.isascii() else fold(text).text
    return folded.strip()


def on_one_line(name: str) -> str:
    """A name that somebody gives, its words apart by single spaces.

    Raises:
        ValueError: nobody can be found by it, as it holds no letter, or a control character; says which.
    """
    line = " ".join(name.split())
    if any(unicodedata.category(c) == "Cc" for c in line):
        raise ValueError(f"the name {line!r} holds a control character")
    if not any(c.isalnum() for c in folded_name(line)):
        raise ValueError(f"the name {line!r} holds no letter")
    return line


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
    if not form.isascii():
        yield from inflected(form)
        yield from _as_spaced_otherwise(form, stated)


def _as_spaced_otherwise(form: str, stated: str) -> Iterator[str]:
    """Arabic and Persian names as writers part them ("عبد الله", "عبدالله"), and with "to" before the article."""
    if "\u200c" in stated:
        yield folded_name(stated.replace("\u200c", " "))
    if not _ARABIC.search(form):
        return
    parted = _COMPOUND.sub(r"\1 ", form)
    yield from (spelling for spelling in (parted, _PARTED.sub(r"\1", parted)) if spelling != form)
    if form.startswith("ال"):
        yield f"لل{form[2:]}"


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


def is_other_person(written: str, name: str, countries: Iterable[str]) -> bool:
    """Whether what is nearly a name is another one: with a letter replaced, Liu Bang is Liu Fang, and Yuji is Yuki.

    Args:
        written: as a text has it, folded.
        name: the name folded.
        countries: of the person; elsewhere given names are longer.
    """
    if _EITHER_ORDER.isdisjoint(countries) or not name.isascii():
        return False
    words = zip(written.split(), name.split(), strict=False)
    return any(
        word != right and len(word) == len(right) <= _MAX_SHORT and sorted(word) != sorted(right)
        for word, right in words
    )


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` of a folded text stands as words of its own, as its script writes words."""
    return _opens(text, start, end - start) and (
        end == len(text)
        or _TAKES_ENDINGS.match(text[end - 1]) is not None
        or _parts(text[end - 1], text[end])
        or (end - start >= _MIN_BEFORE_ENDINGS and ENDINGS.match(text, end) is not None)
        or (text[end] in _PARTICLES and _HIRAGANA.match(text[end - 1]) is not None)
    )


def is_glued(word: str) -> bool:
    """Whether a folded word is in a script that writes it onto a name: Korean, or one that parts no words."""
    return _UNSPACED.match(word) is not None or _HANGUL.match(word) is not None


def _opens(text: str, start: int, length: int) -> bool:
    if start == 0 or _parts(text[start - 1], text[start]):
        return True
    if text[start - 1] not in _PROCLITICS:
        return False
    before = text[max(0, start - _MOST_PROCLITICS - 1) : start].rpartition(" ")
    most = _MOST_PROCLITICS if length >= _MIN_BEHIND_TWO else 1
    return 0 < len(before[2]) <= most and _PROCLITICS.issuperset(before[2])


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


@lru_cache(maxsize=1 << 14)
def _shown(character: str) -> str:
    return "" if unicodedata.category(character) == "Cf" else character


@lru_cache(maxsize=1 << 14)
def _latin_base(character: str) -> str:
    if character.isascii():
        return character
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() else character.translate(_WITHOUT_DECOMPOSITION)


def _rewrites(text: str) -> Iterator[tuple[int, int, str]]:
    """Stretches to replace, in order: vowel signs and gaps."""
    if text.isascii():
        yield from ((*match.span(), " ") for match in _ANY_GAP.finditer(text))
        return
    which = _MARKED.search(text) is not None, _HAN_OR_KANA.search(text) is not None
    for match in _TO_REWRITE[which].finditer(text):
        begin, end = match.span()
        kind = match.lastgroup
        if kind is None:
            yield begin, end, "" if _inside_a_name(text, begin, end) else " "
        else:
            yield begin, end, "ं" if kind == "nasal" else ""


def _to_rewrite(marked: bool, unspaced: bool) -> re.Pattern[str]:
    """What is replaced: each alternative is looked for at every letter, so a text without such letters has fewer."""
    gap = f"(?:[^{_LETTER}]|_)" if marked else f"[^{_LETTER}]"
    between = f"|(?<=[{_HAN}{_KANA}] )(?=[{_HAN}{_KANA}])" if unspaced else ""
    pattern = f"{gap}(?:{gap}+|(?<! ){between})"
    if marked:
        pattern = f"(?P<dropped>{_GERESH}|[{_SIGNS}]+)|(?P<nasal>{_NASAL})|{pattern}"
    return re.compile(pattern)


_TO_REWRITE = {which: _to_rewrite(*which) for which in product((False, True), repeat=2)}
"""By whether a text holds what is marked and what is unspaced; made beforehand, as each takes some milliseconds."""


def _inside_a_name(text: str, begin: int, end: int) -> bool:
    """Japanese and Chinese writers part the words of a name with a space or a dot, or with nothing."""
    return (
        begin > 0
        and end < len(text)
        and _HAN_OR_KANA.match(text[begin - 1]) is not None
        and _HAN_OR_KANA.match(text[end]) is not None
        and _GAP_INSIDE_A_NAME.issuperset(text[begin:end])
    )
