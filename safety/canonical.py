"""A prompt as its author meant it to be read, with the way back to the characters that were typed.

``canonicalise`` turns a prompt into one or more *views*. Classifier, figure list and rules read the views, so none of
them meets a zero-width space or a Cyrillic letter inside a Latin word; every character of a view still knows where in
the original it came from, so a finding can be shown in the text that the user sent::

    text = canonicalise("a n\u200ba\u0301KED statue")
    view = text.primary                      # "a naked statue"
    start = view.text.index("naked")
    view.span(start, start + 5)              # (2, 9) in the original

Nothing here decides anything, and nothing here raises, whatever the text holds, except for a prompt over the size
limit. Views that guess (decoded, reversed, unmasked text) exist only where the guess reads better than the original.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from touchmark.provenance.errors import TouchmarkError

MAX_CHARACTERS = 10_000
"""Longest prompt read. The longest text encoder in use (UMT5 in Wan) reads 512 tokens, about 2,500 characters."""


class PromptTooLongError(TouchmarkError):
    """The prompt has more characters than any generator reads; it is not screened, so it is not rendered."""

    code: ClassVar[str] = "safety.prompt_too_long"
    exit_status: ClassVar[int] = 64


class ViewKind(StrEnum):
    """How a view was read from the original."""

    PLAIN = "plain"
    """Compatibility forms folded, case folded, invisible characters gone, entities undone, Latin marks removed."""
    UNMASKED = "unmasked"
    """PLAIN with look-alike letters, digits for letters, and spaced or dotted letters undone."""
    BIDI = "bidi"
    """Text in the order in which a right-to-left override shows it."""
    REVERSED = "reversed"
    ROT13 = "rot13"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True)
class View:
    """One reading of a prompt.

    Attributes:
        kind: how it was read.
        text: the text to search and to score.
        offsets: for each character of ``text`` the index in the original where its source begins, and one last entry
            where the source of the whole view ends; never decreasing, except in a REVERSED or BIDI view.
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
        return min(self.offsets[start:end]), max(self.ends[start:end])


@dataclass(frozen=True, slots=True)
class CanonicalText:
    """A prompt and every reading of it; ``views[0]`` is the PLAIN one and always there."""

    original: str
    views: tuple[View, ...]

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
    readable = _readable(_Traced.of(text))
    plain = _folded(readable)
    primary = _spaced(plain).view(ViewKind.PLAIN)
    views = [primary]
    unmasked = _spaced(_unmasked(plain)).view(ViewKind.UNMASKED)
    if unmasked.text != primary.text:
        views.append(unmasked)
    views.extend(_bidi_views(text))
    views.extend(_guesses(primary))
    views.extend(_base64_views(readable))
    return CanonicalText(original=text, views=tuple(views))


class _Traced:
    """Text in the making, each character with the stretch of the original that it stands for."""

    __slots__ = ("ends", "starts", "text")

    def __init__(self, text: str, starts: list[int], ends: list[int]) -> None:
        self.text = text
        self.starts = starts
        self.ends = ends

    @classmethod
    def of(cls, text: str) -> _Traced:
        return cls(text, list(range(len(text))), list(range(1, len(text) + 1)))

    def rewrite(self, pieces: Iterable[tuple[int, int, str]]) -> _Traced:
        """Replace disjoint, ordered stretches; each new character stands for the whole stretch it replaces."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for begin, end, new in pieces:
            parts += (self.text[done:begin], new)
            starts += self.starts[done:begin]
            ends += self.ends[done:begin]
            starts += [self.starts[begin]] * len(new)
            ends += [self.ends[end - 1]] * len(new)
            done = end
        if not done:
            return self
        parts.append(self.text[done:])
        return _Traced("".join(parts), starts + self.starts[done:], ends + self.ends[done:])

    def sub(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> _Traced:
        found = ((m.start(), m.end(), new(m)) for m in pattern.finditer(self.text))
        return self.rewrite((begin, end, text) for begin, end, text in found if text != self.text[begin:end])

    def view(self, kind: ViewKind) -> View:
        last = max(self.ends, default=0)
        return View(kind, self.text, (*self.starts, last), tuple(self.ends))


_SUSPECT = re.compile(
    "[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u055f\u05d0-\u05ea\u0620-\u064a\u0900-\u0dff"
    "\u0e01-\u0e5b\u3001-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
"""Characters that may be invisible: all but the letters of the scripts met most, which are passed at once."""
_ACCENTED = re.compile("[\u00c0-\u02af\u1e00-\u1eff]")
_ENTITY = re.compile(r"&(?:amp;)*(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});|&(?:amp;)+", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_MARKS_OVER_LATIN = re.compile("(?<=[a-z])[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_BLANK_SIGNS = frozenset("\u2800")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_LATIN_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t"}
)


def _readable(text: _Traced) -> _Traced:
    """Invisible characters gone, compatibility forms folded, entities undone; case kept, for base64."""
    for _ in range(3):  # an entity may be written full-width, and may hide a control character
        before = text.text
        text = text.sub(_SUSPECT, lambda m: _visible(m.group()))
        if not unicodedata.is_normalized("NFKC", text.text):
            text = text.rewrite(_normalised_clusters(text.text))
        text = text.sub(_ENTITY, lambda m: _undo_entity(m.group()))
        if text.text == before:
            break
    return text


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


def _normalised_clusters(text: str) -> Iterator[tuple[int, int, str]]:
    """NFKC letter by letter with its marks, so that each result keeps its place."""
    begin = 0
    for index in range(1, len(text) + 1):
        if index < len(text) and _continues(text[index]):
            continue
        cluster = text[begin:index]
        normal = unicodedata.normalize("NFKC", cluster)
        if normal != cluster:
            yield begin, index, normal
        begin = index


def _continues(character: str) -> bool:
    """Whether a character composes with the one before it: a mark, or a Hangul vowel or final."""
    return not character.isascii() and (
        unicodedata.category(character)[0] == "M"
        or "\u1160" <= character <= "\u11ff"
        or character in "\uff9e\uff9f"  # half-width voicing marks of kana
    )


def _folded(text: _Traced) -> _Traced:
    """Case and Latin accents folded away."""
    lower = text.text.casefold()
    # Folding never shortens, so equal length means one character for one.
    text = (
        _Traced(lower, text.starts, text.ends)
        if len(lower) == len(text.text)
        else text.rewrite((i, i + 1, c.casefold()) for i, c in enumerate(text.text) if c.casefold() != c)
    )
    text = text.sub(_ACCENTED, lambda m: _without_accent(m.group()))
    return text.sub(_MARKS_OVER_LATIN, lambda _: "")


def _without_accent(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() else character.translate(_LATIN_WITHOUT_DECOMPOSITION)


def _spaced(text: _Traced) -> _Traced:
    """Runs of white space become one space."""
    return text.sub(_SPACE, lambda _: " ")


# --- UNMASKED -------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[^\W_]+")
_MASKED_TOKEN = re.compile(r"[\w@$!|+]*[a-z][\w@$!|+]*", re.ASCII)
_MEASURE = re.compile(r"[0-9]+(?:k|d|p|s|x|th|st|nd|rd|fps|mm|cm|m|km|kg|mph|px|am|pm|ft|in)", re.ASCII)
"""What film people write with digits and mean: 8k, 3d, 1080p, 60fps, 35mm."""
_SPACED_LETTERS = re.compile(r"(?<![^\W_])[^\W_](?:[\s.\-_*·•~/|,]{1,4}[^\W_](?![^\W_])){2,}")
_SEPARATOR = re.compile(r"[\s.\-_*·•~/|,]+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")

_LEET = str.maketrans("013457893@$!|+", "oieastbge" + "asilt")
# Letters of other scripts that look like a Latin one, after case folding (Unicode TR 39, confusables; the ones in use).
_LOOK_ALIKES = str.maketrans(
    "авеёікмнорстухѕјһԁԛԝгпьӏєαβγεηικμνορτυχωσςօոսհցաքɑɡɩ",
    "abeeikmhopctyxsjhdqwrnbleabyenikuvoptuxwoconuhgwpagi",
)
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
_BADGE = re.compile(f"[\U0001f130-\U0001f1ff{''.join(_SMALL_CAPITALS)}]")
_BADGES = ((0x1F130, 26), (0x1F150, 26), (0x1F170, 26), (0x1F1E6, 26))
"""Squared, circled and regional-indicator capitals, A first, that NFKC leaves as they are."""


def _unmasked(text: _Traced) -> _Traced:
    text = text.sub(_BADGE, lambda m: _badge_letter(m.group()))
    text = text.rewrite(_gaps_between_letters(text.text))
    latin = sum(c.isascii() and c.isalpha() for c in text.text)
    mostly_latin = 2 * latin > sum(c.isalpha() for c in text.text)
    text = text.sub(_TOKEN, lambda m: _skeleton(m.group(), mostly_latin))
    text = text.sub(_MASKED_TOKEN, lambda m: _unleet(m.group()))
    return text.sub(_STRETCHED, lambda m: m.group(1))


def _badge_letter(character: str) -> str:
    for first, count in _BADGES:
        if first <= ord(character) < first + count:
            return chr(ord("a") + ord(character) - first)
    return _SMALL_CAPITALS.get(character, character)


def _gaps_between_letters(text: str) -> Iterator[tuple[int, int, str]]:
    """``a n.a.k.e.d c a t`` to ``a naked cat``: a gap unlike or wider than the others is one between words."""
    for run in _SPACED_LETTERS.finditer(text):
        gaps = [(m.start(), m.end(), m.group()) for m in _SEPARATOR.finditer(text, run.start(), run.end())]
        narrow = min(end - begin for begin, end, _ in gaps)
        spaced_by_space = 2 * sum(gap.isspace() for _, _, gap in gaps) > len(gaps)
        for begin, end, gap in gaps:
            if end - begin == narrow and gap.isspace() == spaced_by_space:
                yield begin, end, ""


def _skeleton(token: str, mostly_latin: bool) -> str:
    """Latin look of a token that mixes Latin with another script, or that only looks Latin among Latin words."""
    if token.isascii():
        return token
    looks = token.translate(_LOOK_ALIKES)
    mixed = any("a" <= c <= "z" for c in token)
    return looks if mixed or (mostly_latin and looks.isascii()) else token


def _unleet(token: str) -> str:
    core = token.rstrip("!+|$")  # punctuation at the end of a word is punctuation
    if core.isalpha() or _MEASURE.fullmatch(core):
        return token
    return core.translate(_LEET) + token[len(core) :]


# --- views that guess -----------------------------------------------------------------------------------------------

_RIGHT_TO_LEFT_OVERRIDE = re.compile("\u202e([^\u202c\u202d\u202e\u2069\n]*)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_COMMON_PAIRS = frozenset(
    re.findall(
        "..",
        "thheineranreonatendtiesorteofeditisalarsttontngsehaasouioleve"
        "comedehirirocicneearacelichllbemasiomurwoholalowano",
    )
)
_COMMON_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on at to with and or for by from is are was be as it its his her their this that over under "
        "near into onto out up down through while man woman men women people person video photo picture image show",
    )
)


def _bidi_views(text: str) -> Iterator[View]:
    if "\u202e" not in text:
        return
    order = list(range(len(text)))
    for match in _RIGHT_TO_LEFT_OVERRIDE.finditer(text):
        order[match.start(1) : match.end(1)] = order[match.start(1) : match.end(1)][::-1]
    shown = _Traced("".join(text[i] for i in order), order, [i + 1 for i in order])
    yield _spaced(_unmasked(_folded(_readable(shown)))).view(ViewKind.BIDI)


def _guesses(primary: View) -> Iterator[View]:
    """The text backwards and through rot13, where that reads more like a language than the text itself."""
    here = _legibility(primary.text)
    turned = codecs.encode(primary.text, "rot13")
    if _legibility(turned) > here + 0.1:
        yield View(ViewKind.ROT13, turned, primary.offsets, primary.ends)
    backwards = primary.text[::-1]
    if _legibility(backwards) > here + 0.1:
        offsets = primary.offsets[-2::-1]
        yield View(ViewKind.REVERSED, backwards, (*offsets, primary.offsets[-1]), primary.ends[::-1])


def _legibility(text: str) -> float:
    """How much a text looks like English, 0 to about 1: common letter pairs, and common words."""
    words = re.findall(r"[a-z]+", text)
    pairs = [word[i : i + 2] for word in words for i in range(len(word) - 1)]
    if len(pairs) < 6:
        return 0.0
    common_pairs = sum(pair in _COMMON_PAIRS for pair in pairs) / len(pairs)
    common_words = sum(word in _COMMON_WORDS for word in words) / len(words)
    return 0.6 * common_pairs + 0.8 * common_words


def _base64_views(readable: _Traced) -> Iterator[View]:
    for match in _BASE64.finditer(readable.text):
        decoded = _decode_base64(match.group())
        if decoded is None:
            continue
        inner = _spaced(_unmasked(_folded(_readable(_Traced.of(decoded)))))
        begin, end = readable.starts[match.start()], readable.ends[match.end() - 1]
        count = len(inner.text)
        yield View(ViewKind.BASE64, inner.text, (*[begin] * count, end), (end,) * count)


def _decode_base64(blob: str) -> str | None:
    """The text inside, or None: an ordinary long word also passes for base64, but decodes to noise."""
    bare = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    readable = sum(c.isalpha() or c.isspace() for c in decoded)
    return decoded if readable >= 0.8 * len(decoded) else None
