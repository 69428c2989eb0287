"""The JSON that is promised to scripts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from touchmark.detectors.document import schema
from touchmark.detectors.serialise import line, report_of, report_of_unreadable
from touchmark.provenance.manifest.inputs import Use
from touchmark.provenance.manifest.uses import ReportedUse
from touchmark.provenance.media.errors import TruncatedError

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "verify.schema.json"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(published)
    return Draft202012Validator(published)


def test_the_published_schema_is_in_step_with_the_code() -> None:
    command = "python -m touchmark.detectors.document > docs/schemas/verify.schema.json"
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == schema(), f"run: {command}"


def test_real_reports_follow_the_schema(studio, sealed, stripped, plain, validator) -> None:
    for path in (sealed, stripped, plain):
        report = report_of(studio.verify(path))
        document = json.loads(line(report))
        validator.validate(document)
        assert document["schema_version"] == 1
        assert document["file"] == str(path)
        assert json.loads(line(report)) == report


def test_the_report_says_what_was_found(studio, sealed, registration) -> None:
    document = json.loads(line(report_of(studio.verify(sealed))))
    verdict, evidence = document["verdict"], document["evidence"]
    assert (verdict["outcome"], document["accepted"], verdict["development_keys"]) == ("generated", True, True)
    assert verdict["origin"]["payload"] == evidence["watermarks"][0]["payload"] == str(registration.payload)
    assert evidence["registration_by_watermark"] == evidence["registration_by_manifest"]
    assert evidence["manifest"]["label"] == registration.manifest_label
    assert evidence["container"]["sha256"] == registration.file_sha256


def test_what_is_said_of_training_is_told_to_scripts_too(studio, sealed, validator) -> None:
    verification = studio.verify(sealed)
    told = (ReportedUse("ai_training", Use.CONSTRAINED, "ask us\x1b[2J"), ReportedUse("\ud800", None))
    evidence = replace(verification.evidence, manifest=replace(verification.evidence.manifest, uses=told))
    written = line(report_of(replace(verification, evidence=evidence)))
    assert "\x1b" not in written
    document = json.loads(written)
    validator.validate(document)
    assert document["evidence"]["manifest"]["uses"] == [
        {"purpose": "ai_training", "use": "constrained", "constraint": "ask us\x1b[2J"},
        {"purpose": "\\ud800", "use": None, "constraint": ""},
    ]


def test_the_schema_refuses_what_is_no_report(validator) -> None:
    for document in (
        {},
        {"schema_version": 1, "file": "x"},
        {"schema_version": 2, "file": "x", "error": "e", "problem": "p"},
    ):
        assert not validator.is_valid(document)


def test_an_unreadable_file_follows_the_schema(validator) -> None:
    report = report_of_unreadable(Path("a\udcff.mp4"), TruncatedError("cut short", subject="", remedy=""))
    validator.validate(json.loads(line(report)))


def test_odd_names_and_hostile_text_serialise(studio, plain) -> None:
    verification = studio.verify(plain)
    info = replace(verification.evidence.container.info, labels={"title": "\ud800\x1b[31m\x9b\u202e"})
    container = replace(verification.evidence.container, info=info)
    odd = replace(verification, path=Path("a\udcff.mp4"), evidence=replace(verification.evidence, container=container))
    document = json.loads(line(report_of(odd)))
    assert document["file"] == "a\\udcff.mp4"
    assert line(report_of(odd)).isascii()
    assert line(report_of(odd)).isprintable()
