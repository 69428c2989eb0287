"""Broken and hostile files of every form: a clean verdict or a clean error, and never trust in what was changed."""

from __future__ import annotations

import random
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.forms import FORMS
from touchmark.detectors.serialise import line, report_of
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verifier
from touchmark.provenance.keys.development import issue_development_chain
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.errors import MediaError
from touchmark.provenance.signing import PemSigner

ACCEPTED = (Outcome.CAPTURED, Outcome.GENERATED)
NUMBERS = (0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(Sources(anchors=CHAIN.authority))


CHAIN = issue_development_chain("hostile", datetime.now(UTC).replace(microsecond=0))


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Camera claims that are believed as long as nothing is changed."""
    folder, made = tmp_path_factory.mktemp("forms"), {}
    signer = PemSigner.from_pem(CHAIN.signer, CHAIN.signer_key)
    for name, (media_type, make) in FORMS.items():
        agent = SoftwareAgent("a camera", "1")
        claim = Claim("x", media_type, DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC))
        sign_file(make(folder / f"plain-{name}"), folder / name, claim, signer, CHAIN.authority)
        made[name] = (folder / name).read_bytes()
    return made


def examine(verifier: Verifier, path: Path, content: bytes) -> Outcome | None:
    """The outcome; None for an error that names itself. Anything else is a crash, and fails the test."""
    path.write_bytes(content)
    try:
        verification = verifier.verify(path)
    except MediaError as error:
        assert error.code.startswith("media.")
        return None
    assert line(report_of(verification)).isascii()
    return verification.verdict.outcome


def mutated(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    at = rng.randrange(len(changed) if rng.random() < 0.5 else min(len(changed), 2048))
    match rng.randrange(7):
        case 0:
            changed[at] ^= 1 << rng.randrange(8)
        case 1:
            changed[at : at + 4] = struct.pack(rng.choice("<>") + "I", rng.choice(NUMBERS))
        case 2:
            changed[at : at + 8] = struct.pack(">Q", rng.choice((2**63 - 1, 2**64 - 1, 2**32)))
        case 3:
            del changed[max(at, 1) :]
        case 4:
            changed[at:at] = changed[: rng.randrange(1, 512)]
        case 5:
            del changed[at : at + rng.randrange(1, 512)]
        case 6:
            changed[at : at + 16] = rng.randbytes(16)
    return bytes(changed)


@pytest.mark.parametrize("name", FORMS)
def test_a_mutated_file_of_any_form_is_survived_and_not_believed(signed, verifier, tmp_path, name) -> None:
    """Where it is still believed, nothing of what was said or shown has changed: a few bits of JUMBF are no content."""
    rng, path = random.Random(name), tmp_path / name
    path.write_bytes(signed[name])
    said = verifier.verify(path).evidence.manifest.raw_json
    for _ in range(12):
        changed = mutated(signed[name], rng)
        if examine(verifier, path, changed) in ACCEPTED:
            evidence = verifier.verify(path).evidence
            assert evidence.manifest.raw_json == said
            assert evidence.manifest.hard_binding_matches
            assert evidence.container.unhashed == 0


@pytest.mark.parametrize("name", FORMS)
def test_a_file_cut_anywhere_is_survived_and_not_believed(signed, verifier, tmp_path, name) -> None:
    whole = signed[name]
    for end in (0, 1, 12, 40, 200, len(whole) // 3, len(whole) * 2 // 3, len(whole) - 1):
        assert examine(verifier, tmp_path / name, whole[:end]) not in ACCEPTED


@pytest.mark.parametrize("name", FORMS)
def test_a_file_of_one_form_under_the_head_of_another_is_survived(signed, verifier, tmp_path, name) -> None:
    for other in FORMS:
        # Brands (ftyp) are outside the hash by C2PA's own rule: among films they may be exchanged.
        if other != name and signed[other][4:8] != signed[name][4:8]:
            assert examine(verifier, tmp_path / name, signed[other][:64] + signed[name][64:]) not in ACCEPTED


def _box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def _nested(kind: bytes, depth: int) -> bytes:
    payload = b""
    for _ in range(depth):
        payload = _box(kind, payload)
    return payload


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


FTYP = _box(b"ftyp", b"isom\0\0\2\0isommp41")
UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
PNG = b"\x89PNG\r\n\x1a\n"
HEADER = _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
HOSTILE = {
    "boxes in boxes": FTYP + _nested(b"moov", 20_000),
    "stores in stores": FTYP + _box(b"uuid", UUID + bytes(4) + b"manifest\0" + bytes(8) + _nested(b"jumb", 20_000)),
    "a box larger than the world": FTYP + struct.pack(">I4sQ", 1, b"mdat", 2**63),
    "a box smaller than itself": FTYP + struct.pack(">I4s", 4, b"moov") + bytes(64),
    "boxes without end": FTYP + _box(b"free", b"") * 120_000,
    "an index of four thousand million entries": FTYP
    + _box(b"moov", _box(b"stsz", struct.pack(">III", 0, 0, 2**32 - 1))),
    "only a store, empty": FTYP + _box(b"uuid", UUID),
    "a store cut short": FTYP + _box(b"uuid", UUID + bytes(4) + b"manifest"),
    "a PNG of nothing but its store": PNG + HEADER + _chunk(b"caBX", _nested(b"jumb", 500)) + _chunk(b"IEND", b""),
    "a PNG that declares a picture of terabytes": PNG
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 16, 6, 0, 0, 0)),
    "a PNG whose profile unpacks to a gigabyte": PNG
    + HEADER
    + _chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(8 << 20))),
    "a JPEG of empty segments": b"\xff\xd8" + b"\xff\xeb\0\2" * 50_000,
    "a JPEG whose store never ends": b"\xff\xd8\xff\xeb\xff\xffJP\0\1\0\0\0\1\xff\xff\xff\xffjumb" + bytes(100),
    "a RIFF that contains itself": b"RIFF\xff\xff\xff\xffWAVE" + b"C2PA\xff\xff\xff\xff" + bytes(64),
    "a RIFF of no size": b"RIFF\0\0\0\0AVI " + b"LIST\0\0\0\0" * 1000,
    "a WebP of chunks without end": b"RIFF\xff\xff\xff\x7fWEBP" + b"C2PA\0\0\0\0" * 100_000,
    "a TIFF whose directory is itself": b"II*\0\x08\0\0\0"
    + struct.pack("<H", 65535)
    + struct.pack("<HHII", 0xCD41, 7, 2**31, 8) * 200,
    "a TIFF whose directories go round": b"II*\0\x08\0\0\0" + struct.pack("<HI", 0, 8),
    "an ID3 of a quarter gigabyte": b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"GEOB\x7f\x7f\x7f\x7f\0\0" + bytes(64),
    "a FLAC that is all picture": b"fLaC" + b"\x86\xff\xff\xff" + bytes(64),
    "a GIF of a colour table and no end": b"GIF89a\xff\xff\xff\xff\xf7\0\0"
    + bytes(768)
    + b"!\xff\x0bC2PA_GIF\1\0\0"
    + b"\xff" * 999,
    "an SVG of entities": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaa">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><svg>&b;</svg>',
    "an SVG of depth": b"<svg>" * 50_000,
    "an SVG whose store is no base64": b"<svg xmlns:c2pa='http://c2pa.org/manifest'><metadata>"
    b"<c2pa:manifest>%%%</c2pa:manifest></metadata></svg>",
    "a PDF of references": b"%PDF-1.7\n" + b"1 0 obj <</A 1 0 R>> endobj\n" * 2000 + b"startxref\n9\n%%EOF",
    "a ZIP of nothing": b"PK\3\4" + bytes(26) + b"PK\5\6" + b"\xff" * 18,
    "a JPEG XL box of no size": b"\0\0\0\x0cJXL \r\n\x87\n" + struct.pack(">I4s", 0, b"jumb") + bytes(64),
    "a store and nothing else": _box(
        b"jumb", _box(b"jumd", bytes.fromhex("6332706100110010800000aa00389b71") + b"\3c2pa\0")
    ),
    "a HEIC of items without end": _box(b"ftyp", b"heic\0\0\0\0mif1heic")
    + _box(b"meta", bytes(4) + _box(b"iloc", b"\xff" * 64)),
    "an AVIF that is cut": _box(b"ftyp", b"avif\0\0\0\0mif1avif") + struct.pack(">I4s", 9999, b"meta"),
    "MPEG audio frames of no length": b"\xff\xfb\x90\x64" * 20_000,
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_survived_and_not_believed(verifier, tmp_path, name) -> None:
    assert examine(verifier, tmp_path / "file.mp4", HOSTILE[name]) not in ACCEPTED
