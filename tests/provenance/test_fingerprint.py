"""Copies look like what they are copies of, strangers do not, and where it cannot be told nothing is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tests.clips import moving_clip, scene, write_clip
from touchmark.provenance.fingerprint import MOST_SAMPLES, Fingerprint, FingerprintError, Likeness
from touchmark.provenance.likeness import fingerprint_of
from touchmark.provenance.media.video import Frame
from touchmark.provenance.watermark.protocol import Transform

Pixels = NDArray[np.uint8]
RATE = 12


@dataclass(frozen=True)
class Pictures:
    """A video whose every twelfth picture is a key frame."""

    pixels: Sequence[Pixels]
    start: float = 0.0

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        for number, pixels in enumerate(self.pixels):
            if number % RATE == 0 or not key_frames_only:
                yield Frame(np.ascontiguousarray(pixels), Fraction(self.start) + Fraction(number, RATE))


def pictures(seed: int, count: int = 36) -> list[Pixels]:
    return list(scene(480, 270, count, seed=seed))


@pytest.fixture(scope="module")
def original() -> list[Pixels]:
    return pictures(1)


@pytest.fixture(scope="module")
def fingerprint(original: list[Pixels]) -> Fingerprint:
    return Fingerprint.of(Pictures(original).frames(key_frames_only=True), 3.0)


def cropped(pixels: Pixels, share: float, across: float, down: float) -> Pixels:
    height, width = pixels.shape[:2]
    rows, columns = round(share * height), round(share * width)
    top, left = round((height - rows) * down), round((width - columns) * across)
    return pixels[top : top + rows, left : left + columns]


def turned(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)


def coded(pixels: Pixels) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 30])
    read = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert read is not None
    return np.asarray(read, np.uint8)


COPIES: dict[str, tuple[Callable[[Pixels], Pixels], Transform]] = {
    "as it was": (lambda p: p, Transform()),
    "small and coded": (lambda p: coded(np.asarray(cv2.resize(p, None, fx=0.5, fy=0.5))), Transform()),
    "dark": (lambda p: (p * 0.5).astype(np.uint8), Transform()),
    "stretched": (lambda p: np.asarray(cv2.resize(p, (600, 270)), np.uint8), Transform(scale_x=1.25)),
    "mirrored": (lambda p: p[:, ::-1], Transform(mirrored=True)),
    "upside down": (lambda p: p[::-1, ::-1], Transform(rotation=180)),
    "on its side": (np.rot90, Transform(rotation=90)),
    "turned": (lambda p: turned(p, 7), Transform(rotation=7)),
    "a corner": (lambda p: cropped(p, 0.7, 0.0, 1.0), Transform(1 / 0.7, 1 / 0.7)),
    "a part": (lambda p: cropped(p, 0.62, 0.37, 0.21), Transform(1 / 0.62, 1 / 0.62)),
    "framed": (lambda p: cv2.copyMakeBorder(p, 27, 27, 27, 27, cv2.BORDER_CONSTANT), Transform(1 / 1.2, 1 / 1.2)),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_known_and_a_stranger_is_not(original: list[Pixels], fingerprint: Fingerprint, name: str) -> None:
    change, transform = COPIES[name]
    assert fingerprint.likeness(Pictures([change(p) for p in original]), transform) is Likeness.SAME
    assert fingerprint.likeness(Pictures([change(p) for p in pictures(2)]), transform) is not Likeness.SAME


def test_a_stranger_of_the_same_shape_is_told(fingerprint: Fingerprint) -> None:
    assert fingerprint.likeness(Pictures(pictures(2)), Transform()) is Likeness.OTHER


def test_a_copy_cut_between_key_frames_is_known(original: list[Pixels], fingerprint: Fingerprint) -> None:
    assert fingerprint.likeness(Pictures(original[7:31]), Transform()) is Likeness.SAME


def test_a_stranger_too_short_to_hold_a_sampled_picture_is_not_accused(fingerprint: Fingerprint) -> None:
    assert fingerprint.likeness(Pictures(pictures(2, count=6)), Transform()) is Likeness.UNTOLD


def test_only_the_marked_part_of_a_copy_counts(original: list[Pixels], fingerprint: Fingerprint) -> None:
    spliced = Pictures([*pictures(2, 180), *original])
    assert fingerprint.likeness(spliced, Transform(), [(15.0, 18.0)]) is Likeness.SAME
    assert fingerprint.likeness(spliced, Transform(), [(0.0, 15.0)]) is Likeness.OTHER


def test_flat_pictures_say_nothing(fingerprint: Fingerprint) -> None:
    flat = Pictures([np.full((270, 480, 3), 90, np.uint8)] * 36)
    assert fingerprint.likeness(flat, Transform()) is Likeness.UNTOLD
    assert Fingerprint.of(flat.frames(), 3.0).likeness(Pictures(pictures(2)), Transform()) is Likeness.UNTOLD


def test_no_pictures_no_fingerprint_and_no_likeness(fingerprint: Fingerprint) -> None:
    with pytest.raises(FingerprintError):
        Fingerprint.of([], 1.0)
    assert fingerprint.likeness(Pictures([]), Transform()) is Likeness.UNTOLD


def test_a_long_video_takes_no_more_room(original: list[Pixels]) -> None:
    frames = (Frame(original[number % 36], Fraction(number)) for number in range(3 * MOST_SAMPLES))
    fingerprint = Fingerprint.of(frames, 3.0 * MOST_SAMPLES)
    assert MOST_SAMPLES // 2 <= len(fingerprint.samples) <= MOST_SAMPLES
    assert fingerprint.gap == 4.0
    assert len(fingerprint.to_bytes()) < 60_000


@given(
    arrays(np.int8, st.tuples(*[st.integers(1, 9)] * 3), elements=st.integers(-1, 1)),
    st.floats(0, 1e6, width=32),
    st.floats(0, 1e6, width=32),
)
def test_what_is_kept_comes_back(samples: NDArray[np.int8], gap: float, duration: float) -> None:
    back = Fingerprint.from_bytes(Fingerprint(samples, gap, duration).to_bytes())
    assert (back.gap, back.duration) == (gap, duration)
    assert np.array_equal(back.samples, samples)


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(1, 255))
def test_what_is_no_fingerprint_is_an_error(noise: bytes, at: int, change: int) -> None:
    good = Fingerprint(np.ones((2, 20, 36), np.int8), 1.0, 2.0).to_bytes()
    for data in (noise, good[: at % len(good)], b"\x02" + good[1:]):
        with pytest.raises(FingerprintError):
            Fingerprint.from_bytes(data)
    damaged = bytearray(good)
    damaged[at % len(good)] ^= change
    with suppress(FingerprintError):  # what is changed in the header alone may still be one
        assert Fingerprint.from_bytes(bytes(damaged)).samples.ndim == 3


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))),
    st.floats(1e-3, 1e3),
    st.floats(1e-3, 1e3),
    st.floats(-720, 720),
    st.booleans(),
)
def test_any_picture_under_any_transform_is_compared_without_a_word(
    pixels: Pixels, across: float, down: float, degrees: float, mirrored: bool
) -> None:
    fingerprint = Fingerprint(np.ones((2, 20, 36), np.int8))
    assert fingerprint.likeness(Pictures([pixels]), Transform(across, down, degrees, mirrored)) in Likeness


def test_a_file_is_fingerprinted_by_what_it_shows(tmp_path: Path, original: list[Pixels]) -> None:
    film = write_clip(tmp_path / "a.mp4", moving_clip(480, 270, 36, Fraction(RATE), seed=1))
    found = fingerprint_of(film)
    assert found is not None
    assert found.duration == pytest.approx(3.0)
    assert found.likeness(Pictures(original), Transform()) is Likeness.SAME
    cv2.imwrite(str(tmp_path / "a.png"), original[0][..., ::-1])
    still = fingerprint_of(tmp_path / "a.png")
    assert still is not None
    assert still.gap == 0
    assert still.likeness(Pictures(original[:1]), Transform()) is Likeness.SAME
    assert still.likeness(Pictures(pictures(2, 1)), Transform()) is Likeness.OTHER
    (tmp_path / "a.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    assert fingerprint_of(tmp_path / "a.wav") is None
