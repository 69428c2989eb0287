"""Mark and sign in one pass: the only code that turns a :class:`RawVideo` into bytes on disk.

    sealed = Sealer.of(ring).seal(raw, claim, payload, destination)

The picture is marked while it streams into the encoder, the container is finished (moov first), then the C2PA
manifest is signed over it. What stands at ``destination`` afterwards is whole, or nothing stands there. Publishing
it (verification, registry, ledger) is the business of ``generation.release``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, SoftBinding
from touchmark.provenance.manifest.write import SignedManifest, sign_file
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.signing import Signer
from touchmark.provenance.watermark.protocol import Payload, Watermark, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark


class EmptyVideoError(TouchmarkError):
    """There is no picture to seal."""

    code = "provenance.empty_video"


@dataclass(slots=True)
class _Meter:
    """Passes frames on and remembers when the last one ends."""

    frame_rate: Fraction
    end: Fraction = Fraction(0)

    def watch(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self.end = frame.time + 1 / self.frame_rate
            yield frame


@dataclass(frozen=True, slots=True)
class Sealer:
    """Everything that sealing needs of an operator.

    Attributes:
        signer: signs the manifest.
        anchors: PEM of the trust anchors that the signer chains to.
        key: watermark secret.
        watermark: the mark to embed.
        encoding: how the picture is encoded.
    """

    signer: Signer
    anchors: bytes
    key: WatermarkKey
    watermark: Watermark = field(default_factory=LatticeWatermark)
    encoding: EncodeSettings = field(default_factory=EncodeSettings)

    @classmethod
    def of(cls, ring: KeyRing) -> Sealer:
        """With an operator's keys and the defaults for everything else."""
        return cls(signer=ring.signer(), anchors=ring.trust_anchors, key=ring.watermark_key)

    def seal(self, raw: RawVideo, claim: Claim, payload: Payload, destination: Path) -> SignedManifest:
        """Mark, encode and sign ``raw`` into ``destination``.

        Args:
            raw: consumed to its end.
            claim: what the manifest shall say; its soft binding is written here.
            payload: what the watermark carries.
            destination: does not exist yet; ``.mp4``. Its folder is private to the caller.

        Raises:
            EmptyVideoError: ``raw`` has no frame.
            TouchmarkError: of watermark, encoder or signer. Nothing is left at ``destination``.
        """
        meter = _Meter(raw.frame_rate)
        marked = self.watermark.embed(meter.watch(raw.frames), payload, self.key)
        unsigned = destination.with_suffix(".unsigned" + destination.suffix)
        try:
            encode(replace(raw, frames=marked), unsigned, self.encoding)
            if not meter.end:
                raise EmptyVideoError(
                    "the video has no picture", subject=claim.title, remedy="Check what the generator returned."
                )
            binding = SoftBinding(
                algorithm=self.watermark.algorithm, payload=payload.to_bytes(), start=0.0, end=float(meter.end)
            )
            return sign_file(unsigned, destination, replace(claim, soft_binding=binding), self.signer, self.anchors)
        finally:
            unsigned.unlink(missing_ok=True)
