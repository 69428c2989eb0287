"""The mark alone in files: a video's picture and sound say the same, each without the other; sounds keep their kind."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.audio_tracks import speech
from tests.clips import moving_clip, write_clip
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.errors import EncodeError
from touchmark.provenance.media.kinds import kind_of
from touchmark.provenance.media.sound import open_sound
from touchmark.provenance.media.video import RawVideo, Sound
from touchmark.provenance.watermark.keyring import standalone_key
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.standalone import (
    AlreadyMarkedError,
    Found,
    MarkNotReadableError,
    find_any,
    mark_file,
)

SECONDS, RATE = 8, 16000


def spoken_clip(seed: int = 0) -> RawVideo:
    """Few pictures, but enough to hear."""
    video = moving_clip(192, 192, count=SECONDS, rate=Fraction(1), seed=seed)
    return replace(video, sound=Sound(RATE, 1, iter([speech(SECONDS, 1, 115.0, RATE)])))


def spoken_file(path: Path, codec: str, seconds: float = SECONDS) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout="mono")
        samples = speech(seconds, 1, 115.0, RATE)
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16), format="s16p", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        resampler = av.AudioResampler(
            stream.codec_context.format, "mono", RATE, stream.codec_context.frame_size or None
        )
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory, payload: Payload, key: WatermarkKey) -> Path:
    folder = tmp_path_factory.mktemp("standalone")
    source = write_clip(folder / "plain.mp4", spoken_clip())
    mark_file(source, folder / "marked.mp4", payload, key)
    return folder / "marked.mp4"


def test_picture_and_sound_carry_the_same_payload(marked: Path, key: WatermarkKey, payload: Payload) -> None:
    found = find_any(marked, [key])
    assert found.picture is not None
    assert found.sound is not None
    assert found.picture.payload == found.sound.payload == found.payload == payload
    assert found.picture.key_id == found.sound.key_id == standalone_key(key).key_id


def test_the_sound_is_found_under_another_picture(
    marked: Path, key: WatermarkKey, payload: Payload, tmp_path: Path
) -> None:
    with open_video(marked) as video:
        other = write_clip(tmp_path / "other.mp4", replace(spoken_clip(seed=3), sound=video.sound()))
    found = find_any(other, [key])
    assert found.picture is not None
    assert found.picture.state is MarkState.NOTHING_FOUND
    assert found.payload == payload


@pytest.mark.parametrize(("suffix", "codec"), [(".wav", "pcm_s16le"), (".mp3", "libmp3lame")])
def test_a_sound_is_marked_in_its_own_kind(
    suffix: str, codec: str, key: WatermarkKey, payload: Payload, tmp_path: Path
) -> None:
    source, copy = spoken_file(tmp_path / f"a{suffix}", codec), tmp_path / f"b{suffix}"
    assert find_any(source, [key]).state is MarkState.NOTHING_FOUND
    assert mark_file(source, copy, payload, key).payload == payload
    assert kind_of(copy) == kind_of(source)
    with open_sound(copy) as reader:
        assert reader.info.rate == RATE
    found = find_any(copy, [key])
    assert (found.picture, found.payload) == (None, payload)
    with pytest.raises(AlreadyMarkedError):
        mark_file(copy, tmp_path / f"c{suffix}", payload, key)


def test_a_sound_that_is_too_short_is_not_written_as_marked(
    key: WatermarkKey, payload: Payload, tmp_path: Path
) -> None:
    source = spoken_file(tmp_path / "short.wav", "pcm_s16le", 0.5)
    with pytest.raises(MarkNotReadableError) as raised:
        mark_file(source, tmp_path / "b.wav", payload, key)
    assert raised.value.remedy == "Give a longer sound, one that is not silent."


def test_a_payload_goes_before_a_mark_that_cannot_be_read() -> None:
    nothing, present = Detection(MarkState.NOTHING_FOUND, "k"), Detection(MarkState.PRESENT, "k", p_value=1e-9)
    verified = Detection(MarkState.VERIFIED, "k", Payload(1), 1e-20)
    assert Found(present, verified).likeliest is verified
    assert Found(nothing, present).likeliest is present
    assert Found(None, nothing).likeliest is nothing
    assert Found(verified, verified).likeliest is verified


@pytest.mark.parametrize(
    ("name", "codec"), [("a.ogg", "libopus"), ("a.opus", "libopus"), ("a.webm", "libopus"), ("a.mka", "libopus")]
)
def test_sound_is_found_in_what_it_is_passed_on_in(
    tmp_path: Path, marked: Path, payload: Payload, key: WatermarkKey, name: str, codec: str
) -> None:
    copy = sound_of(marked, tmp_path / name, codec)
    found = find_any(copy, [key])
    assert (found.picture, found.payload) == (None, payload)


def test_sound_is_found_in_an_mp4_without_pictures(
    tmp_path: Path, marked: Path, payload: Payload, key: WatermarkKey
) -> None:
    copy = sound_of(marked, tmp_path / "a.mp4", "aac")
    assert (found := find_any(copy, [key])).payload == payload
    assert found.picture is None


def test_a_kind_of_sound_that_is_not_written_is_refused(tmp_path: Path, payload: Payload, key: WatermarkKey) -> None:
    source = spoken_file(tmp_path / "a.ogg", "libopus")
    with pytest.raises(EncodeError, match="not written"):
        mark_file(source, tmp_path / "marked.ogg", payload, key)


def sound_of(video: Path, path: Path, codec: str) -> Path:
    """Its sound alone, encoded anew and without the picture."""
    with av.open(str(video)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        resampler = av.AudioResampler(stream.codec_context.format, "mono", 48_000, 960 if codec == "libopus" else 1024)
        for frame in (*source.decode(audio=0), None):
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path
