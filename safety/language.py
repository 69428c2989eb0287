"""Which groups of languages a prompt is written in, so that a policy can set its thresholds for each.

Script says most of it; English and the other languages in Latin letters are told apart by their commonest words. A
prompt may be in several groups, and a reader of thresholds takes the strictest, so that a word of one language gains
nothing in a prompt of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from string import ascii_lowercase


class LanguageGroup(StrEnum):
    """Languages that a policy may set thresholds for together."""

    ENGLISH = "english"
    LATIN = "latin"
    """Other languages in Latin letters: Indonesian, Spanish, Portuguese, French, German, Turkish, Vietnamese, ..."""
    CYRILLIC = "cyrillic"
    ARABIC = "arabic"
    INDIC = "indic"
    EAST_ASIAN = "east-asian"
    """Chinese and Japanese."""
    KOREAN = "korean"
    THAI = "thai"
    OTHER = "other"


_SCRIPTS = {
    LanguageGroup.CYRILLIC: re.compile("[\u0400-\u052f]"),
    LanguageGroup.ARABIC: re.compile("[\u0600-\u06ff\u0750-\u077f]"),
    LanguageGroup.INDIC: re.compile("[\u0900-\u0dff]"),
    LanguageGroup.EAST_ASIAN: re.compile("[\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"),
    LanguageGroup.KOREAN: re.compile("[\u1100-\u11ff\uac00-\ud7a3]"),
    LanguageGroup.THAI: re.compile("[\u0e00-\u0e7f]"),
}
_LATIN = re.compile("[a-z]")
_LATIN_WORD = re.compile("[a-z][a-z]*")  # what begins with one set of letters is found faster
_WORDS_APART = bytes(byte if chr(byte) in ascii_lowercase else 32 for byte in range(256))
"""For :meth:`bytes.translate`: all but letters to blanks."""
_ENGLISH = """
    the of and to with is are his her their from by at for it this that an he she they who into over under while how
    someone people
"""
_NOT_ENGLISH = """
    el los las una uno del con por para que es muy sobre su sus como o os um uma do da com nao em no na ao e seu sua le
    les des un une du et est dans sur avec pour qui que au aux il elle der das und ein eine einen mit auf ist von zu den
    dem im sich nicht wie yang di dan dengan seorang sedang untuk dari ke pada sebuah ini itu cara bir ve bu ile icin
    cok nasil mot va cua nhung trong cac nguoi dang voi cho lam tren lo gli della che non per een het van met op niet w
    i z jest sie ang ng mga sa
"""
"""Without accents, as canonical text has them; words that English shares are left out."""
_LATIN_LETTER = re.compile("[A-Za-z]")
_ENGLISH_WORDS, _OTHER_WORDS = frozenset(_ENGLISH.encode().split()), frozenset(_NOT_ENGLISH.encode().split())


@lru_cache(maxsize=64)
def language_groups(text: str) -> frozenset[LanguageGroup]:
    """The groups of a canonical (case-folded, unaccented) text; at least one. Every reader of a text asks anew."""
    found = frozenset(_by_script(text))
    if found and not _LATIN.search(text):
        return found
    words = frozenset(_words(text))
    if not words & _OTHER_WORDS:
        latin = {LanguageGroup.ENGLISH} if words & _ENGLISH_WORDS or not found else set()
    else:
        latin = {LanguageGroup.LATIN, LanguageGroup.ENGLISH} if words & _ENGLISH_WORDS else {LanguageGroup.LATIN}
    return found | latin


def _words(text: str) -> list[bytes]:
    """The words in Latin letters; the fast way is slow where few are."""
    if text.isascii():
        return text.encode("ascii").translate(_WORDS_APART).split()
    return [word.encode("ascii") for word in _LATIN_WORD.findall(text)]


def _by_script(text: str) -> Iterator[LanguageGroup]:
    if text.isascii():
        return
    found = [group for group, script in _SCRIPTS.items() if script.search(text)]
    yield from found or ([] if _LATIN_LETTER.search(text) else [LanguageGroup.OTHER])
