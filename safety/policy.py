"""A safety policy: which prompts are refused, which a person looks at first, and with what codes. Data, not code.

    policy = Policy.load("default")          # or a path to a YAML file
    policy.digest()                          # what a clearance and a ledger entry are bound to

A file is read strictly: unknown keys, missing categories, duplicate keys and thresholds that contradict each other are
errors that name file, line and rule. Every policy carries examples with the decision it must give; the test suite runs
them. This module holds no rule itself: ``safety/judge.py`` applies what is written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.decision import Action, Category

POLICIES = Path(str(files("touchmark.policies")))
"""Where the policies that ship lie."""

_MAX_BYTES = 1_000_000
T = TypeVar("T", bound=BaseModel)
_Score = Annotated[float, Field(gt=0, le=1)]


class PolicyError(TouchmarkError):
    """A policy or lexicon file cannot be used as it stands."""

    code: ClassVar[str] = "safety.policy"
    exit_status: ClassVar[int] = 64


class FigureMode(StrEnum):
    """What happens to a prompt that names a public figure."""

    REFUSE = "refuse"
    REVIEW = "review"
    ALLOW_LABELLED = "allow_labelled"
    """Allowed, with a finding that the release path turns into a label."""

    @property
    def action(self) -> Action:
        """The action of a finding under this mode."""
        return Action.ALLOW if self is FigureMode.ALLOW_LABELLED else Action(self.value)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=False)


class Thresholds(_Strict):
    """Calibrated scores from which on the classifier's opinion counts; absent means never for that action."""

    review: _Score | None = None
    refuse: _Score | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        if self.review is None and self.refuse is None:
            raise ValueError("give a review threshold, a refuse threshold or both")
        if self.review is not None and self.refuse is not None and self.review > self.refuse:
            raise ValueError(f"review ({self.review}) must not be above refuse ({self.refuse})")
        return self

    def action(self, score: float) -> Action:
        """What a score calls for."""
        if self.refuse is not None and score >= self.refuse:
            return Action.REFUSE
        if self.review is not None and score >= self.review:
            return Action.REVIEW
        return Action.ALLOW


class TermRule(_Strict):
    """A lexicon of ``policies/lexicons`` and what its strong and its weak terms call for."""

    lexicon: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    strong: Action = Action.REFUSE
    weak: Action = Action.REVIEW


class CategoryRule(_Strict):
    """One category of the policy.

    Attributes:
        id: which category.
        title: for reviewers and pages.
        reason_code: ``P`` and three digits; stable, so that statistics over years compare.
        scores: thresholds on the classifier's score for this category. For ``sexual-minors`` they apply to the score
            for ``sexual`` in a prompt that mentions minors.
        terms: lexicon of the category.
    """

    id: Category
    title: Annotated[str, Field(min_length=1, max_length=80)]
    reason_code: Annotated[str, Field(pattern=r"^P[0-9]{3}$")]
    scores: Thresholds | None = None
    terms: TermRule | None = None


class FigureRule(_Strict):
    """Modes for public figures, by whether they live.

    Attributes:
        living: people alive at the date of the list.
        deceased: people who died within living memory, whose families and estates are around.
        historical: people of the past.
    """

    living: FigureMode
    deceased: FigureMode
    historical: FigureMode


class Example(_Strict):
    """A prompt and the decision this policy must give it."""

    prompt: Annotated[str, Field(min_length=1)]
    expect: Action
    category: Category | None = None
    negative_prompt: str = ""


class Policy(_Strict):
    """One safety policy, whole.

    Attributes:
        name, version: shown in decisions and manifests; the digest is what binds.
        description: one paragraph for whoever chooses between policies.
        clearance_minutes: how long an allowed request may wait for its render.
        embed_prompt: whether the prompt's text, rather than its digest, goes into the manifest of the video.
        figures: modes for public figures.
        categories: every :class:`Category` exactly once.
        examples: prompts with the decision expected of this policy.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    version: Annotated[str, Field(min_length=1, max_length=32)]
    description: str
    clearance_minutes: Annotated[int, Field(ge=1, le=1440)]
    embed_prompt: bool
    figures: FigureRule
    categories: tuple[CategoryRule, ...]
    examples: Annotated[tuple[Example, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> Policy:
        listed = [rule.id for rule in self.categories]
        missing = [category.value for category in Category if category not in listed]
        if missing:
            raise ValueError(f"every category must be listed, so that none is off by oversight; missing: {missing}")
        codes = [rule.reason_code for rule in self.categories]
        for what, values in (("category", [str(category) for category in listed]), ("reason code", codes)):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{what} given twice: {twice}")
        minors = self.rule(Category.SEXUAL_MINORS)
        if minors.scores is None or minors.scores.refuse is None or minors.terms is None:
            raise ValueError("sexual-minors needs scores.refuse and terms; this category cannot be turned off")
        return self

    @classmethod
    def load(cls, source: str | Path) -> Policy:
        """Read a policy.

        Args:
            source: the name of a policy that ships (``"default"``), or the path of a YAML file.

        Raises:
            PolicyError: no such policy, or the file breaks a rule; says which, in which line.
        """
        path = _find(source)
        return validated(path, read_yaml(path), cls)

    @classmethod
    def file_schema(cls) -> dict[str, Any]:
        """The JSON schema of a policy file, as published in ``policies/safety/schema.json``."""
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **cls.model_json_schema()}

    def rule(self, category: Category) -> CategoryRule:
        """The rule of a category."""
        return next(rule for rule in self.categories if rule.id is category)

    @property
    def clearance_lifetime(self) -> timedelta:
        """``clearance_minutes`` as a duration."""
        return timedelta(minutes=self.clearance_minutes)

    def digest(self) -> str:
        """SHA-256 (hexadecimal) over the canonical JSON of everything in the policy."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(content.encode("ascii")).hexdigest()


def _find(source: str | Path) -> Path:
    if isinstance(source, str) and "/" not in source and not source.endswith((".yaml", ".yml")):
        path = POLICIES / "safety" / f"{source}.yaml"
        if not path.is_file():
            known = sorted(p.stem for p in (POLICIES / "safety").glob("*.yaml"))
            raise PolicyError(
                "there is no policy of this name", subject=source[:80], remedy=f"Known: {', '.join(known)}; or a file."
            )
        return path
    return Path(source)


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
            remedy="Correct the rule; policies/safety/schema.json says what may stand there.",
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


if __name__ == "__main__":  # python -m touchmark.safety.policy > policies/safety/schema.json
    print(json.dumps(Policy.file_schema(), indent=2))
