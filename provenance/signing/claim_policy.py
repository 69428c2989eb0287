"""What a signing service signs: the claim of a C2PA manifest, under its own certificate. Nothing else. Pure.

    claim = require_claim(data, signer)
    claim.instance_id, claim.generator

A key that signs whatever it is sent signs contracts, code and other people's certificates too. The bytes that a C2PA
claim generator has signed are a COSE ``Sig_structure`` (RFC 9052, section 4.4) with the claim as its payload (C2PA 2.4,
section 13.2), so the service can see what it is asked for.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.serialization import Encoding

from touchmark.provenance.signing.errors import SigningError
from touchmark.provenance.signing.files import leaf_certificate
from touchmark.provenance.signing.signer import Signer

MAX_CLAIM: Final = 256 << 10
"""Bytes. A claim holds digests of assertions, not assertions: ours have about 1 kB."""

_COSE_ALGORITHMS: Final = {"es256": -7, "es384": -35, "es512": -36, "ps256": -37, "ps384": -38, "ps512": -39}
_EDDSA: Final = (-8, -19)  # EdDSA, and Ed25519 of RFC 9864
_ALGORITHM, _X5CHAIN = 1, 33
_CLAIM_FIELDS: Final = frozenset({"instanceID", "claim_generator_info", "signature", "created_assertions"})


class NotAClaimError(SigningError):
    """A signing service was asked to sign something that is not a C2PA claim under its certificate."""

    code = "signing.not_a_claim"
    exit_status = 1


@dataclass(frozen=True, slots=True)
class RequestedClaim:
    """What is about to be signed, for the record. The text is the client's own.

    Attributes:
        instance_id: of the claim.
        generator: name in ``claim_generator_info``.
    """

    instance_id: str
    generator: str


def require_claim(data: bytes, signer: Signer) -> RequestedClaim:
    """The claim in ``data``.

    Raises:
        NotAClaimError: says in which way it is none.
    """
    if len(data) > MAX_CLAIM:
        raise _no_claim(f"more than {MAX_CLAIM} bytes")
    structure = _decoded(data)
    if not (isinstance(structure, list) and len(structure) == 4 and structure[0] == "Signature1"):
        raise _no_claim("not a COSE Sig_structure with the context Signature1")
    _, protected, external, payload = structure
    if not (isinstance(protected, bytes) and external == b"" and isinstance(payload, bytes)):
        raise _no_claim("not a COSE Sig_structure of byte strings without external data")
    _require_header(_decoded(protected), signer)
    claim = _decoded(payload)
    if not isinstance(claim, dict) or not claim.keys() >= _CLAIM_FIELDS:
        raise _no_claim("the payload is no C2PA claim (version 2)")
    generator = claim["claim_generator_info"]
    name = generator.get("name", "") if isinstance(generator, dict) else ""
    return RequestedClaim(str(claim["instanceID"])[:128], str(name)[:128])


def _require_header(header: Any, signer: Signer) -> None:
    if not isinstance(header, dict):
        raise _no_claim("the protected header is no map")
    allowed = (_COSE_ALGORITHMS.get(signer.algorithm.value),) if signer.algorithm.value != "ed25519" else _EDDSA
    if header.get(_ALGORITHM) not in allowed:
        raise _no_claim("the algorithm is not that of this service")
    if _leaf(header) != leaf_certificate(signer.certificate_chain, "signing certificate").public_bytes(Encoding.DER):
        raise _no_claim("the certificate is not that of this service")


def _leaf(header: Mapping[Any, Any]) -> Any:
    chain = header.get(_X5CHAIN, header.get("x5chain"))
    return chain[0] if isinstance(chain, list) and chain else chain


def _decoded(data: bytes) -> Any:
    stream = io.BytesIO(data)
    try:
        value = cbor2.load(stream)
    except Exception as error:  # whatever a stranger's bytes make the decoder raise
        raise _no_claim("not CBOR") from error
    if stream.tell() != len(data):
        raise _no_claim("something follows the CBOR")
    return value


def _no_claim(problem: str) -> NotAClaimError:
    return NotAClaimError(
        f"this service signs C2PA claims under its own certificate, and this is none: {problem}",
        subject="request",
        remedy="Ask through touchmark or another C2PA claim generator, with the chain that the service gives.",
    )
