from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clips import SOUND_RATE, Style, moving_clip, scene, tone, write_clip
from touchmark.provenance.media import boxes
from touchmark.provenance.media.colour import Colour
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode, ticks_per_second
from touchmark.provenance.media.errors import EncodeError
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame, RawVideo, Sound

QUICK = EncodeSettings(preset="ultrafast")


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


def frames_of(path: Path) -> list[Frame]:
    with open_video(path) as video:
        return list(video.frames())


def packets_of(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(**{kind: 0}) if packet.size]


@pytest.mark.parametrize("style", ["textured", "flat"])
def test_what_is_read_back_is_near_what_was_written(tmp_path: Path, style: Style) -> None:
    path = tmp_path / "a.mp4"
    encode(moving_clip(320, 240, 12, style=style), path, EncodeSettings(crf=10))
    given, got = list(scene(320, 240, 12, style)), frames_of(path)
    assert len(got) == 12
    assert min(psnr(a, b.pixels) for a, b in zip(given, got, strict=True)) > 36
    shift = np.mean([b.pixels.mean((0, 1)) - a.mean((0, 1)) for a, b in zip(given, got, strict=True)], axis=0)
    assert np.abs(shift).max() < 0.7  # no drift of colour or range


def test_the_file_is_tagged_and_laid_out_for_players(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(moving_clip(64, 64, 24, channels=2), path, QUICK)
    assert [b.type for b in boxes.scan_boxes(path)] == ["ftyp", "moov", "free", "mdat"]
    assert boxes.unhashed_bytes(path) == 0
    assert not boxes.has_c2pa_box(path)
    with av.open(str(path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, picture.codec_context.pix_fmt) == ("h264", "yuv420p")
        context = picture.codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)
        assert sound.codec_context.name == "aac"
        assert picture.duration is not None
        assert picture.time_base is not None
        assert picture.duration * picture.time_base == 2


def test_primary_colours_are_bt709(tmp_path: Path) -> None:
    """Luma of pure colours after H.273: 16 + 219 (0.2126 R + 0.7152 G + 0.0722 B)."""
    path = tmp_path / "a.mp4"
    colours = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0))
    pictures = (Frame(np.full((64, 64, 3), c, np.uint8), Fraction(i, 5)) for i, c in enumerate(colours))
    encode(RawVideo(pictures, 64, 64, Fraction(5)), path, EncodeSettings(crf=1))
    with av.open(str(path)) as container:
        stored = [int(frame.to_ndarray()[32, 32]) for frame in container.decode(video=0)]
    assert stored == pytest.approx([62.6, 172.6, 31.8, 235, 16], abs=1.5)
    for frame, colour in zip(frames_of(path), colours, strict=True):
        assert np.abs(frame.pixels[32, 32].astype(int) - colour).max() <= 3


def test_variable_frame_rate_survives(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    times = [Fraction(0), Fraction(1, 30), Fraction(1001, 24_000), Fraction(1, 2), Fraction(7, 9), Fraction(5)]
    pictures = (Frame(p, t) for p, t in zip(scene(64, 64, len(times)), times, strict=True))
    encode(RawVideo(pictures, 64, 64, Fraction(24_000, 1001)), path, QUICK)
    assert [abs(f.time - t) < Fraction(1, 150_000) for f, t in zip(frames_of(path), times, strict=True)] == [True] * 6


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(16), Fraction(1, 3)])
def test_constant_frame_rates_are_exact(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "a.mp4"
    encode(moving_clip(64, 64, 5, rate), path, QUICK)
    assert [f.time for f in frames_of(path)] == [i / rate for i in range(5)]


def test_ticks() -> None:
    assert (Fraction(1001, 24_000) * ticks_per_second(Fraction(24_000, 1001))).denominator == 1
    assert ticks_per_second(Fraction(25)) == 90_000
    assert 90_000 <= ticks_per_second(Fraction(2_147_483_647, 91_625_968)) < 2**27


@pytest.mark.parametrize(("width", "height"), [(65, 48), (64, 49), (67, 51)])
def test_odd_sizes_lose_one_row_or_column(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "a.mp4"
    encode(moving_clip(width, height, 3), path, EncodeSettings(crf=10))
    got = frames_of(path)[0].pixels
    assert got.shape == (height // 2 * 2, width // 2 * 2, 3)
    assert psnr(got, next(scene(width, height, 3))[: height // 2 * 2, : width // 2 * 2]) > 32


def test_same_input_same_bytes(tmp_path: Path) -> None:
    settings = EncodeSettings(metadata={"title": "a title", "comment": "words"})
    written = []
    for index in range(4):
        path = tmp_path / f"{index}.mp4"
        encode(moving_clip(320, 240, 24, channels=2), path, settings)
        written.append(path.read_bytes())
    assert written[1:] == written[:1] * 3
    assert b"Lavf" not in written[0]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_video_of_few_deep_pictures_is_written_every_time(tmp_path: Path, count: int) -> None:
    rgb = moving_clip(64, 64, count, Fraction(24))
    flat = (frame.planes for frame in rgb.frames)
    deep = [
        Planes(*(plane.astype(np.uint16) * 4 for plane in (p.luma, p.blue, p.red)), colour=Colour(10)) for p in flat
    ]
    written = set()
    for index in range(8):  # times of decoding came from memory that nothing had been written to
        path = tmp_path / f"{index}.mp4"
        frames = (Frame(planes, Fraction(i, 24)) for i, planes in enumerate(deep))
        encode(replace(rgb, frames=frames, colour=Colour(10)), path, QUICK)
        written.add(path.read_bytes())
    assert len(written) == 1
    assert [frame.time for frame in frames_of(path)] == [Fraction(i, 24) for i in range(count)]


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_sound_is_encoded_and_aligned(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "a.mp4"
    encode(moving_clip(64, 64, 12, channels=channels), path, QUICK)
    given = np.concatenate(list(tone(Fraction(1), channels)), axis=1)
    with open_video(path) as video:
        sound = video.sound()
        assert sound is not None
        assert (sound.rate, sound.channels) == (SOUND_RATE, channels)
        got = np.concatenate(list(sound.blocks), axis=1)
    assert got.shape[1] - given.shape[1] in range(1024)  # AAC fills its last frame
    for channel in {0, 1, 4} & set(range(channels)):
        assert np.corrcoef(given[channel, 2000:46_000], got[channel, 2000:46_000])[0, 1] > 0.99


def test_unusual_rates_are_resampled(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    video = replace(moving_clip(64, 64, 12), sound=Sound(18_000, 1, tone(Fraction(1), 1, 18_000)))
    encode(video, path, QUICK)
    with open_video(path) as back:
        sound = back.sound()
        assert sound is not None
        samples = np.concatenate(list(sound.blocks), axis=1)[0]
    assert sound.rate == 22_050
    spectrum = np.abs(np.fft.rfft(samples[2000:20_000]))
    assert np.argmax(spectrum) * 22_050 / 18_000 == pytest.approx(300, abs=3)


@pytest.mark.parametrize(
    ("name", "codec", "sound_codec"),
    [("a.mp4", "libx264", "aac"), ("a.webm", "libvpx-vp9", "libopus"), ("a.mkv", "libx264", "flac")],
)
def test_sound_of_a_file_stays_where_it_was(tmp_path: Path, name: str, codec: str, sound_codec: str) -> None:
    """Decoded and encoded anew, once more: no sample moves, and none is lost."""
    noise = np.random.default_rng(0).normal(0, 0.1, (2, SOUND_RATE)).astype(np.float32)
    noise = np.cumsum(noise, axis=1) - np.cumsum(np.roll(noise, 200, axis=1), axis=1)  # mostly low: coders keep it
    video = replace(moving_clip(64, 64, 12), sound=Sound(SOUND_RATE, 2, iter(np.split(noise / 8, 10, axis=1))))
    source, path = write_clip(tmp_path / name, video, codec, sound_codec=sound_codec), tmp_path / "b.mp4"
    with open_video(source) as reader:
        encode(reader.raw(), path, QUICK)
    with open_video(source) as a, open_video(path) as b:
        before, after = (np.concatenate(list(v.sound().blocks), axis=1)[:, :SOUND_RATE] for v in (a, b))  # type: ignore[union-attr]
    count = min(before.shape[1], after.shape[1])
    assert count >= SOUND_RATE - 1500
    spectra = [np.fft.rfft(samples[0, :count]) for samples in (before, after)]
    moved = int(np.argmax(np.fft.irfft(spectra[0].conj() * spectra[1])))
    assert min(moved, count - moved) <= 1
    assert np.corrcoef(before[0, :count], after[0, :count])[0, 1] > 0.95


@pytest.mark.parametrize("channels", range(1, 9))
def test_any_number_of_channels_up_to_eight_is_written(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "a.mp4"
    encode(moving_clip(64, 64, 6, channels=channels), path, QUICK)
    with open_video(path) as video:
        sound = video.sound()
        assert sound is not None
        assert sound.channels == channels
        assert sum(block.shape[1] for block in sound.blocks) >= SOUND_RATE // 2


def test_sound_longer_than_the_picture_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(replace(moving_clip(64, 64, 3), sound=Sound(SOUND_RATE, 1, tone(Fraction(2), 1))), path, QUICK)
    with open_video(path) as video:
        sound = video.sound()
        assert sound is not None
        assert sum(block.shape[1] for block in sound.blocks) >= 2 * SOUND_RATE
        assert len(list(video.frames())) == 3


def test_empty_sound_is_a_silent_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    encode(replace(moving_clip(64, 64, 3), sound=Sound(SOUND_RATE, 2, iter(()))), path, QUICK)
    assert len(frames_of(path)) == 3


def test_labels_are_written(tmp_path: Path) -> None:
    for name, labels in (
        ("standard.mp4", {"title": "Grüße", "comment": "made by a machine"}),
        ("own.mp4", {"title": "Grüße", "digital_source_type": "trainedAlgorithmicMedia"}),
    ):
        encode(moving_clip(64, 64, 2), tmp_path / name, replace(QUICK, metadata=labels))
        with open_video(tmp_path / name) as video:
            assert labels.items() <= video.info.labels.items()


def failing(video: RawVideo, error: Exception) -> RawVideo:
    def frames() -> Iterator[Frame]:
        for index, frame in enumerate(video.frames):
            if index == 5:
                raise error
            yield frame

    return replace(video, frames=frames())


def open_files(folder: Path) -> set[str]:
    """Files in ``folder`` that this process holds open."""
    links = (link for link in Path("/proc/self/fd").iterdir() if link.exists())
    return {name for name in (str(link.readlink()) for link in links) if name.startswith(str(folder))}


def test_a_failing_source_keeps_its_own_exception_and_leaks_nothing(tmp_path: Path) -> None:
    error = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        encode(failing(moving_clip(64, 64, 12, channels=1), error), tmp_path / "a.mp4", QUICK)
    assert caught.value is error
    assert not open_files(tmp_path)


def test_a_full_disk_is_one_error(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(EncodeError, match="cannot be written") as caught:
            encode(moving_clip(320, 240, 36), tmp_path / "a.mp4", EncodeSettings(crf=5, preset="ultrafast"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.exit_status == 70
    assert not open_files(tmp_path)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    good = moving_clip(64, 64, 3)
    frame = Frame(np.zeros((64, 64, 3), np.uint8), Fraction(0))
    for video, says in (
        (replace(good, frames=iter(())), "no pictures"),
        (replace(good, frames=iter([frame, frame])), "does not follow"),
        (replace(good, frames=iter([Frame(np.zeros((32, 64, 3), np.uint8), Fraction(0))])), "expected 64 x 64"),
        (replace(good, frames=iter([Frame(np.zeros((64, 64), np.uint8), Fraction(0))])), "expected uint8"),
        (replace(good, width=1), "1 x 64"),
        (replace(moving_clip(64, 64, 3), sound=Sound(48_000, 9, iter(()))), "9 channels"),
        (replace(moving_clip(64, 64, 3), sound=Sound(48_000, 1, iter([np.zeros((2, 9), np.float32)]))), "sound block"),
    ):
        with pytest.raises(EncodeError, match=says):
            encode(video, path, QUICK)
    with pytest.raises(EncodeError):
        encode(moving_clip(64, 64, 3), path, EncodeSettings(preset="no such preset"))
    with pytest.raises(EncodeError):
        encode(moving_clip(64, 64, 3), tmp_path / "no such folder" / "a.mp4", QUICK)


def test_a_name_cannot_be_a_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("tcp:127.0.0.1", "pipe:1", "-a.mp4"):
        encode(moving_clip(64, 64, 2), Path(name), QUICK)
        assert len(frames_of(Path(name))) == 2


MEASURE = """
import sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame, RawVideo

count, folder = int(sys.argv[1]), Path(sys.argv[2])
settings = EncodeSettings(preset="ultrafast")
backdrop = np.arange(720 * 1280 * 3, dtype=np.uint32).astype(np.uint8).reshape(720, 1280, 3)
frames = (Frame(np.roll(backdrop, 4 * i, axis=1), Fraction(i, 12)) for i in range(count))
encode(RawVideo(frames, 1280, 720, Fraction(12)), folder / "a.mp4", settings)
with open_video(folder / "a.mp4") as video:
    encode(video.raw(), folder / "b.mp4", settings)
print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024)
"""


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Peaks of 2 s and 6 s of 720p: 48 pictures more, 133 MB if anything held them."""
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", MEASURE, str(n), str(tmp_path)], capture_output=True, check=True
            ).stdout
        )
        for n in (24, 72)
    ]
    assert peaks[1] - peaks[0] < 40
    assert peaks[1] < 400
