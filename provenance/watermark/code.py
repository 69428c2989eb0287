"""Payload bits to code bits and back: keyed check bits, and a convolutional code that corrects errors.

    bits = encode(payload, key)              # CODE_BITS of 0 and 1
    decoded = decode(evidence, key)          # evidence: log-likelihood ratios, positive for 0
    decoded.payload                          # None unless all 40 check bits agree

A message is the 64 payload bits followed by 40 bits of a MAC over them, so that only the holder of the key can
make a payload verify, and noise does so with probability 2**-40 a decoding. It passes through a tail-biting
convolutional code of rate 1/4 and constraint length 13 (generators of maximal free distance 33: Larsen, "Short
convolutional codes with maximal free distance for rates 1/2, 1/3 and 1/4", IEEE Trans. Inf. Theory, 1973).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.watermark.keyring import subkey
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Payload, WatermarkKey

CHECK_BITS: Final = 40
MESSAGE_BITS: Final = PAYLOAD_BITS + CHECK_BITS
CODE_BITS: Final = 4 * MESSAGE_BITS

_CONSTRAINT = 13
_GENERATORS = (0o11145, 0o12477, 0o15537, 0o16727)
_RATE = len(_GENERATORS)
_STATES = 1 << (_CONSTRAINT - 1)


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
    return _convolve(_bits(payload.to_bytes() + _check(payload, key)))


def decode(evidence: NDArray[np.float32], key: WatermarkKey) -> Decoded:
    """The likeliest message for the evidence, and whether it verifies.

    Args:
        evidence: ndarray of shape (CODE_BITS,): log-likelihood ratio of each code bit (any common scale),
            positive where 0 is likelier.
        key: the key whose check bits must agree.
    """
    return _decoded(_viterbi(_branches(evidence)), key)


def decode_from(evidence: NDArray[np.float32], key: WatermarkKey, count: int) -> Decoded:
    """The likeliest message that verifies among ``count`` likely ones, or else the likeliest; each is a test.

    They are the best paths around the ring through each of the ``count`` states that most likely close it. At a quarter
    of a bit a sample the likeliest path is often not the right one where the right one is among the next (Seshadri and
    Sundberg, "List Viterbi decoding algorithms with applications", IEEE Trans. Commun. 1994). Costs tens of ms.
    """
    found = [_decoded(message, key) for message in _likeliest(_branches(evidence), count)]
    return next((decoded for decoded in found if decoded.payload is not None), found[0])


def _decoded(message: NDArray[np.uint8], key: WatermarkKey) -> Decoded:
    packed = np.packbits(message).tobytes()
    guess = Payload.from_bytes(packed[: PAYLOAD_BITS // 8])
    verified = hmac.compare_digest(packed[PAYLOAD_BITS // 8 :], _check(guess, key))
    return Decoded(guess if verified else None, guess, _convolve(message))


def _check(payload: Payload, key: WatermarkKey) -> bytes:
    mac = hashlib.blake2b(payload.to_bytes(), digest_size=CHECK_BITS // 8, key=subkey(key, "check bits"))
    return mac.digest()


def _bits(data: bytes) -> NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(data, np.uint8))


def _parity(values: NDArray[np.int64]) -> NDArray[np.int64]:
    for shift in (16, 8, 4, 2, 1):
        values = values ^ (values >> shift)
    return values & 1


def _convolve(message: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Encode around the ring: the register starts with the message's last bits, so no tail is spent."""
    register = np.zeros(MESSAGE_BITS, np.int64)
    for age in range(_CONSTRAINT):
        register |= np.roll(message, age).astype(np.int64) << age
    return np.stack([_parity(register & g) for g in _GENERATORS], axis=1).astype(np.uint8).ravel()


def _branches(evidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """How well the registers whose oldest and newest bit are 0 agree with the evidence, at each step.

    All generators hold the oldest bit and the newest, so either bit turns all four output bits around and the sign of
    the score with them: these registers tell of all. Shape (MESSAGE_BITS, STATES / 2), by the bits between.
    """
    registers = 2 * np.arange(_STATES // 2, dtype=np.int64)
    signs = np.stack([1 - 2 * _parity(registers & g) for g in _GENERATORS]).astype(np.float32)
    return np.asarray(evidence.reshape(MESSAGE_BITS, _RATE) @ signs, np.float32)


def _viterbi(branches: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Maximum-likelihood path around the ring, by running it three times and keeping the middle lap."""
    laps = 3
    oldest = np.empty((laps * MESSAGE_BITS, _STATES), np.bool_)
    metric = np.zeros(_STATES, np.float32)
    for step in range(laps * MESSAGE_BITS):
        metric = _advanced(metric, branches[step % MESSAGE_BITS], oldest[step])
        metric -= metric[0]
    path = np.empty(laps * MESSAGE_BITS, np.uint8)
    state = int(np.argmax(metric))
    for step in range(laps * MESSAGE_BITS - 1, -1, -1):
        path[step] = state & 1
        state = (state >> 1) | (int(oldest[step, state]) << (_CONSTRAINT - 2))
    return path[MESSAGE_BITS : 2 * MESSAGE_BITS]


def _advanced(
    metric: NDArray[np.float32], branch: NDArray[np.float32], oldest: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """The best metric of each state one step later, any leading axes; ``oldest`` is told which bit it has lost.

    The state before holds the oldest bit and the bits between, the state after the bits between and the newest.
    """
    with_0, with_1 = metric[..., : _STATES // 2], metric[..., _STATES // 2 :]
    of_0, of_1 = np.empty((2, *metric.shape[:-1], _STATES // 2, 2), np.float32)
    np.add(with_0, branch, out=of_0[..., 0])
    np.subtract(with_0, branch, out=of_0[..., 1])
    np.subtract(with_1, branch, out=of_1[..., 0])
    np.add(with_1, branch, out=of_1[..., 1])
    if oldest is not None:
        np.greater(of_1, of_0, out=oldest.reshape(of_1.shape))
    return np.asarray(np.maximum(of_0, of_1, out=of_0).reshape(metric.shape), np.float32)


def _preceding(metric: NDArray[np.float32], branch: NDArray[np.float32]) -> NDArray[np.float32]:
    """The best metric of each state one step earlier."""
    after = metric.reshape(_STATES // 2, 2)
    with_0 = np.maximum(after[:, 0] + branch, after[:, 1] - branch)
    return np.concatenate([with_0, np.maximum(after[:, 0] - branch, after[:, 1] + branch)])


def _likeliest(branches: NDArray[np.float32], count: int) -> NDArray[np.uint8]:
    """The best closed path through each of the ``count`` likeliest first states, likeliest first: (count, bits)."""
    # What leads to a state and what follows from it, over two laps each, as if they had no end.
    before = np.zeros(_STATES, np.float32)
    after = np.zeros(_STATES, np.float32)
    for step in range(2 * MESSAGE_BITS):
        before = _advanced(before, branches[step % MESSAGE_BITS])
        before -= before.max()
        after = _preceding(after, branches[-1 - step % MESSAGE_BITS])
        after -= after.max()
    starts = np.argsort(-(before + after))[:count]
    rows = np.arange(len(starts))
    metric = np.full((len(starts), _STATES), -np.inf, np.float32)
    metric[rows, starts] = 0
    oldest = np.empty((MESSAGE_BITS, len(starts), _STATES), np.bool_)
    for step in range(MESSAGE_BITS):
        metric = _advanced(metric, branches[step], oldest[step])
    paths = np.empty((len(starts), MESSAGE_BITS), np.uint8)
    state = starts.copy()
    for step in range(MESSAGE_BITS - 1, -1, -1):
        paths[:, step] = state & 1
        state = (state >> 1) | (oldest[step, rows, state].astype(np.intp) << (_CONSTRAINT - 2))
    return paths[np.argsort(-metric[rows, starts])]
