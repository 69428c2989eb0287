"""Files of weights, as an operator downloads them, of networks that stand in for the released ones."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import scene
from tests.provenance.watermark.neural import stand_ins
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.neural.network import Role, open_network
from touchmark.provenance.watermark.neural.picture import TRUSTMARK, TRUSTMARK_P, VIDEOSEAL, PictureMark
from touchmark.provenance.watermark.neural.sound import AudioSealMark


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files by name."""
    folder = tmp_path_factory.mktemp("weights")
    contents = {
        "videoseal.jit": stand_ins.torchscript(stand_ins.VideoSeal()),
        "videoseal-96.jit": stand_ins.torchscript(stand_ins.VideoSeal(96)),
        "trustmark-reader.jit": stand_ins.torchscript(stand_ins.TrustMarkReader()),
        "trustmark-writer.jit": stand_ins.torchscript(stand_ins.TrustMarkWriter()),
        "decoder_Q.onnx": stand_ins.trustmark_reader_onnx(),
        "encoder_Q.onnx": stand_ins.trustmark_writer_onnx(),
        "audioseal-reader.jit": stand_ins.torchscript(stand_ins.AudioSealReader()),
        "audioseal-writer.jit": stand_ins.torchscript(stand_ins.AudioSealWriter()),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}


@pytest.fixture(scope="session")
def marks(weights: dict[str, Path]) -> dict[str, PictureMark]:
    """Marks in pictures, reader and writer, in TorchScript."""

    def both(signature, reader: str, writer: str) -> PictureMark:
        files = ((Role.READER, reader), (Role.WRITER, writer))
        return PictureMark(signature, *(open_network(weights[n].read_bytes(), r, subject=n) for r, n in files))

    return {
        "videoseal": both(VIDEOSEAL, "videoseal.jit", "videoseal.jit"),
        "videoseal-96": both(VIDEOSEAL, "videoseal-96.jit", "videoseal-96.jit"),
        "trustmark": both(TRUSTMARK, "trustmark-reader.jit", "trustmark-writer.jit"),
        "trustmark-p": both(TRUSTMARK_P, "trustmark-reader.jit", "trustmark-writer.jit"),
    }


@pytest.fixture(scope="session")
def audioseal(weights: dict[str, Path]) -> AudioSealMark:
    """The mark in sound."""
    files = ((Role.READER, "audioseal-reader.jit"), (Role.WRITER, "audioseal-writer.jit"))
    return AudioSealMark(*(open_network(weights[name].read_bytes(), role, subject=name) for role, name in files))


@pytest.fixture(scope="session")
def frames() -> list[Frame]:
    """A second of a textured scene, 448 x 320."""
    return [Frame(pixels, Fraction(index, 12)) for index, pixels in enumerate(scene(448, 320, 12))]
