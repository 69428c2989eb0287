"""What is known about one file, from every source there is: gathered by ``gathering``, judged by ``verdict``.

Absent sources (no key, no registry) are in it as absent, so that the verdict can say what was not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from touchmark.detectors.extent import Extent
from touchmark.detectors.labels import ContainerLabels
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.manifest.report import ManifestReport
from touchmark.provenance.media.decode import VideoInfo
from touchmark.provenance.media.kinds import STORE, Family
from touchmark.provenance.watermark.neural.claim import MarkClaim
from touchmark.provenance.watermark.protocol import Detection, MarkState

if TYPE_CHECKING:  # who keeps no registry needs no database library, nor a film in one file what is about segments
    from touchmark.detectors.segments import Stream
    from touchmark.provenance.registry import Registration


@dataclass(frozen=True, slots=True)
class Container:
    """The file as a container of bytes.

    Attributes:
        sha256: of the whole file, hexadecimal; empty where the manifest alone was read and no registry knows it.
        size: in bytes.
        info: codec, dimensions, duration and labels, as the file declares them; zeros and empty text for what its
            kind of file does not have.
        family: what it is to a person: video, sound, picture, document.
        unseen: why picture and sound were not looked at, or not all of them; empty where they were.
        damage: packets of picture that could not be decoded.
        sound_damage: packets of sound that could not be decoded.
        has_manifest_box: whether the place is there in which its kind of file keeps a manifest store.
        store_remains: no manifest was read, and bytes that only a manifest store has occur in the file.
        unhashed: bytes of content in places that neither the C2PA hash nor its signature covers.
        has_sidecar: the manifest was given beside the file; there is none in it.
    """

    sha256: str
    size: int
    info: VideoInfo
    family: Family = Family.VIDEO
    unseen: str = ""
    damage: int = 0
    sound_damage: int = 0
    has_manifest_box: bool = False
    store_remains: bool = False
    unhashed: int = 0
    has_sidecar: bool = False

    @property
    def is_store_alone(self) -> bool:
        """Whether it is a manifest store without content, which no hash in it can match."""
        return self.info.container == STORE.suffix[1:]


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

    @property
    def was_sealed_alone(self) -> bool:
        """Whether what it leads to is a sound that was sealed by itself, as music is, to be laid under pictures."""
        return self.registration is not None and self.registration.watermark_algorithm == self.algorithm


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was found.

    Attributes:
        container: the bytes.
        manifest: what the file's own manifest says, and whether it holds.
        algorithm: name of the watermark algorithm that was tried on the picture; of a file of sound alone, on that.
        detections: one for each watermark key; empty where no key is configured.
        extent: in how many of a video's pictures they were looked for; None where they were not.
        sound: the same for the sound that goes with a picture.
        has_keys: whether there is a watermark key to look with.
        signed_by_marker: the manifest is signed with a certificate of whoever holds those keys, or one with which, as
            the registry knows, they seal what carries the mark in the pixels.
        registry_consulted: whether there is a registry.
        registration: what the registry knows of the payload in the pixels.
        manifest_registration: what the registry knows of the file's own manifest.
        recovered: the manifest kept in the registry for the payload, read against this file, where the file carries
            another or none that holds. Its hard binding differs by nature: the copy is not the file that was signed.
        named_registrations: what the registry knows of payloads that the file's own manifest names.
        likeness: whether the picture shows what the registry knows to be under this mark; None where there is nothing
            to compare it with.
        labels: what the file's own metadata say; anybody's word.
        development: the signer is believed only through a development certificate authority.
        claims: what marks of other makers say, one for each that is installed. Anybody with their published weights can
            write them, so they inform a reviewer and no verdict is built on them.
        stream: the segments that it was put together from; None where it is one file.
    """

    container: Container
    manifest: ManifestReport
    algorithm: str
    detections: tuple[Detection, ...] = ()
    extent: Extent | None = None
    sound: SoundTrace = SoundTrace()
    has_keys: bool = False
    signed_by_marker: bool = False
    registry_consulted: bool = False
    registration: Registration | None = None
    manifest_registration: Registration | None = None
    recovered: ManifestReport | None = None
    named_registrations: tuple[Registration, ...] = ()
    likeness: Likeness | None = None
    labels: ContainerLabels = field(default_factory=ContainerLabels)
    development: bool = False
    claims: tuple[MarkClaim, ...] = ()
    stream: Stream | None = None

    @property
    def carrier(self) -> str:
        """What a mark would lie in: the picture, or of a file of sound alone the sound."""
        return "sound" if self.container.family is Family.SOUND else "picture"

    @property
    def recorder(self) -> str:
        """What takes recordings of this kind."""
        return "a microphone" if self.container.family is Family.SOUND else "a camera"

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
