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


def film(path: Path, references: int, codec: str = "libx264", size: tuple[int, int] = (64, 64), count: int = 8) -> Path:
    settings = f"ref={references}:bframes=0:keyint=4:log-level=0"
    name = "x265-params" if codec == "libx265" else "x264-params"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=8, options={"preset": "ultrafast", name: settings})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for shade in range(count):
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


def counted(value: int) -> str:
    """As both standards write a number: as many zeros before it as it has bits behind the first."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def unit(head: bytes, *bits: str) -> bytes:
    """Behind a start code; a three stands between two zeros and what is not to be taken for one."""
    content = "".join(bits) + "1"
    content += "0" * (-len(content) % 8)
    escaped = b""
    for byte in int(content, 2).to_bytes(len(content) // 8, "big"):
        escaped += b"\3" if escaped.endswith(b"\0\0") and byte < 4 else b""
        escaped += bytes([byte])
    return b"\0\0\1" + head + escaped


SCALE_UP, TO_ZERO = counted(1), counted(16)
"""By one, and from eight by eight down: the rest of the list is not written."""


@pytest.mark.parametrize(
    "order", [counted(0) * 2, counted(1) + "1" + counted(2) * 2 + counted(3) + counted(7) * 3, counted(2)]
)
@pytest.mark.parametrize(
    ("profile", "colours"),
    [
        (66, ""),
        (100, counted(1) + counted(0) * 2 + "00"),
        (244, counted(3) + "1" + counted(0) * 2 + "00"),
        (
            100,
            counted(1)
            + counted(0) * 2
            + "01"
            + "1"
            + SCALE_UP * 16
            + "1"
            + TO_ZERO
            + "0" * 4
            + "1"
            + SCALE_UP * 64
            + "0",
        ),
        (244, counted(3) + "0" + counted(0) * 2 + "01" + "0" * 11 + "1" + SCALE_UP * 64),
    ],
)
def test_whatever_h264_says_before_it_the_number_is_found(profile: int, colours: str, order: str) -> None:
    said = unit(b"\x67", f"{profile:08b}", "0" * 16, counted(0), colours, counted(0), order, counted(16), "0")
    assert kept_pictures("h264", said) == 16
    fewer = unit(b"\x67", f"{66:08b}", "0" * 16, counted(0), counted(0), counted(2), counted(1))
    assert kept_pictures("h264", fewer + said) == kept_pictures("h264", said + fewer) == 16
    assert kept_pictures("h264", b"\0" + said) == kept_pictures("h264", unit(b"\x68", "0" * 9) + said) == 16
    endless = unit(b"\x67", f"{66:08b}", "0" * 16, counted(0) * 2, counted(2), "0" * 40 + "1" * 41)
    assert kept_pictures("h264", endless) == 0, "no number is so long"
    cut = unit(b"\x67", f"{profile:08b}")
    assert kept_pictures("h264", cut) == 0 and kept_pictures("h264", cut + said) == 16


@pytest.mark.parametrize("chroma", [counted(1), counted(3) + "0"])
@pytest.mark.parametrize("window", ["0", "1" + counted(5) * 4])
@pytest.mark.parametrize("layers", ["", "00", "11", "0110"])
def test_whatever_h265_says_before_it_the_number_is_found(layers: str, window: str, chroma: str) -> None:
    count = len(layers) // 2
    told = "".join("1" * (88 * (layers[at] == "1") + 8 * (layers[at + 1] == "1")) for at in range(0, 2 * count, 2))
    before = ["0000", f"{count:03b}", "1", "0" * 96, layers, "0" * (2 * (8 - count) if count else 0), told, counted(0)]
    before += [chroma, counted(64) * 2, window, counted(0) * 3]
    for each, last in (("0", 15), ("1", 15)):
        kept = [counted(3) + counted(0) * 2] * (count if each == "1" else 0) + [counted(last) + counted(0) * 2]
        assert kept_pictures("hevc", unit(b"\x42\1", *before, each, *kept)) == 16


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


def test_of_a_film_of_8k_key_frames_are_looked_at_alone_whatever_its_decoder_keeps(tmp_path: Path) -> None:
    """One of its pictures and another that it refers to are as large as eight of 4K."""
    path = film(tmp_path / "f.mp4", 1, size=(7680, 4320), count=2)
    with open_video(path) as video:
        assert video.is_heavy
        assert len(list(video.frames(lean=True))) == 1
