"""The implicit label of GB 45438-2025: a small JSON object under the key ``AIGC`` in a file's metadata.

    record = AigcRecord(Label.IS, producer="Example Studio", produce_id=str(payload))
    EncodeSettings(metadata={AIGC_KEY: record.to_json()})
    AigcRecord.parse(info.labels[AIGC_KEY])

In mp4 it is a QuickTime key, in pictures the property ``TC260:AIGC`` of an XMP packet (:mod:`.xmp`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

AIGC_KEY: Final = "AIGC"
_MOST: Final = 4096
_FIELDS: Final = {
    "Label": "label",
    "ContentProducer": "producer",
    "ProduceID": "produce_id",
    "ReservedCode1": "reserved_1",
    "ContentPropagator": "propagator",
    "PropagateID": "propagate_id",
    "ReservedCode2": "reserved_2",
}


class Label(StrEnum):
    """What the record says of the content."""

    IS = "1"
    """It is generated or synthesised."""
    MAY_BE = "2"
    SUSPECTED = "3"


@dataclass(frozen=True, slots=True)
class AigcRecord:
    """The seven fields, as written; one that the file leaves out is empty. The rule wants the first three filled.

    Attributes:
        label: ``1``, ``2`` or ``3``; see :class:`Label`.
        producer: name or code of the service that made the content.
        produce_id: the producer's unique number of the content.
        reserved_1: the producer's own, such as a signature.
        propagator, propagate_id, reserved_2: the same of a platform that spread it.
    """

    label: str
    producer: str
    produce_id: str
    reserved_1: str = ""
    propagator: str = ""
    propagate_id: str = ""
    reserved_2: str = ""

    def to_json(self) -> str:
        """As it stands in a file."""
        return json.dumps({name: getattr(self, field) for name, field in _FIELDS.items()}, ensure_ascii=False)

    @classmethod
    def parse(cls, text: str) -> AigcRecord | None:
        """Read what a file holds; None where it is no such object, or too long to be one.

        A field that is left out reads as empty: what the others say still counts, and the rule that asks for it fails.
        """
        if len(text) > _MOST:
            return None
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if isinstance(found, dict) and set(found) == {AIGC_KEY}:  # some writers repeat the key inside
            found = found[AIGC_KEY]
        if not isinstance(found, dict) or _FIELDS.keys().isdisjoint(found):
            return None
        values = {field: found.get(name, "") for name, field in _FIELDS.items()}
        return cls(**values) if all(isinstance(value, str) for value in values.values()) else None
