"""Networks with the signatures of the released ones, small enough for a test: cosines stand in for what they learned.

A picture's luma is looked at through a grid of cosines, a sound through a row of them; the sign of each coefficient is
a bit. The writer moves every coefficient to one side, so that the reader of any other picture gives bits that depend
on it and mean nothing, as the real networks do.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

SIDE = 256
WINDOW = 80_000
PERIOD = 4_000
"""Samples after which the watermark in sound repeats, so that it is read from a part of a window too."""
AMPLITUDE = 0.15
"""Size of a marked coefficient, in units of full scale times SIDE / 2: 256 of them change a picture by some 1%."""


def cosines(count: int, length: int, first: int) -> NDArray[np.float32]:
    """Orthonormal: ndarray of shape (count, length), float32."""
    order, place = np.arange(first, first + count)[:, None], np.arange(length) + 0.5
    return np.asarray(np.cos(np.pi * order * place / length) * math.sqrt(2 / length), np.float32)


def grid(bits: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines down and across, that many in all."""
    rows = 2 ** int(math.log2(math.isqrt(bits))) if bits != 100 else 10
    return cosines(rows, SIDE, 20), cosines(bits // rows, SIDE, 20)


class _Pictures(torch.nn.Module):
    def __init__(self, bits: int, low: float) -> None:
        super().__init__()
        down, across = grid(bits)
        self.register_buffer("down", torch.from_numpy(down))
        self.register_buffer("across", torch.from_numpy(across))
        self.scale = 1.0 - low
        self.amplitude = AMPLITUDE
        self.bits = bits

    def coefficients(self, imgs: torch.Tensor) -> torch.Tensor:
        luma = imgs.mean(dim=1) / self.scale
        return (self.down @ luma @ self.across.t()).flatten(1)

    def marked(self, imgs: torch.Tensor, msgs: torch.Tensor) -> torch.Tensor:
        change = (2.0 * msgs - 1.0) * self.amplitude - self.coefficients(imgs)
        squares = change.reshape(len(imgs), self.down.shape[0], self.across.shape[0])
        return imgs + (self.down.t() @ squares @ self.across).unsqueeze(1) * self.scale


class VideoSeal(_Pictures):
    """``embed`` and ``detect`` in one archive, pictures in 0..1, an unused value before the bits."""

    def __init__(self, bits: int = 256) -> None:
        super().__init__(bits, 0.0)

    def forward(
        self, imgs: torch.Tensor, msgs: torch.Tensor, is_video: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        marked = self.embed(imgs, msgs, is_video)
        return marked, self.detect(marked, is_video)

    @torch.jit.export
    def embed(self, imgs: torch.Tensor, msgs: torch.Tensor, is_video: bool = False) -> torch.Tensor:
        return torch.clamp(self.marked(imgs, msgs), 0.0, 1.0)

    @torch.jit.export
    def detect(self, imgs: torch.Tensor, is_video: bool = False) -> torch.Tensor:
        odds = self.coefficients(imgs)
        return torch.cat([torch.full((len(imgs), 1), 9.0), odds], dim=1)[:, :, None, None].expand(-1, -1, 2, 2)


class TrustMarkReader(_Pictures):
    """Pictures in -1..1 to 100 log-odds; any size of picture, as a network with pooling has it."""

    def __init__(self) -> None:
        super().__init__(100, -1.0)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        whole = torch.nn.functional.interpolate(image, size=[256, 256], mode="bilinear", align_corners=False)
        return self.coefficients(whole)


class TrustMarkWriter(_Pictures):
    """Pictures in -1..1 and 100 bits to pictures."""

    def __init__(self) -> None:
        super().__init__(100, -1.0)

    def forward(self, cover: torch.Tensor, secret: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.marked(cover, secret), secret


class _Sounds(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        carriers = np.concatenate([cosines(16, PERIOD, 450 + 20 * band) for band in range(4)])
        repeated = np.tile(carriers, WINDOW // PERIOD) / math.sqrt(WINDOW // PERIOD)
        self.register_buffer("carriers", torch.from_numpy(repeated.astype(np.float32)))
        self.size = 0.8

    def coefficients(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, 0] @ self.carriers.t()).reshape(len(x), 4, 16).sum(dim=1)


class AudioSealReader(_Sounds):
    """(1, 1, WINDOW) to probabilities of (1, 2, WINDOW) and of (1, 16)."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = self.coefficients(x)
        there = torch.sigmoid(20.0 * (found.abs().mean(dim=1) - 1.0)).reshape(-1, 1, 1).expand(-1, 1, x.shape[2])
        return torch.cat([1.0 - there, there], dim=1), torch.sigmoid(3.0 * found)


class AudioSealWriter(_Sounds):
    """(1, 1, WINDOW) and (1, 16) to a watermark, or by ``forward`` to marked sound."""

    @torch.jit.export
    def get_watermark(
        self, x: torch.Tensor, sample_rate: int | None = None, message: torch.Tensor | None = None
    ) -> torch.Tensor:
        assert message is not None
        signs = (2.0 * message - 1.0).repeat(1, 4) * self.size
        return (signs @ self.carriers).unsqueeze(1)

    def forward(
        self,
        x: torch.Tensor,
        sample_rate: int | None = None,
        message: torch.Tensor | None = None,
        alpha: float = 1.0,
    ) -> torch.Tensor:
        return x + alpha * self.get_watermark(x, sample_rate, message)


class TracedAudioSealWriter(AudioSealWriter):
    """The same as an export for one length has it: ``forward`` alone, which returns the watermark."""

    def forward(self, x: torch.Tensor, message: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return self.get_watermark(x, None, message)


def traced(module: torch.nn.Module, *inputs: torch.Tensor) -> bytes:
    """The archive of a trace: no methods, and the shapes of ``inputs`` for ever."""
    file = io.BytesIO()
    torch.jit.save(torch.jit.trace(module.eval(), inputs), file)
    return file.getvalue()


def torchscript(module: torch.nn.Module) -> bytes:
    """The archive that ``torch.jit.save`` writes."""
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(module.eval()), file)
    return file.getvalue()


def trustmark_reader_onnx() -> bytes:
    """:class:`TrustMarkReader` at 256 x 256 as an ONNX graph, under the released graph's names."""
    down, across = grid(100)
    return _graph(
        [
            ("ReduceMean", ["image", "axes"], "luma"),
            ("MatMul", ["down", "luma"], "columns"),
            ("MatMul", ["columns", "across"], "found"),
            ("Reshape", ["found", "shape"], "output"),
        ],
        {"down": down, "across": across.T, "axes": np.array([1]), "shape": np.array([1, 100])},
        {"image": (1, 3, SIDE, SIDE)},
        {"output": (1, 100)},
    )


def trustmark_writer_onnx() -> bytes:
    """A writer that adds to coefficients and clears none, under the released graph's names."""
    down, across = grid(100)
    named = {"down": down.T, "across": across, "gain": np.array([12 * AMPLITUDE], np.float32)}
    named |= {"half": np.array([0.5], np.float32), "shape": np.array([1, 1, 10, 10])}
    return _graph(
        [
            ("Sub", ["onnx::Gemm_1", "half"], "signs"),
            ("Mul", ["signs", "gain"], "sized"),
            ("Reshape", ["sized", "shape"], "squares"),
            ("MatMul", ["down", "squares"], "rows"),
            ("MatMul", ["rows", "across"], "change"),
            ("Add", ["onnx::Concat_0", "change"], "image"),
        ],
        named,
        {"onnx::Concat_0": (1, 3, SIDE, SIDE), "onnx::Gemm_1": (1, 100)},
        {"image": (1, 3, SIDE, SIDE)},
    )


# ONNX by hand: a dozen fields of protobuf, so that no package is needed to write a graph.
# Field numbers from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto


def _graph(
    nodes: Sequence[tuple[str, Sequence[str], str]],
    constants: dict[str, NDArray[np.generic]],
    inputs: dict[str, tuple[int, ...]],
    outputs: dict[str, tuple[int, ...]],
) -> bytes:
    graph = b"".join(
        _field(1, b"".join(_field(1, name) for name in takes) + _field(2, gives) + _field(4, operator))
        for operator, takes, gives in nodes
    )
    graph += _field(2, "stand-in") + b"".join(_field(5, _tensor(name, value)) for name, value in constants.items())
    graph += b"".join(_field(11, _value(name, shape)) for name, shape in inputs.items())
    graph += b"".join(_field(12, _value(name, shape)) for name, shape in outputs.items())
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 18))


def _tensor(name: str, value: NDArray[np.generic]) -> bytes:
    floating = value.dtype == np.float32
    shape = b"".join(_field(1, side) for side in value.shape)
    raw = np.ascontiguousarray(value, "<f4" if floating else "<i8").tobytes()
    return shape + _field(2, 1 if floating else 7) + _field(8, name) + _field(9, raw)


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    sides = b"".join(_field(1, _field(1, side)) for side in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, sides)))


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = b""
    while value >= 128:
        out += struct.pack("B", value & 127 | 128)
        value >>= 7
    return out + struct.pack("B", value)
