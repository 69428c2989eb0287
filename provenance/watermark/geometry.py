"""How a copy of a marked picture lies on the pattern: scaled, squeezed, turned, leaning, mirrored, shifted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from touchmark.provenance.watermark.lattice import TILE
from touchmark.provenance.watermark.residual import Evidence

Step = tuple[float, float]
"""Units of the copy, to the right and downwards."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How to lay a copy on the pattern; what is undone first stands first.

    Attributes:
        hue: by how many quarters of the circle the copy's colours were turned; see :mod:`measuring`.
        mirrored: whether the copy has to be mirrored.
        degrees: turn the copy counter-clockwise by this to set it upright.
        shear: how far the upright copy leans to the right for each unit downwards.
        scale_x, scale_y: units of the pattern for each unit (1/320 of the short side) of the copy.
        shift_x, shift_y: pattern coordinates of the upright copy's corner.
    """

    hue: int = 0
    mirrored: bool = False
    degrees: float = 0.0
    shear: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    @classmethod
    def of_steps(cls, right: Step, under: Step) -> Geometry:
        """From the steps that lead from one tile of the pattern to the next, to its right and under it."""
        mirrored = right[0] * under[1] < right[1] * under[0]
        if mirrored:
            right, under = (-right[0], right[1]), (-under[0], under[1])
        length = math.hypot(*right)
        cos, sin = right[0] / length, right[1] / length
        along, across = cos * under[0] + sin * under[1], cos * under[1] - sin * under[0]
        turn = math.degrees(math.atan2(sin, cos))
        return cls(0, mirrored, turn, along / across, TILE / length, TILE / across)

    @property
    def moves(self) -> bool:
        """Whether anything is undone that may have moved the picture's corner."""
        return (self.degrees, self.shear, self.scale_x, self.scale_y) != (0.0, 0.0, 1.0, 1.0)

    @property
    def steps(self) -> tuple[Step, Step]:
        """The reverse of :meth:`of_steps`."""
        cos, sin = math.cos(math.radians(self.degrees)), math.sin(math.radians(self.degrees))
        across, down = TILE / self.scale_x, TILE / self.scale_y
        lean = self.shear * down
        flip = -1.0 if self.mirrored else 1.0
        right = (flip * cos * across, sin * across)
        return right, (flip * (cos * lean - sin * down), sin * lean + cos * down)

    def orientations(self) -> list[Geometry]:
        """The eight geometries under which a pattern repeats as it does under this one."""
        (a, b), (c, d) = self.steps
        ways = [((a, b), (c, d)), ((c, d), (-a, -b)), ((-a, -b), (-c, -d)), ((-c, -d), (a, b))]
        ways += [(right, (-under[0], -under[1])) for right, under in ways]
        return [Geometry.of_steps(right, under) for right, under in ways]

    def upright(self, evidence: Evidence) -> Evidence:
        """The evidence, from which turn, lean and mirroring are undone."""
        return evidence.turned(self.mirrored, self.degrees, self.shear)
