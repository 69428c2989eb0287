"""Marks of other makers in pictures: VideoSeal, PixelSeal and TrustMark, read and written through their networks.

    mark = PictureMark(VIDEOSEAL, reader, writer)
    gathering = mark.gather(video.frames())     # reads a few pictures
    marked = mark.write(frames, bits)           # lazily; where there is a writer

What a released network expects, found in the makers' own repositories:

- VideoSeal and PixelSeal (facebookresearch/videoseal, docs/torchscript.md), TorchScript, one file for both roles:
  ``embed(imgs, msgs)`` and ``detect(imgs)``; pictures in 0..1, worked on at 256 x 256; ``detect`` gives one unused
  value and then a log-odds for each bit, of which there are 96, 256 or 1,024.
- TrustMark (adobe/trustmark), ONNX, one file for each role: pictures in -1..1 at 256 x 256, 224 x 224 to read variant
  P; 100 bits, with a log-odds for each; the centre square of pictures longer than 2 to 1, and always for P.

The same networks exported in the other format, or with ``forward`` alone, serve as well. What a network changes is
taken at its own size and blown up (:mod:`scaling`), so that a VideoSeal archive's full-size attenuation is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.neural import scaling
from touchmark.provenance.watermark.neural.claim import MarkKind
from touchmark.provenance.watermark.neural.gathering import Gathering
from touchmark.provenance.watermark.neural.network import Network, NeuralMarkError, WeightsError

Real = NDArray[np.float32]

MOST_BITS: Final = 4096
"""More bits than any such mark has; a network that gives more is something else."""

_INTERVAL: Final = 0.25
"""Seconds between the pictures that are read, in a short video."""


class NoWriterError(NeuralMarkError):
    """The mark was installed to be read only."""

    code = "mark.no_writer"


class MessageError(TouchmarkError):
    """A message does not fit the mark."""

    code = "mark.message"
    exit_status = 64


@dataclass(frozen=True, slots=True)
class PictureSignature:
    """How the networks of one kind of mark are spoken to.

    Attributes:
        kind: which.
        reading_side, writing_side: height and width of pictures, where the weights do not fix them.
        leading: values before the bits in what the reader gives.
        zero: pixel value, in 0..1, that the networks see as 0; their range is that to 1.
        longest_aspect: of longer pictures only the centre square is marked.
        strength: what the change is multiplied by.
        largest_change: cut off beyond this, in units of full scale.
        bits: of a message, where the kind fixes them.
        keeps_colour: whether the mean change of each colour is taken away.
    """

    kind: MarkKind
    reading_side: int = 256
    writing_side: int = 256
    leading: int = 0
    zero: float = 0.0
    longest_aspect: float = float("inf")
    strength: float = 1.0
    largest_change: float = 1.0
    bits: int | None = None
    keeps_colour: bool = False


VIDEOSEAL: Final = PictureSignature(MarkKind.VIDEOSEAL, leading=1)
TRUSTMARK: Final = PictureSignature(
    MarkKind.TRUSTMARK, zero=0.5, longest_aspect=2.0, largest_change=0.1, bits=100, keeps_colour=True
)
TRUSTMARK_P: Final = PictureSignature(
    MarkKind.TRUSTMARK_P,
    reading_side=224,
    zero=0.5,
    longest_aspect=1.0,
    strength=1.25,
    largest_change=0.1,
    bits=100,
    keeps_colour=True,
)


class PictureMark:
    """A mark in pictures. Holds networks and no state; how far it may be shared between threads, they decide.

    Args:
        signature: how its networks are spoken to.
        reader: gives log-odds of bits.
        writer: changes a picture; None where the mark is only read.

    Raises:
        WeightsError: a network does not have the signature. Both are tried on a grey picture.
    """

    def __init__(self, signature: PictureSignature, reader: Network, writer: Network | None = None) -> None:
        self.signature = signature
        self._reader, self._writer = reader, writer
        self._reading_side = reader.side or signature.reading_side
        self._writing_side = (writer.side if writer else None) or signature.writing_side
        grey = np.full((8, 8, 3), 128, np.uint8)
        odds = self._odds(grey)
        if not np.isfinite(odds).all():
            raise WeightsError(
                f"a reader of {signature.kind} gives numbers for a picture; this gives none for a grey one",
                subject=signature.kind,
                remedy="Export it anew, in 32 bits.",
            )
        self.bits = len(odds)
        if writer is not None:
            self._change(writer, grey, "0" * self.bits)

    @property
    def writes(self) -> bool:
        """Whether there is a writer."""
        return self._writer is not None

    def gather(self, frames: Iterable[Frame]) -> Gathering:
        """Read a few pictures of a video, one at a time.

        Raises:
            WeightsError: the reader fails.
        """
        gathering = Gathering(_INTERVAL)
        for frame in frames:
            time = float(frame.time)
            if gathering.wants(time) and (pixels := frame.pixels).size:
                gathering.add(time, self._odds(pixels))
        return gathering

    def write(self, frames: Iterable[Frame], message: str) -> Iterator[Frame]:
        """Mark frames one by one as they are drawn; same count, size and times. They come out in 8 bits.

        Args:
            frames: the pictures.
            message: of 0 and 1, ``bits`` of them.

        Raises:
            NoWriterError: there is no writer.
            MessageError: the message is not of that form.
            WeightsError: the writer fails.
        """
        require_message(message, self.bits)
        if self._writer is None:
            raise NoWriterError(
                "this mark can only be read", subject=self.signature.kind, remedy="Install it with its writer's file."
            )
        for frame in frames:
            pixels = frame.pixels
            change = self._change(self._writer, pixels, message)
            yield Frame(scaling.added(pixels, change, self.signature.longest_aspect), frame.time)

    def _odds(self, pixels: NDArray[np.uint8]) -> Real:
        """Log-odds of each bit in one picture."""
        signature = self.signature
        given = self._reader(self._as_input(pixels, self._reading_side))[0]
        flat = given.reshape(given.shape[0], given.shape[1], -1).mean(axis=2) if given.ndim > 2 else given
        bits = flat.shape[-1] - signature.leading if flat.ndim == 2 and len(flat) == 1 else 0
        if not 0 < bits <= MOST_BITS or signature.bits not in (None, bits):
            raise WeightsError(
                f"a reader of {signature.kind} gives {signature.bits or 'some'} bits for a picture; "
                f"this gives an array of shape {given.shape}",
                subject=signature.kind,
                remedy="Give the file of the reader (decoder, detector) of this kind of mark.",
            )
        return flat[0, signature.leading :]

    def _change(self, writer: Network, pixels: NDArray[np.uint8], message: str) -> Real:
        """What the writer adds to a picture, at its own size: ndarray of shape (1, 3, side, side), full scale 1."""
        signature = self.signature
        seen = self._as_input(pixels, self._writing_side)
        given = writer(seen, np.array([[float(bit) for bit in message]], np.float32))[0]
        if given.shape != seen.shape:
            raise WeightsError(
                f"a writer of {signature.kind} gives a picture of shape {seen.shape}; this gives {given.shape}",
                subject=signature.kind,
                remedy="Give the file of the writer (encoder, embedder) of this kind of mark.",
            )
        least = -signature.zero / (1 - signature.zero)
        change = (np.clip(np.nan_to_num(given), least, 1) - seen) * np.float32(1 - signature.zero)
        if signature.keeps_colour:
            change = change - change.mean(axis=(2, 3), keepdims=True)
        limit = np.float32(signature.largest_change)
        return np.asarray(np.clip(change * np.float32(signature.strength), -limit, limit), np.float32)

    def _as_input(self, pixels: NDArray[np.uint8], side: int) -> Real:
        height, width = pixels.shape[:2]
        rows, columns = scaling.region(height, width, self.signature.longest_aspect)
        small = scaling.shrunk(pixels[rows, columns], side)
        zero = np.float32(self.signature.zero)
        return (small - zero) / (1 - zero)


def require_message(message: str, bits: int) -> None:
    """Raise :class:`MessageError` unless ``message`` is ``bits`` times 0 or 1."""
    if len(message) != bits or set(message) - {"0", "1"}:
        raise MessageError(
            f"a message of this mark is {bits} times 0 or 1 (got {len(message)} characters)",
            remedy=f"Give exactly {bits} of them.",
        )
