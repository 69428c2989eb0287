"""AudioSeal: a mark of another maker in sound, read and written through its networks.

    mark = AudioSealMark(reader, writer)
    gathering = mark.gather(video.sound())
    marked = mark.write(sound, bits)

What the released networks expect (facebookresearch/audioseal, README and models.py): one channel at 16 kHz. The
detector gives, for each sample, the probabilities that it is not and that it is marked, and for the whole input the
probability of 1 for each of 16 bits; its maker calls sound marked where over half of the samples are. The generator
gives a watermark to add. The weights are published as checkpoints, which are never opened here; whoever has the
``audioseal`` package (0.2 or later) exports them once:

    detector = AudioSeal.load_detector("audioseal_detector_16bits").eval()
    torch.jit.script(detector).save("audioseal-reader.jit")
    generator = AudioSeal.load_generator("audioseal_wm_16bits").eval()
    torch.jit.script(generator).save("audioseal-writer.jit")

A traced or ONNX export serves as well: a reader ``forward(x)`` and a writer ``forward(x, message)`` that returns the
watermark, for ``x`` of shape (1, 1, WINDOW), which is the length that they are always given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.video import Sound
from touchmark.provenance.watermark.neural.claim import MarkKind
from touchmark.provenance.watermark.neural.gathering import Gathering
from touchmark.provenance.watermark.neural.network import Network, WeightsError
from touchmark.provenance.watermark.neural.picture import MOST_BITS, NoWriterError, require_message

Real = NDArray[np.float32]

RATE: Final = 16_000
"""Samples a second that the networks take."""
WINDOW: Final = 5 * RATE
"""Samples that they take at a time."""
MARKED_SHARE: Final = 0.5
"""The maker's threshold: sound is marked where the detector says so of more than this share of samples."""

_SECONDS: Final = WINDOW // RATE
_SHORTEST: Final = RATE // 2
"""Less sound than this, at the end or in all, is not read."""
_RATES: Final = range(4_000, 384_001)
"""Sample rates that sound is converted from."""
_FADE: Final = 160
"""Samples over which a window's watermark comes and goes, so that joints do not click."""


class AudioSealMark:
    """A mark in sound. Holds networks and no state.

    Args:
        reader: takes (1, 1, WINDOW), gives (1, 2, WINDOW) and (1, bits).
        writer: takes (1, 1, WINDOW) and (1, bits), gives (1, 1, WINDOW); None where the mark is only read.

    Raises:
        WeightsError: a network does not have the signature. Both are tried on silence.
    """

    def __init__(self, reader: Network, writer: Network | None = None) -> None:
        self._reader, self._writer = reader, writer
        silence = np.zeros(WINDOW, np.float32)
        self.bits = len(self._read(silence)[0])
        if writer is not None:
            self._watermark(writer, silence, "0" * self.bits)

    @property
    def writes(self) -> bool:
        """Whether there is a writer."""
        return self._writer is not None

    def gather(self, sound: Sound | None) -> Gathering:
        """Read windows of a sound, one at a time; windows that the detector takes for unmarked say nothing of bits.

        Raises:
            WeightsError: the reader fails.
        """
        gathering = Gathering(_SECONDS)
        if sound is None or sound.rate not in _RATES:
            return gathering
        for index, window in enumerate(_windows(_mono(sound))):
            if gathering.wants(index * _SECONDS):
                odds, share = self._read(window)
                gathering.add(index * _SECONDS, odds * np.float32(share), share)
        return gathering

    def write(self, sound: Sound, message: str) -> Sound:
        """Mark sound as it is drawn; same rate, channels and length.

        Args:
            sound: what to mark; its rate from 4,000 to 384,000.
            message: of 0 and 1, ``bits`` of them.

        Raises:
            NoWriterError: there is no writer.
            MessageError: the message is not of that form.
            WeightsError: the writer fails, while the blocks are drawn.
        """
        require_message(message, self.bits)
        if self._writer is None:
            raise NoWriterError(
                "this mark can only be read", subject=MarkKind.AUDIOSEAL, remedy="Install it with its writer's file."
            )
        return Sound(sound.rate, sound.channels, self._marked(self._writer, sound, message))

    def _marked(self, writer: Network, sound: Sound, message: str) -> Iterator[Real]:
        for block in _regrouped(sound.blocks, _SECONDS * sound.rate):
            heard = _resampled([block.mean(axis=0)], sound.rate, RATE)
            window = np.resize(_joined(heard), WINDOW)
            watermark = self._watermark(writer, window, message)
            watermark[:_FADE] *= np.linspace(0, 1, _FADE, dtype=np.float32)
            watermark[-_FADE:] *= np.linspace(1, 0, _FADE, dtype=np.float32)
            change = _joined(_resampled([watermark], RATE, sound.rate))
            change = np.pad(change, (0, max(0, block.shape[1] - len(change))))[: block.shape[1]]
            yield np.clip(block + change, -1, 1).astype(np.float32)

    def _read(self, window: Real) -> tuple[Real, float]:
        """Log-odds of each bit, and the share of samples that the detector takes for marked."""
        given = self._reader(window[None, None])
        fits = len(given) == 2 and given[0].shape[:2] == (1, 2) and given[1].ndim == 2 and len(given[1]) == 1
        if not fits or not 0 < given[1].shape[1] <= MOST_BITS:
            raise WeightsError(
                f"a reader of {MarkKind.AUDIOSEAL} gives (1, 2, samples) and (1, bits); this gives "
                f"{', '.join(str(part.shape) for part in given)}",
                subject=MarkKind.AUDIOSEAL,
                remedy="Export the detector as provenance/watermark/neural/sound.py says.",
            )
        likely = np.clip(np.nan_to_num(given[1][0], nan=0.5), 1e-4, 1 - 1e-4)
        return np.log(likely / (1 - likely)).astype(np.float32), float(np.mean(given[0][0, 1] > MARKED_SHARE))

    @staticmethod
    def _watermark(writer: Network, window: Real, message: str) -> Real:
        given = writer(window[None, None], np.array([[float(bit) for bit in message]], np.float32))[0]
        if given.shape != (1, 1, WINDOW):
            raise WeightsError(
                f"a writer of {MarkKind.AUDIOSEAL} gives a watermark of shape {(1, 1, WINDOW)}; this gives "
                f"{given.shape}",
                subject=MarkKind.AUDIOSEAL,
                remedy="Export the generator as provenance/watermark/neural/sound.py says.",
            )
        return np.array(np.nan_to_num(given[0, 0]), np.float32)


def _mono(sound: Sound) -> Iterator[Real]:
    blocks = (np.nan_to_num(block.mean(axis=0), posinf=0, neginf=0) for block in sound.blocks)
    return _resampled(blocks, sound.rate, RATE)


def _resampled(blocks: Iterable[Real], before: int, after: int) -> Iterator[Real]:
    """One channel at another rate: blocks of shape (n,)."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=after)
    for block in (block for block in blocks if block.size):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block, np.float32)[None], format="flt", layout="mono")
        frame.sample_rate = before
        yield from (part.to_ndarray()[0] for part in resampler.resample(frame))
    yield from (part.to_ndarray()[0] for part in resampler.resample(None))


def _joined(blocks: Iterable[Real]) -> Real:
    return np.concatenate([np.zeros(0, np.float32), *blocks], dtype=np.float32)


def _windows(blocks: Iterable[Real]) -> Iterator[Real]:
    """Windows of WINDOW samples; the last is repeated to fill one, and left out where it is too short to be read."""
    for window in _regrouped((block[None] for block in blocks), WINDOW):
        if window.shape[1] >= _SHORTEST:
            yield np.resize(window[0], WINDOW)


def _regrouped(blocks: Iterable[Real], length: int) -> Iterator[Real]:
    """The same samples in blocks of shape (channels, length); the last may be shorter."""
    held: list[Real] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.shape[1]
        while count >= length:
            whole = np.concatenate(held, axis=1)
            yield whole[:, :length]
            held, count = [whole[:, length:]], count - length
    if count:
        yield np.concatenate(held, axis=1)
