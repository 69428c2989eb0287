"""Look for the mark of one key in evidence: at the geometry of the original, under those it repeats under, then where
only its key shows it. Everything that was tried is in the p-value of what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from itertools import chain, groupby

import numpy as np

from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark import code, statistics
from touchmark.provenance.watermark.alignment import POLISHING, SHIFTS, Aligner, Alignment
from touchmark.provenance.watermark.codebook import Codebook, Expected
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import Lattice, Plane
from touchmark.provenance.watermark.measuring import Gauge
from touchmark.provenance.watermark.placement import EPOCH
from touchmark.provenance.watermark.protocol import (
    Detection,
    MarkState,
    NamedBy,
    Payload,
    Segment,
    Transform,
    WatermarkKey,
)
from touchmark.provenance.watermark.reading import Matched, Named, Reader, Reading, Sight
from touchmark.provenance.watermark.residual import Evidence, TimedEvidence, balanced, gather_apart, weighted
from touchmark.provenance.watermark.view import View

_NOMINAL = (Geometry(), Geometry(mirrored=True))
_TURNS_OF_HUE = (1, 2, 3)
_TRIED = 2
"""How many alignments of the geometries that are proposed are decoded, for each look."""
WORTH_READING = 5.0
"""Agreement (see Alignment) below which nothing is decoded: where a payload can be read it is some 9. By chance one
search in fifteen at the geometry of the original reaches it."""
_WORTH_FOLLOWING = 6.5
"""The same for the best of many geometries, which by chance comes close to it."""
_WORTH_READING_UNTOLD = 5.5
"""The same for the agreement of bits alone."""
_WORTH_POLISHING = 7.6
"""Agreement above which a geometry is made exact before it is given up. Of 301 copies, 40 of them turned, squeezed and
coded anew, three are read only so, all with more than 8; unmarked videos come to 7.5."""
_CROPS = np.exp(-np.arange(0.003, 0.66, 0.006)).tolist()
"""Sides of a part over those of the whole, as fine as the pattern tells scales apart."""
_CANDIDATES_READ = 16
"""How many messages are tried there."""
_CANDIDATES_WHERE_SEEN = 1024
"""How many where the mark is seen and no likeliest message verifies. Takes some time; unmarked videos are spared it."""
_CANDIDATES_BESIDE = 256
"""How many at a peak beside the key's own place, off which noise has moved it; that gets the thousand. Of eleven copies
that a list reads eight are read at that place, and sooner."""
_TOGETHER = 8
"""Minutes that are read together, at most."""
_MOST_DECODINGS = 48
_NAMED_LEVEL = 1e-9
"""Below this p-value a mark carries a payload that was named beforehand."""
_SECOND = 1.0
"""Longest stretch of a timeline, where the video can be gone through once more."""

Again = Callable[[], Iterable[Frame]]
"""Gives the pictures of a video once more."""


class Effort(IntEnum):
    """What is tried in a look, in this order."""

    UPRIGHT = 1
    """The geometry of the original, and its mirror image."""
    GEOMETRY = 2
    """Those as well under which the picture repeats."""
    ALL = 3
    """Those as well of a mark that is too faint to be found without its key."""


class Extraction:
    """One search for one key, with the account of everything that was tried."""

    def __init__(self, views: Sequence[View], key: WatermarkKey, gauge: Gauge, again: Again | None) -> None:
        lattice = Lattice.of(key)
        self._key = key
        self._again = again
        self._views = views
        self._whole = views[0]
        self._reader = Reader(lattice, key, gauge)
        self._aligner = Aligner(lattice, gauge)
        self._decodings = 0
        self._alignments = 0.0
        self._likeliest: list[tuple[Alignment, Evidence]] = []

    def detection(self, effort: Effort) -> Detection:
        """The first reading that verifies: as it came, or mirrored; then after a search for its geometry; at last where
        it is too faint to be found without its key."""
        for geometry in _NOMINAL:
            if reading := self._first(self._readings_at(geometry)):
                return self._verified(reading)
        if effort >= Effort.GEOMETRY and (reading := self._first(self._readings_repeating())):
            return self._verified(reading)
        if effort >= Effort.ALL and (reading := self._first(chain(self._readings_untold(), self._readings_cropped()))):
            return self._verified(reading)
        if reading := self._first(self._readings_listed()):
            return self._verified(reading)
        return self._present()

    @property
    def best(self) -> tuple[float, float]:
        """The best fit of all that was tried, as it came or mirrored, and elsewhere."""
        upright, elsewhere = (next((place.z for place, _ in self._best(moved=moved)), 0.0) for moved in (False, True))
        return upright, elsewhere

    def _best(self, *, moved: bool) -> list[tuple[Alignment, Evidence]]:
        """The likeliest place in each evidence that was looked at, likeliest first."""
        best: dict[int, tuple[Alignment, Evidence]] = {}
        for place, evidence in sorted(self._likeliest, key=lambda found: -found[0].z):
            if place.geometry.moves is moved:
                best.setdefault(id(evidence), (place, evidence))
        return list(best.values())

    def _readings_repeating(self) -> Iterator[Reading | None]:
        """As if the copy had been turned, scaled or squeezed as its pattern repeats."""
        for view in self._views:
            for minute in view.spread:
                aligned = self._aligner.aligned(view.evidence[minute], view.repetitions)
                self._alignments += SHIFTS * len(aligned)
                for place in aligned[:_TRIED]:
                    yield from self._readings_near(view, minute, place)

    def _readings_untold(self) -> Iterator[Reading | None]:
        """As if somebody had taken the template away, which all videos of a key share: by the bits alone."""
        for minute in self._whole.spread:
            evidence = self._whole.evidence[minute]
            ways = [*_NOMINAL, *(way for r in self._whole.repetitions[:1] for way in r.geometry.orientations())]
            for way in ways:
                place = self._aligner.shifted(evidence, way, template=False)
                self._alignments += place.compared
                if place.z > _WORTH_READING_UNTOLD:
                    yield self._listed(Sight(evidence, place.geometry), _CANDIDATES_READ, template=False)

    def _readings_cropped(self) -> Iterator[Reading | None]:
        """As if the copy were a part of the original, which is what copies mostly are: a mark too faint to be seen
        repeating may still be seen by its key, at one scale after the other."""
        for view in reversed(self._views):  # key frames, where they stand apart, first: they hold most of it
            for minute in view.spread:
                evidence = view.evidence[minute]
                places = [self._shifted(evidence, Geometry(scale_x=scale, scale_y=scale)) for scale in _CROPS]
                for place in sorted(places, key=lambda place: -place.z)[:_TRIED]:
                    yield from self._readings_near(view, minute, place)

    def _readings_listed(self) -> Iterator[Reading | None]:
        """Where the mark is seen, if it is seen, from more than the likeliest message: as it came and elsewhere, since
        the best of many places by chance looks better than a faint mark at the first; and in more than one view, since
        that in which its template is seen best need not hold the most of its bits."""
        for moved, least in ((False, _WORTH_FOLLOWING), (True, _WORTH_POLISHING)):
            for place, evidence in self._best(moved=moved)[:_TRIED]:
                if place.z > least:
                    counts = (_CANDIDATES_BESIDE, _CANDIDATES_WHERE_SEEN) if place.beside else (_CANDIDATES_WHERE_SEEN,)
                    ways = (place.geometry, *place.rivals)
                    for rank, way in enumerate(ways):
                        count = counts[rank] if rank < len(counts) else _CANDIDATES_READ
                        yield self._listed(Sight(evidence, way), count)

    def named(self, expected: Expected) -> Detection | None:
        """The payload of a mark that is too faint to be read by itself, where another source names it: the file, or
        else, where a mark seems to be, the registry."""
        return self._likeliest_of(NamedBy.FILE, self._by_file(expected.named)) or self._likeliest_of(
            NamedBy.REGISTRY, self._by_registry(expected.registered)
        )

    def _by_file(self, payloads: Sequence[Payload]) -> Iterator[tuple[Sight, Named, int]]:
        """Each where its mark may lie, and of how many tests that is one: where a mark may be seen, and at its best
        place in a whole and upright copy. Half of the account pays for either."""
        if not payloads:
            return
        yield from self._nearest(self._seen(), Codebook.of(payloads, self._key), 2)
        wholes = [
            Sight(view.evidence[minute], way) for view in self._views for minute in view.spread for way in _NOMINAL
        ]
        tests = 2 * len(payloads) * len(wholes) * self._aligner.places
        for payload in payloads:
            book, code_bits = Codebook.of([payload], self._key), code.encode(payload, self._key)
            for whole in wholes:
                for place in self._aligner.placed(self._reader.fits(whole, code_bits), whole.geometry):
                    sight = Sight(whole.evidence, place)
                    yield sight, self._reader.named(sight, book), tests

    def _by_registry(self, registered: Callable[[WatermarkKey], Codebook]) -> Iterator[tuple[Sight, Named, int]]:
        """The one of all that fits best, likewise, where a mark seems to be."""
        least = {False: WORTH_READING, True: _WORTH_POLISHING}
        seen = [(place, evidence) for place, evidence in self._seen() if place.z > least[place.geometry.moves]]
        if seen and len(book := registered(self._key)):
            yield from self._nearest(seen, book, 1)

    def _nearest(
        self, seen: Sequence[tuple[Alignment, Evidence]], book: Codebook, ways: int
    ) -> Iterator[tuple[Sight, Named, int]]:
        """The payload of ``book`` that fits best at each place and its rivals; they are one of ``ways`` of looking."""
        sights = [Sight(evidence, at) for place, evidence in seen for at in (place.geometry, *place.rivals)]
        yield from ((sight, self._reader.named(sight, book), ways * len(book) * len(sights)) for sight in sights)

    def _seen(self) -> list[tuple[Alignment, Evidence]]:
        """Where a mark may be seen."""
        return [*self._best(moved=False)[:_TRIED], *self._best(moved=True)[:_TRIED]]

    def _likeliest_of(self, by: NamedBy, tried: Iterable[tuple[Sight, Named, int]]) -> Detection | None:
        sources = len(NamedBy)  # each pays for the others as well
        found = [(statistics.paid_tail(named.log_p, sources * tests), sight, named) for sight, named, tests in tried]
        if not found:
            return None
        p_value, sight, named = min(found, key=lambda found: found[0])
        if p_value > _NAMED_LEVEL:
            return None
        return Detection(
            MarkState.VERIFIED,
            self._key.key_id,
            payload=named.payload,
            p_value=p_value,
            timeline=self._timeline(sight.geometry, self._reader.matched(sight, named.payload)),
            transform=_transform(sight.geometry),
            named_by=by,
        )

    def _listed(self, sight: Sight, candidates: int, *, template: bool = True) -> Reading:
        self._decodings += candidates
        return self._reader.read([sight], candidates, template=template)

    def _readings_at(self, geometry: Geometry) -> Iterator[Reading | None]:
        """At one geometry but for the shift: from the minute that fits best, then from several together."""
        for view in self._views:
            placed = [self._shifted(evidence, geometry) for evidence in view.evidence]
            order = sorted(range(len(placed)), key=lambda minute: -placed[minute].z)
            best = order[0]
            yield from self._readings_placed(view.evidence[best], placed[best])
            if len(order) > 1 and placed[best].z > WORTH_READING:
                yield self._read([Sight(view.evidence[at], placed[at].geometry) for at in order[:_TOGETHER]])
            shares = view.echoes(best).shares(geometry)
            yield from self._readings_placed(view.evidence[best], self._shifted(view.evidence[best], geometry, shares))
            if geometry == Geometry() or placed[best].z > WORTH_READING:
                yield self._read_best_frames(view.parts[best], placed[best].geometry)
            if (louder := balanced(view.minutes[best])) is not None:
                yield from self._readings_placed(louder, self._shifted(louder, geometry))
            yield from self._readings_recoloured(view.evidence[best], placed[best].geometry)

    def _shifted(self, evidence: Evidence, geometry: Geometry, *weights: Mapping[Plane, float]) -> Alignment:
        place = self._aligner.shifted(evidence, geometry, *weights)
        self._alignments += place.compared
        return place

    def _readings_near(self, view: View, minute: int, place: Alignment) -> Iterator[Reading | None]:
        """At a geometry that was found, then at what it becomes under polishing, if that is worth its time.

        Its rivals are not read: of 261 attacked copies, 187 of which can be read, none was from such a one.
        """
        evidence = view.evidence[minute]
        yield self._read_placed(evidence, place, _WORTH_FOLLOWING)
        if place.z > _WORTH_POLISHING:
            place = self._aligner.polished(evidence, place)
            self._alignments += POLISHING
            yield self._read_placed(evidence, place, _WORTH_FOLLOWING)
            yield self._read_best_frames(view.parts[minute], place.geometry)
        yield from self._readings_recoloured(evidence, place.geometry, _WORTH_FOLLOWING)

    def _read_placed(self, evidence: Evidence, place: Alignment, least: float = WORTH_READING) -> Reading | None:
        self._likeliest.append((place, evidence))
        return self._read([Sight(evidence, place.geometry)]) if place.z > least else None

    def _readings_placed(self, evidence: Evidence, place: Alignment) -> Iterator[Reading | None]:
        yield self._read_placed(evidence, place)
        if place.z > WORTH_READING:
            yield from (self._read([Sight(evidence, rival)]) for rival in place.rivals)

    def _readings_recoloured(
        self, evidence: Evidence, geometry: Geometry, least: float = WORTH_READING
    ) -> Iterator[Reading | None]:
        """As if the colours had been turned."""
        for quarters in _TURNS_OF_HUE:
            place = self._shifted(evidence, replace(geometry, hue=quarters))
            if place.z > least:
                yield self._read([Sight(evidence, place.geometry)])

    @staticmethod
    def _first(readings: Iterable[Reading | None]) -> Reading | None:
        return next((reading for reading in readings if reading and reading.payload is not None), None)

    def _read(self, sights: Sequence[Sight]) -> Reading | None:
        if self._decodings >= _MOST_DECODINGS:
            return None
        self._decodings += 1
        return self._reader.read(sights)

    def _read_best_frames(self, stretches: Sequence[TimedEvidence], geometry: Geometry) -> Reading | None:
        """Read again, and trust each stretch of time as far as the template is seen in it.

        A coder keeps the pattern in key frames and, where the picture moves, lets it move along until the next;
        and of a spliced video only a part is marked. Without a mark the weights are chance, and harmless: the waves
        that carry the payload have no say in them.
        """
        weights = [max(0.0, self._reader.template(Sight(s.evidence, geometry))[0].z) ** 2 for s in stretches]
        if len(weights) < 2 or not any(weights):
            return None
        return self._read([Sight(weighted(stretches, weights), geometry)])

    def _verified(self, reading: Reading) -> Detection:
        return Detection(
            MarkState.VERIFIED,
            self._key.key_id,
            payload=reading.payload,
            p_value=statistics.exact_verified_tail(
                reading.fit.log_p, self._decodings, self._alignments, reading.sights
            ),
            timeline=self._timeline(reading.geometry, reading.matched),
            transform=_transform(reading.geometry),
        )

    def _present(self) -> Detection:
        """Whether the template is there at the likeliest of all places that were looked at."""
        place, evidence = max(self._likeliest, key=lambda found: found[0].z)
        sight = Sight(evidence, place.geometry)
        fit, matched = self._reader.template(sight)
        if statistics.is_chance(fit.z, self._alignments):
            return Detection(MarkState.NOTHING_FOUND, self._key.key_id)
        p_value = statistics.exact_tail(fit.amplitudes, fit.z, tests=self._alignments)
        if p_value >= statistics.PRESENCE_LEVEL:
            return Detection(MarkState.NOTHING_FOUND, self._key.key_id)
        return Detection(
            MarkState.PRESENT,
            self._key.key_id,
            p_value=p_value,
            timeline=self._timeline(sight.geometry, matched),
            transform=_transform(sight.geometry),
        )

    def _timeline(self, geometry: Geometry, matched: Matched) -> tuple[Segment, ...]:
        """P-values of single seconds, or of what lies between one picture that was looked at and the next."""
        minutes: Iterable[Sequence[TimedEvidence]] = self._whole.minutes
        if self._again is not None and self._whole.length > _SECOND:
            minutes = gather_apart(self._again(), EPOCH)
        found = [second for minute in minutes for second in self._seconds(minute, geometry, matched)]
        ends = [*(second.start for second in found[1:]), *(second.end for second in found[-1:])]
        return tuple(replace(second, end=end) for second, end in zip(found, ends, strict=True))

    def _seconds(self, minute: Sequence[TimedEvidence], geometry: Geometry, matched: Matched) -> Iterator[Segment]:
        """Of one minute, in which the pattern stays where it is."""
        place = self._reader.replaced(Sight(weighted(minute), geometry), matched).geometry
        length = minute[0].length
        by_second = max(1, round(_SECOND / length))
        for number, members in groupby(minute, key=lambda s: round(s.start / length) // by_second):
            fit = matched.fit(self._reader.held(Sight(weighted(list(members)), place)))
            p_value = statistics.exact_tail(fit.amplitudes, fit.z, tests=self._alignments)
            start, end = number * by_second * length, (number + 1) * by_second * length
            yield Segment(start, min(end, minute[-1].end), p_value)


def _transform(geometry: Geometry) -> Transform:
    """What the geometry says about the copy, for an original with the same short side."""
    return Transform(
        scale_x=1 / geometry.scale_x,
        scale_y=1 / geometry.scale_y,
        rotation=0.0 - geometry.degrees,  # and no -0.0
        mirrored=geometry.mirrored,
    )
