from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media.aperture import cuts


def aperture(*numbers: int, head: bytes = b"\0\0\0\x28clap") -> bytes:
    return b"before it" + head + struct.pack(">4I", *numbers) + bytes(16)


@pytest.mark.parametrize("head", [b"\0\0\0\x28clap", b"\0\0\0\0clap", b"\0\0\0\x01clap" + (48).to_bytes(8, "big")])
def test_a_box_is_found_in_each_of_its_forms(head: bytes) -> None:
    assert cuts(aperture(960, 1, 1080, 1, head=head), 1920, 1080)


def test_a_few_columns_at_the_edge_are_left_out_by_many() -> None:
    assert not cuts(aperture(702, 1, 576, 1), 720, 576)
    assert not cuts(aperture(4 * 1910, 4, 3 * 1080, 3), 1920, 1080)
    assert not cuts(b"handclapping with both", 1920, 1080)


@given(st.binary(max_size=60))
def test_noise_behind_the_name_is_judged(noise: bytes) -> None:
    assert cuts(b"\0\0\0\x28clap" + noise, 1 << 31, 1 << 31) in (True, False)
