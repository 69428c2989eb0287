"""The JSON that is promised to scripts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from touchmark.detectors.serialise import UnreadableReport, VerificationReport, schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "verify.schema.json"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(published)
    return Draft202012Validator(published)


def test_the_published_schema_is_in_step_with_the_code() -> None:
    command = "python -m touchmark.detectors.serialise > docs/schemas/verify.schema.json"
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == schema(), f"run: {command}"


def test_real_reports_follow_the_schema(studio, sealed, stripped, plain, validator) -> None:
    for path in (sealed, stripped, plain):
        report = VerificationReport.of(studio.verify(path))
        document = json.loads(report.line())
        validator.validate(document)
        assert document["schema_version"] == 1
        assert document["file"] == str(path)
        assert VerificationReport.model_validate_json(report.line()) == report


def test_the_report_says_what_was_found(studio, sealed, registration) -> None:
    document = json.loads(VerificationReport.of(studio.verify(sealed)).line())
    verdict, evidence = document["verdict"], document["evidence"]
    assert (verdict["outcome"], document["accepted"], verdict["development_keys"]) == ("generated", True, True)
    assert verdict["origin"]["payload"] == evidence["watermarks"][0]["payload"] == str(registration.payload)
    assert evidence["registration_by_watermark"] == evidence["registration_by_manifest"]
    assert evidence["manifest"]["label"] == registration.manifest_label
    assert evidence["container"]["sha256"] == registration.file_sha256


def test_the_schema_refuses_what_is_no_report(validator) -> None:
    for document in (
        {},
        {"schema_version": 1, "file": "x"},
        {"schema_version": 2, "file": "x", "error": "e", "problem": "p"},
    ):
        assert not validator.is_valid(document)


def test_an_unreadable_file_follows_the_schema(validator) -> None:
    report = UnreadableReport(schema_version=1, file="a\udcff.mp4", error="media.truncated", problem="cut short")
    validator.validate(json.loads(report.line()))


def test_odd_names_and_hostile_text_serialise(studio, plain) -> None:
    verification = studio.verify(plain)
    info = replace(verification.evidence.container.info, labels={"title": "\ud800\x1b[31m\x9b\u202e"})
    container = replace(verification.evidence.container, info=info)
    odd = replace(verification, path=Path("a\udcff.mp4"), evidence=replace(verification.evidence, container=container))
    document = json.loads(VerificationReport.of(odd).line())
    assert document["file"] == "a\\udcff.mp4"
    assert VerificationReport.of(odd).line().isascii()
    assert VerificationReport.of(odd).line().isprintable()
