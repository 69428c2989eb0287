"""Values of untrusted JSON: whatever stands there, what is asked for comes back, of the right type and within bounds.

text(node(report.get("signature_info")).get("common_name"))      # "" where there is none
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

MAX_TEXT: Final = 1024
"""Characters; of a longer text the end is left out. What is written (``claim``, ``inputs``) is no longer."""
MAX_ITEMS: Final = 256
"""Of a list."""

Node = Mapping[str, Any]
"""A JSON object."""


def node(value: object) -> Node:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def nodes(value: object, limit: int | None = MAX_ITEMS) -> list[Node]:
    """The objects in a list, of its first ``limit`` members; none for anything else."""
    return [item for item in value[:limit] if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """A text, of at most :data:`MAX_TEXT` characters; "" for anything else."""
    if not isinstance(value, str):
        return ""
    return value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"


def time(value: object) -> datetime | None:
    """A time in ISO 8601, in UTC where it names no zone; None for anything else."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
