"""What editors, phones and platforms do to single pictures. Pure functions from picture to picture.

A picture is an ndarray of shape (height, width, 3), uint8, RGB. Values follow torchvision's colour and blur
transforms, in which the robustness of other marks is published (a factor of 1 changes nothing).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels], Pixels]
Corners = Sequence[tuple[float, float]]
"""Of a picture, clockwise from top left, as shares of width and height."""

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)

MILD: Final[Corners] = ((0.04, 0.02), (0.98, 0.05), (0.95, 0.97), (0.01, 0.96))
STRONG: Final[Corners] = ((0.20, 0.12), (0.92, 0.22), (0.85, 0.95), (0.05, 0.80))
HANDHELD: Final[Corners] = ((0.015, 0.01), (0.99, 0.02), (0.98, 0.99), (0.005, 0.98))


def rotated(degrees: float) -> Change:
    """Turned counter-clockwise about the centre; same size, black corners."""

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
        return _pixels(cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_LINEAR))

    return change


def quarter_turn(pixels: Pixels) -> Pixels:
    """Turned by 90 degrees, counter-clockwise."""
    return np.ascontiguousarray(np.rot90(pixels))


def mirrored(pixels: Pixels) -> Pixels:
    """Left and right exchanged."""
    return np.ascontiguousarray(pixels[:, ::-1])


def upside_down(pixels: Pixels) -> Pixels:
    """Top and bottom exchanged."""
    return np.ascontiguousarray(pixels[::-1])


def resized(across: float, down: float) -> Change:
    """Scaled by a factor each way."""

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        return _resize(pixels, max(round(width * across), 2), max(round(height * down), 2))

    return change


def cropped(area: float) -> Change:
    """A share of the area, of the same shape, from no particular place."""
    side = area**0.5

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        rows, columns = round(height * side), round(width * side)
        top, left = round((height - rows) * 0.37), round((width - columns) * 0.59)
        return np.ascontiguousarray(pixels[top : top + rows, left : left + columns])

    return change


def vertical(pixels: Pixels) -> Pixels:
    """The middle of it on an upright 9:16 screen with as many pixels across as the picture had on its short side."""
    height, width = pixels.shape[:2]
    short = min(height, width)
    rows, columns = (height, round(height * 9 / 16)) if width * 16 > height * 9 else (round(width * 16 / 9), width)
    top, left = (height - rows) // 2, (width - columns) // 2
    return _resize(pixels[top : top + rows, left : left + columns], short, round(short * 16 / 9))


def padded(across: float, down: float) -> Change:
    """Black bars of a share of the width left and right, of the height above and below."""

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        x, y = round(width * across), round(height * down)
        return _pixels(cv2.copyMakeBorder(pixels, y, y, x, x, cv2.BORDER_CONSTANT, value=(0, 0, 0)))

    return change


def perspective(corners: Corners) -> Change:
    """Seen at an angle: the corners of the picture come to ``corners``, with black around."""

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        size = np.array([width - 1, height - 1], np.float32)
        here = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32) * size
        there = np.array(corners, np.float32) * size
        turn = cv2.getPerspectiveTransform(here, there)
        return _pixels(cv2.warpPerspective(pixels, turn, (width, height), flags=cv2.INTER_LINEAR))

    return change


def brightness(factor: float) -> Change:
    """Every value times ``factor``."""
    table = _table(lambda value: value * factor)
    return lambda pixels: _pixels(cv2.LUT(pixels, table))


def contrast(factor: float) -> Change:
    """Every distance from the picture's mean luma times ``factor``."""

    def change(pixels: Pixels) -> Pixels:
        mean = float(pixels.reshape(-1, 3).mean(axis=0, dtype=np.float64) @ _LUMA)
        return _pixels(cv2.LUT(pixels, _table(lambda value: mean + (value - mean) * factor)))

    return change


def saturation(factor: float) -> Change:
    """Every distance from grey times ``factor``; 0 is grey."""
    matrix = factor * np.eye(3, dtype=np.float32) + (1 - factor) * np.tile(_LUMA, (3, 1))
    return lambda pixels: _pixels(cv2.transform(pixels, matrix))


def hue(turn: float) -> Change:
    """Colours turned about the circle by a share of it."""
    # OpenCV counts 180 to the circle
    table = ((np.arange(256) + round(180 * turn)) % 180).astype(np.uint8)

    def change(pixels: Pixels) -> Pixels:
        values = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
        values[..., 0] = table[values[..., 0]]
        return _pixels(cv2.cvtColor(values, cv2.COLOR_HSV2RGB))

    return change


def gamma(exponent: float) -> Change:
    """Every value of 0 to 1 to the power ``exponent``; below 1 is brighter."""
    table = _table(lambda value: 255 * (value / 255) ** exponent)
    return lambda pixels: _pixels(cv2.LUT(pixels, table))


def blurred(width: int) -> Change:
    """A Gaussian window of ``width`` pixels each way, with the standard deviation that goes with it."""
    return lambda pixels: _pixels(cv2.GaussianBlur(pixels, (width, width), 0))


def median(width: int) -> Change:
    """The median of ``width`` by ``width`` pixels."""
    return lambda pixels: _pixels(cv2.medianBlur(pixels, width))


def jpeg(quality: int) -> Change:
    """Through a JPEG file."""

    def change(pixels: Pixels) -> Pixels:
        _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        return _pixels(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB))

    return change


def captioned(pixels: Pixels) -> Pixels:
    """Two lines of white text with a black edge over the lower third, as large as apps draw them."""
    result = pixels.copy()
    height, width = pixels.shape[:2]
    scale = width / 400
    for line, text in enumerate(("when the mark has to", "survive the caption")):
        place = (round(width * 0.06), round(height * (0.76 + 0.13 * line)))
        for colour, weight in (((0, 0, 0), 6), ((255, 255, 255), 2)):
            thickness = max(round(weight * scale), 1)
            cv2.putText(result, text, place, cv2.FONT_HERSHEY_DUPLEX, scale, colour, thickness, cv2.LINE_AA)
    return result


def with_logo(pixels: Pixels) -> Pixels:
    """A channel's logo in the upper right corner, a fifth of the short side wide, hardly translucent."""
    height, width = pixels.shape[:2]
    side = max(min(height, width) // 5, 4)
    top, left = side // 4, width - side - side // 4
    logo = np.full((side, side, 3), (220, 30, 60), np.uint8)
    cv2.circle(logo, (side // 2, side // 2), side // 3, (255, 255, 255), -1, cv2.LINE_AA)
    result = pixels.copy()
    corner = result[top : top + side, left : left + side]
    corner[:] = cv2.addWeighted(corner, 0.2, logo, 0.8, 0)
    return result


def moire(pixels: Pixels) -> Pixels:
    """The fringes of a screen's grid filmed by a camera's: two beats in each colour, bent a little, up to 6% deep."""
    height, width = pixels.shape[:2]
    x = np.linspace(0, 1, width, dtype=np.float32)
    y = np.linspace(0, height / width, height, dtype=np.float32)[:, None]
    beats = (40 * x + 9 * y + 6 * x * x, 7 * x - 34 * y + 5 * y * y)
    fringes = [1 + sum(0.03 * np.sin(2 * np.pi * beat + phase) for beat in beats) for phase in (0.0, 2.1, 4.2)]
    return _pixels(np.clip(pixels * np.stack(fringes, axis=-1) + 0.5, 0, 255))


def noisy(pixels: Pixels, deviation: float, seed: int) -> Pixels:
    """White Gaussian noise in each colour, ``deviation`` of the range deep."""
    noise = np.random.default_rng(seed).standard_normal(pixels.shape, np.float32) * np.float32(255 * deviation)
    return _pixels(np.clip(pixels + noise + np.float32(0.5), 0, 255))


def foreign(height: int, width: int, index: int) -> Pixels:
    """A picture of somebody else's video: clouds that drift, without any mark."""
    random = np.random.default_rng(20)
    small = random.uniform(40, 220, (12, 20, 3)).astype(np.float32)
    drift = np.roll(small, index // 6, axis=1)
    return _pixels(np.clip(cv2.resize(drift, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255))


def _resize(pixels: Pixels, width: int, height: int) -> Pixels:
    method = cv2.INTER_AREA if height < pixels.shape[0] else cv2.INTER_CUBIC
    return _pixels(cv2.resize(pixels, (width, height), interpolation=method))


def _table(formula: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Pixels:
    return _pixels(np.clip(np.rint(formula(np.arange(256, dtype=np.float64))), 0, 255))


def _pixels(values: NDArray[Any] | cv2.typing.MatLike) -> Pixels:
    return np.asarray(values, np.uint8)
