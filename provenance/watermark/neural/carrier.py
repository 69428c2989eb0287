"""Our payload and its keyed check bits as the message of somebody else's network, behind our own protocol.

    mark = CarriedWatermark(picture_mark)                # a Watermark, like ours
    marked = mark.embed(frames, payload, key)
    detection = mark.extract(marked, key)

The code bits of :mod:`touchmark.provenance.watermark.code` are thinned to the width of the network's message and
masked with the key, so that the message looks random and the p-values need no model of pictures: for any log-odds l
that a video may give, the masked signs s are independent and fair, and from E exp(s l) <= exp(l**2 / 2) follows the
bound that :mod:`touchmark.provenance.watermark.statistics` already has. 64 payload bits and 40 check bits want
LEAST_BITS of message: VideoSeal with 256 bits or more has them, TrustMark and AudioSeal have not.

What it is not: as safe as our own mark. Without the key nobody can make a *new* message that verifies, but whoever has
the network's weights, which are published, can read the message of a marked video and write it into another. So no
verdict is built on it; ``touchmark verify`` reports it as a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame, Pictures
from touchmark.provenance.watermark import code, statistics
from touchmark.provenance.watermark.keyring import subkey
from touchmark.provenance.watermark.neural.gathering import Gathering, Stretch
from touchmark.provenance.watermark.neural.network import NeuralMarkError
from touchmark.provenance.watermark.neural.picture import PictureMark
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, Segment, WatermarkKey

LEAST_BITS: Final = 2 * code.MESSAGE_BITS
"""Two code bits for each bit of payload and check: with fewer, nothing is left to correct errors with."""

_STRIDE: Final = 63
"""Coprime to the code's length: visits its steps evenly, so that thinning leaves no gap."""
_OUTPUTS: Final = (1, 2, 0, 3)
"""In which order the four outputs of a step are used. The code is a good one whole; of its halves, tried in white
noise at 208 bits, the second and third generators together decode 13 of 16 messages where the first two decode 4 and
the last two none."""


class MessageTooShortError(NeuralMarkError):
    """The network's message has no room for a payload and its check bits."""

    code = "mark.message_too_short"


class CarriedWatermark:
    """Implements :class:`touchmark.provenance.watermark.protocol.Watermark` with another maker's network.

    Args:
        mark: reads, and writes where it has a writer.

    Raises:
        MessageTooShortError: its message has under LEAST_BITS bits.
    """

    def __init__(self, mark: PictureMark) -> None:
        if not can_carry(mark.bits):
            raise MessageTooShortError(
                f"its message has {mark.bits} bits; a payload with its check bits takes {LEAST_BITS}",
                subject=mark.signature.kind,
                remedy="Use it to write and recognise messages of its own.",
            )
        self._mark = mark

    @property
    def algorithm(self) -> str:
        """Name of the coding and of the network's kind."""
        return f"io.touchmark.video.carried.{self._mark.signature.kind}.1"

    def embed(self, frames: Iterable[Frame], payload: Payload, key: WatermarkKey) -> Iterator[Frame]:
        """Mark frames one by one as they are drawn; same count, size and times.

        Raises:
            NoWriterError: the mark can only be read.
            WeightsError: the network fails.
        """
        return self._mark.write(frames, message_of(payload, key, self._mark.bits))

    def extract(self, frames: Iterable[Frame], key: WatermarkKey) -> Detection:
        """Look for a payload of ``key`` in a few frames a second. Never raises for want of a mark."""
        return read_carried(self._mark.gather(frames), key)

    def search(self, video: Pictures, keys: Sequence[WatermarkKey], *, thorough: bool = False) -> tuple[Detection, ...]:
        """Look for a payload of each key, in one pass over all pictures, thorough or not."""
        gathering = self._mark.gather(video.frames())
        return tuple(read_carried(gathering, key) for key in keys)


def can_carry(bits: int) -> bool:
    """Whether a message of ``bits`` bits has room for a payload and its check bits."""
    return bits >= LEAST_BITS


def message_of(payload: Payload, key: WatermarkKey, bits: int) -> str:
    """The message, 0 and 1, that carries a payload in ``bits`` bits."""
    sent = code.encode(payload, key)[_places(bits)] ^ _mask(key, bits)
    return "".join(map(str, sent))


def read_carried(gathering: Gathering, key: WatermarkKey) -> Detection:
    """The payload of ``key`` in what was gathered, if there is one. There is no template: it is read, or not found."""
    odds = gathering.odds
    if odds is None or not can_carry(len(odds)):
        return Detection(MarkState.NOTHING_FOUND, key.key_id)
    places, signs = _places(len(odds)), 1.0 - 2.0 * _mask(key, len(odds))
    # The code wants evidence positive for 0; networks give log-odds positive for 1.
    evidence = np.bincount(places, -odds * signs, minlength=code.CODE_BITS)
    decoded = code.decode(evidence.astype(np.float32), key)
    if decoded.payload is None:
        return Detection(MarkState.NOTHING_FOUND, key.key_id)
    expected = (2.0 * decoded.code_bits[places] - 1.0) * signs
    return Detection(
        MarkState.VERIFIED,
        key.key_id,
        payload=decoded.payload,
        p_value=statistics.verified_tail(_z(odds, expected), decodings=1),
        timeline=_timeline(gathering.stretches, expected),
    )


def _places(bits: int) -> NDArray[np.intp]:
    """Which code bit each message bit carries: one output of all steps, then another, and so on around."""
    steps = np.arange(code.MESSAGE_BITS) * _STRIDE % code.MESSAGE_BITS
    order = np.concatenate([steps * len(_OUTPUTS) + output for output in _OUTPUTS])
    return np.asarray(np.resize(order, bits), np.intp)


def _mask(key: WatermarkKey, bits: int) -> NDArray[np.uint8]:
    random = np.random.Generator(np.random.PCG64(int.from_bytes(subkey(key, "carried message"), "big")))
    return random.integers(0, 2, bits, np.uint8)


def _z(odds: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    length = float(np.linalg.norm(odds))
    return float(odds @ expected) / length if length > 0 else 0.0


def _timeline(stretches: list[Stretch], expected: NDArray[np.float64]) -> tuple[Segment, ...]:
    """P-values of the message that was read, by second, or by stretch where those are longer."""
    segments = []
    for _, members in groupby(stretches, key=lambda stretch: int(stretch.start)):
        joined, *others = members
        for stretch in others:
            joined = joined.joined(stretch)
        segments.append(Segment(joined.start, joined.end, statistics.tail(_z(joined.odds, expected))))
    return tuple(segments)
