"""The 100 bits of a TrustMark: data under a BCH code, and two bits that say which.

    word = encode(data, Schema.BCH_5)        # str of 100 bits
    decoded = decode(word)                   # None where no code word is near
    decoded.data, decoded.corrected

Facts of the format (adobe/trustmark, CONFIG.md and its implementations): data, then check bits, 96 together, then
four bits of which the last two number the schema. The code is binary BCH over GF(2^7) with x^7 + x^3 + 1, shortened;
check bits are computed over the data filled up with zeros to whole bytes. The fill is not sent, so a "correction" in
it is no correction. Polynomials over GF(2) are int, bit i the coefficient of x^i. See Lin and Costello, "Error
Control Coding", chapter 6, for the decoder (Berlekamp and Massey, then Chien's search).

TrustMark readers also try the schemas that the two bits do not name. We do not: it multiplies false readings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

WORD_BITS: Final = 100
_CODE_BITS: Final = 96
_DEGREE: Final = 7
_FIELD: Final = 0b10001001
_ORDER: Final = (1 << _DEGREE) - 1


class Schema(IntEnum):
    """The codes, by the number that the last two bits carry."""

    BCH_SUPER = 0
    BCH_5 = 1
    BCH_4 = 2
    BCH_3 = 3

    @property
    def corrects(self) -> int:
        """Wrong bits that it puts right."""
        return {Schema.BCH_SUPER: 8, Schema.BCH_5: 5, Schema.BCH_4: 4, Schema.BCH_3: 3}[self]

    @property
    def check_bits(self) -> int:
        """Seven for each wrong bit that it puts right."""
        return _DEGREE * self.corrects

    @property
    def data_bits(self) -> int:
        """40, 61, 68 or 75."""
        return _CODE_BITS - self.check_bits


@dataclass(frozen=True, slots=True)
class Decoded:
    """A code word near to what was read.

    Attributes:
        schema: its code.
        data: its data bits, 0 and 1.
        corrected: how many bits were wrong.
    """

    schema: Schema
    data: str
    corrected: int

    @property
    def p_value(self) -> float:
        """Share of all 100-bit words that lie as near to a code word of some schema, each in units of its rarity.

        A word names each schema with probability 1/4; the chance of a word as rare as this one is at most the same
        for each, so the four together cost no more than this schema alone.
        """
        near = sum(math.comb(_CODE_BITS, wrong) for wrong in range(self.corrected + 1))
        return near / 2.0**self.schema.check_bits


def encode(data: str, schema: Schema) -> str:
    """The 100 bits that carry ``data``, a str of exactly ``schema.data_bits`` of 0 and 1.

    Raises:
        ValueError: ``data`` has another length.
    """
    if len(data) != schema.data_bits:
        raise ValueError(f"{schema.name} carries {schema.data_bits} bits (got {len(data)})")
    checks = schema.check_bits
    remainder = _remainder(int(data + _fill(schema), 2) << checks, _generator(schema.corrects))
    return f"{data}{remainder:0{checks}b}{schema:04b}"


def decode(word: str) -> Decoded | None:
    """The code word nearest to 100 bits, under the schema that their last two bits name; None where none is near."""
    schema = Schema(int(word[-2:], 2))
    data, checks = word[: schema.data_bits], word[schema.data_bits : _CODE_BITS]
    received = int(data + _fill(schema) + checks, 2)
    wrong = _wrong_places(received, schema)
    if wrong is None:
        return None
    for place in wrong:
        received ^= 1 << place
    fixed = f"{received >> schema.check_bits:0{schema.data_bits + len(_fill(schema))}b}"
    return Decoded(schema, fixed[: schema.data_bits], len(wrong))


def _fill(schema: Schema) -> str:
    return "0" * (-schema.data_bits % 8)


def _powers() -> tuple[int, ...]:
    powers = [1]
    for _ in range(_ORDER - 1):
        shifted = powers[-1] << 1
        powers.append(shifted ^ _FIELD if shifted >> _DEGREE else shifted)
    return tuple(powers)


_POWER: Final = _powers()
_LOG: Final = {value: exponent for exponent, value in enumerate(_POWER)}


def _times(a: int, b: int) -> int:
    return _POWER[(_LOG[a] + _LOG[b]) % _ORDER] if a and b else 0


def _over(a: int, b: int) -> int:
    return _POWER[(_LOG[a] - _LOG[b]) % _ORDER] if a else 0


def _remainder(value: int, divisor: int) -> int:
    length = divisor.bit_length()
    while value.bit_length() >= length:
        value ^= divisor << (value.bit_length() - length)
    return value


def _generator(corrects: int) -> int:
    """The product of (x - a^j) for a^1, a^3, ... a^(2t-1) and their conjugates."""
    roots = {(j << doubled) % _ORDER for j in range(1, 2 * corrects, 2) for doubled in range(_DEGREE)}
    coefficients = [1]
    for root in roots:
        raised = [0, *coefficients]
        scaled = [*(_times(c, _POWER[root]) for c in coefficients), 0]
        coefficients = [a ^ b for a, b in zip(raised, scaled, strict=True)]
    return sum(c << power for power, c in enumerate(coefficients))


def _wrong_places(received: int, schema: Schema) -> list[int] | None:
    """Exponents of x at which ``received`` differs from a code word; None where no code word is near enough."""
    corrects, checks, fill = schema.corrects, schema.check_bits, len(_fill(schema))
    ones = [place for place in range(received.bit_length()) if received >> place & 1]
    syndromes = [0] * (2 * corrects)
    for j in range(2 * corrects):
        for place in ones:
            syndromes[j] ^= _POWER[(j + 1) * place % _ORDER]
    if not any(syndromes):
        return []
    locator = _locator(syndromes)
    count = len(locator) - 1
    length = schema.data_bits + fill + checks
    places = [place for place in range(length) if not _at(locator, _POWER[-place % _ORDER])]
    inside_fill = any(checks <= place < checks + fill for place in places)
    return places if count <= corrects and len(places) == count and not inside_fill else None


def _at(polynomial: list[int], point: int) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = _times(value, point) ^ coefficient
    return value


def _locator(syndromes: list[int]) -> list[int]:
    """The shortest feedback register that makes the syndromes; its roots are the inverses of the wrong places."""
    current, previous = [1], [1]
    length, gap, last = 0, 1, 1
    for n, syndrome in enumerate(syndromes):
        discrepancy = syndrome
        for i in range(1, min(length, len(current) - 1) + 1):
            discrepancy ^= _times(current[i], syndromes[n - i])
        if not discrepancy:
            gap += 1
            continue
        factor = _over(discrepancy, last)
        update = [0] * gap + [_times(factor, c) for c in previous]
        size = max(len(current), len(update))
        padded = zip(current + [0] * (size - len(current)), update + [0] * (size - len(update)), strict=True)
        changed = [a ^ b for a, b in padded]
        if 2 * length <= n:
            length, previous, last, gap = n + 1 - length, current, discrepancy, 1
        else:
            gap += 1
        current = changed
    while current and not current[-1]:
        current.pop()
    return current
