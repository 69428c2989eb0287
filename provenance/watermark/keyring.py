"""What a watermark key is turned into: one independent subkey for each purpose.

The secret itself is used nowhere else. A subkey for a plane's phases says nothing about the subkey of the check
bits, so a purpose can be added, or its meaning changed by a new label, without weakening the others.
"""

from __future__ import annotations

import hashlib

import numpy as np

from touchmark.provenance.watermark.protocol import WatermarkKey


def subkey(key: WatermarkKey, purpose: str) -> bytes:
    """32 bytes that depend on the secret and on ``purpose``, one way (keyed BLAKE2b as a PRF)."""
    root = hashlib.blake2b(key.secret, digest_size=32, person=b"tm-wm-root").digest()
    return hashlib.blake2b(purpose.encode(), digest_size=32, key=root, person=b"tm-wm-sub").digest()


def standalone_key(key: WatermarkKey) -> WatermarkKey:
    """The key of marks that stand alone, derived one way from an operator's."""
    return WatermarkKey(subkey(key, "standalone"))


def generator(key: WatermarkKey, purpose: str) -> np.random.Generator:
    """A reproducible random source seeded with 256 secret bits.

    PCG64 is not a cryptographic generator: it serves patterns, which an attacker sees only through the noise of
    a picture. Whatever must not be forged (the check bits) is a MAC instead.
    """
    return np.random.Generator(np.random.PCG64(int.from_bytes(subkey(key, purpose), "big")))
