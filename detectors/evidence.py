"""Collects what one file says, from every source there is, and judges nothing.

    evidence = gather(path, Sources(anchors=pem, keys=(key,), registry=registry), Limits())

The file is a stranger's: it is opened through ``provenance.media`` under limits, and nothing here reaches the network.
Absent sources (no key, no registry) are recorded as absent, so that the verdict can say what was not looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from numpy.typing import NDArray

from touchmark.provenance.keys.ring import is_development
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ManifestReport
from touchmark.provenance.media.boxes import C2PA_UUID, has_c2pa_box, unhashed_bytes
from touchmark.provenance.media.counting import Counted, expected_pictures
from touchmark.provenance.media.decode import VideoInfo, VideoReader, open_video
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.registry import Registration, Registry
from touchmark.provenance.watermark.account import paid
from touchmark.provenance.watermark.audio import LoudnessMark, SoundMark
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
        watermark: the algorithm that reads marks in the picture.
        sound_mark: the algorithm that reads marks in the sound.
        other_marks: marks of other makers that the operator has installed; their claims decide nothing.
    """

    anchors: bytes = b""
    keys: tuple[WatermarkKey, ...] = ()
    registry: Registry | None = None
    watermark: Watermark = field(default_factory=LatticeWatermark)
    sound_mark: SoundMark = field(default_factory=LoudnessMark)
    other_marks: tuple[InstalledMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """The file as a container of bytes.

    Attributes:
        sha256: of the whole file, hexadecimal.
        size: in bytes.
        info: codec, dimensions, duration and labels, as the file declares them.
        damage: packets of picture that could not be decoded.
        sound_damage: packets of sound that could not be decoded.
        has_manifest_box: whether a C2PA box lies at the top level.
        store_remains: whether the bytes that open a C2PA manifest store occur anywhere in the file.
        unhashed: non-zero bytes in boxes that the C2PA hash leaves out.
    """

    sha256: str
    size: int
    info: VideoInfo
    damage: int = 0
    sound_damage: int = 0
    has_manifest_box: bool = False
    store_remains: bool = False
    unhashed: int = 0


@dataclass(frozen=True, slots=True)
class SoundTrace:
    """What the mark in the sound says, and where it leads. Any sound can be laid under any picture.

    Attributes:
        algorithm: name of the watermark algorithm that was tried.
        detections: one for each watermark key; empty where no key is configured, or there is no sound.
        registration: what the registry knows of the payload in the sound.
        recovered: the manifest kept in the registry for that payload, where neither the file's own manifest nor the one
            that the picture leads to is it.
    """

    algorithm: str = ""
    detections: tuple[Detection, ...] = ()
    registration: Registration | None = None
    recovered: ManifestReport | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was found.

    Attributes:
        container: the bytes.
        manifest: what the file's own manifest says, and whether it holds.
        algorithm: name of the watermark algorithm that was tried on the picture.
        detections: one for each watermark key; empty where no key is configured.
        sound: the same for the sound.
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
    sound: SoundTrace = SoundTrace()
    registry_consulted: bool = False
    registration: Registration | None = None
    manifest_registration: Registration | None = None
    recovered: ManifestReport | None = None
    named_registrations: tuple[Registration, ...] = ()
    development: bool = False
    claims: tuple[MarkClaim, ...] = ()

    @property
    def mark(self) -> Detection | None:
        """The strongest detection in the picture: a verified payload, else a mark that is present, else None."""
        return _strongest(self.detections)

    @property
    def mark_in_sound(self) -> Detection | None:
        """The strongest detection in the sound; one that the picture does not share before one that it does."""
        return self.strange_sound or _strongest(self.sound.detections)

    @property
    def strange_sound(self) -> Detection | None:
        """The strongest verified detection in the sound of what was not read from the picture, or None."""
        seen = {(d.payload, d.key_id) for d in self.detections if d.state is MarkState.VERIFIED}
        heard = [d for d in self.sound.detections if d.state is MarkState.VERIFIED]
        return _strongest([d for d in heard if (d.payload, d.key_id) not in seen])


def _strongest(detections: Sequence[Detection]) -> Detection | None:
    for state in (MarkState.VERIFIED, MarkState.PRESENT):
        found = [detection for detection in detections if detection.state is state]
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
        info = video.info
        tests = len(sources.keys) * (2 if info.has_sound else 1)
        detections = paid(_detect(video, sources, progress), tests)
        damage = video.damage
        heard = paid(_detect_in_sound(video, sources, progress), tests)
        sound_damage = video.damage - damage
        claims = tuple(mark.ask(video, sources.keys) for mark in sources.other_marks)
    sha256, store_remains = _read_through(path)
    container = Container(
        sha256=sha256,
        size=before[0],
        info=info,
        damage=damage,
        sound_damage=sound_damage,
        has_manifest_box=has_c2pa_box(path),
        store_remains=store_remains,
        unhashed=unhashed_bytes(path),
    )
    evidence = Evidence(
        container=container,
        manifest=read_manifest(path, sources.anchors),
        algorithm=sources.watermark.algorithm,
        detections=detections,
        sound=SoundTrace(sources.sound_mark.algorithm, heard),
        claims=claims,
    )
    evidence = _with_registry(evidence, path, sources)
    if _state_of(path) != before:
        raise ChangedFileError(
            "it changed while it was examined", subject=str(path), remedy="Verify a copy that nothing writes to."
        )
    return evidence


def _detect(video: VideoReader, sources: Sources, progress: Progress | None) -> tuple[Detection, ...]:
    """In as few pictures as the mark takes, for all keys together."""
    a_pass, passes = expected_pictures(video.info), _passes(video)

    def tell(done: int, _: int) -> None:
        if progress:
            progress(done, a_pass * passes)

    return sources.watermark.search(Counted(video, tell, a_pass), sources.keys)


def _detect_in_sound(video: VideoReader, sources: Sources, progress: Progress | None) -> tuple[Detection, ...]:
    """One pass over the sound for all keys, told of as if it were one over the pictures."""
    sound = video.sound() if sources.keys else None
    if sound is None:
        return ()
    a_pass, passes = expected_pictures(video.info), _passes(video)

    def blocks() -> Iterator[NDArray[np.float32]]:
        samples = 0
        for block in sound.blocks:
            samples += block.shape[1]
            if progress:
                done = round(samples / sound.rate * video.info.frame_rate)
                progress((passes - 1) * a_pass + min(done, a_pass), passes * a_pass)
            yield block

    return sources.sound_mark.extract(replace(sound, blocks=blocks()), sources.keys)


def _passes(video: VideoReader) -> int:
    """How many times the file is gone through: once for the pictures and once for the sound."""
    return 1 + video.info.has_sound


def _with_registry(evidence: Evidence, path: Path, sources: Sources) -> Evidence:
    """Add what the registry knows, and the manifest that it kept if the file carries another or none."""
    manifest, registry = evidence.manifest, sources.registry
    evidence = replace(evidence, development=_is_development(path, manifest, sources.anchors, None))
    if registry is None:
        return evidence
    found = _registered(evidence.mark, registry)
    heard = _registered(evidence.mark_in_sound, registry)
    evidence = replace(
        evidence,
        registry_consulted=True,
        registration=found,
        sound=replace(evidence.sound, registration=heard),
        manifest_registration=registry.by_manifest(manifest.label) if manifest.label else None,
        named_registrations=tuple(_named(evidence, registry)),
    )
    if found is not None and not _carries(manifest, found):
        recovered, development = _recovered(found, path, sources)
        evidence = replace(evidence, recovered=recovered, development=evidence.development or development)
    if heard is not None and heard != found and not _carries(manifest, heard):
        recovered, development = _recovered(heard, path, sources)
        trace = replace(evidence.sound, recovered=recovered)
        evidence = replace(evidence, sound=trace, development=evidence.development or development)
    return evidence


def _registered(mark: Detection | None, registry: Registry) -> Registration | None:
    found = registry.by_payload(mark.payload) if mark and mark.payload else None
    # Registered under another key: a coincidence.
    return found if found and mark and found.key_id == mark.key_id else None


def _carries(manifest: ManifestReport, registration: Registration) -> bool:
    """Whether the file itself still holds the manifest that was registered."""
    return registration.manifest_label == manifest.label and manifest.signature_valid


def _recovered(registration: Registration, path: Path, sources: Sources) -> tuple[ManifestReport, bool]:
    """The manifest that the registry kept, and whether development authorities alone vouch for it."""
    report = read_manifest(path, sources.anchors, manifest=registration.manifest)
    return report, _is_development(path, report, sources.anchors, registration.manifest)


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
