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
    return _decoded(_viterbi(_scores(evidence)), key)


def decode_from(evidence: NDArray[np.float32], key: WatermarkKey, count: int) -> Decoded:
    """The likeliest message that verifies among ``count`` likely ones, or else the likeliest; each is a test.

    They are the best paths around the ring through each of the ``count`` states that most likely close it. At a quarter
    of a bit a sample the likeliest path is often not the right one where the right one is among the next (Seshadri and
    Sundberg, "List Viterbi decoding algorithms with applications", IEEE Trans. Commun. 1994). Costs tens of ms.
    """
    found = [_decoded(message, key) for message in _likeliest(_scores(evidence), count)]
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


def _branch_labels() -> NDArray[np.intp]:
    """The four output bits of each register content as a number 0..15; shape (2, STATES).

    Row 0 holds registers whose oldest bit is 0, row 1 those whose oldest bit is 1.
    """
    registers = np.arange(2 * _STATES, dtype=np.int64)
    label = sum(_parity(registers & g) << i for i, g in enumerate(_GENERATORS))
    return np.asarray(label, np.intp).reshape(2, _STATES)


def _scores(evidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """How well each of the 16 labels agrees with the evidence at each step: shape (MESSAGE_BITS, 16)."""
    signs = np.array([[1 - 2 * (n >> i & 1) for i in range(_RATE)] for n in range(1 << _RATE)], np.float32)
    return np.asarray(evidence.reshape(MESSAGE_BITS, _RATE) @ signs.T, np.float32)


def _viterbi(scores: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Maximum-likelihood path around the ring, by running it three times and keeping the middle lap."""
    labels = _branch_labels()
    laps = 3
    oldest = np.empty((laps * MESSAGE_BITS, _STATES), np.bool_)
    metric = np.zeros(_STATES, np.float32)
    for step in range(laps * MESSAGE_BITS):
        candidates = _extended(metric, scores[step % MESSAGE_BITS][labels])
        oldest[step] = candidates[1] > candidates[0]
        metric = np.maximum(candidates[0], candidates[1])
        metric -= metric[0]
    path = np.empty(laps * MESSAGE_BITS, np.uint8)
    state = int(np.argmax(metric))
    for step in range(laps * MESSAGE_BITS - 1, -1, -1):
        path[step] = state & 1
        state = (state >> 1) | (int(oldest[step, state]) << (_CONSTRAINT - 2))
    return path[MESSAGE_BITS : 2 * MESSAGE_BITS]


def _extended(metric: NDArray[np.float32], branch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Metrics of both ways into each state; any leading axes.

    Register r = (oldest bit, state after): the state before is r >> 1, so each metric serves two registers.
    """
    return np.asarray(np.repeat(metric, 2, axis=-1).reshape(*metric.shape[:-1], 2, _STATES) + branch, np.float32)


def _likeliest(scores: NDArray[np.float32], count: int) -> NDArray[np.uint8]:
    """The best closed path through each of the ``count`` likeliest first states, likeliest first: (count, bits)."""
    labels = _branch_labels()
    # What leads to a state and what follows from it, over two laps each, as if they had no end.
    before = np.zeros(_STATES, np.float32)
    after = np.zeros(_STATES, np.float32)
    for step in range(2 * MESSAGE_BITS):
        before = _extended(before, scores[step % MESSAGE_BITS][labels]).max(axis=0)
        before -= before.max()
        branch = scores[-1 - step % MESSAGE_BITS][labels]
        after = (branch + after).reshape(_STATES, 2).max(axis=1)
        after -= after.max()
    starts = np.argsort(-(before + after))[:count]
    rows = np.arange(len(starts))
    metric = np.full((len(starts), _STATES), -np.inf, np.float32)
    metric[rows, starts] = 0
    oldest = np.empty((MESSAGE_BITS, len(starts), _STATES), np.bool_)
    for step in range(MESSAGE_BITS):
        candidates = _extended(metric, scores[step][labels])
        oldest[step] = candidates[:, 1] > candidates[:, 0]
        metric = candidates.max(axis=1)
    paths = np.empty((len(starts), MESSAGE_BITS), np.uint8)
    state = starts.copy()
    for step in range(MESSAGE_BITS - 1, -1, -1):
        paths[:, step] = state & 1
        state = (state >> 1) | (oldest[step, rows, state].astype(np.intp) << (_CONSTRAINT - 2))
    return paths[np.argsort(-metric[rows, starts])]
