"""Collects what one file says, from every source there is, and judges nothing.

    evidence = gather(path, Sources(anchors=pem, keys=(key,), registry=registry), Limits())

The file is a stranger's: it is opened through ``provenance.media`` under limits, and nothing here reaches the network.
Absent sources (no key, no registry) are recorded as absent, so that the verdict can say what was not looked at.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from touchmark.detectors.evidence import Container, Evidence, SoundTrace
from touchmark.detectors.labels import read_labels
from touchmark.detectors.look import MarkSearch, Progress, look_at, not_looked, tags_of
from touchmark.detectors.sources import Sources
from touchmark.detectors.timeline import marked_segments
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.likeness import likeness_of
from touchmark.provenance.lookup import Lookup
from touchmark.provenance.manifest.between import between_pieces
from touchmark.provenance.manifest.branches import bound_branches
from touchmark.provenance.manifest.kept import Kept, KeptStore, kept_stores
from touchmark.provenance.manifest.read import read_stream
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport
from touchmark.provenance.manifest.stamped import read_stamped
from touchmark.provenance.manifest.traces import MOST_OF_STORE, has_store_place, has_store_remains
from touchmark.provenance.manifest.unsigned import unsigned_in_store, unsigned_in_stores
from touchmark.provenance.media.boxes import top_level, unhashed_content
from touchmark.provenance.media.errors import MediaError, TruncatedError
from touchmark.provenance.media.kinds import JPEG, STORE, Family, kind_of_file
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.source import SMALL, check_is_no_piece, held, open_file
from touchmark.provenance.media.whole import check_is_whole
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Detection, Payload

if TYPE_CHECKING:  # who keeps no registry needs no database library, nor a film in one file what is about segments
    from touchmark.provenance.manifest.segments import SignedFilm
    from touchmark.provenance.registry import Registration


_TO_BE_HELD = frozenset({ManifestPresence.PRESENT, ManifestPresence.UNREADABLE})
"""Where content can differ from what a manifest says, or the manifest from itself."""
_MOST_EXPECTED = 8
"""Payloads that a manifest, a stranger's text, can have looked for in the picture."""


class ChangedFileError(MediaError):
    """The file was written to while it was examined: no verdict would be about one file."""

    code = "media.changed"


class SidecarError(MediaError):
    """A manifest that was given beside a file cannot be that of the file."""

    code = "media.sidecar"


def gather(
    path: Path,
    sources: Sources,
    limits: Limits,
    progress: Progress | None = None,
    search: MarkSearch = MarkSearch.GLANCE,
    sidecar: Path | None = None,
) -> Evidence:
    """Examine one file.

    Args:
        path: of a file of any kind that can carry a manifest or a mark.
        sources: where evidence may come from, besides the file.
        limits: the most that it may cost.
        progress: told about pictures and sound while they are looked through.
        search: how far to look for marks.
        sidecar: of a manifest store that is kept beside the file, whose own manifest it then is.

    Raises:
        SidecarError: there is a manifest in the file, ``sidecar`` holds none, or it is for no file of this kind.
        MediaError: it cannot be read, is of no kind that is known here, costs more than ``limits`` allow, or changed
            meanwhile. A file with a manifest whose pictures cannot be read gives evidence without them.
        RegistryError, FingerprintError: there is a registry and it cannot be read. No verdict is better than one
            without it.
        NeuralMarkError: a mark of another maker is installed and its weights were changed, or cannot be run.
    """
    with open_file(path, limits) as (opened, size):
        before = _state_of(path)
        file = held(opened, size)
        examined = Examined(path, file, kept_stores(file, str(path)), sources)
        if sidecar is not None:
            examined = _with_sidecar(examined, sidecar, limits)
        evidence = examine(examined, size, limits, progress, search)
    if _state_of(path) != before:
        raise ChangedFileError(
            "it changed while it was examined", subject=str(path), remedy="Verify a copy that nothing writes to."
        )
    return evidence


def examine(examined: Examined, size: int, limits: Limits, progress: Progress | None, search: MarkSearch) -> Evidence:
    """What an open file of ``size`` bytes says; otherwise as :func:`gather`."""
    path, file, sources, kind = examined.path, examined.file, examined.sources, examined.kept.kind
    if search is MarkSearch.NONE:
        manifest = examined.manifest()
        if not manifest.hard_binding_matches:
            check_is_no_piece(file, top_level(file, str(path)), str(path))
        known = sources.registry is not None and bool(manifest.label) and sources.registry.by_manifest(manifest.label)
        sha256 = examined.digest() if known else ""  # takes as long as the manifest, and is there to be compared
    else:
        sha256, manifest = _read(examined, size)
    if manifest.presence in _TO_BE_HELD and not manifest.hard_binding_matches and examined.film is None:
        check_is_whole(file, kind, str(path))
    remains = manifest.presence is not ManifestPresence.PRESENT and has_store_remains(file)
    try:
        named = _soft_bound(manifest, sources.watermark.algorithm, sources.sound_mark.algorithm)
        look = look_at(path, kind, sources, limits, progress, search, named[:_MOST_EXPECTED])
    except MediaError as error:
        incomplete = isinstance(error, TruncatedError)  # fetched in part, more likely than forged
        if incomplete or (manifest.presence is ManifestPresence.ABSENT and not remains):
            raise
        look = not_looked(kind, error.problem)
    # Where nothing is looked at, tags are read where they can matter: that a model made it, a recording may say itself.
    unread = search is MarkSearch.NONE and manifest.is_sound and manifest.says_captured
    tags = tags_of(path, kind, limits) if unread else look.info.labels
    alone = look.family is Family.SOUND
    container = Container(
        sha256=sha256,
        size=size,
        info=look.info,
        family=look.family,
        unseen=look.unseen,
        damage=look.damage,
        sound_damage=look.sound_damage,
        has_manifest_box=examined.sidecar is None and (bool(examined.kept.stores) or has_store_place(file, kind)),
        has_sidecar=examined.sidecar is not None,
        store_remains=remains,
        unhashed=examined.unhashed(manifest) + _unsigned(examined.kept, manifest.label),
    )
    evidence = Evidence(
        container=container,
        manifest=manifest,
        algorithm=sources.sound_mark.algorithm if alone else sources.watermark.algorithm,
        detections=look.heard if alone else look.detections,
        extent=look.extent,
        sound=SoundTrace() if alone else SoundTrace(sources.sound_mark.algorithm, look.heard),
        has_keys=bool(sources.keys),
        signed_by_marker=manifest.certificate in sources.certificates,
        labels=read_labels(file, kind, tags, str(path)),
        development=manifest.development,
        claims=look.claims,
    )
    if sources.registry is None:
        return evidence
    evidence = _with_registry(evidence, examined, sources.registry)
    return replace(evidence, likeness=_likeness(evidence, path, limits))


@dataclass(frozen=True, slots=True)
class Examined:
    """The file that is examined, by its name and open; one thing at a time moves its position.

    Of a film that was put together, its own manifest was held against its pieces before. A manifest store that is kept
    beside the file is given as ``sidecar``, and taken apart as ``kept``.
    """

    path: Path
    file: BinaryIO
    kept: Kept
    sources: Sources
    film: SignedFilm | None = None
    sidecar: bytes | None = None

    def manifest(self, manifest: bytes | None = None) -> ManifestReport:
        """Its own manifest or another, under the anchors of signers, with the time stamp under those of time stamps."""
        if manifest is None and self.film is not None:
            return self.film.manifest
        beside = manifest is None and self.sidecar is not None
        held_against = self.sidecar if beside else manifest
        return read_stamped(
            lambda anchors: read_stream(
                self.file, anchors, manifest=held_against, beside=beside, kept=self.kept, subject=str(self.path)
            ),
            self.sources.anchors,
            self.sources.time_anchors,
        )

    def unhashed(self, manifest: ManifestReport) -> int:
        """Bytes of content in places that its own manifest covers neither by a hash nor by its signature."""
        if self.film is not None:
            return self.film.unhashed
        if self.kept.kind is JPEG:
            return between_pieces(self.file)
        bound = bound_branches(self.file, manifest.trees, str(self.path))
        return unhashed_content(self.file, str(self.path), bound=bound)

    def digest(self) -> str:
        """SHA-256, hexadecimal."""
        if isinstance(self.file, BytesIO):
            return hashlib.sha256(self.file.getbuffer()).hexdigest()
        with self.path.open("rb") as file:  # at the same time as another reads
            return hashlib.file_digest(file, "sha256").hexdigest()


def _with_sidecar(examined: Examined, path: Path, limits: Limits) -> Examined:
    """With the manifest store in the file at ``path`` as that of the file, which must have none.

    Raises:
        SidecarError: it has one, or ``path`` holds none.
        MediaError: ``path`` cannot be read.
    """
    file, kept = examined.file, examined.kept
    if kept.kind is STORE or kept.stores or has_store_place(file, kept.kind) or has_store_remains(file):
        raise SidecarError(
            "there is a manifest, or what is left of one, in the file itself",
            subject=str(examined.path),
            remedy="Verify it without the one beside it: what is in a file is its own.",
        )
    with open_file(path, limits) as (opened, size):
        data = opened.read(min(size, MOST_OF_STORE + 1))
    if len(data) > MOST_OF_STORE or kind_of_file(BytesIO(data)) is not STORE:
        raise SidecarError(
            "this is no C2PA manifest store",
            subject=str(path),
            remedy=f"Give a .c2pa file of at most {MOST_OF_STORE >> 20} MiB, as whoever signed the file made it.",
        )
    store = KeptStore.of(data, str(path))
    return replace(examined, kept=replace(kept, stores=(store,)), sidecar=data)


def _read(examined: Examined, size: int) -> tuple[str, ManifestReport]:
    """Digest and manifest; of a large file both at once, since each takes as long as reading it."""
    if size < SMALL:
        return examined.digest(), examined.manifest()
    with ThreadPoolExecutor(1) as aside:
        digest = aside.submit(examined.digest)
        manifest = examined.manifest()
        return digest.result(), manifest


def _unsigned(kept: Kept, label: str) -> int:
    if kept.are_one:
        return unsigned_in_stores(kept.stores, label)
    return sum(map(unsigned_in_store, kept.stores))


def _with_registry(evidence: Evidence, examined: Examined, registry: Lookup) -> Evidence:
    """Add what the registry knows, and the manifest that it kept if the file carries another or none."""
    manifest = evidence.manifest
    found = _registered(evidence.mark, registry)
    heard = _registered(evidence.mark_in_sound, registry)
    evidence = replace(
        evidence,
        registry_consulted=True,
        registration=found,
        sound=replace(evidence.sound, registration=heard),
        manifest_registration=registry.by_manifest(manifest.label) if manifest.label else None,
        named_registrations=tuple(_named(evidence, registry)),
        signed_by_marker=evidence.signed_by_marker or _is_signed_like_others(evidence, registry),
    )
    if found is not None and not _carries(manifest, found):
        recovered = examined.manifest(found.manifest)
        evidence = replace(evidence, recovered=recovered, development=evidence.development or recovered.development)
    if heard is not None and heard != found and not _carries(manifest, heard):
        recovered = examined.manifest(heard.manifest)
        trace = replace(evidence.sound, recovered=recovered)
        evidence = replace(evidence, sound=trace, development=evidence.development or recovered.development)
    return evidence


def _is_signed_like_others(evidence: Evidence, registry: Lookup) -> bool:
    """Whether the certificate is one with which was sealed what carries a mark under the same key.

    Where a module, a cloud or a service signs, that of the operator is in no folder of keys.
    """
    manifest, mark = evidence.manifest, evidence.mark
    if not manifest.certificate or not (manifest.is_sound or manifest.is_sound_but_for_form):
        return False
    keys = {mark.key_id} if mark else {one.key_id for one in _named(evidence, registry)}  # of a mark that is missing
    return any(registry.has_signed(manifest.certificate, key) for key in keys)


def _likeness(evidence: Evidence, path: Path, limits: Limits) -> Likeness | None:
    """Of the picture to the one that the mark was put into: the mark alone can be copied onto another."""
    mark, registration = evidence.mark, evidence.registration
    if mark is None or mark.transform is None or registration is None or not registration.fingerprint:
        return None
    if registration.file_sha256 == evidence.container.sha256:
        return Likeness.SAME
    last = max((segment.end for segment in mark.timeline), default=0.0)  # as far as its file tells
    marked = [(s.start, math.inf if s.end == last else s.end) for s in marked_segments(mark)]
    if evidence.container.damage or (mark.timeline and not marked):
        return Likeness.UNTOLD
    return likeness_of(path, registration.fingerprint, mark.transform, marked, limits)


def _registered(mark: Detection | None, registry: Lookup) -> Registration | None:
    found = registry.by_payload(mark.payload) if mark and mark.payload else None
    # Registered under another key: a coincidence.
    return found if found and mark and found.key_id == mark.key_id else None


def _carries(manifest: ManifestReport, registration: Registration) -> bool:
    """Whether the file itself still holds the manifest that was registered."""
    return registration.manifest_label == manifest.label and manifest.signature_valid


def _named(evidence: Evidence, registry: Lookup) -> Iterator[Registration]:
    for payload in _soft_bound(evidence.manifest, evidence.algorithm):
        registration = registry.by_payload(payload)
        if registration:
            yield registration


def _soft_bound(manifest: ManifestReport, *algorithms: str) -> list[Payload]:
    """Payloads of these marks that a manifest names."""
    ours = (b for b in manifest.soft_bindings if b.algorithm in algorithms and len(b.payload) == PAYLOAD_BITS // 8)
    return list(dict.fromkeys(Payload.from_bytes(binding.payload) for binding in ours))


def _state_of(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino
