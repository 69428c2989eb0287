"""Mark and sign in one pass: the only code that turns a :class:`RawVideo` into bytes on disk.

    sealed = Sealer.of(ring).seal(raw, claim, payload, destination)
    sealed = Sealer.of(ring).seal_still(read_still(path), claim, payload, destination)
    with open_sound(path) as reader:
        sealed = Sealer.of(ring).seal_sound(reader, claim, payload, destination)

Picture and sound are marked with the same payload while they stream into the encoder, the container is finished (moov
first), then the C2PA manifest is signed over it. What stands at ``destination`` afterwards is whole, or nothing stands
there. Publishing it (verification, registry, ledger) is the business of ``generation.release``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, SoftBinding
from touchmark.provenance.manifest.write import SignedManifest, sign_file
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.sound import SoundReader, write_sound
from touchmark.provenance.media.still import Still, write_still
from touchmark.provenance.media.video import Frame, RawVideo, Sound
from touchmark.provenance.signing import Signer
from touchmark.provenance.watermark.audio import LOWEST_RATE, LoudnessMark, SoundMark
from touchmark.provenance.watermark.protocol import Payload, Watermark, WatermarkKey
from touchmark.provenance.watermark.still import mark_still
from touchmark.provenance.watermark.video import LatticeWatermark


@dataclass(slots=True)
class _Meter:
    """Passes pictures and sound on and remembers when each ends, and whether there was anything to hear."""

    video: RawVideo
    pictures_end: Fraction = Fraction(0)
    sound_ends: Fraction = Fraction(0)
    is_heard: bool = False

    def pictures(self) -> Iterator[Frame]:
        for frame in self.video.frames:
            self.pictures_end = frame.time + 1 / self.video.frame_rate
            yield frame

    def sound(self, sound: Sound) -> Sound:
        return Sound(sound.rate, sound.channels, self._heard(sound))

    def _heard(self, sound: Sound) -> Iterator[NDArray[np.float32]]:
        for block in sound.blocks:
            self.sound_ends += Fraction(block.shape[-1], sound.rate)
            self.is_heard = self.is_heard or bool(np.any(block))
            yield block


@dataclass(frozen=True, slots=True)
class Sealer:
    """Everything that sealing needs of an operator.

    Attributes:
        signer: signs the manifest.
        anchors: PEM of the trust anchors that the signer chains to.
        key: watermark secret.
        watermark: the mark to embed in the picture.
        sound_mark: the mark to embed in the sound.
        encoding: how the picture is encoded.
    """

    signer: Signer
    anchors: bytes
    key: WatermarkKey
    watermark: Watermark = field(default_factory=LatticeWatermark)
    sound_mark: SoundMark = field(default_factory=LoudnessMark)
    encoding: EncodeSettings = field(default_factory=EncodeSettings)

    @classmethod
    def of(cls, ring: KeyRing) -> Sealer:
        """With an operator's keys and the defaults for everything else."""
        return cls(signer=ring.signer(), anchors=ring.trust_anchors, key=ring.watermark_key)

    def seal(self, raw: RawVideo, claim: Claim, payload: Payload, destination: Path) -> SignedManifest:
        """Mark, encode and sign ``raw`` into ``destination``.

        Args:
            raw: consumed to its end.
            claim: what the manifest shall say; its soft bindings are written here.
            payload: what the marks carry.
            destination: does not exist yet; ``.mp4``. Its folder is private to the caller.

        Raises:
            EncodeError: ``raw`` has no frame, or cannot be written.
            TouchmarkError: of watermark or signer. Nothing is left at ``destination``.
        """
        meter = _Meter(raw)
        pictures = self.watermark.embed(meter.pictures(), payload, self.key)
        sound = raw.sound
        if sound is not None and sound.rate >= LOWEST_RATE:
            sound = self.sound_mark.embed(meter.sound(sound), payload, self.key)
        with _aside(destination) as unsigned:
            encode(replace(raw, frames=pictures, sound=sound), unsigned, self.encoding)
            carried = payload.to_bytes()
            bindings = [SoftBinding(self.watermark.algorithm, carried, 0.0, float(meter.pictures_end))]
            if meter.is_heard:  # silence carries nothing
                bindings.append(SoftBinding(self.sound_mark.algorithm, carried, 0.0, float(meter.sound_ends)))
            bound = replace(claim, soft_bindings=tuple(bindings))
            return sign_file(unsigned, destination, bound, self.signer, self.anchors)

    def seal_still(self, still: Still, claim: Claim, payload: Payload, destination: Path) -> SignedManifest:
        """Mark a picture, write it in its own kind and sign it into ``destination``.

        Raises:
            EncodeError: its kind is not written.
            TouchmarkError: of watermark or signer. Nothing is left at ``destination``.
        """
        with _aside(destination) as unsigned:
            write_still(mark_still(still, payload, self.key), unsigned)
            bound = replace(claim, soft_bindings=(SoftBinding(self.watermark.algorithm, payload.to_bytes(), 0.0, 0.0),))
            return sign_file(unsigned, destination, bound, self.signer, self.anchors)

    def seal_sound(self, reader: SoundReader, claim: Claim, payload: Payload, destination: Path) -> SignedManifest:
        """Mark a sound, write it in the form in which it came and sign it into ``destination``.

        Raises:
            RateTooLowError: it has too few samples a second to carry the mark.
            EncodeError: its form is not written.
            MediaError: of the file that is read.
            TouchmarkError: of watermark or signer. Nothing is left at ``destination``.
        """
        samples = 0

        def counted(sound: Sound) -> Iterator[NDArray[np.float32]]:
            nonlocal samples
            for block in sound.blocks:
                samples += block.shape[-1]
                yield block

        sound = reader.whole()
        marked = self.sound_mark.embed(replace(sound, blocks=counted(sound)), payload, self.key)
        with _aside(destination) as unsigned:
            write_sound(marked, unsigned, reader.info)
            end = samples / sound.rate
            bound = replace(
                claim, soft_bindings=(SoftBinding(self.sound_mark.algorithm, payload.to_bytes(), 0.0, end),)
            )
            return sign_file(unsigned, destination, bound, self.signer, self.anchors)

    def sign_marked(self, source: Path, claim: Claim, payload: Payload, destination: Path) -> SignedManifest:
        """Sign a finished file that carries the mark already, without encoding anything anew.

        Args:
            source: whose mark was read, and carries ``payload``.
            claim: what the manifest shall say; its soft bindings are the caller's, who read the mark.
            payload: must be among them.
            destination: does not exist yet. Its folder is private to the caller.

        Raises:
            TouchmarkError: of the signer. Nothing is left at ``destination``.
        """
        assert payload.to_bytes() in [binding.payload for binding in claim.soft_bindings]
        return sign_file(source, destination, claim, self.signer, self.anchors)


@contextmanager
def _aside(destination: Path) -> Iterator[Path]:
    """A place beside ``destination`` for what is not signed yet; nothing is left there."""
    unsigned = destination.with_suffix(".unsigned" + destination.suffix)
    try:
        yield unsigned
    finally:
        unsigned.unlink(missing_ok=True)
