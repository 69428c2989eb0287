"""Which sign each number of the starting noise takes: a payload, spread by a key over every slice of a video's latents.

    noise = np.abs(noise) * LatentMark(payload, key).signs(slices, elements)

Noise of mean 0 and variance 1 has signs that are independent of its magnitudes, and both signs are equally likely. The
mark replaces the signs by those of a key stream that nobody without the key can tell from coin tosses, and leaves the
magnitudes: to the model, one marked clip starts from noise as normal as any (Yang et al., "Gaussian Shading", CVPR
2024, with one bit to a number). Each number carries one code bit of `touchmark.provenance.watermark.code`, under the
stream; each slice (the latents of a few frames) carries all of them, in an order of its own, so that a clip may be cut
and each slice answers for itself (Hu et al., "VideoShield", ICLR 2025).

Two clips of one key must not share their stream, or the second would show what the first had in common with it. The
stream therefore depends on a salt of the payload too, of which the reader tries all: `SALTS` of them. Clips of one salt
differ in the code bits alone, and whoever can invert the model and collects many hundred clips of one operator can
find some that agree too often. This is the price of a mark that can be read without being told the payload.

Pure mathematics: no model, no torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.code import CODE_BITS, encode
from touchmark.provenance.watermark.keyring import generator, subkey
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey

SALT_BITS: Final = 10
SALTS: Final = 1 << SALT_BITS

_BATCH = 64
"""Streams drawn at once: a slice of a large model has 100,000 numbers."""


@dataclass(frozen=True, slots=True)
class LatentMark:
    """What a starting noise shall carry: a payload, under an operator's key."""

    payload: Payload
    key: WatermarkKey

    def signs(self, slices: int, elements: int) -> NDArray[np.int8]:
        """The sign of each number: ndarray of shape (slices, elements), int8, -1 or 1.

        Args:
            slices: how many steps in time the latents have.
            elements: how many numbers each of them has.
        """
        code = encode(self.payload, self.key)
        salt = salt_of(self.payload, self.key)
        return np.stack([self._slice(code, salt, index, elements) for index in range(slices)])

    def _slice(self, code: NDArray[np.uint8], salt: int, index: int, elements: int) -> NDArray[np.int8]:
        carried = 1 - 2 * np.resize(code, elements).astype(np.int8)
        signs = np.empty(elements, np.int8)
        signs[_order(self.key, index, elements)] = carried * streams(self.key, [salt], index, elements)[0]
        return signs


def salt_of(payload: Payload, key: WatermarkKey) -> int:
    """Which of the key's streams a payload is written under, 0 .. SALTS - 1."""
    mac = hashlib.blake2b(payload.to_bytes(), digest_size=4, key=subkey(key, "latent salt"))
    return int.from_bytes(mac.digest(), "big") % SALTS


def streams(key: WatermarkKey, salts: Sequence[int], index: int, elements: int) -> NDArray[np.int8]:
    """Key streams of one slice: ndarray of shape (salts, elements), int8, -1 or 1.

    SHAKE-256 of a secret, so that no stream tells anything of another.

    Args:
        key: whose streams.
        salts: which of them.
        index: number of the slice.
        elements: how many signs.
    """
    root = subkey(key, f"latent stream {index}")
    drawn = [hashlib.shake_256(root + salt.to_bytes(4, "big")).digest(-(-elements // 8)) for salt in salts]
    octets = np.frombuffer(b"".join(drawn), np.uint8).reshape(len(salts), -1)
    return 1 - 2 * np.unpackbits(octets, axis=1, count=elements).astype(np.int8)


def evidence(noise: NDArray[np.float32], key: WatermarkKey, salts: Sequence[int], index: int) -> NDArray[np.float32]:
    """What noise says of each code bit under each salt: ndarray of shape (salts, CODE_BITS), positive for 0.

    Args:
        noise: ndarray of shape (elements,): one slice, as it was or as inversion found it.
        key: the key whose streams are tried.
        salts: which of them.
        index: the number that the slice had when it was marked.
    """
    arranged = np.pad(noise[_order(key, index, len(noise))], (0, -len(noise) % CODE_BITS))
    said = np.empty((len(salts), CODE_BITS), np.float32)
    for first in range(0, len(salts), _BATCH):
        batch = streams(key, salts[first : first + _BATCH], index, len(arranged))
        said[first : first + _BATCH] = (batch * arranged).reshape(len(batch), -1, CODE_BITS).sum(axis=1)
    return said


def _order(key: WatermarkKey, index: int, elements: int) -> NDArray[np.intp]:
    """In which order a slice's numbers take code bits 0, 1, ..., 0, 1, ...: each bit lies scattered over the slice."""
    return generator(key, f"latent order {index}").permutation(elements)
