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

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.backwards import backwards
from touchmark.safety.codings import blobs, coded, turned, unreadable, upside_down
from touchmark.safety.folding import CODES, evenly_spaced, folded, readable
from touchmark.safety.traced import Traced
from touchmark.safety.unmasking import unmasked

MAX_CHARACTERS = 10_000
"""Longest prompt read. The longest text encoder in use (UMT5 in Wan) reads 512 tokens, about 2,500 characters."""
_DEEPEST = 3
"""Codings undone one inside another."""
_MOST_VIEWS = 16
"""Readings of one prompt; who piles up more has written nothing that a generator reads, and what is decoded beyond them
has been read by nobody: it is reported as unreadable."""


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
    waiting: list[tuple[ViewKind, Traced, int]] = [(ViewKind.PLAIN, readable(original), 0)]
    waiting += [(kind, reading, 1) for kind, reading in _hidden(original)]
    for kind, reading, depth in waiting:  # grows while it is read
        plain = folded(reading)
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
                waiting.append((kind if kind in _REORDERED else inner, readable(found), depth + 1))
            elif inner in _FROM_BLOBS:
                unread += coded(reading)
                break
    kept, dropped = [*views.values()][:_MOST_VIEWS], [*views.values()][_MOST_VIEWS:]
    unread += [view.span(0, len(view.text)) for view in dropped if view.kind in _FROM_BLOBS and view.text]
    return CanonicalText(original=text, views=tuple(kept), unreadable=tuple(dict.fromkeys(unread)))


def read_plainly(text: str) -> str:
    """The text of the PLAIN view alone, in a tenth of the time: for lists that prompts are compared with."""
    if text.isascii() and text.isprintable() and not CODES.search(text):
        return text.lower()  # all that the rest would come to, and what most terms of a list are
    return evenly_spaced(folded(readable(Traced.of(text)))).text


def _add(views: dict[str, View], kind: ViewKind, text: Traced) -> None:
    spaced = evenly_spaced(text)
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
        yield ViewKind.BIDI, readable(original.reordered(order))
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
        yield ViewKind.REVERSED, readable(part.reordered(order))
    breaks = len(_HIDDEN_BREAK.findall(text)) if _BREAK_SIGN.search(text) else 0
    if 0 < 3 * breaks < len(text):  # between words rather than between letters
        yield ViewKind.UNMASKED, readable(original.sub(_HIDDEN_BREAK, lambda _: " "))
