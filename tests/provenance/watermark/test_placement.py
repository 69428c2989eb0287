"""Where the pattern lies: elsewhere for another payload, key, picture or minute; never moved within a shot."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark.lattice import TILE, Lattice
from touchmark.provenance.watermark.placement import EPOCH, Placement
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey

KEY, OTHER = WatermarkKey(b"a key for tests only"), WatermarkKey(b"a second operator")
PLACES = Lattice.of(KEY).places


def picture(level: int) -> Planes:
    ramp = np.add.outer(np.arange(96), np.arange(160)) // 4
    return Planes.of_rgb(np.repeat((ramp + level)[..., None], 3, axis=2).astype(np.uint8))


DARK, BRIGHT = picture(10), picture(150)


def test_it_depends_on_payload_key_and_what_is_seen() -> None:
    ways = [
        Placement(Lattice.of(key).places, payload, key).shift(seen, Fraction(0))
        for payload, key, seen in (
            (Payload(1), KEY, DARK),
            (Payload(2), KEY, DARK),
            (Payload(1), OTHER, DARK),
            (Payload(1), KEY, BRIGHT),
        )
    ]
    assert len(set(ways)) == 4
    assert all(0 <= across < TILE and 0 <= down < TILE for across, down in ways)


@given(st.lists(st.booleans(), min_size=2, max_size=40), st.integers(1, 90))
def test_it_moves_at_cuts_alone_and_never_twice_in_a_minute(bright: list[bool], seconds: int) -> None:
    placement = Placement(PLACES, Payload(7), KEY)
    pictures = [BRIGHT if is_bright else DARK for is_bright in bright]
    shifts = [placement.shift(seen, Fraction(seconds * i)) for i, seen in enumerate(pictures)]
    moved = [i for i in range(1, len(shifts)) if shifts[i] != shifts[i - 1]]
    assert all(bright[i] != bright[i - 1] for i in moved)
    assert all((later - sooner) * seconds >= EPOCH for sooner, later in zip([0, *moved], moved, strict=False))


def test_it_does_move_after_a_minute() -> None:
    placement = Placement(PLACES, Payload(7), KEY)
    times = [0, EPOCH - 1, EPOCH, EPOCH + 1, EPOCH + 2]
    shifts = [
        placement.shift(seen, Fraction(time))
        for time, seen in zip(times, (DARK, BRIGHT, DARK, DARK, BRIGHT), strict=True)
    ]
    assert shifts[0] == shifts[1] == shifts[2] == shifts[3] != shifts[4]


def test_the_same_video_is_placed_the_same_way() -> None:
    first, second = (
        [placement.shift(seen, Fraction(40 * i)) for i, seen in enumerate((DARK, BRIGHT) * 4)]
        for placement in (Placement(PLACES, Payload(7), KEY), Placement(PLACES, Payload(7), KEY))
    )
    assert first == second
    assert len(set(first)) > 2
