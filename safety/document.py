"""Policy and lexicon files, read strictly: plain YAML, every key known, every fault named with its file and line.

    validated(path, read_yaml(path), LexiconFile)

What a stranger may put into such a file is bounded before it is read: a megabyte, twenty levels, no aliases (which can
blow a small file up), no tags (which make of a value what it is not), no key twice (of which one would be lost), no
number longer than numbers are (YAML reads 59:59:59:… as one, in minutes), and no regular expressions (of which one can
hang the gate).
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from touchmark.provenance.errors import TouchmarkError

POLICIES = Path(str(files("touchmark.policies")))
"""Where the policies and lexicons that ship lie."""

_MAX_BYTES = 1_000_000
_MAX_DEPTH = 20
_MAX_EVENTS = 10_000
"""Values, keys and brackets; the longest lexicon that ships has an eighth of it, and what is longer takes too long."""
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
        unless_followed_by: what, right after a term, makes it speak of something else ("Batman" in "a Batman cake").
    """

    strong: tuple[Term, ...] = ()
    weak: tuple[Term, ...] = ()
    unless: tuple[Term, ...] = ()
    unless_followed_by: tuple[Term, ...] = ()

    def joined(self, more: Terms) -> Terms:
        """These words and others."""
        return Terms(**{name: getattr(self, name) + getattr(more, name) for name in Terms.model_fields})


_Base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast
_LONGEST_NUMBER = 40


class _Loader(_Base):  # type: ignore[misc]  # the base is one of two, found out above
    """Reads plain YAML; a number only if it is no longer than people write them."""

    def _whole_number(self, node: yaml.ScalarNode) -> int:
        return int(self.construct_yaml_int(_short(node)))

    def _number(self, node: yaml.ScalarNode) -> float:
        return float(self.construct_yaml_float(_short(node)))


def _short(node: yaml.ScalarNode) -> yaml.ScalarNode:
    if len(node.value) > _LONGEST_NUMBER:
        raise _at(node.start_mark, f"a number of over {_LONGEST_NUMBER} characters")
    return node


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader._whole_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader._number)


def read_yaml(
    path: Path, *, most_bytes: int = _MAX_BYTES, most_events: int = _MAX_EVENTS
) -> tuple[Any, yaml.Node | None]:
    """The content of a policy or lexicon file, and its syntax tree, which knows lines.

    Args:
        path: the file.
        most_bytes: in it.
        most_events: values, keys and brackets in it.

    Raises:
        PolicyError: the file cannot be read, is too large, or is not plain YAML.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
        if len(raw) > most_bytes:
            raise PolicyError(
                f"the file is over {most_bytes // 1_000_000} MB",
                subject=str(path),
                remedy="Check that it is the right one.",
            )
        text = raw.decode("utf-8")
        _require_plain(text, most_events)
        loader = _Loader(text)
        node = loader.get_single_node()
        _require_single_keys(node)
        return (loader.construct_document(node) if node else None), node
    except OSError as error:
        raise PolicyError(f"the file cannot be read ({error.strerror})", subject=str(path)) from error
    except UnicodeDecodeError as error:
        raise PolicyError("the file is not UTF-8 text", subject=str(path), remedy="Save it as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise PolicyError(f"not valid YAML: {error.problem}", subject=where, remedy="Correct that line.") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date or a number that is none
        raise PolicyError("not valid YAML", subject=str(path), remedy="Write plain nested keys and values.") from error


def _require_plain(text: str, most_events: int) -> None:
    """Stop at what no file needs, before anything is built: aliases, deep nesting, more values than people write."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.AliasEvent):
            raise _at(event.start_mark, "aliases are not read")
        tag = getattr(event, "tag", None)
        if tag is not None:  # PyYAML's answer to "!!timestamp foo" is an AttributeError
            raise _at(event.start_mark, f"tags are not read (found {tag})")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise _at(event.start_mark, f"nested deeper than {_MAX_DEPTH} levels")
        if count > most_events:
            raise _at(event.start_mark, f"more values than such a file has ({most_events:,})")


def _require_single_keys(node: yaml.Node | None) -> None:
    """YAML keeps the last of several values of one key; here that is an error."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _at(key.start_mark, "a key is one word")
            if key.value == "<<":  # merges what could say a key again
                raise _at(key.start_mark, "merge keys are not read")
            if key.value in seen:
                raise _at(key.start_mark, f"key {key.value!r} given twice")
            seen.add(key.value)
            _require_single_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _require_single_keys(item)


def _at(mark: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


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
