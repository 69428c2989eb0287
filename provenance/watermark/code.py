"""Payload bits to code bits and back: keyed check bits, and a convolutional code that corrects errors.

    bits = encode(payload, key)              # CODE_BITS of 0 and 1
    decoded = decode(evidence, key)          # evidence: log-likelihood ratios, positive for 0
    decoded.payload                          # None unless all 40 check bits agree

A message is the 64 payload bits followed by 40 bits of a MAC over them, so that only the holder of the key can
make a payload verify, and noise does so with probability 2**-40 a message tried.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.convolution import RATE, convolve, likeliest, likeliest_path
from touchmark.provenance.watermark.keyring import subkey
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Payload, WatermarkKey

CHECK_BITS: Final = 40
MESSAGE_BITS: Final = PAYLOAD_BITS + CHECK_BITS
CODE_BITS: Final = RATE * MESSAGE_BITS


@dataclass(frozen=True, slots=True)
class Decoded:
    """The likeliest message.

    Attributes:
        payload: what it says, or None where its check bits do not agree.
        guess: what it says, checked or not; worth nothing except to measure bit accuracy.
        code_bits: ndarray of shape (CODE_BITS,), uint8: the message encoded again.
    """

    payload: Payload | None
    guess: Payload
    code_bits: NDArray[np.uint8]


def encode(payload: Payload, key: WatermarkKey) -> NDArray[np.uint8]:
    """The code bits of a payload: ndarray of shape (CODE_BITS,), uint8, 0 or 1."""
    return convolve(_bits(payload.to_bytes() + _check(payload, key)))


def decode(evidence: NDArray[np.float32], key: WatermarkKey) -> Decoded:
    """The likeliest message for the evidence, and whether it verifies.

    Args:
        evidence: ndarray of shape (CODE_BITS,): log-likelihood ratio of each code bit (any common scale),
            positive where 0 is likelier.
        key: the key whose check bits must agree.
    """
    return _decoded(likeliest_path(evidence), key)


def decode_from(evidence: NDArray[np.float32], key: WatermarkKey, count: int) -> Decoded:
    """The first message that verifies among the ``count`` likeliest, or else the likeliest; each is a test."""
    found = likeliest(evidence, count)
    return _decoded(next((message for message in found if _read(message, key)[1]), found[0]), key)


def _decoded(message: NDArray[np.uint8], key: WatermarkKey) -> Decoded:
    guess, verified = _read(message, key)
    return Decoded(guess if verified else None, guess, convolve(message))


def _read(message: NDArray[np.uint8], key: WatermarkKey) -> tuple[Payload, bool]:
    """What a message says, and whether its check bits agree."""
    packed = np.packbits(message).tobytes()
    payload = Payload.from_bytes(packed[: PAYLOAD_BITS // 8])
    return payload, hmac.compare_digest(packed[PAYLOAD_BITS // 8 :], _check(payload, key))


def _check(payload: Payload, key: WatermarkKey) -> bytes:
    mac = hashlib.blake2b(payload.to_bytes(), digest_size=CHECK_BITS // 8, key=subkey(key, "check bits"))
    return mac.digest()


def _bits(data: bytes) -> NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(data, np.uint8))
