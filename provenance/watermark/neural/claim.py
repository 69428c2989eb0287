"""What a mark of another maker says of a video: a claim, with what is known of its error rate. Pure.

A neural mark is read with published weights and no secret. Whoever has the weights can write any message, or read
one from a marked video and write it into another. So a claim informs a person, and no verdict rests on it.

How sure is a reading? A network gives bits for any picture, marked or not, and those of unmarked pictures are neither
independent nor fair. Two null models are used, and every claim names its own:

- RANDOM_MESSAGE. Messages that the operator knows were drawn at random, without regard to the picture. Whatever K
  bits the network gives, a random message then agrees with them in A ~ Binomial(K, 1/2) places, so that the best of M
  known messages agrees in a or more with probability at most M P(A >= a). Nothing is assumed of pictures.
- UNIFORM_BITS. The mark has an error-correcting code of its own, and the claim is that a word of it was read. The
  p-value is the share of all words that lie as near to a code word. It holds if bits of unmarked pictures are fair and
  independent, which nobody has shown.

A mark with neither has no p-value; its score is passed on, and means what its maker says it means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MATCH_LEVEL: Final = 1e-6
"""A message counts as recognised below this p-value, all known messages counted."""

_LEAST: Final = 1e-300
"""Nothing is impossible: where the formula underflows, this is reported."""


class MarkKind(StrEnum):
    """The marks whose networks are understood, one for each signature."""

    VIDEOSEAL = "videoseal"
    """VideoSeal and PixelSeal (facebookresearch/videoseal): picture, bits without a check."""
    TRUSTMARK = "trustmark"
    """TrustMark Q, B and C (adobe/trustmark): picture, 100 bits under a BCH code."""
    TRUSTMARK_P = "trustmark-p"
    """TrustMark P: the same in the centre square only."""
    AUDIOSEAL = "audioseal"
    """AudioSeal (facebookresearch/audioseal): sound, a detection score and 16 bits without a check."""


class ClaimState(StrEnum):
    """How far a reading goes. None of them is a verdict."""

    RECOGNISED = "recognised"
    """A message that the operator knows, beyond chance."""
    CLAIMED = "claimed"
    """The mark's own test says that there is one; nobody here knows the message."""
    UNDECIDED = "undecided"
    """Bits were read, as from any video, and there is nothing to judge them by."""
    NOTHING_FOUND = "nothing_found"
    """No mark, or none that is known here. Says nothing about authenticity."""


class Basis(StrEnum):
    """The null model of a p-value; see the module."""

    RANDOM_MESSAGE = "random_message"
    UNIFORM_BITS = "uniform_bits"


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message that the operator has a name for.

    Attributes:
        label: whose it is.
        bits: of 0 and 1, drawn at random: the p-values rest on that.
    """

    label: str
    bits: str


@dataclass(frozen=True, slots=True)
class MarkClaim:
    """What one installed mark says of one video.

    Attributes:
        mark: the operator's name for it.
        kind: what it is.
        weights: SHA-256 of the reader's file, hexadecimal.
        state: how far the reading goes.
        message: the bits read, 0 and 1; empty where none are worth showing.
        known_as: label of the known message that comes nearest; empty where none is known.
        agreeing: bits in which that message agrees.
        p_value: probability that an unmarked video does as well, under ``basis``; None where there is no null model.
        basis: the null model; None where there is no p-value.
        score: the mark's own detection score, where it has one: for AudioSeal, the largest share of samples of a
            window in which its detector sees a mark.
        samples: pictures or windows of sound that were read.
    """

    mark: str
    kind: MarkKind
    weights: str
    state: ClaimState
    message: str = ""
    known_as: str = ""
    agreeing: int | None = None
    p_value: float | None = None
    basis: Basis | None = None
    score: float | None = None
    samples: int = 0

    @property
    def message_hex(self) -> str:
        """The message in hexadecimal, filled up with zero bits at its end."""
        filled = self.message + "0" * (-len(self.message) % 4)
        return f"{int(filled, 2):0{len(filled) // 4}x}" if filled else ""

    @property
    def in_words(self) -> str:
        """One or two sentences. The label and the name are the operator's own; whoever shows them makes them safe."""
        match self.state:
            case ClaimState.RECOGNISED:
                return (
                    f"Carries the message of {self.known_as}: {self.agreeing} of {len(self.message)} bits agree"
                    f"{self._chance()}. Anybody with the weights can write it, so it proves nothing by itself."
                )
            case ClaimState.CLAIMED:
                score = "" if self.score is None else f" (score {self.score:.2f})"
                near = f"; nearest is {self.known_as}, {self.agreeing} of them agree" if self.known_as else ""
                found = f"{len(self.message)} bits, {self._short()}{near}{self._chance()}"
                return f"Its own test finds a mark{score}: {found}. Anybody with the weights can write one."
            case ClaimState.UNDECIDED:
                return (
                    f"{len(self.message)} bits were read, {self._short()}, as they would be from any video: this mark "
                    "has no test of its own, and no message is known here to compare them with."
                )
            case ClaimState.NOTHING_FOUND:
                return f"Nothing found; samples read: {self.samples}. That says nothing about authenticity."

    def _short(self) -> str:
        return self.message_hex[:16] + ("…" if len(self.message_hex) > 16 else "")

    def _chance(self) -> str:
        if self.p_value is None:
            return "; how often that happens by chance is not known"
        fair = " if bits of unmarked pictures were fair, which is not known" if self.basis is Basis.UNIFORM_BITS else ""
        return f" (p = {self.p_value:.0e}{fair})"


def nearest(bits: str, known: Sequence[KnownMessage]) -> tuple[KnownMessage, int, float] | None:
    """The known message that agrees best, in how many bits, and its p-value under RANDOM_MESSAGE; None if none is."""
    fitting = [message for message in known if len(message.bits) == len(bits)]
    if not fitting:
        return None
    best = max(fitting, key=lambda message: _agreeing(bits, message.bits))
    agreeing = _agreeing(bits, best.bits)
    return best, agreeing, agreement_tail(len(bits), agreeing, len(fitting))


def agreement_tail(bits: int, agreeing: int, known: int = 1) -> float:
    """Probability that the best of ``known`` random messages agrees in ``agreeing`` of ``bits`` or more: a bound."""
    ways = sum(math.comb(bits, count) for count in range(max(agreeing, 0), bits + 1))
    return min(1.0, max(_LEAST, known * ways / (1 << bits)))


def _agreeing(first: str, second: str) -> int:
    return sum(a == b for a, b in zip(first, second, strict=True))
