"""Captions of the embedded model's world: shapes that move over a plain ground."""

from __future__ import annotations

import random

_SHAPES = ("circle", "square", "triangle", "star", "ring", "cross", "diamond", "heart", "ball", "rectangle")
_COLOURS = ("red", "green", "blue", "yellow", "white", "black", "orange", "purple", "pink", "cyan", "grey", "brown")
_SIZES = ("", "small ", "large ", "tiny ", "big ")
_MOTIONS = (
    "moves left", "moves right", "moves up", "moves down", "moves from left to right", "bounces",
    "bounces up and down", "goes in a circle", "stays still", "falls slowly", "slides to the right",
    "orbits the centre", "spins",
)  # fmt: skip


def shapes(draw: random.Random) -> str:
    """One caption."""
    things = [
        f"a {draw.choice(_SIZES)}{draw.choice(_COLOURS)} {draw.choice(_SHAPES)} {draw.choice(_MOTIONS)}"
        for _ in range(draw.choice((1, 1, 2)))
    ]
    ground = draw.choice(("", f" over a {draw.choice(_COLOURS)} background", f", {draw.choice(_COLOURS)} background"))
    return " and ".join(things) + ground
