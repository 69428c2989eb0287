"""What generators note in files: made as they make it, read, and named; what only speaks of a generator is not."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forms import picture_file
from tests.heif import heif
from touchmark.provenance.disclosure.generators import generator_named
from touchmark.provenance.disclosure.notes import MOST_TEXT, Note, Place, notes_of
from touchmark.provenance.media.items import metadata
from touchmark.provenance.media.kinds import kind_of_file

SETTINGS = (
    "a lighthouse at dusk\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 512x512"
)
GRAPH = json.dumps({"3": {"inputs": {"seed": 5}, "class_type": "KSampler"}})
WORKFLOW = json.dumps({"last_node_id": 9, "last_link_id": 9, "nodes": [], "links": []})
JOB = "a lighthouse --v 6 Job ID: 01234567-89ab-cdef-0123-456789abcdef"

PNG_HEAD = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 13, b"IHDR") + bytes(17)


def noted(file: BinaryIO) -> Iterator[Note]:
    kind = kind_of_file(file)
    return notes_of(file, kind, metadata(file, kind, "a picture"))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*chunks: bytes) -> bytes:
    return PNG_HEAD + b"".join(chunks) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def itxt(name: bytes, text: bytes, *, packed: bool) -> bytes:
    return chunk(b"iTXt", name + b"\0" + (b"\1\0" if packed else b"\0\0") + b"en\0\0" + text)


def tiff(first: dict[int, bytes], second: dict[int, bytes] | None = None, order: str = "<") -> bytes:
    """A TIFF of these texts in its first directory, and in the one of EXIF."""
    head = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
    count = len(first) + (second is not None)
    place = 8 + 2 + 12 * count + 4
    directory, values = struct.pack(order + "H", count), b""
    for tag, text in first.items():
        directory += _entry(order, tag, text, place + len(values))
        values += text if len(text) > 4 else b""
    if second is None:
        return head + directory + bytes(4) + values
    directory += struct.pack(order + "HHII", 0x8769, 4, 1, place + len(values))
    inner, start = struct.pack(order + "H", len(second)), place + len(values) + 2 + 12 * len(second) + 4
    texts = b""
    for tag, text in second.items():
        inner += _entry(order, tag, text, start + len(texts))
        texts += text if len(text) > 4 else b""
    return head + directory + bytes(4) + values + inner + bytes(4) + texts


def _entry(order: str, tag: int, text: bytes, place: int) -> bytes:
    value = text.ljust(4, b"\0") if len(text) <= 4 else struct.pack(order + "I", place)
    return struct.pack(order + "HHI", tag, 7 if tag == 0x9286 else 2, len(text)) + value


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    parts = (struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in segments)
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xda\0\2\xff\xd9"


def webp(exif: bytes) -> bytes:
    body = b"WEBP" + b"EXIF" + struct.pack("<I", len(exif)) + exif
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(comment: bytes) -> bytes:
    picture = b"\x2c" + bytes(8) + b"\0" + b"\2" + b"\2\x4c\1" + b"\0"
    pieces = b"".join(
        bytes([len(comment[at : at + 255])]) + comment[at : at + 255] for at in range(0, len(comment), 255)
    )
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return head + b"\x21\xf9\x04\0\0\0\0\0" + picture + b"\x21\xfe" + pieces + b"\0\x3b"


def iim(number: int, text: bytes) -> bytes:
    records = b"\x1c\x02\x00\x00\x02\0\4" + b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text
    return b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records


def named(data: bytes) -> tuple[str, Place | None]:
    found = ((generator_named(note.name, note.text), note.place) for note in noted(io.BytesIO(data)))
    return next((pair for pair in found if pair[0]), ("", None))


MADE: dict[str, tuple[bytes, str, Place]] = {
    "A1111 in PNG": (png(chunk(b"tEXt", b"parameters\0" + SETTINGS.encode())), "Stable Diffusion", Place.PNG),
    "A1111 packed": (
        png(chunk(b"zTXt", b"parameters\0\0" + zlib.compress(SETTINGS.encode()))),
        "Stable Diffusion",
        Place.PNG,
    ),
    "A1111 in UTF-8": (png(itxt(b"parameters", f"é {SETTINGS}".encode(), packed=False)), "Stable Diffusion", Place.PNG),
    "international, packed": (
        png(itxt(b"prompt", zlib.compress(GRAPH.encode()), packed=True)),
        "ComfyUI",
        Place.PNG,
    ),
    "ComfyUI's workflow": (png(chunk(b"tEXt", b"workflow\0" + WORKFLOW.encode())), "ComfyUI", Place.PNG),
    "behind the pixels": (
        PNG_HEAD + chunk(b"IDAT", b"") + chunk(b"tEXt", b"prompt\0" + GRAPH.encode()) + chunk(b"IEND", b""),
        "ComfyUI",
        Place.PNG,
    ),
    "InvokeAI": (png(chunk(b"tEXt", b"invokeai_metadata\0{}")), "InvokeAI", Place.PNG),
    "NovelAI": (png(chunk(b"tEXt", b"Software\0NovelAI")), "NovelAI", Place.PNG),
    "Midjourney": (png(chunk(b"tEXt", b"Description\0" + JOB.encode())), "Midjourney", Place.PNG),
    "EXIF in PNG": (png(chunk(b"eXIf", tiff({0x0131: b"Draw Things\0"}))), "Draw Things", Place.EXIF),
    "maker": (jpeg((0xE1, b"Exif\0\0" + tiff({0x010F: b"Midjourney\0"}, order=">"))), "Midjourney", Place.EXIF),
    "description": (jpeg((0xE1, b"Exif\0\0" + tiff({0x010E: JOB.encode()}))), "Midjourney", Place.EXIF),
    "short": (jpeg((0xE1, b"Exif\0\0" + tiff({0x0110: b"Suno"}))), "Suno", Place.EXIF),
    "comment, big-endian": (
        jpeg((0xE1, b"Exif\0\0" + tiff({}, {0x9286: b"UNICODE\0" + SETTINGS.encode("utf-16-be")}))),
        "Stable Diffusion",
        Place.EXIF,
    ),
    "comment, little-endian": (
        jpeg((0xE1, b"Exif\0\0" + tiff({}, {0x9286: b"UNICODE\0" + SETTINGS.encode("utf-16-le")}, ">"))),
        "Stable Diffusion",
        Place.EXIF,
    ),
    "comment in ASCII": (
        jpeg((0xE1, b"Exif\0\0" + tiff({}, {0x9286: b"ASCII\0\0\0" + SETTINGS.encode()}))),
        "Stable Diffusion",
        Place.EXIF,
    ),
    "comment of a JPEG": (jpeg((0xFE, SETTINGS.encode())), "Stable Diffusion", Place.COMMENT),
    "credit": (jpeg((0xED, iim(110, b"Made with Google AI"))), "Google's models", Place.IPTC),
    "ComfyUI in WebP": (webp(tiff({0x010F: b"workflow:" + WORKFLOW.encode()})), "ComfyUI", Place.EXIF),
    "with the head of a JPEG's": (
        webp(b"Exif\0\0" + tiff({0x0110: b"prompt:" + GRAPH.encode()})),
        "ComfyUI",
        Place.EXIF,
    ),
    "TIFF": (tiff({0x0131: b"Adobe Firefly 2\0"}), "Adobe Firefly", Place.EXIF),
    "HEIC": (heif((b"Exif", bytes(4) + tiff({0x0131: b"Draw Things\0"}))), "Draw Things", Place.EXIF),
    "AVIF": (
        heif((b"Exif", b"\0\0\0\6Exif\0\0" + tiff({0x0110: b"prompt:" + GRAPH.encode()})), brand=b"avif", version=1),
        "ComfyUI",
        Place.EXIF,
    ),
    "GIF": (gif(SETTINGS.encode() + b" " * 300), "Stable Diffusion", Place.COMMENT),
}


@pytest.mark.parametrize("form", MADE)
def test_a_note_is_read_and_named(form: str) -> None:
    data, generator, place = MADE[form]
    assert named(data) == (generator, place)


@pytest.mark.parametrize("form", MADE)
def test_a_file_that_ends_anywhere_or_has_another_byte_is_read_without_an_error(form: str) -> None:
    data = MADE[form][0]
    for end in range(len(data)):
        list(noted(io.BytesIO(data[:end])))
    for at in range(min(len(data), 200)):
        list(noted(io.BytesIO(data[:at] + b"\xff" + data[at + 1 :])))


@pytest.mark.parametrize(
    ("name", "text", "generator"),
    [
        ("comment", json.dumps({"prompt": GRAPH, "workflow": WORKFLOW}), "ComfyUI"),  # JSON in JSON
        ("prompt", json.dumps(json.dumps({"prompt": GRAPH})), "ComfyUI"),
        ("comment", "made with suno; created=2026", "Suno"),
        ("com.apple.quicktime.software", "Runway Gen-4", "Runway"),
        ("encoder", "Kling AI", "Kling"),
        ("description", "Image generated by DALL-E 3", "DALL·E"),
        ("parameters", "x\nSteps: 25, CFG scale: 7, Sampler: DPM++ 2M, Seed: 1", "Stable Diffusion"),
        ("parameters", '{"sui_image_params": {}}', "SwarmUI"),
        ("dream", '"a cat" -s 50 -S 123 -W 512 -H 512 -C 7.5 -A k_lms', "InvokeAI"),
        ("software", "MIDJOURNEY v7", "Midjourney"),
        ("credit", "Imagined with AI", "Meta AI"),
        ("software", "Bing Image Creator", "Bing Image Creator"),
    ],
)
def test_forms_and_names(name: str, text: str, generator: str) -> None:
    assert generator_named(name, text) == generator


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("description", "A talk on Midjourney and Stable Diffusion"),
        ("comment", "Not made with Midjourney"),
        ("description", "Imagen de mi casa"),
        ("software", "Imagen de mi casa"),
        ("make", "Canon"),
        ("software", "Sunovion Labs"),
        ("credit", "Edited with Google AI"),
        ("software", "Adobe Photoshop 26.0"),
        ("make", "Meta AI"),
        ("software", "Luma AI"),
        ("software", "Microsoft Designer"),
        ("artist", "Sora Takenouchi"),
        ("software", "Sora Takenouchi"),
        ("encoder", "Lavf61.7.100"),
        ("description", "Steps: 3, the old house, Sampler in the hall"),
        ("title", "How it was made: with Runway Gen-3"),
        ("software", ""),
    ],
)
def test_what_only_speaks_of_one_names_none(name: str, text: str) -> None:
    assert generator_named(name, text) == ""


@given(st.text(max_size=300), st.sampled_from(["software", "make", "comment"]))
def test_only_names_of_the_list_come_out(text: str, name: str) -> None:
    assert generator_named(name, f"Midjourney {text}") == ("" if name == "comment" else "Midjourney")
    assert generator_named(name, f"\x1b[31mMidjourney{text}") == ""


def _bomb(name: bytes) -> bytes:
    packed = zlib.compress(bytes(64 << 20), 9)
    return chunk(b"zTXt", name + b"\0\0" + packed) + itxt(name, packed, packed=True)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "text that unpacks to 64 MiB, many times": lambda: png(*[_bomb(b"parameters")] * 30),
    "texts without end": lambda: png(*[chunk(b"tEXt", b"a\0" + bytes(1 << 16))] * 500),
    "a directory that is its own": lambda: tiff({}, {})[:18] + struct.pack("<I", 8) + tiff({}, {})[22:],
    "entries without end": lambda: jpeg((0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(65_000))),
    "records without end": lambda: jpeg(*[(0xED, b"8BIM\x04\x04" + b"\x1c\x02\x05\0\0" * 13_000)] * 200),
    "directories without end": lambda: jpeg(*[(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(65_000))] * 200),
    "a text of 4 GiB": lambda: tiff({0x0131: b"x" * 9}).replace(struct.pack("<I", 9), b"\xff\xff\xff\xff"),
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_hostile_notes_take_little_memory(trick: str) -> None:
    data = HOSTILE[trick]()
    file = io.BytesIO(data)
    tracemalloc.start()
    try:
        kept = sum(len(note.text) for note in noted(file))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert kept <= 8 * MOST_TEXT
    assert peak < 16 << 20


def test_notes_are_texts_of_the_file(tmp_path) -> None:
    """Of a picture that a camera or an editor might have made, and of a file of another kind."""
    with picture_file(tmp_path / "p.png").open("rb") as file:
        assert list(noted(file)) == []
    assert list(noted(io.BytesIO(b"plain text"))) == []
    data = jpeg((0xE1, b"Exif\0\0" + tiff({0x010F: b"Canon\0", 0x0110: b"R5\0"})))
    assert list(noted(io.BytesIO(data))) == [Note(Place.EXIF, "make", "Canon"), Note(Place.EXIF, "model", "R5")]
