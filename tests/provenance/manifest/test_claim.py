"""What a claim turns into, before any library sees it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from touchmark.provenance.manifest.claim import (
    Claim,
    ClaimError,
    DigitalSourceType,
    ModelIdentity,
    PromptRecord,
    SoftBinding,
    SoftwareAgent,
)
from touchmark.provenance.manifest.definition import PROMPT_RESOURCE, definition, resources

Make = Callable[..., Claim]


def assertion(claim: Claim, label: str) -> dict[str, Any] | None:
    found = [item["data"] for item in definition(claim)["assertions"] if item["label"] == label]
    assert len(found) <= 1
    return found[0] if found else None


def actions(claim: Claim) -> list[dict[str, Any]]:
    data = assertion(claim, "c2pa.actions.v2")
    assert data is not None
    assert data["allActionsIncluded"] is True
    return list(data["actions"])


def test_a_generated_video_is_created_then_watermarked(claim: Claim) -> None:
    created, marked = actions(claim)
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert created["softwareAgent"] == {"name": "dream machine", "version": "2.1"}
    assert created["when"] == "2026-11-22T07:00:00Z"
    assert created["parameters"] == {"ingredientIds": ["prompt", "model"]}
    assert marked["action"] == "c2pa.watermarked.bound"


def test_no_mark_is_claimed_where_there_is_none(make_claim: Make) -> None:
    claim = make_claim(soft_bindings=())
    assert [action["action"] for action in actions(claim)] == ["c2pa.created"]
    assert assertion(claim, "c2pa.soft-binding") is None


def test_a_parent_is_opened_and_not_created(make_claim: Make) -> None:
    claim = make_claim(parent=Path("input.mp4"))
    opened, edited, transcoded, marked = actions(claim)
    assert opened["action"] == "c2pa.opened"
    assert opened["parameters"] == {"ingredientIds": ["parent"]}
    assert "digitalSourceType" not in opened
    assert [transcoded["action"], marked["action"]] == ["c2pa.transcoded", "c2pa.watermarked.bound"]
    # The parent may be a camera's: that a model made something of it is said by who seals it.
    assert (edited["action"], edited["digitalSourceType"]) == ("c2pa.edited", claim.source_type.value)
    assert edited["softwareAgent"]["name"] == claim.software_agent.name
    assert edited["parameters"] == {"ingredientIds": ["prompt", "model"]}
    camera = make_claim(parent=Path("input.mp4"), source_type=DigitalSourceType.DIGITAL_CAPTURE)
    assert [action["action"] for action in actions(camera)[:2]] == ["c2pa.opened", "c2pa.transcoded"]


def test_the_soft_binding_is_in_milliseconds_and_base64(make_claim: Make) -> None:
    claim = make_claim(soft_bindings=(SoftBinding("io.example.1", b"\x00\xff" * 4, 0.5, 2.0004),))
    data = assertion(claim, "c2pa.soft-binding")
    assert data is not None
    (block,) = data["blocks"]
    assert data["alg"] == "io.example.1"
    assert block["scope"] == {"timespan": {"start": 500, "end": 2001}}
    assert base64.b64decode(block["value"]) == b"\x00\xff" * 4


def test_the_prompt_is_named_by_digest_and_not_told(make_claim: Make) -> None:
    secret = "the launch is on Tuesday"
    claim = make_claim(prompt=PromptRecord("ab" * 32))
    prompt, model = definition(claim)["ingredients"]
    assert prompt["relationship"] == model["relationship"] == "inputTo"
    assert prompt["data_types"] == [{"type": "c2pa.types.generator.prompt"}]
    assert prompt["description"] == "sha256:" + "ab" * 32
    assert resources(claim) == {}

    told = make_claim(prompt=PromptRecord("ab" * 32, text=secret))
    assert definition(told)["ingredients"][0]["data"]["identifier"] == PROMPT_RESOURCE
    assert resources(told) == {PROMPT_RESOURCE: secret.encode()}
    assert secret not in json.dumps(definition(told))


def test_the_model_is_disclosed(claim: Claim, make_claim: Make) -> None:
    assert assertion(claim, "c2pa.ai-disclosure") == {
        "modelType": "c2pa.types.model.pytorch",
        "modelName": "dreams",
        "modelIdentifier": "sha256:" + "ab" * 32,
        "contentProfile": {"humanOversightLevel": "prompt_guided"},
    }
    anonymous = make_claim(model=None, human_oversight=None)
    assert assertion(anonymous, "c2pa.ai-disclosure") == {"modelType": "c2pa.types.model"}
    camera = make_claim(model=None, source_type=DigitalSourceType.DIGITAL_CAPTURE)
    assert assertion(camera, "c2pa.ai-disclosure") is None


def test_times_are_told_in_utc(make_claim: Make) -> None:
    tokyo = datetime(2026, 1, 1, 8, 30, tzinfo=timezone(timedelta(hours=9)))
    assert actions(make_claim(created=tokyo))[0]["when"] == "2025-12-31T23:30:00Z"


def test_no_source_type_is_both_camera_and_model() -> None:
    assert not [kind for kind in DigitalSourceType if kind.is_capture and kind.is_generative]
    assert DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA.is_generative
    assert DigitalSourceType.COMPUTATIONAL_CAPTURE.is_capture


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 1025},
        {"title": "\ud800"},
        {"created": datetime(2026, 1, 1)},
        {"software_agent": SoftwareAgent("x" * 2000, "1")},
        {"model": ModelIdentity("m", "x" * 2000)},
    ],
)
def test_what_no_manifest_can_say_is_refused(make_claim: Make, wrong: dict[str, Any]) -> None:
    with pytest.raises(ClaimError):
        make_claim(**wrong)


def test_digests_and_spans_are_checked() -> None:
    for digest in ("", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"):
        with pytest.raises(ClaimError):
            PromptRecord(digest)
    for start, end in ((-1.0, 1.0), (2.0, 1.0), (0.0, float("inf")), (float("nan"), 1.0)):
        with pytest.raises(ClaimError):
            SoftBinding("a", b"", start, end)
