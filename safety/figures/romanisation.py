"""Words of other scripts in Latin letters, as far as their consonants go, and the keys by which they sound alike.

Every script that writes sounds is read into the same six classes of consonants, vowels left out (a phonetic key in the
line of Soundex; Russell, 1918). Chinese is not read here: it writes names by syllables of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from string import ascii_lowercase
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.safety.figures.checksums import BLANK, letters_of

GAP: Final = "."
"""Stands for a vowel until neighbours that sound as one are made one."""
_TWICE = re.compile(r"(.)\1+")


def once(letters: str) -> str:
    """Letters without those that repeat the one before."""
    return _TWICE.sub(r"\1", letters)


def key_of(sounds: str) -> str:
    """Classes in writing order, with gaps for vowels, as a key: what stands together and sounds as one is one."""
    return once(sounds).replace("TS", "S").replace("NP", "MP").replace(GAP, "")


# --- letters --------------------------------------------------------------------------------------------------------


def _spread(table: str) -> dict[str, str]:
    """Letters by the Latin ones that they are read as: ``"a:а b:б sh:шщ"``."""
    pairs = (entry.split(":") for entry in table.split())
    return {letter: latin for latin, letters in pairs for letter in letters}


def _row(text: str) -> tuple[str, ...]:
    """Readings apart by spaces; ``_`` is a letter that is not heard."""
    return tuple(text.replace("_", "").split(" "))


_INDIC = (
    "n:02 a:05 a:06 i:07 i:08 u:09 u:0a ri:0b e:0d e:0e e:0f ai:10 o:11 o:12 o:13 au:14 k:15 k:16 g:17 g:18 n:19 s:1a "
    "s:1b j:1c j:1d n:1e t:1f t:20 d:21 d:22 n:23 t:24 t:25 d:26 d:27 n:28 n:29 p:2a f:2b b:2c b:2d m:2e y:2f r:30 "
    "r:31 l:32 l:33 l:34 v:35 s:36 s:37 s:38 h:39 a:3e i:3f i:40 u:41 u:42 ri:43 e:45 e:46 e:47 ai:48 o:49 o:4a "
    "o:4b au:4c k:58 h:59 g:5a z:5b r:5c r:5d f:5e y:5f"
)
"""Offsets in the blocks of the scripts of India, which Unicode lays out alike."""
_INDIC_BLOCKS = (0x900, 0x980, 0xA00, 0xA80, 0xB00, 0xB80, 0xC00, 0xC80, 0xD00)
_READ_AS: dict[str, str] = {
    **_spread("a:а b:б v:в g:гґ d:д e:еэє zh:ж z:з i:иіїы y:й k:к l:л m:м n:н o:о p:п r:р s:с t:т u:уў f:ф h:х"),
    **_spread("s:цщшч ya:я yu:ю j:јџ s:ћ z:ђ l:љ n:њ"),
    **_spread("a:α v:β g:γ d:δ e:ε z:ζ i:ηι t:θτ k:κ l:λ m:μ n:ν ks:ξ o:οω p:π r:ρ s:σς u:υ f:φ h:χ ps:ψ"),
    **_spread("a:א b:ב g:ג d:ד h:הח u:ו z:ז t:טת i:י k:כךק l:ל m:מם n:נן s:סשצץ p:פף r:ר"),
    **_spread("a:اعئ b:ب p:پ t:تثطةٹ s:سشصچ j:جژ h:حخهہھ d:دضڈ z:ذزظ r:رڑ f:فڤ k:كکق g:گغ l:ل m:م n:نں u:و i:ييیئےى"),
    **_spread("a:ა b:ბ g:გღ d:დ e:ე v:ვ z:ზ t:თტ i:ი k:კქყ l:ლ m:მ n:ნ o:ო p:პფ zh:ჟ r:რ s:სშჩცწჭ u:უ j:ძჯ h:ხჰ"),
    **_spread("a:ա b:բ g:գղ d:դ e:եէը z:զ t:թտ zh:ժ i:ի l:լ h:խհ s:ծձշչջճցս k:կք m:մ y:յ n:ն o:ոօ p:պփ r:րռ v:վւ f:ֆ"),
    **_spread("k:กขฃคฅฆ ng:ง j:จ s:ฉชซฌศษส y:ญย d:ฎด t:ฏฐฑฒตถทธ n:ณน b:บ p:ปผพภ f:ฝฟ m:ม r:รฤ l:ลฦฬ w:ว h:หฮ"),
    **_spread("a:อะ\u0e31าๅ\u0e4d am:\u0e33 i:\u0e34\u0e35\u0e36\u0e37 u:\u0e38\u0e39 e:เแ o:โ ai:ใไ"),
    **{
        chr(block + int(offset, 16)): latin
        for block in _INDIC_BLOCKS
        for latin, offset in (entry.split(":") for entry in _INDIC.split())
    },
}
_KANA = dict(
    zip(
        "アイウエオカキクケコガギグゲゴサシスセソザジズゼゾタチツテトダヂヅデドナニヌネノハヒフヘホバビブベボパピプペポ"
        "マミムメモヤユヨラリルレロワヲンヴァィゥェォャュョー",
        _row(
            "a i u e o ka ki k ke ko ga gi g ge go sa si s se so za ji z ze zo ta si s te t da ji z de d na ni n ne no "
            "ha hi f he ho ba bi b be bo pa pi p pe po ma mi m me mo ya yu yo ra ri r re ro wa o n v a i u e o a u o _"
        ),
        strict=True,
    )
)
_LEADS = "gkndtrmbpss_jjsktph"
_VOWELS = _row("a e ya e o e yo e o wa we we yo u wo we wi yu _ i i")
_TAILS = _row("_ k k k n n n t l l l l l l l l m p p t t ng t t k t p _")
_HANGUL_BASE = 0xAC00
_CLASSES = {
    **dict.fromkeys("bpfv", "P"),
    **dict.fromkeys("dt", "T"),
    **dict.fromkeys("kgq", "K"),
    **dict.fromkeys("szjc", "S"),
    **{"m": "M", "n": "N", "l": "L", "r": "L", "h": ""},
}
_TO_CLASSES = str.maketrans({letter: _CLASSES.get(letter, GAP) for letter in ascii_lowercase})


class _Letters(dict[int, str]):
    """What each letter is read as, for :meth:`str.translate`: Hangul is worked out syllable by syllable as met."""

    def __missing__(self, letter: int) -> str:
        syllable = letter - _HANGUL_BASE
        read = ""
        if 0 <= syllable < 11172:
            lead, vowel, tail = _LEADS[syllable // 588], _VOWELS[syllable // 28 % 21], _TAILS[syllable % 28]
            read = f"{lead}{vowel or GAP}{tail}".replace("_", GAP)
            self[letter] = read
        return read


_APART = "\n"
_READ = _Letters({ord(letter): latin for letter, latin in (_READ_AS | _KANA | {_APART: _APART}).items()})
_SMALL_KANA = re.compile("[ァィゥェォャュョ]")
"""They change the vowel of the letter before them."""
_THAI_VOWEL_FIRST = re.compile("([เแโใไ])([ก-ฮ])")
"""Thai writes these vowels before the consonant that they are spoken after."""


def romanised(word: str) -> str:
    """A folded word of any script but Latin and Chinese, read in Latin letters as far as its consonants go."""
    if not _SMALL_KANA.search(word):
        return _THAI_VOWEL_FIRST.sub(r"\2\1", word).translate(_READ)
    letters: list[str] = []
    for letter in word:
        if letters and _SMALL_KANA.match(letter):
            letters[-1] = letters[-1].rstrip("aiueo")
        letters.append(_READ[ord(letter)])
    return "".join(letters)


def all_romanised(words: Sequence[str]) -> list[str]:
    """What :func:`romanised` says to each of some words; none holds a line break."""
    text = _APART.join(words)
    if _SMALL_KANA.search(text):
        return [romanised(word) for word in words]
    return romanised(text).split(_APART)


def word_key(latin: str) -> str:
    """The key of a word that :func:`romanised` has read."""
    return key_of(latin.translate(_TO_CLASSES))


# --- many words at once ---------------------------------------------------------------------------------------------

_LONGEST_READING: Final = 5
"""Classes and gaps of a letter, at most: those of a Hangul syllable."""
_LETTERS_READ: Final = _HANGUL_BASE + 11172
_VOWEL_FIRST, _THAI_CONSONANT, _SMALL = 1, 2, 3
_SORTS: Final = np.zeros(_LETTERS_READ, dtype=np.uint8)
"""For each letter which of these it is, if any: a vowel that Thai writes first, a Thai consonant, a small kana."""
_SORTS[[*map(ord, "เแโใไ")]], _SORTS[ord("ก") : ord("ฮ") + 1] = _VOWEL_FIRST, _THAI_CONSONANT
_SORTS[[*map(ord, "ァィゥェォャュョ")]] = _SMALL


def keys_of(words: Sequence[str]) -> list[str]:
    """What :func:`word_key` says to each of some words, :func:`romanised`; none holds a blank."""
    letters = letters_of(" ".join(words))
    letters = np.where(letters < _LETTERS_READ, letters, 0)
    letters = letters.astype(np.intp)
    sorts = _SORTS.take(letters)
    before = np.flatnonzero((sorts[:-1] == _VOWEL_FIRST) & (sorts[1:] == _THAI_CONSONANT))
    letters[before], letters[before + 1] = letters[before + 1], letters[before]
    table, cut_short = _readings()
    read = table.take(letters, axis=0)
    small = np.flatnonzero(sorts[1:] == _SMALL)
    read[small] = cut_short[letters[small]]
    sounds = read.ravel()
    sounds = sounds[sounds != 0]
    changes = np.ones(len(sounds), dtype=np.bool_)
    np.logical_or(sounds[1:] != sounds[:-1], sounds[1:] == BLANK, out=changes[1:])
    keys: str = sounds[changes].tobytes().decode("ascii").replace("TS", "S").replace("NP", "MP").replace(GAP, "")
    return keys[:-1].split(" ")


@cache
def _readings() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each letter its classes and gaps, as a row of ASCII; and the same before a small kana, without its vowel."""
    whole, cut_short = (np.zeros((_LETTERS_READ, _LONGEST_READING), dtype=np.uint8) for _ in range(2))
    for letter in (*_READ, *range(_HANGUL_BASE, _LETTERS_READ)):
        latin = _READ[letter]
        for table, read in ((whole, latin), (cut_short, latin.rstrip("aiueo"))):
            classes = read.translate(_TO_CLASSES).encode()
            table[letter, : len(classes)] = [*classes]
    whole[BLANK, 0] = cut_short[BLANK, 0] = BLANK
    return whole, cut_short
