"""Files that others went into, which carry manifests themselves, fail exactly the lines of what is taken away.

What ``test_disclosure_of_stills_and_sounds`` shows of files that were made from nothing but a prompt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tests.clips import scene
from tests.generation.release.takings import (
    Change,
    drop_actions,
    drop_all_actions_included,
    drop_bindings,
    drop_disclosure,
    drop_making,
    drop_opened,
    drop_source_type,
    drop_system,
    drop_times,
    drop_version,
)
from tests.generation.release.test_disclosure import House, house
from tests.generation.release.test_disclosure_of_stills_and_sounds import (
    OF_PICTURES,
    OF_STILL,
    Made,
)
from touchmark.detectors.verdict import Outcome
from touchmark.provenance.keys.development import make_development_keys
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType
from touchmark.provenance.manifest.inputs import InputFile
from touchmark.provenance.manifest.write import sign_file
from touchmark.provenance.media.picture import Orientation
from touchmark.provenance.media.still import Still, StillKind, write_still

__all__ = ["house"]

Put = Callable[[Claim], Claim]
"""Names what went in."""


@dataclass(frozen=True)
class Earlier:
    """Pictures that others are made from; of an operator, and of somebody whom nobody here knows."""

    plain: Path
    recorded: Path
    generated: Path
    edited: Path
    of_nobody: Path

    @property
    def ways(self) -> dict[str, Put]:
        return {
            "edit of a recording": lambda claim: replace(claim, parent=self.recorded),
            "edit of what was generated": lambda claim: replace(claim, parent=self.generated),
            "edit of nobody's word": lambda claim: replace(claim, parent=self.of_nobody),
            "made from a recording": lambda claim: replace(claim, inputs=(InputFile.of(self.recorded),)),
            "made from an edit": lambda claim: replace(claim, inputs=(InputFile.of(self.edited),)),
        }


@pytest.fixture(scope="module")
def earlier(house: House) -> Earlier:
    folder = house.folder / "earlier"
    folder.mkdir()
    names = Earlier(*(folder / f"{name}.png" for name in ("plain", "recorded", "generated", "edited", "of_nobody")))
    write_still(Still(next(scene(64, 48, 1)), Orientation(), StillKind.PNG, lossless=True), names.plain)
    made = replace(house.claim, media_type="image/png", soft_bindings=())
    taken = replace(made, source_type=DigitalSourceType.DIGITAL_CAPTURE, model=None)
    signer, anchors = house.sealer.signer, house.sealer.anchors
    sign_file(names.plain, names.recorded, taken, signer, anchors)
    sign_file(names.plain, names.generated, made, signer, anchors)
    sign_file(names.plain, names.edited, replace(taken, parent=names.recorded), signer, anchors)
    ring = make_development_keys(folder / "keys", organisation="Nobody here", now=datetime.now(UTC))
    sign_file(names.plain, names.of_nobody, taken, ring.signer(), ring.trust_anchors)
    return names


EDITS = ("edit of a recording", "edit of what was generated", "edit of nobody's word")
WAYS = (*EDITS, "made from a recording", "made from an edit")
INVALID = {"c2pa.trusted", "eu.signed_metadata", "ca.standard", "in.provenance"}
"""The line of each profile that asks for a manifest that holds."""
UNBOUND = INVALID - {"c2pa.trusted"} | {"c2pa.soft_binding"}
"""The same where one profile has a line for what is missing."""


def _without_bindings(claim: Claim) -> Claim:
    return replace(claim, soft_bindings=())


LACKING: dict[str, tuple[dict[str, Any], set[str]]] = {
    "nothing": ({}, set()),
    "provider": ({"named": False}, {"ca.provider", "in.identifier"}),
    "system": ({"definition": drop_system}, {"ca.system"}),
    "version": ({"definition": drop_version}, {"ca.system_version"}),
    "time": ({"definition": drop_times}, {"ca.time"}),
    "time stamp": ({"stamped": False}, {"eu.time_stamp"}),
    "AI disclosure": ({"definition": drop_disclosure}, {"c2pa.ai_disclosure"}),
    "allActionsIncluded": ({"definition": drop_all_actions_included}, {"c2pa.rubric"}),
    "actions": ({"definition": drop_actions}, INVALID),
    "trusted signer": ({"trusted": False}, {"c2pa.trusted"}),
    "manifest": ({"signed": False}, INVALID),
    "watermark": ({"marked": False}, {"eu.watermark", "ca.durable", "c2pa.soft_binding", "in.permanent"}),
    "soft binding": ({"claim": _without_bindings}, {"c2pa.soft_binding"}),
    "soft binding that an action speaks of": ({"definition": drop_bindings}, UNBOUND),
    "XMP": OF_PICTURES["XMP"],
    "AIGC": OF_PICTURES["AIGC"],
    "label": OF_PICTURES["label"],
}


def file(house: House, earlier: Earlier, folder: Path, way: str, change: dict[str, Any]) -> Path:
    put, taken = earlier.ways[way], change.get("claim", lambda claim: claim)
    return replace(Made(), **{**change, "claim": lambda claim: taken(put(claim))}).file(house, folder)


THROUGHOUT = ("nothing", "soft binding")
"""What is taken from all; the rest from each in turn."""
CASES = [(lacking, way) for lacking in THROUGHOUT for way in WAYS]
CASES += [case for case in zip(LACKING, cycle(WAYS), strict=False) if case[0] not in THROUGHOUT]
CASES += [("actions", "edit of a recording"), ("soft binding that an action speaks of", "edit of a recording")]


@pytest.mark.parametrize(("lacking", "way"), dict.fromkeys(CASES))
def test_what_others_went_into_fails_exactly_the_line_of_what_it_lacks(
    house: House, earlier: Earlier, tmp_path: Path, lacking: str, way: str
) -> None:
    change, expected = LACKING[lacking]
    assert house.failing(file(house, earlier, tmp_path, way, change), OF_STILL) == expected


@pytest.mark.parametrize(
    ("way", "definition", "expected"),
    [
        ("edit of a recording", drop_source_type, {"c2pa.rubric", "eu.signed_metadata"}),
        ("edit of nobody's word", drop_source_type, {"c2pa.rubric", "eu.signed_metadata"}),
        ("edit of what was generated", drop_source_type, {"c2pa.rubric"}),
        ("made from a recording", drop_source_type, INVALID),
        ("edit of a recording", drop_making, {"eu.signed_metadata", "ca.system_version"}),
        ("edit of what was generated", drop_making, {"ca.system_version"}),
        ("edit of what was generated", drop_opened, INVALID),
    ],
)
def test_an_edit_that_does_not_say_what_a_model_did_is_of_the_type_of_what_was_edited(
    house: House, earlier: Earlier, tmp_path: Path, way: str, definition: Change, expected: set[str]
) -> None:
    """Not contradicted by the labels in it, which say more: it discloses the model itself."""
    path = file(house, earlier, tmp_path, way, {"definition": definition})
    assert house.failing(path, OF_STILL) == expected
    assert house.verifier.verify(path).verdict.outcome is not Outcome.CONTRADICTORY


def test_a_history_that_is_lost_fails_its_own_line(house: House, earlier: Earlier, tmp_path: Path) -> None:
    change = {"claim": lambda claim: replace(claim, parent=earlier.plain)}
    assert house.failing(file(house, earlier, tmp_path, EDITS[0], change), OF_STILL) == {"eu.inputs_kept"}


@pytest.mark.parametrize("discloses", [False, True])
def test_a_recording_that_labels_call_generated_is_none_though_a_model_is_disclosed(
    house: House, earlier: Earlier, tmp_path: Path, discloses: bool
) -> None:
    """Over content whose mark was taken out: whoever launders it says nothing of what a model did."""
    definition = drop_making if discloses else _of_a_recording
    path = file(house, earlier, tmp_path, EDITS[0], {"definition": definition, "marked": False})
    verdict = house.verifier.verify(path).verdict
    assert verdict.outcome is (Outcome.UNKNOWN if discloses else Outcome.CONTRADICTORY)
    assert "eu.signed_metadata" in house.failing(path, OF_STILL)


def _of_a_recording(document: dict[str, Any]) -> None:
    drop_making(document)
    drop_disclosure(document)
