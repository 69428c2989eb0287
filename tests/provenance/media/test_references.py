"""Streams that let their decoder keep many large pictures are told from others before it does, and looked at lean."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchmark.provenance.media import decode
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.errors import LimitExceededError
from touchmark.provenance.media.references import kept_pictures


def film(path: Path, references: int, codec: str = "libx264", size: tuple[int, int] = (64, 64)) -> Path:
    settings = f"ref={references}:bframes=0:keyint=4:log-level=0"
    name = "x265-params" if codec == "libx265" else "x264-params"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=8, options={"preset": "ultrafast", name: settings})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for shade in range(8):
            picture = av.VideoFrame(*size, "yuv420p")
            for plane in picture.planes:
                plane.update(bytes([90 + shade]) * plane.buffer_size)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
@pytest.mark.parametrize("references", [1, 5, 16])
def test_h264_says_how_many_it_keeps(tmp_path: Path, references: int, suffix: str) -> None:
    with av.open(str(film(tmp_path / f"f{suffix}", references))) as container:
        stream = container.streams.video[0]
        said = kept_pictures("h264", stream.codec_context.extradata or b"")
        assert max(said, kept_pictures("h264", bytes(next(container.demux(stream))))) == references


def test_h265_says_how_many_it_keeps(tmp_path: Path) -> None:
    with av.open(str(film(tmp_path / "f.mp4", 5, "libx265"))) as container:
        assert kept_pictures("hevc", container.streams.video[0].codec_context.extradata or b"") == 6  # and its own


@given(
    st.sampled_from(["h264", "hevc", "vp9"]),
    st.sampled_from([b"", b"\1", b"\0\0\1\x67", b"\0\0\0\1\x42\1", b"\0\0\0\x20\x67"]),
    st.binary(max_size=120),
)
def test_any_bytes_say_a_number_or_nothing(codec: str, head: bytes, data: bytes) -> None:
    assert kept_pictures(codec, head + data) >= 0


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for two pictures of this size."""
    monkeypatch.setattr(decode, "_MOST_KEPT", 8 << 20)


@pytest.mark.usefixtures("narrow")
def test_of_a_heavy_film_key_frames_are_looked_at_alone(tmp_path: Path) -> None:
    for references, lean in ((1, 8), (4, 2)):
        with open_video(film(tmp_path / f"{references}.mp4", references, size=(2048, 1152))) as video:
            assert video.is_heavy is (references == 4)
            assert len(list(video.frames(lean=True))) == lean
            assert [frame.time for frame in video.frames(key_frames_only=True, lean=True)] == [0, 0.5]
            assert len(list(video.frames())) == 8


@pytest.mark.usefixtures("narrow")
def test_what_only_the_stream_says_is_refused(tmp_path: Path) -> None:
    """The head of a film names one picture, and the first packet sixteen."""
    path = film(tmp_path / "f.mp4", 16, size=(2048, 1152))
    light = film(tmp_path / "light.mp4", 1, size=(2048, 1152))
    with av.open(str(path)) as given, av.open(str(light)) as other, av.open(str(tmp_path / "made.mp4"), "w") as made:
        heavy = given.streams.video[0]
        record = heavy.codec_context.extradata or b""
        sizes = (
            int.from_bytes(record[6:8], "big"),
            int.from_bytes(record[9 + int.from_bytes(record[6:8], "big") :][:2], "big"),
        )
        sets = record[8 : 8 + sizes[0]], record[8 + sizes[0] + 3 :][: sizes[1]]
        stream = made.add_stream_from_template(other.streams.video[0], opaque=True)
        for packet in given.demux(heavy):
            if packet.size:
                units = b"".join(len(unit).to_bytes(4, "big") + unit for unit in sets) if packet.is_keyframe else b""
                copy = av.Packet(units + bytes(packet))
                copy.pts, copy.dts, copy.time_base, copy.stream = packet.pts, packet.dts, packet.time_base, stream
                copy.is_keyframe = packet.is_keyframe
                made.mux(copy)
    with open_video(tmp_path / "made.mp4") as video:
        assert not video.is_heavy
        with pytest.raises(LimitExceededError, match="keep 16"):
            list(video.frames(lean=True))
