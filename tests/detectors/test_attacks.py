"""Real sealed files, attacked as a forger would; every trick must be seen, and named."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import jsonschema
import pytest

from tests.clips import moving_clip, write_clip
from touchmark.detectors.acceptance import Acceptance, ExitStatus
from touchmark.detectors.contradictions import ContradictionKind
from touchmark.detectors.document import schema
from touchmark.detectors.origin import Via
from touchmark.detectors.page import page
from touchmark.detectors.serialise import report_of
from touchmark.detectors.sources import Sources
from touchmark.detectors.statement import Source, Tone
from touchmark.detectors.verdict import Outcome, Verdict
from touchmark.detectors.verify import Verifier
from touchmark.provenance.database import open_database
from touchmark.provenance.disclosure.aigc import AigcRecord, Label
from touchmark.provenance.disclosure.xmp import XmpNote, xmp_box
from touchmark.provenance.fingerprint import Likeness
from touchmark.provenance.home import Home
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import ManifestPresence
from touchmark.provenance.media.boxes import C2PA_UUID, scan_boxes
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.media.video import RawVideo
from touchmark.provenance.registry import Registry
from touchmark.provenance.watermark.bench.attacks import ATTACKS
from touchmark.provenance.watermark.protocol import MarkState, Payload, WatermarkKey
from touchmark.provenance.watermark.video import LatticeWatermark

Transplant = Callable[[Path, Path, Path], Path]


def kinds(verdict: Verdict) -> set[ContradictionKind]:
    return {found.kind for found in verdict.contradictions}


def in_media(path: Path) -> int:
    """Offset of a byte of coded picture."""
    box = next(box for box in scan_boxes(path) if box.type == "mdat")
    return box.offset + box.size - 100


def flipped(path: Path, offset: int, bits: int, destination: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[offset] ^= bits
    destination.write_bytes(content)
    return destination


# -- what is in order


def test_a_published_file_is_generated_by_whom_it_says(studio, sealed, registration) -> None:
    verification = studio.verify(sealed)
    verdict, evidence = verification.verdict, verification.evidence
    assert verdict.outcome is Outcome.GENERATED
    assert verdict.contradictions == verdict.tampering == ()
    assert verdict.origin.via is Via.MANIFEST
    assert verdict.origin.trusted
    assert verdict.origin.signer.startswith("Example Studio")
    assert verdict.origin.generator == "touchmark 0.1.0"
    assert verdict.origin.model.startswith("lattice world")
    assert verdict.origin.payload == str(registration.payload)
    assert verdict.origin.created == registration.created
    assert evidence.registration == evidence.manifest_registration == registration
    assert verdict.development_keys


def test_a_stripped_file_is_recovered_through_its_watermark(studio, stripped, registration) -> None:
    verification = studio.verify(stripped)
    verdict, evidence = verification.verdict, verification.evidence
    assert evidence.manifest.presence is ManifestPresence.ABSENT
    assert verdict.outcome is Outcome.GENERATED
    assert verdict.origin.via is Via.WATERMARK_AND_REGISTRY
    assert verdict.origin.signer.startswith("Example Studio")
    assert verdict.origin.manifest_label == registration.manifest_label
    assert evidence.recovered.signature_valid
    assert evidence.recovered.hard_binding_matches is not True
    assert verdict.development_keys


@pytest.mark.parametrize("name", ["h264_crf28", "vp9_crf36"])
def test_a_reencoded_file_is_recovered_through_its_watermark(studio, sealed, tmp_path, name) -> None:
    attack = ATTACKS[name]
    seen = tmp_path / f"seen{attack.suffix}"
    attack(sealed, seen)
    verdict = studio.judge(seen)
    assert verdict.outcome is Outcome.GENERATED, verdict
    assert verdict.origin.via is Via.WATERMARK_AND_REGISTRY
    assert verdict.origin.generator == "touchmark 0.1.0"
    assert not verdict.contradictions


def test_an_honest_edit_keeps_its_history(studio, sealed, camera, tmp_path) -> None:
    reencoded = tmp_path / "reencoded.mp4"
    ATTACKS["h264_crf23"](sealed, reencoded)
    edited = camera.sign(reencoded, tmp_path / "edited.mp4", parent=sealed)
    verdict = studio.judge(edited, camera)
    assert verdict.outcome is Outcome.GENERATED, verdict
    assert not verdict.contradictions


def test_a_trusted_camera_file_is_captured(studio, plain, camera, tmp_path) -> None:
    path = camera.sign(plain, tmp_path / "c.mp4", source_type=DigitalSourceType.DIGITAL_CAPTURE)
    assert studio.judge(path, camera).outcome is Outcome.CAPTURED
    # The same file, where nobody vouches for the maker of the camera.
    verdict = studio.judge(path)
    assert verdict.outcome is Outcome.UNKNOWN
    assert "not evidence of authenticity" in verdict.headline
    assert any("Honest Cameras" in s.text and s.tone is Tone.CAUTION for s in verdict.statements)


def test_nothing_found_is_unknown_and_says_what_that_is_worth(studio, plain) -> None:
    verdict = studio.judge(plain)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.origin is None
    assert "not evidence of authenticity" in verdict.headline


# -- what an attacker does


@pytest.mark.parametrize(
    ("kind", "header", "within"), [("ftyp", 8, 6), ("uuid", 30, 8), ("moov", 8, 6), ("mdat", 8, 6)]
)
def test_a_flip_of_any_byte_is_seen(studio, sealed, tmp_path, kind, header, within) -> None:
    """Bytes of every box: its header, and then spread over its content, padding included."""
    box = next(box for box in scan_boxes(sealed) if box.type == kind)
    inside = range(box.offset, box.offset + box.size)
    passed = []
    for index, offset in enumerate([*inside[:header:3], *inside[header :: max((box.size - header) // within, 1)]]):
        copy = flipped(sealed, offset, (0x01, 0x80, 0xFF, 0x20)[index % 4], tmp_path / "copy.mp4")
        try:
            outcome = studio.judge(copy).outcome
        except MediaError:
            continue
        if Acceptance().exit_status(outcome) is not ExitStatus.REFUSED:
            passed.append((offset, outcome))
    assert not passed


def test_changed_media_is_tampered_and_the_mark_still_names_it(studio, sealed, registration, tmp_path) -> None:
    copy = flipped(sealed, in_media(sealed), 0x01, tmp_path / "copy.mp4")
    verdict = studio.judge(copy)
    assert verdict.outcome is Outcome.TAMPERED
    assert "bytes were changed" in verdict.tampering[0]
    assert verdict.origin.payload == str(registration.payload)


@pytest.mark.parametrize("kind", [b"free", b"skip", b"abcd"])
def test_a_manifest_that_was_hidden_in_place_is_tampered(studio, sealed, tmp_path, kind) -> None:
    box = next(box for box in scan_boxes(sealed) if box.uuid == C2PA_UUID)
    content = bytearray(sealed.read_bytes())
    content[box.offset + 4 : box.offset + 8] = kind
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(content)
    assert studio.judge(copy).outcome is Outcome.TAMPERED


def test_signing_an_edit_over_a_tampered_file_is_laundering(studio, sealed, camera, tmp_path) -> None:
    tampered = flipped(sealed, in_media(sealed), 0x01, tmp_path / "tampered.mp4")
    laundered = camera.sign(tampered, tmp_path / "laundered.mp4", parent=tampered)
    verification = studio.verify(laundered, camera)
    assert verification.evidence.manifest.state == "trusted", "the attack as such must succeed"
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    assert ContradictionKind.LAUNDERED_EDIT in kinds(verification.verdict)


def test_laundering_twice_is_laundering(studio, plain, camera, tmp_path) -> None:
    signed = camera.sign(plain, tmp_path / "signed.mp4")
    tampered = flipped(signed, in_media(signed), 0x01, tmp_path / "tampered.mp4")
    once = camera.sign(tampered, tmp_path / "once.mp4", parent=tampered)
    twice = camera.sign(once, tmp_path / "twice.mp4", parent=once)
    assert kinds(studio.judge(twice, camera)) == {ContradictionKind.LAUNDERED_EDIT}


def test_a_manifest_over_other_marked_pixels_is_a_transplant(
    studio, sealed, other, with_manifest_of: Transplant, tmp_path
) -> None:
    verdict = studio.judge(with_manifest_of(sealed, other, tmp_path / "t.mp4"))
    assert verdict.outcome is Outcome.CONTRADICTORY
    assert kinds(verdict) == {ContradictionKind.TRANSPLANTED_MANIFEST}
    assert verdict.origin.payload == str(studio.seal("other.mp4", seed=2)[1].payload)
    assert verdict.origin.manifest_label == studio.seal("other.mp4", seed=2)[1].manifest_label


def test_a_manifest_over_unmarked_pixels_is_a_transplant(
    studio, sealed, plain, with_manifest_of: Transplant, tmp_path
) -> None:
    verdict = studio.judge(with_manifest_of(sealed, plain, tmp_path / "t.mp4"))
    assert kinds(verdict) == {ContradictionKind.TRANSPLANTED_MANIFEST}


def test_a_camera_manifest_over_marked_pixels_is_a_transplant(
    studio, sealed, plain, camera, with_manifest_of: Transplant, tmp_path
) -> None:
    taken = camera.sign(plain, tmp_path / "taken.mp4", source_type=DigitalSourceType.DIGITAL_CAPTURE)
    verdict = studio.judge(with_manifest_of(taken, sealed, tmp_path / "t.mp4"), camera)
    assert kinds(verdict) == {ContradictionKind.TRANSPLANTED_MANIFEST}


@pytest.mark.parametrize("trusted", [True, False])
def test_a_camera_claim_over_marked_pixels_is_named(studio, stripped, camera, tmp_path, trusted) -> None:
    forged = camera.sign(stripped, tmp_path / "f.mp4", source_type=DigitalSourceType.DIGITAL_CAPTURE)
    verdict = studio.judge(forged, *([camera] if trusted else []))
    assert verdict.outcome is Outcome.CONTRADICTORY
    assert kinds(verdict) == {ContradictionKind.CAPTURE_CLAIM_OVER_MARK}
    assert "Honest Cameras" in verdict.contradictions[0].explanation
    assert verdict.origin.via is Via.WATERMARK_AND_REGISTRY, "the mark tells better than the forger"
    assert verdict.origin.signer.startswith("Example Studio")


def test_a_camera_claim_that_admits_the_mark_is_still_named(studio, stripped, registration, camera, tmp_path) -> None:
    forged = camera.sign(
        stripped,
        tmp_path / "f.mp4",
        source_type=DigitalSourceType.DIGITAL_CAPTURE,
        binding=(studio.algorithm, registration.payload.to_bytes()),
    )
    assert ContradictionKind.CAPTURE_CLAIM_OVER_MARK in kinds(studio.judge(forged, camera))


def test_a_claim_that_is_silent_about_the_mark_dropped_its_history(studio, stripped, camera, tmp_path) -> None:
    forged = camera.sign(stripped, tmp_path / "f.mp4", agent="another generator")
    verdict = studio.judge(forged, camera)
    assert kinds(verdict) == {ContradictionKind.HISTORY_DROPPED}
    assert "a disc over a landscape" in verdict.contradictions[0].explanation


def test_a_claim_that_names_another_mark_is_a_mismatch(studio, stripped, camera, tmp_path) -> None:
    forged = camera.sign(stripped, tmp_path / "f.mp4", binding=(studio.algorithm, bytes(8)))
    assert kinds(studio.judge(forged, camera)) == {ContradictionKind.SOFT_BINDING_MISMATCH}


def test_a_promised_mark_that_is_missing_is_named(studio, plain, registration, camera, tmp_path) -> None:
    forged = camera.sign(plain, tmp_path / "f.mp4", binding=(studio.algorithm, registration.payload.to_bytes()))
    assert kinds(studio.judge(forged, camera)) == {ContradictionKind.SOFT_BINDING_MISSING_MARK}


def test_a_promised_mark_of_another_operator_proves_nothing(studio, plain, camera, tmp_path) -> None:
    signed = camera.sign(plain, tmp_path / "s.mp4", binding=(studio.algorithm, b"\x07" * 8))
    assert studio.judge(signed, camera).outcome is Outcome.GENERATED


def test_a_mark_that_is_claimed_by_another_manifest_disagrees_with_the_registry(
    studio, stripped, registration, camera, tmp_path
) -> None:
    forged = camera.sign(stripped, tmp_path / "f.mp4", binding=(studio.algorithm, registration.payload.to_bytes()))
    verdict = studio.judge(forged, camera)
    assert kinds(verdict) == {ContradictionKind.REGISTRY_DISAGREES}
    assert verdict.outcome is Outcome.CONTRADICTORY


@pytest.mark.parametrize("content", [b"a hidden message", bytes(16)])
def test_bytes_outside_the_hash_are_found(studio, sealed, tmp_path, content) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(sealed.read_bytes() + (8 + len(content)).to_bytes(4, "big") + b"free" + content)
    verification = studio.verify(copy)
    assert verification.evidence.manifest.state == "trusted", "the attack as such must succeed"
    assert kinds(verification.verdict) == {ContradictionKind.UNHASHED_BYTES}


def test_hidden_bytes_are_found_without_a_registry(studio, sealed, tmp_path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(sealed.read_bytes() + (16).to_bytes(4, "big") + b"skip" + b"secret!!")
    verdict = _with(studio, registry=None).verify(copy).verdict
    assert kinds(verdict) == {ContradictionKind.UNHASHED_BYTES}


def test_a_registry_whose_manifest_was_altered_disagrees(studio, stripped, registration, tmp_path) -> None:
    altered = registration.manifest.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicMedla")
    assert altered != registration.manifest
    registry = Registry(open_database(tmp_path / "r.sqlite3"))
    registry.register(replace(registration, manifest=altered))
    verdict = _with(studio, registry=registry).verify(stripped).verdict
    assert kinds(verdict) == {ContradictionKind.REGISTRY_DISAGREES}


def test_a_registry_that_binds_the_files_own_manifest_to_a_mark_that_it_does_not_name_disagrees(
    studio, sealed, registration, tmp_path
) -> None:
    registry = Registry(open_database(tmp_path / "r.sqlite3"))
    registry.register(replace(registration, payload=Payload(99), file_sha256="0" * 64))
    verdict = _with(studio, registry=registry).verify(sealed).verdict
    assert ContradictionKind.REGISTRY_DISAGREES in kinds(verdict)
    assert any("binds this manifest to the watermark" in found.explanation for found in verdict.contradictions)


def test_a_registry_whose_row_points_to_another_manifest_disagrees(studio, stripped, registration, tmp_path) -> None:
    _, others = studio.seal("other.mp4", seed=2)
    registry = Registry(open_database(tmp_path / "r.sqlite3"))
    registry.register(replace(registration, manifest=others.manifest))
    verdict = _with(studio, registry=registry).verify(stripped).verdict
    assert kinds(verdict) == {ContradictionKind.REGISTRY_DISAGREES}


def _marked_as(studio, registration, clip: RawVideo, path: Path) -> Path:  # type: ignore[no-untyped-def]
    """A clip with the mark of somebody else's video: the best copy of a mark that there can be."""
    marked = LatticeWatermark().embed(clip.frames, registration.payload, studio.ring.watermark_key)
    return write_clip(path, replace(clip, frames=marked), options={"crf": "20"})


def test_a_mark_copied_onto_another_picture_is_named(studio, tmp_path) -> None:
    _, registration = studio.seal("landscape.mp4", seed=0, video=moving_clip(480, 320, seed=11))
    forged = _marked_as(studio, registration, moving_clip(480, 320, seed=12), tmp_path / "f.mp4")
    verification = studio.verify(forged)
    assert verification.evidence.registration == registration, "the attack as such must succeed"
    assert kinds(verification.verdict) == {ContradictionKind.PICTURE_OF_ANOTHER_VIDEO}
    assert verification.verdict.outcome is Outcome.CONTRADICTORY
    assert [s.tone for s in verification.verdict.statements if s.source is Source.FINGERPRINT] == [Tone.AGAINST]
    same = _marked_as(studio, registration, moving_clip(480, 320, seed=11), tmp_path / "s.mp4")
    assert studio.verify(same).evidence.likeness is Likeness.SAME


def test_a_copied_mark_is_not_told_where_nothing_was_kept(studio, tmp_path) -> None:
    _, registration = studio.seal("landscape.mp4", seed=0, video=moving_clip(480, 320, seed=11))
    registry = Registry(open_database(tmp_path / "r.sqlite3"))
    registry.register(replace(registration, fingerprint=b""))
    forged = _marked_as(studio, registration, moving_clip(480, 320, seed=12), tmp_path / "f.mp4")
    verification = _with(studio, registry=registry).verify(forged)
    assert verification.evidence.likeness is None
    assert not [s for s in verification.verdict.statements if s.source is Source.FINGERPRINT]


@pytest.mark.parametrize(
    "attack", ["h264_crf28", "crop_50", "flip_horizontal", "rotate_5", "brightness_050", "speed_150"]
)
def test_a_copy_that_was_changed_is_still_the_same_picture(studio, tmp_path, attack) -> None:
    path, _ = studio.seal("landscape.mp4", seed=0, video=moving_clip(480, 320, seed=11))
    copy = tmp_path / f"c{ATTACKS[attack].suffix}"
    ATTACKS[attack](path, copy)
    verification = studio.verify(copy)
    assert verification.evidence.likeness is Likeness.SAME
    assert verification.verdict.contradictions == ()


# -- labels in the container, which anybody can write


def _labelled(source: Path, path: Path, note: XmpNote) -> Path:
    path.write_bytes(source.read_bytes() + xmp_box(note.packet()))
    return path


def test_a_recording_whose_labels_say_that_it_was_generated_is_named(studio, plain, camera, tmp_path) -> None:
    """A thief of generated content signs it as his camera's own, and overlooks what its maker wrote into it."""
    record = AigcRecord(Label.IS, "Some Generator", "17")
    for note in (XmpNote(DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.value), XmpNote(aigc=record.to_json())):
        labelled = _labelled(plain, tmp_path / "l.mp4", note)
        forged = camera.sign(labelled, tmp_path / "f.mp4", source_type=DigitalSourceType.DIGITAL_CAPTURE)
        verdict = studio.judge(forged, camera)
        assert kinds(verdict) == {ContradictionKind.LABELS_DISAGREE}
        assert "Honest Cameras" in verdict.contradictions[0].explanation
        assert verdict.contradictions[0].title == "Labels in the file disagree"
    honest = camera.sign(
        _labelled(plain, tmp_path / "c.mp4", XmpNote(DigitalSourceType.DIGITAL_CAPTURE.value)),
        tmp_path / "h.mp4",
        source_type=DigitalSourceType.DIGITAL_CAPTURE,
    )
    assert studio.judge(honest, camera).outcome is Outcome.CAPTURED


def _tagged(source: Path, path: Path, **tags: str) -> Path:
    with av.open(str(source)) as given, av.open(str(path), "w") as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        made.metadata.update(tags)
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    return path


GRAPH = '{"3": {"inputs": {"seed": 5}, "class_type": "KSampler"}}'


def test_a_recording_whose_metadata_name_a_generator_is_named(studio, plain, camera, tmp_path) -> None:
    """What a thief overlooks in the tags: the workflow that the video was made with."""
    forged = camera.sign(
        _tagged(plain, tmp_path / "t.mp4", comment=GRAPH),
        tmp_path / "f.mp4",
        source_type=DigitalSourceType.DIGITAL_CAPTURE,
    )
    verdict = studio.judge(forged, camera)
    assert kinds(verdict) == {ContradictionKind.LABELS_DISAGREE}
    assert "ComfyUI" in verdict.contradictions[0].explanation
    honest = _tagged(plain, tmp_path / "c.mp4", comment="A talk on ComfyUI", encoder="Lavf61.7.100")
    signed = camera.sign(honest, tmp_path / "h.mp4", source_type=DigitalSourceType.DIGITAL_CAPTURE)
    assert studio.judge(signed, camera).outcome is Outcome.CAPTURED


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_generator_that_metadata_name_is_told_and_not_believed(studio, plain, tmp_path, suffix: str) -> None:
    verification = studio.verify(_tagged(plain, tmp_path / f"t{suffix}", comment=GRAPH))
    verdict, report = verification.verdict, report_of(verification)
    assert verdict.outcome is Outcome.UNKNOWN
    assert "generated with ComfyUI; anybody can write that." in verdict.headline
    (statement,) = (s for s in verdict.statements if s.source is Source.CONTAINER)
    assert statement.tone is Tone.CAUTION
    assert "(the name of ComfyUI in the container's tags)" in statement.text
    assert html.escape(statement.text) in page(verification)
    assert report["evidence"]["own_labels"] == {
        "source_type": None,
        "generator": "ComfyUI",
        "generator_in": "the container's tags",
        "says_generated": True,
        "says_captured": False,
    }
    jsonschema.validate(report, schema())


def test_a_label_that_claims_a_camera_over_marked_pixels_is_named(studio, stripped, tmp_path) -> None:
    forged = _labelled(stripped, tmp_path / "f.mp4", XmpNote(DigitalSourceType.DIGITAL_CAPTURE.value))
    verdict = studio.judge(forged)
    assert kinds(verdict) == {ContradictionKind.LABELS_DISAGREE}
    assert "digitalCapture" in verdict.contradictions[0].explanation


@pytest.mark.parametrize(
    ("provenance", "told"),
    [("self#jumbf=/c2pa/urn:uuid:54281c07/c2pa.claim", True), ("https://elsewhere.example/m.c2pa", False), ("", False)],
)
def test_metadata_that_say_there_is_a_manifest_are_told_of_where_there_is_none(
    studio, plain, tmp_path, provenance: str, told: bool
) -> None:
    """What stripped the manifest often leaves XMP as it was. Anybody can write that, so no verdict rests on it."""
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{provenance}"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    left = tmp_path / "left.mp4"
    left.write_bytes(plain.read_bytes() + xmp_box(packet.encode()))
    verdict = studio.judge(left)
    assert verdict.outcome is Outcome.UNKNOWN
    assert any("its XMP says that it has one" in statement.text for statement in verdict.statements) is told


def test_a_record_of_another_file_is_named(studio, stripped, registration, tmp_path) -> None:
    """The AIGC record of a harmless video, laid over another that the same service made."""
    for number, found in ((str(Payload(registration.payload.value ^ 1)), True), (str(registration.payload), False)):
        note = XmpNote(aigc=AigcRecord(Label.IS, "Example Studio", number).to_json())
        verdict = studio.judge(_labelled(stripped, tmp_path / "f.mp4", note))
        assert (kinds(verdict) == {ContradictionKind.LABELS_DISAGREE}) is found
        assert (verdict.outcome is Outcome.GENERATED) is not found


def test_labels_alone_say_nothing_that_is_relied_upon(studio, plain, tmp_path) -> None:
    for kind, said in (("DIGITAL_CAPTURE", "a camera recorded it"), ("TRAINED_ALGORITHMIC_MEDIA", "it was generated")):
        labelled = _labelled(plain, tmp_path / "l.mp4", XmpNote(DigitalSourceType[kind].value))
        verdict = studio.judge(labelled)
        assert verdict.outcome is Outcome.UNKNOWN
        (statement,) = (s for s in verdict.statements if s.source is Source.CONTAINER)
        assert statement.tone is Tone.CAUTION
        assert said in statement.text


# -- what is missing


def _with(studio, **changes) -> Verifier:  # type: ignore[no-untyped-def]
    sources = Sources(anchors=studio.ring.trust_anchors, keys=(studio.ring.watermark_key,), registry=studio.registry)
    return Verifier(replace(sources, **changes))


def test_a_lost_registry_leaves_the_mark(studio, sealed, stripped) -> None:
    for registry in (None, "empty"):
        lost = Registry(open_database(studio.folder / "lost.sqlite3")) if registry else None
        verdict = _with(studio, registry=lost).verify(stripped).verdict
        assert verdict.outcome is Outcome.GENERATED
        assert verdict.origin.via is Via.WATERMARK
        assert verdict.origin.signer == ""
        assert _with(studio, registry=lost).verify(sealed).verdict.outcome is Outcome.GENERATED


@pytest.mark.parametrize("keys", [(), (WatermarkKey(b"some other secret of mine"),)])
def test_without_the_key_only_the_manifest_speaks(studio, sealed, stripped, keys) -> None:
    verifier = _with(studio, keys=keys)
    assert verifier.verify(sealed).verdict.outcome is Outcome.GENERATED
    verdict = verifier.verify(stripped).verdict
    assert verdict.outcome is Outcome.UNKNOWN
    said = [s.text for s in verdict.statements if s.source is Source.WATERMARK]
    assert any("says nothing about authenticity" in text or "Not looked for" in text for text in said)


def test_several_keys_are_tried(studio, stripped) -> None:
    keys = (WatermarkKey(b"an older secret of mine"), studio.ring.watermark_key)
    evidence = _with(studio, keys=keys).verify(stripped).evidence
    assert [d.state for d in evidence.detections] == [MarkState.NOTHING_FOUND, MarkState.VERIFIED]


def test_a_machine_without_a_home_verifies_and_writes_nothing(sealed, tmp_path) -> None:
    verdict = Verifier.default(Home(tmp_path / "none")).verify(sealed).verdict
    assert verdict.outcome is Outcome.UNKNOWN
    assert "not trust" in verdict.headline
    assert not verdict.development_keys
    assert list(tmp_path.iterdir()) == []


def test_only_what_rests_on_development_keys_is_labelled(studio, sealed, plain, camera, tmp_path) -> None:
    signed = camera.sign(plain, tmp_path / "s.mp4")
    assert not studio.judge(signed, camera).development_keys
    assert not studio.judge(signed).development_keys
    assert studio.judge(sealed, camera).development_keys


def test_the_public_function_verifies(studio, sealed, registration) -> None:
    import touchmark

    assert touchmark.verify(str(sealed), home=studio.home).evidence.registration == registration
