"""What is written behind is what was written, and its digest that of the file, in whatever order it came."""

from __future__ import annotations

import hashlib
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.behind import BLOCK, SignedOutput
from touchmark.provenance.manifest.claim import Claim
from touchmark.provenance.manifest.write import DestinationError, sign_file

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, BLOCK + 9)),
        st.tuples(st.just("seek"), st.integers(0, 2 * BLOCK)),
        st.tuples(st.just("read"), st.integers(0, 2 * BLOCK)),
        st.tuples(st.just("truncate"), st.just(0)),
    ),
    max_size=12,
)


@given(STEPS)
def test_it_is_a_file_like_any_other(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, ordinary = Path(folder) / "out", Path(folder) / "ordinary"
        with SignedOutput(path) as output, ordinary.open("w+b") as expected:
            for number, (what, amount) in enumerate(steps):
                for file in (output, expected):
                    if what == "write":
                        file.write(bytes([number + 1]) * amount)
                    elif what == "seek":
                        file.seek(amount)
                    elif what == "truncate":
                        file.truncate()
                if what == "read":
                    assert output.read(amount) == expected.read(amount)
                assert output.tell() == expected.tell()
            expected.flush()
            assert output.sha256() == hashlib.sha256(ordinary.read_bytes()).hexdigest()
        assert path.read_bytes() == ordinary.read_bytes()


def test_what_is_started_over_has_the_digest_of_what_is_there_at_last(tmp_path: Path) -> None:
    """As when no time stamp was to be had: the same file is written once more."""
    with SignedOutput(tmp_path / "out") as output:
        output.write(b"void" * BLOCK)
        output.seek(0)
        output.truncate()
        output.write(b"good")
        assert output.sha256() == hashlib.sha256(b"good").hexdigest()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_block_that_cannot_be_written_is_told_of_at_the_latest_when_the_file_is_closed(tmp_path: Path) -> None:
    output = SignedOutput(tmp_path / "out")
    with room_for(BLOCK):
        output.write(bytes(3 * BLOCK))
        with pytest.raises(OSError, match="too large"):
            output.close()
    assert output.closed


def test_without_room_there_is_an_error_and_no_file(tmp_path: Path, film: Path, claim: Claim, ring: KeyRing) -> None:
    with room_for(8192), pytest.raises(DestinationError, match="too large"):
        sign_file(film, tmp_path / "out.mp4", claim, ring.signer(), ring.trust_anchors)
    assert list(tmp_path.iterdir()) == []
