"""The small world that the embedded model knows: one or two plain shapes that move in front of a plain background.

Everything is measured in short sides of the frame from its centre (x to the right, y downwards) and in seconds, so
that one scene can be drawn at any width, height, length and frame rate:

    scene = draw_scene(random.Random(7))
    frames = render(scene, width=256, height=256, num_frames=36, frame_rate=12)   # (36, 256, 256, 3) uint8

Words for a scene are found in `captions`; which scenes a model may be trained on is said by `held_out`. This module
knows nothing of models.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from numpy.typing import NDArray

FRAME_RATE = 12
"""Frames a second of every clip the model has seen."""

HELD_OUT_SHARE = 10
"""One in this many combinations of shape, colour, motion and background is never trained on."""


class Shape(StrEnum):
    """What a thing is."""

    CIRCLE = "circle"
    SQUARE = "square"
    TRIANGLE = "triangle"


class Colour(StrEnum):
    """Colours of things and of backgrounds."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    WHITE = "white"
    BLACK = "black"
    PURPLE = "purple"
    ORANGE = "orange"


class Size(StrEnum):
    """How large a thing is."""

    SMALL = "small"
    MEDIUM = "medium"
    BIG = "big"


class Motion(StrEnum):
    """How a thing moves."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    BOUNCE = "bounce"
    CIRCLE = "circle"
    STILL = "still"


class Speed(StrEnum):
    """How fast it moves."""

    SLOW = "slow"
    NORMAL = "normal"
    QUICK = "quick"


RGB: dict[Colour, tuple[int, int, int]] = {
    Colour.RED: (225, 38, 38),
    Colour.GREEN: (38, 168, 66),
    Colour.BLUE: (40, 84, 226),
    Colour.YELLOW: (246, 222, 48),
    Colour.WHITE: (245, 245, 245),
    Colour.BLACK: (18, 18, 18),
    Colour.PURPLE: (148, 58, 190),
    Colour.ORANGE: (246, 138, 28),
}
"""The exact colours, 8-bit sRGB."""

_RADIUS = {Size.SMALL: 0.08, Size.MEDIUM: 0.12, Size.BIG: 0.17}
_TRAVEL = {Speed.SLOW: 0.16, Speed.NORMAL: 0.25, Speed.QUICK: 0.35}  # short sides a second
_BOUNCE_PERIOD = {Speed.SLOW: 1.3, Speed.NORMAL: 0.9, Speed.QUICK: 0.65}  # seconds
_CIRCLE_PERIOD = {Speed.SLOW: 3.2, Speed.NORMAL: 2.2, Speed.QUICK: 1.5}  # seconds
_BOUNCE_HEIGHT = 0.42
_CIRCLE_RADIUS = 0.2
_HORIZONTAL = (Motion.LEFT, Motion.RIGHT)
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class Actor:
    """One thing and its whole path.

    x, y: where it is half-way through the clip, or the middle of its path (short sides from the centre of the frame).
    phase: where in its bounce or circle it starts, in turns. reach: how far it may go, 1.0 alone and less beside
    another.
    scale: factor on its size.
    """

    shape: Shape
    colour: Colour
    size: Size
    motion: Motion
    speed: Speed
    x: float
    y: float
    phase: float = 0.0
    reach: float = 1.0
    scale: float = 1.0

    @property
    def radius(self) -> float:
        """Radius of a circle of the thing's size, in short sides."""
        return _RADIUS[self.size] * self.scale

    def place(self, seconds_from_middle: float) -> tuple[float, float]:
        """Centre (x, y) at a time counted from the middle of the clip."""
        t, step = seconds_from_middle, _TRAVEL[self.speed] * seconds_from_middle
        match self.motion:
            case Motion.LEFT:
                return self.x - step, self.y
            case Motion.RIGHT:
                return self.x + step, self.y
            case Motion.UP:
                return self.x, self.y - step * self.reach
            case Motion.DOWN:
                return self.x, self.y + step * self.reach
            case Motion.BOUNCE:
                q = (t / _BOUNCE_PERIOD[self.speed] + self.phase) % 1.0
                return self.x, self.y + _BOUNCE_HEIGHT * self.reach * (0.5 - 4 * q * (1 - q))
            case Motion.CIRCLE:
                angle = 2 * math.pi * (t / _CIRCLE_PERIOD[self.speed] + self.phase)
                r = _CIRCLE_RADIUS * self.reach
                return self.x + r * math.cos(angle), self.y + r * math.sin(angle)
            case Motion.STILL:
                return self.x, self.y


@dataclass(frozen=True, slots=True)
class Scene:
    """A background and the one or two things in front of it, in the order in which a caption names them."""

    background: Colour
    actors: tuple[Actor, ...]


def held_out(scene: Scene) -> bool:
    """True if any thing of the scene is a combination of shape, colour, motion and background kept for testing.

    The rule is a fixed hash of the four names, so that it needs no list and can never drift between training and test.
    """
    return any(
        zlib.crc32(f"{a.shape} {a.colour} {a.motion} {scene.background}".encode()) % HELD_OUT_SHARE == 0
        for a in scene.actors
    )


def draw_scene(rng: random.Random, *, things: int | None = None, unseen: bool = False) -> Scene:
    """Draw a scene at random.

    things: 1 or 2 (None: 2 in three of ten). unseen: draw only scenes that `held_out` keeps from training, else only
    others.
    """
    count = things or (2 if rng.random() < 0.3 else 1)
    while True:
        scene = _draw_any(rng, count)
        if held_out(scene) == unseen:
            return scene


def _draw_any(rng: random.Random, count: int) -> Scene:
    background, *colours = rng.sample(list(Colour), count + 1)
    motions = [rng.choice(list(Motion)) for _ in range(count)]
    scatter = rng.uniform
    actors: list[Actor] = []
    for index, (colour, motion) in enumerate(zip(colours, motions, strict=True)):
        reach = scale = 1.0
        if count == 1:
            x, y = scatter(-0.03, 0.03), scatter(-0.03, 0.03)
        else:
            # Two things keep to bands of their own, so that neither hides the other: the first named above or to the
            # left.
            scale, side = 0.8, (-0.25, 0.25)[index]
            if any(m in _HORIZONTAL for m in motions):
                x, y = scatter(-0.02, 0.02), side + scatter(-0.02, 0.02)
                reach = 0.5
            else:
                x, y = side + scatter(-0.02, 0.02), scatter(-0.02, 0.02)
                reach = 0.6 if motion is Motion.CIRCLE else 1.0
        actors.append(
            Actor(
                shape=rng.choice(list(Shape)),
                colour=colour,
                size=rng.choice((Size.SMALL, Size.MEDIUM, Size.MEDIUM, Size.BIG)),
                motion=motion,
                speed=rng.choice((Speed.SLOW, Speed.NORMAL, Speed.NORMAL, Speed.QUICK)),
                x=x,
                y=y,
                phase=0.75 + scatter(-0.02, 0.02),
                reach=reach,
                scale=scale,
            )
        )
    return Scene(background, tuple(actors))


def render(
    scene: Scene,
    *,
    width: int = 256,
    height: int = 256,
    num_frames: int = 32,
    frame_rate: float = FRAME_RATE,
    first: int = 0,
    of: int | None = None,
) -> NDArray[np.uint8]:
    """Draw a clip, antialiased.

    first, of: draw `num_frames` frames from number `first` of a clip that is `of` frames long (default: the whole
    clip). Returns an array of shape (num_frames, height, width, 3), RGB.
    """
    side = min(width, height)
    middle = ((num_frames if of is None else of) - 1) / 2
    frames = np.empty((num_frames, height, width, 3), np.uint8)
    frames[:] = RGB[scene.background]
    for index, frame in enumerate(frames):
        for actor in scene.actors:
            x, y = actor.place((first + index - middle) / frame_rate)
            # Pixel centres lie half a pixel inside, hence the half.
            _draw(frame, actor, width / 2 - 0.5 + x * side, height / 2 - 0.5 + y * side, actor.radius * side)
    return frames


def corners(shape: Shape) -> Sequence[tuple[float, float]]:
    """Corners of a shape of radius 1 round its centroid, of about the area of the circle; empty for the circle."""
    if shape is Shape.SQUARE:
        return ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89))
    if shape is Shape.TRIANGLE:
        return ((0.0, -1.5), (1.3, 0.75), (-1.3, 0.75))
    return ()


def _draw(frame: NDArray[np.uint8], actor: Actor, x: float, y: float, radius: float) -> None:
    unit = 1 << _SUBPIXEL_BITS
    colour = RGB[actor.colour]
    points = corners(actor.shape)
    if points:
        polygon = (np.array([(x, y)]) + radius * np.array(points)) * unit
        cv2.fillPoly(frame, [polygon.round().astype(np.int32)], colour, cv2.LINE_AA, _SUBPIXEL_BITS)
    else:
        centre = (round(x * unit), round(y * unit))
        cv2.circle(frame, centre, round(radius * unit), colour, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
