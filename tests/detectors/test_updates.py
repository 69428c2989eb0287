"""Manifests over manifests that leave the content as it is: by others, over what is broken, and such as are none."""

from __future__ import annotations

import io
import json
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import c2pa
import pytest

from tests.clips import scene
from tests.detectors.cameras import sign_raw
from tests.detectors.jumbf import inner
from tests.forms import FORMS
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.manifest.write import sign_file, sign_stream
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind, write_still
from touchmark.provenance.signing import PemSigner

NOW = datetime.now(UTC).replace(microsecond=0)
CAPTURE, GENERATED = DigitalSourceType.DIGITAL_CAPTURE, DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA


@dataclass(frozen=True)
class Somebody:
    """Who signs, under a root of their own."""

    signer: PemSigner
    root: bytes

    @classmethod
    def named(cls, name: str) -> Somebody:
        chain = issue_development_chain(name, NOW)
        return cls(PemSigner.from_pem(chain.signer, chain.signer_key), chain.authority)

    def sign(
        self, plain: Path, path: Path, kind: DigitalSourceType, *, parent: Path | None = None, roots: bytes = b""
    ) -> Path:
        claim = Claim("x", _media_type(plain), kind, SoftwareAgent("a program", "1"), NOW, parent=parent)
        sign_file(plain, path, claim, self.signer, self.root + roots)
        return path

    def update(self, path: Path, times: int = 1) -> Path:
        """Over whatever is there, as no program of ours would."""
        actions = {"label": "c2pa.actions.v2", "created": True, "data": {"actions": [{"action": "c2pa.published"}]}}
        definition = {"claim_version": 2, "claim_generator_info": [{"name": "x", "version": "1"}]}
        content = path.read_bytes()
        for _ in range(times):
            document = json.dumps({**definition, "assertions": [actions]})
            builder, output = c2pa.Builder(document, manifest_context(b"")), io.BytesIO()
            builder.set_intent(c2pa.C2paBuilderIntent.UPDATE)
            sign_raw(builder, self.signer, _media_type(path), io.BytesIO(content), output)
            content = output.getvalue()
        updated = path.with_stem(f"{path.stem}+")
        updated.write_bytes(content)
        return updated


TRUSTED, EDITOR, STRANGER = map(Somebody.named, ("trusted", "an editor", "a stranger"))
ROOTS = TRUSTED.root + EDITOR.root


def _media_type(path: Path) -> str:
    return {".png": "image/png", ".jpg": "image/jpeg", ".mp4": "video/mp4"}[path.suffix]


def verify(path: Path) -> Verification:
    return Verifier(Sources(anchors=ROOTS)).verify(path)


def damaged(path: Path, plain: Path) -> Path:
    """One bit of what lies in the middle of the content."""
    content, part = bytearray(path.read_bytes()), plain.read_bytes()
    starts = (content.find(part[at : at + 16]) for at in range(len(part) // 2, len(part) - 16))
    content[next(start for start in starts if start >= 0) + 8] ^= 4
    changed = path.with_stem(f"{path.stem}!")
    changed.write_bytes(content)
    return changed


@pytest.fixture(params=["p.jpg", "p.png", "v.mp4"])
def plain(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made: Path = FORMS[request.param][1](tmp_path / f"plain-{request.param}")
    return made


def _original(plain: Path, by: Somebody, kind: DigitalSourceType = CAPTURE) -> Path:
    return by.sign(plain, plain.with_stem("original"), kind)


def test_an_update_is_worth_no_more_than_what_it_updates(plain: Path) -> None:
    honest = _original(plain, TRUSTED)
    assert verify(EDITOR.update(honest)).verdict.outcome is Outcome.CAPTURED
    assert verify(STRANGER.update(honest)).verdict.outcome is Outcome.UNKNOWN
    assert verify(TRUSTED.update(STRANGER.update(honest))).verdict.outcome is Outcome.UNKNOWN
    strange = _original(plain, STRANGER)
    for path in (TRUSTED.update(strange), EDITOR.update(TRUSTED.update(strange))):
        verdict = verify(path).verdict
        assert verdict.outcome is Outcome.UNKNOWN and "a stranger" in verdict.headline
    made = TRUSTED.update(_original(plain, STRANGER, GENERATED))
    assert verify(made).verdict.outcome is Outcome.GENERATED


def test_an_update_hides_nothing_that_was_changed_before_or_after(plain: Path) -> None:
    honest = _original(plain, TRUSTED)
    laundered = TRUSTED.update(damaged(honest, plain))
    for path in (laundered, EDITOR.update(laundered)):
        verdict = verify(path).verdict
        assert ContradictionKind.LAUNDERED_EDIT in {one.kind for one in verdict.contradictions}
    assert verify(damaged(TRUSTED.update(honest), plain)).verdict.outcome is Outcome.TAMPERED


def test_updates_without_end_are_not_relied_upon(plain: Path) -> None:
    assert verify(TRUSTED.update(_original(plain, STRANGER), times=20)).verdict.outcome is Outcome.UNKNOWN


# -- called an update by the type of its box, which nobody signs


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "before.png", tmp_path / "after.png"
    for seed, path in enumerate(paths, start=1):
        picture = next(scene(64 + 64 * seed, 64, seed))
        write_still(Still(picture, Orientation(), StillKind.PNG, lossless=True), path)
    return paths


def _store(path: Path) -> bytes:
    with path.open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    return store


def _with_store(path: Path, store: bytes, destination: Path) -> Path:
    content, chunk = path.read_bytes(), b"caBX" + store
    start = content.index(b"caBX") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    packed = struct.pack(">I", len(store)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    destination.write_bytes(content[:start] + packed + content[end:])
    return destination


def _called_update(store: bytes) -> bytes:
    head, *manifests, own = inner(store)
    assert own[12:20] == b"jumdc2ma"
    return store[:8] + b"".join((head, *manifests, own[:16] + b"c2um" + own[20:]))


@pytest.mark.parametrize("by", [TRUSTED, STRANGER], ids=["a trusted parent", "a stranger's parent"])
@pytest.mark.parametrize("kind", [CAPTURE, GENERATED])
def test_an_edit_that_somebody_calls_an_update_is_not_over_what_it_was_made_from(
    pictures: tuple[Path, Path], tmp_path: Path, by: Somebody, kind: DigitalSourceType
) -> None:
    """Who has a photograph of his own saved anew by a service that is trusted shows the first under its signature."""
    before, after = pictures
    parent = by.sign(before, tmp_path / "parent.png", CAPTURE)
    edit = EDITOR.sign(after, tmp_path / "edit.png", kind, parent=parent, roots=ROOTS + STRANGER.root)
    assert verify(edit).evidence.manifest.is_sound
    forged = verify(_with_store(parent, _called_update(_store(edit)), tmp_path / "forged.png"))
    manifest = forged.evidence.manifest
    assert manifest.hard_binding_matches, "the attack as such must succeed"
    assert manifest.signature_valid is (kind is CAPTURE), "a library knows what an update may not have done"
    assert {failure.code for failure in manifest.failures} == {"manifest.update.invalid"}
    assert forged.verdict.outcome is Outcome.TAMPERED


def test_nor_where_another_has_signed_over_it(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    before, after = pictures
    parent = TRUSTED.sign(before, tmp_path / "parent.png", CAPTURE)
    edit = EDITOR.sign(after, tmp_path / "edit.png", CAPTURE, parent=parent, roots=ROOTS)
    forged = _with_store(parent, _called_update(_store(edit)), tmp_path / "forged.png")
    for over in (TRUSTED.update(forged), _signed_over(before, forged, tmp_path / "over.png")):
        verdict = verify(over).verdict
        assert [one.kind for one in verdict.contradictions] == [ContradictionKind.LAUNDERED_EDIT]


def _signed_over(plain: Path, parent: Path, path: Path) -> Path:
    claim = Claim("x", "image/png", CAPTURE, SoftwareAgent("a program", "1"), NOW, parent=parent)
    with plain.open("rb") as media, path.open("w+b") as output, parent.open("rb") as content:
        sign_stream(media, output, claim, TRUSTED.signer, ROOTS, parent=content)
    return path
