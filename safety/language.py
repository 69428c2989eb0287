"""Which groups of languages a prompt is written in, so that a policy can set its thresholds for each.

Script says most of it; English and the other languages in Latin letters are told apart by their commonest words. A
prompt may be in several groups, and a reader of thresholds takes the strictest, so that a word of one language gains
nothing in a prompt of another.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from itertools import chain
from string import ascii_lowercase

import numpy as np


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
    LanguageGroup.CYRILLIC: ((0x0400, 0x0530),),
    LanguageGroup.ARABIC: ((0x0600, 0x0700), (0x0750, 0x0780)),
    LanguageGroup.INDIC: ((0x0900, 0x0E00),),
    LanguageGroup.EAST_ASIAN: ((0x3040, 0x3100), (0x3400, 0xA000), (0x20000, 0x40000)),
    LanguageGroup.KOREAN: ((0x1100, 0x1200), (0xAC00, 0xD7A4)),
    LanguageGroup.THAI: ((0x0E00, 0x0E80),),
}
"""Code points, half open."""
_BITS = {group: 1 << number for number, group in enumerate(_SCRIPTS)}
_SMALL, _CAPITAL = 1 << 6, 1 << 7
"""Of Latin letters."""
_HELD = np.zeros(0x40001, dtype=np.uint8)
"""The bit of the script of each code point, if any; the last stands for all above."""
for _group, _scripts in _SCRIPTS.items():
    for _begin, _end in _scripts:
        _HELD[_begin:_end] = _BITS[_group]
_HELD[ord("a") : ord("z") + 1], _HELD[ord("A") : ord("Z") + 1] = _SMALL, _CAPITAL
_WORDS_APART = bytes(byte if chr(byte) in ascii_lowercase else 32 for byte in range(256))
"""For :meth:`bytes.translate`: all but letters to blanks."""
_COMMONEST = {
    "en": """
        the of and to with is are his their from by for it this that she they who into over under while how
        someone people were have been would could does what which when where why you your but about there them
        its out up get make want
    """,
    "es": """
        el los las una uno del con por para que es muy sobre su sus como y en un se lo la al mi tu esta este
        pero sin mas cuando donde quien ella nos les tiene hay ser fue son estan hacer puedo quiero cual mis eso
        esto porque alguien nada otro desde hasta entre unos unas
    """,
    "pt": """
        os um uma do da com nao em no na ao e seu sua dos das pelo pela por para que como se mais mas voce eu
        ele ela isso isto sem esta estao foi ser tem quando onde quem meu minha nos fazer posso quero qual
        porque alguem nada outro desde ate entre numa o aos nas pra eles
    """,
    "fr": """
        le les des une un du et est dans sur avec pour qui que au aux il elle ils elles je tu nous vous ne pas
        ce cette ces son sa ses mon ma mes en par comme mais ou sans sont etre avoir faire comment quand quel
        quelle leur leurs chez se peut
    """,
    "de": """
        der das und ein eine einen mit auf ist von zu den dem im sich nicht wie ich du er sie es wir ihr des
        einer einem fur aus bei nach wenn aber oder auch als wird werden kann habe haben sind mein meine sein
        seine wo warum uber um vor nur noch dass dieser diese
    """,
    "id": """
        yang di dan dengan seorang sedang untuk dari ke pada sebuah ini itu cara saya aku kamu dia mereka kami
        kita anda tidak bukan akan bisa dapat ada adalah atau tetapi jika karena apa bagaimana siapa tanpa dalam
        oleh seperti sudah telah orang para agar secara
    """,
    "tr": """
        bir ve bu ile icin cok nasil mi mu var yok gibi daha kadar ama veya ben sen biz siz onlar onun bunu
        benim olan olarak uzerinde icinde sonra once hic kim neden degil olur oldu eder sey bana sana ona nerede
        ise ediyor yapan yapilir misin midir o de ne da her ki en
    """,
    "vi": """
        mot va cua nhung trong cac nguoi dang voi cho lam tren khong toi ban anh chi ho nay duoc nhu the nao khi
        neu thi vao den tu bi ve cung rat lai con gi ai dau cach minh chung nhieu hon nua roi la co ra se da ta
        ma
    """,
}
"""The commonest words of each language served that is written in Latin letters, without accents."""
_UNSERVED = """
    il gli della che non per een het van met op niet w z jest sie ang ng mga sa
"""
"""Of languages that are not served, but are not English either."""
_SURELY = 2
"""Of a language with so many different words a text is; of one with fewer if no other has twice as many."""
LATIN = frozenset(_COMMONEST)
"""Languages served that are written in Latin letters (ISO 639-1)."""
_IN_ENGLISH_TOO = (
    "ai an as at be can co did do fur hay he her him if kim me no not once or pour rat sin son van was we will"
)
"""Words of others that are English as well: they do not tell that a text is of another language."""
_WORDS = {language: frozenset(words.encode().split()) for language, words in _COMMONEST.items()}
_COMMON_WORDS = frozenset[bytes]().union(*_WORDS.values())
_ENGLISH_WORDS = _WORDS["en"]
_OTHER_WORDS = (
    frozenset(_UNSERVED.encode().split()).union(*_WORDS.values())
    - _ENGLISH_WORDS
    - frozenset(_IN_ENGLISH_TOO.encode().split())
)


@lru_cache(maxsize=64)
def language_groups(text: str) -> frozenset[LanguageGroup]:
    """The groups of a canonical (case-folded, unaccented) text; at least one. Every reader of a text asks anew."""
    held = _SMALL if text.isascii() else _held(text)
    found = frozenset([group for group, bit in _BITS.items() if held & bit])
    if not found and not held & (_SMALL | _CAPITAL):
        return frozenset({LanguageGroup.OTHER})
    if found and not held & _SMALL:
        return found
    words = _words(text)
    if not words & _OTHER_WORDS:
        latin = {LanguageGroup.ENGLISH} if words & _ENGLISH_WORDS or not found else set()
    else:
        latin = {LanguageGroup.LATIN, LanguageGroup.ENGLISH} if words & _ENGLISH_WORDS else {LanguageGroup.LATIN}
    return found | latin


def latin_languages(*readings: str) -> frozenset[str]:
    """Which of the languages served that share the Latin letters a text, in canonical readings, may be of (ISO 639-1).

    Words look alike in several of them and mean different things (German *die*). All, if no word tells. Of a text in
    several languages each of these: nobody gets rid of one by adding words of another.
    """
    words = _COMMON_WORDS.intersection(chain.from_iterable(map(_words, readings)))
    told = {language: len(words & common) for language, common in _WORDS.items()}
    enough = min(max(told.values()) / 2, _SURELY)
    return frozenset(language for language, count in told.items() if count >= enough)


@lru_cache(maxsize=64)
def _words(text: str) -> frozenset[bytes]:
    """The different words in Latin letters."""
    return frozenset(text.encode("ascii", "replace").translate(_WORDS_APART).split())


def _held(text: str) -> int:
    """The bits of all that a text holds."""
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return int(np.bitwise_or.reduce(_HELD.take(letters, mode="clip")))
