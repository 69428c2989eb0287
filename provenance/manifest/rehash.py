"""Holds content against a hash that a C2PA library does not look at: one that leaves out more than the manifest store.

    content_matches(file, data_hash)        # whether all but what it leaves out is what was signed

Cameras of before 2024 left the headers of a JPEG out together with the store. A library finds the store elsewhere than
the hash has it, and says "mismatch" without reading on; whether anything was changed is told by the hash itself.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import BinaryIO, Final

from touchmark.provenance.manifest.binding import DataHash

_BLOCK: Final = 1 << 20


def content_matches(file: BinaryIO, signed: DataHash) -> bool:
    """Whether an open, seekable file, but for what a hash leaves out, has that hash (C2PA 2.4, 18.5)."""
    digest, at, end = hashlib.new(signed.algorithm), 0, file.seek(0, os.SEEK_END)
    for start, length in (*signed.left_out, (end, 0)):
        if not at <= start <= end:
            return False
        file.seek(at)
        while at < start and (block := file.read(min(start - at, _BLOCK))):
            digest.update(block)
            at += len(block)
        at = start + length
    return hmac.compare_digest(digest.digest(), signed.digest)
