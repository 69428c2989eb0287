"""The value of an expression over some JSON. Pure; see :mod:`~touchmark.provenance.manifest.rubric.syntax`.

    Formulas(variables={"$wanted": ["a"]}, named={"_first": parse("items[0]")}).value(parse("_first().name"), document)

A missing member is null, and null passes through members and indices, as in JMESPath. A function that does not exist, a
variable that nobody set, the wrong number of arguments: each is an error, never a null.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final

from touchmark.provenance.manifest.rubric.nodes import (
    Array,
    Binary,
    Call,
    Chain,
    Current,
    Field,
    Flatten,
    Global,
    Index,
    Literal,
    Node,
    Not,
    Object,
    ObjectValues,
    Projection,
)
from touchmark.provenance.manifest.rubric.syntax import RubricError

_ARGUMENTS: Final = "$args"
_MAX_CALLS: Final = 50
"""How deep named expressions may call each other."""
_MAX_STEPS: Final = 2_000_000
"""Nodes evaluated for one rule: a hostile manifest has many elements, a hostile rubric many loops."""


@dataclass(frozen=True, slots=True)
class Formulas:
    """What the expressions of one rubric may refer to.

    Attributes:
        variables: values by name, each name beginning with a dollar.
        named: expressions that others call by name; ``$args`` in them holds what they are called with.
    """

    variables: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, Node] = field(default_factory=dict)

    def value(self, expression: Node, document: Any) -> Any:
        """Evaluate ``expression`` over ``document``.

        Raises:
            RubricError: it refers to something that does not exist, calls a function wrongly, or never ends.
        """
        return _Evaluation(self).of(expression, document, None, 0)


def mentions(expression: Node, name: str) -> bool:
    """Whether a member called ``name`` is asked for anywhere in the expression."""
    return any(isinstance(node, Field) and node.name == name for node in _within(expression))


class _Evaluation:
    """One evaluation, and what it has cost."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas
        self._steps = 0

    def of(self, node: Node, value: Any, arguments: list[Any] | None, depth: int) -> Any:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise RubricError("a rule takes too long", remedy="Simplify the rule; it may call itself.")

        def inner(part: Node, current: Any = value) -> Any:
            return self.of(part, current, arguments, depth)

        match node:
            case Literal(literal):
                return literal
            case Current():
                return value
            case Field(name):
                return value.get(name) if isinstance(value, dict) else None
            case Index(position):
                inside = isinstance(value, list) and -len(value) <= position < len(value)
                return value[position] if inside else None
            case Global(name):
                return self._global(name, arguments)
            case Chain(left, right):
                return inner(right, inner(left))
            case Flatten(of):
                return _flattened(inner(of))
            case ObjectValues(of):
                found = inner(of)
                return list(found.values()) if isinstance(found, dict) else None
            case Projection(of, each, condition):
                elements = inner(of)
                if not isinstance(elements, list):
                    return None
                kept = (e for e in elements if condition is None or truth(inner(condition, e)))
                return [inner(each, element) for element in kept]  # null for what is not there, unlike JMESPath
            case Array(items):
                return [inner(item) for item in items]
            case Object(members):
                return {name: inner(member) for name, member in members}
            case Not(of):
                return not truth(inner(of))
            case Binary("&&", left, right):
                first = inner(left)
                return inner(right) if truth(first) else first
            case Binary("||", left, right):
                first = inner(left)
                return first if truth(first) else inner(right)
            case Binary(sign, left, right):
                return _OPERATORS[sign](inner(left), inner(right))
            case Call("if", (condition, then, otherwise)):  # only the branch that is taken
                return inner(then if truth(inner(condition)) else otherwise)
            case Call(name, given):
                return self._call(name, [inner(argument) for argument in given], value, arguments, depth)

    def _global(self, name: str, arguments: list[Any] | None) -> Any:
        if name == _ARGUMENTS and arguments is not None:
            return arguments
        if name not in self._formulas.variables:
            raise RubricError(f"the variable {name} is not set", subject=name, remedy="Define it in the rubric.")
        return self._formulas.variables[name]

    def _call(self, name: str, given: list[Any], value: Any, arguments: list[Any] | None, depth: int) -> Any:
        body = self._formulas.named.get(name)
        if body is not None:
            if depth >= _MAX_CALLS:
                raise RubricError("named expressions call each other without end", subject=name)
            _require(name, len(given), (arity(body),))
            return self.of(body, value, given or arguments, depth + 1)
        if name not in _FUNCTIONS:
            raise RubricError(
                f"there is no function {name}() here", subject=name, remedy="docs/manifests.md lists the functions."
            )
        function, counts = _FUNCTIONS[name]
        _require(name, len(given), counts)
        return function(*given)


def arity(body: Node) -> int:
    """How many arguments a named expression takes: one more than the highest that it asks ``$args`` for."""
    asked = [
        node.right.position + 1
        for node in _within(body)
        if isinstance(node, Chain) and node.left == Global(_ARGUMENTS) and isinstance(node.right, Index)
    ]
    return max(asked, default=0)


def truth(value: Any) -> bool:
    """What counts as true: everything but null, false, zero, and what is empty."""
    return bool(value)


def _within(node: Any) -> Iterator[Any]:
    yield node
    if isinstance(node, tuple):
        children = list(node)
    elif is_dataclass(node) and not isinstance(node, Literal):
        children = [getattr(node, part.name) for part in fields(node)]
    else:
        return
    for child in children:
        yield from _within(child)


def _require(name: str, given: int, counts: tuple[int, ...]) -> None:
    if counts and given not in counts:
        wanted = " or ".join(str(count) for count in counts)
        raise RubricError(f"{name}() takes {wanted} arguments (got {given})", subject=name)


def _flattened(value: Any) -> Any:
    if not isinstance(value, list):
        return None
    return [part for element in value for part in (element if isinstance(element, list) else [element])]


def _equal(left: Any, right: Any) -> bool:
    # Python takes true for 1; JSON does not.
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return compare(left, right)
        if left is None or right is None:
            return False
        return compare(_number(left), _number(right))

    return ordered


def _arithmetic(compute: Callable[[float, float], float]) -> Callable[[Any, Any], float]:
    def computed(left: Any, right: Any) -> float:
        try:
            return compute(_number(left), _number(right))
        except (ZeroDivisionError, OverflowError):
            raise RubricError("a rule divides by nothing, or computes a number without end") from None

    return computed


def _number(value: Any) -> float:
    if isinstance(value, str | int | float):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise RubricError(f"{str(value)[:40]!r} is no number")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RubricError(f"text is expected, not {_type(value)}")
    return value


def _length(value: Any) -> int:
    if value is None:
        return 0
    if not isinstance(value, str | list | dict):
        raise RubricError(f"{_type(value)} has no length")
    return len(value)


def _contains(where: Any, what: Any) -> bool:
    if isinstance(where, list):
        return any(_equal(element, what) for element in where)
    return isinstance(what, str) and what in _text(where)


def _keys(value: Any) -> list[str]:
    return list(_object(value))


def _values(value: Any) -> list[Any]:
    return list(_object(value).values())


def _object(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RubricError(f"an object is expected, not {_type(value)}")
    return value


def _split(text: Any, separator: Any) -> list[str]:
    return _text(text).split(separator) if _text(separator) else list(_text(text))


def _not_null(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _type(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = ((str, "string"), (list, "array"), (dict, "object"))
    return next((name for kind, name in names if isinstance(value, kind)), "number")


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(operator.truediv),
}
_FUNCTIONS: Final[Mapping[str, tuple[Callable[..., Any], tuple[int, ...]]]] = {
    "contains": (_contains, (2,)),
    "endsWith": (lambda text, end: _text(text).endswith(_text(end)), (2,)),
    "if": (lambda *_: None, (3,)),  # taken apart before; here for its number of arguments
    "keys": (_keys, (1,)),
    "length": (_length, (1,)),
    "notNull": (_not_null, ()),
    "split": (_split, (2,)),
    "startsWith": (lambda text, start: _text(text).startswith(_text(start)), (2,)),
    "type": (_type, (1,)),
    "values": (_values, (1,)),
}
FUNCTIONS: Final = tuple(_FUNCTIONS)
"""Names of the functions that a rule may call."""
