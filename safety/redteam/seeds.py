"""Prompts to try on the gate, read from other people's files: JSON lines, PyRIT seed YAML, or plain lines.

    seeds = read_seeds(Path("seeds.yaml")).seeds

A YAML file is a PyRIT seed dataset (https://azure.github.io/PyRIT/code/datasets/0_dataset.html): a list, or a mapping
with ``seeds`` (formerly ``prompts``), whose head gives what an item leaves out. Keys of theirs that mean nothing here
are passed over, since the format is not ours. A file of ``.txt`` holds a prompt a line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.canonical import MAX_CHARACTERS, canonicalise
from touchmark.safety.document import POLICIES, PolicyError, read_yaml
from touchmark.safety.language import language_groups

SHIPPED = POLICIES / "redteam" / "seeds.yaml"
"""Seeds of our own: mild wording, fifteen languages, nothing that teaches harm."""

_MAX_BYTES = 64_000_000
_MAX_EVENTS = 2_000_000
"""Values, keys and brackets of a YAML file: some hundred thousand seeds."""
_HARMLESS = frozenset({"safe", "benign", "harmless"})
_UNLABELLED = "unlabelled"


class SeedFileError(TouchmarkError):
    """A file of seed prompts cannot be read, or holds something that is no prompt."""

    code: ClassVar[str] = "safety.redteam_seeds"
    exit_status: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Seed:
    """A prompt that the gate ought to stop.

    Attributes:
        value: the prompt.
        category: what for, in the words of its file; ``unlabelled`` if it does not say.
        language: as the file says, or else the groups of languages that its letters and words speak for.
        source: where the file has it from; may be empty.
    """

    value: str
    category: str = _UNLABELLED
    language: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class SeedFile:
    """What a file holds.

    Attributes:
        name: of the file.
        sha256: hexadecimal, of its bytes.
        seeds: no two of one wording; at least one.
        harmless: how many were left out because the file labels them harmless.
    """

    name: str
    sha256: str
    seeds: tuple[Seed, ...]
    harmless: int = 0


_Word = Annotated[str, Field(max_length=200)]
_Origin = Annotated[str, Field(max_length=2_000)]
"""Every attempt repeats them in the log."""


class _Item(BaseModel):
    """One prompt of a file: PyRIT's names first, then those of common JSON lines."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    value: str = Field(
        min_length=1, max_length=MAX_CHARACTERS, validation_alias=AliasChoices("value", "prompt", "text")
    )
    data_type: str = "text"
    harm_categories: tuple[_Word, ...] | _Word | None = Field(
        default=None, validation_alias=AliasChoices("harm_categories", "category")
    )
    language: str = Field(default="", max_length=40, validation_alias=AliasChoices("language", "lang"))
    dataset_name: _Origin | None = None
    source: _Origin | None = None
    label: str | None = None


def read_seeds(path: Path) -> SeedFile:
    """Read a file of seed prompts: ``.jsonl``, ``.yaml``, ``.yml``, PyRIT's ``.prompt``, or ``.txt``.

    Raises:
        SeedFileError: it cannot be read, is none of these, or an item is no prompt; says which, in which line.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SeedFileError(f"the file cannot be read ({error.strerror})", subject=str(path)) from error
    if len(raw) > _MAX_BYTES:
        raise SeedFileError("the file is over 64 MB", subject=str(path), remedy="Split it.")
    match path.suffix.lower():
        case ".jsonl":
            found = list(_lines_of_json(path, raw))
        case ".yaml" | ".yml" | ".prompt":
            found = list(_pyrit(path))
        case ".txt":
            lines = _decoded(path, raw).splitlines()
            found = [_item(f"{path}:{at}", {"value": line}) for at, line in enumerate(lines, 1) if line.strip()]
        case _:
            raise SeedFileError(
                "seed prompts are read from .jsonl, .yaml, .prompt and .txt", subject=str(path), remedy="Rename it."
            )
    seeds = {item.value: _seed(item) for item in found if not _is_harmless(item)}
    if not seeds:
        raise SeedFileError("the file holds no prompt that ought to be stopped", subject=str(path))
    harmless = sum(map(_is_harmless, found))
    return SeedFile(path.name, hashlib.sha256(raw).hexdigest(), tuple(seeds.values()), harmless)


def _decoded(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeedFileError("the file is not UTF-8 text", subject=str(path), remedy="Save it as UTF-8.") from error


def _lines_of_json(path: Path, raw: bytes) -> Iterator[_Item]:
    for at, line in enumerate(_decoded(path, raw).split("\n"), 1):
        if line.strip():
            try:
                content = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise SeedFileError("the line is no JSON object", subject=f"{path}:{at}") from error
            yield _item(f"{path}:{at}", content)


def _pyrit(path: Path) -> Iterator[_Item]:
    try:
        content, _ = read_yaml(path, most_bytes=_MAX_BYTES, most_events=_MAX_EVENTS)
    except PolicyError as error:
        raise SeedFileError(error.problem, subject=error.subject, remedy=error.remedy) from error
    shared: dict[str, Any] = {}
    if isinstance(content, dict):
        shared = {key: value for key, value in content.items() if key not in ("seeds", "prompts", "value")}
        content = content.get("seeds", content.get("prompts"))
    if not isinstance(content, Sequence) or isinstance(content, str):
        raise SeedFileError(
            "no list of seeds", subject=str(path), remedy="Give a list of items with a value, or one under 'seeds'."
        )
    for at, entry in enumerate(content, 1):
        own = entry if isinstance(entry, dict) else {"value": entry}
        yield _item(f"{path}: seed {at}", {**shared, **own})


def _item(subject: str, content: Any) -> _Item:
    try:
        item = _Item.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        rule = ".".join(str(part) for part in first["loc"])
        raise SeedFileError(f"{rule}: {first['msg']}".removeprefix(": "), subject=subject) from error
    if item.data_type != "text":
        raise SeedFileError(
            f"a seed of type {item.data_type!r}; the gate reads text", subject=subject, remedy="Leave it out."
        )
    return item


def _is_harmless(item: _Item) -> bool:
    return (item.label or "").lower() in _HARMLESS


def _seed(item: _Item) -> Seed:
    given = (item.harm_categories,) if isinstance(item.harm_categories, str) else item.harm_categories or ()
    written = canonicalise(item.value).primary.text
    return Seed(
        value=item.value,
        category=", ".join(given) or _UNLABELLED,
        language=item.language or "+".join(sorted(language_groups(written))),
        source=item.source or item.dataset_name or "",
    )
