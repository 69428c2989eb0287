"""What the page on the output check shows can be written into a policy as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from touchmark.safety.output.nudenet import LABELS
from touchmark.safety.stages import DetectorKind, GuardRule, OutputRule

PAGE = Path(__file__).parents[3] / "docs" / "output-check.md"


def test_the_examples_of_the_page_are_valid() -> None:
    found: dict[str, object] = {}
    for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        found |= yaml.safe_load(block)
    assert GuardRule.model_validate(found["guard"])
    output = OutputRule.model_validate(found["output"])
    assert {detector.use for detector in output.detectors} == set(DetectorKind)
    assert output.faces and output.detectors[0].labels.keys() <= LABELS
