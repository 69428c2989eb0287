"""Names with the case endings that languages write onto them.

Pure functions of folded names. More forms come out than the languages have, where the rules are unsure: a form that
nobody writes finds nobody. Endings that change nothing in the name are not written out, but read: :data:`ENDINGS`.
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
_SERBIAN = re.compile("[а-яђјљњћџ ]+")
_GREEK = re.compile("[α-ω ]+")
_GEORGIAN_ENDINGS = ("მა", "ს", "ის", "ით", "ისთვის", "ისგან", "თან", "ზე", "ად")
_GEORGIAN_ENDINGS_OF_VOWELS = ("მ", "ს", "სთან", "სთვის", "სგან", "ზე", "თი")
_ARMENIAN_ENDINGS = ("ը", "ն", "ի", "ին", "ից", "ով")
_SILENCED = "\u0bcd\u0d4d\u0dca"
"""The signs by which Tamil, Malayalam and Sinhala end a name in a consonant; before an ending with a vowel they go."""
_MALAYALAM_CONSONANTS = {"ൻ": "ന", "ൽ": "ല", "ർ": "ര", "ൺ": "ണ", "ൾ": "ള"}
"""The letters that Malayalam has for consonants at the end, and what they are before a vowel."""
ENDINGS = re.compile(
    "(?:(?:ा?ं)?(?:ने|नी|ना|ला|चा|ची|चे|चं|च्या|शी|वर|हून|ून|कडे|सह|साठी|सोबत|बरोबर|मुळे)"  # Marathi; of respect with a dot
    "|को|का|की|ले|लाई|मा|बाट|संग|सित|द्वारा|बारे|देखि|हरू"  # Nepali
    "|[нтд][ыі]ң|[нтд][ыі]|[ғқ]а|[гк]е|[дт][ае]н?|н[ае]н|[бпм]ен"  # Kazakh
    "|ን|ም|ና|ንም)(?= |$)"  # Amharic
)
"""What is written onto a folded name, which stays as it is."""


def inflected(name: str) -> Iterator[str]:
    """The other cases of a folded name, where it is written in a script of a language that has them."""
    if _UKRAINIAN.fullmatch(name):
        yield from declined_in_ukrainian(name) if _IS_UKRAINIAN.search(name) else declined(name)
    elif _SERBIAN.fullmatch(name):
        yield from _in_cases(name, _SERBIAN_RULES, ())
    elif _GREEK.fullmatch(name):
        yield from declined_in_greek(name)
    elif len(name) >= _MIN_INFLECTED:
        yield from _with_endings(name)


def _with_endings(name: str) -> Iterator[str]:
    if _ARMENIAN.fullmatch(name):
        yield from (name + ending for ending in _ARMENIAN_ENDINGS)
    elif _GEORGIAN.fullmatch(name) and name[-1] == "ი":
        yield from (name[:-1] + ending for ending in _GEORGIAN_ENDINGS)
    elif _GEORGIAN.fullmatch(name):
        yield from (name + ending for ending in _GEORGIAN_ENDINGS_OF_VOWELS)
        yield from (name[:-1] + ending for ending in ("ის", "ით", "ისთვის", "ისგან"))
    elif " " in name and name[-1] in _SILENCED:
        yield name[:-1]
    elif " " in name and name[-1] in _MALAYALAM_CONSONANTS:
        yield name[:-1] + _MALAYALAM_CONSONANTS[name[-1]]


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
_SERBIAN_RULES = _rules(
    ("[сц]ки$", 0, ("ог", "ом", "ог", "м", "ом")),
    ("[ђжјљњћцчшџ]$", 0, ("а", "у", "а", "ем", "у")),
    ("[бвгдзклмнпрстфх]$", 0, ("а", "у", "а", "ом", "у")),
    ("[ео]$", 1, ("а", "у", "а", "ом", "у")),
    ("а$", 1, ("е", "и", "у", "ом", "и")),
)
_RUSSIAN_WOMEN = _rules(
    ("ая$", 2, ("ой", "ой", "ую", "ой", "ой")),
    ("(?:[ое]в|[иы]н)а$", 1, ("ой", "ой", "у", "ой", "ой")),
)
_UKRAINIAN_WOMEN = _rules(("(?:[сцз]ьк|[оеє]в|[иії]н)а$", 1, ("ої", "ій", "у", "ою", "ій")))
"""Surnames of women that go as adjectives do."""
_MEN = frozenset({"никита", "илья", "микита", "ілля", "микола", "никола", "сава", "лука", "кузьма", "фома"})
"""Given names of men that end as those of women do."""


def declined(name: str) -> Iterator[str]:
    """The five oblique cases of a folded Russian name; more than Russian has, where the rules are unsure."""
    return _in_cases(name, _RUSSIAN_RULES, _RUSSIAN_WOMEN)


def declined_in_ukrainian(name: str) -> Iterator[str]:
    """The same of a folded Ukrainian name."""
    return _in_cases(name, _UKRAINIAN_RULES, _UKRAINIAN_WOMEN)


def declined_in_greek(name: str) -> Iterator[str]:
    """Genitive and accusative of a folded Greek name, which has lost its accents."""
    words = name.split()
    cases = ([_GREEK_GENITIVE.sub(_genitive, word) for word in words], [word.removesuffix("σ") for word in words])
    for form in dict.fromkeys(map(" ".join, cases)):
        if form != name:
            yield form


_GREEK_GENITIVE = re.compile("οσ$|σ$|(?<=[αηω])$")


def _genitive(ending: re.Match[str]) -> str:
    return {"οσ": "ου", "σ": "", "": "σ"}[ending.group()]


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
