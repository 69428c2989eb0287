"""A payload that the picture or a manifest names: told in a sound too faint to be read, and never where it is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import kstest

from benchmarks.audio_attacks import coded, faster, noisy
from benchmarks.audio_tracks import Track, band, noise, speech
from touchmark.provenance.watermark.audio import LoudnessMark, heard_by_name
from touchmark.provenance.watermark.codebook import Codebook
from touchmark.provenance.watermark.protocol import Detection, MarkState, NamedBy, Payload, WatermarkKey
from touchmark.provenance.watermark.sound.evidence import Stretch, stretches
from touchmark.provenance.watermark.sound.framing import Framing
from touchmark.provenance.watermark.sound.pattern import Pattern
from touchmark.provenance.watermark.sound.recognition import log_chance
from touchmark.provenance.watermark.sound.synchronise import Finder

OTHER = Payload(0xFEDC_BA98_7654_3210)
STRANGER = WatermarkKey(b"another key, of a stranger")


@pytest.fixture(scope="module")
def voice() -> Track:
    return Track("voice", speech(10, 1, 115.0, 16000), 16000)


@pytest.fixture(scope="module")
def marked(voice: Track, payload: Payload, key: WatermarkKey) -> Track:
    return Track.of("marked", LoudnessMark().embed(voice.sound(), payload, key))


@pytest.fixture(scope="module")
def faint(marked: Track) -> Track:
    """In so much noise that the mark is still there, and can no longer be read."""
    return noisy(marked, 8)


def asked(track: Track, key: WatermarkKey, *named: Payload) -> Detection:
    (found,) = LoudnessMark().extract(track.sound(), [key], named)
    return found


def test_a_mark_too_faint_to_be_read_is_told_by_name(faint: Track, payload: Payload, key: WatermarkKey) -> None:
    assert asked(faint, key).state is MarkState.NOTHING_FOUND
    found = asked(faint, key, OTHER, payload)
    assert (found.state, found.payload, found.named_by) == (MarkState.VERIFIED, payload, NamedBy.FILE)
    assert found.p_value < 1e-9
    assert found.timeline[0].start == 0
    assert found.timeline[-1].end == pytest.approx(10, abs=0.1)
    assert not found.is_read


def test_it_is_told_in_a_copy_played_faster(marked: Track, payload: Payload, key: WatermarkKey) -> None:
    copy = noisy(faster(marked, 1.03), 9)
    assert asked(copy, key).state is not MarkState.VERIFIED
    assert asked(copy, key, payload).payload == payload


def test_it_is_told_after_a_coder_that_leaves_too_little(payload: Payload, key: WatermarkKey) -> None:
    track = Track("band", band(10, 4), 48000)
    copy = coded(Track.of("band", LoudnessMark().embed(track.sound(), payload, key)), "libopus", 9000, "ogg")
    assert asked(copy, key).state is not MarkState.VERIFIED
    assert asked(copy, key, payload).payload == payload


def test_another_name_another_key_and_no_mark_are_not_confirmed(
    faint: Track, voice: Track, payload: Payload, key: WatermarkKey
) -> None:
    near = [Payload(payload.value ^ 1 << bit) for bit in range(0, 64, 13)]
    assert asked(faint, key, OTHER, *near).state is not MarkState.VERIFIED
    assert asked(faint, STRANGER, payload).state is not MarkState.VERIFIED
    assert asked(noisy(voice, 8), key, payload, OTHER).state is not MarkState.VERIFIED


def test_what_can_be_read_is_read_whatever_is_named(marked: Track, payload: Payload, key: WatermarkKey) -> None:
    assert asked(marked, key, OTHER) == asked(marked, key)
    assert asked(marked, key, payload).is_read


def test_each_name_pays_for_itself(faint: Track, payload: Payload, key: WatermarkKey) -> None:
    alone, one_of_two = asked(faint, key, payload), asked(faint, key, OTHER, payload)
    assert one_of_two.p_value == pytest.approx(2 * alone.p_value, rel=1e-6, abs=0)


def test_it_goes_on_in_a_long_sound_in_part_somebody_elses(payload: Payload, key: WatermarkKey) -> None:
    """Only two of its three stretches are marked: 40 s of a minute."""
    whole = Track("voice", speech(60, 3, 150.0, 16000), 16000)
    copy = Track.of("marked", LoudnessMark().embed(whole.sound(), payload, key))
    half = copy.samples.shape[1] * 2 // 3
    strange = speech(20, 9, 180.0, 16000)
    spliced = Track("spliced", np.concatenate([copy.samples[:, :half], strange], axis=1), 16000)
    found = asked(noisy(spliced, 3), key, payload)
    assert (found.payload, found.named_by) == (payload, NamedBy.FILE)
    assert [segment.p_value < 1e-3 for segment in found.timeline] == [True, True, False]


@pytest.mark.parametrize("samples", [np.zeros((1, 160_000), np.float32), noise(0.01, 3, 16000), noise(0.3, 3, 16000)])
def test_nothing_is_heard_where_there_is_nothing(samples: np.ndarray, payload: Payload, key: WatermarkKey) -> None:
    assert asked(Track("little", samples, 16000), key, payload).state is MarkState.NOTHING_FOUND


@pytest.mark.parametrize("of", ["voice", "faint", "marked"])
def test_the_chances_of_names_that_are_not_there_are_uniform(
    of: str, request: pytest.FixtureRequest, key: WatermarkKey
) -> None:
    """Also under the mark of another payload, however loud, where it lies."""
    stretch, pattern = stretch_of(request.getfixturevalue(of)), Pattern.of(key)
    place = Finder(pattern.known).as_it_was(stretch)[0]
    names = np.random.default_rng(8).integers(0, 2**63, 1500)
    books = (Codebook.of([Payload(int(name))], key) for name in names)
    chances = np.exp([log_chance(stretch, place, pattern, book) for book in books])
    assert kstest(chances, "uniform").pvalue > 0.001
    assert chances.min() > 1e-6


def stretch_of(track: Track) -> Stretch:
    (stretch,) = stretches(track.sound().blocks, 1, Framing(track.rate))
    return stretch


NOTHING = Detection(MarkState.NOTHING_FOUND, "k")
READ = Detection(MarkState.VERIFIED, "k", Payload(1), 1e-20)
NAMED = Detection(MarkState.VERIFIED, "k", Payload(1), 1e-20, named_by=NamedBy.FILE)


@pytest.mark.parametrize(
    ("heard", "seen", "listened"),
    [
        ([NOTHING], [READ], True),
        ([NOTHING, READ], [READ, NOTHING], False),  # it is known, under another key
        ([READ], [READ], False),
        ([READ], [NAMED], False),  # by the sound itself
        ([NOTHING], [NOTHING], False),
        ([], [READ], False),
    ],
)
def test_the_sound_is_listened_to_again_where_only_the_picture_is_read(
    heard: list[Detection], seen: list[Detection], listened: bool
) -> None:
    asked_for: list[Sequence[Payload]] = []

    def listen(named: Sequence[Payload]) -> list[Detection]:
        asked_for.append(named)
        return [NAMED]

    assert heard_by_name(heard, seen, listen) == ((NAMED,) if listened else tuple(heard))
    assert asked_for == ([[Payload(1)]] if listened else [])


def test_what_was_listened_for_is_not_listened_for_again_by_itself() -> None:
    names: list[Payload] = []

    def listen(named: list[Payload]) -> list[Detection]:
        names.extend(named)
        return [NOTHING]

    assert heard_by_name([NOTHING], [READ], listen, asked=[OTHER, Payload(1)]) == (NOTHING,)
    assert names == []
    heard_by_name([NOTHING], [READ], listen, asked=[OTHER])
    assert names == [OTHER, Payload(1)]


def test_what_the_sound_says_by_itself_is_kept() -> None:
    other = Detection(MarkState.VERIFIED, "l", Payload(2), 1e-20)
    assert heard_by_name([NOTHING, other], [READ, NOTHING], lambda named: [NAMED, NOTHING]) == (NAMED, other)
