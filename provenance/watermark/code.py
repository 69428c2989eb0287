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
from functools import cache
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


def encode_all(payloads: NDArray[np.uint64], key: WatermarkKey) -> NDArray[np.uint8]:
    """The code words of many payloads, eight bits to a byte: ndarray of shape (n, CODE_BITS / 8).

    The code is linear: the word of a message is that of each of its bytes, added up.
    """
    data = payloads.astype(">u8").tobytes()
    keyed = hashlib.blake2b(digest_size=CHECK_BITS // 8, key=subkey(key, "check bits"))
    checks = bytearray()
    for at in range(0, len(data), PAYLOAD_BITS // 8):
        mac = keyed.copy()
        mac.update(data[at : at + PAYLOAD_BITS // 8])
        checks += mac.digest()
    parts = ((data, PAYLOAD_BITS // 8), (checks, CHECK_BITS // 8))
    messages = np.concatenate([np.frombuffer(part, np.uint8).reshape(-1, size) for part, size in parts], axis=1)
    words = np.zeros((len(payloads), CODE_BITS // 8), np.uint8)
    for byte, table in zip(messages.T, _tables(), strict=True):
        words ^= table[byte]
    return words


@cache
def _tables() -> NDArray[np.uint8]:
    """Of each byte of a message the code words of its 256 values: shape (MESSAGE_BITS / 8, 256, CODE_BITS / 8)."""
    values = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
    size = MESSAGE_BITS // 8
    messages = np.zeros((size, 256, size, 8), np.uint8)
    messages[np.arange(size), :, np.arange(size)] = values
    return np.packbits(convolve(messages.reshape(size, 256, MESSAGE_BITS)), axis=-1)


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
