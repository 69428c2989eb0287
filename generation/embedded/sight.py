"""What a clip shows, found with OpenCV and without knowledge of how the clip was made.

    found = look(frames)  # (frames, height, width, 3) uint8, RGB
    found.background, [(thing.colour, thing.shape, thing.motion) for thing in found.things]

Things are told from the background by colour, followed from frame to frame, and described: colour by the nearest
named colour, shape by how the outline fills its enclosing circle, triangle and rectangle, motion by the path of the
centre. The measure is checked on drawn clips, where the answer is known, before it is believed on generated ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from touchmark.generation.embedded.world import RGB, Colour, Motion, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LEAST_CONTRAST = 28.0  # CIE Lab distance from the background at which a pixel belongs to a thing
_LEAST_AREA = 0.0015  # of the short side squared; what is smaller is dirt


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing as found in a clip; shape and motion are None where nothing fits."""

    colour: Colour
    shape: Shape | None
    motion: Motion | None


@dataclass(frozen=True, slots=True)
class Look:
    """All that was found in a clip."""

    background: Colour
    things: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class _Spot:
    """One connected patch of a thing's colour in one frame."""

    colour: int
    x: float
    y: float
    area: float
    outline: NDArray[np.int32]
    cut: bool  # touches the border of the frame


def _lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


_PALETTE = _lab(np.array([[RGB[c] for c in Colour]], np.uint8))[0]
_COLOURS = tuple(Colour)


def _nearest(lab: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.asarray(((lab[..., None, :] - _PALETTE) ** 2).sum(-1).argmin(-1))


def look(clip: NDArray[np.uint8], *, at_most: int = 2) -> Look:
    """Describe a clip of shape (frames, height, width, 3), RGB; at most so many things, those seen longest first."""
    _, height, width, _ = clip.shape
    side = min(height, width)
    edge = np.concatenate(
        [
            clip[:, :4].reshape(-1, 3),
            clip[:, -4:].reshape(-1, 3),
            clip[:, :, :4].reshape(-1, 3),
            clip[:, :, -4:].reshape(-1, 3),
        ]
    )
    ground = _lab(np.median(edge, 0).round().astype(np.uint8)[None, None])[0, 0]
    frames = [_spots(frame, ground, side) for frame in clip]
    tracks = [t for t in _tracks(frames, side) if len(t) >= 0.4 * len(clip)]
    tracks.sort(key=lambda t: -sum(spot.area for _, spot in t))
    return Look(_COLOURS[int(_nearest(ground))], tuple(_describe(t, side) for t in tracks[:at_most]))


def _spots(frame: NDArray[np.uint8], ground: NDArray[np.float32], side: int) -> list[_Spot]:
    lab = _lab(frame)
    apart = np.sqrt(((lab - ground) ** 2).sum(-1)) > _LEAST_CONTRAST
    kernel = np.ones((3, 3), np.uint8)
    mask = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask)
    spots = []
    for index in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[index])
        if area < _LEAST_AREA * side * side:
            continue
        own = labels == index
        inner = cv2.erode(own.astype(np.uint8), kernel, iterations=2) > 0
        tone = np.median(lab[inner if inner.any() else own], 0)
        outlines, _ = cv2.findContours(own.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        outline = np.asarray(max(outlines, key=cv2.contourArea), np.int32)
        cut = x <= 1 or y <= 1 or x + w >= frame.shape[1] - 1 or y + h >= frame.shape[0] - 1
        cx, cy = (float(v) / side for v in centres[index])
        spots.append(_Spot(int(_nearest(tone)), cx, cy, area / side**2, outline, cut))
    return spots


def _tracks(frames: Sequence[Sequence[_Spot]], side: int) -> list[list[tuple[int, _Spot]]]:
    """Follow spots: each goes on with the nearest of the next frame, like-coloured ones first."""
    tracks: list[list[tuple[int, _Spot]]] = []
    for number, spots in enumerate(frames):
        pairs = sorted(
            (math.hypot(t[-1][1].x - s.x, t[-1][1].y - s.y) + 0.3 * (t[-1][1].colour != s.colour), i, j)
            for i, t in enumerate(tracks)
            for j, s in enumerate(spots)
            if number - t[-1][0] <= 6
        )
        used_tracks: set[int] = set()
        used_spots: set[int] = set()
        for distance, i, j in pairs:
            if distance < 0.45 and i not in used_tracks and j not in used_spots:
                tracks[i].append((number, spots[j]))
                used_tracks.add(i)
                used_spots.add(j)
        tracks += [[(number, spot)] for j, spot in enumerate(spots) if j not in used_spots]
    return tracks


def _describe(track: Sequence[tuple[int, _Spot]], side: int) -> Seen:
    votes = np.bincount([spot.colour for _, spot in track], minlength=len(_COLOURS))
    return Seen(_COLOURS[int(votes.argmax())], _shape([spot for _, spot in track]), _motion(track))


def _shape(spots: Sequence[_Spot]) -> Shape | None:
    whole = [s for s in spots if not s.cut] or list(spots)
    largest = max(s.area for s in whole)
    fits = []
    for spot in whole:
        if spot.area < 0.7 * largest:
            continue  # partly hidden
        points = spot.outline.astype(np.float32)
        area = cv2.contourArea(points)
        _, radius = cv2.minEnclosingCircle(points)
        triangle = cv2.minEnclosingTriangle(points)[0]
        (_, (w, h), _) = cv2.minAreaRect(points)
        fits.append((area / (math.pi * radius**2 + 1e-6), area / (triangle + 1e-6), area / (w * h + 1e-6)))
    if not fits:
        return None
    round_fit, triangle_fit, box_fit = np.median(np.array(fits), 0)
    # What a perfect figure fills of its enclosing circle, triangle and rectangle.
    ideal = {
        Shape.CIRCLE: (1.0, 0.605, 0.785),
        Shape.SQUARE: (0.637, 0.5, 1.0),
        Shape.TRIANGLE: (0.413, 1.0, 0.5),
    }
    far = {s: math.dist((round_fit, triangle_fit, box_fit), v) for s, v in ideal.items()}
    best = min(far, key=lambda s: far[s])
    return best if far[best] < 0.3 else None


def _motion(track: Sequence[tuple[int, _Spot]]) -> Motion | None:
    whole = [(n, s) for n, s in track if not s.cut]
    if len(whole) < 8:
        whole = list(track)
    if len(whole) < 4:
        return None
    t = np.array([n for n, _ in whole], float)
    x, y = np.array([s.x for _, s in whole]), np.array([s.y for _, s in whole])
    line_x, line_y = np.polyfit(t, x, 1), np.polyfit(t, y, 1)
    off_x, off_y = (float(np.std(v - np.polyval(line, t))) for v, line in ((x, line_x), (y, line_y)))
    span_x, span_y = float(np.ptp(x)), float(np.ptp(y))
    if max(span_x, span_y) < 0.05:
        return Motion.STILL
    if min(span_x, span_y) > 0.45 * max(span_x, span_y) and max(off_x, off_y) > 0.12 * max(span_x, span_y):
        return Motion.CIRCLE
    turns = _turns(y)
    if span_y > 0.06 and span_x < 0.5 * span_y and (turns >= 1 or off_y > 0.12 * span_y):
        return Motion.BOUNCE
    run_x, run_y = (float(line[0] * (t[-1] - t[0])) for line in (line_x, line_y))
    if max(abs(run_x), abs(run_y)) < 0.05 or min(abs(run_x), abs(run_y)) > 0.6 * max(abs(run_x), abs(run_y)):
        return None
    if abs(run_x) > abs(run_y):
        return Motion.RIGHT if run_x > 0 else Motion.LEFT
    return Motion.DOWN if run_y > 0 else Motion.UP


def _turns(path: NDArray[np.float64]) -> int:
    """How often a path turns back by more than a quarter of its span."""
    least, turns, extreme, direction = 0.25 * float(np.ptp(path)), 0, float(path[0]), 0
    for value in path:
        gone = float(value) - extreme
        if direction * gone >= 0 and direction:
            extreme = float(value)
        elif abs(gone) > least:
            turns += direction != 0
            direction, extreme = (1 if gone > 0 else -1), float(value)
    return turns
