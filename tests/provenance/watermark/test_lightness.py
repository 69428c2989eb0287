from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from touchmark.provenance.watermark import lightness

SIGNALS = st.floats(0.1, 0.9)


def light(luma: float, blue: float, red: float) -> float:
    """Luminance of a colour in limited range, from the definitions of BT.709 and BT.1886."""
    y, b, r = (luma - 16) / 219, (blue - 128) / 224, (red - 128) / 224
    linear = [max(signal, 0.0) ** 2.4 for signal in (y + 1.5748 * r, y - 0.1873 * b - 0.4681 * r, y + 1.8556 * b)]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def level(value: float) -> NDArray[np.float32]:
    return np.full((1, 1), value, np.float32)


@given(SIGNALS, SIGNALS, SIGNALS)
def test_a_step_of_chroma_is_worth_as_many_steps_of_luma_as_have_its_light(r: float, g: float, b: float) -> None:
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    at = np.array([16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748])
    of_luma, of_blue, of_red = (light(*(at + step)) - light(*(at - step)) for step in 0.01 * np.eye(3))
    found = lightness.of_chroma(*(level(value) for value in at))
    assert float(found[0][0, 0]) == pytest.approx(abs(of_blue / of_luma), rel=0.01, abs=2e-3)
    assert float(found[1][0, 0]) == pytest.approx(abs(of_red / of_luma), rel=0.01, abs=2e-3)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_no_colour_that_can_be_coded_is_worth_nothing_or_more_than_can_be(luma: int, blue: int, red: int) -> None:
    for found in lightness.of_chroma(level(luma), level(blue), level(red)):
        assert 0 <= float(found[0, 0]) < 2


@pytest.mark.parametrize("luma", [16, 30, 126, 235])
def test_on_grey_chroma_is_no_light(luma: int) -> None:
    blue, red = lightness.of_chroma(level(luma), level(128), level(128))
    assert float(blue[0, 0]) < 1e-3 and float(red[0, 0]) < 1e-3
