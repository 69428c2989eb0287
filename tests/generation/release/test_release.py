"""The one way through: what comes out at its end, and that nothing comes out when any step fails."""

from __future__ import annotations

import inspect
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, get_type_hints

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.audio_tracks import speech
from tests.generation.release.conftest import DrawnGenerator
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verifier
from touchmark.generation.admission import AlreadyMarkedError, SuspectInputError
from touchmark.generation.agreement import SelfVerificationError
from touchmark.generation.declaration import Declaration
from touchmark.generation.disclosure import Disclosure
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest, RequestError, RequestOptions
from touchmark.generation.staging import OutputError, OutputExistsError
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.provenance.keys.ring import KeysMissingError
from touchmark.provenance.manifest import canary
from touchmark.provenance.manifest.canary import CanaryError
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.report import ManifestReport, ValidationState
from touchmark.provenance.manifest.write import SignedManifest, sign_file
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import encode
from touchmark.provenance.media.video import Frame, Pictures, RawVideo, Sound
from touchmark.provenance.signing import CallbackSigner, SigningError
from touchmark.provenance.watermark.audio import LoudnessMark
from touchmark.provenance.watermark.bench.trial import Clip
from touchmark.provenance.watermark.codebook import NOTHING_EXPECTED, Expected
from touchmark.provenance.watermark.protocol import Detection, NamedBy, Payload, WatermarkKey
from touchmark.provenance.watermark.standalone import mark_file
from touchmark.provenance.watermark.video import LatticeWatermark
from touchmark.safety.clearance import (
    Clearance,
    ClearanceExpiredError,
    ClearanceForgedError,
    ClearanceMismatchError,
    ClearanceUsedError,
)
from touchmark.safety.decision import AgeProfile, RefusalError, Requester, ReviewRequiredError
from touchmark.safety.review import Answer, Reviews

REQUEST = GenerationRequest(prompt="a red disc moves left to right in front of a grey wall")


VOICE = speech(6, 1, 120.0, 44_100)[0]


def kinds(studio: Studio) -> list[str]:
    return [entry.kind for entry in studio.ledger.entries()]


def nothing_was_published(studio: Studio, folder: Path) -> bool:
    """No file, no staging folder, no release in the ledger that was not withdrawn, no payload in the registry."""
    with sqlite3.connect(studio_database(studio)) as connection:
        registered = connection.execute("SELECT count(*) FROM sealed").fetchone()[0]
    return (
        not list(folder.iterdir())
        and registered == 0
        and kinds(studio).count("release") <= kinds(studio).count("withdrawal")
    )


def studio_database(studio: Studio) -> str:
    database = studio.registry._engine.url.database
    assert database is not None
    return database


# What comes out


def test_a_release_is_sealed_registered_recorded_and_verified(studio: Studio, folder: Path) -> None:
    release = studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator())
    assert list(folder.iterdir()) == [release.path]
    verification = studio.verifier.verify(release.path)
    assert verification.verdict.outcome is Outcome.GENERATED
    assert verification.verdict.contradictions == ()
    registration = studio.registry.by_payload(release.payload)
    assert registration is not None
    assert registration.manifest_label == release.manifest_label
    assert registration.policy_digest == studio.gate.policy.digest()
    assert kinds(studio) == ["decision", "release"]
    assert studio.ledger.verify() == ()


def test_neither_manifest_nor_ledger_holds_the_words_of_the_prompt(studio: Studio, folder: Path) -> None:
    release = studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator())
    assert not studio.gate.policy.embed_prompt
    assert REQUEST.prompt.encode() not in release.path.read_bytes()
    assert all(REQUEST.prompt not in entry.body for entry in studio.ledger.entries())


def test_a_fresh_process_of_a_platform_comes_to_the_same_verdict(studio: Studio, folder: Path) -> None:
    release = studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator())
    home = Path(studio_database(studio)).parent
    program = "import sys; from touchmark.cli.main import run; sys.exit(run(['verify', '--json', sys.argv[1]]))"
    finished = subprocess.run(
        [sys.executable, "-c", program, str(release.path)],
        env={**os.environ, "TOUCHMARK_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert str(release.payload) in finished.stdout


# Invariant 1: no clearance, no render


def test_a_refused_prompt_renders_nothing_and_is_recorded(studio: Studio, folder: Path) -> None:
    request = replace(REQUEST, prompt="a deepfake of Angela Merkel robbing a bank")
    generator = DrawnGenerator(fail_at=0)
    with pytest.raises(RefusalError) as caught:
        studio.generate(request, folder / "out.mp4", generator=generator)
    assert "Merkel" not in caught.value.diagnostics()
    assert nothing_was_published(studio, folder)
    assert kinds(studio) == ["decision"]


def test_who_asks_and_who_agreed_are_heard_and_recorded(studio: Studio, folder: Path) -> None:
    # Given two prompts that depend on it
    statue = replace(REQUEST, prompt="a marble statue of a nude goddess in a museum hall")
    named = replace(REQUEST, prompt="Donald Trump eating noodles")
    teen, agreed = Requester(AgeProfile.TEEN), Requester(consents=frozenset({"donald-trump"}))

    # Then
    with pytest.raises(RefusalError):
        studio.generate(statue, folder / "out.mp4", generator=DrawnGenerator(), requester=teen)
    with pytest.raises(RefusalError):
        studio.generate(named, folder / "out.mp4", generator=DrawnGenerator())
    assert studio.generate(named, folder / "out.mp4", generator=DrawnGenerator(), requester=agreed).path.is_file()
    decisions = [json.loads(entry.body) for entry in studio.ledger.entries() if entry.kind == "decision"]
    assert [decision["age"] for decision in decisions] == ["teen", "adult", "adult"]
    assert [decision.get("consents") for decision in decisions] == [None, None, ["donald-trump"]]


@pytest.mark.parametrize("size", [{"width": 126}, {"width": 512, "height": 64}])
def test_a_size_that_cannot_be_marked_is_refused_before_anything_is_loaded(
    studio: Studio, folder: Path, size: dict[str, int]
) -> None:
    with pytest.raises(RequestError, match="at least 128"):
        studio.generate(replace(REQUEST, model=str(folder / "nowhere"), **size), folder / "out.mp4")
    assert kinds(studio) == []


def test_a_release_says_where_a_label_is_due(studio: Studio, folder: Path) -> None:
    request = replace(REQUEST, prompt="Abraham Lincoln giving a speech")
    plain = studio.generate(request, folder / "plain.mp4", generator=DrawnGenerator())
    assert [note for note in plain.notes if "P602" in note and "label" in note]
    drawn = Disclosure.of(["eu-ai-act-label"])
    labelled = studio.generate(request, folder / "labelled.mp4", generator=DrawnGenerator(), disclosure=drawn)
    nobody = studio.generate(REQUEST, folder / "nobody.mp4", generator=DrawnGenerator())
    assert not [note for note in (*labelled.notes, *nobody.notes) if "label" in note]


def test_what_waits_is_made_once_a_reviewer_allowed_it(studio: Studio, tmp_path: Path, folder: Path) -> None:
    # Given a prompt that waits
    request = replace(REQUEST, prompt="Mickey Mouse on a bicycle")
    with pytest.raises(ReviewRequiredError) as caught:
        studio.generate(request, folder / "out.mp4", generator=DrawnGenerator())
    assert nothing_was_published(studio, folder)

    # When
    reference = caught.value.decision.reference
    Reviews.open(Home(tmp_path / "home")).answer(reference, Answer.ALLOW, "r-17", "licensed", studio.clock())

    # Then it is made, and nothing else
    assert studio.generate(request, folder / "out.mp4", generator=DrawnGenerator()).path.is_file()
    with pytest.raises(ReviewRequiredError):
        studio.generate(replace(request, seed=1), folder / "other.mp4", generator=DrawnGenerator())
    bodies = [json.loads(entry.body) for entry in studio.ledger.entries() if entry.kind == "decision"]
    assert [body.get("review") for body in bodies] == [None, {"answer": "allow", "reviewer": "r-17"}, None]
    assert studio.ledger.verify() == ()


def test_the_short_way_takes_every_field_of_a_request() -> None:
    options = {field.name: field.type for field in fields(GenerationRequest)}
    assert options.pop("prompt") == "str"
    assert {name: hint.__forward_arg__ for name, hint in RequestOptions.__annotations__.items()} == options


def test_a_negative_prompt_is_screened_too(studio: Studio, folder: Path) -> None:
    request = replace(REQUEST, negative_prompt="clothes, naked explicit porn scene is what I want")
    with pytest.raises((RefusalError, ReviewRequiredError)):
        studio.generate(request, folder / "out.mp4", generator=DrawnGenerator())
    assert nothing_was_published(studio, folder)


def test_a_clearance_opens_one_render_of_one_request_under_one_policy(studio: Studio) -> None:
    now, gate = studio.clock(), studio.gate
    clearance = gate.screen(REQUEST.digest, REQUEST.texts(), now).clearance
    assert clearance is not None

    def render(request: GenerationRequest, clearance: Clearance, policy: str = gate.policy.digest()) -> None:
        DrawnGenerator().generate(request, clearance, gate.authority, policy_digest=policy)

    with pytest.raises(ClearanceMismatchError):
        render(replace(REQUEST, seed=1), clearance)
    with pytest.raises(ClearanceMismatchError):
        render(REQUEST, clearance, policy="0" * 64)
    with pytest.raises(ClearanceForgedError):
        render(REQUEST, replace(clearance, expires=clearance.expires + timedelta(days=1)))
    with pytest.raises(ClearanceForgedError):
        render(REQUEST, replace(clearance, mac="0" * len(clearance.mac)))
    with pytest.raises(ClearanceExpiredError):
        gate.authority.redeem(clearance, REQUEST.digest, gate.policy.digest(), now + timedelta(days=1))
    render(REQUEST, clearance)
    with pytest.raises(ClearanceUsedError):
        render(REQUEST, clearance)


# Invariants 2 and 3: no seal, no file; fail closed


class _Unmarked(LatticeWatermark):
    """A watermark that forgets to mark."""

    def embed(self, frames: Iterable[Frame], payload: Payload, key: WatermarkKey) -> Iterator[Frame]:
        return iter(frames)


class _Mismarked(LatticeWatermark):
    """A watermark that marks with another payload than it was given."""

    def embed(self, frames: Iterable[Frame], payload: Payload, key: WatermarkKey) -> Iterator[Frame]:
        return super().embed(frames, Payload(payload.value ^ 1), key)


class _NamedAlone(LatticeWatermark):
    """A detector's watermark that finds by name what it should read: as of a mark that is too faint."""

    def search(
        self,
        video: Pictures,
        keys: Sequence[WatermarkKey],
        *,
        thorough: bool = False,
        expected: Expected = NOTHING_EXPECTED,
    ) -> tuple[Detection, ...]:
        return tuple(replace(found, named_by=NamedBy.FILE) for found in super().search(video, keys, expected=expected))


class _SoundMismarked(LoudnessMark):
    """A mark in the sound with another payload than it was given."""

    def embed(self, sound: Sound, payload: Payload, key: WatermarkKey) -> Sound:
        return super().embed(sound, Payload(payload.value ^ 1), key)


def _with_broken_signer(studio: Studio) -> Studio:
    def refuse(data: bytes) -> bytes:
        raise ConnectionError("the key service does not answer")

    signer = studio.sealer.signer
    broken = CallbackSigner(signer.algorithm, signer.certificate_chain, refuse)
    return replace(studio, sealer=replace(studio.sealer, signer=broken))


def _with_wrong_signature(studio: Studio) -> Studio:
    signer = studio.sealer.signer
    broken = CallbackSigner(signer.algorithm, signer.certificate_chain, lambda data: bytes(64))
    return replace(studio, sealer=replace(studio.sealer, signer=broken))


def _with_watermark(watermark: LatticeWatermark) -> Callable[[Studio], Studio]:
    return lambda studio: replace(studio, sealer=replace(studio.sealer, watermark=watermark))


def _with_wrong_sound(studio: Studio) -> Studio:
    return replace(studio, sealer=replace(studio.sealer, sound_mark=_SoundMismarked()))


def _without_registry_in_the_detector(studio: Studio) -> Studio:
    return replace(studio, verifier=replace(studio.verifier, sources=replace(studio.verifier.sources, registry=None)))


def _with_a_mark_that_is_told_by_name(studio: Studio) -> Studio:
    sources = replace(studio.verifier.sources, watermark=_NamedAlone())
    return replace(studio, verifier=replace(studio.verifier, sources=sources))


def _with_broken_ledger(studio: Studio) -> Studio:
    with sqlite3.connect(studio_database(studio)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON ledger WHEN new.kind = 'release' "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    return studio


@pytest.mark.parametrize(
    ("sabotage", "expected"),
    [
        (_with_broken_signer, SigningError),
        (_with_wrong_signature, TouchmarkError),
        (_with_watermark(_Unmarked()), SelfVerificationError),
        (_with_watermark(_Mismarked()), SelfVerificationError),
        (_with_wrong_sound, SelfVerificationError),
        (_without_registry_in_the_detector, SelfVerificationError),
        (_with_a_mark_that_is_told_by_name, SelfVerificationError),
        (_with_broken_ledger, TouchmarkError),
    ],
    ids=[
        "signer fails",
        "signature wrong",
        "not marked",
        "wrongly marked",
        "sound wrongly marked",
        "detector blind",
        "mark too faint to be read",
        "ledger full",
    ],
)
def test_a_failing_step_leaves_nothing(
    studio: Studio, folder: Path, sabotage: Callable[[Studio], Studio], expected: type[TouchmarkError]
) -> None:
    with pytest.raises(expected):
        sabotage(studio).generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator(sound=VOICE))
    assert nothing_was_published(studio, folder)


def test_a_model_that_breaks_half_way_leaves_nothing(studio: Studio, folder: Path) -> None:
    with pytest.raises(RuntimeError, match="device was lost"):
        studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator(fail_at=17))
    assert nothing_was_published(studio, folder)


def test_a_model_that_draws_nothing_leaves_nothing(studio: Studio, folder: Path) -> None:
    with pytest.raises(TouchmarkError):
        studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator(frames=0))
    assert nothing_was_published(studio, folder)


def test_without_keys_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(KeysMissingError) as caught:
        Studio.open(Home(tmp_path / "empty"))
    assert "touchmark keys init" in caught.value.diagnostics()


@pytest.fixture
def lying_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A C2PA library that trusts whatever it is given, in a process that has not asked it yet."""
    read = canary.read_stream

    def lied(*arguments: Any, **options: Any) -> ManifestReport:
        return replace(read(*arguments, **options), state=ValidationState.TRUSTED, failures=())

    monkeypatch.setattr(canary, "read_stream", lied)
    canary.run_canary.cache_clear()
    yield
    canary.run_canary.cache_clear()


def test_with_a_library_that_lies_nothing_starts_and_nothing_is_verified(
    operator: Home, lying_library: None, tmp_path: Path
) -> None:
    """Trap 2: asked by whoever seals and by whoever verifies, in each process, before anything is believed."""
    (tmp_path / "a.txt").write_text("anything")
    with pytest.raises(CanaryError):
        Studio.open(operator)
    verifier = Verifier.default(operator)
    for _ in range(2):
        with pytest.raises(CanaryError):
            verifier.verify(tmp_path / "a.txt")


def _fails_without_room(act: Callable[[], object], room: int) -> str:
    """What is said where no file grows over ``room`` bytes: a limit that cannot be raised again, so set in a child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        try:
            act()
        except TouchmarkError as error:
            os.write(writing, error.diagnostics().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    os.waitpid(child, 0)
    return said


def test_a_full_disk_leaves_nothing(studio: Studio, folder: Path) -> None:
    said = _fails_without_room(lambda: studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator()), 8192)
    assert "the ledger cannot be written" in said and "room" in said  # it is written first
    assert not list(folder.iterdir())


@pytest.mark.parametrize(("name", "what"), [("noise.png", "picture"), ("noise.mp4", "video")])
def test_a_disk_that_fills_while_it_is_sealed_keeps_what_was_there(
    studio: Studio, folder: Path, tmp_path: Path, name: str, what: str
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)
    if what == "picture":
        assert cv2.imwrite(str(tmp_path / name), noise)
    else:
        encode(RawVideo((Frame(noise, Fraction(n, 8)) for n in range(8)), 512, 512, Fraction(8)), tmp_path / name)
    (folder / name).write_bytes(b"published before")
    wan = Declaration("Wan")
    said = _fails_without_room(lambda: studio.seal(tmp_path / name, folder / name, wan, overwrite=True), 150_000)
    assert f"{name}: the {what} cannot be written (File too large). Check the disk" in said
    assert ".touchmark-staging" not in said
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [(name, b"published before")]


# Outputs


def test_an_output_that_exists_is_refused_before_anything_is_rendered(studio: Studio, folder: Path) -> None:
    output = folder / "out.mp4"
    output.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        studio.generate(REQUEST, output, generator=DrawnGenerator(fail_at=0))
    assert output.read_bytes() == b"precious"
    assert kinds(studio) == []


@pytest.mark.parametrize("name", ["out.avi", "nowhere/out.mp4"])
def test_an_impossible_output_is_refused_at_once(studio: Studio, folder: Path, name: str) -> None:
    with pytest.raises(OutputError):
        studio.generate(REQUEST, folder / name, generator=DrawnGenerator(fail_at=0))
    assert kinds(studio) == []


def test_what_was_recorded_and_then_not_published_is_taken_back(studio: Studio, folder: Path) -> None:
    """Somebody else's file appears under the name at the last moment."""
    output = folder / "out.mp4"

    def appear(step: str, done: int, of_all: int) -> None:
        if step == "verifying":
            output.write_bytes(b"theirs")

    with pytest.raises(OutputExistsError):
        studio.generate(REQUEST, output, generator=DrawnGenerator(), progress=appear)
    assert kinds(studio) == ["decision", "release", "withdrawal"]
    assert output.read_bytes() == b"theirs"
    output.unlink()
    assert nothing_was_published(studio, folder)


def test_whoever_interrupts_it_leaves_nothing_registered(studio: Studio, folder: Path) -> None:
    def interrupt(step: str, done: int, of_all: int) -> None:
        if step == "verifying":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator(), progress=interrupt)
    assert nothing_was_published(studio, folder)
    assert kinds(studio) == ["decision", "withdrawal"]


# Sealing what others made


@pytest.fixture
def made_elsewhere(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere.mp4"
    frames = DrawnGenerator()._draw()
    encode(RawVideo(frames, 256, 256, Fraction(12)), path)
    return path


def test_sealing_declares_what_the_operator_declared(studio: Studio, folder: Path, made_elsewhere: Path) -> None:
    release = studio.seal(made_elsewhere, folder / "sealed.mp4", Declaration("Wan", version="2.2"))
    manifest = release.verification.evidence.manifest
    assert manifest.source_type == DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
    assert kinds(studio) == ["release"]


def test_a_sealed_video_is_not_sealed_again(studio: Studio, folder: Path, made_elsewhere: Path) -> None:
    studio.seal(made_elsewhere, folder / "sealed.mp4", Declaration("Wan"))
    with pytest.raises(AlreadyMarkedError):
        studio.seal(folder / "sealed.mp4", folder / "again.mp4", Declaration("Another"))
    assert not (folder / "again.mp4").exists()


def test_the_sound_of_a_file_is_marked_with_it(studio: Studio, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "elsewhere.mp4"
    encode(DrawnGenerator(sound=VOICE).video(), source)
    release = studio.seal(source, folder / "sealed.mp4", Declaration("Wan"))
    (heard,) = release.verification.evidence.sound.detections
    assert heard.payload == release.payload
    with open_video(source) as before, open_video(release.path) as after:
        length = [sum(block.shape[1] for block in video.sound().blocks) for video in (before, after)]
    assert abs(length[0] - length[1]) < 2048


@pytest.mark.parametrize("sound", [np.zeros(44_100, np.float32), VOICE[:2000], VOICE * 1e-4, VOICE[:0]])
def test_silent_short_and_faint_sound_is_released(studio: Studio, folder: Path, sound: NDArray[np.float32]) -> None:
    release = studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator(sound=sound))
    assert release.verification.verdict.outcome is Outcome.GENERATED
    assert release.verification.evidence.strange_sound is None


def test_a_sealed_sound_under_another_picture_is_not_sealed_again(studio: Studio, folder: Path, tmp_path: Path) -> None:
    """A second mark would lie over the first, and the file would name two origins."""
    release = studio.generate(REQUEST, folder / "out.mp4", generator=DrawnGenerator(sound=VOICE))
    source = tmp_path / "other.mp4"
    with open_video(release.path) as sealed:
        encode(replace(DrawnGenerator(frames=72).video(), sound=sealed.sound()), source)
    with pytest.raises(AlreadyMarkedError, match="sound"):
        studio.seal(source, folder / "again.mp4", Declaration("Wan"))
    assert not (folder / "again.mp4").exists()


def _signed_by_another_maker(studio: Studio, video: Path, signed: Path) -> SignedManifest:
    sealer = studio.sealer
    claim = Claim(
        title="theirs",
        media_type="video/mp4",
        source_type=DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        software_agent=SoftwareAgent("another generator", "1"),
        created=studio.clock(),
    )
    return sign_file(video, signed, claim, sealer.signer, sealer.anchors)


def test_a_manifest_of_another_maker_stays_as_the_parent(
    studio: Studio, folder: Path, made_elsewhere: Path, tmp_path: Path
) -> None:
    signed = tmp_path / "signed.mp4"
    theirs = _signed_by_another_maker(studio, made_elsewhere, signed)
    release = studio.seal(signed, folder / "sealed.mp4", Declaration("Wan"))
    ingredients = release.verification.evidence.manifest.ingredients
    assert [i.label for i in ingredients if i.relationship == "parentOf"] == [theirs.label]


def test_a_tampered_video_is_not_sealed(studio: Studio, folder: Path, made_elsewhere: Path, tmp_path: Path) -> None:
    signed = tmp_path / "signed.mp4"
    _signed_by_another_maker(studio, made_elsewhere, signed)
    content = bytearray(signed.read_bytes())
    content[-200] ^= 1
    signed.write_bytes(content)
    with pytest.raises(SuspectInputError):
        studio.seal(signed, folder / "sealed.mp4", Declaration("Wan"))
    assert not list(folder.iterdir())


def test_nobody_can_declare_a_camera() -> None:
    with pytest.raises(ValueError, match="DIGITAL_CAPTURE"):
        Declaration("my phone", DigitalSourceType.DIGITAL_CAPTURE)


def test_only_the_sealer_writes_video() -> None:
    """Invariant 2, read off the code: no other module of ours reaches the encoder with what a generator draws.

    Two more reach it with files that people already have: ``watermark embed``, which marks a video of the user's own,
    and the bench, whose marked copies live in a temporary folder. Neither takes frames, and nobody who holds generated
    frames may import them.
    """
    root = Path(__file__).parents[3]
    rooms = ("provenance", "safety", "detectors", "generation", "cli")
    users = {
        str(path.relative_to(root))
        for room in rooms
        for path in (root / room).rglob("*.py")
        if "media.encode import" in path.read_text() and "generation/embedded/" not in str(path)
    }
    takers_of_files = {"provenance/watermark/standalone.py", "provenance/watermark/bench/trial.py"}
    assert users == {"provenance/seal.py", *takers_of_files}
    for path in (root / "generation").rglob("*.py"):
        assert "watermark.standalone" not in path.read_text(), path
        assert "watermark.bench" not in path.read_text(), path
    assert list(inspect.signature(mark_file).parameters)[:2] == ["source", "destination"]
    assert get_type_hints(mark_file)["source"] is get_type_hints(Clip)["path"] is Path
