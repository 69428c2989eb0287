"""What an expression of a rubric is made of: the values that ``syntax`` parses it to, and ``evaluation`` evaluates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the expression."""

    value: Any


@dataclass(frozen=True, slots=True)
class Current:
    """``@``, and the value that a bracket or a projection stands on."""


@dataclass(frozen=True, slots=True)
class Field:
    """A member of an object."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element of an array, from the end where negative."""

    position: int


@dataclass(frozen=True, slots=True)
class Global:
    """``$name``: a variable of the rubric, or ``$args``."""

    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """``left.right``, ``left[0]`` and ``left | right``: the right one of what the left one gives."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Flatten:
    """``of[]``: arrays within an array, laid one after another."""

    of: Node


@dataclass(frozen=True, slots=True)
class ObjectValues:
    """``of.*``: what the members of an object hold."""

    of: Node


@dataclass(frozen=True, slots=True)
class Projection:
    """``each`` of every element of ``of`` for which ``condition`` (if any) holds, without nulls."""

    of: Node
    each: Node
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """``[a, b]``"""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Object:
    """``{name: a}``"""

    members: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``"""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Not:
    """``!of``"""

    of: Node


@dataclass(frozen=True, slots=True)
class Call:
    """``name(arguments)``: a function of the language, or a named expression of the rubric."""

    name: str
    arguments: tuple[Node, ...]


Node = (
    Literal
    | Current
    | Field
    | Index
    | Global
    | Chain
    | Flatten
    | ObjectValues
    | Projection
    | Array
    | Object
    | Binary
    | Not
    | Call
)
