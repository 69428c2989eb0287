"""``touchmark watermark latent``: the mark in the noise, from a file, with the model that may have made it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("diffusers")

from benchmarks.clouds import clouds
from tests.clips import moving_clip, write_clip
from touchmark.cli.main import run
from touchmark.generation.diffusers_pipeline import DiffusersGenerator
from touchmark.generation.latent_mark import video_file
from touchmark.generation.release import Studio
from touchmark.generation.request import GenerationRequest
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.manifest.claim import ModelIdentity
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.errors import LimitExceededError

CLOUDS = DiffusersGenerator("clouds", ModelIdentity("clouds", "sha256:" + "0" * 64), Fraction(16), clouds())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with keys, a copy of a released video whose noise was marked, a stranger's video, and a text."""
    folder = tmp_path_factory.mktemp("latent")
    home = Home(folder / "home").ensure()
    make_development_keys(home.keys, organisation="Example Studio", now=datetime.now(UTC))
    request = GenerationRequest(
        prompt="clouds over a wide plain",
        model="clouds",
        width=256,
        height=192,
        num_frames=13,
        steps=8,
        latent_mark=True,
    )
    release = Studio.open(home).generate(request, folder / "released.mp4", generator=CLOUDS)
    (folder / "payload").write_text(str(release.payload))
    with open_video(release.path) as video:
        encode(video.raw(), folder / "copy.mp4", EncodeSettings(crf=32))
    write_clip(folder / "strange.mp4", moving_clip(256, 192, count=13))
    (folder / "text.mp4").write_text("hello\n")
    return folder


@pytest.fixture
def model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name under which the model is loaded. It is a real pipeline; only it lies in no folder."""
    monkeypatch.setenv("TOUCHMARK_HOME", str(folder / "home"))
    monkeypatch.setattr(DiffusersGenerator, "load", classmethod(lambda *_: CLOUDS))
    return "clouds"


def test_the_mark_is_read_from_a_copy(folder: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    copy, payload = str(folder / "copy.mp4"), (folder / "payload").read_text()
    assert run(["watermark", "latent", copy, "--model", model, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["state"], document["payload"]) == ("verified", payload)
    assert document["p_value"] < 1e-9
    assert run(["watermark", "latent", copy, "--model", model]) == 0
    assert payload in capsys.readouterr().out


def test_the_status_tells(folder: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    copy, strange, text = (str(folder / f"{name}.mp4") for name in ("copy", "strange", "text"))
    assert run(["watermark", "latent", copy, strange, "--model", model]) == 2
    assert "not evidence of authenticity" in capsys.readouterr().out
    assert run(["watermark", "latent", text, copy, "--model", model, "--json"]) == 3
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["error"] == "media.not_a_video"
    assert second["state"] == "verified"


def test_a_model_that_is_not_there_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(folder / "home"))
    assert run(["watermark", "latent", str(folder / "copy.mp4"), "--model", str(folder / "none")]) != 0
    assert "none" in capsys.readouterr().err


def test_a_size_at_which_the_model_makes_nothing_is_wrong_use(
    folder: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["watermark", "latent", str(folder / "copy.mp4"), "--model", model, "--size"]
    for size in ("wide", "0x0", "101x77"):
        assert run([*command, size]) == 64, size
    assert capsys.readouterr().out == ""


def test_of_several_files_one_of_another_size_ends_nothing(
    folder: Path, model: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    odd = write_clip(tmp_path / "odd.mp4", moving_clip(250, 190, count=13))
    assert run(["watermark", "latent", str(odd), str(folder / "copy.mp4"), "--model", model, "--json"]) == 64
    said = capsys.readouterr()
    first, second = (json.loads(line) for line in said.out.splitlines())
    assert first["error"] == "generation.clip_not_invertible"
    assert "250 x 190" in said.err and "Give the size at which it was made" in said.err
    assert second["state"] == "verified"


def test_a_video_longer_than_a_model_makes_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_file, "MOST_BYTES", 5 * 256 * 192 * 3)
    with pytest.raises(LimitExceededError, match="5 pictures of 256 x 192"):
        video_file.read_file(CLOUDS, folder / "copy.mp4", [])


@pytest.mark.parametrize("arguments", [["latent"], ["latent", "--model", "m"]])
def test_wrong_use_is_64(arguments: list[str]) -> None:
    assert run(["watermark", *arguments]) == 64


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from touchmark.cli.main import run; run(['watermark', 'latent', '--help']); "
        "loaded = {'torch', 'diffusers', 'cv2', 'av', 'numpy'} & set(sys.modules); assert not loaded, loaded"
    )
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert "Examples:" in shown
    assert "Exit status" in shown
