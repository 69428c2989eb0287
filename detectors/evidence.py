"""Collects what one file says, from every source there is, and judges nothing.

    evidence = gather(path, Sources(anchors=pem, keys=(key,), registry=registry), Limits())

The file is a stranger's: it is opened through ``provenance.media`` under limits, and nothing here reaches the network.
Absent sources (no key, no registry) are recorded as absent, so that the verdict can say what was not looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from touchmark.provenance.keys.ring import is_development
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ManifestReport
from touchmark.provenance.media.boxes import C2PA_UUID, has_c2pa_box, unhashed_bytes
from touchmark.provenance.media.counting import counted, expected_pictures
from touchmark.provenance.media.decode import VideoInfo, VideoReader, open_video
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.registry import Registration, Registry
from touchmark.provenance.watermark.neural.claim import MarkClaim
from touchmark.provenance.watermark.neural.installed import InstalledMark
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Detection, MarkState, Payload, Watermark, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

Progress = Callable[[int, int], None]
"""Called with (done, of all) while a file is examined; ``of all`` is 0 where it is not known."""

_CHUNK: Final = 1 << 20
_STORE_TYPE: Final = bytes.fromhex("6332706100110010800000aa00389b71")
"""JUMBF type of a C2PA manifest store (C2PA 2.4, 11.1.4.2 "Manifest Store"): stands at the start of every store."""


class ChangedFileError(MediaError):
    """The file was written to while it was examined: no verdict would be about one file."""

    code = "media.changed"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence may come from, besides the file.

    Attributes:
        anchors: PEM of the roots whose signers are believed; may be empty.
        keys: watermark secrets to look for.
        registry: of sealed files, or None.
        watermark: the algorithm that reads marks.
        other_marks: marks of other makers that the operator has installed; their claims decide nothing.
    """

    anchors: bytes = b""
    keys: tuple[WatermarkKey, ...] = ()
    registry: Registry | None = None
    watermark: Watermark = field(default_factory=LatticeWatermark)
    other_marks: tuple[InstalledMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """The file as a container of bytes.

    Attributes:
        sha256: of the whole file, hexadecimal.
        size: in bytes.
        info: codec, dimensions, duration and labels, as the file declares them.
        damage: packets of picture or sound that could not be decoded.
        has_manifest_box: whether a C2PA box lies at the top level.
        store_remains: whether the bytes that open a C2PA manifest store occur anywhere in the file.
        unhashed: non-zero bytes in boxes that the C2PA hash leaves out.
    """

    sha256: str
    size: int
    info: VideoInfo
    damage: int = 0
    has_manifest_box: bool = False
    store_remains: bool = False
    unhashed: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was found.

    Attributes:
        container: the bytes.
        manifest: what the file's own manifest says, and whether it holds.
        algorithm: name of the watermark algorithm that was tried.
        detections: one for each watermark key; empty where no key is configured.
        registry_consulted: whether there is a registry.
        registration: what the registry knows of the payload in the pixels.
        manifest_registration: what the registry knows of the file's own manifest.
        recovered: the manifest kept in the registry for the payload, read against this file, where the file carries
            another or none that holds. Its hard binding differs by nature: the copy is not the file that was signed.
        named_registrations: what the registry knows of payloads that the file's own manifest names.
        development: the signer is believed only through a development certificate authority.
        claims: what marks of other makers say, one for each that is installed. Anybody with their published weights can
            write them, so they inform a reviewer and no verdict is built on them.
    """

    container: Container
    manifest: ManifestReport
    algorithm: str
    detections: tuple[Detection, ...] = ()
    registry_consulted: bool = False
    registration: Registration | None = None
    manifest_registration: Registration | None = None
    recovered: ManifestReport | None = None
    named_registrations: tuple[Registration, ...] = ()
    development: bool = False
    claims: tuple[MarkClaim, ...] = ()

    @property
    def mark(self) -> Detection | None:
        """The strongest detection: a verified payload, else a mark that is present, else None."""
        for state in (MarkState.VERIFIED, MarkState.PRESENT):
            found = [detection for detection in self.detections if detection.state is state]
            if found:
                return min(found, key=lambda detection: detection.p_value)
        return None


def gather(path: Path, sources: Sources, limits: Limits, progress: Progress | None = None) -> Evidence:
    """Examine one file.

    Raises:
        MediaError: it cannot be read, is no video, costs more than ``limits`` allow, or changed meanwhile.
        RegistryError: there is a registry and it cannot be read. No verdict is better than one without it.
        NeuralMarkError: a mark of another maker is installed and its weights were changed, or cannot be run.
    """
    with open_video(path, limits) as video:
        before = _state_of(path)
        detections = tuple(_detect(video, sources, progress))
        info, damage = video.info, video.damage
        claims = tuple(mark.ask(video, sources.keys) for mark in sources.other_marks)
    sha256, store_remains = _read_through(path)
    container = Container(
        sha256=sha256,
        size=before[0],
        info=info,
        damage=damage,
        has_manifest_box=has_c2pa_box(path),
        store_remains=store_remains,
        unhashed=unhashed_bytes(path),
    )
    evidence = Evidence(
        container=container,
        manifest=read_manifest(path, sources.anchors),
        algorithm=sources.watermark.algorithm,
        detections=detections,
        claims=claims,
    )
    evidence = _with_registry(evidence, path, sources)
    if _state_of(path) != before:
        raise ChangedFileError(
            "it changed while it was examined", subject=str(path), remedy="Verify a copy that nothing writes to."
        )
    return evidence


def _detect(video: VideoReader, sources: Sources, progress: Progress | None) -> Iterator[Detection]:
    """One pass over the pictures for each key: memory stays at a few frames."""
    a_pass, passes = expected_pictures(video.info), len(sources.keys)
    for index, key in enumerate(sources.keys):

        def tell(done: int, _: int, before: int = index * a_pass) -> None:
            if progress:
                progress(before + done, a_pass * passes)

        yield sources.watermark.extract(counted(video.frames(), tell, a_pass), key)


def _with_registry(evidence: Evidence, path: Path, sources: Sources) -> Evidence:
    """Add what the registry knows, and the manifest that it kept if the file carries another or none."""
    manifest, registry = evidence.manifest, sources.registry
    evidence = replace(evidence, development=_is_development(path, manifest, sources.anchors, None))
    if registry is None:
        return evidence
    mark = evidence.mark
    found = registry.by_payload(mark.payload) if mark and mark.payload else None
    if found and mark and found.key_id != mark.key_id:
        found = None  # registered under another key: a coincidence
    evidence = replace(
        evidence,
        registry_consulted=True,
        registration=found,
        manifest_registration=registry.by_manifest(manifest.label) if manifest.label else None,
        named_registrations=tuple(_named(evidence, registry)),
    )
    if found is None or (found.manifest_label == manifest.label and manifest.signature_valid):
        return evidence
    recovered = read_manifest(path, sources.anchors, manifest=found.manifest)
    development = evidence.development or _is_development(path, recovered, sources.anchors, found.manifest)
    return replace(evidence, recovered=recovered, development=development)


def _named(evidence: Evidence, registry: Registry) -> Iterator[Registration]:
    for binding in evidence.manifest.soft_bindings:
        if binding.algorithm == evidence.algorithm and len(binding.payload) == PAYLOAD_BITS // 8:
            registration = registry.by_payload(Payload.from_bytes(binding.payload))
            if registration:
                yield registration


def _is_development(path: Path, report: ManifestReport, anchors: bytes, manifest: bytes | None) -> bool:
    """Whether ``report`` would not be trusted if development authorities were not."""
    if not report.signer_trusted:
        return False
    certificates = [c.public_bytes(Encoding.PEM) for c in x509.load_pem_x509_certificates(anchors)]
    others = [certificate for certificate in certificates if not is_development(certificate)]
    if len(others) == len(certificates):
        return False
    return not read_manifest(path, b"".join(others), manifest=manifest).signer_trusted


def _read_through(path: Path) -> tuple[str, bool]:
    """Digest of the whole file, and whether the opening of a manifest store occurs in it, also across chunks."""
    digest, remains, tail = hashlib.sha256(), False, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            window = tail + chunk
            remains = remains or any(signature in window for signature in (_STORE_TYPE, C2PA_UUID))
            tail = window[-len(C2PA_UUID) + 1 :]
    return digest.hexdigest(), remains


def _state_of(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino
