"""The whole mark, through real encoders: what must survive, what must not be found, and what must not change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import scene
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.bench.pictures import blurred, brightness, contrast, hue, jpeg, noisy, saturation
from touchmark.provenance.watermark.lattice import Lattice, Plane
from touchmark.provenance.watermark.placement import Placement
from touchmark.provenance.watermark.protocol import MarkState, Payload, Watermark, WatermarkKey
from touchmark.provenance.watermark.shots import emphasis_of
from touchmark.provenance.watermark.video import SMALLEST_SIDE, LatticeWatermark, PictureTooSmallError

Pixels = NDArray[np.uint8]
Stamp = Callable[[Sequence[Pixels]], list[Frame]]
Draw = Callable[..., list[Pixels]]
Recode = Callable[..., list[Frame]]

MARK: Watermark = LatticeWatermark()
BLACK, WHITE, RED, BLUE = (0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255)
GREY, NEARLY_BLACK = (128, 128, 128), (1, 5, 0)


def marked(frames: Sequence[Frame], payload: Payload, key: WatermarkKey) -> list[Frame]:
    return list(MARK.embed(frames, payload, key))


@pytest.mark.parametrize("ground", [BLACK, WHITE, RED, BLUE, GREY, NEARLY_BLACK])
@pytest.mark.parametrize(("crf", "size"), [(28, 1.0), (23, 0.5)])
def test_drawings_survive_coding_and_halving(
    ground: tuple[int, int, int],
    crf: int,
    size: float,
    drawing: Draw,
    stamped: Stamp,
    recoded: Recode,
    payload: Payload,
    key: WatermarkKey,
) -> None:
    published = recoded(marked(stamped(drawing(ground)), payload, key), crf=18)
    detection = MARK.extract(recoded(published, crf, size), key)
    assert detection.state is MarkState.VERIFIED
    assert detection.payload == payload
    assert detection.p_value <= 2**-40
    assert detection.transform is not None
    assert not detection.transform.mirrored


def test_coarse_waves_are_trusted_where_a_blur_leaves_no_others(
    stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    blur = blurred(21)
    copies = [
        Frame(noisy(blur(frame.pixels), 0.02, seed), frame.time)
        for seed, frame in enumerate(marked(stamped(list(scene(320, 192, 2))), payload, key))
    ]
    assert MARK.extract(copies, key).payload == payload


def test_lines_on_black_outlive_contrast(stamped: Stamp, payload: Payload, key: WatermarkKey) -> None:
    """Nearly all of such a picture turns pure black or white."""
    picture = np.zeros((1080, 1080, 3), np.uint8)
    for number in range(4):
        cv2.circle(picture, (270 + 180 * number, 360 + 120 * number), 216, WHITE, 5, cv2.LINE_AA)
    (first,) = marked(stamped([picture]), payload, key)
    assert MARK.extract([Frame(jpeg(60)(contrast(1.5)(first.pixels)), first.time)], key).payload == payload


def test_a_small_picture_on_a_white_page_outlives_brightness(
    natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    page = np.full((1080, 1620, 3), 255, np.uint8)
    page[360:564, 270:474] = cv2.resize(natural[0], (204, 204)) // 2 + 30
    (first,) = marked(stamped([page]), payload, key)
    assert MARK.extract([Frame(jpeg(75)(brightness(1.5)(first.pixels)), first.time)], key).payload == payload


@pytest.mark.parametrize("amount", [5.0, 10.0])
def test_a_mark_whose_template_was_taken_away_or_turned_round_is_read(
    amount: float, natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    """What many marked videos of a key have in common, an attacker can learn; the bits of one they cannot."""
    lattice, bits = Lattice.of(key), code.encode(payload, key)
    frames = marked(stamped(natural), payload, key)
    shift = Placement(lattice, payload, key).shift(stamped(natural)[0].planes, Fraction(0), begins_shot=True)

    def without(plane: Plane, values: NDArray[np.generic]) -> NDArray[np.uint8]:
        height, width = values.shape if plane is Plane.LUMA else (2 * values.shape[0], 2 * values.shape[1])
        both = [lattice.draw(plane, drawn, height, width, shift) for drawn in (bits, 1 - bits)]
        template = np.asarray(cv2.resize((both[0] + both[1]) / 2, values.shape[::-1], interpolation=cv2.INTER_AREA))
        return np.clip(np.rint(values - amount * template), 0, 255).astype(np.uint8)

    attacked = []
    for frame in frames:
        planes = frame.planes
        left = (without(p, v) for p, v in zip(Plane, (planes.luma, planes.blue, planes.red), strict=True))
        attacked.append(Frame(Planes(*left), frame.time))
    assert MARK.extract(attacked, key).payload == payload


@pytest.mark.parametrize(("crf", "size"), [(18, 1.0), (28, 1.0), (23, 0.5)])
def test_a_textured_scene_survives_coding_and_halving(
    crf: int, size: float, still: list[Pixels], stamped: Stamp, recoded: Recode, payload: Payload, key: WatermarkKey
) -> None:
    detection = MARK.extract(recoded(marked(stamped(still), payload, key), crf, size), key)
    assert detection.payload == payload
    assert [(s.start, s.p_value < 1e-3) for s in detection.timeline] == [(0.0, True), (1.0, True)]


def test_a_moving_scene_is_read_by_its_key_frames(
    natural: list[Pixels], stamped: Stamp, recoded: Recode, payload: Payload, key: WatermarkKey
) -> None:
    # At this rate the coder lets the pattern drift along with the pan; most frames hold it in the wrong place.
    assert MARK.extract(recoded(marked(stamped(natural), payload, key), crf=28), key).payload == payload


@pytest.mark.parametrize("value", [0, 1, 2**63, 2**64 - 1, 0xDEAD_BEEF_0BAD_CAFE])
def test_any_payload_is_read_back(value: int, drawing: Draw, stamped: Stamp, key: WatermarkKey) -> None:
    frames = marked(stamped(drawing(GREY, count=2, side=SMALLEST_SIDE)), Payload(value), key)
    assert MARK.extract(frames, key).payload == Payload(value)


def test_another_key_finds_nothing(drawing: Draw, stamped: Stamp, payload: Payload, key: WatermarkKey) -> None:
    other = WatermarkKey(key.secret[:-1] + b"!")
    detection = MARK.extract(marked(stamped(drawing(GREY, count=12)), payload, key), other)
    assert detection.state is MarkState.NOTHING_FOUND
    assert (detection.payload, detection.p_value, detection.transform) == (None, 1.0, None)
    assert detection.key_id == other.key_id != key.key_id


def test_nothing_is_found_where_nothing_is(
    natural: list[Pixels], drawing: Draw, stamped: Stamp, key: WatermarkKey
) -> None:
    for pictures in (natural[:6], drawing(BLACK, count=3), drawing(RED, count=3)):
        assert MARK.extract(stamped(pictures), key).state is MarkState.NOTHING_FOUND


def test_no_frames_no_finding(key: WatermarkKey) -> None:
    detection = MARK.extract([], key)
    assert (detection.state, detection.p_value, detection.timeline) == (MarkState.NOTHING_FOUND, 1.0, ())


def test_one_picture_is_enough(natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey) -> None:
    assert MARK.extract(marked(stamped(natural[:1]), payload, key), key).payload == payload


def test_cropped_mirrored_and_turned_copies_are_read(
    natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    frames = marked(stamped(natural[:8]), payload, key)
    height, width = natural[0].shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 2.0, 1.0)
    ways: dict[str, Callable[[Pixels], Pixels]] = {
        "cropped": lambda p: p[37:-31, 50:-20],
        "mirrored": lambda p: p[:, ::-1],
        "turned": lambda p: np.asarray(cv2.warpAffine(p, turn, (width, height)), np.uint8)[16:-16, 24:-24],
    }
    found = {}
    for name, way in ways.items():
        copy = [Frame(np.ascontiguousarray(way(f.pixels)), f.time) for f in frames]
        detection = MARK.extract(copy, key)
        assert detection.payload == payload, name
        assert detection.transform is not None
        found[name] = detection.transform
    assert found["mirrored"].mirrored
    assert all(type(t.scale_x) is type(t.rotation) is float for t in found.values()), "reports are written as JSON"
    assert found["cropped"].scale_x == pytest.approx(height / (height - 68), rel=0.01)
    assert found["turned"].rotation == pytest.approx(2.0, abs=0.5)


@pytest.mark.parametrize(
    ("turn", "mirrored"), [(0, True), (90, False), (180, False), (270, False), (90, True), (180, True)]
)
def test_every_orientation_is_read_and_named(
    turn: int, mirrored: bool, still: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    copies = [np.rot90(f.pixels, turn // 90) for f in marked(stamped(still[:6]), payload, key)]
    detection = MARK.extract(stamped([np.ascontiguousarray(p[:, ::-1] if mirrored else p) for p in copies]), key)
    assert detection.payload == payload
    assert detection.transform is not None
    assert detection.transform.mirrored is mirrored
    assert (detection.transform.rotation - turn + 180) % 360 - 180 == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize(
    ("degrees", "aspect", "share"), [(10.0, 1.0, 1.0), (-33.0, 1.0, 1.0), (0.0, 0.9, 1.0), (-6.0, 1.1, 0.8)]
)
def test_a_turned_and_squeezed_copy_is_read(
    degrees: float,
    aspect: float,
    share: float,
    still: list[Pixels],
    stamped: Stamp,
    recoded: Recode,
    payload: Payload,
    key: WatermarkKey,
) -> None:
    height, width = still[0].shape[0], round(still[0].shape[1] * aspect)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    top, left = (round(side * (1 - share) / 2) for side in (height, width))
    copies = []
    for frame in marked(stamped(still[:12]), payload, key):
        picture = cv2.warpAffine(cv2.resize(frame.pixels, (width, height)), turn, (width, height))
        copies.append(np.ascontiguousarray(picture[top : height - top, left : width - left]).astype(np.uint8))
    detection = MARK.extract(recoded(stamped(copies), crf=23), key)
    assert detection.payload == payload
    assert detection.transform is not None
    assert detection.transform.rotation == pytest.approx(degrees, abs=0.6)
    assert detection.transform.scale_x / detection.transform.scale_y == pytest.approx(aspect, rel=0.02)


def test_the_timeline_shows_which_seconds_are_ours(
    natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    ours = [f.pixels for f in marked(stamped(natural[:12]), payload, key)]
    strange = [np.ascontiguousarray(p[::-1]) for p in natural[12:]]
    detection = MARK.extract(stamped([*strange, *ours, *strange]), key)
    assert detection.payload == payload
    assert [s.p_value < 1e-6 for s in detection.timeline] == [False, True, False]
    assert [s.p_value > 1e-3 for s in detection.timeline] == [True, False, True]


@pytest.mark.parametrize("size", [(128, 128), (135, 241), (1280, 160)])
def test_marking_changes_nothing_but_the_pixels_and_those_little(
    size: tuple[int, int], payload: Payload, key: WatermarkKey
) -> None:
    random = np.random.default_rng(3)
    pictures = [cv2.blur(random.integers(0, 256, (*size, 3), dtype=np.uint8), (9, 9)) for _ in range(3)]
    frames = [Frame(np.asarray(p, np.uint8), Fraction(index**2, 7)) for index, p in enumerate(pictures)]
    kept = [f.pixels.copy() for f in frames]
    first, second = marked(frames, payload, key), marked(frames, payload, key)
    assert [f.time for f in first] == [f.time for f in frames]
    # Pictures with nothing in common, but within one second.
    factors = (emphasis_of(256, begins_shot=True).luma[1], 1, 1)
    for before, after, again, given, factor in zip(kept, first, second, frames, factors, strict=True):
        assert after.pixels.shape == before.shape
        assert after.pixels.dtype == np.uint8
        assert np.array_equal(after.pixels, again.pixels)
        assert np.array_equal(before, given.pixels), "the frame handed in must be left alone"
        change = after.pixels.astype(float) - before
        luma = change @ (0.299, 0.587, 0.114)
        assert 0 < np.mean(luma**2) < factor**2 * 255**2 / 10**4.2
        assert np.mean(change**2) < factor**2 * 255**2 / 10**3.8


def test_a_picture_too_small_is_refused_with_a_remedy(payload: Payload, key: WatermarkKey) -> None:
    small = Frame(np.zeros((SMALLEST_SIDE - 1, 500, 3), np.uint8), Fraction(0))
    with pytest.raises(PictureTooSmallError, match="500x127") as caught:
        next(MARK.embed([small], payload, key))
    assert str(SMALLEST_SIDE) in caught.value.remedy


def test_marks_of_two_keys_can_be_read_from_one_video(
    natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    other, second = WatermarkKey(b"a second operator"), Payload(42)
    frames = marked(marked(stamped(natural[:8]), payload, key), second, other)
    assert MARK.extract(frames, key).payload == payload
    assert MARK.extract(frames, other).payload == second


@pytest.mark.parametrize("turn", [0.15, 0.25, 0.5, 0.75])
def test_turned_colours_are_read(
    turn: float, still: list[Pixels], stamped: Stamp, recoded: Recode, payload: Payload, key: WatermarkKey
) -> None:
    copy = stamped([hue(turn)(f.pixels) for f in marked(stamped(still[:8]), payload, key)])
    assert MARK.extract(recoded(copy, crf=23), key).payload == payload


def test_a_grey_copy_is_read(
    drawing: Draw, stamped: Stamp, recoded: Recode, payload: Payload, key: WatermarkKey
) -> None:
    copy = stamped([saturation(0)(f.pixels) for f in marked(stamped(drawing(BLUE, count=8)), payload, key)])
    assert MARK.extract(recoded(copy, crf=23), key).payload == payload


@pytest.mark.parametrize("lean", [-0.05, 0.04])
def test_a_leaning_copy_is_read(
    lean: float, still: list[Pixels], stamped: Stamp, recoded: Recode, payload: Payload, key: WatermarkKey
) -> None:
    height, width = still[0].shape[:2]
    shear = np.array([[1, lean, -lean * height / 2], [0.02, 1, -0.01 * width]])
    frames = marked(stamped(still[:12]), payload, key)
    copy = stamped([np.asarray(cv2.warpAffine(f.pixels, shear, (width, height)), np.uint8) for f in frames])
    assert MARK.extract(recoded(copy, crf=23), key).payload == payload


def test_a_long_video_whose_pattern_moves_is_read_in_every_minute(
    natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    """Three minutes, a picture every five seconds, a cut at each minute."""
    views = [natural[0], 255 - natural[0], np.ascontiguousarray(natural[0][::-1])]
    given = [Frame(views[index // 12], Fraction(5 * index)) for index in range(36)]
    frames = marked(given, payload, key)
    patterns = [frames[i].planes.luma.astype(int) - given[i].planes.luma for i in (0, 12, 24)]
    assert not np.array_equal(patterns[0], patterns[1])
    detection = MARK.extract(frames, key)
    assert detection.payload == payload
    assert len(detection.timeline) == 36
    assert all(s.p_value < 1e-6 for s in detection.timeline)
    assert all(a.end == b.start for a, b in zip(detection.timeline, detection.timeline[1:], strict=False))


class Passes:
    """Frames that say which of them stand alone, and which passes over them were made."""

    def __init__(self, frames: list[Frame]) -> None:
        self._frames = frames
        self.made: list[bool] = []

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        self.made.append(key_frames_only)
        return (frame for frame in self._frames if frame.is_key or not key_frames_only)


def test_only_what_key_frames_do_not_show_is_looked_for_in_the_rest(
    natural: list[Pixels], stamped: Stamp, payload: Payload, key: WatermarkKey
) -> None:
    other = WatermarkKey(b"a second operator")
    frames = [replace(f, is_key=i % 6 == 0) for i, f in enumerate(marked(stamped(natural[:12]), payload, key))]
    video = Passes(frames)
    found = MARK.search(video, [other, key])
    assert [detection.key_id for detection in found] == [other.key_id, key.key_id]
    assert [detection.payload for detection in found] == [None, payload]
    assert video.made == [True]
    hidden = Passes([replace(f, picture=natural[i]) if f.is_key else f for i, f in enumerate(frames)])
    assert MARK.search(hidden, [key])[0].payload == payload
    assert hidden.made == [True, False]
    assert MARK.search(Passes([]), [key])[0].state is MarkState.NOTHING_FOUND
    assert MARK.search(video, []) == ()


def test_a_long_video_is_followed_second_by_second(natural: list[Pixels], payload: Payload, key: WatermarkKey) -> None:
    """Twenty minutes, a key frame every eight seconds, of which a stranger has replaced four minutes."""
    given = [Frame(natural[index % len(natural)], Fraction(8 * index)) for index in range(150)]
    spliced = [m if not 400 <= m.time < 640 else g for m, g in zip(marked(given, payload, key), given, strict=True)]
    video = Passes([replace(frame, is_key=True) for frame in spliced])
    (detection,) = LatticeWatermark().search(video, [key])
    assert (detection.payload, video.made) == (payload, [True, True])
    assert [(s.start, s.end) for s in detection.timeline[:-1]] == [(8.0 * i, 8.0 * i + 8) for i in range(149)]
    assert [s.p_value < 1e-6 for s in detection.timeline] == [not 400 <= s.start < 640 for s in detection.timeline]
    assert all(s.p_value > 1e-3 for s in detection.timeline if 400 <= s.start < 640)
