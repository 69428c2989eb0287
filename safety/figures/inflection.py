"""Names with the case endings that Russian, Ukrainian, Georgian and Armenian write onto them.

Pure functions of folded names. More forms come out than the languages have, where the rules are unsure: a form that
nobody writes finds nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_UKRAINIAN = re.compile("[а-яіїєґ ]+")
_GIVEN_IN_O = "^(?:петр|павл|дмитр|кирил|данил|михай?л)о"
_IS_UKRAINIAN = re.compile(f"[іїєґ]|ськ|ко$|{_GIVEN_IN_O} ")
"""Letters and endings that Russian names lack."""
_GEORGIAN = re.compile("[ა-ჰ ]+")
_ARMENIAN = re.compile("[ա-ֆև ]+")
_GEORGIAN_ENDINGS = ("მა", "ს", "ის", "ით", "ისთვის", "თან")
_ARMENIAN_ENDINGS = ("ը", "ն", "ի", "ին", "ից", "ով")


def inflected(name: str) -> Iterator[str]:
    """The other cases of a folded name, where it is written in a script of one of the four languages."""
    if _UKRAINIAN.fullmatch(name):
        yield from declined_in_ukrainian(name) if _IS_UKRAINIAN.search(name) else declined(name)
    elif _GEORGIAN.fullmatch(name) and len(name) >= _MIN_INFLECTED:
        stem = name.removesuffix("ი")
        yield from (stem + ending for ending in _GEORGIAN_ENDINGS)
    elif _ARMENIAN.fullmatch(name) and len(name) >= _MIN_INFLECTED:
        yield from (name + ending for ending in _ARMENIAN_ENDINGS)


_MIN_INFLECTED = 5
"""Letters of the shortest name that takes the endings of Georgian and Armenian."""
_Cases = tuple[str, str, str, str, str]
"""Endings of genitive, dative, accusative, instrumental and prepositional."""
_Rules = tuple[tuple[re.Pattern[str], int, _Cases], ...]
"""For each ending of a word how much of it is cut off, and what takes its place."""


def _rules(*rules: tuple[str, int, _Cases]) -> _Rules:
    return tuple((re.compile(ending), cut, cases) for ending, cut, cases in rules)


_CONSONANT = "[бвгджзклмнпрстфхцчшщ]$"
_RUSSIAN_RULES = _rules(
    ("[сц]кий$|[нт]ый$", 2, ("ого", "ому", "ого", "им", "ом")),
    ("ий$", 1, ("я", "ю", "я", "ем", "и")),
    ("[йь]$", 1, ("я", "ю", "я", "ем", "е")),
    ("(?:[ое]в|[иы]н)$", 0, ("а", "у", "а", "ым", "е")),
    (_CONSONANT, 0, ("а", "у", "а", "ом", "е")),
    ("[гкхжчшщ]а$", 1, ("и", "е", "у", "ой", "е")),
    ("а$", 1, ("ы", "е", "у", "ой", "е")),
    ("ия$", 1, ("и", "и", "ю", "ей", "и")),
    ("я$", 1, ("и", "е", "ю", "ей", "е")),
)
_UKRAINIAN_RULES = _rules(
    ("[сцз]ький$|[нт]ий$", 2, ("ого", "ому", "ого", "им", "ому")),
    ("ій$", 1, ("я", "ю", "я", "єм", "ї")),
    ("[йь]$", 1, ("я", "ю", "я", "єм", "ї")),
    ("(?:[оеє]в|[иії]н)$", 0, ("а", "у", "а", "им", "у")),
    (f"ко$|{_GIVEN_IN_O}$", 1, ("а", "у", "а", "ом", "ові")),
    (_CONSONANT, 0, ("а", "у", "а", "ом", "ові")),
    ("ія$", 1, ("ї", "ї", "ю", "єю", "ї")),
    ("а$", 1, ("и", "і", "у", "ою", "і")),
    ("я$", 1, ("і", "і", "ю", "ею", "і")),
)
_RUSSIAN_WOMEN = _rules(
    ("ая$", 2, ("ой", "ой", "ую", "ой", "ой")),
    ("(?:[ое]в|[иы]н)а$", 1, ("ой", "ой", "у", "ой", "ой")),
)
_UKRAINIAN_WOMEN = _rules(("(?:[сцз]ьк|[оеє]в|[иії]н)а$", 1, ("ої", "ій", "у", "ою", "ій")))
"""Surnames of women that go as adjectives do."""
_MEN = frozenset({"никита", "илья", "микита", "ілля", "микола", "сава", "лука", "кузьма", "фома"})
"""Given names of men that end as those of women do."""


def declined(name: str) -> Iterator[str]:
    """The five oblique cases of a folded Russian name; more than Russian has, where the rules are unsure."""
    return _in_cases(name, _RUSSIAN_RULES, _RUSSIAN_WOMEN)


def declined_in_ukrainian(name: str) -> Iterator[str]:
    """The same of a folded Ukrainian name."""
    return _in_cases(name, _UKRAINIAN_RULES, _UKRAINIAN_WOMEN)


def _in_cases(name: str, rules: _Rules, of_women: _Rules) -> Iterator[str]:
    given, *surnames = name.split()
    woman = bool(surnames) and given[-1] in "ая" and given not in _MEN
    columns = [_oblique(given, rules, woman=woman)]
    columns += [_oblique(word, (*of_women, *rules) if woman else rules, woman=woman) for word in surnames]
    for case in zip(*columns, strict=True):
        form = " ".join(case)
        if form != name:
            yield form


def _oblique(word: str, rules: _Rules, *, woman: bool) -> _Cases:
    if len(word) > 2 and not (woman and word[-1] not in "ая"):
        for ending, cut, cases in rules:
            if ending.search(word):
                genitive, dative, accusative, instrumental, prepositional = (
                    word[: -cut or None] + case for case in cases
                )
                return genitive, dative, accusative, instrumental, prepositional
    return (word, word, word, word, word)
