"""The mark in 10 bits and in HDR: planned in the same steps, added without rounding to 8 bits, read back from both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.provenance.media.colour import BT2020, HLG, PQ, Colour, ContentLight, Mastering
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.picture import Planes, Samples
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.watermark.masking import strengths
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.standalone import mark_file
from touchmark.provenance.watermark.video import LatticeWatermark

Pixels = NDArray[np.uint8]
SCREEN = Mastering((34_000, 16_000), (13_250, 34_500), (7_500, 3_000), (15_635, 16_450), 10_000_000, 50)
HDR10 = Colour(10, BT2020, PQ, BT2020, SCREEN, ContentLight(1000, 400))
BROADCAST = Colour(10, BT2020, HLG, BT2020)
RATE = Fraction(12)
QUICK = EncodeSettings(preset="ultrafast")


def deepened(planes: Planes, colour: Colour) -> Planes:
    """The same code values with two more bits, said to be in ``colour``; the two bits hold grain."""
    random = np.random.default_rng(int(planes.luma.sum()))

    def deep(plane: Samples) -> Samples:
        return plane.astype(np.uint16) * 4 + random.integers(0, 4, plane.shape, np.uint16)

    return Planes(deep(planes.luma), deep(planes.blue), deep(planes.red), colour)


def eight_bits(planes: Planes) -> Planes:
    """As a transcoder to 8 bits writes it, in the same transfer."""
    luma, blue, red = (
        np.clip((plane.astype(int) + 2) // 4, 0, 255).astype(np.uint8)
        for plane in (planes.luma, planes.blue, planes.red)
    )
    return Planes(luma, blue, red, replace(planes.colour, depth=8))


def video_of(pictures: list[Pixels], colour: Colour) -> RawVideo:
    height, width = pictures[0].shape[:2]
    frames = (Frame(deepened(Planes.of_rgb(p), colour), index / RATE) for index, p in enumerate(pictures))
    return RawVideo(frames, width, height, RATE, colour=colour)


def test_strengths_are_planned_in_steps_of_eight_bits(natural: list[Pixels]) -> None:
    planes = Planes.of_rgb(natural[0])
    deep = Planes(*(p.astype(np.uint16) * 4 for p in (planes.luma, planes.blue, planes.red)), Colour(10))
    for of_eight, of_ten in zip(strengths(planes), strengths(deep), strict=True):
        assert np.abs(of_eight - of_ten).max() < 0.1 * of_eight.max()
        assert np.mean(of_ten) == pytest.approx(np.mean(of_eight), rel=0.02)


def test_what_is_bright_in_hdr_is_marked_more_faintly(natural: list[Pixels]) -> None:
    """A step of PQ near diffuse white is about three of BT.709."""
    bright = Planes.of_rgb((natural[0] // 4 + 140).astype(np.uint8))
    plain, hlg, pq = (strengths(deepened(bright, c)) for c in (Colour(10), BROADCAST, HDR10))
    for of_plain, of_hlg, of_pq in zip(plain, hlg, pq, strict=True):
        assert np.mean(of_pq) < np.mean(of_hlg) < np.mean(of_plain)


def test_the_pattern_is_finer_than_a_step_of_eight_bits(key: WatermarkKey, payload: Payload) -> None:
    grey = Planes(*(np.full(shape, 512, np.uint16) for shape in ((256, 320), (128, 160), (128, 160))), Colour(10))
    marked = LatticeWatermark().embed_alone(grey, payload, key)
    assert marked.colour == grey.colour
    for plane in (marked.luma, marked.blue, marked.red):
        assert plane.dtype == np.uint16
        assert len(set(np.unique(plane % 4))) == 4
        assert np.abs(plane.astype(int) - 512).max() < 40


@pytest.mark.parametrize("level", [0, 1023])
def test_nothing_wraps_at_the_ends_of_the_scale(key: WatermarkKey, payload: Payload, level: int) -> None:
    grey = Planes(*(np.full(shape, level, np.uint16) for shape in ((256, 320), (128, 160), (128, 160))), Colour(10))
    marked = LatticeWatermark().embed_alone(grey, payload, key)
    for plane in (marked.luma, marked.blue, marked.red):
        assert plane.max() <= 1023
        assert np.abs(plane.astype(int) - level).max() < 60


@pytest.mark.parametrize("colour", [HDR10, BROADCAST], ids=["pq", "hlg"])
def test_a_file_of_ten_bits_is_marked_in_ten_bits(
    tmp_path: Path, natural: list[Pixels], key: WatermarkKey, payload: Payload, colour: Colour
) -> None:
    encode(video_of(natural, colour), tmp_path / "source.mp4", QUICK)
    found = mark_file(tmp_path / "source.mp4", tmp_path / "marked.mp4", payload, key)
    assert found.payload == payload
    with open_video(tmp_path / "marked.mp4") as video:
        assert video.info.colour == colour
        assert video.info.codec == "hevc"


@pytest.mark.parametrize("colour", [HDR10, BROADCAST], ids=["pq", "hlg"])
@pytest.mark.parametrize("shown", [False, True], ids=["same transfer", "tone mapped"])
def test_the_mark_is_read_from_a_transcode_to_eight_bits(
    recoded: Callable[..., list[Frame]],
    natural: list[Pixels],
    key: WatermarkKey,
    payload: Payload,
    colour: Colour,
    shown: bool,
) -> None:
    marked = LatticeWatermark().embed(video_of(natural, colour).frames, payload, key)
    copy = [Frame(f.pixels if shown else eight_bits(f.planes), f.time) for f in marked]
    assert LatticeWatermark().extract(recoded(copy, 26), key).payload == payload
