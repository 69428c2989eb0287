"""The manifest of a film in segments, held against each of them, and where in the film each of them belongs.

    with film_of(init, segments, Limits()) as film:
        signed = read_film(film, anchors, time_anchors, Limits())
    signed.manifest.state
    signed.segments[2].matches, signed.segments[2].leaf      # True, 2

The manifest lies in the beginning of the film and holds a tree of hashes over its segments (C2PA 2.4, 18.6.2). A C2PA
library holds one segment against it at a time. It remembers none: a bad one before a good one, one that comes twice, or
is missing, or at the place of another, is nothing to it. So the leaf of each is told here, and judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from touchmark.provenance.manifest.binding import HashTree
from touchmark.provenance.manifest.branches import bound_in_segment, branches_in
from touchmark.provenance.manifest.kept import kept_stores
from touchmark.provenance.manifest.read import read_segment, read_stream
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport, ValidationState
from touchmark.provenance.manifest.stamped import read_stamped
from touchmark.provenance.media.boxes import unhashed_content
from touchmark.provenance.media.film import Film, Piece
from touchmark.provenance.media.limits import DecodeClock, Limits


@dataclass(frozen=True, slots=True)
class SignedSegment:
    """What the manifest of its film says of one segment.

    Attributes:
        name: of its file.
        matches: whether it is what was signed; None where that could not be told.
        tree: number of the tree that it names, among those of the manifest; None where it names none of them.
        leaf: number of its leaf in that tree, from 0 on.
        branches: how many it brings; one, in a film that is signed in segments.
    """

    name: str
    matches: bool | None
    tree: int | None = None
    leaf: int = 0
    branches: int = 0


@dataclass(frozen=True, slots=True)
class SignedFilm:
    """What the manifest of a film says of it.

    Attributes:
        manifest: of the segment that it holds least for.
        segments: each; empty where no manifest is there, or one that speaks of no segments.
        leaves: how many segments each tree of the manifest has; empty where that could not be told.
        unhashed: bytes of content in places of any piece that neither the hash nor the signature covers.
    """

    manifest: ManifestReport
    segments: tuple[SignedSegment, ...] = ()
    leaves: tuple[int, ...] = ()
    unhashed: int = 0


def read_film(film: Film, anchors: bytes, time_anchors: bytes, limits: Limits) -> SignedFilm:
    """Hold the manifest of a film against each of its segments.

    The library reads all of a manifest anew for each: a hundredth of a second, and seconds of one that was made for it.

    Args:
        film: put together.
        anchors: PEM roots of trusted signers.
        time_anchors: PEM roots of whom to believe time stamps besides.
        limits: as long as a film may take to decode, it may take to be held against its manifest.

    Raises:
        LimitExceededError: a piece has more parts than the library reads in a moment, or all of it takes too long.
        TrustAnchorsError: anchors are not PEM.
    """
    clock, reports = DecodeClock(limits.max_decode_seconds, film.beginning.name), []
    for piece in film.segments:
        with clock:
            reports.append(_report(film, piece, anchors))
        clock.check()
    trees = next((report.trees for report in reports if report.trees), ())
    if not trees and (whole := _as_one_file(film, anchors, time_anchors)) is not None:
        return whole
    at = min(range(len(reports)), key=lambda number: (_worth(reports[number]), not reports[number].left_out))
    worst = read_stamped(lambda some: _report(film, film.segments[at], some), anchors, time_anchors)
    if worst.presence is not ManifestPresence.PRESENT:
        return SignedFilm(worst, unhashed=_unhashed(film, trees))
    segments = tuple(_signed(film, piece, report, trees) for piece, report in zip(film.segments, reports, strict=True))
    return SignedFilm(worst, segments, tuple(tree.leaves for tree in trees), _unhashed(film, trees))


def _report(film: Film, piece: Piece, anchors: bytes) -> ManifestReport:
    with film.opened(film.beginning) as beginning, film.opened(piece) as segment:
        return read_segment(beginning, segment, anchors, subject=piece.name)


def _worth(report: ManifestReport) -> int:
    """What can be relied upon, from the least on."""
    if report.presence is not ManifestPresence.PRESENT:
        return 0
    if report.hard_binding_matches is not True:
        return 1
    states = (ValidationState.INVALID, ValidationState.VALID, ValidationState.TRUSTED)
    return 2 + states.index(report.state) if report.state is not None else 2


def _as_one_file(film: Film, anchors: bytes, time_anchors: bytes) -> SignedFilm | None:
    """Of a film that was signed as one file and cut up afterwards: put together in their order, its pieces are it."""
    with film.path.open("rb") as file:
        name = film.beginning.name
        kept = kept_stores(file, name)
        report = read_stamped(lambda some: read_stream(file, some, kept=kept, subject=name), anchors, time_anchors)
        if not report.hard_binding_matches or report.trees:
            return None
        return SignedFilm(report, unhashed=unhashed_content(file, name))


def _signed(film: Film, piece: Piece, report: ManifestReport, trees: Sequence[HashTree]) -> SignedSegment:
    with film.opened(piece) as segment:
        branches = branches_in(segment, piece.name)
    named = [
        (number, branch.leaf)
        for branch in branches
        for number, tree in enumerate(trees)
        if branch.is_of(tree) and branch.leaf < tree.leaves
    ]
    tree, leaf = named[0] if named else (None, 0)
    return SignedSegment(piece.name, report.hard_binding_matches, tree, leaf, len(branches))


def _unhashed(film: Film, trees: Sequence[HashTree]) -> int:
    with film.opened(film.beginning) as file:
        count = unhashed_content(file, film.beginning.name)
    for piece in film.segments:
        with film.opened(piece) as file:
            bound = bound_in_segment(file, trees, piece.name)
            count += unhashed_content(file, piece.name, bound=bound)
    return count
