"""The invisible picture mark of touchmark: embedding and extraction.

    mark = LatticeWatermark()
    marked = mark.embed(video.frames, payload, key)     # lazily; hand it to the encoder
    ...
    with open_video(copy) as reader:
        detection = mark.extract(reader.frames(), key)
    detection.payload, detection.p_value, detection.timeline

A keyed spread-spectrum pattern in luma and chroma (:mod:`lattice`), kept out of sight by :mod:`masking`, protected by
:mod:`code`, found again in scaled, cropped, slightly turned and mirrored copies by :mod:`synchronise`, and judged by
:mod:`statistics`. It needs no model and no GPU; only a holder of the key can read a mark, or write one that verifies.

What it is not: it does not prove that a video is authentic, its absence proves nothing, and a holder of the key can
remove or forge it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark import code, statistics, synchronise
from touchmark.provenance.watermark.alignment import Aligner, alignment_tests
from touchmark.provenance.watermark.lattice import Lattice
from touchmark.provenance.watermark.painter import Painter
from touchmark.provenance.watermark.protocol import (
    Detection,
    MarkState,
    Payload,
    Segment,
    Transform,
    WatermarkKey,
)
from touchmark.provenance.watermark.reading import Matched, Reader, Reading
from touchmark.provenance.watermark.repetition import repetitions
from touchmark.provenance.watermark.residual import Evidence, TimedEvidence, gather, weighted
from touchmark.provenance.watermark.synchronise import Alignment, Geometry, TemplateFinder

SMALLEST_SIDE = 128
"""Fewest pixels on the short side of a picture that can be marked."""

_NOMINAL = (Geometry(), Geometry(mirrored=True))
_WORTH_READING = 5.5
"""A geometry from the search of the template, which fits worse than this, is not decoded."""
_REPETITIONS = 3
_TRIED = 3
"""How many geometries are proposed without the key, and how many of their alignments are decoded."""
_MOST_DECODINGS = 24


class PictureTooSmallError(TouchmarkError):
    """The picture has too few pixels to hold a mark."""

    code: ClassVar[str] = "watermark.picture_too_small"
    exit_status: ClassVar[int] = 70


class LatticeWatermark:
    """Implements :class:`touchmark.provenance.watermark.protocol.Watermark`. Stateless; any thread may use it."""

    @property
    def algorithm(self) -> str:
        """Name in the soft-binding assertion; a change that old readers cannot follow gets a new number."""
        return "io.touchmark.video.lattice.1"

    def embed(self, frames: Iterable[Frame], payload: Payload, key: WatermarkKey) -> Iterator[Frame]:
        """Mark frames one by one as they are drawn; same count, size and times.

        Raises:
            PictureTooSmallError: when a frame has under SMALLEST_SIDE pixels on its short side.
        """
        lattice = Lattice.of(key)
        code_bits = code.encode(payload, key)
        painter: Painter | None = None
        for frame in frames:
            height, width = frame.size
            if painter is None or painter.size != (height, width):
                if min(height, width) < SMALLEST_SIDE:
                    raise PictureTooSmallError(
                        f"a picture of {width}x{height} pixels is too small to carry the invisible mark",
                        remedy=f"Make the video at least {SMALLEST_SIDE} pixels on its short side.",
                    )
                painter = Painter(lattice, code_bits, height, width)
            yield Frame(painter.paint(frame.planes), frame.time)

    def extract(self, frames: Iterable[Frame], key: WatermarkKey) -> Detection:
        """Look for a mark of ``key`` in any copy, in a few frames a second. Never raises for want of a mark."""
        stretches = gather(frames)
        if not stretches:
            return Detection(MarkState.NOTHING_FOUND, key.key_id)
        return _Extraction(stretches, key).detection()


class _Extraction:
    """One search for one key, with the account of everything that was tried."""

    def __init__(self, stretches: Sequence[TimedEvidence], key: WatermarkKey) -> None:
        lattice = Lattice.of(key)
        self._key = key
        self._stretches = stretches
        self._whole = weighted(stretches)
        self._lattice = lattice
        self._reader = Reader(lattice, key)
        self._decodings = 0
        self._alignments = 0.0

    def detection(self) -> Detection:
        """The first reading that verifies: as it came, then by the frames that hold most, then after a search."""
        if reading := self._first(self._read(geometry) for geometry in _NOMINAL):
            return self._verified(reading)
        if reading := self._first(self._read_best_frames(geometry) for geometry in _NOMINAL):
            return self._verified(reading)
        fit = max((self._template_fit(geometry) for geometry in _NOMINAL), key=lambda fit: fit.z)
        tests = float(len(_NOMINAL))
        if statistics.tail(fit.z, tests) < statistics.PRESENCE_LEVEL:
            return self._present(fit, tests)
        aligner = Aligner(self._lattice)
        for evidence in self._views():
            aligned = aligner.aligned(evidence, repetitions(evidence, _REPETITIONS))[:_TRIED]
            places = [alignment.geometry for alignment in aligned]
            self._alignments += alignment_tests(_REPETITIONS)
            if reading := self._first(self._read_both_ways(evidence, places)):
                return self._verified(reading)
            fit = max(fit, *(self._template_fit(place) for place in places), key=lambda fit: fit.z)
        tests += self._alignments
        if statistics.tail(fit.z, tests) < statistics.PRESENCE_LEVEL:
            return self._present(fit, tests)
        tests += synchronise.TESTS
        self._alignments += synchronise.TESTS
        for found in TemplateFinder(self._lattice).search(self._whole):
            fit = max(fit, found, key=lambda fit: fit.z)
            if found.z < _WORTH_READING:
                break
            if reading := self._first(self._read_both_ways(self._whole, self._likeliest_places(found.geometry))):
                return self._verified(reading)
        return self._present(fit, tests)

    def _likeliest_places(self, geometry: Geometry) -> list[Geometry]:
        """The places the tile may have, those first where the bits agree best."""
        return sorted(geometry.half_tile_shifts(), key=lambda place: -self._reader.agreement(self._whole, place))[:2]

    def _views(self) -> Iterator[Evidence]:
        """All frames together, then key frames alone: in the others, what moves has taken the pattern with it."""
        yield self._whole
        keys = [stretch for stretch in self._stretches if stretch.of_key_frames]
        if 0 < len(keys) < len(self._stretches):
            yield weighted(keys)

    def _read_both_ways(self, evidence: Evidence, places: Sequence[Geometry]) -> Iterator[Reading | None]:
        """From this evidence; where that fails from those frames that hold most, at the likeliest place alone."""
        yield from (self._read(place, evidence) for place in places)
        yield from (self._read_best_frames(place) for place in places[:1])

    def _template_fit(self, geometry: Geometry) -> Alignment:
        return Alignment(self._reader.template(self._whole, geometry)[0], geometry)

    @staticmethod
    def _first(readings: Iterable[Reading | None]) -> Reading | None:
        return next((reading for reading in readings if reading and reading.payload is not None), None)

    def _read(self, geometry: Geometry, evidence: Evidence | None = None) -> Reading | None:
        if self._decodings >= _MOST_DECODINGS:
            return None
        self._decodings += 1
        return self._reader.read(evidence or self._whole, geometry)

    def _read_best_frames(self, geometry: Geometry) -> Reading | None:
        """Read again, and trust each stretch of time as far as the template is seen in it.

        A coder keeps the pattern in key frames and, where the picture moves, lets it move along until the next;
        and of a spliced video only a part is marked. Without a mark the weights are chance, and harmless: the waves
        that carry the payload have no say in them.
        """
        weights = [max(0.0, self._reader.template(s.evidence, geometry)[0]) ** 2 for s in self._stretches]
        if len(weights) < 2 or not any(weights):
            return None
        return self._read(geometry, weighted(self._stretches, weights))

    def _verified(self, reading: Reading) -> Detection:
        return Detection(
            MarkState.VERIFIED,
            self._key.key_id,
            payload=reading.payload,
            p_value=statistics.verified_tail(reading.z, self._decodings, self._alignments),
            timeline=self._timeline(reading.matched),
            transform=_transform(reading.matched.geometry),
        )

    def _present(self, fit: Alignment, tests: float) -> Detection:
        p_value = statistics.tail(fit.z, tests)
        if p_value >= statistics.PRESENCE_LEVEL:
            return Detection(MarkState.NOTHING_FOUND, self._key.key_id)
        _, matched = self._reader.template(self._whole, fit.geometry)
        return Detection(
            MarkState.PRESENT,
            self._key.key_id,
            p_value=p_value,
            timeline=self._timeline(matched, tests),
            transform=_transform(fit.geometry),
        )

    def _timeline(self, matched: Matched, tests: float = 1.0) -> tuple[Segment, ...]:
        """P-values of single seconds, or of single stretches where those have become longer."""
        length = self._stretches[0].end - self._stretches[0].start
        by_second = max(1, round(1 / length))
        segments = []
        for number, members in groupby(self._stretches, key=lambda s: round(s.start / length) // by_second):
            amplitudes = self._reader.amplitudes(weighted(list(members)), matched.geometry)
            start, end = number * by_second * length, (number + 1) * by_second * length
            p_value = statistics.tail(matched.z(amplitudes), tests)
            segments.append(Segment(start, min(end, self._stretches[-1].end), p_value))
        return tuple(segments)


def _transform(geometry: Geometry) -> Transform:
    """What the geometry says about the copy, for an original with the same short side."""
    return Transform(
        scale_x=1 / geometry.scale_x,
        scale_y=1 / geometry.scale_y,
        rotation=-geometry.degrees,
        mirrored=geometry.mirrored,
    )
