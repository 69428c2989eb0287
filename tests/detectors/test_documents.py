"""PDFs, of which a C2PA library reads all there is to find a manifest, and other documents that may hold one."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import c2pa
import pytest

from tests.detectors.cameras import sign_raw
from tests.detectors.jumbf import unpadded
from touchmark.detectors.sources import Sources
from touchmark.detectors.statement import Source, Tone
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.context import manifest_context
from touchmark.provenance.manifest.report import ManifestPresence, ValidationState
from touchmark.provenance.manifest.traces import stores
from touchmark.provenance.media.errors import LimitExceededError, UnreadableFileError
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.signing import PemSigner

CHAIN = issue_development_chain("documents", datetime.now(UTC).replace(microsecond=0))
SIGNER = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
CATALOG, PAGES = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"


def pdf(*objects: bytes) -> bytes:
    """Numbered from 1 on; the first is the catalogue."""
    content, places = b"%PDF-1.5\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(content))
    return content + head + table + trailer


def signed(plain: bytes, media_type: str) -> bytes:
    generated = DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.value
    created = {"actions": [{"action": "c2pa.created", "digitalSourceType": generated}], "allActionsIncluded": True}
    definition = {
        "claim_version": 2,
        "claim_generator_info": [{"name": "a generator"}],
        "assertions": [{"label": "c2pa.actions.v2", "created": True, "data": created}],
    }
    output = io.BytesIO()
    builder = c2pa.Builder(json.dumps(definition), manifest_context(b""))
    sign_raw(builder, SIGNER, media_type, io.BytesIO(plain), output)
    return output.getvalue()


def verify(folder: Path, content: bytes) -> Verification:
    path = folder / "document"
    path.write_bytes(content)
    return Verifier(Sources(anchors=CHAIN.authority)).verify(path)


@pytest.fixture(scope="module")
def signed_pdf() -> bytes:
    return signed(pdf(CATALOG, PAGES), "application/pdf")


def test_a_pdf_is_believed_until_it_is_changed(signed_pdf, tmp_path, monkeypatch) -> None:
    (tmp_path / "c2pa.py").write_text("raise SystemExit")  # what lies where we are is not run
    monkeypatch.chdir(tmp_path)
    assert verify(tmp_path, signed_pdf).verdict.outcome is Outcome.GENERATED
    changed = verify(tmp_path, signed_pdf.replace(b"/Count 0", b"/Count 1"))
    assert changed.evidence.manifest.state is ValidationState.INVALID
    assert changed.verdict.outcome is Outcome.TAMPERED


def test_nothing_lies_behind_the_store_in_its_stream(signed_pdf, tmp_path) -> None:
    (store,) = stores(io.BytesIO(signed_pdf), kind_of_file(io.BytesIO(signed_pdf)))
    shorter = unpadded(store)
    hidden = b"endstream endobj 1 0 obj <</Type/Catalog/Pages 9 0 R>>".ljust(len(store) - len(shorter), b"x")
    verification = verify(tmp_path, signed_pdf.replace(store, shorter + hidden))
    assert verification.evidence.container.unhashed == len(hidden)
    assert verification.verdict.outcome is Outcome.CONTRADICTORY


@pytest.mark.parametrize("length", [b"/Length 7 0 R", b"/Length 9/Length 11962"], ids=["elsewhere", "twice"])
def test_a_stream_of_unknown_length_is_not_searched(length) -> None:
    (box,) = (b"\0\0\0\x20jumb\0\0\0\x18jumd" + bytes.fromhex("6332706100110010800000aa00389b71"),)
    content = pdf(CATALOG, PAGES, b"<<" + length + b">>stream\n" + box + b"\nendstream")
    assert not list(stores(io.BytesIO(content), kind_of_file(io.BytesIO(content))))


@pytest.mark.parametrize("before", [b"", b"%PDFx\n"], ids=["first", "behind another line"])
def test_a_pdf_that_takes_a_library_gigabytes_is_refused(before, tmp_path) -> None:
    """Thousands of objects of a stream, all of which are the same half megabyte."""
    numbers = b"".join(b"%d 0 " % number for number in range(10, 3010))
    packed = zlib.compress(numbers + b"(" + b"a" * 500_000 + b")", 9)
    head = b"<</Type/ObjStm/N 3000/First %d/Filter/FlateDecode/Length %d>>" % (len(numbers), len(packed))
    with pytest.raises(LimitExceededError, match="too much memory"):
        verify(tmp_path, before + pdf(CATALOG, PAGES, head + b"stream\n" + packed + b"\nendstream"))


def test_without_room_for_a_copy_a_pdf_is_not_read(signed_pdf, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(UnreadableFileError, match="No such file"):
        verify(tmp_path, signed_pdf)


def test_a_pdf_without_a_manifest_has_none(tmp_path) -> None:
    assert verify(tmp_path, pdf(CATALOG, PAGES)).evidence.manifest.presence is ManifestPresence.ABSENT


@pytest.mark.parametrize("media_type", ["zip", "application/epub+zip"])
def test_a_manifest_in_an_archive_is_told_of_and_not_read(media_type, tmp_path) -> None:
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
    assert verify(tmp_path, plain.getvalue()).evidence.manifest.presence is ManifestPresence.ABSENT
    verification = verify(tmp_path, signed(plain.getvalue(), media_type))
    assert verification.evidence.manifest.presence is ManifestPresence.UNSUPPORTED
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "in an archive" in verification.verdict.headline
    said = next(one for one in verification.verdict.statements if one.source is Source.MANIFEST)
    assert said.tone is Tone.CAUTION
    assert "in an archive" in said.text
