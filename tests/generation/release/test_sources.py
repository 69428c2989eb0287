"""Sound and pictures sealed like video, a marked file signed as it is; and nothing left of what fails."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.clips import moving_clip, write_clip
from tests.forms import FORMS, sound_file
from tests.generation.release.conftest import DrawnGenerator
from touchmark.detectors.look import MarkSearch
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verifier
from touchmark.generation.admission import AlreadyMarkedError, NotMarkedError, SuspectInputError
from touchmark.generation.declaration import Background, Declaration
from touchmark.generation.disclosure import Disclosure, DisclosureUnmetError
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest
from touchmark.generation.staging import OutputError, OutputNameError
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.provenance.manifest.claim import Claim, ClaimError, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.inputs import InputFile
from touchmark.provenance.manifest.rubric.document import Rubric
from touchmark.provenance.manifest.rubric.lint import lint
from touchmark.provenance.media.encode import encode
from touchmark.provenance.media.errors import NotAVideoError, UnreadableFileError
from touchmark.provenance.media.still import read_still
from touchmark.provenance.media.video import RawVideo
from touchmark.provenance.watermark.protocol import Payload
from touchmark.provenance.watermark.video import LatticeWatermark

WAN = Declaration("Wan", version="2.2")


@pytest.fixture(scope="module")
def studio(operator: Home, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """One for all tests here: opening a studio loads the whole gate, and nothing here asks it."""
    home = Home(tmp_path_factory.mktemp("studio")).ensure()
    home.keys.symlink_to(operator.keys)
    return Studio.open(home)


def picture_of_wall(path: Path) -> Path:
    frame = next(DrawnGenerator()._draw())
    assert cv2.imwrite(str(path), np.ascontiguousarray(frame.pixels[..., ::-1]))
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Sounds and pictures of another generator. Read only."""
    folder = tmp_path_factory.mktemp("made")
    codecs = {
        "a.wav": ("pcm_s16le", "s16"),
        "a.flac": ("flac", "s16"),
        "a.mp3": ("libmp3lame", "fltp"),
        "a.m4a": ("aac", "fltp"),
    }
    sounds = {name: sound_file(folder / name, *codec, seconds=4) for name, codec in codecs.items()}
    pictures = {name: picture_of_wall(folder / name) for name in ("p.png", "p.jpg", "p.webp", "p.tiff")}
    return sounds | pictures


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("a.wav", "out.wav"),
        ("a.flac", "out.flac"),
        ("a.mp3", "out.mp3"),
        ("a.m4a", "out.m4a"),
        ("p.png", "out.png"),
        ("p.jpg", "out.jpeg"),
        ("p.webp", "out.webp"),
        ("p.tiff", "out.png"),
        ("p.jpg", "out.png"),
    ],
)
def test_sound_and_pictures_are_sealed_like_video(
    studio: Studio, folder: Path, made: dict[str, Path], name: str, output: str
) -> None:
    release = studio.seal(made[name], folder / output, WAN)
    assert [path.name for path in folder.iterdir()] == [output]
    evidence = release.verification.evidence
    assert release.verification.verdict.outcome is Outcome.GENERATED
    assert evidence.mark is not None
    assert evidence.mark.payload == release.payload
    assert evidence.registration == evidence.manifest_registration
    assert evidence.registration is not None
    assert evidence.registration.watermark_algorithm == evidence.algorithm
    anchors = studio.sealer.anchors
    assert lint(release.path, anchors, [Rubric.ours()]).failures == ()
    with pytest.raises(AlreadyMarkedError):
        studio.seal(release.path, folder / f"again{Path(output).suffix}", WAN)


def test_a_version_that_nobody_gave_is_not_written(studio: Studio, folder: Path, made: dict[str, Path]) -> None:
    release = studio.seal(made["p.png"], folder / "p.png", Declaration("FLUX"))
    assert release.verification.verdict.origin is not None
    assert release.verification.verdict.origin.generator == release.verification.verdict.origin.model == "FLUX"
    assert lint(release.path, studio.sealer.anchors, [Rubric.ours()]).failures == ()


@pytest.mark.parametrize(
    ("name", "output"),
    [("a.wav", "out.mp4"), ("a.wav", "out.mp3"), ("p.png", "out.jpg"), ("p.tiff", "out.tiff"), ("p.png", "out")],
)
def test_a_form_is_not_turned_into_another(
    studio: Studio, folder: Path, made: dict[str, Path], name: str, output: str
) -> None:
    with pytest.raises(OutputNameError) as caught:
        studio.seal(made[name], folder / output, WAN)
    assert caught.value.exit_status == 64  # as where watermark embed is given such a name
    assert not list(folder.iterdir())


def test_what_a_sealed_film_has_lost_is_noted(studio: Studio, folder: Path, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clear.mov", moving_clip(256, 256, 4), "prores_ks", pixel_format="yuva444p10le")
    release = studio.seal(source, folder / "out.mp4", WAN)
    assert "Of clear.mov it leaves out: transparency." in release.notes


def test_a_turned_photograph_that_becomes_a_png_is_labelled_as_it_is_shown(
    studio: Studio, folder: Path, tmp_path: Path
) -> None:
    shown = Image.fromarray(next(DrawnGenerator(size=512)._draw()).pixels).crop((0, 0, 512, 400))
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF's orientation: shown turned to the right
    shown.save(tmp_path / "upright.png")
    shown.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", quality=100, subsampling=0, exif=exif)
    labels = []
    for name in ("upright.png", "turned.jpg"):
        output = folder / f"{name[:-4]}.png"
        studio.seal(tmp_path / name, output, WAN, disclosure=Disclosure.of(["eu-ai-act-label"]))
        sealed = np.asarray(Image.open(output).convert("RGB"), np.int16)
        labels.append(np.abs(sealed - np.asarray(shown, np.int16)).max(axis=2) > 60)
    assert labels[0].any()
    assert np.mean(labels[0] != labels[1]) < 0.1 * np.mean(labels[0])


def test_what_has_no_place_for_a_manifest_is_not_signed_as_it_is(studio: Studio, folder: Path, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mkv", moving_clip(256, 256, 4), "libx264")
    with pytest.raises(NotAVideoError, match="cannot be sealed"):
        studio.seal(source, folder / "out.mkv", WAN, as_is=True)


def test_what_has_no_place_for_a_manifest_is_not_sealed(studio: Studio, folder: Path, tmp_path: Path) -> None:
    for name, content in (("x.pdf", b"%PDF-1.7\n"), ("x.txt", b"words"), ("x.zip", b"PK\x03\x04")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(NotAVideoError):
            studio.seal(tmp_path / name, folder / "out.mp4", WAN)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("name", "problem"), [("gone.png", "no such file"), ("folder", "a directory"), ("pipe", "regular")]
)
def test_what_is_no_file_is_called_so_and_not_waited_for(
    studio: Studio, folder: Path, tmp_path: Path, name: str, problem: str
) -> None:
    """A named pipe without a writer held `seal` for ever."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableFileError, match=problem) as caught:
        studio.seal(tmp_path / name, folder / "out.png", WAN)
    assert caught.value.remedy
    with pytest.raises(ClaimError, match="can be read"):
        InputFile.of(tmp_path / name)
    assert not list(folder.iterdir())


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "p.png", "p.jpg"])
def test_a_failing_signer_leaves_nothing_of_any_form(
    studio: Studio, folder: Path, made: dict[str, Path], name: str
) -> None:
    class Broken:
        certificate_chain = studio.sealer.signer.certificate_chain
        algorithm = studio.sealer.signer.algorithm
        time_stamping = None

        def sign(self, data: bytes) -> bytes:
            raise OSError("the token was pulled out")

    recorded = len(list(studio.ledger.entries()))
    broken = replace(studio, sealer=replace(studio.sealer, signer=Broken()))
    with pytest.raises(TouchmarkError):
        broken.seal(made[name], folder / f"out{Path(name).suffix}", WAN)
    assert not list(folder.iterdir())
    assert len(list(studio.ledger.entries())) == recorded


def test_no_file_that_went_in_is_replaced_by_what_comes_out(
    studio: Studio, folder: Path, made: dict[str, Path]
) -> None:
    """The operator allowed to replace what stands there, and may not have seen what it was."""
    video, picture = folder / "reference.mp4", folder / "reference.png"
    shutil.copy(made["p.png"], picture)
    encode(DrawnGenerator().video(), video)
    given = Background(inputs=(InputFile.of(video), InputFile.of(picture)))
    before = video.read_bytes(), picture.read_bytes()
    with pytest.raises(OutputError, match="made of"):
        studio.seal(made["p.png"], picture, Declaration("Wan", background=given), overwrite=True)
    request = GenerationRequest(prompt="a red disc")
    with pytest.raises(OutputError, match="made of"):
        studio.generate(request, video, generator=DrawnGenerator(fail_at=0), background=given, overwrite=True)
    assert (video.read_bytes(), picture.read_bytes()) == before


def test_a_silent_track_is_not_said_to_carry_a_mark(studio: Studio, folder: Path, tmp_path: Path) -> None:
    encode(DrawnGenerator(sound=np.zeros(88_200, np.float32)).video(), tmp_path / "silent.mp4")
    release = studio.seal(tmp_path / "silent.mp4", folder / "out.mp4", WAN)
    (bound,) = release.verification.evidence.manifest.soft_bindings
    assert bound.algorithm == studio.sealer.watermark.algorithm


def test_nothing_unsigned_is_left_beside_a_signed_file(studio: Studio, folder: Path, made: dict[str, Path]) -> None:
    claim = Claim(
        "p", "image/png", DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA, SoftwareAgent("w", "1"), studio.clock()
    )
    studio.sealer.seal_still(read_still(made["p.png"]), claim, Payload(1), folder / "out.png")
    assert [path.name for path in folder.iterdir()] == ["out.png"]


def test_silence_is_not_sealed(studio: Studio, folder: Path, tmp_path: Path) -> None:
    from touchmark.provenance.media.sound import open_sound, write_sound
    from touchmark.provenance.media.video import Sound

    with open_sound(sound_file(tmp_path / "like.wav", "pcm_s16le", "s16")) as reader:
        write_sound(Sound(22050, 1, iter([np.zeros((1, 88200), np.float32)])), tmp_path / "silent.wav", reader.info)
    with pytest.raises(TouchmarkError):
        studio.seal(tmp_path / "silent.wav", folder / "out.wav", WAN)
    assert not list(folder.iterdir())


def test_profiles_are_not_promised_for_what_cannot_show_them(
    studio: Studio, folder: Path, made: dict[str, Path]
) -> None:
    with pytest.raises(DisclosureUnmetError):
        studio.seal(made["p.png"], folder / "out.png", WAN, disclosure=Disclosure.of(["eu-ai-act"]))
    assert not list(folder.iterdir())


# -- signed as it is


@pytest.fixture
def payload(studio: Studio) -> Payload:
    return studio.registry.reserve()


@pytest.fixture
def marked(studio: Studio, tmp_path: Path, payload: Payload) -> Path:
    """What a render farm delivers: marked with the operator's key while it was encoded, and not signed."""
    path = tmp_path / "marked.mp4"
    frames = LatticeWatermark().embed(DrawnGenerator()._draw(), payload, studio.sealer.key)
    encode(RawVideo(frames, 256, 256, Fraction(12)), path)
    return path


def test_a_marked_file_is_signed_as_it_is(studio: Studio, folder: Path, marked: Path, payload: Payload) -> None:
    release = studio.seal(marked, folder / "sealed.mp4", WAN, as_is=True)
    assert release.payload == payload
    assert release.verification.verdict.outcome is Outcome.GENERATED
    media = marked.read_bytes()
    assert media[media.index(b"mdat") :][:1000] in release.path.read_bytes(), "nothing was encoded anew"
    with pytest.raises(AlreadyMarkedError):
        studio.seal(marked, folder / "again.mp4", WAN, as_is=True)
    assert [path.name for path in folder.iterdir()] == ["sealed.mp4"]


def test_no_seal_no_file_also_as_it_is(studio: Studio, folder: Path, marked: Path, tmp_path: Path) -> None:
    """A manifest alone is no seal: what carries no mark, or another operator's, is not signed."""
    plain, strange = tmp_path / "plain.mp4", tmp_path / "strange.mp4"
    encode(DrawnGenerator().video(), plain)
    other = type(studio.sealer.key)(b"another operator's secret")
    frames = LatticeWatermark().embed(DrawnGenerator()._draw(), Payload(1), other)
    encode(RawVideo(frames, 256, 256, Fraction(12)), strange)
    for source in (plain, strange):
        with pytest.raises(NotMarkedError):
            studio.seal(source, folder / "out.mp4", WAN, as_is=True)
    assert not list(folder.iterdir())


def test_history_is_kept_as_it_is(studio: Studio, folder: Path, marked: Path, payload: Payload, tmp_path: Path) -> None:
    """Somebody signed it on the way: that manifest becomes the parent, and what broke it is not covered up."""
    from touchmark.provenance.manifest.claim import SoftBinding
    from touchmark.provenance.manifest.write import sign_file

    agent = SoftwareAgent("farm", "1")
    claim = Claim("x", "video/mp4", DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA, agent, studio.clock())
    binding = SoftBinding(studio.sealer.watermark.algorithm, payload.to_bytes(), 0.0, 2.0)
    claim = replace(claim, soft_bindings=(binding,), as_is=True)
    signed = tmp_path / "signed.mp4"
    sign_file(marked, signed, claim, studio.sealer.signer, studio.sealer.anchors)
    label = Verifier(studio.verifier.sources).verify(signed, search=MarkSearch.NONE).evidence.manifest.label
    release = studio.seal(signed, folder / "sealed.mp4", WAN, as_is=True)
    manifest = release.verification.evidence.manifest
    assert [i.label for i in manifest.ingredients if i.relationship == "parentOf"] == [label]
    assert "c2pa.transcoded" not in [action.name for action in manifest.actions]
    broken = bytearray(signed.read_bytes())
    broken[-9] ^= 1
    signed.write_bytes(broken)
    with pytest.raises((SuspectInputError, AlreadyMarkedError)):
        studio.seal(signed, folder / "broken.mp4", WAN, as_is=True)
    assert not (folder / "broken.mp4").exists()


def test_every_form_can_be_asked_for(tmp_path: Path, folder: Path, studio: Studio) -> None:
    """No form of file makes the way stumble: each is refused by name, or taken."""
    for name, (_, make) in FORMS.items():
        source = make(tmp_path / name)
        copy = tmp_path / f"copy-{name}"
        shutil.copy(source, copy)
        with pytest.raises(NotMarkedError):
            studio.seal(copy, folder / name, WAN, as_is=True)
    assert not list(folder.iterdir())
