"""Each rule of the certificate profile is named when it is broken, and what passes, the C2PA library signs with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from touchmark.provenance.keys.profile import SIGNER_EKUS, CertificateRefusedError, check_certificate

from .certificates import EMAIL, NOW, Authority, p256, private_pem, usage

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)

ROOT = Authority()
RSA_ROOT = Authority(name="rsa root", key=RSA)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")

# rule -> (issuer, key, how it is issued, does the C2PA library refuse it too)
BROKEN: dict[str, tuple[Authority, Any, dict[str, Any], bool]] = {
    "expired": (ROOT, p256(), {"ends": NOW - timedelta(hours=1)}, True),
    "not-yet-valid": (ROOT, p256(), {"begins": NOW + timedelta(days=1)}, True),
    "ca-as-leaf": (ROOT, p256(), {"ca": True, "ski": True}, True),
    "self-signed": (ROOT, ROOT.key, {"subject": ROOT.subject}, False),
    "aki-missing": (ROOT, p256(), {"aki": False}, True),
    "key-usage-missing": (ROOT, p256(), {"key_usage": None}, True),
    "key-usage": (ROOT, p256(), {"key_usage": usage("key_encipherment")}, True),
    "key-usage-cert-sign": (ROOT, p256(), {"key_usage": usage("digital_signature", "key_cert_sign")}, True),
    "eku-missing": (ROOT, p256(), {"ekus": None}, True),
    "eku-any": (ROOT, p256(), {"ekus": [EMAIL, Eku.ANY_EXTENDED_KEY_USAGE]}, True),
    "eku-not-allowed": (ROOT, p256(), {"ekus": [Eku.CODE_SIGNING]}, True),
    "eku-mixed": (ROOT, p256(), {"ekus": [EMAIL, Eku.TIME_STAMPING]}, True),
    "critical-extension": (ROOT, p256(), {"extra": UNKNOWN}, True),
    "curve": (ROOT, ec.generate_private_key(ec.SECP256K1()), {}, True),
    "rsa-too-short": (ROOT, SHORT_RSA, {}, True),
    "key-type": (ROOT, ed448.Ed448PrivateKey.generate(), {}, True),
    "signature-algorithm": (RSA_ROOT, p256(), {"digest": hashes.SHA224()}, True),
    "pss-parameters": (
        RSA_ROOT,
        p256(),
        {"digest": hashes.SHA256(), "pss": padding.PSS(padding.MGF1(hashes.SHA512()), 32)},
        True,
    ),
}

GOOD: dict[str, tuple[Authority, Any, dict[str, Any], str]] = {
    "es256": (ROOT, p256(), {}, "es256"),
    "es384": (ROOT, ec.generate_private_key(ec.SECP384R1()), {}, "es384"),
    "es512": (ROOT, ec.generate_private_key(ec.SECP521R1()), {}, "es512"),
    "ps256": (ROOT, RSA, {}, "ps256"),
    "ed25519": (ROOT, ed25519.Ed25519PrivateKey.generate(), {}, "ed25519"),
    "rsa issuer": (RSA_ROOT, p256(), {"digest": hashes.SHA384()}, "es256"),
    "pss issuer": (RSA_ROOT, p256(), {"pss": padding.PSS(padding.MGF1(hashes.SHA256()), 32)}, "es256"),
    "no basic constraints": (ROOT, p256(), {"ca": None}, "es256"),
    "code signing besides": (ROOT, p256(), {"ekus": [EMAIL, Eku.CODE_SIGNING]}, "es256"),
    **{eku: (ROOT, p256(), {"ekus": [x509.ObjectIdentifier(eku)]}, "es256") for eku in SIGNER_EKUS},
}

Signs = Callable[[bytes, bytes, str], bool]


def rules(chain: bytes) -> set[str]:
    return {fault.rule for fault in check_certificate(chain, NOW)}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_named(rule: str, c2pa_signs: Signs) -> None:
    issuer, key, how, refused_by_c2pa = BROKEN[rule]
    chain = issuer.issue(key=key, **how)

    faults = check_certificate(chain, NOW)

    assert rule in {fault.rule for fault in faults}
    assert all(fault.explanation and fault.remedy for fault in faults)
    algorithm = {SHORT_RSA: "ps256"}.get(key, "es256")
    assert c2pa_signs(chain, private_pem(key), algorithm) is not refused_by_c2pa


@pytest.mark.parametrize("name", GOOD)
def test_what_passes_c2pa_signs_with(name: str, c2pa_signs: Signs) -> None:
    issuer, key, how, algorithm = GOOD[name]
    chain = issuer.issue(key=key, **how)

    assert check_certificate(chain, NOW) == ()
    assert check_certificate(chain + issuer.pem, NOW) == ()
    assert c2pa_signs(chain, private_pem(key), algorithm)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    ca=st.sampled_from([None, False, False, True]),
    flags=st.none() | st.sets(st.sampled_from(["digital_signature", "key_cert_sign", "key_encipherment"])),
    ekus=st.none()
    | st.lists(
        st.sampled_from([EMAIL, Eku.CODE_SIGNING, Eku.TIME_STAMPING, Eku.OCSP_SIGNING, Eku.ANY_EXTENDED_KEY_USAGE]),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    aki=st.booleans(),
    age=st.sampled_from([-40, -2, -2, 2]),
)
def test_no_combination_passes_that_c2pa_refuses(
    c2pa_signs: Signs,
    ca: bool | None,
    flags: set[str] | None,
    ekus: list[x509.ObjectIdentifier] | None,
    aki: bool,
    age: int,
) -> None:
    key = p256()
    begins = NOW + timedelta(days=age)
    chain = ROOT.issue(
        key=key,
        ca=ca,
        key_usage=None if flags is None else usage(*flags),
        ekus=ekus,
        aki=aki,
        begins=begins,
        ends=begins + timedelta(days=30),
    )
    if not check_certificate(chain, NOW):
        assert c2pa_signs(chain, private_pem(key), "es256")


def test_a_chain_in_the_wrong_order_is_named() -> None:
    leaf = ROOT.issue(key=p256())
    assert "order" in rules(ROOT.pem + leaf)


def test_an_issuer_that_did_not_issue_is_named() -> None:
    leaf = ROOT.issue(key=p256())
    namesake = Authority()  # same name, another key
    assert rules(leaf + namesake.pem) == {"chain-broken"}
    assert rules(leaf + RSA_ROOT.pem) == {"chain-broken"}


def test_an_issuer_that_may_not_issue_is_named() -> None:
    middle_key = p256()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "middle")])
    middle = Authority(name="middle", key=middle_key)
    chain = middle.issue(key=p256()) + ROOT.issue(key=middle_key, subject=name)
    assert "issuer-not-ca" in rules(chain)


def test_a_chain_through_an_intermediate_passes(c2pa_signs: Signs) -> None:
    middle_key, key = p256(), p256()
    middle = Authority(name="middle", key=middle_key)
    issued = ROOT.issue(
        key=middle_key, subject=middle.subject, ca=True, key_usage=usage("key_cert_sign"), ekus=None, ski=True
    )
    chain = middle.issue(key=key) + issued
    assert rules(chain) == set()
    assert rules(chain + ROOT.pem) == set()
    assert c2pa_signs(chain, private_pem(key), "es256")


def test_all_broken_rules_are_named_at_once() -> None:
    chain = ROOT.issue(key=p256(), aki=False, ekus=None, ends=NOW - timedelta(minutes=1))
    assert rules(chain) >= {"aki-missing", "eku-missing", "expired"}


@pytest.mark.parametrize(
    "junk", [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff" * 99]
)
def test_what_is_no_certificate_is_unreadable(junk: bytes) -> None:
    assert rules(junk) == {"unreadable"}


def test_the_refusal_names_rules_and_the_first_remedy() -> None:
    faults = check_certificate(ROOT.issue(key=p256(), aki=False, ekus=None), NOW)
    error = CertificateRefusedError(faults, subject="signing.pem")
    assert "aki-missing" in str(error)
    assert "eku-missing" in str(error)
    assert error.remedy == faults[0].remedy
    assert error.exit_status == 70
