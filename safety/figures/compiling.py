"""Writes what the shipped lists of figures are read from at a start.

    python -m touchmark.safety.figures.compiling > policies/figures/compiled.json

After a list was changed a test asks for it; until then the list itself is read (``compiled.py``).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from touchmark.safety.figures.compiled import content_of
from touchmark.safety.figures.data import shipped_folder


def compile_folder(folder: Path) -> str:
    """The contents of ``compiled.json`` for a folder, a line for each of its lists."""
    files = [path.read_bytes() for path in sorted(folder.glob("*.yaml"))]
    lines = [f"{_as_json(hashlib.sha256(raw).hexdigest())}: {_as_json(content_of(raw, {}))}" for raw in files]
    return "{\n" + ",\n".join(lines) + "\n}"


def _as_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, default=str, separators=(",", ":"))  # dates are no JSON


if __name__ == "__main__":
    print(compile_folder(shipped_folder()))
