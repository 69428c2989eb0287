"""Files made to break a reader. Whatever they hold, the answer is pictures or one MediaError with one line."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clips import moving_clip, write_clip
from tests.provenance.media.conftest import find_box, patched
from touchmark.provenance.media.av1 import shown_pictures
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.errors import (
    DecodeError,
    LimitExceededError,
    MediaError,
    NotAVideoError,
    PlaylistError,
    TruncatedError,
    UnreadableFileError,
)
from touchmark.provenance.media.limits import DecodeClock, Limits
from touchmark.provenance.media.source import open_source

DEFAULTS = Limits()
TRACK = (b"moov", b"trak")
TABLES = (*TRACK, b"mdia", b"minf", b"stbl")


def read_all(path: Path, limits: Limits = DEFAULTS) -> tuple[int, int]:
    """Pictures and samples of sound that ``path`` gives."""
    with open_video(path, limits) as video:
        pictures = sum(1 for _ in video.frames())
        sound = video.sound()
        return pictures, sum(block.shape[1] for block in sound.blocks) if sound else 0


def refusal(path: Path, kind: type[MediaError], limits: Limits = DEFAULTS) -> str:
    """The one line that a person reads when ``path`` is refused with ``kind``."""
    with pytest.raises(MediaError) as caught:
        read_all(path, limits)
    error = caught.value
    assert type(error) is kind
    assert error.exit_status == 3
    line = error.diagnostics()
    assert "\n" not in line
    assert path.name in line
    assert error.code in line
    return line


def test_things_that_are_no_file(tmp_path: Path) -> None:
    assert "directory" in refusal(tmp_path, UnreadableFileError)
    assert "no such file" in refusal(tmp_path / "missing.mp4", UnreadableFileError)
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "not a regular file" in refusal(tmp_path / "pipe.mp4", UnreadableFileError)
    if (memory := Path("/proc/self/mem")).exists():  # a regular file, says Linux, and it has no end
        assert "cannot be opened" in refusal(memory, UnreadableFileError)
    loop = tmp_path / "loop.mp4"
    loop.symlink_to(loop)
    refusal(loop, UnreadableFileError)


def refused_in_a_process(path: Path) -> tuple[str, int]:
    """Read ``path`` in a process of its own: the refusal, and the most memory it took in MiB."""
    code = (
        "import sys; from pathlib import Path\n"
        "from touchmark.provenance.media.decode import open_video\n"
        "from touchmark.provenance.media.errors import LimitExceededError\n"
        "try:\n    with open_video(Path(sys.argv[1])) as video: list(video.frames())\n"
        "except LimitExceededError as error: print(error)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    message, peak = done.stdout.splitlines()
    return message, int(peak) // 1024


def size_label(path: Path) -> int:
    """Where the sample description of the picture track says width and height, 16 bits each."""
    return find_box(path.read_bytes(), *TABLES, b"stsd")[0] + 16 + 8 + 24


def without_edits(data: bytearray) -> bytearray:
    """``data`` with the edit list of its picture track disabled, which else cuts the track to its own length."""
    edits, _ = find_box(data, *TRACK, b"edts")
    data[edits + 4 : edits + 8] = b"free"
    return data


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty"),
        (b"hello, I am a text file\n" * 40, "text file"),
        (b"\x00\x01\x02\x03" * 100, "not a video"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"ID3\x04" + bytes(100), "MP3"),
        (struct.pack(">I4s4sI4s", 20, b"ftyp", b"avif", 0, b"mif1") + bytes(50), "AVIF"),
        (b"ftyp", "text file"),
    ],
)
def test_things_that_are_no_video(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "upload.mp4"
    path.write_bytes(content)
    assert found in refusal(path, NotAVideoError)


def test_parts_of_a_segmented_film_are_named(tmp_path: Path) -> None:
    """What a streaming server holds: somebody will give it to us piece by piece."""
    whole = write_fragmented(tmp_path / "whole.mp4")
    data = whole.read_bytes()
    first = find_box(data, b"moof")[0]
    parts = {
        "DASH manifest": b'<?xml version="1.0"?>\n<!-- made by a packager -->\n<MPD type="static"></MPD>',
        "beginning of a film in segments": data[:first],
        "segment of a film": data[first:],
    }
    for said, content in parts.items():
        (tmp_path / "part").write_bytes(content)
        assert said in refusal(tmp_path / "part", PlaylistError if "DASH" in said else TruncatedError)
    with open_video(whole) as video:
        assert len(list(video.frames())) == 24


def write_fragmented(path: Path) -> Path:
    with av.open(str(path), "w", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}) as container:
        stream = container.add_stream("libx264", rate=12, options={"g": "12"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for frame in moving_clip(64, 64, 24).frames:
            container.mux(stream.encode(frame.planes.picture()))
        container.mux(stream.encode(None))
    return path


def test_a_playlist_opens_no_other_file(tmp_path: Path, clip: Path) -> None:
    for name, content in (
        ("hls.mp4", f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nfile:{clip}\n#EXT-X-ENDLIST\n"),
        ("concat.mp4", f"ffconcat version 1.0\nfile '{clip}'\n"),
    ):
        path = tmp_path / name
        path.write_text(content)
        assert "playlist" in refusal(path, PlaylistError if name == "hls.mp4" else NotAVideoError)
        disguised = tmp_path / f"disguised-{name}"
        disguised.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + content.encode())
        refusal(disguised, TruncatedError)
        disguised.write_bytes(b"\x1aE\xdf\xa3" + content.encode())
        refusal(disguised, DecodeError)


def test_an_image_of_100_megapixels_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    cv2.imwrite(str(path), np.zeros((10_000, 10_000), np.uint8))
    assert "PNG image" in refusal(path, NotAVideoError)


def test_a_size_label_is_not_believed(tmp_path: Path, clip: Path) -> None:
    path = patched(clip, tmp_path / "liar.mp4", size_label(clip), struct.pack(">HH", 16_000, 9_600))
    with open_video(path) as video:
        assert (video.info.width, video.info.height) == (160, 96)


def test_a_10000_by_10000_video_costs_no_picture(tmp_path: Path) -> None:
    """In a process of its own: the peak stays far below the 150 MB of one such picture."""
    path = tmp_path / "huge.mp4"
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "threads": "1"}
        stream = container.add_stream("libx264", rate=12, options=options)
        stream.width = stream.height = 10_000
        container.mux(stream.encode(av.VideoFrame(10_000, 10_000, "yuv420p")))
        container.mux(stream.encode(None))
    assert path.stat().st_size < 5_000_000
    message, peak = refused_in_a_process(path)
    assert "10000 x 10000" in message
    assert peak < 120


def test_a_stream_larger_than_its_label_is_refused(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", moving_clip(640, 480, 2, style="flat"))
    path = patched(clip, tmp_path / "liar.mp4", size_label(clip), struct.pack(">HH", 64, 64))
    assert "640 x 480" in refusal(path, LimitExceededError, Limits(max_pixels=100_000))


def test_a_picture_that_grows_on_the_way_is_refused(tmp_path: Path) -> None:
    sizes = ((64, 64), (640, 480))
    parts = [write_clip(tmp_path / f"{w}.webm", moving_clip(w, h, 2, style="flat"), "libvpx-vp9") for w, h in sizes]
    path = tmp_path / "grows.mkv"
    with av.open(str(parts[0])) as first, av.open(str(parts[1])) as then, av.open(str(path), "w") as made:
        stream = made.add_stream_from_template(first.streams.video[0])
        for number, packet in enumerate(p for given in (first, then) for p in given.demux(video=0) if p.size):
            packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, 12), number, number
            made.mux(packet)
    assert read_all(path) == (4, 0)
    assert "640 x 480" in refusal(path, LimitExceededError, Limits(max_dimension=100))


def test_a_few_bytes_cannot_declare_a_hundred_million_samples(tmp_path: Path, long_clip: Path) -> None:
    data = bytearray(long_clip.read_bytes())
    count = 100_000_000
    stsz, _ = find_box(data, *TABLES, b"stsz")
    struct.pack_into(">II", data, stsz + 12, 1, count)
    stsc, _ = find_box(data, *TABLES, b"stsc")
    struct.pack_into(">IIII", data, stsc + 12, 1, 1, count, 1)
    path = tmp_path / "bomb.mp4"
    path.write_bytes(data)
    assert "declares 100,000,000 samples" in refusal(path, LimitExceededError)


def test_a_fragment_cannot_either(tmp_path: Path, long_clip: Path) -> None:
    run = struct.pack(">I4sII", 16, b"trun", 0, 2**31)
    track = struct.pack(">I4s", 8 + len(run), b"traf") + run
    path = tmp_path / "bomb.mp4"
    path.write_bytes(long_clip.read_bytes() + struct.pack(">I4s", 8 + len(track), b"moof") + track)
    assert "samples" in refusal(path, LimitExceededError)


def test_three_bytes_a_picture_cannot_fill_the_memory(tmp_path: Path) -> None:
    """AV1's show_existing_frame, 100,000 times in one packet: 300 MB in the decoder, 300 MB in FFmpeg's parser."""
    clip = write_clip(tmp_path / "a.mp4", moving_clip(64, 64, 3, style="flat"), "libsvtav1")
    path = tmp_path / "bomb.mp4"
    with av.open(str(clip)) as given, av.open(str(path), "w") as made:
        stream = made.add_stream_from_template(given.streams.video[0], opaque=True)
        for index, packet in enumerate(given.demux(video=0)):
            if packet.size:
                bomb = b"\x1a\x01\x88" * 100_000 if index == 1 else b""
                copy = av.Packet(bytes(packet) + bomb)
                copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
                copy.is_keyframe, copy.stream = packet.is_keyframe, stream
                made.mux(copy)
    message, peak = refused_in_a_process(path)
    assert "one packet shows more than 8 pictures" in message
    assert peak < 120


def test_pictures_that_are_not_shown_are_counted_too() -> None:
    """A frame that a packet does not show takes as long to decode: encoders put a few into one."""
    hidden, shown = b"\x32\x02\0\0", b"\x32\x02\x10\0"
    assert shown_pictures(hidden * 7 + shown, 8) == 1
    assert shown_pictures(hidden * 10_000 + shown, 8) == 9


def test_a_film_of_jpegs_is_not_gone_through_over_and_over(tmp_path: Path) -> None:
    path = tmp_path / "bomb.mov"
    with av.open(str(path), "w") as made:
        stream = made.add_stream("mjpeg", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        for packet in stream.encode(av.VideoFrame(64, 64, "yuvj420p")):
            data = bytes(packet)
            head = data.index(b"\xff\xc0")
            copy = av.Packet(data[:head] + data[head : head + 19] * 100 + data[head:])
            copy.pts, copy.dts, copy.time_base, copy.stream = 0, 0, packet.time_base, stream
            copy.is_keyframe = True
            made.mux(copy)
    assert "holds far more" in refusal(path, LimitExceededError)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 9))
def test_counting_pictures_takes_any_bytes(data: bytes, most: int) -> None:
    assert 0 <= shown_pictures(data, most) <= most + 1


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(max_bytes=2000), "bytes"),
        (Limits(max_index_bytes=200), "index"),
        (Limits(max_index_entries=10), "samples"),
        (Limits(max_duration=2), "plays for"),
        (Limits(max_dimension=95), "pixels a side"),
        (Limits(max_pixels=96 * 64 - 1), "pixels"),
        (Limits(max_frames=35), "more than 35 pictures"),
        (Limits(max_decode_seconds=0), "took longer"),
    ],
)
def test_each_limit_has_its_own_words(long_clip: Path, limits: Limits, says: str) -> None:
    assert says in refusal(long_clip, LimitExceededError, limits)


def test_the_clock_runs_out_between_pictures(long_clip: Path) -> None:
    with open_video(long_clip, Limits(max_decode_seconds=0.5)) as video:
        frames = video.frames()
        next(frames)
        video._source.clock._spent = 1.0  # as a slow picture would have left it
        with pytest.raises(LimitExceededError, match="took longer"):
            list(frames)


def test_the_clock_counts_what_happens_inside_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("touchmark.provenance.media.limits.time.monotonic", lambda: now[0])
    clock = DecodeClock(1.0, "clip.mp4")
    with clock:
        now[0] += 1.0
    now[0] += 1000.0  # whoever looks at the pictures takes his time
    with clock:
        assert not clock.exhausted
        now[0] += 0.5
        assert clock.exhausted, "while it runs"
        with pytest.raises(LimitExceededError), clock:
            pass
    for _ in range(2):
        with pytest.raises(LimitExceededError), clock:
            raise AssertionError("nothing more is begun")


def test_a_cursor_stays_inside_its_file_and_its_time(clip: Path) -> None:
    with open_source(clip, DEFAULTS) as source:
        cursor = source.cursor()
        assert cursor.seek(-5) == 0 and cursor.read(8)[4:] == b"ftyp"
        assert cursor.seek(2**70) > 2**40 and cursor.read(8) == b""
        assert cursor.seek(-4, os.SEEK_END) == clip.stat().st_size - 4 and len(cursor.read(8)) == 4
        cursor.seek(0)
        source.clock._spent = 2 * DEFAULTS.max_decode_seconds
        assert cursor.read(8) == b"", "a library takes that for the end"


def test_limits_at_the_edge_let_pass(long_clip: Path) -> None:
    _, index = find_box(long_clip.read_bytes(), b"moov")
    limits = Limits(
        long_clip.stat().st_size, index, 36, max_duration=3, max_dimension=96, max_pixels=96 * 64, max_frames=36
    )
    assert read_all(long_clip, limits) == (36, 0)


def test_a_side_of_a_picture_is_as_long_as_the_other_may_be() -> None:
    for width, height in ((96, 64), (64, 96)):
        with pytest.raises(LimitExceededError, match="95 pixels a side"):
            Limits(max_dimension=95).check_dimensions(width, height, "clip.mp4")


def test_the_indexes_of_fragments_count_together(tmp_path: Path) -> None:
    path = write_fragmented(tmp_path / "fragments.mp4")
    _, beginning = find_box(path.read_bytes(), b"moov")
    assert "index" in refusal(path, LimitExceededError, Limits(max_index_bytes=beginning + 8))


@pytest.mark.parametrize(("late", "seconds"), [(10, 1), (0, 9)])
def test_sound_plays_no_longer_than_pictures_may(tmp_path: Path, late: int, seconds: int) -> None:
    """Silence that a file only declares is written out, and its head says what it likes."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=12)
        picture.width = picture.height = 64
        track = container.add_stream("libmp3lame", rate=48_000, layout="stereo")
        container.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(picture.encode(None))
        for number, data in enumerate(_encoded_sound(48_000, "stereo", seconds)):
            packet = av.Packet(data)
            packet.stream, packet.time_base = track, Fraction(1, 48_000)
            packet.pts = packet.dts = (48_000 * late if number else 0) + 1152 * number
            container.mux(packet)
    with open_video(path, Limits(max_duration=5)) as video:
        assert len(list(video.frames())) == 1
        sound = video.sound()
        assert sound is not None
        given = 0
        with pytest.raises(LimitExceededError, match="plays for"):
            for block in sound.blocks:
                given += block.shape[1]
        assert given <= 5 * sound.rate, "and no silence is written out before that is seen"


def test_a_declared_duration_of_years_is_refused(tmp_path: Path, long_clip: Path) -> None:
    data = bytearray(long_clip.read_bytes())
    struct.pack_into(">I", data, find_box(data, *TABLES, b"stts")[0] + 20, 0xFFFFFF)
    path = tmp_path / "years.mp4"
    path.write_bytes(without_edits(data))
    assert "plays for" in refusal(path, LimitExceededError)


def test_a_duration_that_is_denied_is_found_while_decoding(tmp_path: Path, long_clip: Path) -> None:
    data = bytearray(long_clip.read_bytes())
    for box, at in (((*TRACK, b"mdia", b"mdhd"), 24), ((b"moov", b"mvhd"), 24), ((*TRACK, b"tkhd"), 28)):
        struct.pack_into(">I", data, find_box(data, *box)[0] + at, 1)
    path = tmp_path / "short.mp4"
    path.write_bytes(without_edits(data))
    with open_video(path, Limits(max_duration=2)) as video:
        assert video.info.duration is not None
        assert video.info.duration < 1
        with pytest.raises(LimitExceededError, match="plays for"):
            list(video.frames())


def test_a_cut_mp4_is_truncated(tmp_path: Path, clip: Path) -> None:
    data = clip.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(data[: len(data) // 2])
    assert "ends inside its 'mdat' box" in refusal(path, TruncatedError)
    path.write_bytes(data[:-10])
    assert "ends inside its 'moov' box" in refusal(path, TruncatedError)
    path.write_bytes(data[: find_box(data, b"moov")[0]])
    assert "no index" in refusal(path, TruncatedError)


def test_bytes_after_the_last_box_do_no_harm(tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "appended.mp4"
    path.write_bytes(clip.read_bytes() + b"junk that is no box")
    assert read_all(path) == read_all(clip)


def damaged_files(tmp_path: Path) -> Iterator[Path]:
    video = {"width": 64, "height": 64, "count": 8, "channels": 1}
    yield write_clip(tmp_path / "a.mp4", moving_clip(**video))  # type: ignore[arg-type]
    yield write_clip(tmp_path / "a.webm", moving_clip(**video), "libvpx-vp9", sound_codec="libopus")  # type: ignore[arg-type]
    yield write_clip(tmp_path / "b.mp4", moving_clip(**video), "libsvtav1")  # type: ignore[arg-type]
    yield write_clip(tmp_path / "a.avi", moving_clip(**video), "mpeg4", sound_codec="libmp3lame")  # type: ignore[arg-type]


@pytest.mark.parametrize("index", range(4))
def test_cut_anywhere_gives_pictures_or_one_error(tmp_path: Path, index: int) -> None:
    whole = list(damaged_files(tmp_path))[index]
    data = whole.read_bytes()
    offsets = {*range(0, 48, 3), *range(48, len(data), max(len(data) // 40, 1)), len(data) - 1}
    outcomes = set()
    for offset in sorted(offsets):
        whole.write_bytes(data[:offset])
        try:
            pictures, _ = read_all(whole)
            assert 0 < pictures <= 8
            outcomes.add("pictures")
        except MediaError as error:
            assert "\n" not in error.diagnostics()
            outcomes.add(type(error).__name__)
    assert len(outcomes) >= 2


@pytest.mark.parametrize("index", range(4))
def test_flipped_bytes_give_pictures_or_one_error(tmp_path: Path, index: int) -> None:
    whole = list(damaged_files(tmp_path))[index]
    data = whole.read_bytes()
    rng = np.random.default_rng(index)
    limits = Limits(max_decode_seconds=5, max_dimension=1024, max_frames=2000)
    for trial in range(40):
        broken = bytearray(data)
        span = len(data) if trial % 2 else min(len(data), 3000)  # heads hold most of what can be lied about
        base = 0 if index != 0 or trial % 4 else find_box(data, b"moov")[0]
        for position in rng.integers(base, min(base + span, len(data)), 1 + trial % 5):
            broken[position] ^= int(rng.integers(1, 256))
        whole.write_bytes(broken)
        try:
            read_all(whole, limits)
        except MediaError as error:
            assert "\n" not in error.diagnostics()


@pytest.mark.parametrize(("codec", "lost"), [("libvpx-vp9", True), ("libx264", False)])
def test_damage_is_counted_and_the_rest_is_read(tmp_path: Path, codec: str, lost: bool) -> None:
    """What a decoder makes up for counts as well as what it gives up."""
    path = write_clip(tmp_path / "a.mp4", moving_clip(160, 96, 12), codec, {"g": "1" if lost else "12"})
    data = bytearray(path.read_bytes())
    start, size = find_box(data, b"mdat")
    middle = start + size // 2
    many = size // 4 if lost else 60
    data[middle : middle + many] = bytes(many)
    path.write_bytes(data)
    with open_video(path) as video:
        pictures = sum(1 for _ in video.frames())
        assert (0 < pictures < 12) if lost else pictures == 12
        assert video.damage > 0


def test_damage_is_silent_on_standard_error(tmp_path: Path, clip: Path) -> None:
    data = bytearray(clip.read_bytes())
    middle = find_box(data, b"mdat")[0] + 3000
    data[middle : middle + 400] = bytes(400)
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    code = (
        "import sys; from pathlib import Path\n"
        "from touchmark.provenance.media.decode import open_video\n"
        "from touchmark.provenance.media.encode import encode\n"
        "with open_video(Path(sys.argv[1])) as video: encode(video.raw(), Path(sys.argv[2]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "b.mp4")], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("", "")


def _encoded_sound(rate: int, layout: str, seconds: float) -> list[bytes]:
    """Packets of MP3, each of 1,152 or 576 samples."""
    context = av.CodecContext.create("libmp3lame", "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.format = rate, layout, "fltp"
    context.open()
    packets = []
    for _ in range(int(seconds * rate / context.frame_size)):
        block = np.full((context.layout.nb_channels, context.frame_size), 0.1, np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate = rate
        packets += context.encode(frame)
    return [bytes(packet) for packet in [*packets, *context.encode(None)]]


def test_sound_that_changes_its_rate_and_channels_on_the_way_comes_as_announced(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=12)
        picture.width = picture.height = 64
        track = container.add_stream("libmp3lame", rate=44_100, layout="stereo")
        container.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(picture.encode(None))
        time = 0.0
        for rate, layout in ((44_100, "stereo"), (22_050, "mono"), (48_000, "stereo"), (32_000, "mono")):
            for data in _encoded_sound(rate, layout, 0.5):
                packet = av.Packet(data)
                packet.stream, packet.time_base = track, Fraction(1, 1000)
                packet.pts = packet.dts = round(1000 * time)
                time += (1152 if rate > 24_000 else 576) / rate
                container.mux(packet)
    with open_video(path) as video:
        sound = video.sound()
        assert sound is not None
        blocks = list(sound.blocks)
    assert {block.shape[0] for block in blocks} == {sound.channels}
    assert sum(block.shape[1] for block in blocks) / sound.rate == pytest.approx(time, abs=0.15)


def test_a_rate_of_sound_that_no_ear_needs_is_left_out(tmp_path: Path) -> None:
    """Two billion samples a second: an hour of silence that is only declared would never end."""
    path = write_clip(tmp_path / "a.mkv", moving_clip(64, 64, 4, channels=1), sound_codec="pcm_s16le")
    data = path.read_bytes()
    before, after = (b"\xb5\x88" + struct.pack(">d", rate) for rate in (48_000.0, 2e9))
    assert data.count(before) == 1
    path.write_bytes(data.replace(before, after))
    with open_video(path) as video:
        assert video.sound() is None
        assert not video.info.has_sound


@pytest.mark.parametrize("name", ["a.avi", "a.mov"])
def test_pictures_that_carry_a_camera_s_notes_are_read(tmp_path: Path, name: str) -> None:
    """PyAV (18.1) raises a bare ValueError where a frame has EXIF; the file's own turn counts all the same."""
    notes = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + bytes(4)  # "turn me clockwise"
    pixels = np.full((48, 64, 3), 90, np.uint8)
    coded = cv2.imencode(".jpg", pixels)[1].tobytes()
    payload = b"Exif\0\0" + notes
    coded = coded[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + coded[2:]
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream("mjpeg", rate=Fraction(5))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for index in range(3):
            packet = av.Packet(coded)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, index, index, Fraction(1, 5)
            container.mux(packet)
    with open_video(tmp_path / name) as video:
        assert (video.info.width, video.info.height, video.info.rotation) == (48, 64, 90)
    assert read_all(tmp_path / name)[0] == 3
