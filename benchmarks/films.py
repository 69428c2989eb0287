"""The films of a folder that a benchmark is pointed at, and those that it holds in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from touchmark.provenance.media.video import Frame

SUFFIXES = (".mp4", ".webm", ".mov", ".mkv")


def films(folder: Path) -> list[Path]:
    """In the order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)


@dataclass(frozen=True)
class InMemory:
    """Pictures to be looked through as those of a file are. A ``media.video.Pictures``."""

    pictures: Sequence[Frame]

    def frames(self, key_frames_only: bool = False) -> Iterator[Frame]:
        """All, or the key frames."""
        return (frame for frame in self.pictures if frame.is_key or not key_frames_only)
