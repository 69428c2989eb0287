"""Collects what a film in segments says: its manifest held against each of them, the marks in all together.

evidence = gather_film(Path("init.mp4"), [Path("seg1.m4s"), Path("seg2.m4s")], Sources(anchors=pem), Limits())
evidence.stream.faults
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from touchmark.detectors.evidence import Evidence
from touchmark.detectors.gathering import Examined, examine
from touchmark.detectors.look import MarkSearch, Progress
from touchmark.detectors.segments import stream_of
from touchmark.detectors.sources import Sources
from touchmark.provenance.manifest.kept import kept_stores
from touchmark.provenance.manifest.segments import read_film
from touchmark.provenance.media.film import film_of
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.source import held, open_file
from touchmark.provenance.media.timing import fragments_of_film


def gather_film(
    beginning: Path,
    segments: Sequence[Path],
    sources: Sources,
    limits: Limits,
    progress: Progress | None = None,
    search: MarkSearch = MarkSearch.GLANCE,
) -> Evidence:
    """Examine a film in segments (DASH, HLS, CMAF).

    Args:
        beginning: the init segment.
        segments: the others, in the order in which they are played.
        sources: where evidence may come from, besides the film.
        limits: of the film as a whole.
        progress: told about pictures and sound while they are looked through.
        search: how far to look for marks.

    Raises:
        MediaError: a piece cannot be read, or is none; there are too many of them, or together they cost too much.
        RegistryError, FingerprintError, NeuralMarkError: as ``gathering.gather``.
    """
    with film_of(beginning, segments, limits) as film, open_file(film.path, limits) as (opened, size), film.told_of():
        signed = read_film(film, sources.anchors, sources.time_anchors, limits)
        timed = [] if signed.segments else fragments_of_film(film)
        file = held(opened, size)
        examined = Examined(film.path, file, kept_stores(file, str(film.path)), sources, signed)
        evidence = examine(examined, size, limits, progress, search)
        return replace(evidence, stream=stream_of(signed, [piece.name for piece in film.segments], timed))
