from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import moving_clip, scene
from touchmark.provenance.media import boxes
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.video import Frame, RawVideo
from touchmark.provenance.watermark.bench.attacks import ATTACKS, Attack, AttackUnavailableError, Family, Reencode

Pixels = NDArray[np.uint8]
RATE = Fraction(12)
WIDTH, HEIGHT, COUNT = 144, 96, 12
LEVELS = [20 + 18 * index for index in range(COUNT)]
FAST = EncodeSettings(crf=4, preset="ultrafast")

SIZES = {
    "half_size": (72, 48),
    "scale_055": (80, 52),
    "scale_071": (102, 68),
    "scale_150": (216, 144),
    "aspect_090": (130, 96),
    "stretch_075": (108, 96),
    "stretch_133": (192, 96),
    "rotate_90": (96, 144),
    "crop_50": (102, 68),
    "crop_30": (78, 52),
    "padding_10": (172, 116),
    "letterbox": (144, 124),
    "vertical_recrop": (96, 170),
    **dict.fromkeys(("combined_crf23", "combined_crf30", "combined_crf40", "combined_crf50"), (102, 68)),
    "screen_recording": (122, 82),
}
"""Where it is not the size that was given."""
ORDERS = {
    "drop_20": [0, 1, 2, 3, 5, 6, 7, 8, 10, 11],
    "drop_50": [0, 2, 4, 6, 8, 10],
    "frame_rate_0625": [0, 1, 3, 4, 6, 8, 9, 11],
    "speed_050": [index // 2 for index in range(24)],
    "speed_150": [0, 1, 3, 4, 6, 7, 9, 10],
    "speed_200": [0, 2, 4, 6, 8, 10],
    "reversed": list(range(11, -1, -1)),
    "reorder_4": [2, 0, 3, 1, 6, 4, 7, 5, 10, 8, 11, 9],
    "cut": [4, 5, 6, 7, 8],
    "one_second_480p": list(range(12)),
}
"""Which pictures are shown, where it is not each in its turn."""


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with a manifest box and a label, which no attack may leave."""
    path = tmp_path_factory.mktemp("attacks") / "sealed.mp4"
    settings = EncodeSettings(preset="ultrafast", metadata={"title": "secret"})
    encode(moving_clip(WIDTH, HEIGHT, COUNT, channels=2), path, settings)
    store = boxes.C2PA_UUID + bytes(40)
    with path.open("ab") as file:
        file.write((8 + len(store)).to_bytes(4, "big") + b"uuid" + store)
    assert boxes.has_c2pa_box(path)
    return path


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four times the same textured picture, not so fine that a coder loses much of it."""
    picture = cv2.GaussianBlur(next(scene(WIDTH, HEIGHT, 1)), (0, 0), 1.2).astype(np.uint8)
    return _written(tmp_path_factory.mktemp("still") / "still.mp4", [picture] * 4)


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures that tell their number by how bright they are."""
    pictures = [np.full((HEIGHT, WIDTH, 3), level, np.uint8) for level in LEVELS]
    return _written(tmp_path_factory.mktemp("counting") / "counting.mp4", pictures)


def _written(path: Path, pictures: list[Pixels]) -> Path:
    frames = (Frame(pixels, index / RATE) for index, pixels in enumerate(pictures))
    encode(RawVideo(frames, WIDTH, HEIGHT, RATE), path, FAST)
    return path


def _frames(path: Path) -> list[Frame]:
    with open_video(path) as video:
        return list(video.frames())


def _attacked(name: str, source: Path, folder: Path) -> list[Frame]:
    attack = ATTACKS[name]
    seen = folder / f"seen{attack.suffix}"
    attack(source, seen)
    return _frames(seen)


def test_the_suite_is_whole() -> None:
    assert 60 <= len(ATTACKS) <= 80
    assert list(dict.fromkeys(attack.family for attack in ATTACKS.values())) == list(Family)
    assert len({attack.label for attack in ATTACKS.values()}) == len(ATTACKS)
    assert all(attack.name == name for name, attack in ATTACKS.items())


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_strips_the_manifest_and_keeps_a_video(name: str, sealed: Path, tmp_path: Path) -> None:
    attack = ATTACKS[name]
    seen = tmp_path / f"seen{attack.suffix}"
    attack(sealed, seen)
    assert [path.name for path in tmp_path.iterdir()] == [seen.name]
    assert not boxes.has_c2pa_box(seen)
    with open_video(seen) as video:
        assert (video.info.width, video.info.height) == SIZES.get(name, (WIDTH, HEIGHT))
        assert "title" not in {key.lower() for key in video.info.labels}
        times = [float(frame.time) for frame in video.frames()]
        assert video.damage == 0
    assert len(times) == len(ORDERS.get(name, range(COUNT)))
    if name not in ORDERS:
        assert times == pytest.approx([index / 12 for index in range(COUNT)], abs=0.002)


@pytest.mark.parametrize("name", ORDERS)
def test_pictures_come_in_the_order_that_the_name_says(name: str, counting: Path, tmp_path: Path) -> None:
    frames = _attacked(name, counting, tmp_path)
    shown = [int(np.argmin([abs(float(frame.pixels.mean()) - level) for level in LEVELS])) for frame in frames]
    assert shown == ORDERS[name]
    assert frames[0].time == 0


def test_times_follow_the_speed(counting: Path, tmp_path: Path) -> None:
    ends = {name: float(_attacked(name, counting, tmp_path)[-1].time) for name in ("speed_050", "speed_200", "drop_50")}
    assert ends == pytest.approx({"speed_050": 23 / 12, "speed_200": 5 / 12, "drop_50": 10 / 12}, abs=0.002)
    steps = np.diff([float(frame.time) for frame in _attacked("frame_rate_0625", counting, tmp_path)])
    assert steps == pytest.approx(np.full(7, 1 / 7.5), abs=0.002)


def test_a_mean_of_three_is_one(counting: Path, tmp_path: Path) -> None:
    levels = [float(frame.pixels.mean()) for frame in _attacked("average_3", counting, tmp_path)]
    expected = [(LEVELS[max(i - 1, 0)] + LEVELS[i] + LEVELS[min(i + 1, COUNT - 1)]) / 3 for i in range(COUNT)]
    assert levels == pytest.approx(expected, abs=3)


def test_a_splice_keeps_the_second_half_only(still: Path, tmp_path: Path) -> None:
    before, after = _frames(still), _attacked("splice", still, tmp_path)
    errors = [_error(old.pixels, new.pixels) for old, new in zip(before, after, strict=True)]
    assert min(errors[:2]) > 20 > 8 > max(errors[2:])


def _rotated(pixels: Pixels) -> Pixels:
    return np.rot90(pixels)


def _area(pixels: Pixels) -> Pixels:
    return pixels[10:78, 25:127]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("h264_crf23", lambda p: p),
        ("h264rgb_crf30", lambda p: p),
        ("rotate_90", _rotated),
        ("flip_horizontal", lambda p: p[:, ::-1]),
        ("flip_vertical", lambda p: p[::-1]),
        ("crop_50", _area),
        ("letterbox", lambda p: np.pad(p, ((14, 14), (0, 0), (0, 0)))),
        ("brightness_050", lambda p: p * 0.5),
        ("brightness_150", lambda p: np.minimum(p * 1.5, 255)),
        ("grey", lambda p: np.repeat(p @ [[0.299], [0.587], [0.114]], 3, axis=2)),
        ("gamma_060", lambda p: 255 * (p / 255) ** 0.6),
        ("combined_crf30", lambda p: _area(p) * 0.5),
    ],
)
def test_pixels_are_changed_as_the_name_says(
    name: str, expected: Callable[[Pixels], NDArray[np.float64]], still: Path, tmp_path: Path
) -> None:
    before, after = _frames(still)[0].pixels, _attacked(name, still, tmp_path)[0].pixels
    wanted = expected(before)
    assert after.shape == wanted.shape
    assert _error(wanted, after) < 8


def test_factors_of_contrast_and_saturation(still: Path, tmp_path: Path) -> None:
    before = _frames(still)[0].pixels.astype(float)
    colour = np.abs(before - before.mean(axis=2, keepdims=True)).mean()
    for factor in (0.5, 1.5):
        suffix = f"{100 * factor:03.0f}"
        after = _attacked(f"contrast_{suffix}", still, tmp_path)[0].pixels.astype(float)
        assert after.std() / before.std() == pytest.approx(factor, rel=0.1)
        after = _attacked(f"saturation_{suffix}", still, tmp_path)[0].pixels.astype(float)
        assert np.abs(after - after.mean(axis=2, keepdims=True)).mean() / colour == pytest.approx(factor, rel=0.25)


def test_a_blur_takes_detail_and_noise_brings_some(still: Path, tmp_path: Path) -> None:
    def detail(frames: list[Frame]) -> float:
        return float(np.abs(np.diff(frames[0].pixels.astype(float), axis=1)).mean())

    names = ("blur_17", "blur_9", "h264_crf23", "noise_005")
    found = [detail(_attacked(name, still, tmp_path)) for name in names]
    assert found == sorted(found)
    assert found[0] < 0.7 * found[2] < 0.7 * 0.7 * found[3]


def test_overlays_stand_where_they_should(still: Path, tmp_path: Path) -> None:
    before = _frames(still)[0].pixels
    for name, covered in (("logo", np.s_[:24, 120:]), ("captions", np.s_[60:, :])):
        difference = np.abs(_attacked(name, still, tmp_path)[0].pixels.astype(float) - before).mean(axis=2)
        inside = difference[covered].mean()
        difference[covered] = 0
        assert inside > 15 > 8 > difference.mean()


def test_a_stronger_coder_loses_more(still: Path, tmp_path: Path) -> None:
    before = _frames(still)[0].pixels
    for names in (
        ("h264_crf23", "h264_crf35", "h264_crf50"),
        ("h264rgb_crf23", "h264rgb_crf40", "h264rgb_crf50"),
        ("h265_crf23", "h265_crf30", "h265_crf50"),
        ("av1_crf35", "av1_crf50"),
    ):
        errors = [_error(before, _attacked(name, still, tmp_path)[0].pixels) for name in names]
        assert errors == sorted(errors)
        assert errors[0] < 0.8 * errors[-1]


@pytest.mark.parametrize("name", ["h264_crf28", "h265_crf28", "av1_crf35", "vp9_crf40", "noise_005", "combined_crf40"])
def test_the_same_file_comes_out_every_time(name: str, sealed: Path, tmp_path: Path) -> None:
    attack = ATTACKS[name]
    first, second = (tmp_path / f"{turn}{attack.suffix}" for turn in "ab")
    attack(sealed, first)
    attack(sealed, second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no such policies")
def test_an_encoder_leaves_no_real_time_process_behind(still: Path, tmp_path: Path) -> None:
    """SVT-AV1 makes one of whatever root runs."""
    before = os.sched_getscheduler(0)
    _attacked("av1_crf50", still, tmp_path)
    assert os.sched_getscheduler(0) == before


def test_a_copy_says_the_same_of_its_colours(still: Path, tmp_path: Path) -> None:
    ATTACKS["h264_crf23"](still, tmp_path / "copy.mp4")
    with av.open(str(still)) as before, av.open(str(tmp_path / "copy.mp4")) as after:
        said = [
            (c.color_primaries, c.color_trc, c.colorspace, c.color_range)
            for c in (container.streams.video[0].codec_context for container in (before, after))
        ]
    assert said[0] == said[1] == (1, 1, 1, 1)


def test_social_media_shrinks_what_is_large_and_enlarges_nothing() -> None:
    rule = Reencode("libx264", lines=540)
    assert rule._size(1920, 1080) == (960, 540)
    assert rule._size(1080, 1920) == (540, 960)
    assert rule._size(640, 360) == (640, 360)


def test_a_long_video_is_reversed_in_blocks(counting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchmark.provenance.watermark.bench.passages._BLOCK", 5 * WIDTH * HEIGHT * 3)
    levels = [float(frame.pixels.mean()) for frame in _attacked("reversed", counting, tmp_path)]
    assert levels == sorted(levels, reverse=True)
    assert len(levels) == COUNT


def test_a_missing_encoder_says_so(sealed: Path, tmp_path: Path) -> None:
    attack = Attack("impossible", Reencode("no_such_encoder"), Family.CODEC, "impossible")
    with pytest.raises(AttackUnavailableError, match="no_such_encoder"):
        attack(sealed, tmp_path / "seen.mp4")


def _error(expected: NDArray[np.generic], found: Pixels) -> float:
    """Root mean square in 8-bit steps."""
    return float(np.sqrt(np.mean((expected.astype(float) - found) ** 2)))
