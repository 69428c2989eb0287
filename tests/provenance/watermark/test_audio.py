"""The whole sound mark, through real encoders: what must survive, what must not be found, and what must not change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.audio_attacks import ATTACKS, cut, shorter
from benchmarks.audio_tracks import Samples, Track, band, chord, in_a_room, noise, piano, speech
from touchmark.provenance.media.video import Sound
from touchmark.provenance.watermark.audio import LOWEST_RATE, LoudnessMark, RateTooLowError, SoundMark
from touchmark.provenance.watermark.protocol import Detection, MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.sound.embed import Writer
from touchmark.provenance.watermark.sound.pattern import Pattern

MARK: SoundMark = LoudnessMark()
LISTED = (
    "none",
    "AAC 128",
    "AAC 64",
    "MP3 128",
    "Opus 48",
    "resampled to 16 kHz",
    "white noise at 20 dB",
    "speed +5%",
    "speed -5%",
    "tempo +5%",
    "tempo -5%",
    "pitch +5%",
    "pitch -5%",
)


def marked(track: Track, payload: Payload, key: WatermarkKey) -> Track:
    return Track.of(track.name, MARK.embed(track.sound(), payload, key))


def found(track: Track, key: WatermarkKey) -> Detection:
    (detection,) = MARK.extract(track.sound(), [key])
    return detection


@pytest.fixture(scope="session")
def voice() -> Track:
    return Track("voice", speech(10, 1, 115.0, 16000), 16000)


@pytest.fixture(scope="session")
def marked_voice(voice: Track, payload: Payload, key: WatermarkKey) -> Track:
    return marked(voice, payload, key)


@pytest.fixture(scope="session")
def marked_music(payload: Payload, key: WatermarkKey) -> Track:
    return marked(Track("band", band(10, 4), 48000), payload, key)


@pytest.mark.parametrize("attack", LISTED)
def test_ten_seconds_of_speech_and_of_music_survive(
    attack: str, marked_voice: Track, marked_music: Track, payload: Payload, key: WatermarkKey
) -> None:
    for track in (marked_voice, marked_music):
        detection = found(ATTACKS[attack](track), key)
        assert detection.state is MarkState.VERIFIED, track.name
        assert detection.payload == payload
        assert detection.p_value < 2**-36


@pytest.mark.parametrize("start", [0.0, 0.013, 1.7, 4.97])
def test_it_is_read_wherever_it_was_cut(
    start: float, marked_music: Track, marked_voice: Track, payload: Payload, key: WatermarkKey
) -> None:
    for track in (marked_music, marked_voice):
        assert found(cut(track, start, 5.0), key).payload == payload


def test_a_piano_and_a_held_chord_are_read_after_a_coder(payload: Payload, key: WatermarkKey) -> None:
    for track in (Track("piano", in_a_room(piano(10, 5), 44100), 44100), Track("chord", chord(10, 6), 48000)):
        assert found(ATTACKS["AAC 128"](marked(track, payload, key)), key).payload == payload


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 32000, 88200, 96000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_number_of_channels(rate: int, channels: int, payload: Payload, key: WatermarkKey) -> None:
    samples = np.repeat(noise(7, 7, rate), channels, axis=0) * np.linspace(1, 0.3, channels)[:, None]
    track = Track("noise", samples.astype(np.float32), rate)
    copy = marked(track, payload, key)
    assert (copy.rate, copy.samples.shape) == (track.rate, track.samples.shape)
    assert found(copy, key).payload == payload


def test_opposite_channels_do_not_hide_the_mark(payload: Payload, key: WatermarkKey) -> None:
    one = noise(8, 7, 16000)
    track = marked(Track("opposite", np.concatenate([one, -one]), 16000), payload, key)
    assert found(track, key).payload == payload


@pytest.mark.parametrize("value", [0, 1, 2**63, 2**64 - 1])
def test_any_payload_is_read_back(value: int, voice: Track, key: WatermarkKey) -> None:
    assert found(marked(voice, Payload(value), key), key).payload == Payload(value)


def test_another_key_finds_nothing(marked_voice: Track, key: WatermarkKey) -> None:
    other = WatermarkKey(key.secret[:-1] + b"!")
    assert found(marked_voice, other) == Detection(MarkState.NOTHING_FOUND, other.key_id)


def test_nothing_is_found_where_nothing_is(voice: Track, key: WatermarkKey) -> None:
    for track in (voice, Track("chord", chord(4, 6), 48000), Track("noise", noise(4, 7), 48000)):
        assert found(track, key) == Detection(MarkState.NOTHING_FOUND, key.key_id)


@pytest.mark.parametrize("seconds", [0.0, 1e-4, 0.03, 0.2, 0.9, 3.0])
@pytest.mark.parametrize("level", [0.0, 0.25])
def test_silence_stays_silent_and_short_sound_stays_whole(
    seconds: float, level: float, payload: Payload, key: WatermarkKey
) -> None:
    track = Track("still", np.full((2, int(seconds * 44100)), level, np.float32), 44100)
    blocks = np.split(track.samples, [7], axis=1)
    copy = [np.zeros((2, 0), np.float32), *MARK.embed(Sound(44100, 2, iter(blocks)), payload, key).blocks]
    samples = np.concatenate(copy, axis=1)
    assert samples.shape == track.samples.shape
    assert np.allclose(samples, track.samples, rtol=0, atol=0 if level == 0 else 1e-2)
    assert found(Track("copy", samples, 44100), key).state is MarkState.NOTHING_FOUND


def test_no_blocks_no_finding(payload: Payload, key: WatermarkKey) -> None:
    assert list(MARK.embed(Sound(48000, 2, iter(())), payload, key).blocks) == []
    assert MARK.extract(Sound(48000, 2, iter(())), [key]) == (Detection(MarkState.NOTHING_FOUND, key.key_id),)


def test_what_is_no_number_is_silence(voice: Track, payload: Payload, key: WatermarkKey) -> None:
    samples = voice.samples.copy()
    samples[0, 5000:5100] = np.nan
    samples[0, 9000] = np.inf
    copy = marked(Track("broken", samples, voice.rate), payload, key)
    assert np.isfinite(copy.samples).all()
    assert found(copy, key).payload == payload
    assert found(Track("broken", samples, voice.rate), key).state is MarkState.NOTHING_FOUND


@pytest.mark.parametrize("loudest", [1e4, 1e30, 3e38])
def test_sound_of_any_loudness_is_examined_and_marked(loudest: float, payload: Payload, key: WatermarkKey) -> None:
    """A file of floating-point samples may hold any number."""
    samples = noise(4, 7, 16000)
    samples[0, ::97] = loudest
    with np.errstate(over="raise", invalid="raise"):
        assert found(Track("loud", samples, 16000), key).state is MarkState.NOTHING_FOUND
        assert np.isfinite(marked(Track("loud", samples, 16000), payload, key).samples).all()


def test_several_keys_are_tried_in_one_pass(marked_voice: Track, payload: Payload, key: WatermarkKey) -> None:
    other = WatermarkKey(b"a second operator")
    detections = MARK.extract(marked_voice.sound(), [other, key])
    assert detections == (found(marked_voice, other), found(marked_voice, key))
    assert [detection.payload for detection in detections] == [None, payload]
    assert MARK.extract(marked_voice.sound(), []) == ()


def test_a_rate_too_low_is_refused_with_a_remedy(payload: Payload, key: WatermarkKey) -> None:
    low = Sound(LOWEST_RATE - 1, 1, iter([np.zeros((1, 5000), np.float32)]))
    with pytest.raises(RateTooLowError, match=str(LOWEST_RATE - 1)) as caught:
        MARK.embed(low, payload, key)
    assert str(LOWEST_RATE) in caught.value.remedy
    assert MARK.extract(low, [key]) == (Detection(MarkState.NOTHING_FOUND, key.key_id),)


def test_little_is_changed_and_nothing_outside_the_band(payload: Payload, key: WatermarkKey) -> None:
    track = Track("band", band(6, 4), 48000)
    kept = track.samples.copy()
    copy = marked(track, payload, key)
    assert np.array_equal(track.samples, kept), "the sound handed in must be left alone"
    assert np.abs(copy.samples).max() <= 1
    change = copy.samples - track.samples
    assert 0 < np.sum(change**2) < 0.03 * np.sum(track.samples**2)
    spectrum = np.abs(np.fft.rfft(change[0] * np.hanning(change.shape[1]))) ** 2
    frequency = np.fft.rfftfreq(change.shape[1], 1 / track.rate)
    outside = (frequency < 150) | (frequency > 7500)
    assert spectrum[outside].sum() < 1e-3 * spectrum.sum()


def test_nothing_is_heard_before_a_sound_sets_in(payload: Payload, key: WatermarkKey) -> None:
    samples = noise(3, 7, 48000)
    samples[:, :96000] *= 1e-3
    copy = marked(Track("onset", samples, 48000), payload, key).samples
    before = slice(96000 - 1500, 96000 - 500)
    error = np.sqrt(np.mean((copy - samples)[:, before] ** 2))
    assert error < 2 * np.sqrt(np.mean(samples[:, before] ** 2))
    assert error < 0.01 * np.sqrt(np.mean(samples[:, 96000:] ** 2))


@given(cuts=st.lists(st.integers(0, 48000), max_size=6))
@settings(max_examples=15, derandomize=True, deadline=None)
def test_how_a_sound_is_cut_into_blocks_does_not_matter(cuts: list[int]) -> None:
    key, payload = WatermarkKey(b"a key for tests only"), Payload(5)
    samples = noise(3, 7, 16000)
    parts = np.split(samples, sorted(cuts), axis=1)
    whole = np.concatenate(list(MARK.embed(Sound(16000, 1, iter([samples])), payload, key).blocks), axis=1)
    pieces = np.concatenate(list(MARK.embed(Sound(16000, 1, iter(parts)), payload, key).blocks), axis=1)
    assert np.array_equal(whole, pieces)


def test_sound_is_marked_as_it_streams(payload: Payload, key: WatermarkKey) -> None:
    drawn = 0

    def source() -> Iterator[Samples]:
        nonlocal drawn
        for _ in range(600):
            drawn += 1
            yield np.full((1, 1600), 0.1, np.float32)

    blocks = MARK.embed(Sound(16000, 1, source()), payload, key).blocks
    assert drawn == 0
    given_out = 0
    for block in blocks:
        given_out += block.shape[1]
        assert drawn * 1600 - given_out < 3 * 16000
    assert given_out == 600 * 1600


def test_marks_of_two_keys_can_be_read_from_one_sound(marked_music: Track, payload: Payload, key: WatermarkKey) -> None:
    other = WatermarkKey(b"a second operator")
    twice = marked(marked_music, Payload(42), other)
    assert found(twice, key).payload == payload
    assert found(twice, other).payload == Payload(42)


def test_the_timeline_shows_which_seconds_are_ours(payload: Payload, key: WatermarkKey) -> None:
    ours = marked(Track("ours", noise(45, 7, 16000), 16000), payload, key).samples
    strange = noise(18, 8, 16000)
    detection = found(Track("spliced", np.concatenate([strange, ours, strange], axis=1), 16000), key)
    assert detection.payload == payload
    assert [s.start for s in detection.timeline] == list(range(81))
    assert all(s.p_value < 1e-3 for s in detection.timeline[21:62])
    assert all(s.p_value > 1e-3 for s in (*detection.timeline[:17], *detection.timeline[64:]))


def test_a_long_slow_copy_is_followed(payload: Payload, key: WatermarkKey) -> None:
    ours = marked(Track("ours", noise(50, 7, 16000), 16000), payload, key)
    detection = found(shorter(ours, 0.97), key)
    assert detection.payload == payload
    assert np.mean([s.p_value < 1e-3 for s in detection.timeline]) > 0.9


def test_a_pattern_whose_payload_cannot_be_read_is_present(key: WatermarkKey) -> None:
    nonsense = np.random.default_rng(5).integers(0, 2, 416).astype(np.uint8)
    writer = Writer(Pattern.of(key).carrying(nonsense), 0, 16000, 1)
    samples = np.concatenate(list(writer.mark([noise(10, 7, 16000)])), axis=1)
    detection = found(Track("nonsense", samples, 16000), key)
    assert (detection.state, detection.payload) == (MarkState.PRESENT, None)
    assert detection.p_value < 1e-6
    assert len(detection.timeline) == 10


def test_a_fast_copy_late_in_a_long_sound_is_found(marked_voice: Track, payload: Payload, key: WatermarkKey) -> None:
    """After two minutes without a mark, tempo and pitch are looked for in fewer stretches, never in none."""
    fast = ATTACKS["speed +5%"](marked_voice).samples
    late = np.tile(fast, 5)  # from 120 s on, which is from the seventh stretch on, of which the eighth is searched
    track = Track("late", np.concatenate([noise(120, 3, 16000) * 0.1, late], axis=1).astype(np.float32), 16000)
    assert found(track, key).payload == payload
