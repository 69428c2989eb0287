"""A prompt as its author meant it to be read, with the way back to the characters that were typed.

``canonicalise`` turns a prompt into one or more *views*. Classifier, figure list and rules read the views, so none of
them meets a zero-width space or a Cyrillic letter inside a Latin word; every character of a view still knows where in
the original it came from, so a finding can be shown in the text that the user sent::

    text = canonicalise("a n\u200ba\u0301KED statue")
    view = text.primary                      # "a naked statue"
    start = view.text.index("naked")
    view.span(start, start + 5)              # (2, 9) in the original

Nothing here decides anything, and nothing here raises, whatever the text holds, except for a prompt over the size
limit. Views that guess (decoded, reversed, unmasked text) exist only where the guess reads better than the original;
what was decoded is read like any text, so that disguises may be piled up.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar
from urllib.parse import unquote_to_bytes

import numpy as np

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.backwards import backwards
from touchmark.safety.codings import blobs, coded, turned, unreadable, upside_down
from touchmark.safety.traced import Traced
from touchmark.safety.unmasking import unmasked

MAX_CHARACTERS = 10_000
"""Longest prompt read. The longest text encoder in use (UMT5 in Wan) reads 512 tokens, about 2,500 characters."""

_DEEPEST = 3
"""Codings undone one inside another."""
_MOST_VIEWS = 16
"""Readings of one prompt; who piles up more has written nothing that a generator reads, and what is decoded beyond them
has been read by nobody: it is reported as unreadable."""
_MOST_ROUNDS = 12
"""Times that entities and escapes are undone in a text; each coding makes it three times as long, so that a prompt
holds fewer inside one another."""


class PromptTooLongError(TouchmarkError):
    """The prompt has more characters than any generator reads; it is not screened, so it is not rendered."""

    code: ClassVar[str] = "safety.prompt_too_long"
    exit_status: ClassVar[int] = 64


class ViewKind(StrEnum):
    """How a view was read from the original."""

    PLAIN = "plain"
    """Compatibility forms folded, case folded, invisible characters gone, entities undone, Latin marks removed."""
    UNMASKED = "unmasked"
    """PLAIN with look-alike letters, digits for letters, and spaced, dotted or stretched letters undone."""
    BIDI = "bidi"
    """Text in the order in which a right-to-left override shows it."""
    REVERSED = "reversed"
    UPSIDE_DOWN = "upside-down"
    ROT13 = "rot13"
    BASE64 = "base64"
    DIGITS = "digits"
    """Characters written as hexadecimal or binary numbers."""
    TAGS = "tags"
    """Text in tag characters (U+E0020 to U+E007E), which no screen shows."""


_REORDERED = frozenset({ViewKind.BIDI, ViewKind.REVERSED, ViewKind.UPSIDE_DOWN})
_FROM_BLOBS = frozenset({ViewKind.BASE64, ViewKind.DIGITS})


@dataclass(frozen=True, slots=True)
class View:
    """One reading of a prompt.

    Attributes:
        kind: how it was read; of several codings one inside another, the outermost that changes the order of
            characters, or else the innermost.
        text: the text to search and to score.
        offsets: for each character of ``text`` the index in the original where its source begins, and one last entry
            where the source of the whole view ends; never decreasing, except where a coding changed the order.
        ends: for each character the index in the original just after its source.
    """

    kind: ViewKind
    text: str
    offsets: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original, half open, that ``text[start:end]`` came from."""
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"span {start}:{end} is not inside a view of {len(self.text)} characters")
        if start == end:
            return self.offsets[start], self.offsets[start]
        if self.kind in _REORDERED:
            return min(self.offsets[start:end]), max(self.ends[start:end])
        return self.offsets[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class CanonicalText:
    """A prompt and every reading of it.

    Attributes:
        original: the prompt as typed.
        views: no two alike; ``views[0]`` is the PLAIN one and always there.
        unreadable: stretches of the original, half open, that look coded and could not be decoded, or that hold more
            codings, one inside another or side by side, than are undone.
    """

    original: str
    views: tuple[View, ...]
    unreadable: tuple[tuple[int, int], ...] = ()

    @property
    def primary(self) -> View:
        """The PLAIN view."""
        return self.views[0]


def canonicalise(text: str) -> CanonicalText:
    """Read a prompt in every way in which it may be meant.

    Args:
        text: any string, lone surrogates and control characters included, of at most ``MAX_CHARACTERS``.

    Raises:
        PromptTooLongError: the prompt is longer.
    """
    if len(text) > MAX_CHARACTERS:
        raise PromptTooLongError(
            f"the prompt has {len(text):,} characters, more than the {MAX_CHARACTERS:,} that are read",
            remedy="Shorten the prompt.",
        )
    original = Traced.of(text)
    views: dict[str, View] = {}
    unread: list[tuple[int, int]] = []
    waiting: list[tuple[ViewKind, Traced, int]] = [(ViewKind.PLAIN, _readable(original), 0)]
    waiting += [(kind, reading, 1) for kind, reading in _hidden(original)]
    for kind, reading, depth in waiting:  # grows while it is read
        plain = _folded(reading)
        undisguised = list(unmasked(plain))
        if depth == 0:
            _add(views, kind, plain)
        for undone in undisguised:
            _add(views, kind if depth else ViewKind.UNMASKED, undone)
        if depth == 0 or kind in _FROM_BLOBS:
            unread += unreadable(reading)
        if depth == _DEEPEST:
            unread += coded(reading)
            continue
        for inner, found in _decoded(reading, plain, undisguised[0], after=kind.value if depth else None):
            if len(waiting) < _MOST_VIEWS:
                waiting.append((kind if kind in _REORDERED else inner, _readable(found), depth + 1))
            elif inner in _FROM_BLOBS:
                unread += coded(reading)
                break
    kept, dropped = [*views.values()][:_MOST_VIEWS], [*views.values()][_MOST_VIEWS:]
    unread += [view.span(0, len(view.text)) for view in dropped if view.kind in _FROM_BLOBS and view.text]
    return CanonicalText(original=text, views=tuple(kept), unreadable=tuple(dict.fromkeys(unread)))


def read_plainly(text: str) -> str:
    """The text of the PLAIN view alone, in a tenth of the time: for lists that prompts are compared with."""
    return _evenly_spaced(_folded(_readable(Traced.of(text)))).text


def _evenly_spaced(text: Traced) -> Traced:
    even = text.text.isprintable() and "  " not in text.text  # of white space only the blank is printable
    return text if even else text.sub(_ODD_SPACE, lambda _: " ")


def _add(views: dict[str, View], kind: ViewKind, text: Traced) -> None:
    spaced = _evenly_spaced(text)
    if spaced.text not in views:
        ends = tuple(spaced.ends)
        end = (max(ends) if kind in _REORDERED else ends[-1]) if ends else 0
        views[spaced.text] = View(kind, spaced.text, (*spaced.starts, end), ends)


def _decoded(
    readable: Traced, plain: Traced, undisguised: Traced, *, after: str | None
) -> Iterator[tuple[ViewKind, Traced]]:
    """What may be coded in a text, one coding at a time: each is undone in its place, and what comes of it is read
    again. Blobs first, where case still tells; then letters on their heads; then turned letters."""
    found = list(blobs(readable)) or list(upside_down(plain))
    if not found:
        found = list(turned(plain, _with_accents(readable, plain), after=after))
        if undisguised.text != plain.text:
            found += turned(undisguised, undisguised, after=after)
    return ((ViewKind(kind), reading) for kind, reading in found)


def _with_accents(readable: Traced, plain: Traced) -> Traced:
    """The plain text with its accents, where that is letter for letter: rot13 turns no letter that bears one."""
    if plain.text.isascii() and readable.text.isascii():
        return plain
    lower = readable.text.lower()
    return plain.relettered(lower) if len(lower) == len(plain.text) else plain


# --- PLAIN ----------------------------------------------------------------------------------------------------------

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


def _readable(text: Traced) -> Traced:
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


def _folded(text: Traced) -> Traced:
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


# --- what is hidden in what cannot be seen --------------------------------------------------------------------------

_RIGHT_TO_LEFT_OVERRIDE = re.compile("\u202e([^\u202c\u202d\u202e\u2069\n]*)")
_TAG = re.compile("[\U000e0020-\U000e007e]")
_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007e]{3,}")
_BREAK_SIGN = re.compile("[\u00ad\u200b\u2060-\u2064\ufeff]")
_HIDDEN_BREAK = re.compile("(?<=[^\\W_])[\u00ad\u200b\u2060-\u2064\ufeff]+(?=[^\\W_])")


def _hidden(original: Traced) -> Iterator[tuple[ViewKind, Traced]]:
    text = original.text
    if text.isascii():
        return
    if "\u202e" in text:
        order = list(range(len(text)))
        for match in _RIGHT_TO_LEFT_OVERRIDE.finditer(text):
            order[match.start(1) : match.end(1)] = order[match.start(1) : match.end(1)][::-1]
        yield ViewKind.BIDI, _readable(original.reordered(order))
    for match in _TAGS.finditer(text) if _TAG.search(text) else ():
        begin, end = match.span()
        tags = Traced(text[begin:end], original.starts[begin:end], original.ends[begin:end])
        yield ViewKind.TAGS, tags.relettered("".join(chr(ord(c) - 0xE0000) for c in tags.text))
    if stretches := backwards(text):
        begin, end = stretches[0][0], stretches[-1][1]
        part = Traced(text[begin:end], original.starts[begin:end], original.ends[begin:end])
        order = list(range(end - begin))
        for first, last in stretches:
            order[first - begin : last - begin] = range(last - begin - 1, first - begin - 1, -1)
        yield ViewKind.REVERSED, _readable(part.reordered(order))
    breaks = len(_HIDDEN_BREAK.findall(text)) if _BREAK_SIGN.search(text) else 0
    if 0 < 3 * breaks < len(text):  # between words rather than between letters
        yield ViewKind.UNMASKED, _readable(original.sub(_HIDDEN_BREAK, lambda _: " "))
