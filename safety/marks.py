"""Words that differ by their marks alone: *mới đến* ("just arrived") is no *mọi đen* (a slur).

Canonical text has no marks on Latin letters, because disguises add some and people in a hurry leave theirs out. In
Vietnamese each syllable without its marks is a dozen others. So where a term is found in text that was typed with
Vietnamese marks, all of them have to be the term's; typed without any, it may be the term. In Turkish a dot makes a
letter: what was typed with an ı where the term has an i (*trafik sıkışıyor*, a jam) is another word. Marks of any other
kind are decoration and say nothing.
"""

from __future__ import annotations

import re
import unicodedata

from touchmark.safety.canonical import read_plainly

_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_LETTERS = frozenset(unicodedata.normalize("NFC", letter + tone) for letter in "aăâeêioôơuưy" for tone in _TONES) | {
    "đ"
}
_MARKED = frozenset(letter for letter in _LETTERS if not letter.isascii())
_ONLY_HERE = _MARKED - frozenset("àáâãèéêìíòóôõùúý")
"""Those that Spanish, Portuguese and French do not have: a term with one is Vietnamese."""
_TURKISH = frozenset("ığş")
"""Letters that the other languages of lexicons do not have: a term with one is Turkish."""
_OPEN_END = re.compile(r"(o)([ae])([\u0300\u0301\u0303\u0309\u0323])|(u)(y)([\u0300\u0301\u0303\u0309\u0323])")
"""The tone of *hoà* and *huỷ* is written on their other vowel too: *hòa*, *hủy*."""


def is_another_word(term: str, typed: str) -> bool:
    """Whether the typed text in which a term was found spells another word of the term's language.

    Args:
        term: as the lexicon writes it.
        typed: the stretch of the original where it was found.
    """
    ours, theirs = _spelt(term), _spelt(typed)
    if not _TURKISH.isdisjoint(ours):
        dots = [their for our, their in zip(ours, theirs, strict=False) if our == "i"]
        return len(ours) == len(theirs) and bool(dots) and all(their == "ı" for their in dots)
    if ours == theirs or _ONLY_HERE.isdisjoint(ours) or _MARKED.isdisjoint(theirs):
        return False
    decorated = any(not character.isascii() and character not in _MARKED for character in theirs)
    return not decorated and read_plainly(ours) == read_plainly(theirs)


def _spelt(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.lower())
    placed = _OPEN_END.sub(lambda tone: "".join((tone[1] or tone[4], tone[3] or tone[6], tone[2] or tone[5])), apart)
    return unicodedata.normalize("NFC", placed)
