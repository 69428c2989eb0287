"""What every implementation of the Watermark protocol must do, ours and those that other makers' networks carry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, Watermark, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

Pixels = NDArray[np.uint8]
Stamp = Callable[[Sequence[Pixels]], list[Frame]]
Draw = Callable[..., list[Pixels]]

GREY = (128, 128, 128)


def carried() -> Watermark:
    """VideoSeal's networks, stood in for, with our payload in their message."""
    pytest.importorskip("torch")
    from tests.provenance.watermark.neural.stand_ins import VideoSeal, torchscript
    from touchmark.provenance.watermark.neural.carrier import CarriedWatermark
    from touchmark.provenance.watermark.neural.network import Role, open_network
    from touchmark.provenance.watermark.neural.picture import VIDEOSEAL, PictureMark

    weights = torchscript(VideoSeal())
    return CarriedWatermark(PictureMark(VIDEOSEAL, *(open_network(weights, role, subject="stand-in") for role in Role)))


@pytest.fixture(scope="module", params=[LatticeWatermark, carried], ids=["ours", "carried"])
def mark(request: pytest.FixtureRequest) -> Watermark:
    return request.param()


def test_its_name_is_a_reverse_domain_with_a_version(mark: Watermark) -> None:
    assert re.fullmatch(r"[a-z]+(\.[a-z0-9-]+)+\.\d+", mark.algorithm)


@pytest.mark.parametrize("value", [0, 2**64 - 1, 0xDEAD_BEEF_0BAD_CAFE])
def test_any_payload_is_read_back_with_a_small_p_value(
    mark: Watermark, value: int, drawing: Draw, stamped: Stamp, key: WatermarkKey
) -> None:
    detection = mark.extract(mark.embed(stamped(drawing(GREY, count=4)), Payload(value), key), key)
    assert (detection.state, detection.payload, detection.key_id) == (MarkState.VERIFIED, Payload(value), key.key_id)
    assert 0 < detection.p_value <= 2**-39
    assert detection.timeline
    assert all(0 <= s.start < s.end and 0 <= s.p_value < 1e-6 for s in detection.timeline)


def test_a_moving_textured_scene_is_read_back(
    mark: Watermark, natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    detection = mark.extract(mark.embed(stamped(natural), payload, key), key)
    assert detection.payload == payload
    assert [round(s.start) for s in detection.timeline] == [0, 1]


def nothing(detection: Detection, key: WatermarkKey) -> bool:
    found = (detection.state, detection.payload, detection.p_value, detection.timeline, detection.transform)
    return found == (MarkState.NOTHING_FOUND, None, 1.0, (), None) and detection.key_id == key.key_id


def test_another_key_finds_nothing(
    mark: Watermark, drawing: Draw, stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    marked = list(mark.embed(stamped(drawing(GREY, count=4)), payload, key))
    for other in (WatermarkKey(key.secret[:-1] + b"!"), WatermarkKey(b"a second operator")):
        assert nothing(mark.extract(marked, other), other)


def test_nothing_is_found_where_nothing_is(
    mark: Watermark, natural: list[Pixels], drawing: Draw, stamped: Stamp, key: WatermarkKey
) -> None:
    for pictures in ([], natural[:4], drawing(GREY, count=2), drawing((0, 0, 0), count=2)):
        assert nothing(mark.extract(stamped(pictures), key), key)


@pytest.mark.parametrize("side", [1, 16, 40])
def test_tiny_pictures_are_read_without_a_word(mark: Watermark, side: int, stamped: Stamp, key: WatermarkKey) -> None:
    pictures = [np.full((side, side, 3), 90, np.uint8), np.zeros((side + 3, side, 3), np.uint8)]
    assert mark.extract(stamped(pictures), key).state is MarkState.NOTHING_FOUND


def test_frames_are_marked_one_by_one_and_read_one_by_one(
    mark: Watermark, drawing: Draw, stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    drawn = 0

    def source() -> Iterator[Frame]:
        nonlocal drawn
        for frame in stamped(drawing(GREY, count=4)):
            drawn += 1
            yield frame

    stream = mark.embed(source(), payload, key)
    assert drawn == 0
    next(stream)
    assert drawn == 1


@pytest.mark.parametrize("size", [(128, 128), (135, 241)])
def test_marking_changes_nothing_but_the_pixels_and_always_the_same_way(
    mark: Watermark, size: tuple[int, int], payload: Payload, key: WatermarkKey
) -> None:
    ramp = np.add.outer(np.arange(size[0]), np.arange(size[1]))[..., None] // 2 % 200 + np.array([20, 30, 40])
    frames = [Frame(np.roll(ramp, 9 * i, axis=1).astype(np.uint8), Fraction(i**2, 7)) for i in range(3)]
    kept = [frame.pixels.copy() for frame in frames]
    first, second = list(mark.embed(frames, payload, key)), list(mark.embed(frames, payload, key))
    assert [frame.time for frame in first] == [frame.time for frame in frames]
    for before, after, again, given in zip(kept, first, second, frames, strict=True):
        assert after.pixels.shape == before.shape
        assert after.pixels.dtype == np.uint8
        assert np.array_equal(after.pixels, again.pixels)
        assert np.array_equal(before, given.pixels), "the frame handed in must be left alone"
        assert not np.array_equal(before, after.pixels)


def test_two_keys_or_payloads_make_two_patterns(
    mark: Watermark, drawing: Draw, stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    frames = stamped(drawing(GREY, count=1))
    ways = [(payload, key), (Payload(payload.value ^ 1), key), (payload, WatermarkKey(b"a second operator"))]
    pictures = [next(mark.embed(frames, value, secret)).pixels for value, secret in ways]
    assert not any(np.array_equal(pictures[i], pictures[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
