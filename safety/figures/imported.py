"""Imported lists: up to a million names beside the shipped ones, compiled once and then loaded in a second or two.

An import is kept in the operator's home as JSON lines with a header that says where it came from. Folding the names
and working out the keys for slips takes a minute for a large list, so the outcome lies in a cache file that is named
after the digest of everything it was made from: the lists, and the code that folds. A cache that does not fit is made
again; it holds arrays only, so reading one runs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import touchmark.safety.figures.checksums as checksums
import touchmark.safety.figures.forms as forms
import touchmark.safety.figures.han as han
import touchmark.safety.figures.inflection as inflection
import touchmark.safety.figures.slip_keys as slip_keys
import touchmark.safety.figures.slip_text as slip_text
from touchmark.provenance.durability import replacing
from touchmark.safety.automaton import Automaton
from touchmark.safety.figures.common import common_among
from touchmark.safety.figures.data import FigureDataError
from touchmark.safety.figures.figure import Figure, FigureRole, FigureStatus
from touchmark.safety.figures.misspelling import Misspellings, Slip
from touchmark.safety.figures.slip_keys import SlipKeys
from touchmark.safety.figures.slip_text import SlipText
from touchmark.safety.figures.sources import Person

IMPORTS_FOLDER = "imports"
_FORMAT = "touchmark-figures-1"
_LIST = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SLIP_TABLES = ("keys", "names", "places", "begun", "held")
_MIN_ONE_WORD = 6
"""Letters of the shortest Latin form of one word that is searched for: lists from elsewhere call people "Max"."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import.

    Attributes:
        people: written.
        forms: names of theirs that are searched for.
        left_out: forms too short to mean anybody by themselves.
        refused: names that are common words, each with the languages (ISO 639-1) whose harmless prompts it stands in.
    """

    people: int
    forms: int
    left_out: int
    refused: Mapping[str, tuple[str, ...]]


class ImportedNames:
    """The forms of imported lists, ready to be searched.

    Args:
        rows: the people, one JSON object each, as the lists hold them.
        as_of: for each row the date of its list.
        names: folded forms.
        owners: uint32, for each form the number of its row.
        keys: for slips.
        ordinary: words (folded) that are never a slip.
        borne: names (folded) that many bear, no slip of what sounds otherwise.
    """

    def __init__(
        self,
        rows: Sequence[bytes],
        as_of: Sequence[date],
        names: Sequence[str],
        owners: NDArray[np.uint32],
        keys: SlipKeys,
        ordinary: frozenset[str],
        borne: frozenset[str] = frozenset(),
    ) -> None:
        self._rows, self._as_of, self.names, self._owners = rows, as_of, names, owners
        self._misspellings = Misspellings(names, ordinary, keys, borne)
        self._phrases = Automaton({name: number for number, name in enumerate(names)})

    def __len__(self) -> int:
        """How many people the lists hold."""
        return len(self._rows)

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """Start, end and number of every form in a folded text, whole words or not."""
        return self._phrases.find(text)

    def slips(self, text: SlipText) -> Iterator[Slip]:
        """Stretches of a text that are almost a form."""
        return self._misspellings.find(text)

    def figure(self, number: int) -> Figure:
        """Whom a form means."""
        row = int(self._owners[number])
        return _figure(self._rows[row], self._as_of[row])


def write_import(folder: Path, name: str, people: Sequence[Person], source: str, reviewer: str, at: datetime) -> Path:
    """Keep a list in the operator's home; one of the same name is replaced as a whole.

    Args:
        folder: of the operator's figures.
        name: what the list is called from now on; lower-case words with hyphens.
        people: who is in it.
        source: where it came from, for those who ask.
        reviewer: pseudonym of whoever decided on it.
        at: when.

    Raises:
        FigureDataError: the name is no slug, or the file cannot be written; the list that was there is kept then.
    """
    if not _LIST.fullmatch(name) or len(name) > 64:
        raise FigureDataError(
            f"{name!r} is no name for a list", subject="--name", remedy="Use lower-case words with hyphens."
        )
    path = folder / IMPORTS_FOLDER / f"{name}.jsonl"
    header = {"format": _FORMAT, "source": source, "reviewer": reviewer, "at": at.isoformat(), "people": len(people)}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(json.dumps(header).encode() + b"\n")
            file.writelines(_row(name, person) for person in people)
    except OSError as error:
        raise FigureDataError(
            f"the list cannot be written ({error.strerror})",
            subject=str(path),
            remedy="Free the disk, or make the folder yours; nothing was imported.",
        ) from error
    return path


def _row(of_list: str, person: Person) -> bytes:
    row = {
        "id": f"{of_list}-{person.key}",
        "name": person.name,
        "status": person.status,
        "forms": list(person.forms),
        "countries": person.countries,
        "roles": person.roles,
    }
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def load_imports(folder: Path, ordinary: frozenset[str], borne: frozenset[str] = frozenset()) -> ImportedNames | None:
    """The imported lists of an operator, from the cache if it fits; None if there are none.

    Args:
        folder: of the operator's figures.
        ordinary: words that are never a slip.
        borne: names (folded) that many bear, no slip of what sounds otherwise.

    Raises:
        FigureDataError: a list is faulty; file and line are named.
    """
    paths = _lists(folder / IMPORTS_FOLDER)
    if not paths:
        return None
    contents = [_content(path) for path in paths]
    digest = hashlib.sha256(_code_digest())
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    rows: list[bytes] = []
    as_of: list[date] = []
    for path, content in zip(paths, contents, strict=True):
        dated, of_list = _rows(path, content)
        rows += of_list
        as_of += [dated] * len(of_list)
    cached = folder / "cache" / f"names-{digest.hexdigest()}.npz"
    tables = _read_cache(cached, len(rows))
    if tables is None:
        tables = _compiled(paths, rows)
        _write_cache(cached, tables)
    names = tables["names"].tobytes().decode("utf-8").split("\n")
    return ImportedNames(
        rows,
        as_of,
        names,
        tables["owners"],
        SlipKeys(*(tables[f"slip_{table}"] for table in _SLIP_TABLES)),
        ordinary,
        borne,
    )


def without_common(people: Sequence[Person]) -> tuple[list[Person], dict[str, tuple[str, ...]]]:
    """The people without names that are common words, and those names with the languages that they are common in.

    A list that brings "the Dog" would stop prompts and protect nobody. Whoever has another name is kept under that.
    The first call in a process takes seconds.
    """
    given = {name for person in people for name in (person.name, *person.forms)}
    common = common_among(name for name in given if _is_unmistakable(forms.folded_name(name)))
    if not common:
        return list(people), {}
    kept: list[Person] = []
    for person in people:
        names = [name for name in (person.name, *person.forms) if name not in common]
        if names:
            kept.append(replace(person, name=names[0], forms=dict.fromkeys(names[1:])))
    return kept, dict(sorted(common.items()))


def report(people: Sequence[Person], refused: Mapping[str, tuple[str, ...]]) -> ImportReport:
    """What came of an import of these people, whose other names were refused."""
    given = sum(1 + len(person.forms) for person in people)
    names = (forms.folded_name(form) for person in people for form in (person.name, *person.forms))
    searched = sum(map(_is_unmistakable, names))
    return ImportReport(len(people), searched, given - searched, refused)


# --- files ----------------------------------------------------------------------------------------------------------


def _lists(folder: Path) -> list[Path]:
    """Every list in a folder; ``Path.glob`` would find none in one that cannot be read."""
    if not os.path.lexists(folder):  # a link that leads nowhere is no absent folder: its lists are out of reach
        return []
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".jsonl")
    except OSError as error:
        raise FigureDataError(
            f"the imported lists cannot be read ({error.strerror})",
            subject=str(folder),
            remedy="Make it a folder that can be read; nothing is let through in its place.",
        ) from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FigureDataError(
            f"the imported list cannot be read: {error}", subject=str(path), remedy="Import the list again."
        ) from error


def _rows(path: Path, content: bytes) -> tuple[date, list[bytes]]:
    """The date of a list and its rows, not yet read."""
    header, *rows = content.split(b"\n")
    try:
        told = json.loads(header)
        dated = datetime.fromisoformat(told["at"]).date()
        if told["format"] != _FORMAT or told["people"] != len(rows) - 1 or rows.pop() != b"":
            raise ValueError("it is cut off, or of another format")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise _faulty(path, 1, f"the list is not as it was written ({error})") from error
    return dated, rows


def _faulty(path: Path, line: int, rule: str) -> FigureDataError:
    return FigureDataError(f"line {line}: {rule}", subject=str(path), remedy="Import the list again.")


def _figure(row: bytes, as_of: date) -> Figure:
    told = json.loads(row)
    native = tuple(form for form in told["forms"] if not form.isascii())
    aliases = tuple(form for form in told["forms"] if form.isascii())
    roles = tuple(map(FigureRole, told["roles"]))
    return Figure(
        told["id"], told["name"], FigureStatus(told["status"]), tuple(told["countries"]), roles, aliases, native, as_of
    )


# --- compiling ------------------------------------------------------------------------------------------------------


def _compiled(paths: Sequence[Path], rows: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    owners: dict[str, int] = {}
    worked_out: dict[str, int] = {}
    for number, row in enumerate(rows):
        try:
            figure = _figure(row, date.min)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FigureDataError(
                f"entry {number + 1}: not as it was written ({error!r:.80})",
                subject=", ".join(map(str, paths)),
                remedy="Import the list again.",
            ) from error
        for form in (figure.name, *figure.aliases, *figure.native):
            folded = forms.folded_name(form)
            if _is_unmistakable(folded):
                owners.setdefault(folded, number)
                for variant in forms.variants(folded, form):
                    worked_out.setdefault(variant, number)
    names = list(owners)
    slips = SlipKeys.of(names)
    extra = [name for name in worked_out if name not in owners]
    numbers = [*owners.values(), *(worked_out[name] for name in extra)]
    return {
        "names": np.frombuffer("\n".join((*names, *extra)).encode(), dtype=np.uint8),
        "owners": np.array(numbers, dtype=np.uint32),
        **{f"slip_{table}": getattr(slips, table) for table in _SLIP_TABLES},
    }


def _is_unmistakable(folded: str) -> bool:
    return (not folded.isascii() and len(folded) > 1) or " " in folded or len(folded) >= _MIN_ONE_WORD


@cache
def _code_digest() -> bytes:
    """A digest of the code whose outcome the cache holds."""
    sources = (str(module.__file__) for module in (forms, han, inflection, checksums, slip_text, slip_keys))
    return hashlib.sha256(b"".join(Path(source).read_bytes() for source in (*sources, __file__))).digest()


def _read_cache(path: Path, rows: int) -> dict[str, NDArray[Any]] | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            tables = {name: file[name] for name in ("names", "owners", *(f"slip_{table}" for table in _SLIP_TABLES))}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    owners, slip_names = tables["owners"], tables["slip_names"]
    count = int((tables["names"] == ord("\n")).sum()) + 1
    sound = (
        len(owners) == count
        and len({len(tables[f"slip_{table}"]) for table in _SLIP_TABLES[:-2]}) == 1
        and all(len(tables[f"slip_{table}"]).bit_count() == 1 for table in _SLIP_TABLES[-2:])
        and (not len(owners) or int(owners.max()) < rows)
        and (not len(slip_names) or int(slip_names.max()) < count)
    )
    return tables if sound else None


def _write_cache(path: Path, tables: dict[str, NDArray[Any]]) -> None:
    """Keep the tables, and none that were made of other lists; a home that cannot be written to has no cache."""
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            np.savez(file, allow_pickle=False, **tables)
        unfinished.replace(path)
        for other in path.parent.glob("names-*.npz"):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError:
        unfinished.unlink(missing_ok=True)
