"""The library's JSON is an attacker's JSON: whatever it holds, the report is bounded and one error is raised."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.provenance.keys.ring import KeyRing
from touchmark.provenance.manifest.claim import Claim, DigitalSourceType
from touchmark.provenance.manifest.ingredients import MAX_DEPTH
from touchmark.provenance.manifest.parse import UnreadableStoreError, parse_store
from touchmark.provenance.manifest.read import read_manifest
from touchmark.provenance.manifest.report import ManifestReport, ValidationState
from touchmark.provenance.manifest.status import Concern, StatusCode
from touchmark.provenance.manifest.untrusted import MAX_ITEMS, MAX_TEXT
from touchmark.provenance.manifest.write import sign_file

HASH_MISMATCH = {"code": "assertion.bmffHash.mismatch", "url": "self#jumbf=x", "explanation": "no match"}
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
UNTRUSTED = {"code": "signingCredential.untrusted"}


@pytest.fixture(scope="session")
def genuine(tmp_path_factory: pytest.TempPathFactory, film: Path, ring: KeyRing) -> dict[str, Any]:
    from datetime import UTC, datetime

    from touchmark.provenance.manifest.claim import PromptRecord, SoftBinding, SoftwareAgent

    claim = Claim(
        "t",
        "video/mp4",
        DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA,
        SoftwareAgent("a", "1"),
        datetime.now(UTC),
        prompt=PromptRecord("ab" * 32),
        soft_bindings=(SoftBinding("io.example.1", b"12345678", 0, 1),),
    )
    path = tmp_path_factory.mktemp("genuine") / "signed.mp4"
    sign_file(film, path, claim, ring.signer(), ring.trust_anchors)
    store: dict[str, Any] = json.loads(read_manifest(path, ring.trust_anchors).raw_json)
    return store


def active(store: dict[str, Any]) -> dict[str, Any]:
    manifest: dict[str, Any] = store["manifests"][store["active_manifest"]]
    return manifest


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for item in value for text in texts(item)]
    if is_dataclass(value):
        return [t for f in fields(value) if f.name != "raw_json" for t in texts(getattr(value, f.name))]
    return []


def parse(store: object) -> ManifestReport:
    return parse_store(json.dumps(store))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("c2pa.created"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["label", "code", "data", "x"]), inner),
    max_leaves=5,
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_is_survived(genuine: dict[str, Any], data: st.DataObject) -> None:
    store = copy.deepcopy(genuine)
    for _ in range(data.draw(st.integers(1, 3))):
        node: Any = store
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = data.draw(st.sampled_from(keys))
            deeper = isinstance(node[key], dict | list) and node[key]
            if not deeper or data.draw(st.integers(0, 4)) == 0:
                node[key] = data.draw(values)
                break
            node = node[key]
    try:
        report = parse(store)
    except UnreadableStoreError:
        return
    assert all(len(text) <= MAX_TEXT for text in texts(report))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        '{"active_manifest": "x"}',
        '{"active_manifest": "x", "manifests": []}',
        '{"active_manifest": ["x"], "manifests": {"x": {}}}',
        '{"active_manifest": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_no_store_is_unreadable(raw: str) -> None:
    with pytest.raises(UnreadableStoreError):
        parse_store(raw)


def test_a_store_that_says_nothing_is_not_trusted() -> None:
    report = parse({"active_manifest": "x", "manifests": {"x": {}}})
    assert report.state is ValidationState.INVALID
    assert report.hard_binding_matches is None
    assert not report.signature_valid
    assert not report.is_sound


def test_a_state_that_its_failures_contradict_is_the_worse_of_the_two(genuine: dict[str, Any]) -> None:
    store = copy.deepcopy(genuine)
    failures = store["validation_results"]["activeManifest"]["failure"]
    assert store["validation_state"] == "Trusted"
    failures.append(UNTRUSTED)
    assert parse(store).state is ValidationState.VALID
    failures.append(HASH_MISMATCH)
    assert parse(store).state is ValidationState.INVALID
    assert parse(store).hard_binding_matches is False


@pytest.mark.parametrize(
    ("code", "concern"),
    [
        ("signingCredential.expired", Concern.TIME),
        ("assertion.action.malformed", Concern.FORM),
        ("claimSignature.mismatch", Concern.SIGNATURE),
    ],
)
def test_what_is_wrong_beneath_is_told_of_what_is_beneath(genuine: dict[str, Any], code: str, concern: Concern) -> None:
    """The library calls the whole invalid where a certificate expired since it was taken in, which claims of before 2.0
    say nothing of: a trusted signer's honest edit was called tampered."""
    store = copy.deepcopy(genuine)
    label, results = store["active_manifest"], store["validation_results"]
    ingredient = active(store)["ingredients"][0]
    address = f"self#jumbf=/c2pa/{label}/c2pa.assertions/{ingredient['label']}"
    store["validation_state"] = "Invalid"
    assert parse(store).state is ValidationState.INVALID  # for no reason that is given
    failure = [UNTRUSTED, {"code": code}]
    results["ingredientDeltas"] = [{"ingredientAssertionURI": address, "validationDeltas": {"failure": failure}}]
    report = parse(store)
    assert report.state is ValidationState.TRUSTED
    assert concern in {fault.concern for fault in report.ingredient_faults}
    assert report.is_sound is (concern is Concern.TIME)
    own = results["activeManifest"]
    without = [one for one in own["success"] if one["code"] != "claimSignature.validated"]
    assert parse({**store, "validation_results": {**results, "activeManifest": {**own, "success": without}}}).state is (
        ValidationState.INVALID
    )
    own["failure"].append(UNTRUSTED)
    assert parse(store).state is ValidationState.VALID
    own["failure"].append(HASH_MISMATCH)
    assert parse(store).state is ValidationState.INVALID
    del own["failure"][:]
    results["ingredientDeltas"][0]["ingredientAssertionURI"] = "self#jumbf=/c2pa/nowhere"
    assert parse(store).state is ValidationState.INVALID


def test_an_identity_that_is_not_proven_is_no_change_of_the_content_and_nothing_to_rely_on(
    genuine: dict[str, Any],
) -> None:
    """CAWG identity, as Adobe's files carry it: its authority is asked over a network, which we do not open."""
    store = copy.deepcopy(genuine)
    store["validation_state"] = "Invalid"
    failures = store["validation_results"]["activeManifest"]["failure"]
    failures.append({"code": "cawg.ica.did_unavailable"})
    report = parse(store)
    assert report.signature_valid
    assert report.hard_binding_matches
    assert report.is_intact_but_for_identity
    assert not report.is_sound
    failures.append(HASH_MISMATCH)
    assert not parse(store).is_intact_but_for_identity
    assert parse(store).is_of_other_content


@pytest.mark.parametrize("code", ["signingCredential.trusted", "claimSignature.validated", "timeStamp.trusted"])
def test_what_holds_of_another_signature_does_not_hold_of_this_one(genuine: dict[str, Any], code: str) -> None:
    """A library lists identities and stamps of other manifests with the active one."""

    def told(url: str) -> ManifestReport:
        store = copy.deepcopy(genuine)
        found = store["validation_results"]["activeManifest"]["success"]
        found[:] = [one for one in found if one["code"] != code] + [{"code": code, "url": url}]
        return parse(store)

    def holds(report: ManifestReport) -> bool:
        of = {"signing": report.signer_trusted, "claim": report.signature_valid, "time": report.time_stamped}
        return next(value for name, value in of.items() if code.startswith(name))

    own = f"self#jumbf=/c2pa/{genuine['active_manifest']}/"
    assert holds(told(own + "c2pa.signature"))
    for url in (own + "c2pa.assertions/cawg.identity", "self#jumbf=/c2pa/urn:c2pa:0/c2pa.signature", ""):
        assert not holds(told(url))


def test_old_claims_list_successes_and_failures_together(genuine: dict[str, Any]) -> None:
    store = copy.deepcopy(genuine)
    active(store)["ingredients"] = [
        {
            "title": "old",
            "validation_status": [{"code": "assertion.dataHash.match"}, {"code": "assertion.dataHash.mismatch"}],
        },
    ]
    (ingredient,) = parse(store).ingredients
    assert [fault.code for fault in ingredient.faults] == ["assertion.dataHash.mismatch"]

    del store["validation_results"]
    store["validation_status"] = [UNTRUSTED, {"code": "claimSignature.validated"}]
    assert [failure.code for failure in parse(store).failures] == ["signingCredential.untrusted"]


def test_faults_beneath_that_were_found_when_it_was_taken_in_are_not_passed_over(genuine: dict[str, Any]) -> None:
    """What is broken two floors down may be written down one floor down, and nowhere else."""
    store = copy.deepcopy(genuine)
    beneath = {
        "ingredientAssertionURI": "self#jumbf=/c2pa/urn:c2pa:gone/c2pa.assertions/c2pa.ingredient.v3",
        "validationDeltas": {"failure": [{"code": "assertion.dataHash.mismatch"}], "success": [], "informational": []},
    }
    results = {"activeManifest": {"success": [], "failure": []}, "ingredientDeltas": [beneath]}
    active(store)["ingredients"] = [{"title": "edited", "relationship": "parentOf", "validation_results": results}]
    report = parse(store)
    assert [fault.code for fault in report.laundered_faults] == ["assertion.dataHash.mismatch"]
    assert not report.is_sound


def test_faults_found_now_are_laid_on_the_ingredient_they_concern(genuine: dict[str, Any]) -> None:
    store = copy.deepcopy(genuine)
    ingredient = active(store)["ingredients"][0]
    address = f"self#jumbf=/c2pa/{store['active_manifest']}/c2pa.assertions/{ingredient['label']}"
    delta = {
        "ingredientAssertionURI": address,
        "validationDeltas": {"failure": [{"code": "ingredient.manifest.mismatch"}]},
    }
    store["validation_results"]["ingredientDeltas"] = [delta]
    report = parse(store)
    assert [fault.code for fault in report.ingredients[0].faults] == ["ingredient.manifest.mismatch"]
    assert not report.is_sound

    delta["ingredientAssertionURI"] = "self#jumbf=/c2pa/nobody/c2pa.assertions/knows"
    assert not parse(store).is_sound, "a fault that fits no ingredient is still a fault"


def test_ingredients_that_contain_each_other_end(genuine: dict[str, Any]) -> None:
    store = copy.deepcopy(genuine)
    label = store["active_manifest"]
    store["manifests"]["b"] = {"ingredients": [{"active_manifest": label, "relationship": "parentOf"}]}
    active(store)["ingredients"] = [{"active_manifest": "b", "relationship": "parentOf"}]
    active(store)["assertions"] = []
    report = parse(store)
    assert [(i.label, i.depth) for i in report.ingredients] == [("b", 1), (label, 2)]
    assert report.source_type is None


def test_a_tree_too_large_or_too_deep_is_cut_and_not_sound(genuine: dict[str, Any]) -> None:
    wide = copy.deepcopy(genuine)
    active(wide)["ingredients"] = [{"title": str(i)} for i in range(MAX_ITEMS + 5)]
    report = parse(wide)
    assert len(report.ingredients) == MAX_ITEMS
    assert report.truncated
    assert not report.is_sound

    deep = copy.deepcopy(genuine)
    active(deep)["ingredients"] = [{"active_manifest": "m0"}]
    for i in range(MAX_DEPTH + 5):
        deep["manifests"][f"m{i}"] = {"ingredients": [{"active_manifest": f"m{i + 1}"}]}
    report = parse(deep)
    assert max(ingredient.depth for ingredient in report.ingredients) == MAX_DEPTH
    assert report.truncated


def test_payloads_are_read_from_text_and_from_byte_strings(genuine: dict[str, Any]) -> None:
    def payload(value: object) -> bytes:
        store = copy.deepcopy(genuine)
        (binding,) = (a for a in active(store)["assertions"] if a["label"] == "c2pa.soft-binding")
        binding["data"]["blocks"][0]["value"] = value
        return parse(store).soft_bindings[0].payload

    assert payload("AQID") == b"\1\2\3"
    assert payload([1, 2, 255]) == b"\1\2\xff"
    for nonsense in ("not base64!", [1, 256], [True, 1], [-1], {"x": 1}, None, 7, "A" * 100_000):
        assert payload(nonsense) == b""


@pytest.mark.parametrize(("label", "is_one"), [("", True), ("__2", True), ("s", False)])
def test_what_went_in_names_its_own_soft_bindings(genuine: dict[str, Any], label: str, is_one: bool) -> None:
    assertion = {"label": f"c2pa.soft-binding{label}", "data": {"alg": "mark", "blocks": [{"value": "AQID"}]}}
    store = copy.deepcopy(genuine)
    store["manifests"]["part"] = {"assertions": [assertion]}
    active(store)["ingredients"] = [{"active_manifest": "part"}, {"active_manifest": "none"}]
    part, without = parse(store).ingredients
    assert [(one.algorithm, one.payload) for one in part.soft_bindings] == [("mark", b"\1\2\3")] * is_one
    assert not without.soft_bindings


@pytest.mark.parametrize(
    ("code", "concern"),
    [
        ("assertion.bmffHash.mismatch", Concern.CONTENT),
        ("assertion.dataHash.mismatch", Concern.CONTENT),
        ("assertion.boxesHash.mismatch", Concern.CONTENT),
        ("assertion.bmffHash.malformed", Concern.CLAIM),
        ("assertion.hashedURI.mismatch", Concern.CLAIM),
        ("claim.hardBindings.missing", Concern.CLAIM),
        ("assertion.undeclared", Concern.CLAIM),
        ("assertion.action.malformed", Concern.FORM),
        ("assertion.action.redacted", Concern.CLAIM),
        ("claim.malformed", Concern.FORM),
        ("claimSignature.mismatch", Concern.SIGNATURE),
        ("claimSignature.missing", Concern.SIGNATURE),
        ("claimSignature.outsideValidity", Concern.TIME),
        ("signingCredential.untrusted", Concern.TRUST),
        ("signingCredential.expired", Concern.TIME),
        ("signingCredential.invalid", Concern.CREDENTIAL),
        ("signingCredential.ocsp.unknown", Concern.TRUST),
        ("signingCredential.ocsp.revoked", Concern.CREDENTIAL),
        ("timeStamp.mismatch", Concern.TIME),
        ("timeStamp.untrusted", Concern.TRUST),
        ("cawg.ica.did_unavailable", Concern.IDENTITY),
        ("cawg.identity.something.new", Concern.IDENTITY),
        ("", Concern.CLAIM),
        ("something.new", Concern.CLAIM),
    ],
)
def test_every_code_concerns_something(code: str, concern: Concern) -> None:
    assert StatusCode(code).concern is concern


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"Iptc4xmpExt:DigitalSourceType": f"{IPTC}trainedAlgorithmicMedia"}, True),
        ({"Iptc4xmpExt:DigitalSourceType": "trainedAlgorithmicMedia"}, True),
        ({"a": [{"b": ["https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"]}]}, True),
        ({"dc:description": "trainedAlgorithmicMedia"}, False),
        ({"Iptc4xmpExt:DigitalSourceType": "of no kind"}, False),
        ({"a": f"about {IPTC}trainedAlgorithmicMedia, and more"}, False),
        ({"a": {"b": [None, 1, True]}}, False),
        ([[[f"{IPTC}trainedAlgorithmicMedia"]]], True),
        (None, False),
    ],
)
def test_source_types_are_read_wherever_a_manifest_names_them(
    genuine: dict[str, Any], data: object, found: bool
) -> None:
    store = copy.deepcopy(genuine)
    active(store)["assertions"] = [{"label": "c2pa.metadata", "data": data}]
    assert (DigitalSourceType.TRAINED_ALGORITHMIC_MEDIA in parse(store).other_source_types) is found


def test_times_are_read_with_a_zone_or_not_at_all(genuine: dict[str, Any]) -> None:
    def signed_at(value: object) -> object:
        store = copy.deepcopy(genuine)
        active(store)["signature_info"]["time"] = value
        return parse(store).signed_at

    assert str(signed_at("2026-11-22T09:00:00+02:00")) == "2026-11-22 07:00:00+00:00"
    assert str(signed_at("2026-11-22T07:00:00")) == "2026-11-22 07:00:00+00:00"
    for nonsense in ("yesterday", "0001-01-01T00:00:00+23:59", 7, None, "2026" * 50):
        assert signed_at(nonsense) is None


def test_what_a_library_remarks_upon_is_found_among_any_number_of_remarks(genuine: dict[str, Any]) -> None:
    """It has one for each ingredient without a manifest, and tells in one that a signer left out more of the hash."""
    store = copy.deepcopy(genuine)
    results = store["validation_results"]["activeManifest"]
    results["success"].append({"code": "assertion.dataHash.match"})
    remarks = results["informational"] = [{"code": "ingredient.unknownProvenance"}] * 300
    assert not parse_store(json.dumps(store), ()).left_out
    remarks.append({"code": "assertion.dataHash.additionalExclusionsPresent"})
    assert parse_store(json.dumps(store), ()).left_out


def test_a_stamp_by_a_certificate_for_something_else_proves_no_time(genuine: dict[str, Any]) -> None:
    """Who has one for e-mail, of an authority that is believed for time stamps: a library trusts it, and complains."""
    store = copy.deepcopy(genuine)
    results = store["validation_results"]["activeManifest"]
    url = f"self#jumbf=/c2pa/{store['active_manifest']}/c2pa.signature"
    results["success"].append({"code": "timeStamp.trusted", "url": url})
    assert parse(store).time_stamped
    results["failure"].append({"code": "signingCredential.invalid", "url": url})
    assert not parse(store).time_stamped
