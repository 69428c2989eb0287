from __future__ import annotations

from array import array
from itertools import accumulate

import pytest

from touchmark.provenance.media.dwelling import dwelling


def shown(*lengths: int) -> tuple[array[int], int]:
    *stamps, end = accumulate(lengths, initial=-40)
    return array("q", stamps), end


@pytest.mark.parametrize(
    "lengths, held",
    [
        (100 * [1], False),
        (50 * [16, 17, 33], False),  # a telephone's
        (99 * [1] + [5000], True),
        ([5000] + 99 * [1], True),
        (95 * [1] + 5 * [30], True),
        (90 * [1] + 10 * [30], False),  # enough of them to be found
        (9 * [1] + [100], True),
        ([1, 100], False),
        ([], False),
    ],
)
def test_few_that_are_shown_for_long(lengths: list[int], held: bool) -> None:
    assert dwelling(*shown(*lengths)) is held


def test_their_order_in_the_file_and_odd_times_do_not_matter() -> None:
    stamps, end = shown(*50 * [1], 1000, *50 * [1])
    assert dwelling(stamps[::-1], end)
    assert dwelling([*stamps, *stamps], end)
    assert not dwelling(50 * [7], 7)
    assert not dwelling(range(0, 100), -5)
    assert dwelling([-(1 << 63), *range(50), (1 << 63) - 1], 0)
