"""Animals that bear somebody's name: of "a parrot named Obama" a video shows a parrot.

Only a name of one word is let go in this way. Who writes out "a dog named Elon Musk" may be after the face.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from touchmark.safety.figures.forms import folded_name
from touchmark.safety.figures.places import Place

_LONGEST = 40
"""Characters beside a name that are looked at."""


class Namesakes:
    """What beside a name says that an animal bears it.

    Args:
        animals: words for them.
        named_before: what stands between an animal and its name ("named", "по имени").
        named_after: what stands between a name and the animal ("という名前の", "adlı").
    """

    def __init__(self, animals: Iterable[str], named_before: Iterable[str], named_after: Iterable[str]) -> None:
        kinds = _any_of(animals)
        self._before = re.compile(rf"(?:{kinds}) ?(?:{_any_of(named_before)}) ?\Z")
        self._after = re.compile(rf" ?(?:{_any_of(named_after)}) ?(?:{kinds})")

    def bear(self, text: str, place: Place) -> bool:
        """Whether an animal bears the name at this place of a folded text."""
        start, end = place
        if " " in text[start:end]:
            return False
        return (
            self._before.search(text, max(0, start - _LONGEST), start) is not None
            or self._after.match(text, end, end + _LONGEST) is not None
        )


def _any_of(words: Iterable[str]) -> str:
    """A pattern of folded words, the longest first; of nothing, if there are none."""
    folded = sorted({folded_name(word) for word in words}, key=lambda word: (-len(word), word))
    return "|".join(map(re.escape, folded)) or "(?!)"
