"""From which score on something is of low, medium or high severity."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from touchmark.safety.decision import Severity
from touchmark.safety.document import Strict

_Score = Annotated[float, Field(gt=0, le=1, strict=True)]
"""Strict, since YAML reads "yes" as true, and true as a number is 1, which no score reaches."""


class Thresholds(Strict):
    """Calibrated scores from which on a passage is of low, medium or high severity; absent means never."""

    low: _Score | None = None
    medium: _Score | None = None
    high: _Score | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Thresholds:
        given = [score for score in (self.low, self.medium, self.high) if score is not None]
        if not given:
            raise ValueError("give a threshold for low, medium or high")
        if given != sorted(given):
            raise ValueError(f"thresholds must not fall from low to high (got {given})")
        return self

    def severity(self, score: float) -> Severity | None:
        """How severe a score is; None below all thresholds."""
        for severity, least in ((Severity.HIGH, self.high), (Severity.MEDIUM, self.medium), (Severity.LOW, self.low)):
            if least is not None and score >= least:
                return severity
        return None
