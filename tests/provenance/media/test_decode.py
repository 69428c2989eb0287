from __future__ import annotations

import struct
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import FAST, moving_clip, scene, tone, write_clip
from tests.provenance.media.conftest import find_box, patched
from touchmark.provenance.media.captions import Caption
from touchmark.provenance.media.decode import LeftOut, open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.errors import DecodeError, MediaError, NotAVideoError
from touchmark.provenance.media.streams import labels_of
from touchmark.provenance.media.video import RawVideo


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(np.abs(a.astype(int) - b).mean())


@pytest.mark.parametrize(
    ("codec", "name", "sound_codec", "reads"),
    [
        ("libx264", "a.mp4", "aac", ("h264", "mov")),
        ("libx264", "a.mov", "aac", ("h264", "mov")),
        ("libx264", "a.mkv", "aac", ("h264", "matroska")),
        ("libx265", "a.mp4", "libmp3lame", ("hevc", "mov")),
        ("libsvtav1", "a.mp4", "libopus", ("av1", "mov")),
        ("libvpx-vp9", "a.webm", "libopus", ("vp9", "matroska")),
        ("mpeg4", "a.avi", "libmp3lame", ("mpeg4", "avi")),
    ],
)
def test_reads(tmp_path: Path, codec: str, name: str, sound_codec: str, reads: tuple[str, str]) -> None:
    path = write_clip(tmp_path / name, moving_clip(160, 96, 6, channels=2), codec, sound_codec=sound_codec)
    with open_video(path) as video:
        assert (video.info.codec, video.info.container) == reads
        assert (video.info.width, video.info.height, video.info.rotation) == (160, 96, 0)
        assert video.info.has_sound
        assert video.info.duration is not None
        assert abs(video.info.duration - Fraction(1, 2)) < Fraction(1, 8)
        assert [frame.time for frame in video.frames(key_frames_only=True)] == [0]
        assert float(video.end) == pytest.approx(1 / 2, abs=1 / 8)
        frames = list(video.frames())
        sound = video.sound()
        assert sound is not None
        samples = np.concatenate(list(sound.blocks), axis=1)
    assert len(frames) == 6
    assert frames[0].time == 0
    assert difference(frames[0].pixels, next(scene(160, 96, 6))) < 12  # FAST encoders are coarse
    assert frames[0].pixels.flags.c_contiguous
    assert samples.dtype == np.float32
    assert samples.shape[0] == 2
    assert samples[:, 2000:20_000].std() == pytest.approx(0.4 / np.sqrt(2), rel=0.1)


def test_what_is_not_read_of_a_file_is_told(tmp_path: Path) -> None:
    plain = write_clip(tmp_path / "a.mp4", moving_clip(160, 96, 2, channels=2))
    clear = write_clip(tmp_path / "b.mov", moving_clip(160, 96, 2), "prores_ks", pixel_format="yuva444p10le")
    spoken = tmp_path / "c.mp4"
    encode(moving_clip(160, 96, 2), spoken, EncodeSettings(preset="ultrafast", captions=(Caption("words", "eng"),)))
    for path, left_out in (
        (plain, ()),
        (clear, (LeftOut.TRANSPARENCY,)),
        (spoken, (LeftOut.SUBTITLES,)),
        (twice(plain, tmp_path / "d.mkv"), (LeftOut.PICTURES, LeftOut.SOUNDS)),
    ):
        with open_video(path) as video:
            assert video.left_out == left_out


def twice(source: Path, path: Path) -> Path:
    """Every track of it two times."""
    with av.open(str(source)) as given, av.open(str(path), "w") as container:
        made = [[container.add_stream_from_template(stream) for _ in range(2)] for stream in given.streams]
        for at in range(2):
            given.seek(0)
            for packet in given.demux():
                if packet.dts is not None:
                    packet.stream = made[packet.stream.index][at]
                    container.mux(packet)
    return path


def test_a_codec_that_is_not_read_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", moving_clip(160, 96, 6), "ffv1")
    with pytest.raises(DecodeError, match=r"not read here \(ffv1\)") as caught, open_video(path):
        pass
    assert str(caught.value.remedy).startswith("Convert")


def test_passes_run_side_by_side_and_again(clip: Path) -> None:
    with open_video(clip) as video:
        first, second = video.frames(), video.frames()
        a = next(first)
        list(islice(second, 5))
        b = next(first)
        again = list(video.frames())
        first.close()  # type: ignore[attr-defined]
    assert np.array_equal(a.pixels, again[0].pixels)
    assert np.array_equal(b.pixels, again[1].pixels)


def test_a_pass_does_not_outlive_its_video(clip: Path, long_clip: Path) -> None:
    with open_video(clip) as video:
        frames = video.frames()
    with long_clip.open("rb"), pytest.raises(MediaError):  # which may have taken over the descriptor's number
        list(frames)


def test_key_frames_only(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", moving_clip(64, 64, 24), options={"g": "8", "sc_threshold": "0"})
    with open_video(path) as video:
        every = list(video.frames())
        keys = list(video.frames(key_frames_only=True))
    assert [frame.time for frame in keys] == [0, Fraction(8, 12), Fraction(16, 12)]
    assert all(np.array_equal(key.pixels, every[8 * i].pixels) for i, key in enumerate(keys))


def test_where_no_key_frame_is_shown_the_others_are_given(tmp_path: Path) -> None:
    """An edit list may begin behind the only key frame: an ordinary clip, cut without encoding it anew."""
    path = write_clip(tmp_path / "a.mp4", moving_clip(64, 64, 12), options={"g": "100", "bf": "0"})
    with av.open(str(path)) as whole, av.open(str(tmp_path / "cut.mp4"), "w") as cut:
        stream = cut.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is not None and packet.pts is not None and packet.time_base is not None:
                frames = round(4 / (12 * packet.time_base))
                packet.pts, packet.dts, packet.stream = packet.pts - frames, packet.dts - frames, stream
                cut.mux(packet)
    with open_video(tmp_path / "cut.mp4") as video:
        every = list(video.frames())
        keys = list(video.frames(key_frames_only=True))
    assert len(every) == 8
    assert not any(frame.is_key for frame in every)
    assert [frame.time for frame in keys] == [frame.time for frame in every]


def test_opening_decodes_one_picture_where_the_decoder_keeps_many(tmp_path: Path) -> None:
    """Pictures of a stranger are large: whoever wants to know their size must not pay for sixteen."""
    path = write_clip(tmp_path / "a.mp4", moving_clip(64, 64, 40), options={"bf": "8", "b_strategy": "0", "refs": "16"})
    data = path.read_bytes()
    offset, size = find_box(data, b"mdat")
    with av.open(str(path)) as container:
        second = next(p.pos for i, p in enumerate(container.demux(video=0)) if i == 1)
    with open_video(patched(path, tmp_path / "b.mp4", second, bytes(offset + size - second))) as video:
        assert (video.info.width, video.damage) == (64, 0)


def test_few_pictures_of_a_large_film_are_held_where_the_container_tells_to_hold_many(tmp_path: Path) -> None:
    """As FFmpeg guesses from the times of a film whose edit list plays a part of it again."""
    video = moving_clip(2048, 1152, 20, style="flat")
    path = write_clip(tmp_path / "a.mp4", video, options={"bf": "0", "g": "100", "crf": "40"})
    with av.open(str(path)) as plain, av.open(str(tmp_path / "b.mp4"), "w") as jumbled:
        stream = jumbled.add_stream_from_template(plain.streams.video[0])
        packets = [packet for packet in plain.demux(video=0) if packet.dts is not None]
        for number, packet in enumerate(packets):
            assert packet.dts is not None and packet.pts is not None and packet.duration
            packet.dts -= len(packets) * packet.duration
            packet.pts -= (number + 1 if number == 18 else 0) * packet.duration
            packet.stream = stream
            jumbled.mux(packet)
    with open_video(tmp_path / "b.mp4") as video:
        first = next(video.frames(lean=True))
        told_few = video.pictures
        next(video.frames())
        told_many = video.pictures
        lean, whole = list(video.frames(lean=True)), list(video.frames())
    assert told_few < 4 < 16 <= told_many
    assert len(lean) == len(whole) == 19  # the edit list leaves out what comes before its beginning
    assert np.array_equal(first.planes.luma, whole[0].planes.luma)
    assert all(np.array_equal(a.planes.luma, b.planes.luma) for a, b in zip(lean, whole, strict=True))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_rotation_makes_pictures_upright(tmp_path: Path, turns: int) -> None:
    plain = write_clip(tmp_path / "plain.mp4", moving_clip(96, 64, 2))
    turned = write_clip(tmp_path / "turned.mp4", moving_clip(96, 64, 2), rotation=90 * turns)
    with open_video(plain) as a, open_video(turned) as b:
        assert b.info.rotation == 360 - 90 * turns  # clockwise
        want, got = next(a.frames()).pixels, next(b.frames()).pixels
        assert (b.info.height, b.info.width, 3) == got.shape
    assert np.array_equal(np.rot90(want, turns), got)


def test_the_matrix_of_a_phone_held_upright(tmp_path: Path) -> None:
    """By the standard's own formula (x' = ax + cy, y' = bx + dy), not by a library's idea of an angle."""
    plain = write_clip(tmp_path / "plain.mp4", moving_clip(96, 64, 2))
    offset, _ = find_box(plain.read_bytes(), b"moov", b"trak", b"tkhd")
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 64 << 16, 0, 1 << 30)
    turned = patched(plain, tmp_path / "turned.mp4", offset + 8 + 40, matrix)
    with open_video(plain) as a, open_video(turned) as b:
        want, got = next(a.frames()).pixels, next(b.frames()).pixels
        assert b.info.rotation == 90
    for x, y in ((0, 0), (95, 0), (10, 50)):
        assert np.array_equal(got[x, 63 - y], want[y, x])


def test_mirrored_pictures_are_unmirrored(tmp_path: Path) -> None:
    plain = write_clip(tmp_path / "plain.mp4", moving_clip(96, 64, 2))
    offset, _ = find_box(plain.read_bytes(), b"moov", b"trak", b"tkhd")
    matrix = struct.pack(">9i", -1 << 16, 0, 0, 0, 1 << 16, 0, 96 << 16, 0, 1 << 30)
    mirrored = patched(plain, tmp_path / "mirrored.mp4", offset + 8 + 40, matrix)
    with open_video(plain) as a, open_video(mirrored) as b:
        assert np.array_equal(next(a.frames()).pixels[:, ::-1], next(b.frames()).pixels)


def test_pixels_become_square(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", moving_clip(96, 64, 2), options={"aspect": "2:1"})
    with av.open(str(path)) as container:
        assert container.streams.video[0].sample_aspect_ratio == 2
    with open_video(path) as video:
        assert (video.info.width, video.info.height) == (192, 64)
        assert next(video.frames()).pixels.shape == (64, 192, 3)


def test_variable_frame_rate_is_honoured(tmp_path: Path) -> None:
    ticks = [0, 500, 700, 3000, 3001, 9000]
    video = moving_clip(64, 64, len(ticks))
    frames = [type(f)(f.pixels, Fraction(t, 12_000)) for f, t in zip(video.frames, ticks, strict=True)]
    path = write_clip(tmp_path / "a.mp4", RawVideo(iter(frames), 64, 64, Fraction(12)))
    with open_video(path) as reader:
        assert [frame.time for frame in reader.frames()] == [Fraction(t, 12_000) for t in ticks]


@pytest.mark.parametrize(
    ("matrix", "luma_red", "luma_green"),  # H.273: BT.709 has Kr 0.2126, Kb 0.0722; BT.601 has Kr 0.299, Kb 0.114
    [(1, 0.2126, 0.0722), (6, 0.299, 0.114), (5, 0.299, 0.114)],
)
@pytest.mark.parametrize("full_range", [False, True])
def test_colour_follows_the_tags(
    tmp_path: Path, matrix: int, luma_red: float, luma_green: float, full_range: bool
) -> None:
    colour = np.array([200.0, 60.0, 90.0])
    kr, kb = luma_red, luma_green
    y = (kr * colour[0] + (1 - kr - kb) * colour[1] + kb * colour[2]) / 255
    cb, cr = (colour[2] / 255 - y) / (2 * (1 - kb)), (colour[0] / 255 - y) / (2 * (1 - kr))
    planes = (255 * y, 128 + 255 * cb, 128 + 255 * cr) if full_range else (16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={**FAST["libx264"], "qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 2 if full_range else 1
        picture = av.VideoFrame(64, 64, "yuv420p")
        for plane, value in zip(picture.planes, planes, strict=True):
            plane.update(bytes([round(value)]) * plane.buffer_size)
        picture.colorspace, picture.color_range = matrix, 2 if full_range else 1
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with open_video(path) as video:
        pixels = next(video.frames()).pixels
    # Another matrix is turned into BT.709 in whole levels before it becomes RGB, which costs one more.
    assert np.abs(pixels[20:40, 20:40].astype(float) - colour).max() <= (2 if matrix == 1 and not full_range else 3)


def test_sound_is_aligned_to_the_first_picture(tmp_path: Path, clip: Path) -> None:
    late = tmp_path / "late.mkv"
    with av.open(str(clip)) as given, av.open(str(late), "w") as made:
        streams = [made.add_stream_from_template(s) for s in given.streams]
        for packet in given.demux():
            if packet.dts is None or packet.pts is None:
                continue
            if packet.stream.type == "audio":
                packet.pts += 24_000
                packet.dts += 24_000
            packet.stream = streams[packet.stream_index]
            made.mux(packet)
    with open_video(late) as video:
        sound = video.sound()
        assert sound is not None
        samples = np.concatenate(list(sound.blocks), axis=1)
    assert np.abs(samples[:, :22_000]).max() < 0.01
    expected = np.concatenate(list(tone(Fraction(1, 2), 2)), axis=1)
    got = samples[:, 24_000 : 24_000 + expected.shape[1]]
    lags = {
        lag: float((got[0, 2000 + lag : 20_000 + lag] * expected[0, 2000:20_000]).sum()) for lag in range(-80, 81, 4)
    }
    assert abs(max(lags, key=lambda lag: lags[lag])) <= 52  # milliseconds of matroska's clock


def test_times_begin_with_the_first_picture_and_never_go_back(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as made:
        stream = made.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        coded = [bytes(packet) for packet in stream.encode(av.VideoFrame(64, 64, "yuvj420p"))]
        for number, time in enumerate((500, 900, 700, 1300)):
            packet = av.Packet(coded[0])
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 1000), True
            packet.pts, packet.dts = time, 100 * number
            made.mux(packet)
    with open_video(path) as video:
        times = [frame.time for frame in video.frames()]
        period = 1 / video.info.frame_rate
    assert times == [0, Fraction(4, 10), Fraction(4, 10) + period, Fraction(8, 10)]


def test_sound_of_six_channels(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", moving_clip(64, 64, 12, channels=6))
    with open_video(path) as video:
        sound = video.sound()
        assert sound is not None
        samples = np.concatenate(list(sound.blocks), axis=1)
    assert samples.shape[0] == 6
    for channel in (0, 1, 2, 4, 5):  # AAC's low-frequency channel (3) keeps low frequencies only
        spectrum = np.abs(np.fft.rfft(samples[channel, 4000:40_000]))
        assert round(np.argmax(spectrum) * 48_000 / 36_000) == pytest.approx(300 + 100 * channel, abs=3)


def test_a_video_without_sound_has_none(tmp_path: Path) -> None:
    silent = write_clip(tmp_path / "b.mp4", moving_clip(64, 64, 4))
    with open_video(silent) as video:
        assert video.raw().sound is None
        assert video.sound() is None
        assert not video.info.has_sound


def test_labels_are_read_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["comment"] = "made by a machine"
        container.metadata["description"] = "x" * 10_000
        stream = container.add_stream("libx264", rate=12, options=FAST["libx264"])
        stream.width = stream.height = 64
        container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes().replace(b"a machine", b"a \xff\xfechine"))
    with open_video(path) as video:
        labels = {key.lower(): value for key, value in video.info.labels.items()}
    assert labels["comment"].startswith("made by a ") and labels["comment"].endswith("chine")
    assert len(labels["description"]) == 4096
    many = labels_of({f"{number:05}" * 1000: "x" * 5000 for number in range(1000)})
    assert len(many) == 64 and {len(text) for label in many.items() for text in label} == {4096}


def test_sound_with_a_cover_picture_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        track = container.add_stream("aac", rate=48_000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 64
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame(64, 64, "yuvj420p")))
        for block in tone(Fraction(1, 2), 1):
            samples = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            samples.sample_rate = 48_000
            container.mux(track.encode(samples))
        container.mux(track.encode(None))
    with pytest.raises(NotAVideoError, match="sound and a cover picture"), open_video(path):
        pass


def test_sound_alone_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        track = container.add_stream("aac", rate=48_000, layout="mono")
        for block in tone(Fraction(1, 2), 1):
            samples = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            samples.sample_rate = 48_000
            container.mux(track.encode(samples))
        container.mux(track.encode(None))
    with pytest.raises(NotAVideoError, match="holds sound but no moving picture"), open_video(path):
        pass


@pytest.mark.parametrize(("codec", "name"), [("libx264", "a.mp4"), ("libvpx-vp9", "a.webm"), ("mjpeg", "a.avi")])
def test_of_key_frames_that_stand_close_together_four_a_second_are_read(tmp_path: Path, codec: str, name: str) -> None:
    settings, pixels = ({}, "yuvj420p") if codec == "mjpeg" else ({"g": "1"}, "yuv420p")
    path = write_clip(tmp_path / name, moving_clip(count=24), codec, settings, pixel_format=pixels)
    with open_video(path) as video:
        times = [float(frame.time) for frame in video.frames(key_frames_only=True)]
        assert len(list(video.frames())) == 24
    assert times == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75], abs=0.002)


def test_a_packet_that_is_cut_short_counts_although_nobody_decodes_it(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "cut.avi", moving_clip(count=24), options={**FAST["libx264"], "g": "1000"})
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"idx1") * 9 // 10])
    with open_video(path) as video:
        assert len(list(video.frames(key_frames_only=True))) == 1
        assert video.damage == 1
        assert 1 < video.pictures < 24


def test_pixels_that_are_all_but_square_are_not_interpolated(tmp_path: Path) -> None:
    """FFmpeg scales to 854 x 480 and says that pixels are 1280:1281, to keep 16:9 to the last digit."""
    square, told = (
        write_clip(tmp_path / f"{name}.mp4", moving_clip(854, 480, 2), options={"aspect": aspect})
        for name, aspect in (("square", "1:1"), ("told", "1280:1281"))
    )
    with av.open(str(told)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(1280, 1281)
    with open_video(square) as a, open_video(told) as b:
        assert (b.info.width, b.info.height) == (854, 480)
        assert np.array_equal(next(a.frames()).planes.luma, next(b.frames()).planes.luma)
