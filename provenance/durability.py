"""Make what was written outlive a power cut: the bytes of a file, or the names in a folder."""

from __future__ import annotations

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Return when the disk holds the file's bytes, or the folder's names. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
