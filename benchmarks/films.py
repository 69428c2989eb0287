"""The films of a folder that a benchmark is pointed at."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".mp4", ".webm", ".mov", ".mkv")


def films(folder: Path) -> list[Path]:
    """In the order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
