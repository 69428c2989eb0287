"""A public figure, and what can be said of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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
