"""A rubric: a YAML file of two documents, what it is and refers to, then its rules.

    rubric = Rubric.load(Path("asset-rubric-conformance0.2-spec2.4.yml"))
    rubric.hold(json.loads(reader.crjson()))

The form is that of the asset rubrics of the C2PA conformance programme (https://github.com/c2pa-org/conformance-public).
Anything in a file that this module does not know is an error: a rule that is skipped in silence would read as kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from touchmark.provenance.manifest.rubric.evaluation import Formulas, mentions, truth
from touchmark.provenance.manifest.rubric.nodes import Node
from touchmark.provenance.manifest.rubric.syntax import RubricError, parse

_MAX_BYTES: Final = 1 << 20
_MAX_MATCHES: Final = 20
_EXPECTED: Final = "$expected_spec_version"
"""Set by whoever runs a rubric: the version of the specification that the rubric is for."""
_SPEC = re.compile(r"[Ss]pec(?:ification)?[ _-]*(\d+\.\d+)")
_SIGNAL: Final = "signal_"


class Result(StrEnum):
    """What a rule says of a manifest."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"
    """The rule could not be evaluated on this manifest. Never a pass."""
    SIGNAL = "signal"
    """Neither good nor bad: what the rule describes is there."""
    NO_SIGNAL = "no_signal"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says.

    Attributes:
        rule: its identifier.
        result: what came of it.
        text: the rubric's own words for that, or why it could not be evaluated. May hold text from the file.
        section: of the specification, where the rubric names one.
    """

    rule: str
    result: Result
    text: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a rubric.

    Attributes:
        identifier: such as ``validation:active_manifest_urn``.
        expression: what is asked.
        fails_on_match, warns_on_match: the expression lists what is wrong, rather than saying what is right.
        texts: the rubric's words for "true" and "false".
        section: of the specification.
    """

    identifier: str
    expression: Node
    fails_on_match: bool
    warns_on_match: bool
    texts: Mapping[str, str]
    section: str

    @property
    def is_signal(self) -> bool:
        """Whether it describes and does not judge."""
        return self.identifier.rpartition(":")[2].startswith(_SIGNAL)

    def hold(self, formulas: Formulas, document: Any) -> Finding:
        """What the rule says of a document."""
        try:
            value = formulas.value(self.expression, document)
        except RubricError as error:
            return Finding(self.identifier, Result.ERROR, f"cannot be evaluated: {error.problem}", self.section)
        except RecursionError:
            return Finding(self.identifier, Result.ERROR, "cannot be evaluated: nested too deeply", self.section)
        matched = truth(value)
        if self.is_signal:
            result = Result.SIGNAL if matched else Result.NO_SIGNAL
        elif self.fails_on_match:
            result = Result.FAIL if matched else Result.PASS
        elif self.warns_on_match:
            result = Result.WARN if matched else Result.PASS
        else:
            result = Result.PASS if matched else Result.FAIL
        text = self.texts["true" if result in (Result.PASS, Result.SIGNAL) else "false"]
        found = value[:_MAX_MATCHES] if isinstance(value, list) else []
        matches = ["null" if match is None else str(match)[:200] for match in found]
        return Finding(self.identifier, result, text.replace("{{matches}}", ", ".join(matches)), self.section)


@dataclass(frozen=True, slots=True)
class Rubric:
    """Rules under one name.

    Attributes:
        name, version, issuer: as the file states them.
        spec_version: of the C2PA specification that it is for; empty where it names none.
        rules: in order.
        formulas: what they refer to.
        of_one_manifest: the rules speak of one manifest, not of all the manifests of a file.
    """

    name: str
    version: str
    issuer: str
    spec_version: str
    rules: tuple[Rule, ...]
    formulas: Formulas
    of_one_manifest: bool

    @classmethod
    def load(cls, path: Path) -> Rubric:
        """Read a rubric from a file.

        Raises:
            RubricError: it cannot be read, is no rubric, or has a rule that is not understood.
        """
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise RubricError(f"the rubric cannot be read ({reason})", subject=str(path)) from error
        return cls.parse(content, str(path))

    @classmethod
    def ours(cls) -> Rubric:
        """The rules for C2PA 2.4 that come with touchmark."""
        file = resources.files(__package__).joinpath("conformance.yaml")
        return cls.parse(file.read_bytes(), "conformance.yaml, spec 2.4")

    @classmethod
    def parse(cls, content: bytes, subject: str) -> Rubric:
        """From YAML; ``subject`` names it in errors. Raises RubricError."""
        head, written = _documents(content, subject)
        version = _SPEC.search(head.rubric_metadata.name) or _SPEC.search(subject)
        variables = {**head.variables, **({_EXPECTED: version[1]} if version else {})}
        named = {name: _parsed(text, f"{subject}, {name}") for name, text in head.expressions.items()}
        rules = tuple(_rule(rule, subject) for rule in written)
        everything = [*named.values(), *(rule.expression for rule in rules)]
        return cls(
            name=head.rubric_metadata.name,
            version=head.rubric_metadata.version,
            issuer=head.rubric_metadata.issuer,
            spec_version=version[1] if version else "",
            rules=rules,
            formulas=Formulas(variables, named),
            of_one_manifest=not any(mentions(expression, "manifests") for expression in everything),
        )

    def hold(self, document: Any) -> tuple[Finding, ...]:
        """What every rule says of a file's manifests, as ``Reader.crjson()`` gives them (the active one first)."""
        if self.of_one_manifest:
            manifests = document.get("manifests") if isinstance(document, dict) else None
            document = manifests[0] if isinstance(manifests, list) and manifests else None
        return tuple(rule.hold(self.formulas, document) for rule in self.rules)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Metadata(_Strict):
    name: str
    issuer: str = ""
    date: Any = None
    version: str = ""
    language: str = "en"


class _Head(_Strict):
    rubric_metadata: _Metadata
    variables: dict[Annotated[str, Field(pattern=r"^\$[A-Za-z_]\w*$")], Any] = {}
    expressions: dict[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")], str] = {}


class _Texts(BaseModel):
    true: dict[str, str]
    false: dict[str, str]


class _WrittenRule(_Strict):
    id: str
    expression: str
    description: str = ""
    specSection: str = ""  # noqa: N815 (as in the file)
    failIfMatched: bool = False  # noqa: N815
    warnIfMatched: bool = False  # noqa: N815
    reportText: _Texts  # noqa: N815


def _documents(content: bytes, subject: str) -> tuple[_Head, list[_WrittenRule]]:
    if len(content) > _MAX_BYTES:
        raise RubricError(f"a rubric has at most {_MAX_BYTES:,} bytes", subject=subject)
    try:
        documents = [document for document in yaml.safe_load_all(content) if document is not None]
        if len(documents) < 2 or not all(isinstance(rules, list) for rules in documents[1:]):
            raise RubricError("a rubric has a document about itself, and one of rules", subject=subject)
        rules = [_WrittenRule.model_validate(rule) for rules in documents[1:] for rule in rules]
        if not rules:
            raise RubricError("the rubric has no rule", subject=subject)
        return _Head.model_validate(documents[0]), rules
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RubricError(f"this is no rubric that is understood ({where}: {first['msg']})", subject=subject) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise RubricError("the rubric is not YAML", subject=subject) from error


def _rule(written: _WrittenRule, subject: str) -> Rule:
    if written.failIfMatched and written.warnIfMatched:
        raise RubricError("a rule fails or warns, not both", subject=f"{subject}, {written.id}")
    texts = {"true": written.reportText.true, "false": written.reportText.false}
    return Rule(
        written.id,
        _parsed(written.expression, f"{subject}, {written.id}"),
        written.failIfMatched,
        written.warnIfMatched,
        {state: (text.get("en") or next(iter(text.values()), "")).strip() for state, text in texts.items()},
        written.specSection,
    )


def _parsed(expression: str, subject: str) -> Node:
    try:
        return parse(expression)
    except RubricError as error:
        raise RubricError(error.problem, subject=subject, remedy=error.remedy) from error
