"""From noise that inversion found to a payload, its p-value and a timeline.

    found = find(noise, key, seconds_per_slice=1 / 3)      # noise: (slices, elements)
    found.payload, found.p_value, found.timeline

The statistics are those of `touchmark.provenance.watermark.statistics`. In a video that does not carry the key's mark
the key's signs e_i are independent of the noise a_i that inversion finds, whatever that is, and

    t = sum a_i e_i,    P(t >= x sqrt(sum a_i**2)) <= exp(-x**2 / 2)

for each of the 2**64 payloads, because E exp(s e) = cosh s <= exp(s**2 / 2): the same bound, and again nothing is
fitted and no model of videos or of models is assumed. A payload has one salt, so trying all salts costs nothing.

No model runs here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchmark.generation.latent_mark.pattern import SALT_BITS, SALTS, evidence, salt_of
from touchmark.provenance.watermark.code import CHECK_BITS, CODE_BITS, MESSAGE_BITS, decode
from touchmark.provenance.watermark.protocol import PAYLOAD_BITS, Detection, MarkState, Segment, WatermarkKey
from touchmark.provenance.watermark.statistics import PRESENCE_LEVEL, tail

SHIFTS: Final = (0, 1, -1, 2, -2, 3, -3, 4, -4)
"""How many slices may be missing from the front of a clip (or stand before it), in the order they are tried."""

_TRIED: Final = 3
"""Of all salts, how many are decoded: the likeliest. A readable mark stands far above every wrong salt."""
_LOUDEST: Final = 4.0


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to read the clip."""

    energy: float
    shift: int
    salt: int


def find(noise: NDArray[np.float32], key: WatermarkKey, seconds_per_slice: float, attempts: int = 1) -> Detection:
    """Look for a mark of ``key`` in noise.

    Args:
        noise: ndarray of shape (slices, elements): as inversion found it, slices in order of time.
        key: the key to try.
        seconds_per_slice: for the timeline.
        attempts: how many such looks at one video the caller takes in all; each is paid for in the p-value.
    """
    level = _levelled(noise)
    best = Detection(MarkState.NOTHING_FOUND, key.key_id)
    for shifts in (SHIFTS[:1], SHIFTS[1:]):
        best = strongest([best, *_decoded(level, key, shifts, seconds_per_slice, attempts)])
        if best.state is MarkState.VERIFIED:
            break
    return best


def strongest(detections: Sequence[Detection]) -> Detection:
    """The detection that says most: a verified payload before mere presence, then the smallest p-value."""
    return min(detections, key=lambda found: (found.state is not MarkState.VERIFIED, found.p_value))


def _levelled(noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each slice at the same strength, its outliers tamed: a slice that was painted over must not shout others down."""
    spread = np.sqrt(np.mean(noise.astype(np.float64) ** 2, axis=1, keepdims=True))
    level = np.divide(noise, spread, out=np.zeros_like(noise, np.float64), where=spread > 0)
    return np.asarray(np.clip(np.nan_to_num(level), -_LOUDEST, _LOUDEST), np.float32)


def _decoded(
    level: NDArray[np.float32], key: WatermarkKey, shifts: Sequence[int], seconds: float, attempts: int
) -> list[Detection]:
    hypotheses = attempts * len(SHIFTS)
    found = []
    for candidate in _candidates(level, key, shifts):
        slices = _overlap(len(level), candidate.shift)
        said = np.stack([evidence(level[s], key, [candidate.salt], s + candidate.shift)[0] for s in slices])
        power = np.sum(level[slices].astype(np.float64) ** 2, axis=1)
        guess = decode(said.sum(axis=0), key)
        agreement = said @ (1.0 - 2.0 * guess.code_bits)
        z = _score(agreement.sum(), power.sum())
        if guess.payload is not None and salt_of(guess.payload, key) == candidate.salt:
            decodings = hypotheses * _TRIED
            by_check = decodings * 2.0 ** -(CHECK_BITS + SALT_BITS)
            p_value = min(by_check, tail(z, hypotheses * 2.0**PAYLOAD_BITS))
            of_slices = [tail(_score(a, p)) for a, p in zip(agreement, power, strict=True)]
            timeline = _timeline([1.0] * slices[0] + of_slices, seconds)
            found.append(Detection(MarkState.VERIFIED, key.key_id, guess.payload, p_value, timeline))
            continue
        # The payload is not to be had; that something was written in this code may be certain all the same. Slice by
        # slice it is not: a guess fits the slices that it was made from.
        p_value = tail(z, hypotheses * SALTS * 2.0**MESSAGE_BITS)
        if p_value < PRESENCE_LEVEL:
            found.append(Detection(MarkState.PRESENT, key.key_id, None, p_value))
    return found


def _candidates(level: NDArray[np.float32], key: WatermarkKey, shifts: Sequence[int]) -> list[_Candidate]:
    """The likeliest shifts and salts: where the code bits, whatever they are, are said loudest."""
    candidates = []
    for shift in shifts:
        slices = _overlap(len(level), shift)
        if not np.any(level[slices]):
            continue
        said = np.zeros((SALTS, CODE_BITS), np.float32)
        for index in slices:
            said += evidence(level[index], key, range(SALTS), index + shift)
        energies = np.sum(said.astype(np.float64) ** 2, axis=1) / np.sum(level[slices].astype(np.float64) ** 2)
        candidates += [_Candidate(float(energies[salt]), shift, int(salt)) for salt in np.argsort(energies)[-_TRIED:]]
    return sorted(candidates, key=lambda candidate: -candidate.energy)[:_TRIED]


def _overlap(slices: int, shift: int) -> list[int]:
    """Which slices of the clip may have been marked, if its first one was slice ``shift`` then."""
    return list(range(max(0, -shift), slices))


def _timeline(p_values: Sequence[float], seconds: float) -> tuple[Segment, ...]:
    return tuple(Segment(i * seconds, (i + 1) * seconds, p_value) for i, p_value in enumerate(p_values))


def _score(agreement: float, power: float) -> float:
    return float(agreement) / math.sqrt(power) if power > 0 else 0.0
