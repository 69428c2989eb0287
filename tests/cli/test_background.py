"""``touchmark seal|generate --input --consent --training``: what is stated stands in the manifest, by every rule."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from tests.clips import moving_clip, scene, write_clip
from touchmark.cli.main import run
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.read import read_manifest


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyRing:
    home = Home(tmp_path / "home").ensure()
    monkeypatch.setenv("TOUCHMARK_HOME", str(home.root))
    return make_development_keys(home.keys, organisation="Example Studio", now=datetime.now(UTC))


def test_what_is_stated_stands_in_the_manifest(tmp_path: Path, ring: KeyRing) -> None:
    pictures = [tmp_path / name for name in ("made.png", "face.png")]
    for seed, path in enumerate(pictures):
        assert cv2.imwrite(str(path), next(scene(256, 256, 1, seed=seed)))
    clip = write_clip(tmp_path / "walk.webm", moving_clip(64, 64, count=2, style="flat"), "libvpx-vp9")
    record, out = tmp_path / "release.pdf", tmp_path / "out.png"
    record.write_bytes(b"signed")
    stated = ["--consent", f"likeness of the person shown={record}", "--training", "not-allowed"]
    for path in (pictures[1], clip):
        stated += ["--input", str(path)]
    assert run(["seal", str(pictures[0]), "-o", str(out), "--made-with", "FLUX", *stated]) == 0
    report = read_manifest(out, ring.trust_anchors)
    told = {i.title: i.description for i in report.ingredients if i.depth == 1}
    assert told["face.png"] == "input image"
    assert told["walk.webm"] == "input clip"
    assert told["likeness of the person shown"] == f"sha256:{hashlib.sha256(b'signed').hexdigest()}"
    active = json.loads(report.raw_json)["manifests"][report.label]
    (training,) = (a["data"]["entries"] for a in active["assertions"] if a["label"] == "cawg.training-mining")
    assert {entry["use"] for entry in training.values()} == {"notAllowed"}
    assert run(["manifest", "lint", str(out)]) == 0


def test_what_is_generated_states_the_same(tmp_path: Path, ring: KeyRing) -> None:
    face, record, out = tmp_path / "face.png", tmp_path / "release.pdf", tmp_path / "out.mp4"
    assert cv2.imwrite(str(face), next(scene(256, 256, 1)))
    record.write_bytes(b"signed")
    stated = ["--input", str(face), "--consent", f"likeness={record}", "--training", "not-allowed"]
    quick = ["--frames", "4", "--steps", "1"]
    assert run(["generate", "a red circle moves left", "-o", str(out), *quick, *stated]) == 0
    report = read_manifest(out, ring.trust_anchors)
    told = {i.title: i.description for i in report.ingredients if i.depth == 1}
    assert told["face.png"] == "input image"
    assert told["likeness"] == f"sha256:{hashlib.sha256(b'signed').hexdigest()}"
    assert told["prompt"].startswith("sha256:")
    active = json.loads(report.raw_json)["manifests"][report.label]
    (training,) = (a["data"]["entries"] for a in active["assertions"] if a["label"] == "cawg.training-mining")
    assert {entry["use"] for entry in training.values()} == {"notAllowed"}
    assert run(["manifest", "lint", str(out)]) == 0


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--consent", "no file"], 64),
        (["--consent", "likeness=/no/such/file"], 70),
        (["--input", "/no/such/file"], 70),
        (["--training-constraint", "ask us"], 64),
        (["--training", "constrained"], 70),
    ],
)
def test_what_cannot_be_stated_is_refused_and_nothing_is_made(
    tmp_path: Path, ring: KeyRing, options: list[str], status: int
) -> None:
    assert cv2.imwrite(str(tmp_path / "made.png"), next(scene(256, 256, 1)))
    out = tmp_path / "out.png"
    assert run(["seal", str(tmp_path / "made.png"), "-o", str(out), "--made-with", "FLUX", *options]) == status
    assert not out.exists()
