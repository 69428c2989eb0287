"""A sentence about one source of evidence, and which way it weighs. Types only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where a statement comes from."""

    MANIFEST = "manifest"
    WATERMARK = "watermark"
    SOUND = "watermark in sound"
    REGISTRY = "registry"
    RECOVERED = "recovered manifest"
    FINGERPRINT = "fingerprint"
    CONTAINER = "container"


class Tone(StrEnum):
    """Which way a statement weighs."""

    SUPPORTS = "supports"
    """Evidence of origin that holds."""
    AGAINST = "against"
    """Evidence of tampering."""
    CAUTION = "caution"
    """Something that a reviewer should know before relying on the rest."""
    SILENT = "silent"
    """Nothing was found, or nothing could be looked at. Says nothing either way."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says; the text is already safe to show."""

    source: Source
    tone: Tone
    text: str
