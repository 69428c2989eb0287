"""Our PDQ is Meta's: the hashes below were computed by pdqhash 0.2.8, a binding of the reference implementation."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from touchmark.safety.output.pdq import pdq

_REFERENCE = [
    # height, width, seed of the picture; its hash; its quality; the hash of its mirror image
    (
        240,
        320,
        1,
        "2ae179ca005e79c2d25f84eb7586b72ce788470cdf188279d7db1655378aec44",
        100,
        "7fb42c9f550b2c96a70ad1be20d3e279b2fd12798a4dd72c828e4308e2ffb901",
    ),
    (
        1080,
        1920,
        2,
        "8fdd1aeaf2c0a782512f25875b2ff005e00f355ad570941a31f2637d3e327371",
        100,
        "da984fbfa795f2d7057a70d20e7ae550b55a600f8025c14f64e776286b673624",
    ),
    (
        64,
        64,
        3,
        "30b3bfea10cee7aaacefd5aabf10ba57bf54ea52ca04e8cccb01a80e100156af",
        100,
        "05a28abf4599b0fff9aa00ffea45cd02ea013f059f51bd999e44fd52055403fa",
    ),
    (
        37,
        53,
        4,
        "0ebe5aaab0142579b0d265797057a5f175eae5d030057b9fd4a585e9d74285c6",
        100,
        "5fef0fffe555702ce587726c2582f0a430bfb08575502eca81f0d0bc8657d093",
    ),
    (
        127,
        129,
        5,
        "fff2abe69b24f17623143a4740dc00412aab746909d9569100cf5555ffbfba2a",
        100,
        "8a2f30a3def18cf7e6454f52a7894404775c333c559c13d475de5145088aafed",
    ),
    (
        720,
        405,
        6,
        "c10aa7400a4a189feab559d912b517ca0c1c1635beff3b39527d94f9559354f6",
        100,
        "945fd2155f1f4dcabfe01c8ecfe0429fd9494560fbaaee6e1728e5ac02c601a2",
    ),
]


def _picture(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """A picture of sines: the same on every machine, and rich in what a hash looks at."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    channels = []
    for channel in range(3):
        value = np.zeros((height, width))
        for k in range(1, 9):
            a, b = (seed * 37 + channel * 11 + k * 53) % 17 + 1, (seed * 29 + channel * 7 + k * 31) % 13 + 1
            value += np.sin(2 * np.pi * (a * x / width * 0.7 + b * y / height * 0.6) + k * seed) / k
        channels.append(((value - value.min()) / (value.max() - value.min()) * 255).astype(np.uint8))
    return np.stack(channels, -1)


def _distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


@pytest.mark.parametrize(("height", "width", "seed", "expected", "quality", "mirrored"), _REFERENCE)
def test_hashes_are_those_of_the_reference(
    height: int, width: int, seed: int, expected: str, quality: int, mirrored: str
) -> None:
    hashed = pdq(_picture(height, width, seed))
    # Sums are taken in another order, so a coefficient next to the median may fall on its other side.
    assert _distance(hashed.bits, bytes.fromhex(expected)) <= 2
    assert _distance(hashed.mirrored_bits, bytes.fromhex(mirrored)) <= 2
    assert abs(hashed.quality - quality) <= 1


def test_half_of_the_bits_are_set() -> None:
    assert int.from_bytes(pdq(_picture(90, 160, 7)).bits).bit_count() == 128


def test_small_changes_move_few_bits_and_another_picture_half_of_them() -> None:
    picture = _picture(240, 320, 1)
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])
    compressed = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    scaled = cv2.resize(picture, (200, 130), interpolation=cv2.INTER_AREA)
    original = pdq(picture).bits
    assert _distance(pdq(compressed.astype(np.uint8)).bits, original) <= 10
    assert _distance(pdq(scaled.astype(np.uint8)).bits, original) <= 31
    assert _distance(pdq(_picture(240, 320, 9)).bits, original) > 90
    assert _distance(pdq(picture[:, ::-1]).bits, original) > 90


@pytest.mark.parametrize("shape", [(1, 1), (4, 4000), (4000, 4)])
def test_a_picture_too_small_to_hash_has_no_quality(shape: tuple[int, int]) -> None:
    assert pdq(np.full((*shape, 3), 90, np.uint8)).quality == 0


def test_a_flat_picture_has_no_quality() -> None:
    assert pdq(np.full((300, 400, 3), 90, np.uint8)).quality == 0
