"""Collecting evidence: what cannot be read, what changes meanwhile, and what is found in the bytes."""

from __future__ import annotations

import os
import struct
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import cbor2
import pytest

from tests.clips import moving_clip, write_clip
from tests.detectors.jumbf import box, superbox
from touchmark.detectors.gathering import ChangedFileError, gather
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome, judge
from touchmark.detectors.verify import Verifier
from touchmark.provenance.manifest import traces
from touchmark.provenance.manifest.context import TrustAnchorsError
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.report import ManifestPresence
from touchmark.provenance.manifest.unsigned import unsigned_in_store
from touchmark.provenance.media.boxes import C2PA_UUID
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.media.kinds import kind_of_file
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.registry import RegistryError
from touchmark.provenance.watermark.protocol import MarkState, WatermarkKey


def _text(folder: Path, sealed: Path) -> Path:
    path = folder / "text.mp4"
    path.write_text("not a video\n")
    return path


def _empty(folder: Path, sealed: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def _truncated(folder: Path, sealed: Path) -> Path:
    path = folder / "truncated.mp4"
    path.write_bytes(sealed.read_bytes()[: sealed.stat().st_size * 2 // 3])
    return path


def _huge(folder: Path, sealed: Path) -> Path:
    """A file that declares pictures of 10,000 x 10,000 (a real one takes seconds to write)."""
    path = write_clip(folder / "huge.avi", moving_clip(96, 96, count=2, style="flat"), "mjpeg", pixel_format="yuvj420p")
    content = path.read_bytes()
    for order in ("<II", ">HH"):  # the container's header; the headers of the pictures
        content = content.replace(struct.pack(order, 96, 96), struct.pack(order, 10_000, 10_000))
    path.write_bytes(content)
    return path


def _pipe(folder: Path, sealed: Path) -> Path:
    path = folder / "pipe.mp4"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("make", [_text, _empty, _truncated, _huge, _pipe])
def test_what_cannot_be_read_says_so(make, sealed, tmp_path) -> None:
    with pytest.raises(MediaError) as raised:
        Verifier().verify(make(tmp_path, sealed))
    assert raised.value.exit_status == 3
    assert str(raised.value).startswith(str(tmp_path))
    assert "\n" not in raised.value.diagnostics()


def test_a_folder_and_a_missing_file_cannot_be_read(tmp_path) -> None:
    for path in (tmp_path, tmp_path / "none.mp4"):
        with pytest.raises(MediaError):
            Verifier().verify(path)


def test_limits_hold(sealed) -> None:
    with pytest.raises(MediaError):
        Verifier(limits=Limits(max_bytes=1000)).verify(sealed)


def test_a_file_that_changes_meanwhile_gets_no_verdict(sealed, tmp_path, studio) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(sealed.read_bytes())

    def overwrite(done: int, of_all: int) -> None:
        if done == 0:
            copy.write_bytes(sealed.read_bytes() + bytes(8))

    with pytest.raises(ChangedFileError):
        gather(copy, Sources(keys=(studio.ring.watermark_key,)), Limits(), overwrite)


def test_pictures_are_counted_when_all_have_to_be_read(sealed, studio) -> None:
    calls: list[tuple[int, int]] = []
    strangers = (WatermarkKey(b"a second operator"), WatermarkKey(b"and a third one, too"))
    gather(sealed, Sources(keys=strangers), Limits(), lambda *call: calls.append(call))
    assert calls == [*((done, 24) for done in range(25)), (24, 24)], "one pass serves all keys"


def test_a_mark_that_key_frames_show_is_read_from_them_alone(sealed, studio) -> None:
    calls: list[tuple[int, int]] = []
    key = studio.ring.watermark_key
    found = gather(sealed, Sources(keys=(key,)), Limits(), lambda *call: calls.append(call))
    assert found.mark is not None
    assert found.mark.state is MarkState.VERIFIED
    assert calls == [(0, 24), (24, 24)]


@pytest.mark.parametrize("before", [0, traces._CHUNK - 5, traces._CHUNK - 16, traces._CHUNK])
def test_remains_of_a_store_are_found_across_chunks(tmp_path, before) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(bytes(before) + C2PA_UUID + bytes(40))
    with path.open("rb") as file:
        assert traces.has_store_remains(file)
    path.write_bytes(bytes(before) + C2PA_UUID[:-1] + bytes(40))
    with path.open("rb") as file:
        assert not traces.has_store_remains(file)


def _in_gif(store: bytes) -> bytes:
    pieces = [store[at : at + 255] for at in range(0, len(store), 255)]
    blocks = b"".join(bytes([len(piece)]) + piece for piece in pieces)
    return b"GIF89a" + bytes(7) + b"\x21\xff\x0bC2PA_GIF\1\0\0" + blocks + b"\0;"


def _in_svg(store: bytes) -> bytes:
    text = b64encode(store)
    return (
        b"<svg xmlns:c2pa='http://c2pa.org/manifest'><metadata><c2pa:manifest>%s</c2pa:manifest></metadata></svg>"
        % text
    )


def _in_jpeg(store: bytes) -> bytes:
    pieces = [store[8 + start : 8 + start + 500] for start in range(0, len(store), 500)]
    heads = (b"JP\0\1" + number.to_bytes(4, "big") + store[:8] for number in range(1, len(pieces) + 1))
    segments = (head + piece for head, piece in zip(heads, pieces, strict=True))
    return b"\xff\xd8" + b"".join(b"\xff\xeb" + (2 + len(s)).to_bytes(2, "big") + s for s in segments) + b"\xff\xda"


def _in_pdf(store: bytes) -> bytes:
    return b"%%PDF-1.7\n1 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n" % (len(store), store)


@pytest.mark.parametrize("wrap", [_in_gif, _in_svg, _in_jpeg, _in_pdf])
def test_a_store_is_found_and_its_padding_looked_at_in_every_wrapping(tmp_path, wrap) -> None:
    for payload in (b"", b"a payload"):
        sign1 = cbor2.CBORTag(18, [b"", {"pad": bytes(600) + payload + bytes(400)}, None, b"signature"])
        signature = superbox(b"c2cs", "c2pa.signature", box(b"cbor", cbor2.dumps(sign1)))
        store = superbox(b"c2pa", "c2pa", superbox(b"c2ma", "urn:c2pa:1", signature))
        path = tmp_path / "file"
        path.write_bytes(wrap(store))
        with path.open("rb") as file:
            assert list(traces.stores(file, kind_of_file(file))) == [store]
        assert unsigned_in_store(KeptStore.of(store)) == len(payload)


@pytest.mark.parametrize("damage", [b"</svg", b"<", b'&"', b"<![CDATA["])
def test_an_svg_whose_store_no_library_finds_is_not_without_one(tmp_path, damage) -> None:
    """Its store is base64, in which nothing that a store has can be searched for."""
    path = tmp_path / "p.svg"
    within = damage == b"<![CDATA["
    svg = _in_svg(b"a store, " * 99)
    path.write_bytes(
        svg.replace(b"<c2pa:manifest>", b"<c2pa:manifest>" + damage).replace(b"</c2pa", b"]]></c2pa")
        if within
        else svg.replace(b"</svg>", damage)
    )
    found = gather(path, Sources(), Limits())
    assert found.manifest.presence is ManifestPresence.UNREADABLE
    assert judge(found).outcome is Outcome.TAMPERED
    for empty in (b"", b"<c2pa:manifest></c2pa:manifest>", b"<manifest/>", b"<c2pa:manifest a='b'/>", b"<manifests>x"):
        path.write_bytes(b"<svg xmlns:c2pa='http://c2pa.org/manifest'>%s</svg>" % empty)
        assert gather(path, Sources(), Limits()).manifest.presence is ManifestPresence.ABSENT


def test_a_registration_of_another_key_is_a_coincidence(stripped, studio, registration, tmp_path) -> None:
    from touchmark.provenance.database import open_database
    from touchmark.provenance.registry import Registry

    registry = Registry(open_database(tmp_path / "r.sqlite3"))
    registry.register(replace(registration, key_id="ffffffff"))
    found = gather(stripped, Sources(keys=(studio.ring.watermark_key,), registry=registry), Limits())
    assert found.mark.payload == registration.payload
    assert found.registration is None


def test_a_broken_registry_gives_no_verdict(studio, sealed, tmp_path) -> None:
    home = replace(studio.home, root=tmp_path)
    home.database.write_bytes(b"this is no database" * 100)
    with pytest.raises(RegistryError):
        Verifier.default(home).verify(sealed)


def test_further_roots_must_be_certificates(studio) -> None:
    with pytest.raises(TrustAnchorsError):
        Verifier.default(studio.home, anchors=b"no certificate\n")
