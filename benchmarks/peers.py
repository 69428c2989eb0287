"""Other people's picture marks behind the bench's seam, where they can be imported; nothing of theirs is installed.

They know no video and no key check: each frame is marked by itself, frames of a copy are read one in eight and their
bits put to the vote, and "decoded" means that all bits were right, which their own readers cannot tell.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame, Pictures
from touchmark.provenance.watermark.bench.trial import PAYLOAD, Answer, Candidate

Pixels = NDArray[np.uint8]
Bits = NDArray[np.float64]

_BITS = np.unpackbits(np.frombuffer(PAYLOAD.to_bytes(), np.uint8))
_EVERY = 8
_LEAST_PIXELS = 256 * 256
"""imwatermark refuses smaller pictures; the same is asked of all."""


@dataclass(frozen=True, slots=True)
class Framewise:
    """A mark for single pictures, used on video.

    Attributes:
        name: what tables call it.
        bits: how many it carries.
        mark: marks one picture; BGR, as OpenCV has it.
        read_one: the bits of one picture as numbers from 0 to 1.
    """

    name: str
    bits: int
    mark: Callable[[Pixels], Pixels]
    read_one: Callable[[Pixels], Bits]

    def embed(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Mark every frame."""
        for frame in frames:
            marked = self.mark(np.ascontiguousarray(frame.pixels[..., ::-1]))
            yield Frame(np.clip(np.rint(marked), 0, 255).astype(np.uint8)[..., ::-1].copy(), frame.time)

    def read(self, video: Pictures) -> Answer:
        """Let one frame in eight vote on each bit."""
        votes = np.zeros(self.bits)
        for index, frame in enumerate(video.frames()):
            if index % _EVERY:
                continue
            pixels = frame.pixels
            if pixels.shape[0] * pixels.shape[1] < _LEAST_PIXELS:
                return Answer(False, 0.5)  # as good as a coin
            votes += np.asarray(self.read_one(np.ascontiguousarray(pixels[..., ::-1])), np.float64) - 0.5
        accuracy = float(np.mean((votes > 0) == _BITS[: self.bits]))
        return Answer(accuracy == 1.0, accuracy)


def peers(folder: Path) -> Iterator[Candidate]:
    """The marks that can be imported with ``folder`` on the path; says in a line what cannot."""
    sys.path.append(str(folder))
    for name, make in _MAKERS.items():
        try:
            yield make(name)
        except Exception as error:  # other people's code: whatever is missing there, the others still run
            print(f"{name}: left out ({type(error).__name__}: {error})", file=sys.stderr, flush=True)


def imwatermark(name: str) -> Framewise:
    """invisible-watermark: dwtDct, dwtDctSvd (64 bits) or rivaGan (a network of 32 bits, read through onnxruntime)."""
    from imwatermark import WatermarkDecoder, WatermarkEncoder  # type: ignore[import-not-found]

    method = name.split()[-1]
    bits = 32 if method == "rivaGan" else 64
    if method == "rivaGan":
        WatermarkEncoder.loadModel()  # raises where its weights or onnxruntime are missing
    encoder, decoder = WatermarkEncoder(), WatermarkDecoder("bits", bits)
    encoder.set_watermark("bits", [int(bit) for bit in _BITS[:bits]])
    return Framewise(
        name,
        bits,
        lambda picture: encoder.encode(picture, method),
        lambda picture: np.asarray(decoder.decode(picture, method), np.float64),
    )


def blind_watermark(name: str) -> Framewise:
    """blind-watermark, 64 bits."""
    from blind_watermark import WaterMark  # type: ignore[import-not-found]
    from blind_watermark.version import bw_notes  # type: ignore[import-not-found]

    bw_notes.close()

    def mark(picture: Pixels) -> Pixels:
        marker = WaterMark(password_img=1, password_wm=1)
        marker.read_img(img=picture)
        marker.read_wm(_BITS.astype(bool), mode="bit")
        return np.asarray(marker.embed())

    def read_one(picture: Pixels) -> Bits:
        return np.asarray(WaterMark(password_img=1, password_wm=1).extract(embed_img=picture, wm_shape=64, mode="bit"))

    return Framewise(name, 64, mark, read_one)


SVD = "imwatermark dwtDctSvd"
_MAKERS: dict[str, Callable[[str], Framewise]] = {
    "imwatermark dwtDct": imwatermark,
    SVD: imwatermark,
    "imwatermark rivaGan": imwatermark,
    "blind-watermark": blind_watermark,
}
