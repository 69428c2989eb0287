"""Marks in pictures through networks of the released signatures: read back, through a real encoder, and refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.clips import scene, write_clip
from tests.provenance.watermark.neural import stand_ins
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.watermark.neural import bch
from touchmark.provenance.watermark.neural.carrier import (
    LEAST_BITS,
    CarriedWatermark,
    MessageTooShortError,
    message_of,
)
from touchmark.provenance.watermark.neural.gathering import bits_of
from touchmark.provenance.watermark.neural.network import Role, WeightsError, open_network
from touchmark.provenance.watermark.neural.picture import (
    TRUSTMARK,
    VIDEOSEAL,
    MessageError,
    NoWriterError,
    PictureMark,
)
from touchmark.provenance.watermark.protocol import MarkState, Payload, WatermarkKey

KEY = WatermarkKey(b"a key for tests only")


def message(bits: int) -> str:
    return f"{random.Random(bits).getrandbits(bits):0{bits}b}"


def read(mark: PictureMark, frames) -> str:
    odds = mark.gather(frames).odds
    assert odds is not None
    return bits_of(odds)


def agreeing(first: str, second: str) -> int:
    return sum(a == b for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", ["videoseal", "videoseal-96", "trustmark", "trustmark-p"])
def test_what_is_written_is_read(name: str, marks, frames) -> None:
    mark = marks[name]
    written = message(mark.bits)
    marked = list(mark.write(frames, written))
    assert read(mark, marked) == written
    assert agreeing(read(mark, frames), written) < 0.7 * mark.bits
    assert [(f.time, f.pixels.shape) for f in marked] == [(f.time, f.pixels.shape) for f in frames]


def test_it_is_read_from_a_file(marks, frames, tmp_path: Path) -> None:
    mark = marks["videoseal"]
    written = message_of(Payload(9), KEY, mark.bits)
    video = RawVideo(mark.write(frames, written), 448, 320, Fraction(12))
    path = write_clip(tmp_path / "copy.mp4", video, options={"preset": "medium", "crf": "28"})
    with open_video(path) as reader:
        gathering = mark.gather(reader.frames())
        detection = CarriedWatermark(mark).extract(reader.frames(), KEY)
    assert gathering.samples == 4
    assert gathering.odds is not None
    assert agreeing(bits_of(gathering.odds), written) >= 240
    assert detection.payload == Payload(9)


@pytest.mark.parametrize("size", [(720, 128), (64, 640)])
def test_long_pictures_carry_trustmark_in_their_centre(size: tuple[int, int], marks) -> None:
    mark, (height, width) = marks["trustmark"], size
    long = [Frame(np.full((height, width, 3), 120, np.uint8), Fraction(0))]
    written = bch.encode(message(61), bch.Schema.BCH_5)
    (marked,) = mark.write(long, written)
    assert read(mark, [marked]) == written
    short = min(size)
    changed = np.argwhere(np.any(marked.pixels != 120, axis=2))
    assert np.all(np.ptp(changed, axis=0) < short)
    assert np.all(np.abs(changed.mean(axis=0) - np.array(size) / 2) < short / 8)


def test_onnx_serves_as_well(weights, frames) -> None:
    pytest.importorskip("onnxruntime")
    reader = open_network(weights["decoder_Q.onnx"].read_bytes(), Role.READER, subject="decoder")
    writer = open_network(weights["encoder_Q.onnx"].read_bytes(), Role.WRITER, subject="encoder")
    assert (reader.side, writer.side) == (256, 256)
    mark = PictureMark(TRUSTMARK, reader, writer)
    written = bch.encode(message(61), bch.Schema.BCH_5)
    word = bch.decode(read(mark, mark.write(frames, written)))
    assert word is not None
    assert word.data == message(61)
    with pytest.raises(WeightsError, match="takes 1 inputs, not 2"):
        reader(np.zeros((1, 3, 256, 256), np.float32), np.zeros((1, 100), np.float32))
    with pytest.raises(WeightsError, match="cannot be run"):
        reader(np.zeros((1, 3, 25, 25), np.float32))


def test_bytes_that_are_no_graph_are_refused_by_onnx_too() -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(WeightsError, match="neither TorchScript nor"):
        open_network(b"\x80\x04nonsense", Role.READER, subject="x")


@pytest.mark.parametrize("name", ["videoseal", "trustmark"])
def test_pictures_are_marked_one_by_one_and_left_alone(name: str, marks) -> None:
    mark, drawn = marks[name], 0
    kept = [pixels.copy() for pixels in scene(160, 128, 3)]

    def source() -> Iterator[Frame]:
        nonlocal drawn
        for index, pixels in enumerate(kept):
            drawn += 1
            yield Frame(pixels, Fraction(index))

    stream = mark.write(source(), message(mark.bits))
    assert drawn == 0
    next(stream)
    assert drawn == 1
    assert all(np.array_equal(a, b) for a, b in zip(kept, scene(160, 128, 3), strict=True))


@pytest.mark.parametrize("size", [(1, 1), (2, 4000), (128, 128)])
def test_pictures_of_any_size_are_read(size: tuple[int, int], marks) -> None:
    for mark in marks.values():
        assert len(read(mark, [Frame(np.zeros((*size, 3), np.uint8), Fraction(0))])) == mark.bits


def test_no_pictures_no_bits(marks) -> None:
    assert marks["videoseal"].gather([]).odds is None


@pytest.mark.parametrize("wrong", ["", "01", "2" * 256, "0" * 255, "0" * 257])
def test_a_message_that_does_not_fit_is_refused(wrong: str, marks, frames) -> None:
    with pytest.raises(MessageError, match="256 times 0 or 1"):
        list(marks["videoseal"].write(frames, wrong))


def test_without_a_writer_nothing_is_written(weights, frames) -> None:
    network = open_network(weights["videoseal.jit"].read_bytes(), Role.READER, subject="x")
    mark = PictureMark(VIDEOSEAL, network)
    assert not mark.writes
    with pytest.raises(NoWriterError):
        list(mark.write(frames, "0" * 256))
    with pytest.raises(NoWriterError):
        list(CarriedWatermark(mark).embed(frames, Payload(1), KEY))


@pytest.mark.parametrize("name", ["videoseal-96", "trustmark"])
def test_a_short_message_carries_no_payload(name: str, marks) -> None:
    with pytest.raises(MessageTooShortError, match=str(LEAST_BITS)):
        CarriedWatermark(marks[name])


@pytest.mark.parametrize("bits", [LEAST_BITS, 256, 416, 1024])
def test_a_payload_fits_messages_of_many_widths_with_wrong_bits(bits: int) -> None:
    from touchmark.provenance.watermark.neural.carrier import read_carried
    from touchmark.provenance.watermark.neural.gathering import Gathering

    odds = np.array([1.0 if bit == "1" else -1.0 for bit in message_of(Payload(5), KEY, bits)], np.float32)
    wrong = random.Random(1).sample(range(bits), bits // 16)
    odds[wrong] *= -1
    gathering = Gathering(1.0)
    gathering.add(0.0, odds)
    found = read_carried(gathering, KEY)
    assert (found.state, found.payload) == (MarkState.VERIFIED, Payload(5))
    assert found.p_value <= 2**-40


def test_messages_look_random_under_another_key() -> None:
    ours = message_of(Payload(0), KEY, 1024)
    other = message_of(Payload(0), WatermarkKey(b"another operator"), 1024)
    assert abs(ours.count("1") - 512) < 80
    assert abs(agreeing(ours, other) - 512) < 80


class NoMark(torch.nn.Module):
    """A network with the wrong output."""

    def forward(self, imgs: torch.Tensor) -> torch.Tensor:
        return imgs.mean(dim=1)


class Fails(torch.nn.Module):
    """A network that cannot run."""

    def forward(self, imgs: torch.Tensor) -> torch.Tensor:
        return imgs.reshape(7, -1)


class Refuses(torch.nn.Module):
    """A network whose own program raises."""

    def forward(self, imgs: torch.Tensor) -> torch.Tensor:
        if imgs.shape[1] == 3:
            raise RuntimeError("not such pictures")
        return imgs


class Numberless(torch.nn.Module):
    """A network that has no answer."""

    def forward(self, imgs: torch.Tensor) -> torch.Tensor:
        return imgs.flatten(1)[:, :100] * float("nan")


@pytest.mark.parametrize(
    ("network", "problem"),
    [
        (Refuses, "not such pictures"),
        (Numberless, "gives none for a grey one"),
        (NoMark, "gives 100 bits for a picture; this gives an array of shape"),
        (Fails, "cannot be run"),
        (stand_ins.VideoSeal, "gives 100 bits"),
        (stand_ins.AudioSealReader, "cannot be run"),
    ],
)
def test_weights_of_another_signature_are_refused(network, problem: str) -> None:
    reader = open_network(stand_ins.torchscript(network()), Role.READER, subject="x")
    with pytest.raises(WeightsError, match=problem):
        PictureMark(TRUSTMARK, reader)


def test_a_checkpoint_is_never_opened(tmp_path: Path) -> None:
    """A pickle can run anything; it is refused for what it is, before anybody unpickles it."""
    torch.save({"weights": torch.zeros(3)}, tmp_path / "checkpoint.pth")
    with pytest.raises(WeightsError, match="neither TorchScript nor") as caught:
        open_network((tmp_path / "checkpoint.pth").read_bytes(), Role.READER, subject="checkpoint.pth")
    assert "torch.jit.save" in caught.value.remedy
