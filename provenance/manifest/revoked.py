"""Signers whose certificate was revoked, by the answers of their own authority beside the signature.

    revoked_signers(kept.stores, anchors)      # {label: since when}

Who signs may put answers about revocation beside the signature (C2PA 2.4, 14.5.2 and 14.6), and who signs later may say
so of those before. A C2PA library looks at the first answer, and only where the certificate of whoever gave it comes
with it, made for that alone: an authority that answers by itself is not heard (RFC 6960, 4.2.2.2 allows both). Only
that a certificate was revoked counts here: that it was not, anybody can say by leaving the answer out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from touchmark.provenance.certificates import anchors_in, issued
from touchmark.provenance.manifest import cbor
from touchmark.provenance.manifest.cose import chains_of, sign1_of, unprotected_header
from touchmark.provenance.manifest.jumbf import ASSERTIONS, SIGNATURE, Box
from touchmark.provenance.manifest.kept import KeptStore

_HEADER, _ASSERTION, _ANSWERS = b"rVals", b"c2pa.certificate-status", b"ocspVals"
_STAMP: Final = b"sigTst"
_MOST: Final = 8
"""Answers about one signer, and certificates with each: a signer has one of an authority's, in a chain of three."""
Place = tuple[bytes, int]
"""Of an answer: the CBOR, and where in it."""


def revoked_signers(kept: Sequence[KeptStore], anchors: bytes) -> dict[str, datetime]:
    """By label, the manifests whose signer's certificate was revoked, and since when; ``anchors`` are PEM."""
    manifests = [box for one in kept for box in one.manifests]
    later = [place for manifest in manifests for place in _in_assertions(manifest)]
    found: dict[str, datetime] = {}
    for manifest in manifests:
        for signature in (part for part in manifest.inner if part.type == SIGNATURE):
            # What was said later is of no account where a stamp may show that it was signed before.
            said = [] if _STAMP in signature.data else later[:_MOST]
            places = [*said, *islice(_beside(signature), _MOST)]
            since = _revoked(signature, places, anchors) if places else None
            if since is not None:
                found[manifest.label.decode(errors="replace")] = since
    return found


def _revoked(signature: Box, places: Sequence[Place], anchors: bytes) -> datetime | None:
    try:
        (signer, *chain), *_ = (
            [x509.load_der_x509_certificate(one) for one in given[:_MOST]] for given in chains_of(signature)
        )
        for answer in _answers(places):
            beside = (*chain, *answer.certificates[:_MOST])
            for issuer in (one for one in (*beside, *anchors_in(anchors)) if issued(one, signer)):
                since = _since(answer, signer, issuer)
                if since is not None and any(_gave(one, answer) for one in _who_may(issuer, beside)):
                    return since
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        pass
    return None


def _beside(signature: Box) -> Iterator[Place]:
    """Where answers are in the header of a signature."""
    if _HEADER not in signature.data:
        return
    sign1 = sign1_of(signature)
    with suppress(ValueError):
        named = cbor.values(sign1, unprotected_header(sign1), (_HEADER,))
        yield from (place for at in named for place in _listed(sign1, at))


def _in_assertions(manifest: Box) -> Iterator[Place]:
    """Where they are in assertions, which later manifests have of those before (C2PA 2.4, 18.19)."""
    for box in (box for part in manifest.inner if part.type == ASSERTIONS for box in part.inner):
        if box.label.startswith(_ASSERTION) and box.inner:
            with suppress(ValueError):
                yield from _listed(box.inner[0].data, 0)


def _listed(data: bytes, at: int) -> Iterator[Place]:
    for answers in cbor.values(data, at, (_ANSWERS,)):
        yield from ((data, one) for one in cbor.members(data, answers)[:-1])


def _answers(places: Sequence[Place]) -> Iterator[ocsp.OCSPResponse]:
    """Those that say anything."""
    for data, at in places:
        _, length, start = cbor.head(data, at)
        try:
            answer = ocsp.load_der_ocsp_response(data[start : start + length])
        except ValueError:
            continue
        if answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
            yield answer


def _since(answer: ocsp.OCSPResponse, signer: x509.Certificate, issuer: x509.Certificate) -> datetime | None:
    """Since when a certificate is revoked, by an answer about it; None where it does not say so."""
    for single in answer.responses:
        digest = hashes.Hash(single.hash_algorithm)
        digest.update(issuer.subject.public_bytes())
        meant = (single.serial_number, single.issuer_name_hash) == (signer.serial_number, digest.finalize())
        if meant and single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
            return single.revocation_time_utc
    return None


def _who_may(issuer: x509.Certificate, beside: Sequence[x509.Certificate]) -> Iterator[x509.Certificate]:
    """Who may answer for certificates of an issuer: it, and those that it appointed."""
    yield issuer
    for one in beside:
        usages = [extension.value for extension in one.extensions if isinstance(extension.value, x509.ExtendedKeyUsage)]
        if any(ExtendedKeyUsageOID.OCSP_SIGNING in usage for usage in usages) and issued(issuer, one):
            yield one


def _gave(responder: x509.Certificate, answer: ocsp.OCSPResponse) -> bool:
    """Whether an answer is signed with the key of a certificate."""
    key, signed, digest = responder.public_key(), answer.tbs_response_bytes, answer.signature_hash_algorithm
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(answer.signature, signed)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(answer.signature, signed, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(answer.signature, signed, padding.PKCS1v15(), digest)
        else:
            return False
    except InvalidSignature:
        return False
    return True
