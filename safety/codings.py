"""Codings that hide a whole passage: the text backwards, upside down, through rot13, or in base64, base32 or digits.

Each function takes a text and yields the readings that its coding may hide, every character traced to where it was
typed. Nothing is decided here, and nothing is taken for coded that reads better as it stands. ``canonical`` reads what
comes back as it reads any text, so that codings may be piled up.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

from touchmark.safety.legibility import BACKWARDS, ROT13, Stretch, likelier_turned, likelihood, pairs
from touchmark.safety.traced import Traced

_LEAST_GAIN = 9
"""Steps of :mod:`legibility` from which on a text counts as turned; 1 in 150 harmless prompts reaches them."""
_LEAST_GAIN_OF_PART = 14
"""The same for a passage of a text, or of one that came out of another coding: a mistake must not breed others."""
_MOSTLY = 0.5
"""A turned stretch of more than this share of the text: the rest was turned with it."""


def turned(text: Traced, accented: Traced, *, after: str | None) -> Iterator[tuple[str, Traced]]:
    """The text, or the passage of it, that reads better through rot13, or backwards, turned so; whichever gains more.

    Args:
        accented: the same text, letter for letter, with its accents; of languages with many, rot13 turns but the rest.
        after: the coding that the text came out of, if any; it is not undone twice.

    Yields:
        ``rot13`` or ``reversed``, and the text. Reversed text comes twice: turned as a whole, and word for word.
    """
    steps = pairs(text.text)
    spelt = steps if accented.text == text.text else pairs(accented.text)
    by_letters = likelier_turned(spelt, ROT13) if after != "rot13" else Stretch(0, 0)
    by_order = likelier_turned(steps, BACKWARDS) if after != "reversed" else Stretch(0, 0)
    best = max(by_letters, by_order, key=lambda stretch: stretch.gain)
    if best.gain < _LEAST_GAIN:
        return
    begin, end = _whole_words(text.text, best)
    partly = after is not None or end - begin < len(text.text)
    if partly and best.gain < _LEAST_GAIN_OF_PART:
        return
    if best is by_letters:
        middle = codecs.encode(accented.text[begin:end], "rot13")
        yield "rot13", accented.relettered(accented.text[:begin] + middle + accented.text[end:])
    else:
        yield "reversed", text.reordered(_all_backwards(text.text, begin, end))
        if not partly:
            yield "reversed", text.reordered(_words_backwards(text.text, begin, end))


def _whole_words(text: str, stretch: Stretch) -> tuple[int, int]:
    begin, end = stretch.begin, stretch.end
    if end - begin > _MOSTLY * len(text):
        return 0, len(text)
    while begin and not text[begin - 1].isspace():
        begin -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return begin, end


def _all_backwards(text: str, begin: int, end: int) -> Sequence[int]:
    return [*range(begin), *range(end - 1, begin - 1, -1), *range(end, len(text))]


def _words_backwards(text: str, begin: int, end: int) -> Sequence[int]:
    order = list(range(len(text)))
    for word in re.finditer(r"\S+", text[begin:end]):
        order[begin + word.start() : begin + word.end()] = order[begin + word.start() : begin + word.end()][::-1]
    return order


# --- upside down ----------------------------------------------------------------------------------------------------

_UPSIDE_DOWN = dict(zip("ɐqɔpǝɟƃɓɥıᴉɾʞןɯuodbɹsʇnʌʍxʎz", "abcdefgghiijklmnopqrstuvwxyz", strict=True))
_ONLY_UPSIDE_DOWN = re.compile("[ɐɔǝɟƃɓɥᴉɾʞןɯɹʇʌʍʎ]")


def upside_down(text: Traced) -> Iterator[tuple[str, Traced]]:
    """The text turned on its feet, where at least two letters stand on their heads."""
    heads = [match.start() for match in _ONLY_UPSIDE_DOWN.finditer(text.text)]
    if len(heads) < 2:
        return
    begin, end = _whole_words(text.text, Stretch(heads[0], heads[-1] + 1))
    middle = "".join(_UPSIDE_DOWN.get(c, c) for c in text.text[begin:end])
    upright = text.relettered(text.text[:begin] + middle + text.text[end:])
    orders = _all_backwards(text.text, begin, end), _words_backwards(text.text, begin, end), range(len(text.text))
    likeliest = max(orders, key=lambda order: likelihood("".join(itemgetter(*order)(upright.text))))
    yield "upside-down", upright.reordered(likeliest)


# --- blobs ----------------------------------------------------------------------------------------------------------

_BLOB = re.compile(r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-]{12,}={0,6}|[A-Za-z0-9+/_-]{6,}={1,6})")
_BLOB_WITHOUT_END = re.compile("[A-Za-z0-9+/_-][A-Za-z0-9+/_-]{11,}")
"""What a blob is in a text without an equals sign; found many times faster."""
_PAIR = r"[0-9a-fA-F]{2}[\s,:]*(?:0[xX])?"
_PAIRS_OF_DIGITS = re.compile(rf"[0-9a-fA-F][0-9a-fA-F][\s,:]*(?:0[xX])?{_PAIR}{_PAIR}[0-9a-fA-F]{{2}}")
"""What a text has to hold for a run of digits to be in it."""
_DIGIT_RUN = re.compile(r"(?<!\w)(?:(?:[01]{8}[\s,]*){3,}|(?:(?:0x)?[0-9a-f]{2}[\s,:]*){4,})(?!\w)", re.I)
_FEW = 3
"""Coded passages up to which each is also read by itself."""
_READABLE = 0.35
"""Share of letters, digits and spaces: codes inside codes hold signs; what is decoded by mistake holds noise."""
_TELLING = 16
"""Characters from which on a blob that mixes capitals, small letters and digits is no word and no model number."""


def blobs(text: Traced) -> Iterator[tuple[str, Traced]]:
    """What is coded in base64, base32, hexadecimal or binary digits.

    Yields:
        ``base64`` or ``digits``, and the text with all such passages decoded in their places; before it, where they
        are few, each passage by itself.
    """
    for kind, found, decode in _BLOBS:
        pieces = _pieces(text.text, found, decode)
        if len(pieces) <= _FEW:  # who writes more of them gets them read in one go, or reading takes seconds
            yield from ((kind, text.decoded(*piece)) for piece in pieces)
        if pieces and text.text[slice(*pieces[0][:2])] != text.text.strip():
            yield kind, text.rewrite(pieces)


def coded(text: Traced) -> Iterator[tuple[int, int]]:
    """Stretches of the original that hold what :func:`blobs` would decode."""
    for _, found, decode in _BLOBS:
        yield from (text.covering(begin, end) for begin, end, _ in _pieces(text.text, found, decode))


def _pieces(
    text: str, found: Callable[[str], Iterator[re.Match[str]]], decode: Callable[[str], str | None]
) -> list[tuple[int, int, str]]:
    return [(*match.span(), plain) for match in found(text) if (plain := decode(match.group())) is not None]


def unreadable(text: Traced) -> Iterator[tuple[int, int]]:
    """Stretches of the original that look coded, and that nothing here decodes."""
    for match in _letters_coded(text.text):
        blob = match.group()
        if len(blob) >= _TELLING and (blob.endswith("=") or _is_mixed(blob)) and _from_letters(blob) is None:
            yield text.covering(match.start(), match.end())


def _is_mixed(blob: str) -> bool:
    return all(any(test(c) for c in blob) for test in (str.islower, str.isupper, str.isdigit))


def _letters_coded(text: str) -> Iterator[re.Match[str]]:
    return (_BLOB if "=" in text else _BLOB_WITHOUT_END).finditer(text)


def _digits_coded(text: str) -> Iterator[re.Match[str]]:
    return _DIGIT_RUN.finditer(text) if _PAIRS_OF_DIGITS.search(text) else iter(())


def _from_letters(blob: str) -> str | None:
    """The text in base64 or base32; None for an ordinary word, which passes for either but decodes to noise."""
    bare = blob.rstrip("=")
    standard = bare.replace("-", "+").replace("_", "/")
    decoded = _text_of(lambda: base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True))
    if decoded is None and bare.isupper():
        decoded = _text_of(lambda: base64.b32decode(bare + "=" * (-len(bare) % 8)))
    return decoded


def _from_digits(blob: str) -> str | None:
    digits = re.sub(r"0x|[\s,:]", "", blob, flags=re.IGNORECASE)
    if set(digits) <= {"0", "1"} and len(digits) % 8 == 0:
        return _text_of(lambda: int(digits, 2).to_bytes(len(digits) // 8))
    return _text_of(lambda: bytes.fromhex(digits))


def _text_of(decode: Callable[[], bytes]) -> str | None:
    try:
        decoded = decode().decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    shown = sum(unicodedata.category(c)[0] != "C" or unicodedata.category(c) == "Cf" for c in decoded)
    lettered = sum(c.isalnum() or c.isspace() or not c.isascii() for c in decoded)
    return decoded if shown == len(decoded) and lettered >= _READABLE * len(decoded) else None


_BLOBS: tuple[tuple[str, Callable[[str], Iterator[re.Match[str]]], Callable[[str], str | None]], ...] = (
    ("base64", _letters_coded, _from_letters),
    ("digits", _digits_coded, _from_digits),
)
