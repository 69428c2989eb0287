"""The public-figure list: how a folder of its files (``files``) is read and checked.

    data = read_figures(shipped_folder())
    data.by_id["emmanuel-macron"].aliases

Every fault is one :class:`FigureDataError` that names the file, the entry and what to change; a list that is partly
wrong is not used at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.figures.compiled import compiled, content_of
from touchmark.safety.figures.figure import Figure
from touchmark.safety.figures.files import (
    BODIES_FILE,
    COUNTRIES_FILE,
    OFFICES_FILE,
    VETOES_FILE,
    BodiesFile,
    CountriesFile,
    FiguresFile,
    OfficesFile,
    VetoesFile,
)
from touchmark.safety.figures.forms import folded_name
from touchmark.safety.uncollected import uncollected


class FigureDataError(TouchmarkError):
    """A file of the public-figure list is missing, malformed or contradicts another."""

    code: ClassVar[str] = "safety.figure_data"
    exit_status: ClassVar[int] = 70


@dataclass(frozen=True, slots=True)
class FigureData:
    """Everything a folder of figures says, checked.

    Attributes:
        figures: everybody.
        forms: for each form in the lists, folded, who it means and how it is written there.
        offices: who holds what.
        countries: what countries are called.
        bodies: what else has people of its own.
        vetoes: what names nobody.
    """

    figures: tuple[Figure, ...]
    forms: Mapping[str, tuple[Figure, str]]
    offices: OfficesFile
    countries: CountriesFile
    bodies: BodiesFile
    vetoes: VetoesFile

    @property
    def by_id(self) -> Mapping[str, Figure]:
        """Everybody by their id."""
        return {figure.id: figure for figure in self.figures}


def shipped_folder() -> Path:
    """The list that comes with the package."""
    return Path(str(resources.files("touchmark.policies"))) / "figures"


@uncollected()
def read_figures(folder: Path) -> FigureData:
    """Read and check a folder of figures.

    Raises:
        FigureDataError: no list is there, a file is malformed, an id comes twice, or an office has an unknown holder.
    """
    lists = [path for path in sorted(folder.glob("*.yaml")) if path.name not in _NAMED_FILES]
    if not lists:
        raise FigureDataError(
            "no list of figures is in the folder", subject=str(folder), remedy="Give a folder with *.yaml lists."
        )
    known = compiled(folder)
    figures: dict[str, Figure] = {}
    forms: dict[str, tuple[Figure, str]] = {}
    for path in lists:
        for figure in _figures_of(path, known):
            claim_forms(path, figure, forms)
            if figure.id in figures:
                raise FigureDataError(
                    f"the id {figure.id!r} is given twice",
                    subject=str(path),
                    remedy="Merge the two entries, or tell the two people apart with a longer id.",
                )
            figures[figure.id] = figure
    offices = _read(folder / OFFICES_FILE, OfficesFile, known)
    countries = _read(folder / COUNTRIES_FILE, CountriesFile, known)
    _check_offices(folder / OFFICES_FILE, offices, figures, countries)
    bodies = _read(folder / BODIES_FILE, BodiesFile, known)
    _check_bodies(folder / BODIES_FILE, bodies, offices, figures)
    vetoes = _read(folder / VETOES_FILE, VetoesFile, known)
    for name, holder in vetoes.capitalised.items():
        _check_holder(folder / VETOES_FILE, name, holder, figures)
    return FigureData(tuple(figures.values()), forms, offices, countries, bodies, vetoes)


_NAMED_FILES = (OFFICES_FILE, COUNTRIES_FILE, BODIES_FILE, VETOES_FILE)
_File = TypeVar("_File", bound=BaseModel)


def _figures_of(path: Path, known: Mapping[str, Any]) -> Iterator[Figure]:
    file = _read(path, FiguresFile, known)
    for entry in file.figures:
        yield Figure(
            id=entry.id,
            name=entry.name,
            status=entry.status,
            countries=entry.countries,
            roles=entry.roles,
            aliases=entry.aliases,
            native=entry.native,
            as_of=file.as_of,
            heard=file.heard,
        )


def claim_forms(path: Path, figure: Figure, forms: dict[str, tuple[Figure, str]], *, over: bool = False) -> None:
    """Enter a figure's forms, none of which may be another's: a match has to mean one person.

    Args:
        path: the file that says so.
        figure: who.
        forms: folded form to figure and form; entered into.
        over: take the forms that mean somebody else.

    Raises:
        FigureDataError: a form means somebody else, or holds no letter.
    """
    for form in (figure.name, *figure.aliases, *figure.native):
        folded = folded_name(form)
        if over and folded:
            forms[folded] = (figure, form)
        owner, _ = forms.setdefault(folded, (figure, form))
        if not folded or owner.id != figure.id:
            raise FigureDataError(
                f"{figure.id!r}: the form {form!r} " + (f"also means {owner.id!r}" if folded else "holds no letter"),
                subject=str(path),
                remedy="Leave the form out, or write more of the name, so that it means one person.",
            )


def _read(path: Path, model: type[_File], known: Mapping[str, Any]) -> _File:
    try:
        content = content_of(path.read_bytes(), known)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FigureDataError(
            f"the file cannot be read as YAML: {' '.join(str(error).split())}",
            subject=str(path),
            remedy="Restore the file, or mend it at the place named.",
        ) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise FigureDataError(
            _first_fault(content, error), subject=str(path), remedy="See schema.json beside the lists."
        ) from error


def _first_fault(content: object, error: ValidationError) -> str:
    """Where the first fault is, in the reader's terms: the entry by its id, and the key in it."""
    fault = error.errors(include_url=False)[0]
    where: list[str] = []
    for step in fault["loc"]:
        if isinstance(content, list) and isinstance(step, int) and step < len(content):
            content = content[step]
            named = content.get("id") or content.get("holder") if isinstance(content, dict) else None
            where.append(repr(named) if named else f"entry {step + 1}")
        else:
            content = content.get(step) if isinstance(content, dict) else None
            where.append(str(step))
    return f"{', '.join(where) or 'the file'}: {fault['msg']}"


def _check_offices(path: Path, offices: OfficesFile, figures: Mapping[str, Figure], countries: CountriesFile) -> None:
    for country in offices.offices:
        if country not in countries.countries:
            raise FigureDataError(
                f"the country {country!r} has no names", subject=str(path), remedy=f"Add it to {COUNTRIES_FILE}."
            )
    for country, held in offices.offices.items():
        _check_holders(path, country, held, offices, figures)
    for phrase, holder in offices.phrases.items():
        _check_holder(path, phrase, holder, figures)
    for entry in offices.alone.titles:
        for country in entry.countries:
            if entry.title not in offices.offices.get(country, {}):
                raise FigureDataError(
                    f"alone: {entry.ways[0]!r} means the {entry.title} of {country}, of whom the table says nothing",
                    subject=str(path),
                    remedy="Add the holder to offices, or take the country out.",
                )


def _check_bodies(path: Path, bodies: BodiesFile, offices: OfficesFile, figures: Mapping[str, Figure]) -> None:
    for key, body in bodies.bodies.items():
        _check_holders(path, key, body.holders, offices, figures)
    for figure, kin in bodies.kin.items():
        _check_holder(path, "kin", figure, figures)
        _check_holders(path, figure, kin, offices, figures)


def _check_holders(
    path: Path, body: str, held: Mapping[str, str], offices: OfficesFile, figures: Mapping[str, Figure]
) -> None:
    for title, holder in held.items():
        if title not in offices.titles:
            raise FigureDataError(
                f"{body}: the title {title!r} is not in the table",
                subject=str(path),
                remedy=f"Add it to titles in {OFFICES_FILE}.",
            )
        _check_holder(path, f"the {title} of {body}", holder, figures)


def _check_holder(path: Path, office: str, holder: str, figures: Mapping[str, Figure]) -> None:
    if holder not in figures:
        raise FigureDataError(
            f"{office}: the holder {holder!r} is no figure's id",
            subject=str(path),
            remedy="Add the person to a list, or correct the id.",
        )
