"""A disclosure profile: what the rules of one place ask a file to carry. Data: ``policies/disclosure/*.yaml``.

    profile = Profile.load("eu-ai-act")          # or a path to a YAML file
    wanted = compose([profile, Profile.load("cn-gb45438")])

Every line of a profile names its source, how sure we are of it, how it is tested, and what to do where it fails;
``writes`` says what ``generate`` and ``seal`` put into a file for it; ``duties`` are rules that no file can show; and
``examples`` is a file, as facts, that passes, with changes of it that must fail exactly the lines named. Profiles
compose; what cannot be had together is an error, found before anything is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, StringConstraints, model_validator

from touchmark.detectors.disclosure.checks import Check
from touchmark.detectors.disclosure.facts import Fact
from touchmark.provenance.disclosure.label import LANGUAGES, Position
from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.document import POLICIES, Strict, read_yaml, validated

_FOLDER: Final = POLICIES / "disclosure"
_MOST_LANGUAGES: Final = 2
"""Languages on one label; more of them would cover the picture."""

_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
_LineId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(\.[a-z0-9_]+)+$", max_length=64)]
_Sentence = Annotated[str, Field(min_length=1, max_length=600)]
_Language = Annotated[str, Field(json_schema_extra={"enum": list(LANGUAGES)})]


class ProfileConflictError(TouchmarkError):
    """Two profiles, or a profile and a choice of the caller, ask for what one file cannot have."""

    code: ClassVar[str] = "disclosure.conflict"
    exit_status: ClassVar[int] = 64


class UnknownProfileError(TouchmarkError):
    """There is no disclosure profile of this name."""

    code: ClassVar[str] = "disclosure.unknown_profile"
    exit_status: ClassVar[int] = 64


class Confidence(StrEnum):
    """How sure we are that a rule asks for this."""

    HIGH = "high"
    """Read in the primary text, or told alike by several sources."""
    MEDIUM = "medium"
    """Told by one good secondary source."""
    LOW = "low"
    """Inferred; ask a lawyer first."""


class Source(Strict):
    """Where a rule stands.

    Attributes:
        document: its title or number.
        clause: the part of it.
    """

    document: _Sentence
    clause: Annotated[str, Field(max_length=100)] = ""

    def __str__(self) -> str:
        return f"{self.document}, {self.clause}" if self.clause else self.document


class Line(Strict):
    """One thing that a file must carry.

    Attributes:
        id: unique among all profiles.
        need: what, in a sentence.
        source: where that stands.
        confidence: how sure we are.
        tested: how a file is examined for it, and what that does not show.
        remedy: what to do where it is missing.
        rests_on: lines without which this one means nothing; where one fails, this one is not examined.
        verify: the condition.
    """

    id: _LineId
    need: _Sentence
    source: Source
    confidence: Confidence
    tested: _Sentence
    remedy: _Sentence
    rests_on: tuple[_LineId, ...] = ()
    verify: Check


class Duty(Strict):
    """A rule for whoever makes or spreads files, which no file can show.

    Attributes:
        need, source, confidence: as of a :class:`Line`.
    """

    need: _Sentence
    source: Source
    confidence: Confidence


class LabelRule(Strict):
    """The visible label that a profile asks for.

    Attributes:
        languages: any of these will do.
        positions: any of these will do; the first is preferred.
        share: least height of the text, as a part of the picture's short side.
        seconds: least time that it shows from the first picture on; none means throughout.
        drawn: whether it is drawn onto the pictures.
        track: whether it is (also) there as timed text, which a viewer can switch off and a screen reader can say.
    """

    languages: Annotated[tuple[_Language, ...], Field(min_length=1)]
    positions: Annotated[tuple[Position, ...], Field(min_length=1)] = tuple(Position)
    share: Annotated[float, Field(gt=0, le=0.12)]
    seconds: Annotated[float, Field(gt=0, le=3600)] | None = None
    drawn: bool = True
    track: bool = False

    @model_validator(mode="after")
    def _can_be_written(self) -> LabelRule:
        unknown = sorted(set(self.languages) - set(LANGUAGES))
        if unknown:
            raise ValueError(f"labels cannot be written in {unknown} (expected some of {list(LANGUAGES)})")
        if not (self.drawn or self.track):
            raise ValueError("a label is drawn, or a track, or both")
        return self


class Writes(Strict):
    """What is put into a file for a profile, beyond what every sealed file carries.

    Attributes:
        aigc: the AIGC record of GB 45438.
        xmp: an XMP packet with IPTC's properties.
        time_stamp: the signature's time, by an RFC 3161 authority; without one nothing is made.
        system_version: the version of the generating system must be known; without it nothing is made.
        label: the visible label.
    """

    aigc: bool = False
    xmp: bool = False
    time_stamp: bool = False
    system_version: bool = False
    label: LabelRule | None = None


class Change(Strict):
    """A file that differs from a profile's good one.

    Attributes:
        change: facts that are otherwise; null makes one unknown.
        fails: ids of exactly the lines that then fail.
    """

    change: Annotated[Mapping[Fact, bool | float | str | tuple[str, ...] | None], Field(min_length=1)]
    fails: tuple[_LineId, ...]


class Examples(Strict):
    """What a profile must say of some files.

    Attributes:
        good: facts of a file that passes every line.
        changes: files that do not.
    """

    good: Annotated[Mapping[Fact, bool | float | str | tuple[str, ...]], Field(min_length=1)]
    changes: Annotated[tuple[Change, ...], Field(min_length=1)]


class Profile(Strict):
    """One file of ``policies/disclosure``.

    Attributes:
        name: as on the command line, and as the file is called.
        title: for people.
        jurisdiction: where it holds.
        in_force: since when.
        checked: month in which the sources were last read.
        summary: what it is and what it is not.
        writes: what is put into a file.
        checks: what a file is examined for.
        duties: what no file can show.
        examples: files that pass and fail.
    """

    name: _Slug
    title: _Sentence
    jurisdiction: _Sentence
    in_force: _Sentence
    checked: Annotated[str, StringConstraints(pattern=r"^20\d\d-\d\d$")]
    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    writes: Writes = Writes()
    checks: Annotated[tuple[Line, ...], Field(min_length=1)]
    duties: tuple[Duty, ...] = ()
    examples: Examples

    @model_validator(mode="after")
    def _is_consistent(self) -> Profile:
        ids = [line.id for line in self.checks]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"lines given twice: {twice}")
        for number, line in enumerate(self.checks):
            if unknown := sorted(set(line.rests_on) - set(ids[:number])):
                raise ValueError(f"{line.id} rests on lines that do not stand before it: {unknown}")
        for change in self.examples.changes:
            if unknown := sorted(set(change.fails) - set(ids)):
                raise ValueError(f"examples name lines that there are not: {unknown}")
        return self

    @classmethod
    def load(cls, source: str | Path) -> Profile:
        """Read a profile.

        Args:
            source: the name of one that ships (``"eu-ai-act"``), or the path of a YAML file.

        Raises:
            UnknownProfileError: there is none of this name.
            PolicyError: the file breaks a rule; says which, in which line.
        """
        path = _find(source)
        return validated(path, read_yaml(path), cls)

    @classmethod
    def file_schema(cls) -> dict[str, Any]:
        """The JSON schema of a profile, as published in ``policies/disclosure/schema.json``."""
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **cls.model_json_schema()}

    @property
    def looks_at_label(self) -> bool:
        """Whether any line asks for the visible label."""
        return any(fact.is_of_label for line in self.checks for fact in line.verify.mentioned())


class LabelWanted(Strict):
    """The one label that satisfies all profiles at once; fields as of :class:`LabelRule`."""

    languages: tuple[str, ...]
    position: Position
    share: float
    seconds: float | None
    drawn: bool
    track: bool


class Wanted(Strict):
    """What a file must be given for some profiles together; fields as of :class:`Writes`."""

    aigc: bool = False
    xmp: bool = False
    time_stamp: bool = False
    system_version: bool = False
    label: LabelWanted | None = None


def compose(
    profiles: Sequence[Profile],
    *,
    languages: Sequence[str] = (),
    position: Position | None = None,
    track: bool = False,
) -> Wanted:
    """What satisfies all of ``profiles``.

    Args:
        profiles: any number.
        languages: of the visible label, where the caller chooses; otherwise as few as satisfy all.
        position: of the visible label, where the caller chooses.
        track: whether the caller wants the label as timed text too.

    Raises:
        ProfileConflictError: nothing does.
    """
    writes = [profile.writes for profile in profiles]
    rules = {profile.name: profile.writes.label for profile in profiles if profile.writes.label}
    if not rules and (languages or position or track):
        raise ProfileConflictError(
            "a language, position or track was chosen for the visible label, and no profile asks for one",
            subject="visible label",
            remedy="Name a profile with a visible label, such as eu-ai-act-label.",
        )
    return Wanted(
        aigc=any(one.aigc for one in writes),
        xmp=any(one.xmp for one in writes),
        time_stamp=any(one.time_stamp for one in writes),
        system_version=any(one.system_version for one in writes),
        label=_one_label(rules, tuple(languages), position, track) if rules else None,
    )


def _one_label(
    rules: Mapping[str, LabelRule], languages: tuple[str, ...], position: Position | None, track: bool
) -> LabelWanted:
    seconds = [rule.seconds for rule in rules.values()]
    return LabelWanted(
        languages=_languages(rules, languages),
        position=_position(rules, position),
        share=max(rule.share for rule in rules.values()),
        seconds=None if None in seconds else max(one for one in seconds if one is not None),
        drawn=any(rule.drawn for rule in rules.values()),
        track=track or any(rule.track for rule in rules.values()),
    )


def _languages(rules: Mapping[str, LabelRule], chosen: tuple[str, ...]) -> tuple[str, ...]:
    """As few languages as there is one of for every rule; those chosen, where they will do."""
    accepted = [set(rule.languages) for rule in rules.values()]
    if chosen:
        candidates: Iterable[tuple[str, ...]] = [chosen] if len(chosen) <= _MOST_LANGUAGES else []
    else:
        offered = list(dict.fromkeys(language for rule in rules.values() for language in rule.languages))
        candidates = (some for count in range(1, _MOST_LANGUAGES + 1) for some in combinations(offered, count))
    for some in candidates:
        if all(one & set(some) for one in accepted):
            return some
    asked = "; ".join(f"{name} accepts {', '.join(rule.languages)}" for name, rule in rules.items())
    what = f"the languages chosen ({', '.join(chosen)})" if chosen else f"any {_MOST_LANGUAGES} languages"
    raise ProfileConflictError(
        f"no label in {what} satisfies all: {asked}",
        subject="visible label",
        remedy="Choose other languages, or publish one file for each place.",
    )


def _position(rules: Mapping[str, LabelRule], chosen: Position | None) -> Position:
    common = [one for one in next(iter(rules.values())).positions if all(one in r.positions for r in rules.values())]
    if chosen is None and common:
        return common[0]
    if chosen is not None and chosen in common:
        return chosen
    asked = "; ".join(f"{name} accepts {', '.join(rule.positions)}" for name, rule in rules.items())
    what = f"at {chosen.value}" if chosen else "in any one place"
    raise ProfileConflictError(
        f"no label {what} satisfies all: {asked}",
        subject="visible label",
        remedy="Choose another position, or publish one file for each place.",
    )


def shipped() -> tuple[str, ...]:
    """The names of the profiles that ship."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def _find(source: str | Path) -> Path:
    if isinstance(source, str) and "/" not in source and not source.endswith((".yaml", ".yml")):
        if source not in shipped():
            raise UnknownProfileError(
                "there is no disclosure profile of this name",
                subject=source[:80],
                remedy=f"Known: {', '.join(shipped())}; or give a YAML file.",
            )
        return _FOLDER / f"{source}.yaml"
    return Path(source)


if __name__ == "__main__":  # python -m touchmark.detectors.disclosure.profile > policies/disclosure/schema.json
    print(json.dumps(Profile.file_schema(), indent=2))
