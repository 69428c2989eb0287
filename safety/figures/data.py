"""The public-figure list as it lies in files: what each file may hold, and how it is read and checked.

A folder of figures holds any number of ``*.yaml`` lists of people and four files with a name of their own:
``offices.yaml`` (who holds which office of a country), ``countries.yaml`` (how countries are called), ``bodies.yaml``
(cities, companies and works with their people, and kin) and ``vetoes.yaml`` (phrases that hold a figure's name and
mean something else). Every fault is one :class:`FigureDataError` that names the file,
the entry and what to change; a list that is partly wrong is not used at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.json_schema import models_json_schema

from touchmark.provenance.errors import TouchmarkError
from touchmark.safety.figures.compiled import compiled, content_of
from touchmark.safety.figures.forms import folded_name
from touchmark.safety.uncollected import uncollected

OFFICES_FILE = "offices.yaml"
COUNTRIES_FILE = "countries.yaml"
BODIES_FILE = "bodies.yaml"
VETOES_FILE = "vetoes.yaml"


class FigureDataError(TouchmarkError):
    """A file of the public-figure list is missing, malformed or contradicts another."""

    code: ClassVar[str] = "safety.figure_data"
    exit_status: ClassVar[int] = 70


class FigureStatus(StrEnum):
    """Whether a figure lives, as of the date of the file."""

    LIVING = "living"
    DECEASED = "deceased"
    HISTORICAL = "historical"
    """Died fifty years ago or more: likeness rights have lapsed in most places, and the classroom needs them."""


class FigureRole(StrEnum):
    """What a person is publicly known for; several may apply, past ones included."""

    ACTIVIST = "activist"
    ACTOR = "actor"
    ADVISER = "adviser"
    ARTIST = "artist"
    ASTRONAUT = "astronaut"
    ATHLETE = "athlete"
    AUTHOR = "author"
    COACH = "coach"
    COMEDIAN = "comedian"
    CREATOR = "creator"
    """Streamers, video makers and others whose public grew on a platform."""
    DIRECTOR = "director"
    EXECUTIVE = "executive"
    EXPLORER = "explorer"
    FAMILY = "family"
    """Child or other relation of a figure, public for that."""
    GOVERNOR = "governor"
    """Head of a state, province, region or city."""
    HEAD_OF_GOVERNMENT = "head-of-government"
    HEAD_OF_STATE = "head-of-state"
    JOURNALIST = "journalist"
    JUDGE = "judge"
    LEGISLATOR = "legislator"
    MILITANT = "militant"
    MILITARY = "military"
    MINISTER = "minister"
    MODEL = "model"
    MONARCH = "monarch"
    MUSICIAN = "musician"
    OFFICIAL = "official"
    """Of an international body, a central bank or an agency."""
    PARTY_LEADER = "party-leader"
    PHILOSOPHER = "philosopher"
    PRESENTER = "presenter"
    RELIGIOUS_LEADER = "religious-leader"
    REVOLUTIONARY = "revolutionary"
    ROYAL = "royal"
    SCIENTIST = "scientist"
    SPOUSE = "spouse"
    VICE_PRESIDENT = "vice-president"


@dataclass(frozen=True, slots=True)
class Figure:
    """One public figure.

    Attributes:
        id: stable slug; decisions and opt-outs refer to it.
        name: the name in Latin script.
        status: living or not, as of ``as_of``.
        countries: ISO 3166-1 alpha-2 codes; for people of the past, today's country.
        roles: what they are known for.
        aliases: other Latin forms, nicknames and handles, each unmistakable by itself.
        native: forms in other scripts.
        as_of: the date that the entry holds for.
        opted_out: whether they, or their estate, asked not to be shown; only an operator's register says so.
        heard: whether they are looked for where another script spells their name out by its sound.
    """

    id: str
    name: str
    status: FigureStatus
    countries: tuple[str, ...]
    roles: tuple[FigureRole, ...]
    aliases: tuple[str, ...]
    native: tuple[str, ...]
    as_of: date
    opted_out: bool = False
    heard: bool = True


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


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
_Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FigureEntry(_Strict):
    """One line of a list of people."""

    id: Slug
    name: Name
    status: FigureStatus = FigureStatus.LIVING
    countries: Annotated[tuple[_Country, ...], Field(min_length=1)]
    roles: Annotated[tuple[FigureRole, ...], Field(min_length=1)]
    aliases: tuple[Name, ...] = ()
    native: tuple[Name, ...] = ()


class FiguresFile(_Strict):
    """A list of people.

    Attributes:
        as_of: the date that it holds for.
        heard: whether its people are looked for by the sound of their names in scripts other than the Latin. Whose
            public reads Latin letters is hardly ever spelt out there, and the more names are listened for, the more
            plain words sound like one.
        figures: the people.
    """

    as_of: date
    heard: bool = True
    figures: tuple[FigureEntry, ...]


class AloneEntry(_Strict):
    """A title that names its holders without a country, in a language that is spoken in few.

    Attributes:
        title: one of the table.
        countries: whose holders it may mean.
        ways: of saying it, with the article where the language has one.
    """

    title: str
    countries: Annotated[tuple[_Country, ...], Field(min_length=1)]
    ways: Annotated[tuple[Name, ...], Field(min_length=1)]


class AloneTitles(_Strict):
    """Titles without a country, and what makes them nobody's.

    Attributes:
        not_behind: words before such a title that give it to somebody else ("deputy"); no space need part them from it.
        not_before: words behind it, or how they begin, that do ("of", "palace").
        titles: the titles.
    """

    not_behind: tuple[Name, ...] = ()
    not_before: tuple[Name, ...] = ()
    titles: tuple[AloneEntry, ...] = ()


class OfficesFile(_Strict):
    """The dated table of offices.

    Attributes:
        titles: for each title the ways of saying it.
        styles: for a role what may stand before a surname ("senator").
        links: words that may stand between a title and what it belongs to ("of the").
        links_before: the same where the title comes last ("France's president").
        past: words before an office that make it somebody else ("former").
        not_near: words anywhere in the text that put it in another time ("medieval").
        offices: for each country its titles and the ids of those who hold them.
        phrases: what means one holder as it stands ("the pope"), and the holder's id.
        alone: titles that need no country ("der Bundeskanzler").
    """

    as_of: date
    titles: dict[str, tuple[Name, ...]]
    styles: dict[FigureRole, tuple[Name, ...]] = {}
    links: tuple[Name, ...]
    links_before: tuple[Name, ...] = ("s",)
    past: tuple[Name, ...]
    not_near: tuple[Name, ...]
    offices: dict[_Country, dict[str, Slug]]
    phrases: dict[Name, Slug]
    alone: AloneTitles = AloneTitles()


class CountriesFile(_Strict):
    """For each country its names and adjectives, as they stand beside a title."""

    countries: dict[_Country, tuple[Name, ...]]


class BodyEntry(_Strict):
    """A city, state, company, club or work: how it is called, and for each title the id of its holder."""

    names: Annotated[tuple[Name, ...], Field(min_length=1)]
    holders: Annotated[dict[str, Slug], Field(min_length=1)]


class BodiesFile(_Strict):
    """What besides a country has people of its own.

    Attributes:
        as_of: the date that the holders stand for.
        bodies: by a key of their own.
        kin: for the id of a figure, for each title ("wife") the id of the relation.
    """

    as_of: date
    bodies: dict[Slug, BodyEntry]
    kin: dict[Slug, dict[str, Slug]]


class VetoesFile(_Strict):
    """What keeps a name from being a person.

    Attributes:
        phrases: whole phrases that hold a figure's form and mean something else.
        after: words that, right after a name, make it a thing ("bridge", "airport").
        before: words that do so right before it ("улица", "שדרות").
        institutions_after: words that do so after a name of one word of somebody who lives ("foundation").
        institutions_before: words that do so before one ("fundación").
        words: ordinary words that are a slip away from part of a name; never read as a misspelling.
        borne: given names and surnames that many bear; never read as a misspelling of what sounds otherwise.
        capitalised: names that are words too, or borne by many ("Drake"), and the id of the figure they mean where they
            are written as a name; a list of people may hold them too.
        common: names of common words ("Usher"), which name nobody where they are written small behind an article.
        performers: names of ``capitalised`` that capitals need not tell where the words beside them do ("Adele
            singing"). What is a common word too has to begin a sentence, and a word of a stage has to follow.
        performing: what stands right behind the name of somebody who performs ("singing").
        announcing: what stands right before it ("singer").
        stage: words of a stage ("concert").
        animals: words for what bears names of people, with what stands between it and its name, and between its name
            and it.
    """

    phrases: tuple[Name, ...]
    after: tuple[Name, ...]
    before: tuple[Name, ...] = ()
    institutions_after: tuple[Name, ...] = ()
    institutions_before: tuple[Name, ...] = ()
    words: tuple[Name, ...]
    borne: tuple[Name, ...] = ()
    capitalised: dict[Name, Slug] = {}
    common: tuple[Name, ...] = ()
    performers: tuple[Name, ...] = ()
    performing: tuple[Name, ...] = ()
    announcing: tuple[Name, ...] = ()
    stage: tuple[Name, ...] = ()
    animals: tuple[Name, ...] = ()
    named_before: tuple[Name, ...] = ()
    named_after: tuple[Name, ...] = ()


def shipped_folder() -> Path:
    """The list that comes with the package."""
    return Path(str(resources.files("touchmark.policies"))) / "figures"


def json_schema() -> dict[str, Any]:
    """The JSON schema of the files in a folder of figures, as ``schema.json`` beside the shipped lists holds it."""
    kinds: tuple[type[_Strict], ...] = (FiguresFile, OfficesFile, CountriesFile, BodiesFile, VetoesFile)
    references, definitions = models_json_schema([(kind, "validation") for kind in kinds])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A list of public figures, or one of offices, countries, bodies and vetoes.yaml beside it",
        "anyOf": [references[kind, "validation"] for kind in kinds],
        **definitions,
    }


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
_File = TypeVar("_File", bound=_Strict)


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
