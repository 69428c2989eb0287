"""The hashes of a file that somebody gives: a video, which is hashed, or vPDQ lines, which are read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from touchmark.provenance.media.counting import Tell, counted, expected_pictures
from touchmark.provenance.media.decode import open_video
from touchmark.safety.output.matching import Search
from touchmark.safety.output.sampling import Sampler
from touchmark.safety.output.vpdq import INTERVAL, SUFFIXES, Line, hash_frames, read_lines


def hashed_file(path: Path, tell: Tell | None = None) -> tuple[Line, ...]:
    """The hashes of a video, or those that a file of lines (by its suffix) holds.

    Raises:
        MediaError: the video cannot be read.
        HashFileError: the lines cannot be read.
    """
    if path.suffix.lower() in SUFFIXES:
        return read_lines(path)
    with open_video(path) as video:
        return tuple(hash_frames(counted(video.frames(), tell, expected_pictures(video.info))))


def search_file(search: Search, path: Path, tell: Tell | None = None) -> None:
    """Look for the frames of a file: of a video in every form, of lines as they are. Raises as above."""
    if path.suffix.lower() in SUFFIXES:
        for line in read_lines(path):
            search.add((line.bits,), line.quality, Fraction(line.time))
        return
    sampler = Sampler(INTERVAL)
    with open_video(path) as video:
        for frame in counted(video.frames(), tell, expected_pictures(video.info)):
            if sampler.takes(frame.time):
                search.look(frame)
