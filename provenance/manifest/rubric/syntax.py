"""The expressions of a rubric, parsed: the part of json-formula that rubrics are written in. Pure.

    parse("manifests[0].assertions.'c2pa.actions.v2'.actions[?action == \"c2pa.created\"]")

json-formula (https://opensource.adobe.com/json-formula/doc/output/json-formula-specification-2.0.0.html) is JMESPath
(https://jmespath.org/specification.html) with text in double quotes, odd names in single ones, JSON between backticks,
numbers, arithmetic, and global values that begin with a dollar. What is not known here is an error that says where:
an expression that is half understood could pass what it should fail.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from touchmark.provenance.errors import TouchmarkError
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

MAX_LENGTH: Final = 65536
MAX_DEPTH: Final = 100
"""How deep brackets may lie in brackets."""


class RubricError(TouchmarkError):
    """A rubric that cannot be read, or a rule in it that cannot be understood."""

    code = "manifest.rubric"
    exit_status = 64


_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<json>`(?:[^`\\]|\\.)*`)
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<quoted>'(?:[^'\\]|\\.)*')
    | (?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?)
    | (?P<global>\$[A-Za-z_]\w*)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<sign>\[\?|\[\]|&&|\|\||==|!=|<=|>=|[<>\[\](){}.,:|@*+/!-])
    """,
    re.VERBOSE | re.DOTALL,
)
_POWERS: Final = {
    "|": 1,
    "||": 2,
    "&&": 3,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 5),
    **dict.fromkeys(("+", "-"), 6),
    "/": 7,
    "times": 7,
    "[]": 9,
    "[?": 21,
    ".": 40,
    "[": 55,
    "(": 60,
}
_PROJECTION_ENDS = 10
"""Operators that bind more loosely take a whole projection, not each of its elements."""
_NOT = 45


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def parse(expression: str) -> Node:
    """Parse one expression.

    Raises:
        RubricError: it is not of this language, or of a part of it that is not known here; says where.
    """
    if len(expression) > MAX_LENGTH:
        raise RubricError(f"an expression has at most {MAX_LENGTH:,} characters", subject=expression[:80])
    return _Parser(expression).whole()


def _tokens(expression: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise _unknown(expression, position)
        kind = match.lastgroup or ""
        if kind != "space":
            text = match[0]
            found.append(_Token(text if kind == "sign" else kind, text, position))
        position = match.end()
    return [*found, _Token("end", "", position)]


def _unknown(expression: str, position: int) -> RubricError:
    return RubricError(
        f"what stands at character {position + 1} is not understood: {expression[position : position + 24]!r}",
        subject=expression.strip()[:80],
        remedy="Write the rule with what docs/manifests.md lists of json-formula.",
    )


class _Parser:
    """Top-down operator precedence (V. R. Pratt, 1973), as JMESPath is usually parsed."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = _tokens(expression)
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._parse(0)
        self._take("end")
        return node

    def _parse(self, power: int) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _unknown(self._expression, self._tokens[self._next].position)
        node = self._parse_from(self._begin(self._take()), power)
        self._depth -= 1
        return node

    def _parse_from(self, left: Node, power: int) -> Node:
        while power < self._power():
            left = self._go_on(left, self._take())
        return left

    def _power(self) -> int:
        kind = self._tokens[self._next].kind
        if kind == "number" and self._tokens[self._next].text.startswith("-"):  # "a -1" is a subtraction
            return _POWERS["-"]
        return _POWERS["times"] if kind == "*" else _POWERS.get(kind, 0)

    def _is(self, *kinds: str) -> bool:
        return self._tokens[self._next].kind in kinds

    def _take(self, *kinds: str) -> _Token:
        token = self._tokens[self._next]
        if kinds and token.kind not in kinds:
            raise _unknown(self._expression, token.position)
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _begin(self, token: _Token) -> Node:
        match token.kind:
            case "json" | "text":
                return Literal(self._json(token))
            case "number":
                return Literal(json.loads(token.text))
            case "quoted":
                return Field(self._name(token))
            case "name":
                return self._named(token)
            case "global":
                return Global(token.text)
            case "@":
                return Current()
            case "!":
                return Not(self._parse(_NOT))
            case "(":
                inner = self._parse(0)
                self._take(")")
                return inner
            case "{":
                return self._object()
            case "[?":
                return self._filter(Current())
            case "[]":
                return self._flatten(Current())
            case "[":
                return self._bracket_or_array()
        raise _unknown(self._expression, token.position)

    def _go_on(self, left: Node, token: _Token) -> Node:
        match token.kind:
            case "|":
                return Chain(left, self._parse(_POWERS["|"]))
            case ".":
                return self._member(left, _POWERS["."])
            case "[?":
                return self._filter(left)
            case "[]":
                return self._flatten(left)
            case "[":
                return self._bracket(left)
            case "number":
                return Binary("-", left, Literal(json.loads(token.text[1:])))
            case operator if (operator in _POWERS and operator != "(") or operator == "*":
                return Binary(operator, left, self._parse(_POWERS.get(operator, _POWERS["times"])))
        raise _unknown(self._expression, token.position)

    def _named(self, token: _Token) -> Node:
        if self._is("("):
            self._take()
            return Call(token.text, self._listed(")"))
        if token.text == "null":
            return Literal(None)
        if token.text in ("true", "false"):
            raise RubricError(
                f"a bare {token.text} is the name of a member, hardly what is meant",
                subject=self._expression.strip()[:80],
                remedy=f"Write `{token.text}` between backticks.",
            )
        return Field(token.text)

    def _member(self, left: Node, power: int) -> Node:
        if self._is("*"):
            self._take()
            return Projection(ObjectValues(left), self._rest(power))
        if not self._is("name", "quoted", "[", "{"):
            raise _unknown(self._expression, self._tokens[self._next].position)
        if self._is("["):
            self._take()
            return Chain(left, Array(self._listed("]")))
        return Chain(left, self._parse(power))

    def _filter(self, left: Node) -> Node:
        condition = self._parse(0)
        self._take("]")
        return Projection(left, self._rest(_POWERS["[?"]), condition)

    def _flatten(self, left: Node) -> Node:
        return Projection(Flatten(left), self._rest(_POWERS["[]"]))

    def _bracket_or_array(self) -> Node:
        if self._is("number") or (self._is("*") and self._tokens[self._next + 1].kind == "]"):
            return self._bracket(Current())
        return Array(self._listed("]"))

    def _bracket(self, left: Node) -> Node:
        token = self._take("number", "*")
        self._take("]")
        if token.kind == "*":
            return Projection(left, self._rest(_POWERS["[?"]))
        if "." in token.text:
            raise _unknown(self._expression, token.position)
        return Chain(left, Index(int(token.text)))

    def _rest(self, power: int) -> Node:
        """What is asked of each element of a projection."""
        if self._power() < _PROJECTION_ENDS:
            return Current()
        if self._is("."):
            self._take()
            return self._member(Current(), power)
        return self._parse_from(Current(), power)

    def _object(self) -> Node:
        members: list[tuple[str, Node]] = []
        while not self._is("}"):
            token = self._take("name", "quoted", "text")
            name = token.text if token.kind == "name" else self._name(token)
            self._take(":")
            members.append((name, self._parse(0)))
            if not self._is("}"):
                self._take(",")
        self._take("}")
        return Object(tuple(members))

    def _listed(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._is(end):
            items.append(self._parse(0))
            if not self._is(end):
                self._take(",")
        self._take(end)
        return tuple(items)

    def _json(self, token: _Token) -> Any:
        text = token.text
        if token.kind == "json":
            text = text[1:-1].replace("\\`", "`")
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise _unknown(self._expression, token.position) from None

    def _name(self, token: _Token) -> str:
        inner = token.text[1:-1]
        if token.kind == "quoted":
            inner = inner.replace("\\'", "'").replace('"', '\\"')
        try:
            return str(json.loads(f'"{inner}"'))
        except ValueError:
            raise _unknown(self._expression, token.position) from None
