"""Another reading of a text folded for names, at the cost of what is different in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter

from touchmark.safety.figures.forms import Edit, Folded, fold, is_seam
from touchmark.safety.figures.places import Place
from touchmark.safety.repeats import Difference, differences


def refolded(text: str, other: str, known: Folded) -> tuple[Folded, list[Place]]:
    """A text folded, and what in the folded text is new.

    Args:
        text: as :func:`fold` takes it.
        other: a text that is much like it.
        known: that text folded.
    """
    parts: list[str] = []
    edits: list[Edit] = []
    new: list[Place] = []
    done = place = 0  # in the other text, and in what has been folded
    for passage in (*_between_seams(text, differences(text, other)), None):
        until = passage.other_begin if passage else len(other)
        begin, end = known.place(done), known.place(until)
        moved = (passage.begin if passage else len(text)) - until
        parts.append(known.text[begin:end])
        edits += _edited(known.edits, (done, until), moved, place - begin)
        place += end - begin
        if passage is None:
            break
        folded = fold(text[passage.begin : passage.end])
        parts.append(folded.text)
        edits += _edited(folded.edits, (0, passage.end), passage.begin, place)
        done = passage.other_end
        changed = differences(folded.text, known.text[end : known.place(done)])
        new += [(place + difference.begin, place + difference.end) for difference in changed]
        place += len(folded.text)
    return Folded("".join(parts), tuple(edits)), new


def _between_seams(text: str, changed: Sequence[Difference]) -> list[Difference]:
    """The differences, widened until what lies between them folds as it did in the other text."""
    passages: list[Difference] = []
    for begin, end, other_begin, other_end in changed:
        before, behind = begin - other_begin, end - other_end
        floor = passages[-1].end if passages else 0
        start, stop = begin - 1, end + 1
        while start > floor and not is_seam(text, start):
            start -= 1
        while stop < len(text) and not is_seam(text, stop):
            stop += 1
        start, stop = max(start, 0), min(stop, len(text))
        if passages and start <= floor:
            last = passages.pop()
            passages.append(Difference(last.begin, stop, last.other_begin, stop - behind))
        else:
            passages.append(Difference(start, stop, start - before, stop - behind))
    return passages


def _edited(edits: Sequence[Edit], within: Place, moved: int, moved_place: int) -> Sequence[Edit]:
    """The edits of a stretch, where the stretch has moved to."""
    first = bisect_left(edits, within[0], key=attrgetter("begin"))
    last = bisect_right(edits, within[1], key=attrgetter("end"))
    if not moved and not moved_place:
        return edits[first:last]
    return [Edit(edit[0] + moved, edit[1] + moved, edit[2] + moved_place, edit[3]) for edit in edits[first:last]]
