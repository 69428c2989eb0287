"""The visible label: what it says, where it stands, how large it is; and its picture at any size. Pure.

    label = VisibleLabel((wording("en", Kind.GENERATED),), Position.TOP_LEFT, share=0.055, seconds=None)
    art = drawn(label.wordings, label.text_height(1920, 1080))
    x, y = label.corner(1920, 1080, art)

It looks like a badge with the short name of artificial intelligence in the language at hand ("AI", "KI", "IA"), and a
word beside it ("generated", "生成"), white on a dark plate, so that it reads over any picture. Sizes are relative to
the short side of the picture, as rules state them, so that a copy at another resolution shows the same label.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.disclosure.lettering import PEN, draw, width_of
from touchmark.provenance.errors import TouchmarkError

_SMOOTH: Final = 4  # drawn this many times larger, then averaged
_SMALLEST: Final = 8  # pixels of text height below which nothing could be read
_MARGIN: Final = 0.035  # of the short side, between plate and edge of the picture
# Relative to the height of the text:
_PLATE_PAD: Final = 0.42
_BADGE_PAD: Final = 0.26
_WORD_GAP: Final = 0.34
_LABEL_GAP: Final = 0.62
_PLATE_ALPHA: Final = 0.8


class LabelError(TouchmarkError):
    """A visible label that cannot be drawn on this picture."""

    code = "disclosure.label"


class Kind(StrEnum):
    """What a label says of the picture."""

    GENERATED = "generated"
    """A model made all of it."""
    MODIFIED = "modified"
    """A model made or changed part of it."""


class Position(StrEnum):
    """The corner in which a label stands."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a label in one language.

    Attributes:
        language: BCP 47.
        kind: what they say.
        acronym: in the badge.
        word: beside it.
    """

    language: str
    kind: Kind
    acronym: str
    word: str

    @property
    def text(self) -> str:
        """As one would type it."""
        return f"{self.acronym}{self.word}" if self.language == "zh" else f"{self.acronym} {self.word}"


_WORDS: Final = {
    "en": ("AI", "generated", "modified"),
    "de": ("KI", "generiert", "bearbeitet"),
    "fr": ("IA", "généré", "modifié"),
    "es": ("IA", "generado", "modificado"),
    "it": ("IA", "generato", "modificato"),
    "zh": ("AI", "生成", "合成"),
}
LANGUAGES: Final = tuple(_WORDS)
"""In which a label can be written."""
ISO_639_2: Final = {"en": "eng", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "zh": "zho"}
"""Their names in tracks of timed text."""
WORDINGS: Final = tuple(
    Wording(language, kind, acronym, word)
    for language, (acronym, *words) in _WORDS.items()
    for kind, word in zip((Kind.GENERATED, Kind.MODIFIED), words, strict=True)
)
"""Every label there is."""


def wording(language: str, kind: Kind) -> Wording:
    """The label of a language. Raises LabelError where it has none."""
    for one in WORDINGS:
        if (one.language, one.kind) == (language, kind):
            return one
    raise LabelError(
        f"there is no label in this language (got {language!r}, expected one of {', '.join(LANGUAGES)})",
        subject="visible label",
        remedy="Choose one of these languages.",
    )


@dataclass(frozen=True, slots=True)
class Art:
    """A drawn label: the picture under it becomes ``picture * keep + add``.

    Attributes:
        keep: ndarray of shape (height, width), float32, in 0..1: how much of the picture shows through.
        light: ndarray of the same shape, in 0..1: the label's own brightness, already weighted; 1 is white.
    """

    keep: NDArray[np.float32]
    light: NDArray[np.float32]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.keep.shape
        return height, width


@dataclass(frozen=True, slots=True)
class VisibleLabel:
    """A label on a video.

    Attributes:
        wordings: one or two, side by side.
        position: in which corner.
        share: height of its text, as a part of the picture's short side.
        seconds: how long it shows, from the first picture on; None for the whole video.
    """

    wordings: tuple[Wording, ...]
    position: Position = Position.TOP_LEFT
    share: float = 0.055
    seconds: Fraction | None = None

    def text_height(self, width: int, height: int) -> int:
        """Pixels, on a picture of this size."""
        return max(round(self.share * min(width, height)), 1)

    def art(self, width: int, height: int) -> Art:
        """The label as it is drawn on a picture of this size.

        Raises:
            LabelError: it would be too small to be read, or does not fit.
        """
        text = self.text_height(width, height)
        if text < _SMALLEST:
            raise LabelError(
                f"text {text} pixels high cannot be read (a picture of {width} x {height})",
                subject="visible label",
                remedy="Make a larger picture.",
            )
        art = drawn(self.wordings, text)
        margin = _margin(width, height)
        if art.size[1] + 2 * margin > width or art.size[0] + 2 * margin > height:
            raise LabelError(
                f"a label of {art.size[1]} x {art.size[0]} pixels does not fit a picture of {width} x {height}",
                subject="visible label",
                remedy="Use fewer languages, or a larger picture.",
            )
        return art

    def corner(self, width: int, height: int, art: Art) -> tuple[int, int]:
        """Where its plate begins, x and y in pixels; even, so that it begins with a sample of colour."""
        margin = _margin(width, height)
        right, bottom = width - margin - art.size[1], height - margin - art.size[0]
        x = margin if self.position in (Position.TOP_LEFT, Position.BOTTOM_LEFT) else right
        y = margin if self.position in (Position.TOP_LEFT, Position.TOP_RIGHT) else bottom
        return x // 2 * 2, y // 2 * 2


@lru_cache(maxsize=64)
def drawn(wordings: tuple[Wording, ...], text_height: int) -> Art:
    """The label with text of this height in pixels."""
    big = text_height * _SMOOTH
    pad, badge, gap = (round(part * big) for part in (_PLATE_PAD, _BADGE_PAD, _WORD_GAP))
    between = round(_LABEL_GAP * big)
    cap = big / (1 + PEN)  # the widths of letters are counted without their ink
    widths = [(round(width_of(one.acronym) * cap), round(width_of(one.word) * cap)) for one in wordings]
    inner = sum(2 * badge + acronym + gap + word for acronym, word in widths) + between * (len(widths) - 1)
    # Even sizes, so that a quarter of the colour samples lies wholly within.
    width = -(-(inner + 2 * pad) // (2 * _SMOOTH)) * 2 * _SMOOTH
    height = -(-(big + 2 * badge + 2 * pad) // (2 * _SMOOTH)) * 2 * _SMOOTH
    plate, white = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint8)
    _rounded(plate, 0, 0, width, height, round(0.4 * big))
    x, top = (width - inner) // 2, (height - big) // 2
    for one, (acronym, word) in zip(wordings, widths, strict=True):
        _rounded(white, x, top - badge, 2 * badge + acronym, big + 2 * badge, round(0.26 * big))
        draw(white, one.acronym, x + badge, top, big, 0)
        draw(white, one.word, x + 2 * badge + acronym + gap, top, big)
        x += 2 * badge + acronym + gap + word + between
    return _art(_smaller(plate), _smaller(white))


def _art(plate: NDArray[np.float32], white: NDArray[np.float32]) -> Art:
    keep = (1 - _PLATE_ALPHA * plate) * (1 - white)
    return Art(keep.astype(np.float32), white)


def _smaller(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = (side // _SMOOTH for side in mask.shape)
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255), np.float32)


def _rounded(canvas: NDArray[np.uint8], x: int, y: int, width: int, height: int, radius: int) -> None:
    """Fill a rectangle with round corners."""
    right, bottom = x + width - 1, y + height - 1
    cv2.rectangle(canvas, (x + radius, y), (right - radius, bottom), 255, -1)
    cv2.rectangle(canvas, (x, y + radius), (right, bottom - radius), 255, -1)
    for centre in ((x + radius, y + radius), (right - radius, y + radius)):
        cv2.circle(canvas, centre, radius, 255, -1)
    for centre in ((x + radius, bottom - radius), (right - radius, bottom - radius)):
        cv2.circle(canvas, centre, radius, 255, -1)


def _margin(width: int, height: int) -> int:
    return round(_MARGIN * min(width, height))
