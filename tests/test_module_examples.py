"""The examples at the heads of modules call what is there: who copies one is not the first to try it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("provenance", "safety", "detectors", "generation", "cli")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def _signature(function: ast.FunctionDef) -> inspect.Signature:
    """What it may be called with, without importing it: some modules load what takes seconds."""
    given = function.args
    optional = len(given.posonlyargs + given.args) - len(given.defaults)
    kinds = inspect.Parameter
    parameters = [
        kinds(
            argument.arg,
            kinds.POSITIONAL_OR_KEYWORD,
            default=kinds.empty if number < optional else None,
        )
        for number, argument in enumerate(given.posonlyargs + given.args)
    ]
    if given.vararg:
        parameters.append(kinds(given.vararg.arg, kinds.VAR_POSITIONAL))
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        parameters.append(kinds(argument.arg, kinds.KEYWORD_ONLY, default=kinds.empty if default is None else None))
    if given.kwarg:
        parameters.append(kinds(given.kwarg.arg, kinds.VAR_KEYWORD))
    return inspect.Signature(parameters)


def _examples(text: str) -> list[ast.Call]:
    """Calls in the parts of a docstring behind its first; one that is no Python as a whole is read line by line."""
    found: list[ast.Call] = []
    for part in map(textwrap.dedent, text.split("\n\n")[1:]):
        for piece in (part, *part.splitlines()):
            try:
                tree = ast.parse(piece)
            except SyntaxError:
                continue
            found += [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
            if piece == part:
                break
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_call_functions_as_they_are(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for call in _examples(ast.get_docstring(tree, clean=False) or ""):
        shortened = any(isinstance(argument, ast.Starred) or ast.unparse(argument) == "..." for argument in call.args)
        if isinstance(call.func, ast.Name) and call.func.id in functions and not shortened:
            named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
            _signature(functions[call.func.id]).bind(*call.args, **named)
