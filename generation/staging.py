"""A private place beside the destination where a file is made ready, and the one step that publishes it.

    with Staging(output) as staging:
        ...write staging.file...
        staging.publish(overwrite=False)

The staging folder stands in the destination's own folder, so that publishing is one atomic rename on one file
system. It is removed on the way out. A process that was killed leaves its folder behind, locked by nobody; the next
staging in the same folder removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from touchmark.provenance.durability import flush
from touchmark.provenance.errors import TouchmarkError

_PREFIX = ".touchmark-staging-"


class OutputError(TouchmarkError):
    """The output cannot be written where it was asked for."""

    code = "release.output"


class OutputNameError(OutputError):
    """The output is called something else than what is written."""

    code = "release.output_name"
    exit_status = 64


class OutputExistsError(OutputError):
    """Something stands there already."""

    code = "release.output_exists"
    exit_status = 64


class Staging:
    """See the module."""

    def __init__(self, output: Path) -> None:
        """
        Args:
            output: the file to be published; its folder must exist.
        """
        self.output = output

    def __enter__(self) -> Staging:
        folder = self.output.parent
        try:
            _sweep(folder)
            self._folder, self._lock = _locked_folder(folder)
        except OSError as error:
            raise OutputError(
                f"nothing can be written in this folder ({error.strerror})",
                subject=str(folder),
                remedy="Choose a folder that exists, is writable and has space.",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)
        # Nobody asked for the staged file, nor will find it: what went wrong with it is said of what was asked for.
        if isinstance(error, TouchmarkError) and Path(error.subject).parent == self._folder:
            error.subject = str(self.output)

    @property
    def file(self) -> Path:
        """Where to write what shall be published."""
        return self._folder / f"staged{self.output.suffix}"

    def publish(self, *, overwrite: bool) -> None:
        """Make the staged file durable and give it its name, in one step that a kill cannot split.

        Raises:
            OutputExistsError: something stands at the output and ``overwrite`` is false.
            OutputError: the file system refuses.
        """
        try:
            flush(self.file)
            if overwrite:
                self.file.replace(self.output)
            else:
                _link(self.file, self.output)
            flush(self.output.parent)
        except FileExistsError as error:
            raise output_exists(self.output) from error
        except OSError as error:
            raise OutputError(
                f"the file cannot be published ({error.strerror})",
                subject=str(self.output),
                remedy="Check space and permissions of the folder.",
            ) from error


def require_place(output: Path, *, overwrite: bool) -> None:
    """What can be known to fail before anything is made.

    Raises: OutputError, OutputExistsError
    """
    if not output.parent.is_dir():
        raise OutputError("there is no such folder", subject=str(output.parent), remedy="Make the folder first.")
    if output.is_dir() or (output.exists() and not overwrite):
        raise output_exists(output)


def require_another(output: Path, source: Path) -> None:
    """That the output is not the file that it is made of, which nobody could have back.

    Raises: OutputError
    """
    with suppress(OSError):  # one of them is not there, which others tell
        if output.samefile(source):
            raise OutputError(
                "the output is the file that it is made of, and would take its place",
                subject=str(output),
                remedy="Choose another name.",
            )


def output_exists(output: Path, *, replaceable: bool = True) -> OutputExistsError:
    """The error for an output that is taken; ``replaceable`` where whoever asked could have allowed that."""
    remedy = "Choose another name, or allow it to be replaced (--force)." if replaceable else "Choose another name."
    return OutputExistsError("this file exists already", subject=str(output), remedy=remedy)


def _link(source: Path, output: Path) -> None:
    """Give ``source`` the name ``output`` unless something has it; unlike rename, a hard link refuses to replace."""
    try:
        os.link(source, output)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):
            raise
        if output.exists():  # a file system without hard links: the best it can do
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(output)) from error
        source.replace(output)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    """A new folder in ``parent`` and the descriptor that holds it locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        with suppress(FileNotFoundError):  # another process swept it before it was opened
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if folder.exists():
                return folder, descriptor
            os.close(descriptor)  # or before it was locked


def _sweep(folder: Path) -> None:
    """Remove what killed processes left: staging folders that no living process holds."""
    for left in folder.glob(_PREFIX + "*"):
        try:
            descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass  # its owner is alive
        finally:
            os.close(descriptor)
