"""Names that are words of everyday prompts: whoever adds "the" or "cat" to a list stops prompts, and nobody's likeness.

How often a name would be found is counted, not guessed: in the harmless prompts of fifteen languages that ship with
the classifier (``classifier/written``). An article before a word makes it no rarer: "the dog" is as common as "dog".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from touchmark.safety.automaton import Automaton
from touchmark.safety.figures.forms import folded_name, is_whole

_MOST = 0.0052
"""Share of the harmless prompts of a language that a name may stand in. "Prince" and "Pink" stand in fewer."""
_MOST_BEHIND_ARTICLE = 0.006
"""As much for the word behind an article: who writes "the Game" rather means a name than who writes "game"."""
_LONGEST = 12
"""Letters of the longest name that is looked for; longer words stand in too few prompts."""

_PROMPTS = 4_000
"""Of each language, at most."""


_ARTICLES = {
    "de": "der die das den dem ein eine",
    "en": "a an the",
    "es": "el la los las un una",
    "fr": "le la les un une des",
    "pt": "o a os as um uma",
}
"""Of the languages that write it before the word and apart from it."""
_ARTICLED = {(language, word) for language, words in _ARTICLES.items() for word in words.split()}


def common_among(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of these names, those that are so common a word, or stretch of words, that they mean nobody.

    The first call in a process takes seconds, for the prompts are read then. They are searched once, however many the
    names are: some 1.4 million characters.

    Returns:
        each with the languages (ISO 639-1) in which it is.
    """
    forms = {name: folded_name(name) for name in names}
    bare = {form: form.partition(" ")[2] for form in forms.values()}
    common = _common({form for form in (*bare, *bare.values()) if 0 < len(form) <= _LONGEST})
    if not common:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for name, form in forms.items():
        article = form.partition(" ")[0]
        without = (
            language
            for language, share in common.get(bare[form], {}).items()
            if (language, article) in _ARTICLED and share > _MOST_BEHIND_ARTICLE
        )
        if languages := dict.fromkeys((*common.get(form, ()), *without)):
            found[name] = tuple(languages)
    return found


def _common(forms: Collection[str]) -> dict[str, dict[str, float]]:
    """Of these forms, those that stand in too many prompts of a language; each with their share by language."""
    if not forms:
        return {}
    search = Automaton({form: form for form in forms})
    found: dict[str, dict[str, float]] = {}
    for language, texts in _prompts().items():
        standing = Counter(
            form
            for text in texts
            for form in {form for start, end, form in search.find(text) if is_whole(text, start, end)}
        )
        for form, count in standing.items():
            if count > _MOST * len(texts):
                found.setdefault(form, {})[language] = count / len(texts)
    return found


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
