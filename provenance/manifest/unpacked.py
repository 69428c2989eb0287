"""The manifests in a store that are compressed (C2PA 2.4, 11.1.4.3), unpacked as a C2PA library does. Pure.

    store = with_unpacked(store)

Anybody can compress the manifest of a signed file, and hide what he likes in it, beside it and in the packing. So one
is unpacked here only where it can be read in one way: a single stream of Brotli (RFC 7932) to its last byte, which
holds a single manifest of the same label, and is no longer than packing it poorly would make it (a stream has room for
bytes that no reader sees: RFC 7932, 9.2). Any other is left as it is; of it nothing is known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import brotli

from touchmark.provenance.manifest.jumbf import COMPRESSED, MANIFESTS, PACKED, Box, read_box

_MOST_OF_ONE: Final = 1 << 20
"""Bytes of one that are unpacked; a library is told the same (``context``)."""
_MOST_IN_ALL: Final = 8 << 20
_DEPTH: Final = 31  # one less than of a store
_QUALITY: Final = 5
"""Of 11, which libraries take; it needs a hundredth of the time. Some hundred bytes of room are left between them."""
_SPARE: Final = 64


def with_unpacked(store: Box) -> Box:
    """The store, with what was packed in it in the place of the packing; 8 MiB of that at most, the rest stays."""
    if not any(manifest.is_packed for manifest in store.inner):
        return store
    left = _MOST_IN_ALL
    manifests: list[Box] = []
    for manifest in store.inner:
        found = None
        if manifest.is_packed and left > 0:
            found = _unpacked(manifest, min(_MOST_OF_ONE, left))
            left -= found.size if found else _MOST_OF_ONE  # what cannot be read may have taken so long
        manifests.append(found or manifest)
    return replace(store, inner=tuple(manifests))


def _unpacked(packed: Box, most: int) -> Box | None:
    """The manifest in a compressed one; None where there is none, another, more than one, or anything beside it."""
    alone = packed.type == COMPRESSED and [box.kind for box in packed.inner] == [PACKED]
    if not alone or packed.description[17:] != packed.label + b"\0":
        return None
    stream = packed.inner[0].data
    try:
        data = _decompressed(stream, most)
        manifest, end = read_box(data, 0, _DEPTH)
    except (brotli.error, ValueError):
        return None
    if manifest.type not in MANIFESTS or manifest.label != packed.label or end != len(data):
        return None
    return manifest if len(stream) <= len(brotli.compress(data, quality=_QUALITY)) + _SPARE else None


def _decompressed(stream: bytes, most: int) -> bytes:
    """What a stream holds that ends with its last byte.

    Raises:
        brotli.error: it is none.
        ValueError: it ends elsewhere, or holds more than so many bytes.
    """
    decompressor = brotli.Decompressor()
    data: bytes = decompressor.process(stream[:-1], output_buffer_limit=most)
    if decompressor.is_finished() or len(data) > most or not decompressor.can_accept_more_data():
        raise ValueError("more behind a stream, or too much in it")
    data += decompressor.process(stream[-1:], output_buffer_limit=most)
    if not decompressor.is_finished() or len(data) > most:
        raise ValueError("a stream that is cut short, or holds too much")
    return data
