"""Clips and file surgery shared by the tests of the media room."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import moving_clip, write_clip


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good H.264/AAC mp4: 160 x 96, 12 pictures a second, one second, stereo."""
    return write_clip(tmp_path_factory.mktemp("media") / "clip.mp4", moving_clip(160, 96, 12, channels=2))


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds without sound."""
    return write_clip(tmp_path_factory.mktemp("media") / "long.mp4", moving_clip(96, 64, 36, Fraction(12), "flat"))


def find_box(data: bytes | bytearray, *path: bytes) -> tuple[int, int]:
    """Offset and size of the first box at ``path``, such as ``b"moov", b"trak"``."""
    start, end = 0, len(data)
    for kind in path:
        while data[start + 4 : start + 8] != kind:
            start += struct.unpack_from(">I", data, start)[0]
            if start >= end:
                raise LookupError(kind)
        found, size = start, struct.unpack_from(">I", data, start)[0]
        start, end = found + 8, found + size
    return found, size


def patched(source: Path, destination: Path, offset: int, replacement: bytes) -> Path:
    """``source`` with the bytes at ``offset`` replaced, as ``destination``."""
    data = bytearray(source.read_bytes())
    data[offset : offset + len(replacement)] = replacement
    destination.write_bytes(data)
    return destination
