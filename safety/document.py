"""Policy and lexicon files, read strictly: plain YAML, every key known, every fault named with its file and line.

    validated(path, read_yaml(path), LexiconFile)

What a stranger may put into such a file is bounded before it is read: a megabyte, no aliases (which can blow a small
file up), no key twice (of which one would be lost), and no regular expressions (of which one can hang the gate).
"""

from __future__ import annotations

from collections.abc import Hashable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from touchmark.provenance.errors import TouchmarkError

POLICIES = Path(str(files("touchmark.policies")))
"""Where the policies and lexicons that ship lie."""

_MAX_BYTES = 1_000_000
_PATTERN_SIGNS = frozenset("\\[](){}^$*+?|")
T = TypeVar("T", bound=BaseModel)


class PolicyError(TouchmarkError):
    """A policy or lexicon file cannot be used as it stands."""

    code: ClassVar[str] = "safety.policy"
    exit_status: ClassVar[int] = 64


class Strict(BaseModel):
    """Part of a file: unknown keys are errors, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _plain_words(term: str) -> str:
    signs = sorted(_PATTERN_SIGNS & set(term))
    if signs:
        raise ValueError(
            f"a term is plain words, found {' '.join(signs)}; regular expressions are not read, since one that "
            "backtracks for ever would hang the gate"
        )
    if not any(c.isalnum() for c in term):
        raise ValueError("a term holds at least one letter or digit")
    return term


Term = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_plain_words)]
"""A word or phrase to look for, in any case and any disguise."""


class Terms(Strict):
    """Words to look for.

    Attributes:
        strong: by themselves enough for the severest reading.
        weak: shared with harmless subjects.
        unless: phrases inside which a term means nothing ("naked mole rat").
    """

    strong: tuple[Term, ...] = ()
    weak: tuple[Term, ...] = ()
    unless: tuple[Term, ...] = ()


class _Loader(yaml.SafeLoader):
    """YAML without anchors, which can blow a small file up, and without duplicate keys, of which one is lost."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it out
            raise yaml.constructor.ConstructorError(None, None, "aliases are not read", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> tuple[Any, yaml.Node | None]:
    """The content of a policy or lexicon file, and its syntax tree, which knows lines.

    Raises:
        PolicyError: the file cannot be read, is over 1 MB, or is not plain YAML.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise PolicyError("the file is over 1 MB", subject=str(path), remedy="Check that it is a policy.")
        loader = _Loader(raw.decode("utf-8"))
        node = loader.get_single_node()
        return (loader.construct_document(node) if node else None), node
    except OSError as error:
        raise PolicyError(f"the file cannot be read ({error.strerror})", subject=str(path)) from error
    except UnicodeDecodeError as error:
        raise PolicyError("the file is not UTF-8 text", subject=str(path), remedy="Save it as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise PolicyError(f"not valid YAML: {error.problem}", subject=where, remedy="Correct that line.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyError("not valid YAML", subject=str(path), remedy="Write plain nested keys and values.") from error


def validated(path: Path, content: tuple[Any, yaml.Node | None], model: type[T]) -> T:
    """The content of a file as a model, or a :class:`PolicyError` that names the line and the rule it breaks."""
    value, node = content
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        rule = ".".join(str(part) for part in first["loc"]) or "the whole file"
        others = error.error_count() - 1
        more = f" (and {others} more)" if others else ""
        raise PolicyError(
            f"{rule}: {first['msg'].removeprefix('Value error, ')}{more}",
            subject=f"{path}:{_line(node, first['loc'])}",
            remedy="Correct the rule; the schema beside the files that ship says what may stand there.",
        ) from error


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line, from 1, where the innermost part of a location that exists in the file begins."""
    for part in location:
        child: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            child = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        if child is None:
            break
        node = child
    return node.start_mark.line + 1 if node else 1
