"""Where the pattern lies: where the picture speaks for it; elsewhere for another payload, key, picture or minute; never
moved within a shot."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.picture import Planes
from touchmark.provenance.watermark import code
from touchmark.provenance.watermark.geometry import Geometry
from touchmark.provenance.watermark.lattice import TILE, Lattice
from touchmark.provenance.watermark.painter import Painter
from touchmark.provenance.watermark.placement import EPOCH, Placement
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey
from touchmark.provenance.watermark.reading import Reader, Sight
from touchmark.provenance.watermark.residual import residual

KEY, OTHER = WatermarkKey(b"a key for tests only"), WatermarkKey(b"a second operator")
LATTICE = Lattice.of(KEY)


def picture(seed: int) -> Planes:
    grain = np.random.default_rng(seed).normal(100 + 60 * (seed % 2), 12, (144, 192, 3))
    return Planes.of_rgb(np.clip(grain, 0, 255).astype(np.uint8))


DARK, BRIGHT = picture(0), picture(1)


def test_it_depends_on_payload_key_and_what_is_seen() -> None:
    ways = [
        Placement(Lattice.of(key), payload, key).shift(seen, Fraction(0), begins_shot=True)
        for payload, key, seen in (
            (Payload(1), KEY, DARK),
            (Payload(2), KEY, DARK),
            (Payload(1), OTHER, DARK),
            (Payload(1), KEY, BRIGHT),
        )
    ]
    assert len(set(ways)) == 4
    assert all(0 <= across < TILE and 0 <= down < TILE for across, down in ways)


def test_the_picture_itself_speaks_for_what_is_written_there() -> None:
    """Over many pictures, what an unmarked one says of the pattern at its place lies two deviations above chance."""
    bits, reader = code.encode(Payload(7), KEY), Reader(LATTICE, KEY)
    standing = []
    for seed in range(8):
        fits = reader.fits(Sight(residual(picture(seed)), Geometry()), bits)
        across, down = Placement(LATTICE, Payload(7), KEY).shift(picture(seed), Fraction(0), begins_shot=True)
        standing.append((fits[down, across] - fits.mean()) / fits.std())
    assert np.mean(standing) > 2


def test_fits_are_counted_as_the_pattern_is_drawn() -> None:
    """The shift at which a marked picture fits best is the one at which its pattern was drawn."""
    bits = code.encode(Payload(7), KEY)
    grey = Planes.of_rgb(np.full((256, 320, 3), 128, np.uint8))
    marked = Painter(LATTICE, bits, 256, 320, (37, 101)).paint(grey, 4.0)
    fits = Reader(LATTICE, KEY).fits(Sight(residual(marked), Geometry()), bits)
    assert divmod(int(np.argmax(fits)), TILE) == (101, 37)


@given(st.lists(st.booleans(), min_size=2, max_size=40), st.integers(1, 90))
def test_it_moves_at_cuts_alone_and_never_twice_in_a_minute(cuts: list[bool], seconds: int) -> None:
    placement = Placement(LATTICE, Payload(7), KEY)
    shifts = [
        placement.shift((DARK, BRIGHT)[i % 2], Fraction(seconds * i), begins_shot=is_cut)
        for i, is_cut in enumerate(cuts)
    ]
    moved = [i for i in range(1, len(shifts)) if shifts[i] != shifts[i - 1]]
    assert all(cuts[i] for i in moved)
    assert all((later - sooner) * seconds >= EPOCH for sooner, later in zip([0, *moved], moved, strict=False))


def test_it_does_move_after_a_minute() -> None:
    placement = Placement(LATTICE, Payload(7), KEY)
    shifts = [
        placement.shift(seen, Fraction(time), begins_shot=is_cut)
        for time, seen, is_cut in (
            (0, DARK, True),
            (EPOCH - 1, BRIGHT, True),
            (EPOCH, DARK, False),
            (EPOCH + 2, BRIGHT, True),
        )
    ]
    assert shifts[0] == shifts[1] == shifts[2] != shifts[3]


def test_the_same_video_is_placed_the_same_way() -> None:
    first, second = (
        [
            placement.shift(seen, Fraction(40 * i), begins_shot=True)
            for i, seen in enumerate((DARK, BRIGHT, BRIGHT, DARK) * 2)
        ]
        for placement in (Placement(LATTICE, Payload(7), KEY), Placement(LATTICE, Payload(7), KEY))
    )
    assert first == second
    assert len(set(first)) == 2  # where either picture speaks for it
