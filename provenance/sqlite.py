"""How SQLite files are opened that may be read and not written: a registry on a mount of others, or of another person.

if not is_writable(path):
    sqlite3.connect(read_only(path), uri=True)
"""

from __future__ import annotations

import os
from pathlib import Path


def is_writable(path: Path) -> bool:
    """Whether SQLite can write a file that is there, which takes files beside it too."""
    return os.access(path.resolve().parent, os.W_OK) and os.access(path, os.W_OK)


def read_only(path: Path) -> str:
    """The address of a file that is not written.

    One that was in WAL mode cannot be read without files beside it (SQLite, "Write-Ahead Logging", 5). Where none are
    there and none can be made, it is taken for one that nobody changes: it is opened anew for every question.
    """
    file = path.resolve()
    is_still = not os.access(file.parent, os.W_OK) and not file.with_name(f"{file.name}-wal").exists()
    return f"{file.as_uri()}?mode=ro{'&immutable=1' if is_still else ''}"
