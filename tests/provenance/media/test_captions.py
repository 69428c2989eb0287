"""Timed text: written beside pictures and sound, read back, and survived where it is damaged."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.clips import moving_clip
from touchmark.provenance.media.captions import Caption, read_captions
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode

CAPTIONS = (Caption("AI生成", "zho"), Caption("AI generated", "eng", end=Fraction(1, 2)))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "captioned.mp4"
    encode(moving_clip(count=12, channels=1), path, EncodeSettings(preset="ultrafast", captions=CAPTIONS))
    return path


def test_captions_are_read_as_written(film: Path) -> None:
    first, second = read_captions(film)
    assert first == Caption("AI生成", "zho", Fraction(0), Fraction(1))
    assert second == Caption("AI generated", "eng", Fraction(0), Fraction(1, 2))


def test_another_reader_finds_text_in_its_language(film: Path) -> None:
    with av.open(str(film)) as container:
        assert [stream.language for stream in container.streams.subtitles] == ["zho", "eng"]
        assert b"AI generated" in bytes(next(container.demux(container.streams.subtitles[1])))


def test_pictures_and_sound_are_as_without(film: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.mp4"
    encode(moving_clip(count=12, channels=1), bare, EncodeSettings(preset="ultrafast"))
    with open_video(film) as one, open_video(bare) as other:
        assert [frame.time for frame in one.frames()] == [frame.time for frame in other.frames()]
        assert one.info.has_sound and one.info.duration == other.info.duration
    assert read_captions(bare) == ()


def test_the_same_input_gives_the_same_bytes(film: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    encode(moving_clip(count=12, channels=1), again, EncodeSettings(preset="ultrafast", captions=CAPTIONS))
    assert again.read_bytes() == film.read_bytes()


@pytest.mark.parametrize("damage", [b"\xff\xff", b"\0\0", b"\0\xff"])
def test_a_length_that_lies_and_text_that_is_none_are_survived(film: Path, tmp_path: Path, damage: bytes) -> None:
    path, data, text = tmp_path / "lying.mp4", film.read_bytes(), "AI生成".encode()
    at = data.index(text)
    path.write_bytes(data[: at - 2] + damage + b"\xff\xfe" + data[at + 2 :])
    assert all(len(caption.text) <= 1024 for caption in read_captions(path))
