"""Many files on several processes: every answer, in order, and an error where a process is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from touchmark.detectors.batch import WorkerLostError, verify_all
from touchmark.detectors.look import MarkSearch
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.home import Home
from touchmark.provenance.keys.ring import KeyRingError
from touchmark.provenance.media.errors import NotAVideoError


@pytest.fixture
def paths(sealed: Path, tmp_path: Path) -> list[Path]:
    """Twenty: sealed, tampered, text, sealed, ..."""
    content = sealed.read_bytes()
    contents = [content, content[:-1] + bytes([content[-1] ^ 1]), b"hello\n"]
    paths = [tmp_path / f"{number}.mp4" for number in range(20)]
    for number, path in enumerate(paths):
        path.write_bytes(contents[number % 3])
    return paths


@pytest.mark.parametrize("workers", [1, 2])
def test_every_file_has_its_answer_in_order(studio, paths: list[Path], workers: int) -> None:
    make = partial(Verifier.default, studio.home)
    found = list(verify_all(iter(paths), make, search=MarkSearch.NONE, workers=workers))
    assert [path for path, _ in found] == paths
    for number, (path, answer) in enumerate(found):
        if number % 3 == 2:
            assert isinstance(answer, NotAVideoError) or answer.verdict.outcome is Outcome.UNKNOWN
        else:
            assert isinstance(answer, Verification)
            assert answer.verdict == Verifier.default(studio.home).verify(path, search=MarkSearch.NONE).verdict


def test_what_is_wrong_with_the_keys_is_told_before_anything_is_examined(paths: list[Path], tmp_path: Path) -> None:
    home = Home(tmp_path / "home").ensure()
    home.keys.mkdir(mode=0o700)
    (home.keys / "anchors.pem").write_text("no certificate")
    with pytest.raises(KeyRingError):
        next(verify_all(paths, partial(Verifier.default, home), workers=2))


@dataclass(frozen=True)
class Killed(Verifier):
    """As if the memory had run out."""

    parent: int = 0

    def verify(self, path: Path, progress: object = None, *, search: MarkSearch = MarkSearch.GLANCE) -> Verification:
        assert os.getpid() != self.parent
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_a_lost_process_is_an_error_and_no_answer(paths: list[Path]) -> None:
    with pytest.raises(WorkerLostError):
        list(verify_all(paths, partial(Killed, parent=os.getpid()), workers=2))


_ENDLESS = """
import sys
from functools import partial
from itertools import repeat
from pathlib import Path
from touchmark.detectors.batch import verify_all
from touchmark.detectors.look import MarkSearch
from touchmark.detectors.verify import Verifier
from touchmark.provenance.home import Home

home, path = map(Path, sys.argv[1:])
for _ in verify_all(repeat(path), partial(Verifier.default, Home(home)), search=MarkSearch.NONE, workers=2):
    print("one", flush=True)
"""


def test_no_process_outlives_a_caller_that_was_killed(studio, paths: list[Path]) -> None:
    """Each of them would keep what the caller prints into open: nobody who reads that would come to its end."""
    words = [sys.executable, "-c", _ENDLESS, str(studio.home.root), str(paths[0])]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=Path.cwd()) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"one\n"
        caller.kill()
        caller.communicate(timeout=60)
    assert caller.returncode == -signal.SIGKILL
