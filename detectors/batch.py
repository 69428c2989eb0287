"""Verify many files on all cores.

    for path, found in verify_all(paths, partial(Verifier.default, home), search=MarkSearch.NONE):
        ...

Each process has a verifier of its own, kept for all of its files: neither a context of the C2PA library nor a database
connection outlives a fork. What comes out stands in the order of what went in, and only a few answers wait at a time.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread

from touchmark.detectors.look import MarkSearch
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.manifest.canary import run_canary
from touchmark.provenance.media.errors import MediaError

Found = tuple[Path, Verification | MediaError]
"""A file, and what it is or why it could not be read."""

_CHUNK = 16
_CHUNKS_WAITING = 4
"""Files that go to a process at once, and such lots, a process, whose answers may wait: memory is bounded by that."""


class WorkerLostError(TouchmarkError):
    """A process that verified files was ended from outside, or by a file; of the files that it had nothing is said."""

    code = "verify.worker_lost"


def verify_all(
    paths: Iterable[Path],
    make: Callable[[], Verifier],
    *,
    search: MarkSearch = MarkSearch.GLANCE,
    workers: int | None = None,
) -> Iterator[Found]:
    """Examine files, several at a time.

    Args:
        paths: of the files.
        make: gives each process its verifier; something that can be pickled, such as a partial of
            ``Verifier.default``.
        search: how far to look for marks.
        workers: processes; one for each core if not given. With one, files are examined in this process.

    Raises:
        WorkerLostError: a process ended before it had answered.
        TouchmarkError: what ``make`` and :meth:`Verifier.verify` raise, but for MediaError, which is an answer.
    """
    workers = workers or len(os.sched_getaffinity(0))
    verifier = make()  # what is wrong with keys or lists is told here, once
    remaining = iter(paths)
    if workers == 1:
        for path in remaining:
            yield _examine(path, verifier, search)
        return
    # Not forked from here: who calls may have threads. The server imports once for all workers.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, context, _begin, (make,)) as pool:
        waiting: deque[Future[list[Found]]] = deque()
        try:
            while True:
                while len(waiting) < _CHUNKS_WAITING * workers and (chunk := tuple(islice(remaining, _CHUNK))):
                    waiting.append(pool.submit(_examine_chunk, chunk, search))
                if not waiting:
                    return
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise WorkerLostError(
                "a process that verified files ended before it had answered",
                subject="verify",
                remedy="Verify the files one by one to find the one that does it, or give the machine more memory.",
            ) from error
        finally:
            for future in waiting:
                future.cancel()


_verifier: Verifier | None = None  # of this worker process


def _begin(make: Callable[[], Verifier]) -> None:
    global _verifier  # noqa: PLW0603 (a pool hands its workers nothing else to keep)
    Thread(target=_end_with_the_caller, daemon=True).start()
    run_canary()
    _verifier = make()
    gc.freeze()  # what stays need not be searched for garbage with every few files


def _end_with_the_caller() -> None:
    """A worker waits for files for ever where the caller was killed: each holds the pipe open that others wait at, and
    whoever reads what the caller prints waits too.
    """
    caller = multiprocessing.parent_process()
    assert caller is not None
    wait([caller.sentinel])
    os._exit(1)


def _examine_chunk(paths: Sequence[Path], search: MarkSearch) -> list[Found]:
    assert _verifier is not None
    return [_examine(path, _verifier, search) for path in paths]


def _examine(path: Path, verifier: Verifier, search: MarkSearch) -> Found:
    try:
        return path, verifier.verify(path, search=search)
    except MediaError as error:
        return path, error
