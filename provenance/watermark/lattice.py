"""The keyed pattern: a lattice of faint waves in luma and chroma, drawn into pictures and measured in them.

Positions are counted in units of 1/320 of the picture's short side, from the top left corner, so that a picture
scaled as a whole keeps its pattern. In each plane the pattern repeats every TILE units, which leaves whole
copies of it in a cropped picture. It is a sum of waves whose frequencies are whole numbers (u, v) of periods per
tile, each with a phase drawn from the key:

- where u and v are both even, the wave is always there: the *template*, which repeats every half tile and tells
  extraction how the picture was scaled, turned and cropped;
- every other wave carries one code bit of the payload: it is turned by 180 degrees where the bit is 1.

Drawing and measuring are two sides of one separable Fourier sum at exactly these frequencies, done as matrix
products: nothing is resampled, and any scale is as cheap as any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.code import CODE_BITS
from touchmark.provenance.watermark.keyring import generator
from touchmark.provenance.watermark.protocol import WatermarkKey

SHORT_SIDE: Final = 320
"""Units along the short side of the marked picture."""
TILE: Final = 128
"""Period of the pattern in units. Larger holds more waves that survive coding, smaller survives tighter crops."""

PLACES: Final = 64
"""In how many places the pattern of a key may lie in a picture."""

Complex = NDArray[np.complex64]
Real = NDArray[np.float32]


class Plane(StrEnum):
    """The three planes of a picture in Y'CbCr, as in :class:`touchmark.provenance.media.picture.Planes`."""

    LUMA = "luma"
    BLUE = "cb"
    RED = "cr"


@dataclass(frozen=True, slots=True)
class _Band:
    """Which waves a plane has: lowest and highest frequency in periods per 64 units, and how they fall off."""

    low: float
    high: float
    slope: float


# Below 2 periods the picture itself is loudest and the eye sees clouds; what is finer than the upper limits does
# not survive H.264 at CRF 28 or, in chroma, halving the picture. Fine waves are drawn fainter: the coder drops
# them first, so amplitude spent on them is lost.
_BANDS = {Plane.LUMA: _Band(2.5, 9.0, -0.9), Plane.BLUE: _Band(2.0, 6.4, -0.7), Plane.RED: _Band(2.0, 6.4, -0.7)}


_DEALING_ORDER = (Plane.BLUE, Plane.RED, Plane.LUMA)

_TEMPLATE_SHARE = 0.65
"""Amplitude of a template wave over that of a wave beside it. Finding takes less than reading: at 1 the payload's
correlation is a twelfth smaller, and nothing is found that is not found now."""


@dataclass(frozen=True, slots=True)
class Waves:
    """The waves of one plane, as parallel arrays of shape (n,).

    Attributes:
        u, v: periods per tile to the right and downwards; u >= 0 (the other half is the conjugate).
        radius: frequency in periods per 64 units.
        amplitude: chosen so that the drawn pattern has a mean square of 1.
        phase: radians, from the key.
        bit: which code bit the wave carries; -1 for a wave of the template.
    """

    u: NDArray[np.intp]
    v: NDArray[np.intp]
    radius: Real
    amplitude: Real
    phase: Real
    bit: NDArray[np.intp]

    @property
    def template(self) -> NDArray[np.bool_]:
        """True where the wave is part of the template."""
        return self.bit < 0

    def signs(self, code_bits: NDArray[np.uint8]) -> Real:
        """+1 or -1 for each wave; the template's are all +1."""
        return np.where(self.template, 1.0, 1.0 - 2.0 * code_bits[self.bit]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Lattice:
    """The pattern of one key.

    Attributes:
        waves: of each plane.
        places: where its tiles may begin in a picture: ndarray of shape (PLACES, 2), units across and down at the
            picture's top left corner. Few enough that a reader of an undisturbed copy is not led astray by chance.
    """

    waves: dict[Plane, Waves]
    places: NDArray[np.intp]

    @classmethod
    def of(cls, key: WatermarkKey) -> Lattice:
        """Draw phases and bit positions from the key.

        Code bits are dealt out to the waves like a pack of cards, shuffled anew each round and from the coarsest wave
        of a plane to its finest: no bit goes without a wave, and none has much more than another.
        """
        random = generator(key, "bits")
        rounds = -(-sum(int(np.sum(~_shape(plane).template)) for plane in Plane) // CODE_BITS)
        deck = np.concatenate([random.permutation(CODE_BITS) for _ in range(rounds)])
        waves = {}
        for plane in _DEALING_ORDER:
            shape = _shape(plane)
            carriers = np.flatnonzero(~shape.template)
            carriers = carriers[np.argsort(shape.radius[carriers], kind="stable")]
            bit = np.full(shape.radius.size, -1, np.intp)
            bit[carriers], deck = deck[: carriers.size], deck[carriers.size :]
            phase = generator(key, f"phases {plane}").uniform(0, 2 * np.pi, bit.size).astype(np.float32)
            waves[plane] = Waves(shape.u, shape.v, shape.radius, shape.amplitude, phase, bit)
        places = generator(key, "places").integers(0, TILE, (PLACES, 2))
        return cls({plane: waves[plane] for plane in Plane}, places)

    def draw(
        self,
        plane: Plane,
        code_bits: NDArray[np.uint8],
        height: int,
        width: int,
        shift: tuple[int, int] = (0, 0),
        factors: Real | float = 1.0,
    ) -> Real:
        """The pattern over a whole picture: ndarray of shape (height, width), mean square about 1.

        ``shift`` is the pattern's coordinate, across and down, at the picture's top left corner; ``factors`` are on
        the amplitude of each wave.
        """
        waves = self.waves[plane]
        reach = int(np.abs(waves.v).max())
        grid = np.zeros((2 * reach + 1, int(waves.u.max()) + 1), np.complex64)
        phase = waves.phase + 2 * np.pi / TILE * (waves.u * shift[0] + waves.v * shift[1])
        grid[waves.v + reach, waves.u] = factors * waves.amplitude * waves.signs(code_bits) * np.exp(1j * phase)
        pitch = SHORT_SIDE / min(height, width)
        across = harmonics(width, pitch, np.arange(grid.shape[1]))
        rows = harmonics(height, pitch, np.arange(-reach, reach + 1)) @ grid
        return np.asarray(rows.real @ across.real.T - rows.imag @ across.imag.T, np.float32)


@dataclass(frozen=True, slots=True)
class Folded:
    """Some pictures of one shape, folded about their middle row and column to a quarter.

    A cosine about the middle sees of a picture only what both sides have in common, a sine what they have not: each
    then takes half of the products.

    Attributes:
        same, opposite: ndarrays of shape (2, rows, n, columns): sums of the left and the right side and their
            differences, and each time sums and differences of what lies above and under the middle.
        height, width: of the pictures before.
    """

    same: Real
    opposite: Real
    height: int
    width: int

    @classmethod
    def of(cls, pictures: Real) -> Folded:
        """From n pictures row by row: ndarray of shape (height, n, width)."""
        height, _, width = pictures.shape
        same, opposite = _about_the_middle(np.stack(_about_the_middle(pictures)).transpose(3, 0, 1, 2))
        across = (1, 2, 3, 0)
        return cls(
            np.ascontiguousarray(same.transpose(across)),
            np.ascontiguousarray(opposite.transpose(across)),
            height,
            width,
        )


def _about_the_middle(values: Real) -> tuple[Real, Real]:
    """Sums and differences along the first axis of what lies as far from its middle on both sides, from there on."""
    half = (len(values) + 1) // 2
    after, before = values[len(values) // 2 :], values[:half][::-1]
    same = after + before
    if len(values) % 2:
        same[0] /= 2  # the middle itself has no other side
    return same, after - before


def measure(pictures: Folded, reach: int, pitch_x: float, pitch_y: float) -> Complex:
    """How much several pictures hold of every wave: the sum of each picture against each wave about its middle.

    Args:
        pictures: n of them.
        reach: highest number of periods per tile that is asked for.
        pitch_x, pitch_y: units of the pattern from one sample to the next.

    Returns:
        ndarray of shape (2 * reach + 1, n, reach + 1): ``found[v + reach, k, u]`` is the wave of u periods per tile to
        the right and v downwards in the k-th picture, a complex amplitude.
    """
    _, rows, count, columns = pictures.same.shape
    cosine, sine = _about(pictures.height, pitch_y, reach)
    parts = []
    for folded, wave in zip((pictures.same, pictures.opposite), _about(pictures.width, pitch_x, reach), strict=True):
        same, opposite = (folded.reshape(-1, columns) @ wave).reshape(2, rows, -1)
        parts += [cosine.T @ same, sine.T @ opposite]
    both, lower, right, neither = (part.reshape(reach + 1, count, reach + 1) for part in parts)
    grid = np.empty((2 * reach + 1, count, reach + 1), np.complex64)
    grid.real[reach:], grid.imag[reach:] = both - neither, -right - lower
    grid.real[reach::-1], grid.imag[reach::-1] = both + neither, lower - right
    return grid


@lru_cache(maxsize=128)
def _about(samples: int, pitch: float, highest: int) -> tuple[Real, Real]:
    """Cosines and sines of all frequencies up to one at the samples from the middle on: shape (samples / 2,
    frequencies). A search asks for the same ones again and again."""
    first = 0.0 if samples % 2 else 0.5
    waves = _waves_at(np.arange((samples + 1) // 2) + first, pitch, np.arange(highest + 1))
    parts = np.ascontiguousarray(waves.real), np.ascontiguousarray(waves.imag)
    for part in parts:
        part.flags.writeable = False
    return parts


def harmonics(samples: int, pitch: float, frequencies: NDArray[np.intp] | NDArray[np.float64]) -> Complex:
    """exp(2 pi i f x / TILE) at the centres of samples; shape (samples, frequencies)."""
    return _waves_at(np.arange(samples) + 0.5, pitch, frequencies)


def _waves_at(
    places: NDArray[np.floating[Any]], pitch: float, frequencies: NDArray[np.intp] | NDArray[np.float64]
) -> Complex:
    periods = np.outer(places * (pitch / TILE), frequencies)
    angle = (2 * np.pi * (periods - np.rint(periods))).astype(np.float32)  # small, so that single precision is enough
    found = np.empty(angle.shape, np.complex64)
    np.cos(angle, out=found.real)
    np.sin(angle, out=found.imag)
    return found


def over_shifts(grid: Complex) -> Real:
    """What waves add up to at every shift: the real part of ``np.fft.fft2(grid)``, in a fifth of its time.

    Args:
        grid: amplitudes of shape (TILE, TILE), by v and u modulo TILE; both ways of a wave may be given, or one.
    """
    parts = grid.view(np.float32).reshape(*grid.shape, 2)
    return np.ascontiguousarray(cv2.dft(parts)[..., 0], np.float32)


def frequencies(plane: Plane) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The waves of a plane under every key: periods per tile to the right and downwards, in the order of Waves."""
    shape = _shape(plane)
    return shape.u, shape.v


def spectrum(plane: Plane) -> tuple[Real, Real]:
    """Frequency, in periods per 64 units, and power of each wave of a plane; together they have a mean square of 1."""
    shape = _shape(plane)
    return shape.radius, np.asarray(shape.amplitude**2 / 2, np.float32)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the waves of a plane are under every key."""

    u: NDArray[np.intp]
    v: NDArray[np.intp]
    radius: Real
    amplitude: Real
    template: NDArray[np.bool_]


@cache
def _shape(plane: Plane) -> _Shape:
    band = _BANDS[plane]
    reach = math.floor(band.high * TILE / 64)
    u, v = (axis.ravel() for axis in np.meshgrid(np.arange(reach + 1), np.arange(-reach, reach + 1)))
    radius = np.hypot(u, v) * 64 / TILE
    keep = (radius >= band.low) & (radius <= band.high) & ((u > 0) | (v > 0))
    u, v, radius = u[keep], v[keep], radius[keep]
    template = (u % 2 == 0) & (v % 2 == 0)
    amplitude = radius**band.slope * np.where(template, _TEMPLATE_SHARE, 1)
    amplitude *= math.sqrt(2 / np.sum(amplitude**2))
    return _Shape(u, v, radius.astype(np.float32), amplitude.astype(np.float32), template)
