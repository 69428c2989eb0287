"""Lists of people from elsewhere, read as a stream: CSV, a Wikidata JSON dump, or the JSON of a Wikidata query.

Facts are taken and nothing else: a name, other names, whether the person lives. A file of any size is read in bounded
memory for the text; what is malformed is an error that names the file, the line and the rule, and nothing of the file
is used.

- CSV (UTF-8, header line): ``name``, and as wished ``id``, ``aliases``, ``native``, ``countries``, ``roles`` (several
  apart by ``|``) and ``status``.
- Query result: bindings (or the plain rows that the query page downloads, as JSON or CSV) with ``item``, ``itemLabel``
  and as wished ``alias``, ``native``, ``died``; rows of one ``item`` are one person.
- Dump, or the ``entities`` of the API: labels and aliases; only humans (P31 is Q5) are taken, and P570 says that they
  died. What lacks a field is passed over, as is a name that cannot be searched for: nobody here can mend a dump.

Formats: https://www.wikidata.org/wiki/Wikidata:Database_download, https://www.w3.org/TR/sparql11-results-json/
"""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol

from touchmark.safety.figures.data import FigureDataError
from touchmark.safety.figures.figure import FigureRole, FigureStatus
from touchmark.safety.figures.forms import on_one_line

MAX_FIGURES = 1_000_000
_MAX_FORM = 100
_MAX_FORMS = 200
_MAX_OBJECT = 8 * 2**20
"""Characters of the largest entity or row; Wikidata's largest entities come near 5 million."""
_CHUNK = 2**20
_MAX_BLANK = 2**24
"""Characters of white space in a row; a megabyte of bz2 opens to terabytes of it."""
_COLUMNS = ("id", "name", "aliases", "native", "countries", "roles", "status")
_QUERY_COLUMNS = {name.lower(): name for name in ("item", "itemLabel", "alias", "native", "died")}
_ITEM = re.compile(r"(?:^|/)(Q[1-9][0-9]{0,11})$")
_HUMAN = "Q5"


class ImportSourceError(FigureDataError):
    """A list to import is malformed, too large, or of no known kind."""

    code: ClassVar[str] = "safety.figure_import"
    exit_status: ClassVar[int] = 3


@dataclass(slots=True)
class Person:
    """Somebody in a list to import; gathered row by row, so it can change until the list ends.

    Attributes:
        key: what the list calls them by: a Wikidata item, an id, a line.
        name: the name to show.
        status: living or not, as far as the list says.
        forms: every other name, in the order of the list.
        countries, roles: as in :class:`touchmark.safety.figures.Figure`; often not known.
    """

    key: str
    name: str
    status: FigureStatus = FigureStatus.LIVING
    forms: dict[str, None] = field(default_factory=dict)
    countries: tuple[str, ...] = ()
    roles: tuple[FigureRole, ...] = ()


class _Rows(Protocol):
    """What :func:`csv.reader` gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def read_people(path: Path, progress: Callable[[int], None] = lambda people: None) -> list[Person]:
    """Everybody in a list.

    Args:
        path: ``*.csv`` or ``*.json``, as it is or with ``.gz`` or ``.bz2``.
        progress: told now and then how many were read.

    Raises:
        ImportSourceError: the file is missing or malformed; file, line and rule are named.
    """
    people: dict[str, Person] = {}
    kind = path.name.removesuffix(".gz").removesuffix(".bz2").rpartition(".")[2].lower()
    if kind not in ("csv", "json", "jsonl", "ndjson"):
        raise ImportSourceError(
            f"a list of the kind {kind!r} cannot be read", subject=str(path), remedy="Give a *.csv or *.json file."
        )
    try:
        with _opened(path) as stream:
            found = _of_csv(path, stream) if kind == "csv" else _of_json(path, stream)
            for line, person in found:
                known = people.setdefault(person.key, person)
                if known is not person:
                    known.forms.update(dict.fromkeys((person.name, *person.forms)))
                    known.status = person.status if known.status is FigureStatus.LIVING else known.status
                if len(known.forms) > _MAX_FORMS:
                    raise _fault(path, line, f"{known.key} has more than {_MAX_FORMS} names")
                if len(people) > MAX_FIGURES:
                    raise _fault(path, line, f"the list holds more than {MAX_FIGURES:,} people")
                if len(people) % 1000 == 0:
                    progress(len(people))
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise ImportSourceError(
            f"the file cannot be read ({getattr(error, 'strerror', None) or error})",
            subject=str(path),
            remedy="Give a whole file in UTF-8.",
        ) from error
    if not people:
        raise ImportSourceError(
            "nobody is in the file", subject=str(path), remedy="See touchmark figures import --help."
        )
    return list(people.values())


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    if path.suffix == ".bz2":
        return bz2.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _fault(path: Path, line: int, rule: str) -> ImportSourceError:
    return ImportSourceError(f"line {line}: {rule}", subject=str(path), remedy="Mend the line; nothing was imported.")


# --- CSV ------------------------------------------------------------------------------------------------------------


def _of_csv(path: Path, stream: IO[str]) -> Iterator[tuple[int, Person]]:
    rows = csv.reader(_short_lines(path, stream), strict=True)
    columns: list[str] = []
    try:
        columns = [column.strip().lower() for column in next(rows, [])]
        of_query = {"item", "itemlabel"} <= set(columns)
        known_columns, needed = (tuple(_QUERY_COLUMNS), "item") if of_query else (_COLUMNS, "name")
        unknown = sorted(set(columns) - set(known_columns))
        if needed not in columns or unknown or len(set(columns)) != len(columns):
            wrong = f"unknown column {unknown[0]!r}" if unknown else f"no column {needed!r}, or a column twice"
            raise _fault(path, 1, f"{wrong}; the columns are {', '.join(known_columns)}")
        if of_query:
            yield from _of_query(path, rows, [_QUERY_COLUMNS[column] for column in columns])
            return
        known: set[str] = set()
        for line, cells in _cells(path, rows, columns):
            person = _of_row(path, line, cells)
            if person.key in known:
                raise _fault(path, line, f"the id {person.key!r} is given twice")
            known.add(person.key)
            yield line, person
    except csv.Error as error:
        raise _fault(path, rows.line_num, f"no CSV ({error})") from error


def _of_query(path: Path, rows: _Rows, columns: list[str]) -> Iterator[tuple[int, Person]]:
    for line, cells in _cells(path, rows, columns):
        person = _of_binding(path, line, cells)
        if person is not None:
            yield line, person


def _cells(path: Path, rows: _Rows, columns: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    for row in rows:
        if not row:
            continue
        if len(row) != len(columns):
            raise _fault(path, rows.line_num, f"{len(row)} cells under {len(columns)} columns")
        yield rows.line_num, dict(zip(columns, map(str.strip, row), strict=True))


def _short_lines(path: Path, stream: IO[str]) -> Iterator[str]:
    number = blank = 0
    while line := stream.readline(_CHUNK):
        number += 1
        blank = blank + len(line) if line.isspace() else 0
        if blank > _MAX_BLANK:
            raise _fault(path, number, f"more than {_MAX_BLANK:,} characters of white space")
        if len(line) >= _CHUNK:
            raise _fault(path, number, f"the line is longer than {_CHUNK:,} characters")
        yield line


_ROLES, _STATUSES = frozenset(FigureRole), frozenset(FigureStatus)


def _of_row(path: Path, line: int, cells: dict[str, str]) -> Person:
    several = {column: [part.strip() for part in cells.get(column, "").split("|") if part.strip()] for column in cells}
    key = cells.get("id") or f"line-{line}"
    if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9-]{0,63}", key):
        raise _fault(path, line, f"the id {key[:80]!r} is not of letters, digits and hyphens")
    person = Person(key.lower(), _form(path, line, cells["name"]))
    for form in (*several.get("aliases", ()), *several.get("native", ())):
        person.forms[_form(path, line, form)] = None
    countries, roles, status = several.get("countries", []), several.get("roles", []), cells.get("status") or "living"
    for rule, values, allowed in (
        ("country", countries, None),
        ("role", roles, _ROLES),
        ("status", [status], _STATUSES),
    ):
        wrong = [v for v in values if not (re.fullmatch("[A-Z]{2}", v) if allowed is None else v in allowed)]
        if wrong:
            raise _fault(path, line, f"{wrong[0][:80]!r} is no {rule}")
    person.countries, person.status = tuple(countries), FigureStatus(status)
    person.roles = tuple(map(FigureRole, roles))
    return person


def _form(path: Path, line: int, form: str) -> str:
    form = " ".join(form.split())
    if not 0 < len(form) <= _MAX_FORM:
        raise _fault(path, line, f"a name has 1 to {_MAX_FORM} characters (got {len(form)})")
    try:
        return on_one_line(form)
    except ValueError as error:
        raise _fault(path, line, str(error)) from error


# --- JSON -----------------------------------------------------------------------------------------------------------


def _of_json(path: Path, stream: IO[str]) -> Iterator[tuple[int, Person]]:
    for line, found in _objects(path, stream):
        if not isinstance(found, dict):
            raise _fault(path, line, "an entry that is no object")
        try:
            person = _of_entity(found) if "id" in found else _of_binding(path, line, found)
        except (AttributeError, KeyError, TypeError, IndexError) as error:
            raise _fault(path, line, f"neither an entity nor a row of a query ({error!r:.80})") from error
        if person is not None:
            yield line, person


def _objects(path: Path, stream: IO[str]) -> Iterator[tuple[int, Any]]:
    """The objects of an array, of lines or of ``entities``, one at a time; what stands before them is passed over."""
    decoder = json.JSONDecoder()
    text, line = stream.read(_CHUNK), 1
    bindings = re.match(r'\s*\{\s*"head".{0,65536}?"bindings"\s*:\s*\[', text, re.DOTALL)
    entities = re.match(r'\s*\{\s*"entities"\s*:\s*\{', text)
    opening = bindings or entities
    at = opening.end() if opening else 0
    in_array = opening is not None or text.lstrip().startswith("[")
    between = re.compile(r'[\s,]*(?:"[A-Z][0-9]+"\s*:\s*)?' if entities else r"[\s,\[]*")
    line += text.count("\n", 0, at)
    blank = 0
    while True:
        begin = between.match(text, at)
        assert begin is not None
        line += text.count("\n", at, begin.end())
        blank = blank + begin.end() - at if begin.end() == len(text) else 0
        if blank > _MAX_BLANK:
            raise _fault(path, line, f"more than {_MAX_BLANK:,} characters between two entries")
        at = begin.end()
        if at < len(text) and text[at] == ("}" if entities else "]"):
            return
        try:
            found, end = decoder.raw_decode(text, at) if at < len(text) else (None, at)
            whole = end < len(text) and not (entities and isinstance(found, str))  # a key, its colon still to come
        except (ValueError, RecursionError) as error:  # ValueError: also of a number of thousands of digits
            found, end, whole = error, at, False
        if whole:
            yield line, found
            line += text.count("\n", at, end)
            at = end
            continue
        more = stream.read(_CHUNK)
        if not more:
            if isinstance(found, Exception):
                raise _fault(path, line, "an entry is cut off, or no JSON") from found
            if in_array:
                raise _fault(path, line, "the list does not end")
            if end > at:
                yield line, found
            return
        if len(text) - at > _MAX_OBJECT:
            raise _fault(path, line, f"an entry is longer than {_MAX_OBJECT:,} characters, or no JSON")
        text, at = text[at:] + more, 0


def _of_binding(path: Path, line: int, row: dict[str, Any]) -> Person | None:
    cells = {name: cell["value"] if isinstance(cell, dict) else cell for name, cell in row.items()}
    if not all(isinstance(cell, str) for cell in cells.values()):
        raise _fault(path, line, "a cell that is no text")
    item = _ITEM.search(cells["item"])
    if item is None:
        raise _fault(path, line, f"{cells['item'][:80]!r} is no Wikidata item")
    label = cells.get("itemLabel")
    if not label or label == item.group(1):  # what a query gives where there is no label
        return None
    status = FigureStatus.DECEASED if cells.get("died") else FigureStatus.LIVING
    person = Person(item.group(1).lower(), _form(path, line, label), status)
    person.forms = {_form(path, line, cells[name]): None for name in ("alias", "native") if cells.get(name)}
    return person


def _of_entity(entity: dict[str, Any]) -> Person | None:
    item = _ITEM.search(entity["id"])
    claims = entity.get("claims") or {}
    if item is None or _HUMAN not in _values(claims, "P31"):
        return None
    told = {language: label.get("value") or "" for language, label in (entity.get("labels") or {}).items()}
    labels = {language: form for language, form in zip(told, map(_usable, told.values()), strict=True) if form}
    name = next((labels[language] for language in ("en", "mul", *labels) if language in labels), None)
    if name is None:
        return None
    status = FigureStatus.DECEASED if claims.get("P570") else FigureStatus.LIVING
    others = (alias.get("value") or "" for aliases in (entity.get("aliases") or {}).values() for alias in aliases)
    person = Person(item.group(1).lower(), name, status)
    for form in filter(None, (*labels.values(), *map(_usable, others))):
        person.forms.setdefault(form)
        if len(person.forms) == _MAX_FORMS:
            break
    return person


def _usable(form: str) -> str | None:
    """A label of a dump, if it is a name to search for."""
    try:
        return on_one_line(form) if len(form) <= _MAX_FORM else None
    except ValueError:
        return None


def _values(claims: dict[str, Any], of: str) -> set[str]:
    snaks = (claim["mainsnak"] for claim in claims.get(of, ()))
    values = (snak["datavalue"]["value"] for snak in snaks if "datavalue" in snak)
    return {value.get("id") or f"Q{value['numeric-id']}" for value in values}
