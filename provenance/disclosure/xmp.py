"""XMP packets with what IPTC and GB 45438-2025 want in them: written, and read from a stranger's file.

    packet = XmpNote(source_type=uri, system="Wan", version="2.2").packet()
    read_xmp(Path("clip.mp4"))        # an XmpNote, or None

Written for the XMP specification, parts 1 and 3 (ISO 16684-1:2019; "Storage in files"), and IPTC Photo Metadata 2025.1.
What is read is bounded, has no document type (so no entities), and is text of a stranger: escape it.
"""

from __future__ import annotations

import html
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import BinaryIO, Final
from xml.etree import ElementTree

from touchmark.provenance.media import kinds
from touchmark.provenance.media.boxes import inside, top_level
from touchmark.provenance.media.chunks import (
    APP1,
    GIF_APPLICATION,
    GIF_SEARCHED,
    SCAN,
    gif_blocks,
    gif_data,
    jpeg_segments,
    png_chunks,
    riff_chunks,
    segment_data,
)
from touchmark.provenance.media.items import XMP, metadata
from touchmark.provenance.media.segments import Part, jpeg_xmp, png_xmp, webp_xmp
from touchmark.provenance.media.still import StillKind
from touchmark.provenance.media.tiff import Tiff, within_file

XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""The ``uuid`` box that holds a packet in mp4 (XMP specification, part 3, "Storage in files")."""

_MOST: Final = 1 << 20
_MOST_PACKETS: Final = 4
"""An honest file has one; of those that cannot be read, no more are tried."""
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP: Final = "http://ns.adobe.com/xap/1.0/"
_DCTERMS: Final = "http://purl.org/dc/terms/"
_PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
_TC260: Final = "http://www.tc260.org.cn/ns/AIGC/1.0/"
_JPEG_HEAD: Final = b"http://ns.adobe.com/xap/1.0/\0"
_TIFF_TAG: Final = 700
_GIF_NAME: Final = b"XMP DataXMP"
_GIF_RAMP: Final = b"\x01\xff\xfe\xfd"
_PNG_KEYWORD: Final = b"XML:com.adobe.xmp"
_PACKET_ID: Final = "W5M0MpCehiHzreSzNTczkc9d"


@dataclass(frozen=True, slots=True)
class XmpNote:
    """The properties that matter here; empty where there is none.

    Attributes:
        source_type: ``Iptc4xmpExt:DigitalSourceType``, a URI.
        system, version: ``Iptc4xmpExt:AISystemUsed`` and ``AISystemVersionUsed``.
        created: ``xmp:CreateDate``, with zone.
        aigc: ``TC260:AIGC``, JSON (:mod:`.aigc`).
        provenance: ``dcterms:provenance``, which others write and we only read: where a C2PA manifest is, in the file
            (``self#jumbf=...``) or elsewhere.
        creator_tool, credit: ``xmp:CreatorTool`` and ``photoshop:Credit``, likewise: programs name themselves there.
    """

    source_type: str = ""
    system: str = ""
    version: str = ""
    created: str = ""
    aigc: str = ""
    provenance: str = ""
    creator_tool: str = ""
    credit: str = ""

    def packet(self) -> bytes:
        """A packet, UTF-8, the same bytes for the same note."""
        properties = "".join(
            f"   <{name}>{html.escape(getattr(self, field), quote=False)}</{name}>\n"
            for field, name in _WRITTEN.items()
            if getattr(self, field)
        )
        return (
            f'<?xpacket begin="\ufeff" id="{_PACKET_ID}"?>\n'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
            f' <rdf:RDF xmlns:rdf="{_RDF}">\n'
            f'  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{_IPTC}" xmlns:xmp="{_XMP}" xmlns:TC260="{_TC260}">\n'
            f"{properties}"
            "  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n"
            '<?xpacket end="r"?>'
        ).encode()

    @classmethod
    def parse(cls, packet: bytes) -> XmpNote | None:
        """Read a packet; None where it is none that can be read."""
        if len(packet) > _MOST or b"<!" in packet:  # no honest packet declares entities
            return None
        try:
            tree = ElementTree.fromstring(packet.decode().strip("\ufeff\0 \r\n\t"))
        except (ElementTree.ParseError, ValueError, RecursionError):
            return None
        found: dict[str, str] = {}
        for description in tree.iter(f"{{{_RDF}}}Description"):
            stated = {**description.attrib, **{child.tag: _value(child) for child in description}}
            for field, name in _READ.items():
                if text := stated.get(name, "").strip():
                    found.setdefault(field, text[:4096])
        return cls(**found)


_WRITTEN: Final = {
    "source_type": "Iptc4xmpExt:DigitalSourceType",
    "system": "Iptc4xmpExt:AISystemUsed",
    "version": "Iptc4xmpExt:AISystemVersionUsed",
    "created": "xmp:CreateDate",
    "aigc": "TC260:AIGC",
}
_SPACES: Final = {"Iptc4xmpExt": _IPTC, "xmp": _XMP, "TC260": _TC260}
_READ: Final = {
    field: "{%s}%s" % (_SPACES[name.partition(":")[0]], name.partition(":")[2])  # noqa: UP031 (braces)
    for field, name in _WRITTEN.items()
} | {
    "provenance": f"{{{_DCTERMS}}}provenance",
    "creator_tool": f"{{{_XMP}}}CreatorTool",
    "credit": f"{{{_PHOTOSHOP}}}Credit",
}


def _value(element: ElementTree.Element) -> str:
    """Text of a property, or the address of its resource."""
    return element.attrib.get(f"{{{_RDF}}}resource") or element.text or ""


def xmp_time(when: datetime) -> str:
    """A time as XMP writes it."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def xmp_box(packet: bytes) -> bytes:
    """The top-level box that carries a packet in mp4; it may follow the media."""
    return struct.pack(">I4s", 24 + len(packet), b"uuid") + XMP_UUID + packet


def xmp_part(packet: bytes, kind: StillKind) -> Part:
    """The part that carries a packet in a picture of this kind. Raises KeyError where we do not write the kind."""
    make = {StillKind.PNG: png_xmp, StillKind.JPEG: jpeg_xmp, StillKind.WEBP: webp_xmp}[kind]
    return make(packet)


def read_xmp(path: Path) -> XmpNote | None:
    """The XMP of a film of boxes or a picture; None where it has none that can be read.

    Raises:
        OSError: the file cannot be opened.
        LimitExceededError: it has more boxes than any honest file.
    """
    with path.open("rb") as file:
        kind = kinds.kind_of_file(file)
        return xmp_of(file, kind, metadata(file, kind, str(path)), str(path))


def xmp_of(
    file: BinaryIO, kind: kinds.Kind | None, items: Iterable[tuple[bytes, bytes]], subject: str
) -> XmpNote | None:
    """As :func:`read_xmp`, of an open, seekable file whose kind and ``media.items.metadata`` are known; ``subject`` is
    what an error calls it."""
    notes = (XmpNote.parse(packet) for packet in islice(_packets(file, kind, items, subject), _MOST_PACKETS))
    return next((note for note in notes if note is not None), None)


def _packets(
    file: BinaryIO, kind: kinds.Kind | None, items: Iterable[tuple[bytes, bytes]], subject: str
) -> Iterator[bytes]:
    if kind is kinds.JPEG:
        yield from _in_jpeg(file)
    elif kind is kinds.PNG:
        yield from _in_png(file)
    elif kind is kinds.WEBP:
        yield from _in_webp(file)
    elif kind in kinds.TIFFS:
        yield from _in_tiff(file)
    elif kind is kinds.GIF:
        yield from _in_gif(file)
    elif kind in (kinds.HEIC, kinds.AVIF, kinds.JXL):
        # Some phones keep the head that packets have in a JPEG.
        yield from (data.removeprefix(_JPEG_HEAD) for name, data in items if name == XMP)
    else:
        yield from _in_boxes(file, subject)


def _in_tiff(file: BinaryIO) -> Iterator[bytes]:
    tiff = Tiff.of(within_file(file))
    if tiff is not None:
        yield from (tiff.content(entry, _MOST + 1) for entry in tiff.entries() if entry.tag == _TIFF_TAG)


def _in_gif(file: BinaryIO) -> Iterator[bytes]:
    """What follows its name in an application extension, as it is and not in pieces; a ramp of bytes behind it makes
    whoever takes it for pieces come to its end (XMP specification, part 3, "GIF")."""
    for block in gif_blocks(file, GIF_SEARCHED):
        if block.label == GIF_APPLICATION and next(gif_data(file, block), b"") == _GIF_NAME:
            packet = _read(file, block.start + 1 + len(_GIF_NAME), _MOST)
            yield packet.partition(_GIF_RAMP)[0]


def _in_boxes(file: BinaryIO, subject: str) -> Iterator[bytes]:
    for box in tuple(top_level(file, subject)):
        if box.uuid == XMP_UUID:
            yield _read(file, box.offset + box.header_size, box.size - box.header_size)
        elif box.type == "moov":  # QuickTime's place
            for child in tuple(inside(file, box, subject)):
                if child.type == "udta":
                    for note in tuple(inside(file, child, subject)):
                        if note.type == "XMP_":
                            yield _read(file, note.offset + note.header_size, note.size - note.header_size)


def _in_jpeg(file: BinaryIO) -> Iterator[bytes]:
    for segment in takewhile(lambda segment: segment.marker != SCAN, jpeg_segments(file)):
        if segment.marker == APP1 and (data := segment_data(file, segment)).startswith(_JPEG_HEAD):
            yield data.removeprefix(_JPEG_HEAD)


def _in_png(file: BinaryIO) -> Iterator[bytes]:
    for name, start, size in takewhile(lambda chunk: chunk[0] != b"IEND", png_chunks(file)):
        if name == b"iTXt":
            keyword, _, rest = _read(file, start + 8, size).partition(b"\0")
            if keyword == _PNG_KEYWORD and rest[:2] == b"\0\0":  # not compressed, as XMP demands
                yield rest[2:].split(b"\0", 2)[-1]


def _in_webp(file: BinaryIO) -> Iterator[bytes]:
    for name, start, size in riff_chunks(file):
        if name == b"XMP ":
            yield _read(file, start + 8, size)


def _read(file: BinaryIO, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(max(min(size, _MOST + 1), 0))
