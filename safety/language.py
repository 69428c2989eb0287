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
_LATIN_LETTER = re.compile("[A-Za-z]")
_IN_ENGLISH_TOO = (
    "ai an as at be can co did do fur hay he her him if kim me no not once or pour rat sin son van was we will"
)
"""Words of others that are English as well: they do not tell that a text is of another language."""
_WORDS = {language: frozenset(words.encode().split()) for language, words in _COMMONEST.items()}
_ENGLISH_WORDS = _WORDS["en"]
_OTHER_WORDS = (
    frozenset(_UNSERVED.encode().split()).union(*_WORDS.values())
    - _ENGLISH_WORDS
    - frozenset(_IN_ENGLISH_TOO.encode().split())
)


@lru_cache(maxsize=64)
def language_groups(text: str) -> frozenset[LanguageGroup]:
    """The groups of a canonical (case-folded, unaccented) text; at least one. Every reader of a text asks anew."""
    found = frozenset(_by_script(text))
    if found and not _LATIN.search(text):
        return found
    words = _words(text)
    if not words & _OTHER_WORDS:
        latin = {LanguageGroup.ENGLISH} if words & _ENGLISH_WORDS or not found else set()
    else:
        latin = {LanguageGroup.LATIN, LanguageGroup.ENGLISH} if words & _ENGLISH_WORDS else {LanguageGroup.LATIN}
    return found | latin


def latin_languages(text: str) -> frozenset[str]:
    """Which of the languages served that share the Latin letters a canonical text may be of (ISO 639-1).

    Words look alike in several of them and mean different things (German *die*). All, if no word tells. Of a text in
    several languages each of these: nobody gets rid of one by adding words of another.
    """
    words = _words(text)
    told = {language: len(words & common) for language, common in _WORDS.items()}
    enough = min(max(told.values()) / 2, _SURELY)
    return frozenset(language for language, count in told.items() if count >= enough)


@lru_cache(maxsize=64)
def _words(text: str) -> frozenset[bytes]:
    """The different words in Latin letters."""
    return frozenset(text.encode("ascii", "replace").translate(_WORDS_APART).split())


def _by_script(text: str) -> Iterator[LanguageGroup]:
    if text.isascii():
        return
    letters = "".join(set(text))  # each once, so that what is not there is found out soon
    found = [group for group, script in _SCRIPTS.items() if script.search(letters)]
    yield from found or ([] if _LATIN_LETTER.search(letters) else [LanguageGroup.OTHER])
