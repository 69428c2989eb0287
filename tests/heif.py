"""A HEIF file of items that hold metadata, and no picture."""

from __future__ import annotations

import struct


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data


def heif(*items: tuple[bytes, bytes], brand: bytes = b"heic", version: int = 0, in_idat: bool = False) -> bytes:
    """Items by their kinds: ``Exif``, or a media type. Each lies in two pieces.

    Args:
        items: kind and content.
        brand: of the file.
        version: of the table of places; 0 has no other way than in the file.
        in_idat: whether they lie in the box beside the tables rather than behind it.
    """
    entries = b"".join(
        box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + _named(kind))
        for number, (kind, _) in _counted(items)
    )
    iinf = box(b"iinf", bytes(4) + struct.pack(">H", len(items)) + entries)
    content = b"".join(data for _, data in items)
    head = box(b"ftyp", brand + bytes(4))
    idat = box(b"idat", content) if in_idat else b""
    size = len(_meta(iinf, _iloc(items, 0, version, in_idat), idat))
    start = 0 if in_idat else len(head) + size + 8
    return head + _meta(iinf, _iloc(items, start, version, in_idat), idat) + box(b"mdat", b"" if in_idat else content)


def _meta(iinf: bytes, iloc: bytes, idat: bytes) -> bytes:
    return box(b"meta", bytes(4) + box(b"hdlr", bytes(24)) + iinf + iloc + idat)


def _named(kind: bytes) -> bytes:
    return kind + b"\0" if kind == b"Exif" else b"mime\0" + kind + b"\0"


def _counted(items: tuple[tuple[bytes, bytes], ...]) -> list[tuple[int, tuple[bytes, bytes]]]:
    return list(enumerate(items, start=1))


def _iloc(items: tuple[tuple[bytes, bytes], ...], start: int, version: int, in_idat: bool) -> bytes:
    wide = "I" if version == 2 else "H"
    table = struct.pack(">BxxxBB" + wide, version, 0x44, 0x40, len(items))
    for number, (_, data) in _counted(items):
        half = len(data) // 2
        table += struct.pack(">" + wide, number) + (struct.pack(">H", int(in_idat)) if version else b"")
        table += struct.pack(">HIHIIII", 0, start, 2, 0, half, half, len(data) - half)
        start += len(data)
    return box(b"iloc", table)
