"""Manifests that a C2PA library reads in a process of its own, which may take so much time and memory and no more.

    with read_apart(file, anchors, None, "report.pdf") as reader:
        reader.json()

What a PDF holds is known only to who takes it apart, and the library takes apart all of it to look for a manifest: of
500 bytes, in which one object is there two thousand times, it made gigabytes and ended the process, and of 7 kB it took
minutes. Unlike those of other forms such files cannot be told from honest ones without doing the same.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Final, NoReturn, Self

import c2pa

from touchmark.provenance.manifest.context import settings_of
from touchmark.provenance.manifest.kept import refused
from touchmark.provenance.media.errors import UnreadableFileError
from touchmark.provenance.media.kinds import PDF

_READER: Final = "touchmark.provenance.manifest.alone"
_MEMORY: Final = 256 << 20
"""Bytes of addresses, of which it has a fifth before it reads anything; and eight times the file, which is held more
than once."""
_SECONDS: Final = 2
"""Of a processor; and one for each so many bytes."""
_A_SECOND: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class ReadApart:
    """What such a process read; to be used as a reader of the library is."""

    _json: str
    _crjson: str

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def json(self) -> str:
        """Its manifests as the library reports them."""
        return self._json

    def crjson(self) -> str:
        """The same as Content Credentials JSON; empty where the library makes none of it."""
        return self._crjson

    def with_fragment(self, *_: object) -> NoReturn:
        """Of a film alone."""
        raise c2pa.C2paError.NotSupported("no film")


def read_apart(file: BinaryIO, anchors: bytes, manifest: bytes | None, subject: str) -> ReadApart | None:
    """What the library says of an open, seekable file; None where no manifest is.

    Args:
        file: a PDF.
        anchors: PEM roots of trusted signers.
        manifest: a store to hold against the file in place of its own.
        subject: what an error calls the file.

    Raises:
        LimitExceededError: it takes more time or memory than any honest file of this size.
        UnreadableFileError: there is no room to copy it, or no process to be had.
        TrustAnchorsError: ``anchors`` is not PEM.
        C2paError: what the library raised.
    """
    try:
        found = _asked(file, anchors, manifest)
    except OSError as error:
        raise UnreadableFileError(
            f"no process can be started to read it in ({error.strerror})",
            subject=subject,
            remedy="Give the folder for temporary files (TMPDIR) room for a copy of the file.",
        ) from error
    try:
        told = json.loads(found)
    except ValueError as error:  # it was ended, by what it may take or by what it took
        raise refused("a C2PA library takes too long, or too much memory, for it", subject) from error
    if told is None:
        return None
    if "error" in told:
        raise getattr(c2pa.C2paError, told["error"], c2pa.C2paError)(told["message"])
    return ReadApart(told["json"], told["crjson"])


def _asked(file: BinaryIO, anchors: bytes, manifest: bytes | None) -> bytes:
    """What such a process prints; less than all of it where it was ended."""
    with tempfile.TemporaryFile() as copy:  # a position of its own, and a file also where this one is in memory
        file.seek(0)
        shutil.copyfileobj(file, copy)
        size = copy.tell()
        copy.flush()
        asked = {
            "file": copy.fileno(),
            "form": PDF.media_type,
            "settings": settings_of(anchors),
            "manifest": manifest and base64.b64encode(manifest).decode("ascii"),
            "memory": _MEMORY + 8 * size,
            "seconds": _SECONDS + size // _A_SECOND,
        }
        return subprocess.run(
            [sys.executable, "-P", "-m", _READER],  # -P: nothing that lies in the folder we are in
            input=json.dumps(asked).encode("ascii"),
            capture_output=True,
            check=False,
            pass_fds=(copy.fileno(),),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "MALLOC_ARENA_MAX": "1"},
        ).stdout
