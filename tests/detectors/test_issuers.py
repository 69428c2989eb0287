"""Authorities between a signer and an anchor that may not vouch for one who signs claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from tests.detectors.cameras import taken
from tests.detectors.jumbf import box, superbox
from tests.forms import FORMS
from tests.provenance.keys.certificates import EMAIL, Authority, p256, private_pem, usage
from touchmark.detectors.sources import Sources
from touchmark.detectors.verdict import Outcome
from touchmark.detectors.verify import Verification, Verifier
from touchmark.provenance.manifest.issuers import fit_issuers
from touchmark.provenance.manifest.kept import KeptStore
from touchmark.provenance.manifest.purpose import signer_chains
from touchmark.provenance.manifest.report import ValidationState
from touchmark.provenance.signing import PemSigner

ROOT = Authority("a company")
OTHERS = x509.ObjectIdentifier("1.2.840.113583.1.1.7")  # of a maker's own, as its authority has it
MAIL_ALONE = x509.ExtendedKeyUsage([EMAIL]).public_bytes()
NAME = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "NZ"), x509.NameAttribute(NameOID.COMMON_NAME, "camera")])


def _tree(country: str) -> list[x509.GeneralName]:
    return [x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, country)]))]


def _names(permitted: list[x509.GeneralName] | None, excluded: list[x509.GeneralName] | None) -> dict[str, Any]:
    constraints = x509.NameConstraints(permitted, excluded)
    return {"extra": x509.UnrecognizedExtension(ExtensionOID.NAME_CONSTRAINTS, constraints.public_bytes())}


def _verified(folder: Path, *, anchors: bytes = b"", key: Any = None, **how: Any) -> Verification:
    """Of a camera's picture, by an intermediate authority that is issued so; it is an anchor too if ``anchors``."""
    between, camera = Authority("a department", key or p256()), p256()
    issued = {"ca": True, "key_usage": usage("key_cert_sign"), "ekus": None, "ski": True} | how
    above = ROOT.issue(key=between.key, subject=between.subject, **issued)
    signer = PemSigner.from_pem(between.issue(key=camera, subject=NAME, ekus=[EMAIL]) + above, private_pem(camera))
    note = {"label": "org.example.note", "data": {"said": "something"}}
    path = taken(FORMS["p.png"][1](folder / "plain.png"), folder / "taken.png", signer, note)
    return Verifier(Sources(anchors=ROOT.pem + (above if anchors else b""))).verify(path)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"ekus": [EMAIL]},
        {"ekus": [OTHERS]},
        {"ekus": [ExtendedKeyUsageOID.CLIENT_AUTH, EMAIL]},
        _names(_tree("NZ"), _tree("AU")),
        _names(_tree("AU") + _tree("NZ"), None),
        _names(None, _tree("AU")),
        _names([x509.DNSName("example.org")], None),
        {"extra": x509.UnrecognizedExtension(ExtensionOID.EXTENDED_KEY_USAGE, MAIL_ALONE)},
        {"ekus": [ExtendedKeyUsageOID.TIME_STAMPING], "anchors": b"itself"},
    ],
    ids=[
        "any",
        "signs mail",
        "of a maker's own",
        "two",
        "its names",
        "one of two",
        "no other name",
        "hosts",
        "critical",
        "an anchor",
    ],
)
def test_an_authority_vouches_for_whom_it_may(tmp_path, how) -> None:
    assert _verified(tmp_path, **how).verdict.outcome is Outcome.CAPTURED


@pytest.mark.parametrize(
    "how",
    [
        {"ekus": [ExtendedKeyUsageOID.TIME_STAMPING]},
        {"ekus": [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]},
        {"ekus": [ExtendedKeyUsageOID.CODE_SIGNING]},
        {"ekus": [ExtendedKeyUsageOID.OCSP_SIGNING]},
        _names(_tree("AU"), None),
        _names(None, _tree("NZ")),
        {"extra": x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\0")},
        {"key": rsa.generate_private_key(65537, 1024)},
    ],
    ids=[
        "stamps time",
        "servers",
        "signs code",
        "tells what is revoked",
        "other names",
        "not this name",
        "critical",
        "a short key",
    ],
)
def test_an_authority_vouches_for_nobody_else(tmp_path, how) -> None:
    """A library says Trusted."""
    verification = _verified(tmp_path, **how)
    report = verification.evidence.manifest
    assert '"validation_state": "Trusted"' in report.raw_json, "the attack works against a library"
    assert report.state is ValidationState.VALID and not report.signer_trusted
    assert verification.verdict.outcome is Outcome.UNKNOWN
    assert "does not trust" in verification.verdict.headline


def _signed_by(label: str, *chain: bytes) -> bytes:
    """A manifest whose signature has these certificates beside it."""
    header = cbor2.dumps({33: list(chain)})
    return superbox(b"c2ma", label, superbox(b"c2cs", "c2pa.signature", box(b"cbor", cbor2.dumps([header, {}, None]))))


def test_a_chain_that_cannot_be_told_vouches_for_nobody_and_one_of_another_manifest_changes_nothing() -> None:
    signer = x509.load_pem_x509_certificate(ROOT.issue(key=p256())).public_bytes(Encoding.DER)
    torn = superbox(b"c2ma", "a", superbox(b"c2cs", "c2pa.signature", box(b"cbor", b"\x84\x58")))
    for manifest, vouched in (
        (_signed_by("a", signer), True),
        (_signed_by("a", signer, signer, b"no certificate"), False),
        (_signed_by("a", *[signer] * 200), False),  # longer than any honest one
        (torn, False),
        (
            superbox(b"c2ma", "a", superbox(b"c2cs", "c2pa.signature", box(b"cbor", cbor2.dumps([b"", {}, None])))),
            False,
        ),
    ):
        for label in ("a", "b"):
            kept = KeptStore.of(superbox(b"c2pa", "c2pa", manifest, _signed_by("b", signer)))
            assert fit_issuers(signer_chains([kept], label), ROOT.pem) is (vouched or label == "b")
