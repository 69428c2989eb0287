"""The floors of the house: nobody imports upwards, nobody imports in a circle, verifying imports no torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "provenance": {"provenance"},
    "safety": {"safety", "provenance"},
    "detectors": {"detectors", "provenance", "safety"},
    "generation": {"generation", "provenance", "safety", "detectors"},
    "cli": {"cli", "provenance", "safety", "detectors", "generation"},
}
SOURCES = sorted(path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py"))


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("touchmark", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def _imports(path: Path, *, only_top_level: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if only_top_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_imports_a_floor_above(path: Path) -> None:
    allowed = MAY_IMPORT[path.relative_to(ROOT).parts[0]]
    for name in _imports(path):
        room = name.split(".")[1] if name.startswith("touchmark.") else None
        if room in MAY_IMPORT:
            assert room in allowed, f"{path.relative_to(ROOT)} imports {name}"


def test_no_two_files_import_each_other() -> None:
    modules = {_module(path): path for path in SOURCES}
    graph = {name: {i for i in _imports(path, only_top_level=True) if i in modules} for name, path in modules.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done:
            return
        for imported in graph[name] - {name}:
            visit(imported, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(
    "statement",
    [
        "import touchmark; touchmark.verify",
        "import touchmark; touchmark.screen",
        "from touchmark.cli.main import run; run(['verify', '--help'])",
        "from touchmark.cli.main import run; run(['generate', '--help'])",
    ],
)
def test_without_the_generate_extra_nothing_asks_for_torch(statement: str) -> None:
    program = (
        f"import sys; {statement}; "
        "loaded = {'torch', 'diffusers', 'transformers'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "command",
    [
        "verify",
        "report",
        "comply",
        "screen",
        "generate",
        "seal",
        "keys",
        "marks",
        "watermark",
        "bank",
        "screen-video",
        "trust",
        "serve",
    ],
)
def test_help_loads_nothing_heavy(command: str) -> None:
    program = (
        f"import sys; from touchmark.cli.main import run; run(['{command}', '--help']); "
        "loaded = {'torch', 'cv2', 'av', 'sklearn', 'sqlalchemy', 'c2pa', 'scipy'} & set(sys.modules); "
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
