"""The traps of C2PA that are about bytes: each file here is one that an attacker (or a careless tool) would make.

What is about agreement between sources is in ``test_attacks``, expired and stamped signers in
``signing/test_purposes``.
"""

from __future__ import annotations

import contextlib
import io
import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import c2pa
import pytest
from rich.console import Console

from tests.clips import moving_clip
from tests.detectors.cameras import sign_raw
from tests.detectors.conftest import NOW
from tests.forms import FORMS, sound_file
from tests.heif import heif
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.gathering import gather
from touchmark.detectors.look import MarkSearch
from touchmark.detectors.origin import describe
from touchmark.detectors.page import page
from touchmark.detectors.serialise import line, report_of
from touchmark.detectors.sources import Sources
from touchmark.detectors.statement import Source, Tone
from touchmark.detectors.terminal import render
from touchmark.detectors.verdict import Outcome, judge
from touchmark.detectors.verify import Verification, Verifier
from touchmark.generation.admission import SuspectInputError, require_unmarked
from touchmark.provenance.disclosure.aigc import AIGC_KEY, AigcRecord, Label
from touchmark.provenance.disclosure.xmp import XmpNote
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.definition import GENERATOR
from touchmark.provenance.manifest.report import ManifestPresence, ValidationState
from touchmark.provenance.manifest.status import Concern
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.manifest.write import sign_file, sign_stream
from touchmark.provenance.media.boxes import C2PA_UUID, scan_boxes, unhashed_bytes
from touchmark.provenance.media.encode import EncodeSettings, encode
from touchmark.provenance.media.errors import MediaError, TruncatedError
from touchmark.provenance.media.items import XMP
from touchmark.provenance.media.kinds import Family, kind_of_file
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.signing import PemSigner
from touchmark.provenance.watermark.protocol import MarkState

SAY_HOW_LONG = {"a.wav", "a.m4a", "p.jpg", "p.png", "p.webp", "p.avif", "v.mp4", "v.mov", "v.avi"}
STORE_TYPE = bytes.fromhex("6332706100110010800000aa00389b71")


@pytest.fixture(scope="module")
def trusted() -> tuple[PemSigner, bytes]:
    """A signer whom the verifier believes, and the root for that."""
    chain = issue_development_chain("traps", NOW)
    return PemSigner.from_pem(chain.signer, chain.signer_key), chain.authority


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory, trusted) -> dict[str, Path]:
    """A file of every form, signed as a camera's own: the claim that is worth forging. Read only."""
    folder, made = tmp_path_factory.mktemp("forms"), {}
    for name, (media_type, make) in FORMS.items():
        claim = _claim(media_type, DigitalSourceType.DIGITAL_CAPTURE)
        made[name] = folder / name
        sign_file(make(folder / f"plain-{name}"), made[name], claim, *trusted)
    return made


def _claim(media_type: str, source_type: DigitalSourceType, **more: object) -> Claim:
    agent = SoftwareAgent("a camera", "1")
    return Claim("a file", media_type, source_type, agent, NOW, **more)  # type: ignore[arg-type]


def verify(path: Path, trusted: tuple[PemSigner, bytes]) -> Verification:
    return Verifier(Sources(anchors=trusted[1])).verify(path)


# -- every form


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_read_and_its_claim_believed_as_far_as_it_goes(forms, trusted, name) -> None:
    verification = verify(forms[name], trusted)
    assert verification.verdict.outcome is Outcome.CAPTURED
    assert verification.evidence.manifest.is_sound
    recorder = "a microphone" if name.startswith("a.") else "a camera"
    assert verification.verdict.headline.startswith(f"Recorded by {recorder}, says")


@pytest.mark.parametrize("name", FORMS)
def test_a_damaged_store_never_reads_as_no_manifest(forms, trusted, tmp_path, name) -> None:
    """Trap 11: one bit of what says "this is a manifest store", or all of the store wiped."""
    content = forms[name].read_bytes()
    start = content.index(STORE_TYPE)
    for damage in (bytes([STORE_TYPE[0] ^ 1]), bytes(len(STORE_TYPE) + 200)):
        damaged = tmp_path / name
        damaged.write_bytes(content[:start] + damage + content[start + len(damage) :])
        try:
            verification = verify(damaged, trusted)
        except MediaError:
            continue  # the damage reaches what the form needs to be read at all
        assert verification.evidence.manifest.presence is ManifestPresence.UNREADABLE
        assert verification.verdict.outcome is Outcome.TAMPERED


@pytest.mark.parametrize("name", FORMS)
def test_a_changed_byte_of_content_is_tampering(forms, trusted, tmp_path, name) -> None:
    content = bytearray(forms[name].read_bytes())
    plain = forms[name].with_name(f"plain-{name}").read_bytes()
    content[_content_of(bytes(content), plain)] ^= 0x04
    changed = tmp_path / name
    changed.write_bytes(content)
    try:
        verification = verify(changed, trusted)
    except MediaError:
        return
    assert verification.verdict.outcome is Outcome.TAMPERED


def test_a_manifest_from_before_the_standard_is_told_of_and_neither_read_nor_called_tampered(
    forms, trusted, tmp_path
) -> None:
    content, path = forms["p.jpg"].read_bytes(), tmp_path / "old.jpg"
    kind = content.index(b"cbor", content.index(b"c2pa.claim"))
    path.write_bytes(content[:kind] + b"json" + content[kind + 4 :])  # as claims were written then
    verification = verify(path, trusted)
    assert verification.evidence.manifest.presence is ManifestPresence.UNSUPPORTED
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "before the standard" in verification.verdict.headline
    told = [one for one in verification.verdict.statements if one.source is Source.MANIFEST]
    assert [one.tone for one in told] == [Tone.CAUTION]
    with pytest.raises(SuspectInputError, match="before the standard"):
        require_unmarked(path, verification, as_is=True)


@pytest.mark.parametrize("search", [MarkSearch.NONE, MarkSearch.GLANCE])
def test_a_piece_of_a_signed_film_by_itself_is_not_called_tampered(forms, trusted, tmp_path, search) -> None:
    content, path = forms["fragments.mp4"].read_bytes(), tmp_path / "segment.m4s"
    first, branch = content.index(b"moof") - 4, _box(b"uuid", C2PA_UUID + b"\0\0\0\0merkle\0" + b"\xa1")
    segment = _box(b"styp", b"msdh\0\0\0\0") + branch + content[first:]
    for piece, told in ((segment, "segment of a film"), (content[:first], "beginning of a film")):
        path.write_bytes(piece)
        with pytest.raises(TruncatedError, match=told):
            Verifier(Sources(anchors=trusted[1])).verify(path, search=search)


@pytest.mark.parametrize("search", [MarkSearch.GLANCE, MarkSearch.NONE])
@pytest.mark.parametrize("name", FORMS)
def test_what_was_fetched_in_part_is_refused_where_it_says_how_long_it_was(
    forms, trusted, tmp_path, name, search
) -> None:
    """Pictures and films were refused when a mark was looked for, and called tampered when none was."""
    content, path = forms[name].read_bytes(), tmp_path / name
    verifier = Verifier(Sources(anchors=trusted[1]))
    for kept in (len(content) - 1, len(content) - 9):
        path.write_bytes(content[:kept])
        if name in SAY_HOW_LONG:
            with contextlib.suppress(TruncatedError):
                verdict = verifier.verify(path, search=search).verdict
                assert verdict.outcome is Outcome.UNKNOWN  # nothing is left of the manifest
        else:
            assert verifier.verify(path, search=search).verdict.outcome is Outcome.TAMPERED
    path.write_bytes(content + b"\0")  # whole, and more
    assert verifier.verify(path, search=search).verdict.outcome is Outcome.TAMPERED


def _content_of(signed: bytes, plain: bytes) -> int:
    """Where something of the unsigned file's middle lies in the signed one."""
    for start in range(len(plain) // 2, len(plain) - 16):
        if (found := signed.find(plain[start : start + 16])) >= 0:
            return found + 8
    raise AssertionError("nothing of the content is left")


@pytest.mark.parametrize("name", FORMS)
def test_laundering_is_seen_in_every_form(forms, trusted, tmp_path, name) -> None:
    """Trap 4: an edit signed over a tampered parent reads Trusted, with an empty list of failures."""
    content = bytearray(forms[name].read_bytes())
    plain = forms[name].with_name(f"plain-{name}")
    content[_content_of(bytes(content), plain.read_bytes())] ^= 0x04
    media_type, _ = FORMS[name]
    claim = _claim(media_type, DigitalSourceType.DIGITAL_CAPTURE, parent=forms[name])
    output = io.BytesIO()
    with plain.open("rb") as media:
        sign_stream(media, output, claim, *trusted, parent=io.BytesIO(content))
    laundered = tmp_path / name
    laundered.write_bytes(output.getvalue())
    verification = verify(laundered, trusted)
    assert not verification.evidence.manifest.failures
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    assert {found.kind for found in verification.verdict.contradictions} == {"laundered_edit"}


GENERATED = XmpNote(DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.value).packet()
RAMP = b"\1" + bytes(range(255, -1, -1)) + b"\0"
GIF = (
    b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + b"\x21\xff\x0bXMP DataXMP" + GENERATED + RAMP,
    b"\x2c" + bytes(4) + b"\1\0\1\0\0\2\2\x4c\1\0\x3b",
)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [("image/heic", heif((XMP, GENERATED))), ("image/gif", b"".join(GIF))],
)
def test_a_cameras_claim_over_a_picture_that_says_it_was_generated_is_named(
    trusted, tmp_path, media_type, content
) -> None:
    path = tmp_path / "picture"
    with path.open("wb") as output:
        sign_stream(io.BytesIO(content), output, _claim(media_type, DigitalSourceType.DIGITAL_CAPTURE), *trusted)
    verdict = verify(path, trusted).verdict
    assert verdict.outcome is Outcome.CONTRADICTORY
    assert [found.kind for found in verdict.contradictions] == [ContradictionKind.LABELS_DISAGREE]


@pytest.mark.parametrize("search", [MarkSearch.NONE, MarkSearch.GLANCE])
@pytest.mark.parametrize("name", ["tagged.mp4", "tagged.mp3"])
def test_a_recording_whose_tags_say_that_it_was_generated_is_named_by_who_looks_at_nothing_too(
    trusted, tmp_path, name, search
) -> None:
    plain, path = tmp_path / f"plain-{name}", tmp_path / name
    if name.endswith(".mp4"):
        record = AigcRecord(Label.IS, "Example", "1").to_json()
        encode(moving_clip(64, 64, count=4), plain, EncodeSettings(metadata={AIGC_KEY: record}))
    else:
        with av.open(str(sound_file(tmp_path / "a.mp3", "libmp3lame"))) as sound, av.open(str(plain), "w") as output:
            output.metadata["comment"] = "made with suno"
            stream = output.add_stream_from_template(sound.streams.audio[0])
            for packet in sound.demux(audio=0):
                if packet.dts is not None:
                    packet.stream = stream
                    output.mux(packet)
    claim = _claim("video/mp4" if name.endswith(".mp4") else "audio/mpeg", DigitalSourceType.DIGITAL_CAPTURE)
    sign_file(plain, path, claim, *trusted)
    verdict = Verifier(Sources(anchors=trusted[1])).verify(path, search=search).verdict
    assert verdict.outcome is Outcome.CONTRADICTORY
    assert [found.kind for found in verdict.contradictions] == [ContradictionKind.LABELS_DISAGREE]


@pytest.mark.parametrize("name", ["p.jpg", "v.mp4"])
def test_a_strangers_camera_is_not_believed_through_an_editor_who_is(forms, trusted, tmp_path, name) -> None:
    """Trap 4: anybody can sign that a camera took it, and have it opened and saved by a program that all trust."""
    media_type, _ = FORMS[name]
    plain, claimed, edited = forms[name].with_name(f"plain-{name}"), tmp_path / name, tmp_path / f"edited-{name}"
    chain = issue_development_chain("a stranger", NOW)
    stranger = PemSigner.from_pem(chain.signer, chain.signer_key)
    camera = _claim(media_type, DigitalSourceType.DIGITAL_CAPTURE)
    sign_file(plain, claimed, camera, stranger, chain.authority)
    sign_file(plain, edited, _claim(media_type, DigitalSourceType.DIGITAL_CAPTURE, parent=claimed), *trusted)
    verification = verify(edited, trusted)
    assert verification.evidence.manifest.is_sound and verification.evidence.manifest.says_captured
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "a stranger" in verification.verdict.headline and "does not trust" in verification.verdict.headline
    both = Verifier(Sources(anchors=trusted[1] + chain.authority)).verify(edited)
    assert both.verdict.outcome is Outcome.CAPTURED


@pytest.mark.parametrize("edited", [False, True], ids=["as it was taken", "opened by another"])
@pytest.mark.parametrize("created", [True, False], ids=["stated", "passed on"])
def test_a_camera_that_the_signer_only_passes_on_is_not_believed(forms, trusted, tmp_path, created, edited) -> None:
    """What a claim gathers from others, its signer does not vouch for; a library says no less than Trusted."""
    plain, path = forms["p.jpg"].with_name("plain-p.jpg"), tmp_path / "p.jpg"
    made = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE}
    actions = {"label": "c2pa.actions.v2", "created": created, "data": {"actions": [made]}}
    definition = {"claim_version": 2, "claim_generator_info": [{"name": "a tool"}], "assertions": [actions]}
    builder = c2pa.Builder(json.dumps(definition), manifest_context(b""))
    with plain.open("rb") as media, path.open("w+b") as output:
        sign_raw(builder, trusted[0], "image/jpeg", media, output)
    if edited:
        parent, path = path, tmp_path / "edited.jpg"
        sign_file(parent, path, _claim("image/jpeg", DigitalSourceType.DIGITAL_CAPTURE, parent=parent), *trusted)
    verification = verify(path, trusted)
    assert verification.evidence.manifest.is_sound and verification.evidence.manifest.says_captured
    assert verification.verdict.outcome is (Outcome.CAPTURED if created else Outcome.UNKNOWN)
    assert ("only passed on" in verification.verdict.headline) is not created


@pytest.mark.parametrize("name", ["p.jpg", "v.mp4"])
def test_whoever_is_trusted_stays_so_over_what_only_they_trusted(forms, trusted, tmp_path, name) -> None:
    """A library says no more than "Valid" of the whole then, and that read as if its own signer were not trusted."""
    media_type, _ = FORMS[name]
    plain, claimed, edited = forms[name].with_name(f"plain-{name}"), tmp_path / name, tmp_path / f"edited-{name}"
    chain = issue_development_chain("a stranger", NOW)
    stranger = PemSigner.from_pem(chain.signer, chain.signer_key)
    sign_file(plain, claimed, _claim(media_type, DigitalSourceType.DIGITAL_CAPTURE), stranger, chain.authority)
    claim = _claim(media_type, DigitalSourceType.DIGITAL_CAPTURE, parent=claimed)
    sign_file(plain, edited, claim, trusted[0], trusted[1] + chain.authority)
    verification = verify(edited, trusted)
    manifest = verification.evidence.manifest
    assert json.loads(manifest.raw_json)["validation_state"] == "Valid"
    assert manifest.state is ValidationState.TRUSTED and manifest.signer_trusted
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "over what comes from “a stranger" in verification.verdict.headline


def test_a_strangers_model_is_named_by_the_stranger_and_not_by_the_editor_who_is_trusted(
    forms, trusted, tmp_path
) -> None:
    plain, claimed, edited = forms["p.jpg"].with_name("plain-p.jpg"), tmp_path / "p.jpg", tmp_path / "edited.jpg"
    chain = issue_development_chain("a stranger", NOW)
    stranger = PemSigner.from_pem(chain.signer, chain.signer_key)
    made = replace(
        _claim("image/jpeg", DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA), software_agent=SoftwareAgent("A Model", "9")
    )
    sign_file(plain, claimed, made, stranger, chain.authority)
    sign_file(plain, edited, _claim("image/jpeg", DigitalSourceType.DIGITAL_CAPTURE, parent=claimed), *trusted)
    verdict = verify(edited, trusted).verdict
    assert verdict.outcome is Outcome.GENERATED
    assert verdict.headline.startswith("Generated by A Model 9, says “a stranger")
    assert "whom this installation does not trust" in verdict.headline
    assert "a stranger" in dict(describe(verdict.origin))["made with"]
    both = Verifier(Sources(anchors=trusted[1] + chain.authority)).verify(edited).verdict
    assert both.origin.generator == "A Model 9" and not both.origin.generator_signer
    assert "does not trust" not in both.headline


def test_what_a_model_did_to_a_cameras_picture_is_read_from_every_action(forms, trusted, tmp_path) -> None:
    filled = {"action": "c2pa.edited", "digitalSourceType": DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.value}
    gathered = {"label": "c2pa.actions.v2", "data": {"actions": [filled]}}
    definition = {"claim_version": 2, "title": "x", "claim_generator_info": [GENERATOR]}
    plain, path, edited = forms["p.jpg"].with_name("plain-p.jpg"), tmp_path / "filled.jpg", tmp_path / "edited.jpg"
    builder = c2pa.Builder(json.dumps({**definition, "assertions": [_created(), gathered]}), manifest_context(b""))
    with plain.open("rb") as media, path.open("w+b") as output:
        sign_raw(builder, trusted[0], "image/jpeg", media, output)
    sign_file(plain, edited, _claim("image/jpeg", DigitalSourceType.DIGITAL_CAPTURE, parent=path), *trusted)
    for file in (path, edited):
        assert verify(file, trusted).verdict.outcome is Outcome.GENERATED


@pytest.mark.parametrize("name", ["p.jpg", "v.mp4"])
def test_a_manifest_that_breaks_the_specification_as_it_was_signed_is_not_called_tampered(
    forms, trusted, tmp_path, name
) -> None:
    """Firmware of cameras writes such ones. What it says is believed in nothing, and an edit of it hides nothing."""
    media_type, _ = FORMS[name]
    taken = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE.value}
    opened = {"action": "c2pa.opened"}  # what was opened is not said
    actions = {"label": "c2pa.actions.v2", "data": {"actions": [opened, taken]}}
    definition = {"claim_version": 2, "title": "x", "claim_generator_info": [GENERATOR], "assertions": [actions]}
    plain, path, edited = forms[name].with_name(f"plain-{name}"), tmp_path / name, tmp_path / f"edited-{name}"
    builder = c2pa.Builder(json.dumps(definition), manifest_context(b""))
    with plain.open("rb") as media, path.open("w+b") as output:
        sign_raw(builder, trusted[0], media_type, media, output)
    report = verify(path, trusted).evidence.manifest
    assert {failure.concern for failure in report.failures} == {Concern.FORM}
    claim, output_ = _claim(media_type, DigitalSourceType.DIGITAL_CAPTURE, parent=path), io.BytesIO()
    with plain.open("rb") as media, path.open("rb") as parent:
        sign_stream(media, output_, claim, *trusted, parent=parent)
    edited.write_bytes(output_.getvalue())
    for file in (path, edited):
        verification = verify(file, trusted)
        assert verification.verdict.outcome is Outcome.UNKNOWN
        assert "breaks the specification" in verification.verdict.headline
        shown = " ".join(statement.text for statement in verification.verdict.statements)
        assert "breaks the specification" in shown and "was broken" not in shown
    content = bytearray(path.read_bytes())
    content[_content_of(bytes(content), plain.read_bytes())] ^= 0x04
    path.write_bytes(content)
    assert verify(path, trusted).verdict.outcome is Outcome.TAMPERED


FILLED = {"action": "c2pa.edited", "digitalSourceType": DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.value}
HIDDEN: dict[str, tuple[dict[str, object], Outcome]] = {
    "in a template": ({"actions": [{"action": "c2pa.edited"}], "templates": [FILLED]}, Outcome.GENERATED),
    "in a template for all": (
        {"actions": [{"action": "a.b"}], "templates": [FILLED | {"action": "*"}]},
        Outcome.GENERATED,
    ),
    "in a related action": ({"actions": [{"action": "c2pa.edited", "related": [FILLED]}]}, Outcome.GENERATED),
    "behind many others": ({"actions": [*[{"action": "c2pa.edited"}] * 300, FILLED]}, Outcome.UNKNOWN),
    "by another name": (
        {"actions": [FILLED | {"digitalSourceType": FILLED["digitalSourceType"].replace("http:", "https:")}]},
        Outcome.UNKNOWN,
    ),
    "by a generator's name": (
        {"actions": [{"action": "c2pa.edited", "softwareAgent": {"name": "Stable Diffusion XL"}}]},
        Outcome.UNKNOWN,
    ),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_what_a_model_did_is_read_wherever_it_is_said(forms, trusted, tmp_path, where) -> None:
    """Or what says it is not believed to be all a camera's."""
    said, outcome = HIDDEN[where]
    actions = _created()
    data = actions["data"]
    assert isinstance(data, dict) and isinstance(said["actions"], list)
    actions["data"] = data | said | {"actions": [*data["actions"], *said["actions"]]}
    definition = {"claim_version": 2, "title": "x", "claim_generator_info": [GENERATOR], "assertions": [actions]}
    plain, path, edited = forms["p.jpg"].with_name("plain-p.jpg"), tmp_path / "filled.jpg", tmp_path / "edited.jpg"
    with plain.open("rb") as media, path.open("w+b") as output:
        sign_raw(c2pa.Builder(json.dumps(definition), manifest_context(b"")), trusted[0], "image/jpeg", media, output)
    output_ = io.BytesIO()
    claim = _claim("image/jpeg", DigitalSourceType.DIGITAL_CAPTURE, parent=path)
    with plain.open("rb") as media, path.open("rb") as parent:
        sign_stream(media, output_, claim, *trusted, parent=parent)
    edited.write_bytes(output_.getvalue())
    for file in (path, edited):
        verification = verify(file, trusted)
        assert verification.evidence.manifest.state is ValidationState.TRUSTED
        assert verification.verdict.outcome is outcome


ELSEWHERE = {
    "label": "c2pa.ai-disclosure",
    "size": 100,
    "location": {"url": "https://example.invalid/a", "alg": "sha256", "hash": [1] * 32},
    "content_type": "application/cbor",
}
SCHEMA = {"@context": "https://schema.org", "@type": "CreativeWork"}
BESIDE: dict[str, dict[str, Any]] = {
    "kept at an address": {"label": "c2pa.cloud-data", "data": ELSEWHERE},
    "by the name of schema.org": {
        "label": "stds.schema-org.CreativeWork",
        "kind": "Json",
        "data": SCHEMA | {"digitalSourceType": "https://schema.org/TrainedAlgorithmicMediaDigitalSource"},
    },
}


@pytest.mark.parametrize("where", BESIDE)
def test_a_camera_is_not_believed_beside_what_may_be_a_models(forms, trusted, tmp_path, where) -> None:
    definition = {
        "claim_version": 2,
        "title": "x",
        "claim_generator_info": [GENERATOR],
        "assertions": [_created(), {"created": True, **BESIDE[where]}],
    }
    path = tmp_path / "beside.jpg"
    with forms["p.jpg"].with_name("plain-p.jpg").open("rb") as media, path.open("w+b") as output:
        sign_raw(c2pa.Builder(json.dumps(definition), manifest_context(b"")), trusted[0], "image/jpeg", media, output)
    verification = verify(path, trusted)
    assert verification.evidence.manifest.state is ValidationState.TRUSTED
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "does not say that of all" in verification.verdict.headline


# -- bytes outside the hash (trap 6)


def test_content_in_a_table_that_is_none_is_found(forms, trusted, tmp_path) -> None:
    hidden = _box(b"mfra", _box(b"tfra", bytes(16)) + _box(b"evil", b"a payload") + b"and more")
    path = tmp_path / "v.mp4"
    path.write_bytes(forms["v.mp4"].read_bytes() + hidden)
    assert unhashed_bytes(path) == len(_box(b"evil", b"a payload").replace(b"\0", b"") + b"and more")
    verification = verify(path, trusted)
    assert verification.verdict.outcome is not Outcome.CAPTURED
    path.write_bytes(forms["v.mp4"].read_bytes() + _box(b"mfra", _box(b"tfra", bytes(16)) + _box(b"mfro", b"\1" * 8)))
    assert unhashed_bytes(path) == 0


def test_content_behind_the_store_in_its_own_box_is_found(forms, tmp_path) -> None:
    """Only a signer can leave room there: a box that grows afterwards moves what follows, which the hash sees."""
    source = forms["v.mp4"]
    box = next(box for box in scan_boxes(source) if box.uuid == C2PA_UUID)
    content, end = source.read_bytes(), box.offset + box.size
    grown = struct.pack(">I", box.size + 9) + content[box.offset + 4 : end] + b"a payload"
    path = tmp_path / "v.mp4"
    path.write_bytes(content[: box.offset] + grown + content[end:])
    assert unhashed_bytes(source) == 0
    assert unhashed_bytes(path) == len(b"a payload")


@pytest.mark.parametrize("name", FORMS)
def test_content_in_the_padding_of_the_signature_is_found(forms, trusted, tmp_path, name) -> None:
    """Ten kilobytes that no hash and no signature covers: whatever is put there, the library says Trusted."""
    content = bytearray(forms[name].read_bytes())
    pad = content.index(b"cpad\x59", content.index(b"c2pa.signature\0")) + 7
    assert content[pad : pad + 1000] == bytes(1000)
    content[pad + 100 : pad + 109] = b"a payload"
    path = tmp_path / name
    path.write_bytes(content)
    verification = verify(path, trusted)
    assert verification.evidence.manifest.is_sound, "the attack works against whoever asks the library alone"
    assert verification.evidence.container.unhashed == len(b"a payload")
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    assert {found.kind for found in verification.verdict.contradictions} == {"unhashed_bytes"}


def _box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


# -- structure


def test_a_film_of_two_media_boxes_is_signed_and_holds(forms, trusted, tmp_path) -> None:
    """Trap 7: with Merkle hashing such a file signs, and reads Invalid."""
    plain = forms["v.mp4"].with_name("plain-v.mp4")
    two = tmp_path / "two.mp4"
    two.write_bytes(plain.read_bytes() + _box(b"mdat", b"more media"))
    sign_file(two, tmp_path / "signed.mp4", _claim("video/mp4", DigitalSourceType.DIGITAL_CAPTURE), *trusted)
    assert verify(tmp_path / "signed.mp4", trusted).verdict.outcome is Outcome.CAPTURED


def test_an_index_moved_after_signing_is_tampering(forms, trusted, tmp_path) -> None:
    """Trap 16: a "faststart" pass of a tool that knows nothing of manifests."""
    content = forms["v.mp4"].read_bytes()
    boxes = scan_boxes(forms["v.mp4"])
    index = next(box for box in boxes if box.type == "moov")
    moved = content[index.offset : index.offset + index.size]
    path = tmp_path / "v.mp4"
    path.write_bytes(content[: index.offset] + content[index.offset + index.size :] + moved)
    assert verify(path, trusted).verdict.outcome is Outcome.TAMPERED


def test_a_remote_manifest_is_no_evidence(tmp_path, forms, trusted) -> None:
    """Trap 9; that nothing is fetched, ``manifest/test_read`` shows with a server that listens."""
    signer, _ = trusted
    definition = {"claim_version": 2, "title": "x", "claim_generator_info": [GENERATOR], "assertions": [_created()]}
    builder = c2pa.Builder(json.dumps(definition), context=manifest_context(b""))
    builder.set_no_embed()
    builder.set_remote_url("http://127.0.0.1:9/\x1b[2Jsecret.c2pa")
    path = tmp_path / "remote.jpg"
    with forms["p.jpg"].with_name("plain-p.jpg").open("rb") as media, path.open("w+b") as output:
        sign_raw(builder, signer, "image/jpeg", media, output)
    verification = verify(path, trusted)
    assert verification.evidence.manifest.presence is ManifestPresence.REMOTE_ONLY
    assert verification.verdict.outcome is Outcome.UNKNOWN
    said = next(s for s in verification.verdict.statements if s.source is Source.MANIFEST)
    assert said.tone is Tone.SILENT
    assert "not fetched" in said.text
    assert "\x1b" not in said.text


def test_a_store_without_content_is_neither_believed_nor_called_tampered(forms, trusted, tmp_path) -> None:
    """A sidecar. Nothing was changed: what was signed is not there."""
    path = tmp_path / "alone.c2pa"
    with forms["p.jpg"].open("rb") as file:
        (store,) = stores(file, kind_of_file(file))
    path.write_bytes(store)
    verification = verify(path, trusted)
    assert verification.evidence.manifest.hard_binding_matches is False
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "without the content" in verification.verdict.headline
    broken = bytearray(store)
    broken[store.index(b"digitalSourceType") + 40] ^= 1
    path.write_bytes(broken)
    assert verify(path, trusted).verdict.outcome is Outcome.TAMPERED


# -- what cannot be seen is not vouched for


def test_a_camera_claim_over_what_cannot_be_looked_at_is_not_accepted(studio, forms, trusted, tmp_path) -> None:
    """An attacker who cannot remove the mark makes the picture undecodable for us, and plays it elsewhere."""
    keys = (studio.ring.watermark_key,)
    content = bytearray(forms["v.mp4"].with_name("plain-v.mp4").read_bytes())
    entry = content.index(b"avc1", content.index(b"stsd"))
    content[entry : entry + 4] = b"xxxx"  # a codec that is not ours to read
    plain, path = tmp_path / "plain.mp4", tmp_path / "odd.mp4"
    plain.write_bytes(content)
    sign_file(plain, path, _claim("video/mp4", DigitalSourceType.DIGITAL_CAPTURE), *trusted)
    found = gather(path, Sources(anchors=trusted[1], keys=keys), Limits())
    assert found.container.unseen
    assert judge(found).outcome is Outcome.UNKNOWN
    with pytest.raises(MediaError):
        gather(plain, Sources(anchors=trusted[1], keys=keys), Limits())


def test_a_film_that_calls_itself_a_sound_is_looked_at(studio, sealed, stripped, tmp_path) -> None:
    """What a file calls itself (ftyp) is outside the hash; players show the pictures all the same."""
    for film in (sealed, stripped):
        content = film.read_bytes()
        path = tmp_path / "film.m4a"
        path.write_bytes(content[:8] + b"M4A " + content[12:])
        found = gather(path, Sources(keys=(studio.ring.watermark_key,)), Limits())
        assert found.container.family is Family.VIDEO
        assert found.mark is not None
        assert found.mark.state is MarkState.VERIFIED


def test_pictures_in_a_second_track_are_not_vouched_for(studio, trusted, plain, stripped, tmp_path) -> None:
    """A clean film first, a marked one beside it: players choose which to show."""
    two, path = tmp_path / "two.mp4", tmp_path / "signed.mp4"
    with av.open(str(plain)) as clean, av.open(str(stripped)) as marked, av.open(str(two), "w") as target:
        tracks = [(film, target.add_stream_from_template(film.streams.video[0])) for film in (clean, marked)]
        for film, track in tracks:
            for packet in film.demux(video=0):
                if packet.dts is not None:
                    packet.stream = track
                    target.mux(packet)
    sign_file(two, path, _claim("video/mp4", DigitalSourceType.DIGITAL_CAPTURE), *trusted)
    keys = (studio.ring.watermark_key,)
    verdict = judge(gather(path, Sources(anchors=trusted[1], keys=keys), Limits()))
    assert verdict.outcome is Outcome.UNKNOWN
    assert any("first alone" in said.text for said in verdict.statements)


def test_without_a_look_a_camera_is_not_believed_where_there_is_a_key(studio, forms, trusted) -> None:
    with_key = gather(
        forms["p.png"], Sources(anchors=trusted[1], keys=(studio.ring.watermark_key,)), Limits(), search=MarkSearch.NONE
    )
    assert judge(with_key).outcome is Outcome.UNKNOWN
    assert "not looked at" in judge(with_key).headline
    without = gather(forms["p.png"], Sources(anchors=trusted[1]), Limits(), search=MarkSearch.NONE)
    assert judge(without).outcome is Outcome.CAPTURED


# -- hostile text in every field (and a title of a megabyte)

EVIL = "\x1b[2J\x9b31m\x07<script>alert(1)</script>\u202egpj.exe\u2066\u2028\r\n[bold red]VERIFIED[/] &amp; \x00"


def _created(**more: object) -> dict[str, object]:
    action = {"action": "c2pa.created", "digitalSourceType": DigitalSourceType.DIGITAL_CAPTURE.value, **more}
    return {"label": "c2pa.actions.v2", "created": True, "data": {"actions": [action], "allActionsIncluded": True}}


@pytest.fixture(scope="module", params=[EVIL, "A" * (1 << 20) + EVIL], ids=["escapes", "a megabyte"])
def hostile(request, forms, trusted, tmp_path_factory) -> Verification:
    evil = request.param
    big = len(evil) > 10_000
    definition = {
        "claim_version": 2,
        "title": evil[:900_000] if big else evil,
        "format": "image/png",
        "claim_generator_info": [{"name": "x" if big else evil, "version": "x" if big else evil}],
        "ingredients": [
            {"title": evil[-200:], "format": "text/plain", "relationship": "inputTo", "description": evil[-200:]}
        ],
        "assertions": [
            _created(softwareAgent={"name": evil[-200:], "version": evil[-200:]}, description=evil[-200:]),
            {
                "label": "c2pa.soft-binding",
                "data": {"alg": evil[-200:], "blocks": [{"scope": {}, "value": "<b>"}]},
            },
            {"label": "c2pa.ai-disclosure", "data": {"modelType": evil[-200:], "modelName": evil[-200:]}},
            {"label": "org.evil.note", "data": {evil[-60:]: evil[-200:]}},
        ],
    }
    signer, _ = trusted
    builder = c2pa.Builder(json.dumps(definition), context=manifest_context(b""))
    path = tmp_path_factory.mktemp("hostile") / "evil.png"
    with forms["p.png"].with_name("plain-p.png").open("rb") as media, path.open("w+b") as output:
        sign_raw(builder, signer, "image/png", media, output)
    return verify(path, trusted)


def test_hostile_text_reaches_no_terminal(hostile) -> None:
    shown = io.StringIO()
    Console(file=shown, force_terminal=False, width=100).print(render(hostile))
    text = shown.getvalue()
    assert len(text) < 12_000
    assert not any(c in text for c in "\x1b\x9b\x07\x00\u202e\u2066\u2028\r")
    assert line(report_of(hostile)).isprintable()
    assert line(report_of(hostile)).isascii()


def test_hostile_text_reaches_no_page(hostile) -> None:
    written = page(hostile, ())
    assert "<script>alert" not in written
    assert not any(c in written for c in "\x1b\x9b\x00\u202e\u2066")
    assert len(written) < 4_000_000


def test_the_text_of_a_manifest_does_not_sway_the_verdict(hostile) -> None:
    assert hostile.verdict.outcome in (Outcome.CAPTURED, Outcome.UNKNOWN)
    assert "VERIFIED" not in hostile.verdict.headline


# -- history, in sound and pictures


@pytest.fixture(scope="module")
def marked_sound(studio, tmp_path_factory) -> Path:
    """A sound with this operator's mark and no manifest: what is left of a sealed one."""
    from touchmark.provenance.media.sound import open_sound, write_sound
    from touchmark.provenance.watermark.audio import LoudnessMark
    from touchmark.provenance.watermark.protocol import Payload

    folder = tmp_path_factory.mktemp("sound")
    with open_sound(sound_file(folder / "plain.wav", "pcm_s16le", "s16", seconds=8)) as reader:
        marked = LoudnessMark().embed(reader.whole(), Payload(7), studio.ring.watermark_key)
        write_sound(marked, folder / "marked.wav", reader.info)
    return folder / "marked.wav"


def test_a_sound_whose_history_was_dropped_is_named(studio, marked_sound, camera, tmp_path) -> None:
    """Trap 5: only the mark can tell."""
    claim = _claim("audio/wav", DigitalSourceType.DIGITAL_CAPTURE)
    sign_file(marked_sound, tmp_path / "claimed.wav", claim, camera.signer, camera.anchor)
    verdict = studio.judge(tmp_path / "claimed.wav", camera)
    assert verdict.outcome is Outcome.CONTRADICTORY
    assert {found.kind for found in verdict.contradictions} == {"capture_claim_over_mark"}
    assert "sound carries" in verdict.contradictions[0].explanation


def test_a_picture_whose_history_was_dropped_is_named(studio, camera, tmp_path) -> None:
    from touchmark.provenance.media.still import read_still, write_still
    from touchmark.provenance.watermark.protocol import Payload
    from touchmark.provenance.watermark.still import mark_still

    frame = next(iter(moving_clip(320, 320, count=1, seed=5).frames))
    import cv2

    assert cv2.imwrite(str(tmp_path / "plain.png"), frame.pixels)
    still = mark_still(read_still(tmp_path / "plain.png"), Payload(9), studio.ring.watermark_key)
    write_still(still, tmp_path / "marked.png")
    claim = _claim("image/png", DigitalSourceType.DIGITAL_CAPTURE)
    sign_file(tmp_path / "marked.png", tmp_path / "claimed.png", claim, camera.signer, camera.anchor)
    verdict = studio.judge(tmp_path / "claimed.png", camera)
    assert verdict.outcome is Outcome.CONTRADICTORY
    assert {found.kind for found in verdict.contradictions} == {"capture_claim_over_mark"}
