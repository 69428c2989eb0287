"""From what was read to what is claimed: one rule for each kind of mark. Pure; :mod:`claim` has the null models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from touchmark.provenance.watermark.neural import bch
from touchmark.provenance.watermark.neural.carrier import can_carry, message_of, read_carried
from touchmark.provenance.watermark.neural.claim import (
    MATCH_LEVEL,
    Basis,
    ClaimState,
    KnownMessage,
    MarkKind,
    nearest,
)
from touchmark.provenance.watermark.neural.gathering import Gathering, bits_of
from touchmark.provenance.watermark.neural.sound import MARKED_SHARE
from touchmark.provenance.watermark.protocol import WatermarkKey

CLAIM_LEVEL: Final = 1e-3
"""A word of TrustMark's code counts as read below this p-value. Its weakest schema takes a fourteenth of all words."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far a reading goes; the fields of :class:`touchmark.provenance.watermark.neural.claim.MarkClaim`."""

    state: ClaimState
    message: str = ""
    known_as: str = ""
    agreeing: int | None = None
    p_value: float | None = None
    basis: Basis | None = None
    score: float | None = None


def judge(
    kind: MarkKind, gathering: Gathering, known: Sequence[KnownMessage], keys: Sequence[WatermarkKey]
) -> Judgement:
    """What may be claimed of what was gathered.

    Args:
        kind: of the mark.
        gathering: what its reader gave.
        known: messages that the operator has names for.
        keys: the operator's, for payloads that :mod:`carrier` wrote.
    """
    if gathering.odds is None:
        return Judgement(ClaimState.NOTHING_FOUND)
    message = bits_of(gathering.odds)
    match kind:
        case MarkKind.VIDEOSEAL:
            return _without_check(gathering, message, known, keys)
        case MarkKind.TRUSTMARK | MarkKind.TRUSTMARK_P:
            return _under_bch(message, known)
        case MarkKind.AUDIOSEAL:
            return _with_score(message, gathering.score, known)


def _without_check(
    gathering: Gathering, message: str, known: Sequence[KnownMessage], keys: Sequence[WatermarkKey]
) -> Judgement:
    carriers = _carried(gathering, message, keys) if can_carry(len(message)) else ()
    if own := next(iter(carriers), None):
        return own
    match = nearest(message, known)
    if match is None:
        return Judgement(ClaimState.UNDECIDED, message)
    best, agreeing, p_value = match
    if p_value >= MATCH_LEVEL:
        return Judgement(ClaimState.NOTHING_FOUND, p_value=p_value, basis=Basis.RANDOM_MESSAGE)
    return Judgement(ClaimState.RECOGNISED, message, best.label, agreeing, p_value, Basis.RANDOM_MESSAGE)


def _carried(gathering: Gathering, message: str, keys: Sequence[WatermarkKey]) -> Iterable[Judgement]:
    """Payloads under the operator's own keys; every key is paid for."""
    for key in keys:
        found = read_carried(gathering, key)
        if found.payload is not None:
            written = message_of(found.payload, key, len(message))
            yield Judgement(
                ClaimState.RECOGNISED,
                message,
                f"payload {found.payload} under key {key.key_id}",
                sum(a == b for a, b in zip(message, written, strict=True)),
                min(1.0, found.p_value * len(keys)),
                Basis.RANDOM_MESSAGE,
            )


def _under_bch(message: str, known: Sequence[KnownMessage]) -> Judgement:
    word = bch.decode(message)
    if word is None:
        return Judgement(ClaimState.NOTHING_FOUND)
    same = [entry for entry in known if len(entry.bits) == len(word.data)]
    if label := next((entry.label for entry in same if entry.bits == word.data), ""):
        # At most one code word is near to what was read: a random message is its data with probability 2**-bits.
        p_value = min(1.0, len(same) * 2.0 ** -len(word.data))
        return Judgement(ClaimState.RECOGNISED, word.data, label, len(word.data), p_value, Basis.RANDOM_MESSAGE)
    if word.p_value >= CLAIM_LEVEL:
        return Judgement(ClaimState.NOTHING_FOUND, p_value=min(1.0, word.p_value), basis=Basis.UNIFORM_BITS)
    return Judgement(ClaimState.CLAIMED, word.data, p_value=word.p_value, basis=Basis.UNIFORM_BITS)


def _with_score(message: str, score: float, known: Sequence[KnownMessage]) -> Judgement:
    if score <= MARKED_SHARE:
        return Judgement(ClaimState.NOTHING_FOUND, score=score)
    match = nearest(message, known)
    if match is None:
        return Judgement(ClaimState.CLAIMED, message, score=score)
    best, agreeing, p_value = match
    state = ClaimState.RECOGNISED if p_value < MATCH_LEVEL else ClaimState.CLAIMED
    return Judgement(state, message, best.label, agreeing, p_value, Basis.RANDOM_MESSAGE, score)
