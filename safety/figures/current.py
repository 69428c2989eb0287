"""The figures of an installation as they are now: the shipped list, and what lies in the operator's home.

A service runs for months, and whoever asks to be left out should not wait for it to start again. So each search looks
at the times and sizes of the operator's files, and reads them again when they have changed. Files with a fault are an
error until they are mended: a list that is partly wrong is not used at all.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from threading import Lock

from touchmark.safety.canonical import CanonicalText
from touchmark.safety.figures.common import common_among
from touchmark.safety.figures.data import FigureData, FigureDataError, read_figures, shipped_folder
from touchmark.safety.figures.forms import folded_name
from touchmark.safety.figures.imported import IMPORTS_FOLDER, load_imports
from touchmark.safety.figures.index import FigureIndex, FigureMatch
from touchmark.safety.figures.register import REGISTER_FILE, Register, RegisterError, RegisterLine, with_register

_Signature = tuple[tuple[str, int, int], ...]


class CurrentFigures:
    """A list of figures that follows the operator's files; safe to share between threads.

    Args:
        folder: of the operator's figures; need not exist.

    Raises:
        FigureDataError: a file is faulty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = folder / REGISTER_FILE, folder / IMPORTS_FOLDER
        self._reading = Lock()
        self._read = _signature(*self._files), load_index(folder)

    def find(self, text: CanonicalText) -> tuple[FigureMatch, ...]:
        """Every figure that the text names.

        Raises:
            FigureDataError: a file has changed and is faulty.
        """
        return self.index().find(text)

    def index(self) -> FigureIndex:
        """The list as the files are now.

        Raises:
            FigureDataError: a file has changed and is faulty.
        """
        now = _signature(*self._files)
        read, index = self._read
        if now == read:
            return index
        with self._reading:
            if self._read[0] != now:
                self._read = now, load_index(self._folder)
            return self._read[1]


def load_index(folder: Path) -> FigureIndex:
    """The shipped list with an operator's register and imports.

    Raises:
        FigureDataError: a file is faulty.
    """
    shipped = shipped_data()
    register = Register.read(folder / REGISTER_FILE)
    ordinary, borne = (frozenset(map(folded_name, words)) for words in (shipped.vetoes.words, shipped.vetoes.borne))
    imports = load_imports(folder, ordinary, borne)
    if not register.standing and imports is None:
        return shipped_index()
    return FigureIndex(with_register(shipped, register) if register.standing else shipped, imports)


@cache
def shipped_data() -> FigureData:
    """The shipped list as its files say, read once."""
    return read_figures(shipped_folder())


@cache
def shipped_index() -> FigureIndex:
    """The shipped list alone, built once: most homes add nothing, and building it takes seconds."""
    return FigureIndex(shipped_data())


def decide(folder: Path, line: RegisterLine) -> Register:
    """Write a decision into an operator's register, if the lists hold together with it.

    Raises:
        RegisterError: the decision contradicts the register, or a name that it gives is a common word.
        FigureDataError: a form of an addition means somebody else, an opt-out is about nobody, a file is faulty, or
            the register cannot be written.
    """
    names = line.figure.forms if line.figure else ()
    common = common_among(names)
    for name in names:
        if languages := common.get(name):
            raise RegisterError(
                f"{name!r} is a common word ({', '.join(languages)}): it stands in one harmless prompt of 200, or more",
                subject=line.id,
                remedy="Give more of the name, or another form that means the person alone.",
            )
    return Register.append(folder / REGISTER_FILE, line, lambda register: with_register(shipped_data(), register))


def _signature(register: Path, imports: Path) -> _Signature:
    """Name, time and size of every file of the operator's."""
    try:
        files = [register]
        if os.path.lexists(imports):
            files += sorted(path for path in imports.iterdir() if path.suffix == ".jsonl")
        return tuple(_stamp(path) for path in files if os.path.lexists(path))
    except OSError as error:
        raise FigureDataError(
            f"the operator's figures cannot be read: {error}",
            subject=str(register.parent),
            remedy="Make the folder readable.",
        ) from error


def _stamp(path: Path) -> tuple[str, int, int]:
    stated = path.stat()
    return path.name, stated.st_mtime_ns, stated.st_size
