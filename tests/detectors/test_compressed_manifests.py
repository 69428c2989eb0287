"""Compressed manifests: those that a C2PA library writes are believed; what is hidden in one, or by one, is found."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import brotli
import c2pa
import cbor2
import pytest

from tests.detectors.jumbf import at, box, compressed, inner, rebuilt, superbox
from tests.detectors.test_forged_stores import CHAIN, SIGNER, store_of, verify, with_store
from tests.forms import FORMS
from touchmark.detectors.verdict import Outcome
from touchmark.provenance.manifest import context
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType, SoftwareAgent
from touchmark.provenance.manifest.jumbf import COMPRESSED
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.manifest.write import sign_stream

HIDDEN = bytes(range(1, 256)) * 12
NAMES = ("p.png", "p.jpg")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pictures of a camera, signed by the library with compressed manifests, and such of an editor made of them."""
    folder, made = tmp_path_factory.mktemp("packed"), {}
    with pytest.MonkeyPatch.context() as patch:
        prefer_compression(patch)
        for name in NAMES:
            media_type, make = FORMS[name]
            plain = make(folder / f"plain-{name}")
            made[name] = sign(plain, folder / name, media_type)
            made[f"edited-{name}"] = sign(made[name], folder / f"edited-{name}", media_type, parent=made[name])
    context._context.cache_clear()
    return made


def prefer_compression(patch: pytest.MonkeyPatch) -> None:
    made = c2pa.Context.from_dict

    def with_compression(settings: dict[str, Any]) -> c2pa.Context:
        return made({**settings, "core": {**settings["core"], "prefer_compress_manifests": True}})

    patch.setattr(c2pa.Context, "from_dict", with_compression)
    context._context.cache_clear()


def sign(source: Path, path: Path, media_type: str, parent: Path | None = None) -> Path:
    agent = SoftwareAgent("a camera", "1")
    claim = Claim("x", media_type, DigitalSourceType.DIGITAL_CAPTURE, agent, datetime.now(UTC), parent=parent)
    output, beneath = io.BytesIO(), None if parent is None else io.BytesIO(parent.read_bytes())
    sign_stream(io.BytesIO(source.read_bytes()), output, claim, SIGNER, CHAIN.authority, parent=beneath)
    path.write_bytes(output.getvalue())
    return path


@pytest.mark.parametrize("name", [*NAMES, *(f"edited-{name}" for name in NAMES)])
def test_compressed_manifests_of_a_library_are_believed(packed: dict[str, Path], name: str) -> None:
    store = store_of(packed[name])
    kinds = [one[16:20] for one in inner(store)[1:]]
    assert kinds[-1] == COMPRESSED, "the library compresses what it signs"
    assert len(kinds) == 1 + name.startswith("edited")
    verification = verify(packed[name])
    assert verification.evidence.manifest.is_sound
    assert verification.evidence.manifest.left_out == ()
    assert verification.evidence.container.unhashed == 0
    assert verification.verdict.outcome is Outcome.CAPTURED
    seen = KeptStore.of(store).store
    assert seen is not None
    shown = json.loads(verification.evidence.manifest.raw_json)
    assert {one.label.decode() for one in seen.inner} == set(shown["manifests"])
    assert seen.inner[-1].label.decode() == shown["active_manifest"]


def unpacked(store: bytes) -> tuple[bytes, bytes]:
    """Description of a store with one compressed manifest, and that manifest."""
    description, manifest = inner(store)
    return description, brotli.decompress(inner(manifest)[1][8:])


def repacked(manifest: bytes, label: str | None = None, stream: bytes | None = None, *more: bytes) -> bytes:
    name = manifest[33 : manifest.index(b"\0", 33)].decode()
    return superbox(b"c2cm", label or name, box(b"brob", stream or brotli.compress(manifest)), *more)


def in_pad(manifest: bytes) -> bytes:
    """Beside the signature."""

    def hide(boxes: list[bytes]) -> list[bytes]:
        protected, header, *rest = cbor2.loads(boxes[1][8:]).value
        pad = HIDDEN.ljust(len(header["pad"]), b"\0")
        return [boxes[0], box(b"cbor", cbor2.dumps(cbor2.CBORTag(18, [protected, {**header, "pad": pad}, *rest])))]

    return repacked(rebuilt(manifest, ("c2pa",), at(("c2pa.signature",), hide)))


def in_the_stream(manifest: bytes) -> bytes:
    """In a block of metadata, which decoders pass over (RFC 7932, 9.2), before the data."""
    bits = [byte >> place & 1 for byte in brotli.compress(manifest, lgwin=22) for place in range(8)]
    window, data = bits[:4], bits[4:]
    assert window == [1, 1, 0, 1]
    size = [len(HIDDEN) - 1 >> place & 1 for place in range(16)]
    return repacked(manifest, stream=bytes_of([*window, 0, 1, 1, 0, 0, 1, *size]) + HIDDEN + bytes_of(data))


def bytes_of(bits: list[int]) -> bytes:
    whole = [*bits, *[0] * (-len(bits) % 8)]
    return bytes(sum(bit << place for place, bit in enumerate(whole[at : at + 8])) for at in range(0, len(whole), 8))


TRICKS: dict[str, Callable[[bytes], bytes]] = {
    "beside the signature": in_pad,
    "in the stream": in_the_stream,
    "behind the stream": lambda manifest: repacked(manifest, stream=brotli.compress(manifest) + HIDDEN),
    "behind the manifest": lambda manifest: repacked(manifest, stream=brotli.compress(manifest + HIDDEN)),
    "in a box behind it": lambda manifest: repacked(manifest, stream=brotli.compress(manifest + box(b"evil", HIDDEN))),
    "in a box beside the stream": lambda manifest: repacked(manifest, None, None, box(b"evil", HIDDEN)),
    "in a second stream": lambda manifest: repacked(manifest, None, None, box(b"brob", brotli.compress(HIDDEN))),
    "in a manifest packed before it": lambda manifest: repacked(renamed(manifest)) + repacked(manifest),
    "in another of its label before it": lambda manifest: repacked(filled(manifest)) + repacked(manifest),
    "in another of its label behind it": lambda manifest: repacked(manifest) + repacked(filled(manifest)),
    "in another of its label, not packed": lambda manifest: filled(manifest) + repacked(manifest),
    "under another label": lambda manifest: repacked(filled(manifest), "urn:c2pa:other") + repacked(manifest),
    "by another name": lambda manifest: called(b"c2ma", in_pad(manifest)),
    "by the name of no manifest": lambda manifest: called(b"json", in_pad(manifest)),
    "packed twice": lambda manifest: repacked(manifest, stream=brotli.compress(in_pad(manifest))),
    "not packed well": lambda manifest: compressed(in_pad_bare(manifest)),
}


def in_pad_bare(manifest: bytes) -> bytes:
    return brotli.decompress(inner(in_pad(manifest))[1][8:])


def called(kind: bytes, packed: bytes) -> bytes:
    """Of another type; a library unpacks it all the same."""
    return superbox(kind, packed[33 : packed.index(b"\0", 33)].decode(), *inner(packed)[1:])


def filled(manifest: bytes) -> bytes:
    """The manifest with a box more in it."""
    return rebuilt(manifest, ("c2pa",), at((), lambda boxes: [*boxes, box(b"evil", HIDDEN)]))


def renamed(manifest: bytes) -> bytes:
    label = manifest[33 : manifest.index(b"\0", 33)]
    return filled(manifest).replace(label, b"x" * len(label))


@pytest.mark.parametrize("trick", TRICKS)
def test_what_is_hidden_with_a_compressed_manifest_is_not_believed(
    packed: dict[str, Path], tmp_path: Path, trick: str
) -> None:
    description, manifest = unpacked(store_of(packed["p.png"]))
    path = tmp_path / "p.png"
    path.write_bytes(with_store(packed["p.png"], box(b"jumb", description + TRICKS[trick](manifest))))
    verification = verify(path)
    evidence = verification.evidence
    assert verification.verdict.outcome is not Outcome.CAPTURED
    told = evidence.manifest.left_out or evidence.container.unhashed > 1000
    assert told or evidence.manifest.state is not ValidationState.TRUSTED


@pytest.mark.parametrize("many", [1, 40])
def test_a_bomb_takes_little_memory(tmp_path: Path, many: int) -> None:
    """Some hundred bytes unpack to a quarter of a gigabyte."""
    packer = brotli.Compressor(quality=2)
    stream = b"".join(packer.process(bytes(1 << 24)) for _ in range(16)) + packer.finish()
    bombs = b"".join(superbox(b"c2cm", f"urn:c2pa:{number}", box(b"brob", stream)) for number in range(many))
    (tmp_path / "bomb").write_bytes(superbox(b"c2pa", "c2pa", bombs))
    program = """if True:
        import resource, sys
        from pathlib import Path
        from touchmark.provenance.manifest.kept import KeptStore
        data = Path(sys.argv[1]).read_bytes()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        kept = KeptStore.of(data)
        assert len(kept.store.inner) == int(sys.argv[2])
        assert all(manifest.type == b"c2cm" for manifest in kept.store.inner)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    arguments = [sys.executable, "-c", program, str(tmp_path / "bomb"), str(many)]
    grown = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    assert int(grown) < 50 << 10
