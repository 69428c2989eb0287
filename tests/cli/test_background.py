"""``touchmark seal|generate --input --consent --training``: what is stated stands in the manifest, by every rule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import c2pa
import cv2
import pytest

from tests.clips import moving_clip, scene, write_clip
from tests.forms import FORMS
from touchmark.cli.main import run
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.definition import GENERATOR
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.boxes import C2PA_UUID


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


def _renamed(place: bytes) -> Callable[[bytes], bytes]:
    """The place of the store bears another name: a C2PA library then finds no manifest at all."""
    return lambda content: content.replace(place, bytes([place[0] ^ 1]) + place[1:])


SPOILT: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "chunk renamed": ("p.png", _renamed(b"caBX")),
    "box renamed": ("v.mp4", _renamed(C2PA_UUID)),
    "no store any more": ("p.jpg", _renamed(bytes.fromhex("6332706100110010800000aa00389b71"))),
    "payload in free": ("v.mp4", lambda content: content + b"\0\0\0\x14free" + b"some payload"),
    "content": ("p.jpg", lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]),
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_input_that_was_tampered_with_is_not_laundered(
    tmp_path: Path, ring: KeyRing, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """Taken in as it is, most of these would come out without a manifest, and with nothing that is wrong."""
    name, spoil = SPOILT[how]
    media_type, make = FORMS[name]
    source, given, out = tmp_path / "made.png", tmp_path / name, tmp_path / "out.png"
    assert cv2.imwrite(str(source), next(scene(256, 256, 1)))
    agent = SoftwareAgent("a camera", "1")
    claim = Claim("x", media_type, DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC))
    sign_file(make(tmp_path / f"plain-{name}"), given, claim, ring.signer(), ring.trust_anchors)
    command = ["seal", str(source), "-o", str(out), "--made-with", "FLUX", "--input", str(given)]
    given.write_bytes(spoil(given.read_bytes()))
    before = sorted(tmp_path.iterdir())
    assert run(command) == 1
    said = capsys.readouterr().err
    assert str(given) in said and "[release.suspect_input]" in said
    assert [path for path in sorted(tmp_path.iterdir()) if path not in before] == []
    prompted = ["generate", "a red circle moves left", "-o", str(tmp_path / "o.mp4"), "--input", str(given)]
    assert run(prompted) == 1, "and before anything is rendered"


@pytest.mark.parametrize("as_input", [True, False])
def test_what_says_that_its_manifest_is_elsewhere_does_not_lose_it(
    tmp_path: Path, ring: KeyRing, capsys: pytest.CaptureFixture[str], as_input: bool
) -> None:
    plain, told, out = tmp_path / "plain.png", tmp_path / "told.png", tmp_path / "out.png"
    assert cv2.imwrite(str(plain), next(scene(256, 256, 1)))
    signer = ring.signer()
    created = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE.value}
    actions = {"label": "c2pa.actions.v2", "data": {"actions": [created]}}
    definition = {"claim_version": 2, "title": "x", "claim_generator_info": [GENERATOR], "assertions": [actions]}
    builder = c2pa.Builder(json.dumps(definition), context=manifest_context(b""))
    builder.set_no_embed()
    builder.set_remote_url("http://127.0.0.1:9/far.c2pa")
    chain = signer.certificate_chain.decode()
    with (
        c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, chain) as native,
        plain.open("rb") as media,
        told.open("w+b") as output,
    ):
        builder.sign(native, "image/png", media, output)
    sealed, given = (plain, ["--input", str(told)]) if as_input else (told, [])
    assert run(["seal", str(sealed), "-o", str(out), "--made-with", "FLUX", *given]) == 1
    said = capsys.readouterr().err
    assert "http://127.0.0.1:9/far.c2pa" in said and "[release.manifest_elsewhere]" in said
    assert not out.exists()
