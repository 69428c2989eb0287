"""What each file of the public-figure list may hold.

A folder of figures holds any number of ``*.yaml`` lists of people and four files with a name of their own:
``offices.yaml`` (who holds which office of a country), ``countries.yaml`` (how countries are called), ``bodies.yaml``
(cities, companies and works with their people, and kin) and ``vetoes.yaml`` (phrases that hold a figure's name and
mean something else).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.json_schema import models_json_schema

from touchmark.safety.figures.figure import FigureRole, FigureStatus

OFFICES_FILE = "offices.yaml"
COUNTRIES_FILE = "countries.yaml"
BODIES_FILE = "bodies.yaml"
VETOES_FILE = "vetoes.yaml"

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
