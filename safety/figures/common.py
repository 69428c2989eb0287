"""Names that are words of everyday prompts: whoever adds "the" or "cat" to a list stops prompts, and nobody's likeness.

How often a name would be found is counted, not guessed: in the harmless prompts of fifteen languages that ship with
the classifier (``classifier/written``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from touchmark.safety.automaton import Automaton
from touchmark.safety.figures.forms import folded_name, is_whole

_MOST = 0.005
"""Share of the harmless prompts of a language that a name may stand in. "Prince" and "Pink" stand in fewer."""
_LONGEST = 12
"""Letters of the longest name that is looked for; longer words stand in too few prompts."""

_PROMPTS = 4_000
"""Of each language, at most."""


def common_in(name: str) -> tuple[str, ...]:
    """The languages (ISO 639-1) in which a name is so common a word, or stretch of words, that it means nobody.

    The first call in a process takes seconds, for the prompts are read then.
    """
    form = folded_name(name)
    if len(form) > _LONGEST:
        return ()
    return tuple(
        language
        for language, texts in _prompts().items()
        if sum(_stands_in(form, text) for text in texts) > _MOST * len(texts)
    )


def common_among(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of many names, those that :func:`common_in` takes for common, each with its languages; in one pass for all.

    Some 1.4 million characters are searched, however many the names are.
    """
    forms: dict[str, list[str]] = {}
    for name in names:
        form = folded_name(name)
        if 0 < len(form) <= _LONGEST:
            forms.setdefault(form, []).append(name)
    if not forms:
        return {}
    search = Automaton({form: form for form in forms})
    found: dict[str, list[str]] = {}
    for language, texts in _prompts().items():
        standing = Counter(
            form
            for text in texts
            for form in {form for start, end, form in search.find(text) if is_whole(text, start, end)}
        )
        for form, count in standing.items():
            if count > _MOST * len(texts):
                found.setdefault(form, []).append(language)
    return {name: tuple(languages) for form, languages in found.items() for name in forms[form]}


def _stands_in(form: str, text: str) -> bool:
    return any(is_whole(text, place, place + len(form)) for place in _places(form, text))


def _places(form: str, text: str) -> Iterator[int]:
    place = text.find(form)
    while place >= 0:
        yield place
        place = text.find(form, place + 1)


@cache
def _prompts() -> dict[str, Sequence[str]]:
    """Harmless prompts, folded, by language: some thousands of each."""
    from touchmark.safety.classifier import written

    found: dict[str, list[str]] = {}
    for row in written.rows():
        if row.category is None:
            found.setdefault(row.language, []).append(row.text)
    return {
        language: [folded_name(text) for text in texts[:: 1 + len(texts) // _PROMPTS]]
        for language, texts in found.items()
    }
