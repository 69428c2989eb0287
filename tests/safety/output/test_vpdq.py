"""vPDQ lines go out as platforms write them, and come in only if every line is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clips import moving_clip
from touchmark.safety.output.vpdq import HashFileError, Line, hash_frames, read_lines, written

_HEX = "0123456789abcdef" * 4
_GOOD = f"0,100,{_HEX},0.000\n30,99,{_HEX},1.001\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clip.vpdq"


def test_a_clip_is_hashed_four_times_a_second_and_written_one_line_a_frame() -> None:
    lines = tuple(hash_frames(moving_clip(count=25).frames))
    assert [(line.frame, line.time) for line in lines] == [(i, round(i / 12, 3)) for i in range(0, 25, 3)]
    assert written(lines).splitlines()[1] == f"3,{lines[1].quality},{lines[1].bits.hex()},0.250"


_LINES = st.lists(
    st.tuples(st.integers(1, 999), st.integers(0, 100), st.binary(min_size=32, max_size=32), st.integers(0, 10**6)),
    min_size=1,
    max_size=20,
)


@settings(max_examples=30)
@given(_LINES)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, bytes, int]]
) -> None:
    lines, frame, time = [], -1, 0
    for step, quality, bits, milliseconds in steps:
        frame, time = frame + step, time + milliseconds
        lines.append(Line(frame, quality, bits, time / 1000))
    path = tmp_path_factory.mktemp("lines") / "x.vpdq"
    path.write_text(written(lines))
    assert read_lines(path) == tuple(lines)


@pytest.mark.parametrize(
    "text",
    [_GOOD, _GOOD.rstrip("\n"), _GOOD.replace("\n", "\r\n"), _GOOD.upper()],
    ids=["lf", "no end", "crlf", "upper"],
)
def test_lines_of_other_writers_are_read(file: Path, text: str) -> None:
    file.write_bytes(text.encode())
    assert [(line.frame, line.quality, line.time) for line in read_lines(file)] == [(0, 100, 0.0), (30, 99, 1.001)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "not a vPDQ line"),
        (f"60,100,{_HEX}", "not a vPDQ line"),
        (f"60,100,{_HEX[:-1]},2", "not a vPDQ line"),
        (f"60,100,{_HEX[:-1]}g,2", "not a vPDQ line"),
        (f"60,101,{_HEX},2", "quality"),
        (f"-1,100,{_HEX},2", "not a vPDQ line"),
        (f"60,100,{_HEX},nan", "not a vPDQ line"),
        (f"60,100,{_HEX},1e9", "not a vPDQ line"),
        (f"٦٠,100,{_HEX},2", "not a vPDQ line"),
        (f"60,100,{_HEX},2,extra", "not a vPDQ line"),
        ("\x1b[31m" + "x" * 100_000, "not a vPDQ line"),
        (f"30,100,{_HEX},2", "each once"),
        (f"2,100,{_HEX},2", "each once"),
        (f"60,100,{_HEX},0.5", "time goes back"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_imported(file: Path, line: str, problem: str) -> None:
    file.write_text(_GOOD + line + "\n", encoding="utf-8")
    with pytest.raises(HashFileError, match=problem) as caught:
        read_lines(file)
    assert caught.value.subject == f"{file}:3"
    assert "\x1b" not in str(caught.value)
    assert caught.value.exit_status == 3


@pytest.mark.parametrize("content", [b"", b"\x00" * 300, b"\xff\xfe" + _GOOD.encode("utf-16-le")])
def test_what_holds_no_lines_is_an_error(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(HashFileError):
        read_lines(file)


@pytest.mark.parametrize("path", [Path("/nonexistent.vpdq"), Path("/dev/zero"), Path("/tmp")])
def test_what_is_no_file_is_an_error(path: Path) -> None:
    with pytest.raises(HashFileError):
        read_lines(path)
