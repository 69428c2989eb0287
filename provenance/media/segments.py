"""What image files consist of: PNG chunks, JPEG segments, WebP chunks. Walked and put together, never decoded.

Knowing the parts serves three ends: a file is refused for its size or its missing end before a decoder sees it; a
decoder is handed what it needs for the pixels and nothing else (FFmpeg unpacks any colour profile that a PNG claims to
hold, to gigabytes); and profile and EXIF are carried into a marked copy byte by byte.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from touchmark.provenance.media.chunks import END, SCAN, jpeg_segments, png_chunks, riff_chunks
from touchmark.provenance.media.errors import DecodeError, LimitExceededError, TruncatedError
from touchmark.provenance.media.tiff import SHORT, Tiff, within

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE: Final = b"\xff\xd8\xff"

_ORIENTATION = 0x0112  # EXIF 2.32, 4.6.4 A
_EXIF = b"Exif\0\0"

_ADOBE = 0xEE
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ANIMATED, _HAS_ICC, _HAS_EXIF, _HAS_ALPHA, _HAS_XMP = 0x02, 0x20, 0x08, 0x10, 0x04
"""Flags of "VP8X" (RFC 9649, 2.7)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One chunk or segment: its name (for JPEG the marker, one byte), and what it holds."""

    name: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Parts:
    """An image file taken apart.

    Attributes:
        width, height: as its header declares.
        bare: a file with the same pixels and nothing else, for the decoder.
        carried: parts that a marked copy shall have as well: colour profile, EXIF, density.
        exif: the EXIF among them, from its TIFF header on.
        animated: whether there are more pictures than one.
        depth: bytes a pixel that a decoder takes at most.
    """

    width: int
    height: int
    bare: bytes
    carried: tuple[Part, ...]
    exif: bytes = b""
    animated: bool = False
    depth: int = 4


# -- PNG (W3C Portable Network Graphics, third edition)

_PNG_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PNG_ONCE = (b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"gAMA", b"cHRM")
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PNG_CARRIED = (b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"eXIf")


def png_parts(data: bytes, subject: str) -> Parts:
    """Take a PNG apart. Raises TruncatedError, DecodeError."""
    parts = list(_png_chunks(data, subject))
    header = parts[0]
    if header.name != b"IHDR" or len(header.data) != 13:
        raise _damaged("a PNG without its header", subject)
    names = [part.name for part in parts]
    if any(names.count(name) > 1 for name in _PNG_ONCE):  # viewers take one, and FFmpeg perhaps another
        raise _damaged("a PNG of several headers or tables of colours", subject)
    width, height, bits, colours = struct.unpack(">IIBB", header.data[:10])
    carried = tuple(part for part in parts if part.name in _PNG_CARRIED)
    return Parts(
        width,
        height,
        _png(part for part in parts if part.name in _PNG_PIXELS),
        carried,
        exif=next((part.data for part in carried if part.name == b"eXIf"), b""),
        animated=any(part.name == b"acTL" for part in parts),
        depth=-(-bits * _PNG_CHANNELS.get(colours, 4) // 8),
    )


def png_with(encoded: bytes, carried: Iterable[Part], subject: str) -> bytes:
    """``encoded`` with more chunks, after its header."""
    header, *rest = _png_chunks(encoded, subject)
    return _png([header, *carried, *(part for part in rest if part.name in _PNG_PIXELS)])


def _png_chunks(data: bytes, subject: str) -> Iterator[Part]:
    for name, start, size in png_chunks(BytesIO(data)):
        if start + 12 + size > len(data):
            raise _cut_short(subject)
        yield Part(name, data[start + 8 : start + 8 + size])
        if name == b"IEND":
            return
    raise _cut_short(subject)


def _png(parts: Iterable[Part]) -> bytes:
    chunks = (
        struct.pack(">I", len(part.data)) + part.name + part.data + struct.pack(">I", zlib.crc32(part.name + part.data))
        for part in parts
    )
    return PNG_SIGNATURE + b"".join(chunks)


# -- JPEG (ITU-T T.81, annex B; EXIF 2.32, 4.7; ICC.1:2022, annex B.4)


_JFIF = b"\xe0"
_PROGRESSIVE = 0xC2
_SEQUENTIAL = (0xC0, 0xC1)
_FRAME_HEAD = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]")
_MOST_FRAMES, _MOST_SCANS = 32, 256
"""Of a JPEG, with those of pictures behind the first; a progressive one has ten scans."""
_JPEG_CARRIED = ((_JFIF, b"JFIF\0"), (b"\xe1", _EXIF), (b"\xe2", b"ICC_PROFILE\0"))


def jpeg_parts(data: bytes, subject: str) -> Parts:
    """Take a JPEG apart. Raises TruncatedError, DecodeError."""
    size: tuple[int, int] | None = None
    depth = frames = 0
    whole_in_one = -1  # components of a frame that comes in one scan, if all of them are in it
    carried: list[Part] = []
    bare = [data[:2]]
    for part, position in _jpeg_segments(data, subject):
        marker = part.name[0]
        if marker in _FRAME_HEADERS and size is None:
            _, height, width, components = _unpacked(">BHHB", part.data, 0, subject)
            if components > 3:
                raise DecodeError(
                    "is a JPEG in CMYK",
                    subject=subject,
                    remedy="Convert it to RGB first, as JPEG, PNG or WebP (TIFF and AVIF are read, not written).",
                )
            size, depth = (width, height), _jpeg_depth(marker, part.data[6:], components)
            whole_in_one = components if marker in _SEQUENTIAL else -1
        if any(part.name == name and part.data.startswith(start) for name, start in _JPEG_CARRIED):
            carried.append(part)
        if not 0xE0 <= marker <= 0xEF or marker == _ADOBE:  # Adobe's says which colours the samples are
            bare.append(_jpeg_segment(part))
        frames += marker in _FRAME_HEADERS
        if marker == SCAN:
            scanned = data[position : _end_of_jpeg(data, position, subject)]
            frames += len(_FRAME_HEAD.findall(scanned))
            frames += part.data[:1] == bytes([max(whole_in_one, 0)]) and b"\xff\xda" in scanned
            bare.append(scanned)
    if is_jpeg_without_end(b"".join(bare)):
        raise LimitExceededError(
            "a decoder would go through its picture over and over",
            subject=subject,
            remedy="No program writes that; do not open the file.",
        )
    if size is None:
        raise _damaged("a JPEG without a picture", subject)
    if frames > 1:  # also where another scan draws over the first: viewers show the first, FFmpeg the last
        raise _damaged("a JPEG of several pictures in one", subject)
    exif = next((part.data.removeprefix(_EXIF) for part in carried if part.name == b"\xe1"), b"")
    return Parts(*size, b"".join(bare), tuple(carried), exif, depth=depth)


def _end_of_jpeg(data: bytes, scan: int, subject: str) -> int:
    """Where the picture ends whose first scan begins at ``scan``: others may follow, and films."""
    end = next((segment.start for segment in jpeg_segments(BytesIO(data)) if segment.marker == END), -1)
    if end < scan:
        end = data.rfind(b"\xff\xd9", scan)
    if end < 0:
        raise _cut_short(subject)
    return end + 2


def is_jpeg_without_end(data: bytes) -> bool:
    """Whether a decoder would go through the picture over and over: it makes room for one at each head of a frame, and
    goes through all of it at each scan, which of an empty one takes a few bytes. A file of 80 kB took minutes.

    Counted by bytes: a decoder may find markers where a walk by lengths finds none.
    """
    return len(_FRAME_HEAD.findall(data)) > _MOST_FRAMES or data.count(b"\xff\xda") > _MOST_SCANS


def _jpeg_depth(marker: int, components: bytes, count: int) -> int:
    """Bytes a pixel by the components of a frame header; where scans refine them, their coefficients are kept too."""
    shares = [(sampling >> 4) * (sampling & 15) for sampling in components[1 : 3 * count : 3]]
    samples = -(-sum(shares) // max(1, *shares)) if shares else count
    return samples * (3 if marker == _PROGRESSIVE else 1)


def jpeg_with(encoded: bytes, carried: Iterable[Part], subject: str) -> bytes:
    """``encoded`` with more segments, and with its own JFIF header only where they have none."""
    parts = [*carried]
    own, end = next(_jpeg_segments(encoded, subject))
    if own.name == _JFIF and not parts:
        return encoded
    start = end if own.name == _JFIF else 2
    return encoded[:2] + b"".join(map(_jpeg_segment, parts)) + encoded[start:]


def _jpeg_segments(data: bytes, subject: str) -> Iterator[tuple[Part, int]]:
    """Segments up to the first scan, each with where it ends."""
    for segment in jpeg_segments(BytesIO(data)):
        if segment.marker == END:
            raise _damaged("a JPEG that ends before its picture", subject)
        if segment.end < segment.start + 4:
            raise _damaged("a JPEG with a segment that is shorter than its own head", subject)
        if segment.end > len(data):
            raise _cut_short(subject)
        yield Part(bytes([segment.marker]), data[segment.start + 4 : segment.end]), segment.end
        if segment.marker == SCAN:
            return
    raise _cut_short(subject)


def _jpeg_segment(part: Part) -> bytes:
    return b"\xff" + part.name + struct.pack(">H", len(part.data) + 2) + part.data


# -- WebP (RFC 9649)

_WEBP_PIXELS = (b"ALPH", b"VP8 ", b"VP8L")
_WEBP_CARRIED = (b"ICCP", b"EXIF")
_WEBP_XMP = b"XMP "


def webp_parts(data: bytes, subject: str) -> Parts:
    """Take a WebP apart. Raises TruncatedError, DecodeError."""
    parts = list(_webp_chunks(data, subject))
    pixels = [part for part in parts if part.name in _WEBP_PIXELS]
    extended = next((part.data for part in parts if part.name == b"VP8X"), b"")
    animated = len(extended) == 10 and bool(extended[0] & _ANIMATED)
    carried = tuple(part for part in parts if part.name in _WEBP_CARRIED)
    exif = next((part.data.removeprefix(_EXIF) for part in carried if part.name == b"EXIF"), b"")
    if sum(part.name != b"ALPH" for part in pixels) > 1:
        raise _damaged("a WebP of several pictures in one", subject)
    if not pixels and not animated:
        raise _damaged("a WebP without a picture", subject)
    width, height = (0, 0) if animated else _webp_size(pixels[-1], subject)
    return Parts(width, height, _webp(pixels, width, height), carried, exif, animated)


def webp_is_lossless(parts: Parts) -> bool:
    """Whether the picture is kept exactly."""
    return parts.bare[12:16] == b"VP8L"


def webp_with(encoded: bytes, carried: Iterable[Part], subject: str) -> bytes:
    """``encoded`` with a colour profile, EXIF and XMP."""
    taken = webp_parts(encoded, subject)
    pixels = [part for part in _webp_chunks(encoded, subject) if part.name in _WEBP_PIXELS]
    notes = list(carried)
    names = (*_WEBP_CARRIED, _WEBP_XMP)
    profile, exif, xmp = ([part for part in notes if part.name == name] for name in names)
    return _webp([*profile, *pixels, *exif, *xmp], taken.width, taken.height)


def _webp_chunks(data: bytes, subject: str) -> Iterator[Part]:
    (declared,) = _unpacked("<I", data, 4, subject)
    end = declared + 8
    if end > len(data):
        raise _cut_short(subject)
    for name, start, size in riff_chunks(BytesIO(data[:end])):
        if start + 8 + size > end:
            raise _cut_short(subject)
        yield Part(name, data[start + 8 : start + 8 + size])


def _webp_size(picture: Part, subject: str) -> tuple[int, int]:
    if picture.name == b"VP8L":  # RFC 9649, 3.4: 14 bits each, less one
        signature, bits = _unpacked("<BI", picture.data, 0, subject)
        if signature != 0x2F:
            raise _damaged("a WebP with a broken header", subject)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    start, width, height = _unpacked("<3x3sHH", picture.data, 0, subject)  # RFC 6386, 9.1
    if picture.name != b"VP8 " or start != b"\x9d\x01\x2a":
        raise _damaged("a WebP with a broken header", subject)
    return width & 0x3FFF, height & 0x3FFF


def _webp(parts: list[Part], width: int, height: int) -> bytes:
    names = {part.name for part in parts}
    flags = 0
    for name, flag in ((b"ICCP", _HAS_ICC), (b"EXIF", _HAS_EXIF), (b"ALPH", _HAS_ALPHA), (_WEBP_XMP, _HAS_XMP)):
        flags |= flag if name in names else 0
    for part in parts:
        if part.name == b"VP8L" and len(part.data) > 4 and part.data[4] & 0x10:  # its own word on transparency
            flags |= _HAS_ALPHA
    if names - {b"VP8 ", b"VP8L"}:
        size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        parts = [Part(b"VP8X", bytes([flags, 0, 0, 0]) + size), *parts]
    body = b"".join(
        part.name + struct.pack("<I", len(part.data)) + part.data + bytes(len(part.data) % 2) for part in parts
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


# -- XMP (XMP specification, part 3, "Storage in files")

_XMP_IN_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_IN_PNG = b"XML:com.adobe.xmp\0\0\0\0\0"


def png_xmp(packet: bytes) -> Part:
    """The chunk of a PNG that holds an XMP packet."""
    return Part(b"iTXt", _XMP_IN_PNG + packet)


def jpeg_xmp(packet: bytes) -> Part:
    """The segment of a JPEG that holds an XMP packet of at most 65,502 bytes."""
    return Part(b"\xe1", _XMP_IN_JPEG + packet)


def webp_xmp(packet: bytes) -> Part:
    """The chunk of a WebP that holds an XMP packet."""
    return Part(_WEBP_XMP, packet)


# -- EXIF (a TIFF within)


def exif_orientation(exif: bytes) -> int:
    """The number from 1 to 8 by which EXIF, or a TIFF file, says how the picture stands; 1 where it says nothing."""
    tiff = Tiff.of(within(exif))
    entries = tiff.entries() if tiff else iter(())
    entry = next((entry for entry in entries if entry.tag == _ORIENTATION), None)
    if tiff is None or entry is None or entry.kind != SHORT:
        return 1
    value = tiff.number(entry)
    return value if 1 <= value <= 8 else 1


def _unpacked(form: str, data: bytes, position: int, subject: str) -> tuple[Any, ...]:
    if position + struct.calcsize(form) > len(data):
        raise _cut_short(subject)
    return struct.unpack_from(form, data, position)


def _cut_short(subject: str) -> TruncatedError:
    return TruncatedError(
        "ends before its picture does", subject=subject, remedy="Fetch the file again; part of it is missing."
    )


def _damaged(found: str, subject: str) -> DecodeError:
    return DecodeError(f"is {found}", subject=subject, remedy="The file is damaged or not what it claims to be.")
