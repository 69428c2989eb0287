"""The mark in the sound beside the picture's: what it proves, what it does not, and what forgers do with sound."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import jsonschema
import numpy as np
import pytest
from rich.console import Console

from benchmarks.audio_attacks import noisy
from benchmarks.audio_tracks import Samples, Track, band, noise, speech
from tests.clips import moving_clip, write_clip
from tests.detectors.conftest import Stranger, Studio
from touchmark.detectors.acceptance import Acceptance
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.document import schema
from touchmark.detectors.gathering import gather
from touchmark.detectors.origin import Via
from touchmark.detectors.page import page
from touchmark.detectors.serialise import line, report_of
from touchmark.detectors.sources import Sources
from touchmark.detectors.statement import Source, Statement, Tone
from touchmark.detectors.terminal import render
from touchmark.detectors.verdict import Outcome, Verdict, judge
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.media.video import Frame, RawVideo, Sound
from touchmark.provenance.registry import Registration
from touchmark.provenance.watermark.audio import ENOUGH_RATE, LoudnessMark
from touchmark.provenance.watermark.protocol import MarkState, NamedBy, Payload, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

RATE = 44_100
SECONDS = 10
COPY = EncodeSettings(crf=26, preset="veryfast")

KEY = WatermarkKey(b"a key for tests only")
PAYLOAD = Payload(0x0123_4567_89AB_CDEF)

Sealed = tuple[Path, Registration]


def with_sound(seed: int, samples: Samples, rate: int = RATE) -> RawVideo:
    """Ten seconds of moving picture with a sound."""
    video = moving_clip(256, 256, count=6 * SECONDS, rate=Fraction(6), style="flat", seed=seed)
    return replace(video, sound=Sound(rate, samples.shape[0], iter(np.array_split(samples, 50, axis=1))))


@pytest.fixture(scope="module")
def spoken(studio: Studio) -> Sealed:
    """A sealed video of somebody who speaks. Read only."""
    return studio.seal("spoken.mp4", 11, with_sound(11, speech(SECONDS, 1, 120.0, RATE)))


@pytest.fixture(scope="module")
def played(studio: Studio) -> Sealed:
    """Another one, with a band in stereo. Read only."""
    return studio.seal("played.mp4", 12, with_sound(12, np.repeat(band(SECONDS, 4, RATE), 2, axis=0)))


@pytest.fixture(scope="module")
def recorded(studio: Studio) -> Path:
    """A video with sound that nobody sealed. Read only."""
    return write_clip(studio.folder / "recorded.mp4", with_sound(13, noise(SECONDS, 7, RATE)))


@pytest.fixture
def composed(tmp_path: Path) -> Callable[..., Path]:
    """``composed(a, b)``: the picture of one file under the sound of another (or of none), encoded anew."""

    def compose(picture: Path, sound: Path | None) -> Path:
        path = tmp_path / "composed.mp4"
        with open_video(picture) as seen, open_video(sound or picture) as heard:
            encode(replace(seen.raw(), sound=heard.sound() if sound else None), path, COPY)
        return path

    return compose


def kinds(verdict: Verdict) -> set[ContradictionKind]:
    return {found.kind for found in verdict.contradictions}


def said(verdict: Verdict, source: Source = Source.SOUND) -> list[Statement]:
    return [statement for statement in verdict.statements if statement.source is source]


def payloads(verification: Verification) -> list[str]:
    """What was read from the picture and from the sound."""
    found = (*verification.evidence.detections, *verification.evidence.sound.detections)
    return [str(detection.payload) for detection in found]


# -- what is in order


def test_a_sealed_file_names_one_payload_in_picture_and_sound(studio: Studio, spoken: Sealed) -> None:
    path, registration = spoken
    verification = studio.verify(path)
    evidence, verdict = verification.evidence, verification.verdict
    assert verdict.outcome is Outcome.GENERATED
    assert verdict.contradictions == ()
    assert payloads(verification) == [str(registration.payload)] * 2
    assert evidence.sound.registration == evidence.registration == registration
    assert evidence.sound.detections[0].p_value < 1e-9
    assert len(evidence.sound.detections[0].timeline) == SECONDS
    bindings = {binding.algorithm: binding for binding in evidence.manifest.soft_bindings}
    assert set(bindings) == {"io.touchmark.video.lattice.1", "io.touchmark.audio.loudness.1"}
    assert {binding.payload for binding in bindings.values()} == {registration.payload.to_bytes()}
    assert bindings["io.touchmark.audio.loudness.1"].end == pytest.approx(SECONDS, abs=0.01)
    assert verdict.sound_origin is None
    assert [statement.tone for statement in said(verdict)] == [Tone.SUPPORTS]


@pytest.mark.parametrize("name", ["a.opus", "a.webm"])
def test_a_sound_passed_on_without_its_picture_is_found(
    studio: Studio, spoken: Sealed, tmp_path: Path, name: str
) -> None:
    copy = tmp_path / name
    with av.open(str(spoken[0])) as source, av.open(str(copy), "w") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        resampler = av.AudioResampler(stream.codec_context.format, "mono", 48_000, 960)
        for frame in (*source.decode(audio=0), None):
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    verification = studio.verify(copy)
    assert payloads(verification) == [str(spoken[1].payload)]
    assert verification.verdict.outcome is Outcome.GENERATED


def test_a_stripped_copy_at_low_rates_is_found_by_both(
    studio: Studio, spoken: Sealed, played: Sealed, composed: Callable[..., Path]
) -> None:
    for path, registration in (spoken, played):
        verification = studio.verify(composed(path, path))
        assert payloads(verification) == [str(registration.payload)] * 2
        assert verification.verdict.outcome is Outcome.GENERATED
        assert verification.verdict.origin is not None
        assert verification.verdict.origin.via is Via.WATERMARK_AND_REGISTRY
        assert verification.verdict.sound_origin is None


def test_a_muted_copy_is_found_by_its_picture(studio: Studio, spoken: Sealed, composed: Callable[..., Path]) -> None:
    verification = studio.verify(composed(spoken[0], None))
    assert verification.verdict.outcome is Outcome.GENERATED
    assert verification.evidence.sound.detections == ()
    assert said(verification.verdict) == []


def test_silence_is_sealed_without_a_promise(studio: Studio) -> None:
    silent = with_sound(14, np.zeros((1, SECONDS * RATE), np.float32))
    verification = studio.verify(studio.seal("silent.mp4", 14, silent)[0])
    assert verification.verdict.outcome is Outcome.GENERATED
    assert len(verification.evidence.manifest.soft_bindings) == 1
    assert [statement.tone for statement in said(verification.verdict)] == [Tone.SILENT]


@pytest.mark.parametrize("seconds", [0.0, 0.02, 1.0])
def test_sound_too_short_to_be_read_is_sealed_and_accused_of_nothing(studio: Studio, seconds: float) -> None:
    short = with_sound(15, noise(1, 7, RATE)[:, : int(seconds * RATE)])
    path, _ = studio.seal(f"short-{seconds}.mp4", 15, short)
    verdict = studio.judge(path)
    assert verdict.outcome is Outcome.GENERATED
    assert verdict.contradictions == ()
    assert {statement.tone for statement in said(verdict)} <= {Tone.SILENT, Tone.SUPPORTS}


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (96_000, 2), (48_000, 6), (44_100, 8)])
def test_sound_of_any_shape_is_sealed(studio: Studio, rate: int, channels: int) -> None:
    samples = np.repeat(noise(SECONDS, 7, rate), channels, axis=0)
    path, registration = studio.seal(f"{rate}-{channels}.mp4", 16, with_sound(16, samples, rate))
    assert payloads(studio.verify(path)) == [str(registration.payload)] * 2


# -- what a forger does


def test_the_sound_of_one_sealed_video_under_the_picture_of_another_is_named(
    studio: Studio, spoken: Sealed, played: Sealed, composed: Callable[..., Path]
) -> None:
    verification = studio.verify(composed(spoken[0], played[0]))
    verdict = verification.verdict
    assert payloads(verification) == [str(spoken[1].payload), str(played[1].payload)]
    assert verdict.outcome is Outcome.CONTRADICTORY
    assert kinds(verdict) == {ContradictionKind.SOUND_OF_ANOTHER_VIDEO}
    assert "spoken.mp4" in verdict.contradictions[0].explanation
    assert "played.mp4" in verdict.contradictions[0].explanation
    assert verdict.origin is not None
    assert verdict.origin.title == "spoken.mp4"
    assert verdict.sound_origin is not None
    assert verdict.sound_origin.title == "played.mp4"
    assert verdict.sound_origin.via is Via.SOUND_AND_REGISTRY


def test_a_song_that_was_sealed_by_itself_is_laid_under_a_sealed_picture_by_honest_people(
    studio: Studio, spoken: Sealed, played: Sealed, composed: Callable[..., Path]
) -> None:
    """What models draw comes without sound, and what others sing without picture: putting them together is no trick."""
    registry = studio.registry
    song = replace(played[1], watermark_algorithm=LoudnessMark().algorithm, title="song.flac", fingerprint=b"")
    verification = studio.verify(composed(spoken[0], played[0]))
    evidence = verification.evidence
    assert registry.by_payload(song.payload) == evidence.sound.registration == played[1]
    sound = replace(evidence.sound, registration=song)
    verdict = judge(replace(evidence, sound=sound))
    assert verdict.contradictions == ()
    assert verdict.outcome is Outcome.GENERATED
    assert [(statement.tone, "sealed by itself" in statement.text) for statement in said(verdict)] == [
        (Tone.CAUTION, True)
    ]
    assert verdict.sound_origin is not None
    assert verdict.sound_origin.title == "played.mp4"  # as its manifest says


def test_marked_sound_under_a_strangers_picture_says_nothing_of_the_picture(
    studio: Studio, spoken: Sealed, recorded: Path, composed: Callable[..., Path]
) -> None:
    """A forger who wants a recording to be taken for a generated video; or one who replaced a generated picture."""
    verification = studio.verify(composed(recorded, spoken[0]))
    verdict = verification.verdict
    assert verdict.outcome is Outcome.UNKNOWN
    assert not Acceptance().accepts(verdict.outcome)
    assert verdict.contradictions == ()
    assert "nothing of the picture" in verdict.headline
    assert verdict.origin is None
    assert verdict.sound_origin is not None
    assert verdict.sound_origin.manifest_label == spoken[1].manifest_label
    assert verdict.sound_origin.signer.startswith("Example Studio")
    assert verdict.development_keys
    assert [statement.tone for statement in said(verdict)] == [Tone.CAUTION]
    assert any("spoken.mp4" in statement.text for statement in said(verdict, Source.REGISTRY))
    assert verification.evidence.registration is None


def test_marked_sound_without_a_registry_still_tells_whose_it_is(
    studio: Studio, spoken: Sealed, recorded: Path, composed: Callable[..., Path]
) -> None:
    keys = (studio.ring.watermark_key,)
    verdict = Verifier(Sources(keys=keys)).verify(composed(recorded, spoken[0])).verdict
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.sound_origin is not None
    assert (verdict.sound_origin.via, verdict.sound_origin.payload) == (Via.SOUND, str(spoken[1].payload))


@pytest.mark.parametrize("trusted", [True, False])
def test_a_camera_over_marked_sound_is_neither_believed_nor_accused(
    studio: Studio,
    spoken: Sealed,
    recorded: Path,
    composed: Callable[..., Path],
    camera: Stranger,
    tmp_path: Path,
    trusted: bool,
) -> None:
    """A microphone hears what a loudspeaker plays; and a generated picture can lose its mark, and keep its sound."""
    taken = camera.sign(
        composed(recorded, spoken[0]), tmp_path / "taken.mp4", source_type=DigitalSourceType.DIGITAL_CAPTURE
    )
    verdict = studio.judge(taken, *([camera] if trusted else []))
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.contradictions == ()
    assert ("microphone" in verdict.headline) is trusted
    assert verdict.sound_origin is not None


def test_another_sound_under_a_sealed_picture_is_pointed_out(
    studio: Studio, spoken: Sealed, recorded: Path, composed: Callable[..., Path]
) -> None:
    verdict = studio.judge(composed(spoken[0], recorded))
    assert verdict.outcome is Outcome.GENERATED
    (statement,) = said(verdict)
    assert statement.tone is Tone.CAUTION
    assert "sealed with the mark" in statement.text


def test_clips_joined_one_after_another_are_no_forgery(
    studio: Studio, spoken: Sealed, played: Sealed, tmp_path: Path
) -> None:
    path = tmp_path / "joined.mp4"
    with open_video(spoken[0]) as first, open_video(played[0]) as second:
        length = Fraction(SECONDS)
        later = (Frame(frame.picture, frame.time + length) for frame in second.frames())
        a, b = first.sound(), second.sound()
        assert a is not None
        assert b is not None
        blocks = [np.concatenate(list(sound.blocks), axis=1)[:1, : SECONDS * RATE] for sound in (a, b)]
        frames: Iterator[Frame] = chain(first.frames(), later)
        encode(RawVideo(frames, 256, 256, Fraction(6), Sound(RATE, 1, iter(blocks))), path, COPY)
    verification = studio.verify(path)
    assert set(payloads(verification)) <= {str(spoken[1].payload), str(played[1].payload)}
    assert verification.verdict.outcome is Outcome.GENERATED
    assert verification.verdict.contradictions == ()


# -- the account, and what is shown


def test_every_key_and_the_sound_cost_a_test_each(studio: Studio, spoken: Sealed) -> None:
    def read(*keys: WatermarkKey) -> tuple[float, float]:
        evidence = gather(spoken[0], Sources(keys=keys), Limits())
        mark, heard = evidence.mark, evidence.mark_in_sound
        assert mark is not None
        assert heard is not None
        return mark.p_value, heard.p_value

    key = studio.ring.watermark_key
    alone = read(key)
    others = tuple(WatermarkKey(b"an older secret, number %d" % number) for number in range(2))
    assert read(key, *others) == pytest.approx(tuple(3 * p_value for p_value in alone), rel=1e-6, abs=0)
    with open_video(spoken[0]) as video:
        sound = video.sound(ENOUGH_RATE)
        assert sound is not None
        (detection,) = Sources().sound_mark.extract(sound, [key])
    assert alone[1] == pytest.approx(2 * detection.p_value, rel=1e-6, abs=0)


@pytest.fixture(scope="module")
def worn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy coded so coarsely that the mark in its picture can no longer be read; that in its sound can."""
    return write_worn(tmp_path_factory.mktemp("worn") / "worn.mp4")


@pytest.fixture(scope="module")
def worn_and_silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same picture without a sound."""
    return write_worn(tmp_path_factory.mktemp("worn") / "silent.mp4", sounds=False)


def write_worn(path: Path, *, sounds: bool = True) -> Path:
    raw = with_sound(11, speech(SECONDS, 1, 120.0, RATE))
    assert raw.sound is not None
    sound = LoudnessMark().embed(raw.sound, PAYLOAD, KEY) if sounds else None
    marked = replace(raw, frames=LatticeWatermark().embed(raw.frames, PAYLOAD, KEY), sound=sound)
    encode(marked, path, EncodeSettings(crf=43, preset="veryfast"))
    return path


def test_what_the_sound_names_is_found_in_a_picture_too_faint_to_be_read(worn: Path, worn_and_silent: Path) -> None:
    verifier = Verifier(Sources(keys=(KEY,)))
    verification = verifier.verify(worn)
    (seen,), (heard,) = verification.evidence.detections, verification.evidence.sound.detections
    assert (seen.state, seen.payload, seen.named_by) == (MarkState.VERIFIED, PAYLOAD, NamedBy.FILE)
    assert (heard.payload, heard.named_by) == (PAYLOAD, None)
    assert verification.evidence.strange_sound is None
    assert any("too faint there to be read by itself" in s.text for s in said(verification.verdict, Source.WATERMARK))
    report = json.loads(line(report_of(verification)))
    jsonschema.validate(report, schema())
    assert report["evidence"]["watermarks"][0]["named_by"] == "file"
    assert verifier.verify(worn_and_silent).evidence.mark is None


def test_the_same_sound_under_another_picture_confirms_nothing(worn: Path, recorded: Path, tmp_path: Path) -> None:
    with open_video(recorded) as seen, open_video(worn) as heard:
        encode(replace(seen.raw(), sound=heard.sound()), tmp_path / "other.mp4", COPY)
    evidence = Verifier(Sources(keys=(KEY,))).verify(tmp_path / "other.mp4").evidence
    assert evidence.mark is None and evidence.strange_sound is not None


def test_what_the_picture_names_is_found_in_a_sound_too_faint_to_be_read(recorded: Path, tmp_path: Path) -> None:
    raw = with_sound(11, speech(SECONDS, 1, 120.0, RATE))
    assert raw.sound is not None
    heard = noisy(Track.of("marked", LoudnessMark().embed(raw.sound, PAYLOAD, KEY)), 6)
    copy = tmp_path / "noisy.mp4"
    encode(replace(raw, frames=LatticeWatermark().embed(raw.frames, PAYLOAD, KEY), sound=heard.sound()), copy, COPY)
    verification = Verifier(Sources(keys=(KEY,))).verify(copy)
    (seen,), (named,) = verification.evidence.detections, verification.evidence.sound.detections
    assert (seen.payload, seen.named_by) == (PAYLOAD, None)
    assert (named.payload, named.named_by) == (PAYLOAD, NamedBy.FILE)
    assert verification.evidence.container.damage == verification.evidence.container.sound_damage == 0
    (statement,) = said(verification.verdict, Source.SOUND)
    assert statement.tone is Tone.SUPPORTS and "as the picture does. It is too faint there to be read" in statement.text
    jsonschema.validate(json.loads(line(report_of(verification))), schema())
    with open_video(recorded) as other, open_video(copy) as video:
        encode(replace(other.raw(), sound=video.sound()), tmp_path / "other.mp4", COPY)
    alone = Verifier(Sources(keys=(KEY,))).verify(tmp_path / "other.mp4").evidence
    assert alone.mark is None and alone.mark_in_sound is None


def test_progress_goes_on_through_the_sound(studio: Studio, spoken: Sealed) -> None:
    calls: list[tuple[int, int]] = []
    gather(
        spoken[0],
        Sources(keys=(studio.ring.watermark_key,)),
        Limits(),
        lambda done, of_all: calls.append((done, of_all)),
    )
    assert calls[-1] == (2 * 6 * SECONDS, 2 * 6 * SECONDS)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_the_sound_is_shown_beside_the_picture(
    studio: Studio, spoken: Sealed, played: Sealed, composed: Callable[..., Path]
) -> None:
    verification = studio.verify(composed(spoken[0], played[0]))
    report = json.loads(line(report_of(verification)))
    jsonschema.validate(report, schema())
    assert report["evidence"]["sound_watermarks"][0]["payload"] == str(played[1].payload)
    assert report["evidence"]["registration_by_sound"]["title"] == "played.mp4"
    assert report["verdict"]["sound_origin"]["via"] == Via.SOUND_AND_REGISTRY.value
    console = Console(width=100, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115 (lives as long as it)
    console.print(render(verification))
    shown, html = console.export_text(), page(verification)
    for text in (shown, html):
        assert "Origin of the sound" in text
        assert "Watermark in the sound over time" in text
        assert "played.mp4" in text


# -- hostile sound


def _float_sound(path: Path, samples: Samples, rate: int = 48_000) -> Path:
    """A film whose sound is floating-point numbers, whatever they are."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=6)
        picture.width = picture.height = 128
        layout = {1: "mono", 2: "stereo", 8: "7.1"}[samples.shape[0]]
        track = container.add_stream("pcm_f32le", rate=rate, layout=layout)
        for _ in range(6):
            container.mux(picture.encode(av.VideoFrame(128, 128, "yuv420p")))
        container.mux(picture.encode(None))
        for part in np.array_split(samples, 10, axis=1):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part.T).reshape(1, -1), format="flt", layout=layout)
            frame.sample_rate = rate
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return path


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 1e-42])
@pytest.mark.parametrize("channels", [1, 8])
def test_numbers_that_are_no_sound_are_examined(studio: Studio, tmp_path: Path, value: float, channels: int) -> None:
    samples = np.repeat(noise(3, 7, 48_000), channels, axis=0)
    samples[:, ::3] = value
    verification = studio.verify(_float_sound(tmp_path / "a.mkv", samples))
    assert verification.evidence.container.info.has_sound
    assert [found.state for found in verification.evidence.sound.detections] == [MarkState.NOTHING_FOUND]
    assert verification.verdict.outcome is Outcome.UNKNOWN


def test_damage_to_the_sound_hides_no_missing_mark_in_the_picture(
    studio: Studio, spoken: Sealed, recorded: Path, camera: Stranger, tmp_path: Path
) -> None:
    """A forger who promises a mark that is not there, and breaks some sound so that damage may explain it."""
    content = bytearray(recorded.read_bytes())
    with av.open(str(recorded)) as container:
        places = [packet.pos for packet in container.demux(audio=0) if packet.size]
    for place in places[20:24]:
        struct.pack_into(">I", content, place, 0xFFFFFFFF)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    forged = camera.sign(broken, tmp_path / "forged.mp4", binding=(studio.algorithm, spoken[1].payload.to_bytes()))
    verification = studio.verify(forged, camera)
    assert verification.evidence.container.sound_damage > 0
    assert kinds(verification.verdict) == {ContradictionKind.SOFT_BINDING_MISSING_MARK}
