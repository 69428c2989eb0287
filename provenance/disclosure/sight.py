"""Finds a visible label in the pictures of any video, whoever put it there and whatever the file says of it.

    sighting = find_label(video.frames(), 1 / video.info.frame_rate)
    sighting.wordings, sighting.share, sighting.until

Every label that we can draw is compared with the picture by normalised correlation over all places and a range of
sizes, first in a small copy, then around the best place; in the pictures that follow only that place is looked at. A
correlation does not feel contrast, so that is measured too: a label at a tenth of its contrast is no visible label.

Because the picture itself is searched, a label outlives re-encoding, scaling and moderate cropping, and no metadata can
claim one that is not there. Its limits: other people's labels (another design, another font) are not recognised, nor
ours when mirrored, turned, half covered or below seven pixels of text; see docs/disclosure.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.disclosure.label import WORDINGS, Position, Wording, drawn
from touchmark.provenance.media.video import Frame

_SHORT: Final = 360
"""Pixels of the short side of the picture that is searched; larger pictures are made smaller."""
_LEAST: Final = 0.025
_MOST: Final = 0.14
"""Shares of the short side, between which text is searched."""
_GRID: Final = 1.09
"""Ratio of neighbouring sizes in the first search; the correlation of a label half a step off is still above 0.6."""
_CANDIDATE: Final = 0.42
FOUND: Final = 0.7
"""Normalised correlation from which a label counts as seen."""
_EACH: Final = 0.5
"""The same for each quarter of it, from left to right."""
_QUARTERS: Final = 4
_VISIBLE: Final = 0.4
"""Part of its full contrast that a label must show."""
_STEP: Final = Fraction(1, 4)
"""Seconds between the pictures that are looked at."""
_SEARCHES: Final = 6
"""Whole pictures that are searched before a video counts as unlabelled."""
_GUESSES: Final = 12
"""Places of the small copy that are looked at in the larger one."""
_SMALLEST: Final = 7  # pixels of text height; what is smaller looks like anything
_NEAR: Final = 3  # pixels around the known place

Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A visible label that was seen.

    Attributes:
        wordings: what it says.
        share: height of its text as a part of the picture's short side, to about 4%.
        position: the corner nearest to it.
        since, until: seconds between which it was seen without a gap.
        throughout: whether that is the whole video, to within the quarter of a second between looks.
        score: the weakest correlation meanwhile.
        contrast: the weakest contrast meanwhile; 1 is white on our plate.
    """

    wordings: tuple[Wording, ...]
    share: float
    position: Position
    since: Fraction
    until: Fraction
    throughout: bool
    score: float
    contrast: float


@dataclass(frozen=True, slots=True)
class _Match:
    """Where a label fits best: what, how large (text height in pixels), where, how well, how strongly.

    ``weakest`` is the correlation of the worst quarter of it: the bright badge alone correlates with the whole, so that
    a label whose word is covered would pass.
    """

    wording: Wording
    text_height: float
    x: int
    y: int
    score: float
    weakest: float
    contrast: float

    @property
    def is_label(self) -> bool:
        return self.score >= FOUND and self.weakest >= _EACH and self.contrast >= _VISIBLE


def find_label(frames: Iterator[Frame], period: Fraction) -> Sighting | None:
    """The first label that the pictures show, or None.

    Args:
        frames: in order of time; consumed.
        period: seconds that one picture lasts.
    """
    known: tuple[_Match, ...] = ()
    size = (1, 1)
    since = until = end = due = Fraction(0)
    weakest = strongest = 1.0
    searches, gone = 0, False
    for frame in frames:
        end = frame.time + period
        if gone or frame.time < due or searches == _SEARCHES:
            continue
        picture = _prepared(frame)
        if known:
            found = tuple(_again(picture, match) for match in known)
            gone = not all(match.is_label for match in found)
        else:
            searches += 1
            known = found = _search(picture)
            height, width = picture.shape
            size, since = (height, width), frame.time
        due = frame.time + (_STEP if known else searches * _STEP)
        if known and not gone:
            searches, until = 0, frame.time + period
            weakest = min(weakest, *(match.score for match in found))
            strongest = min(strongest, *(match.contrast for match in found))
    if not known:
        return None
    throughout = not since and not gone
    return Sighting(
        wordings=tuple(match.wording for match in known),
        share=known[0].text_height / min(size),
        position=_nearest(known[0], size),
        since=since,
        until=end if throughout else until,
        throughout=throughout,
        score=weakest,
        contrast=strongest,
    )


def _prepared(frame: Frame) -> Picture:
    """Brightness in 0..1 of limited range, at most 360 on the short side."""
    planes = frame.planes
    black, reach = np.float32(16 * planes.colour.step), np.float32(219 * planes.colour.step)
    luma = np.asarray((planes.luma - black) / reach, np.float32)
    scale = _SHORT / min(luma.shape)
    if scale < 1:
        height, width = luma.shape
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        luma = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)
    return luma


def _search(picture: Picture) -> tuple[_Match, ...]:
    """The best label anywhere in a picture, and those of other languages beside it, from left to right."""
    short = min(picture.shape)
    half = np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
    guesses: list[tuple[float, Wording, float, int, int]] = []
    text = max(_LEAST * short, _SMALLEST)
    while text <= _MOST * short:
        for one in WORDINGS:
            if found := _best(half, _shrunk(_template(one, round(text)))):
                score, x, y = found
                guesses.append((score, one, text, 2 * x, 2 * y))
        text *= _GRID
    guesses = sorted((guess for guess in guesses if guess[0] >= _CANDIDATE), key=lambda guess: -guess[0])
    matches = [_refined(picture, one, text, x, y) for _, one, text, x, y in guesses[:_GUESSES]]
    first = max((match for match in matches if match.is_label), key=lambda match: match.score, default=None)
    return () if first is None else tuple(sorted([first, *_beside(picture, first)], key=lambda match: match.x))


def _beside(picture: Picture, first: _Match) -> Iterator[_Match]:
    """Labels of the same size and height above the ground as one that was found, to its left or right."""
    height, width = _template(first.wording, first.text_height).shape
    top = max(first.y - _NEAR, 0)
    for left, right in ((0, first.x + width // 8), (first.x + width * 7 // 8, picture.shape[1])):
        row = picture[top : first.y + height + _NEAR, left:right]
        matches = [
            _within(row, left, top, one, first.text_height) for one in WORDINGS if one.kind is first.wording.kind
        ]
        best = max(matches, key=lambda match: match.score)
        if best.is_label:
            yield best


def _refined(picture: Picture, wording: Wording, text: float, x: int, y: int) -> _Match:
    """The best size and place near a first guess."""
    reach = max(round(text * (_GRID - 1)), 1)
    halves = range(2 * max(round(text) - reach, _SMALLEST), 2 * (round(text) + reach) + 1)
    matches = [_at(picture, wording, size / 2, x, y, 2 * _NEAR + reach) for size in halves]
    return max(matches, key=lambda match: match.score)


def _again(picture: Picture, known: _Match) -> _Match:
    return _at(picture, known.wording, known.text_height, known.x, known.y, _NEAR)


def _at(picture: Picture, wording: Wording, text: float, x: int, y: int, reach: int) -> _Match:
    """How well a label fits within ``reach`` pixels of a place."""
    height, width = _template(wording, text).shape
    left, top = max(x - reach, 0), max(y - reach, 0)
    return _within(picture[top : y + height + reach, left : x + width + reach], left, top, wording, text)


def _within(area: Picture, left: int, top: int, wording: Wording, text: float) -> _Match:
    """How well a label fits anywhere in a part of a picture that begins at ``left`` and ``top``."""
    template = _template(wording, text)
    height, width = template.shape
    found = _best(area, template)
    if found is None:
        return _Match(wording, text, left, top, 0.0, 0.0, 0.0)
    score, dx, dy = found
    under = area[dy : dy + height, dx : dx + width]
    inked = np.flatnonzero(template.max(0) > 0)
    quarters = np.array_split(np.arange(inked[0], inked[-1] + 1), _QUARTERS)
    fits = [_fit(under[:, columns], template[:, columns]) for columns in quarters]
    weakest, contrast = min(fit[0] for fit in fits), min(fit[1] for fit in fits)
    return _Match(wording, text, left + dx, top + dy, score, weakest, contrast)


def _best(area: Picture, template: Picture) -> tuple[float, int, int] | None:
    """Highest normalised correlation, and where; None where the template does not fit."""
    if any(a < t for a, t in zip(area.shape, template.shape, strict=True)):
        return None
    scores = np.nan_to_num(cv2.matchTemplate(area, template, cv2.TM_CCOEFF_NORMED), posinf=0.0, neginf=0.0)
    _, score, _, (x, y) = cv2.minMaxLoc(scores)
    return float(score), int(x), int(y)


def _fit(under: Picture, template: Picture) -> tuple[float, float]:
    """Normalised correlation of two areas, and the slope of the first over the second by least squares."""
    centred, other = template - template.mean(), under - under.mean()
    product = float((centred * other).sum())
    own, its = float((centred**2).sum()), float((other**2).sum())
    return product / max((own * its) ** 0.5, 1e-9), product / max(own, 1e-9)


def _template(wording: Wording, text: float) -> Picture:
    """A label in whole or half pixels of text height.

    At the end of a long word half a pixel of height is four of place: where a picture of 480 pixels is searched at 360,
    text of 19.5 fits neither 19 nor 20, and English was taken for Italian.
    """
    if text == int(text):
        return drawn((wording,), int(text)).light
    return _shrunk(drawn((wording,), round(2 * text)).light)


def _shrunk(template: Picture) -> Picture:
    return np.asarray(cv2.resize(template, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _nearest(match: _Match, size: tuple[int, int]) -> Position:
    height, width = _template(match.wording, match.text_height).shape
    top = match.y + height / 2 < size[0] / 2
    left = match.x + width / 2 < size[1] / 2
    if top:
        return Position.TOP_LEFT if left else Position.TOP_RIGHT
    return Position.BOTTOM_LEFT if left else Position.BOTTOM_RIGHT
