"""Disguised letters undone: look-alikes, digits for letters, badges, and letters spaced, dotted, doubled or drawn out.

Only where the disguise shows: a Cyrillic letter inside a Latin word, a digit inside a word, single letters in a row.
Honest text comes back as it was.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from string import ascii_lowercase

import numpy as np

from touchmark.safety.traced import Traced

_REST_OF_WORD = re.compile(r"[^\W_]*")
_MASK = re.compile(r"[0-9_@$!|+(€£]")
_MASKED_TOKEN = re.compile(r"[\w@$!|+(€£]+", re.ASCII)
_MEASURE = re.compile(r"[0-9]+(?:x[0-9]+|h[0-9]*|k|d|p|s|x|th|st|nd|rd|fps|mm|cm|m|km|kg|mph|px|am|pm|ft|in)", re.ASCII)
"""What people write with digits and mean: 8k, 3d, 1080p, 60fps, 35mm, 4x4, 8h30."""
_GAP = r"[\s!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u2bff\u3000-\u303f\U0001f000-\U0001f12f\U0001f200-\U0001faff]"
_LETTER = r"(?:[^\W_]|(?<=[\s.])[@$](?=[\s.]))"
_SPACED_LETTERS = re.compile(rf"(?<![^\W_]){_LETTER}(?:{_GAP}{{1,4}}{_LETTER}(?![^\W_])){{2,}}")
_PARTICLE = r"(?:[이가은는을를의와과도에로께랑]|에게|에서|에는|으로|께서|한테|이랑|처럼|부터|까지)(?![^\W_])"
_SPACED_HANGUL = re.compile(
    rf"(?<![^\W_])[\uac00-\ud7a3](?:{_GAP}{{1,4}}[\uac00-\ud7a3](?![^\W_]))+{_GAP}{{1,4}}[\uac00-\ud7a3](?={_PARTICLE})"
)
"""Syllables in a row with a particle written onto the last, as Korean writes it."""
_SYLLABLE_WITH_PARTICLE = re.compile(rf"[\uac00-\ud7a3]{_GAP}{{1,4}}[\uac00-\ud7a3]{_PARTICLE}")
_LETTERS_APART = re.compile(rf"{_GAP}(?:[^\W_]|[@$]){_GAP}{{1,4}}(?:[^\W_]|[@$])(?![^\W_])")
"""How letters in a row end. What begins with a set of characters is found many times faster than what begins with a
look behind; so all that is rare here is asked for in that way, at least first."""
_SIGN_OF_SCRIPT = f"[{''.join(c for c in map(chr, range(0x0900, 0x1000)) if unicodedata.category(c)[0] == 'M')}]"
"""Vowel signs and tone marks from Devanagari to Tibetan, Thai among them, which no letter is one character with."""
_SIGNS_OF_SCRIPT = re.compile(_SIGN_OF_SCRIPT)
_CLUSTER = (
    rf"(?:[^\W_]{_SIGN_OF_SCRIPT}*|{_SIGN_OF_SCRIPT}+)(?:(?<=\u0e4d)\u0e32)?"  # Thai "am", one character as typed
)
_SPACED_CLUSTERS = re.compile(
    rf"(?<![^\W_])(?<!{_SIGN_OF_SCRIPT}){_CLUSTER}(?:{_GAP}{{1,4}}{_CLUSTER}(?![^\W_]|{_SIGN_OF_SCRIPT})){{2,}}"
)
"""Letters with their signs, or signs by themselves, in a row."""
_SIGN_ALONE = re.compile(rf"{_GAP}{_SIGN_OF_SCRIPT}")
_MOST_SHORT_WORDS = 4
"""Gaps from which on letters with their signs are no words: Hindi has many of one letter, and writes three in a row."""
_SEPARATOR = re.compile(rf"{_GAP}+")
_SIGNS = r"[\s\-_*•~/|,.·]"
_IDEOGRAPH = r"[\u3040-\u30ff\u3400-\u9fff]"
_STOP = r"(?=[^,.·]{0,2}[,.·])[\s\-_*•~/|,.·]{1,3}"
_SPACED_IDEOGRAPHS = re.compile(
    rf"(?<={_IDEOGRAPH})(?:[\s\-_*•~/|]{{1,3}}|(?<!{_IDEOGRAPH}{{2}}){_STOP}|{_STOP}(?!{_IDEOGRAPH}{{2}})"
    rf"|(?<!{_IDEOGRAPH}{{3}}){_STOP}(?!{_IDEOGRAPH}{{3}}))(?={_IDEOGRAPH})"
)
"""A stop parts clauses: it is a disguise where a character stands alone beside it, or at most two on each side."""
_BEHIND_IDEOGRAPH = re.compile(rf"{_SIGNS}(?<={_IDEOGRAPH}.)", re.DOTALL)
"""Where one may be."""
_UNDERSCORES = re.compile(r"_(?<=[^\W_]_)_*(?=[^\W_])")
_JOINED_WORDS = re.compile(r"[_.+/\-](?<=[^\W_].)[_.+/\-]*(?=[^\W_])")
_LATIN_WORD = re.compile("[a-z]+")
_LATIN = re.compile("[a-z]")
_RUN = re.compile(r"([a-z])\1+")
_LONG_RUN = re.compile(r"([a-z])\1{2,}")
_DOUBLED_WORD = re.compile(r"\b(?:([a-z])\1){3,}\b")

_LEET = str.maketrans("0123456789@$!|+(€£", "oizeasgtbgasiltcel")
_STROKES: tuple[dict[int, int], ...] = ({}, str.maketrans("1!|", "lli"))
"""A stroke may stand for either letter."""
_THROUGHOUT = 0.4
"""Share of words with digits for letters from which on the numbers of a text are words too: "h0w 70 m4k3 4 ..."."""
_PUNCTUATION = "!+|$("
"""At the end of a word these are what they are."""
_LOOKS: dict[str, str] = {
    "a": "аαɑꓮᎪ", "b": "вьβƅꓐᏴ", "c": "сϲƈꓚᏟⲥ", "d": "ԁɗꓓᎠ", "e": "еёєεɛꓰᎬ", "f": "ƒꓝ", "g": "ɡɠցꓖ",
    "h": "һнɦհꓧᎻ", "i": "іιɩɨꓲⲓ", "j": "јʝꓙᎫ", "k": "кκƙꓗᏦⲕ", "l": "ӏɭꓡᏞ", "m": "мɱꓟᎷ", "n": "пηɲոꓠ",
    "o": "оοσօɵꓳⲟ", "p": "рρքƥꓑᏢⲣ", "q": "ԛɋ", "r": "гɼꓣ", "s": "ѕʂꓢᏚ", "t": "тτƭꓔᎢ", "u": "μυսꓴ",
    "v": "νʋꓦᏙ", "w": "ԝωաꓪᎳ", "x": "хχꓫⲭ", "y": "уγꓬᎩ", "z": "ƶꓜᏃ",
}  # fmt: skip
"""Letters of other scripts that look like a Latin one, after case folding (Unicode TR 39; the ones in use)."""
_LOOK_ALIKES = {ord(look): letter for letter, looks in _LOOKS.items() for look in looks}
_LOOK_ALIKE = re.compile(f"[{''.join(_LOOKS.values())}]")
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
_BADGE = re.compile(f"[\U0001f130-\U0001f1ff{''.join(_SMALL_CAPITALS)}]")
_BADGES = ((0x1F130, 26), (0x1F150, 26), (0x1F170, 26), (0x1F1E6, 26))
"""Squared, circled and regional-indicator capitals, A first, that NFKC leaves as they are."""


def unmasked(plain: Traced) -> Iterator[Traced]:
    """The readings of a folded text with its disguises undone, the likeliest first; more than one where they differ."""
    text = plain if plain.text.isascii() else plain.sub(_BADGE, lambda m: _badge_letter(m.group()))
    if _SIGNS_OF_SCRIPT.search(text.text):
        text = text.rewrite(_gaps_between_letters(_spaced_clusters(text.text)))
    if not text.text.isascii() and _SYLLABLE_WITH_PARTICLE.search(text.text):
        text = text.rewrite(_gaps_between_letters(_SPACED_HANGUL.finditer(text.text)))
    if _LETTERS_APART.search(text.text):
        text = text.rewrite(_gaps_between_letters(_SPACED_LETTERS.finditer(text.text)))
    if not text.text.isascii():
        text = text.rewrite(_gaps_between_ideographs(text.text))
        if _LATIN.search(text.text) and _LOOK_ALIKE.search(text.text):
            text = text.rewrite(_skeletons(text.text))
    for reading in _spelt(text):
        apart = _spaceless_words_apart(reading)
        drawn_out, doubled = _repeats(apart.text)
        if not drawn_out or not _LONG_RUN.search(apart.text):
            yield apart.sub(_DOUBLED_WORD, _halved) if doubled else apart
            continue
        # "poooorn" has one of each; "balloooot" two of what is not drawn out; "seeee", from "see", two of what is
        words = _drawn_out(apart.text)
        yield _unstretched(apart, words, _RUN, r"\1").sub(_DOUBLED_WORD, _halved)
        yield _unstretched(apart, words, _LONG_RUN, r"\1")
        yield _unstretched(apart, words, _RUN, r"\1\1")


def _repeats(text: str) -> tuple[bool, bool]:
    """Whether a character stands three times in a row, and whether three in a row stand twice each."""
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    twice = letters[1:] == letters[:-1]
    return bool((twice[1:] & twice[:-1]).any()), bool((twice[:-4] & twice[2:-2] & twice[4:]).any())


def _spelt(text: Traced) -> Iterable[Traced]:
    """Digits and signs for letters undone; two readings where a stroke may be either of two letters."""
    if not _MASK.search(text.text):
        return (text,)
    tokens = _MASKED_TOKEN.findall(text.text)
    masked = sum([len(token) > 2 and _is_leet(token) for token in tokens if not token.isalpha()])
    if not masked:
        return (text,)
    throughout = masked >= _THROUGHOUT * len(tokens) and masked > 2
    found = [match for match in _MASKED_TOKEN.finditer(text.text) if not match.group().isalpha()]
    readings = (
        text.rewrite([(*m.span(), new) for m in found if (new := _unleet(strokes, throughout, m.group())) != m.group()])
        for strokes in _STROKES
    )
    return {reading.text: reading for reading in readings}.values()


def _spaceless_words_apart(text: Traced) -> Traced:
    """A space where a sign stands for one: an underscore between words, or any sign in a text without spaces."""
    signs = _UNDERSCORES if any(map(str.isspace, text.text.strip())) else _JOINED_WORDS
    return text.sub(signs, lambda _: " ")


def _drawn_out(text: str) -> list[tuple[int, int]]:
    """The Latin words that hold a run of one letter that is too long for a word, half open."""
    words: list[tuple[int, int]] = []
    for run in _LONG_RUN.finditer(text):
        if words and run.start() < words[-1][1]:
            continue
        word = _LATIN_WORD.match(text, len(text[: run.start()].rstrip(ascii_lowercase)))
        if word is not None:
            words.append(word.span())
    return words


def _unstretched(text: Traced, words: Iterable[tuple[int, int]], run: re.Pattern[str], letters: str) -> Traced:
    """A text with each run of one letter in these words as ``letters``."""
    return text.rewrite([(begin, end, run.sub(letters, text.text[begin:end])) for begin, end in words])


def _halved(word: re.Match[str]) -> str:
    return word.group()[::2]


def _badge_letter(character: str) -> str:
    for first, count in _BADGES:
        if first <= ord(character) < first + count:
            return chr(ord("a") + ord(character) - first)
    return _SMALL_CAPITALS.get(character, character)


def _spaced_clusters(text: str) -> Iterator[re.Match[str]]:
    for run in _SPACED_CLUSTERS.finditer(text):
        gaps = len(_SEPARATOR.findall(run.group()))
        if gaps >= _MOST_SHORT_WORDS or _SIGN_ALONE.search(run.group()):
            yield run


def _gaps_between_letters(runs: Iterable[re.Match[str]]) -> Iterator[tuple[int, int, str]]:
    """``a n.a.k.e.d c a t`` to ``a naked cat``: a gap unlike or wider than the others is one between words."""
    for run in runs:
        gaps = [(m.start(), m.end(), m.group()) for m in _SEPARATOR.finditer(run.string, run.start(), run.end())]
        narrow = min(end - begin for begin, end, _ in gaps)
        spaced_by_space = 2 * sum(gap.isspace() for _, _, gap in gaps) > len(gaps)
        for begin, end, gap in gaps:
            if end - begin == narrow and gap.isspace() == spaced_by_space:
                yield begin, end, ""


def _gaps_between_ideographs(text: str) -> Iterator[tuple[int, int, str]]:
    done = 0
    for place in _BEHIND_IDEOGRAPH.finditer(text):
        if place.start() >= done and (gap := _SPACED_IDEOGRAPHS.match(text, place.start())):
            yield *gap.span(), ""
            done = gap.end()


def _skeletons(text: str) -> Iterator[tuple[int, int, str]]:
    """Latin looks of tokens that mix Latin with another script, or that only look Latin among Latin words."""
    mostly_latin: bool | None = None
    done = 0
    for begin, end in _words_with(_LOOK_ALIKE, text):
        done = end
        token = text[begin:end]
        is_foreign = _LATIN.search(token) is None
        if is_foreign and mostly_latin is None:
            mostly_latin = _is_mostly_latin(text)
        if is_foreign and not mostly_latin:
            break  # Russian is full of such words, and of what is left only mixed ones count
        looks = token.translate(_LOOK_ALIKES)
        if looks.isascii() or not is_foreign:
            yield begin, end, looks
    else:
        return
    for begin, end in _words_with(_LATIN_WORD, text, done):
        if _LOOK_ALIKE.search(text, begin, end):
            yield begin, end, text[begin:end].translate(_LOOK_ALIKES)


def _words_with(sign: re.Pattern[str], text: str, done: int = 0) -> Iterator[tuple[int, int]]:
    """The words of letters and digits that hold a sign, half open, from the end of a word on."""
    for found in sign.finditer(text, done):
        begin, end = found.span()
        if begin < done:
            continue
        while begin and text[begin - 1].isalnum():
            begin -= 1
        rest = _REST_OF_WORD.match(text, end)
        done = rest.end() if rest else end
        yield begin, done


def _is_mostly_latin(text: str) -> bool:
    """Whether more letters are Latin than of other scripts, those aside that look Latin."""
    letters = [(letter, count) for letter, count in Counter(text).items() if letter.isalpha()]
    latin = sum(count for letter, count in letters if letter.isascii())
    foreign = sum(count for letter, count in letters if not letter.isascii() and ord(letter) not in _LOOK_ALIKES)
    return latin > foreign


def _is_leet(token: str) -> bool:
    core = token.rstrip(_PUNCTUATION)
    return not core.isalpha() and _LATIN_WORD.search(core) is not None and not _MEASURE.fullmatch(core)


def _unleet(strokes: dict[int, int], throughout: bool, token: str) -> str:
    if not _is_leet(token) and not (throughout and (token.isdigit() or _MEASURE.fullmatch(token))):
        return token
    core = token.rstrip(_PUNCTUATION)
    return core.translate(strokes).translate(_LEET) + token[len(core) :]
