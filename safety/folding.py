"""Text in the plain letters that it shows: nothing invisible, forms, case and marks folded, escapes undone. Pure.

    text = readable(Traced.of("ca&#102;é"))      # case and accents kept, for codings
    folded(text)                                  # "cafe"; every character knows where it was typed

Nothing is guessed: what a letter, an entity or a percent sign stands for is told by Unicode, HTML and URLs. What may be
meant besides, ``canonical.py`` asks.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import numpy as np

from touchmark.safety.traced import Traced

_MOST_ROUNDS = 12
"""Times that entities and escapes are undone in a text; each coding makes it three times as long, so that a prompt
holds fewer inside one another."""


def evenly_spaced(text: Traced) -> Traced:
    """All white space is one blank."""
    even = text.text.isprintable() and "  " not in text.text  # of white space only the blank is printable
    return text if even else text.sub(_ODD_SPACE, lambda _: " ")


_SUSPECT = re.compile(
    "[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u055f\u05d0-\u05ea\u0620-\u064a\u0900-\u0dff"
    "\u0e01-\u0e5b\u1e00-\u1eff\u2010-\u2027\u3001-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff9f]"
)
"""Characters that may be invisible: all but the letters of the scripts met most, which are passed at once."""
_ENTITY = re.compile(r"&(?:amp;)*(?:#[0-9]{1,7};?|#x[0-9a-f]{1,6};?|[a-z][a-z0-9]{1,31};)", re.IGNORECASE)
_PERCENT = re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)
_PERCENT_AGAIN = re.compile(r"%(?:25)+(?=[0-9a-f]{2})", re.IGNORECASE)
"""The sign of a code that was coded again, once or a thousand times: undone at once."""
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{1,5})\})", re.IGNORECASE)
CODES = re.compile(r"[&%\\]|  ")
"""What begins a code among printable ASCII, and the one thing there that is evened out."""
_ODD_SPACE = re.compile(r"\s{2,}|[^\S ]")
"""White space that is not one blank."""
_MARK = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARKS = re.compile(f"{_MARK}{_MARK}*")  # what begins with one set of characters is found many times faster
"""Marks that belong to no script: what composes with its letter is composed before, what is left is decoration."""
_STRETCHED_ARABIC = re.compile("[\u0640\u064b-\u065f\u0670](?<=[\u0620-\u064a].)[\u0640\u064b-\u065f\u0670]*")
"""Tatweel and vowel signs: everyday writing does without them."""
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_BLANK_SIGNS = frozenset("\u2800")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_LATIN_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t"}
)


def readable(text: Traced) -> Traced:
    """Invisible characters gone, compatibility forms folded, entities and escapes undone; case kept, for base64."""
    normal = None
    for _ in range(_MOST_ROUNDS):  # an entity may be written full-width, and may hide a control character, or another
        before = text.text
        text = text.sub(_SUSPECT, lambda m: _visible(m.group()))
        if text.text != normal:
            text, normal = _normalised(text)
        if "&" in text.text:
            text = text.sub(_ENTITY, lambda m: _undo_entity(m.group()))
        if "%" in text.text:
            text = text.sub(_PERCENT_AGAIN, lambda _: "%")
            text = text.rewrite(_undone_percents(text.text))
        if "\\" in text.text:
            text = text.sub(_ESCAPE, lambda m: chr(int(m[1] or m[2] or m[3], 16)))
        if text.text == before:
            break
    return text


def _normalised(text: Traced) -> tuple[Traced, str]:
    """A text and what NFKC makes of the whole, which letter by letter is the same but for rare marks.

    Full-width forms, which Chinese and Japanese are full of, are narrowed here, which takes a tenth of the time.
    """
    narrow = _FULL_WIDTH.sub(lambda m: _NARROW[m.group()], text.text)
    if unicodedata.is_normalized("NFKC", narrow):
        return text.relettered(narrow), narrow
    normal = unicodedata.normalize("NFKC", text.text)
    by_letter = len(normal) == len(text.text) and normal == "".join(map(_compatible, text.text))
    if by_letter:
        return text.relettered(normal), normal
    of_letters = text.rewrite(_normalised_around(text.text))  # unless letters of one cluster join
    return of_letters if of_letters.text == normal else text.rewrite(_normalised_clusters(text.text)), normal


def _visible(character: str) -> str:
    if character.isspace() or character in _BLANK_SIGNS:
        return " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Me") or character in _INVISIBLE_LETTERS:
        return ""
    if category == "Mn" and any(ord(character) in selectors for selectors in _VARIATION_SELECTORS):
        return ""
    return character


def _undo_entity(entity: str) -> str:
    bare = re.sub(r"^&(?:amp;)+", "&", entity, flags=re.IGNORECASE)
    return html.unescape(bare)


def _undone_percents(text: str) -> Iterator[tuple[int, int, str]]:
    """``%6E`` to ``n``, letter by letter; what is no text in UTF-8 was no coding but a percentage."""
    for run in _PERCENT.finditer(text):
        try:
            letters = unquote_to_bytes(run.group()).decode("utf-8")
        except UnicodeDecodeError:
            continue
        begin = run.start()
        for letter in letters:
            end = begin + 3 * len(letter.encode("utf-8"))
            yield begin, end, letter
            begin = end


_FULL_WIDTH = re.compile("[\u3000\uff01-\uff5e]")
_NARROW = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " "}
_WITH_FOREIGN = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
"""Letters beyond ASCII in a row, with what stands before them: nothing else is changed, or joins on."""


def _normalised_around(text: str) -> Iterator[tuple[int, int, str]]:
    """NFKC of the letters with their marks that hold one which is not in this form by itself."""
    end = 0
    for place in sorted(_places(text, {c for c in set(text) if _compatible(c) != c})):
        if place < end:
            continue
        begin, end = place, place + 1
        while begin and _continues(text[begin]):
            begin -= 1
        while end < len(text) and _continues(text[end]):
            end += 1
        yield begin, end, _compatible(text[begin:end])


def _places(text: str, letters: Iterable[str]) -> Iterator[int]:
    """Where some letters stand in a text."""
    for letter in letters:
        place = text.find(letter)
        while place >= 0:
            yield place
            place = text.find(letter, place + 1)


def _normalised_clusters(text: str) -> Iterator[tuple[int, int, str]]:
    """NFKC letter by letter with its marks, so that each result keeps its place."""
    for run in _WITH_FOREIGN.finditer(text):
        if unicodedata.is_normalized("NFKC", run.group()):
            continue
        begin, last = run.span()
        for index in range(begin + 1, last + 1):
            if index < last and _continues(text[index]):
                continue
            cluster = text[begin:index]
            normal = unicodedata.normalize("NFKC", cluster)
            if normal != cluster:
                yield begin, index, normal
            begin = index


@lru_cache(maxsize=1 << 13)
def _compatible(cluster: str) -> str:
    return unicodedata.normalize("NFKC", cluster)


@lru_cache(maxsize=1 << 13)
def _continues(character: str) -> bool:
    """Whether a character composes with the one before it: a mark, or a Hangul vowel or final."""
    return not character.isascii() and (
        unicodedata.category(character)[0] == "M"
        or "\u1160" <= character <= "\u11ff"
        or character in "\uff9e\uff9f"  # half-width voicing marks of kana
    )


def folded(text: Traced) -> Traced:
    """Case, Latin accents and decoration folded away."""
    lower = text.text.casefold()
    # Folding never shortens, so equal length means one character for one.
    text = (
        text.relettered(lower)
        if len(lower) == len(text.text)
        else text.rewrite((i, i + 1, c.casefold()) for i, c in enumerate(text.text) if c.casefold() != c)
    )
    if text.text.isascii():
        return text
    if _ACCENTED.search(text.text):
        two = _OF_TWO_LETTERS.search(text.text)
        text = text.sub(_ACCENTED, lambda m: _bare(m.group())) if two else text.relettered(_without_accents(text.text))
    text = text.sub(_MARKS, lambda _: "")
    return text.sub(_STRETCHED_ARABIC, lambda _: "")


def _bare(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() else character.translate(_LATIN_WITHOUT_DECOMPOSITION)


_ACCENTED = re.compile("[\u00c0-\u02af\u1e00-\u1eff]")
_WITHOUT_ACCENTS = {chr(code): _bare(chr(code)) for code in (*range(0xC0, 0x2B0), *range(0x1E00, 0x1F00))}
_OF_TWO_LETTERS = re.compile(f"[{''.join(letter for letter, bare in _WITHOUT_ACCENTS.items() if len(bare) > 1)}]")
_BARE_LETTERS = np.arange(0x1F00, dtype="<u4")
for _letter, _letters in _WITHOUT_ACCENTS.items():
    _BARE_LETTERS[ord(_letter)] = ord(_letters[0])


def _without_accents(text: str) -> str:
    """A text without those of two letters, bare."""
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    bare = np.where(letters < len(_BARE_LETTERS), _BARE_LETTERS.take(letters, mode="clip"), letters)
    return bare.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
