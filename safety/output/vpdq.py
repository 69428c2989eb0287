"""vPDQ: a video as the PDQ hashes of sampled frames, in the text that platforms exchange.

    lines = tuple(hash_frames(video.frames()))
    path.write_text(written(lines)); read_lines(path) == lines

One line a frame, ``frame,quality,pdqhex,timestamp``, one file a video (github.com/facebook/ThreatExchange, vpdq/). What
comes from others is read strictly: a bank that silently lost lines would look complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Final

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.media.video import Frame
from touchmark.safety.output.pdq import pdq
from touchmark.safety.output.sampling import Sampler

INTERVAL: Final = Fraction(1, 4)
"""Seconds between the frames that are hashed. vPDQ's own default is 1; a clip of three seconds needs more."""
SUFFIXES: Final = frozenset({".vpdq", ".txt", ".csv"})
"""How files of such lines are called."""

_MAX_BYTES = 128 << 20
_MAX_LINES = 1_000_000
_LINE = re.compile(rb"([0-9]{1,9}),([0-9]{1,3}),([0-9a-fA-F]{64}),([0-9]{1,9}(?:\.[0-9]{1,9})?)\r?\n?")
_EXPECTED = "expected frame,quality,64 hexadecimal digits,seconds"


class HashFileError(TouchmarkError):
    """A file of vPDQ lines cannot be used as it stands."""

    code: ClassVar[str] = "safety.hash_file"
    exit_status: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Line:
    """The hash of one frame.

    Attributes:
        frame: its number in the video, from 0.
        quality: 0..100.
        bits: 32 bytes.
        time: seconds from the beginning.
    """

    frame: int
    quality: int
    bits: bytes
    time: float


def hash_frames(frames: Iterable[Frame]) -> Iterator[Line]:
    """Hash a frame every :data:`INTERVAL` seconds, the first among them."""
    sampler = Sampler(INTERVAL)
    for number, frame in enumerate(frames):
        if sampler.takes(frame.time):
            hashed = pdq(frame.pixels)
            yield Line(number, hashed.quality, hashed.bits, round(float(frame.time), 3))


def written(lines: Iterable[Line]) -> str:
    """The lines as text, each with its line break."""
    return "".join(f"{line.frame},{line.quality},{line.bits.hex()},{line.time:.3f}\n" for line in lines)


def read_lines(path: Path) -> tuple[Line, ...]:
    """Read one video.

    Raises:
        HashFileError: it cannot be read, is too large, or a line is wrong; says which, and why.
    """
    lines: list[Line] = []
    try:
        if path.exists() and not path.is_file():  # a pipe would not even open
            raise HashFileError("is not a regular file", subject=str(path), remedy="Give a file.")
        with path.open("rb") as file:
            read = 0
            while raw := file.readline(256):
                read += len(raw)
                if read > _MAX_BYTES or len(lines) >= _MAX_LINES:
                    raise HashFileError(
                        f"holds more than {_MAX_LINES:,} lines", subject=str(path), remedy="One file is one video."
                    )
                lines.append(_parsed(raw, lines[-1] if lines else None, f"{path}:{len(lines) + 1}"))
    except (OSError, ValueError) as error:
        raise HashFileError(f"cannot be read ({error})", subject=str(path), remedy="Check the path.") from error
    if not lines:
        raise HashFileError("holds no line", subject=str(path), remedy=f"One line a frame: {_EXPECTED}.")
    return tuple(lines)


def _parsed(raw: bytes, before: Line | None, where: str) -> Line:
    match = _LINE.fullmatch(raw)
    if not match:
        raise _wrong(f"not a vPDQ line ({_EXPECTED})", where)
    frame, quality, bits, time = match.groups()
    line = Line(int(frame), int(quality), bytes.fromhex(bits.decode("ascii")), float(time))
    if line.quality > 100:
        raise _wrong(f"a quality is 0 to 100 (got {line.quality})", where)
    if before and line.frame <= before.frame:
        raise _wrong(f"frame {line.frame} comes after frame {before.frame}; frames rise, each once", where)
    if before and line.time < before.time:
        raise _wrong(f"time goes back (from {before.time} to {line.time} s)", where)
    return line


def _wrong(problem: str, where: str) -> HashFileError:
    return HashFileError(problem, subject=where, remedy="Nothing was imported; correct the line.")
