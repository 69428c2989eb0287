"""The readings of a prompt as names are searched for in them: folded, and each with the part of it that is new."""

from __future__ import annotations

from dataclasses import dataclass

from touchmark.safety.canonical import CanonicalText, View, ViewKind
from touchmark.safety.figures.forms import Folded, fold
from touchmark.safety.figures.refolding import refolded
from touchmark.safety.figures.repeats import NewPart, new_part, whole
from touchmark.safety.repeats import likest, unshared

MISSPELT_IN = (ViewKind.PLAIN, ViewKind.UNMASKED)
"""A slip in text that was itself guessed would be a guess upon a guess."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A view as it is searched."""

    view: View
    folded: Folded
    part: NewPart

    @property
    def searched(self) -> str:
        """The stretch that is searched."""
        return self.folded.text[self.part.begin : self.part.end]


def readings_of(text: CanonicalText) -> list[Reading]:
    """The views as they are searched, but for those that say what one before them does."""
    readings: list[Reading] = []
    searched: dict[str, Folded] = {}
    for view in text.views:
        misspelt = view.kind in MISSPELT_IN
        if not searched:
            folded = fold(view.text)
            part = whole(folded.text)
        else:
            nearest = [*searched][likest(view.text, [*searched])]
            if misspelt:
                folded, new = refolded(view.text, nearest, searched[nearest])
            else:
                folded = fold(view.text)
                new = [unshared(folded.text, searched[nearest].text)]
            if not new or folded.text in [known.text for known in searched.values()]:
                continue
            part = new_part(folded.text, new)
        readings.append(Reading(view, folded, part))
        if misspelt:
            searched[view.text] = folded
    return readings
