"""Whether the authorities between a signer and an anchor may vouch for one who signs claims.

    vouches = fit_issuers(signer_chains(kept.stores, label), anchors)

A C2PA library asks of an intermediate authority that it is one, when, and how many may follow it. What else its
certificate says it does not read: that it is for time stamps or servers alone, for other names alone (RFC 5280,
4.2.1.10 and 4.2.1.12), or something critical of which nobody knows what it means, and which therefore refuses it (4.2).
An authority that issues several kinds by several intermediates has those of one do no other's work. An anchor is
believed as it is: whoever put it on the list looked at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from touchmark.provenance.certificates import anchors_in
from touchmark.provenance.manifest.cose import Chain

_OTHER_WORK: Final = frozenset(
    {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.CODE_SIGNING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.TIME_STAMPING,
    }
)
"""What has nothing to do with signing claims. Some authorities write a purpose of their own, which may have."""
_READ: Final = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.NameConstraints)
_SHORTEST_RSA: Final = 2048
_LONGEST_CHAIN: Final = 64 << 10
"""Bytes of one, of which an honest chain has a tenth; some are kept."""


def fit_issuers(chains: Sequence[Chain], anchors: bytes) -> bool:
    """Of a signer whom a library trusts by ``anchors`` (PEM), by all chains beside the signature. False where there are
    none."""
    return bool(chains) and all(sum(map(len, chain)) <= _LONGEST_CHAIN and _vouch(chain, anchors) for chain in chains)


@lru_cache(maxsize=256)  # a few signers sign most of what a platform is given
def _vouch(chain: Chain, anchors: bytes) -> bool:
    try:
        signer, *issuers = (x509.load_der_x509_certificate(one) for one in chain)
        return all(_may_vouch(one, signer) for one in issuers if one not in anchors_in(anchors))
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False


def _may_vouch(issuer: x509.Certificate, signer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SHORTEST_RSA:
        return False
    for extension in issuer.extensions:
        says = extension.value
        if extension.critical and not isinstance(says, _READ):
            return False
        if isinstance(says, x509.ExtendedKeyUsage) and set(says) <= _OTHER_WORK:
            return False
        if isinstance(says, x509.NameConstraints) and not _allows(says, signer):
            return False
    return True


def _allows(constraints: x509.NameConstraints, signer: x509.Certificate) -> bool:
    """Whether a signer may be called what it is; other names than that of the subject are asked for nowhere."""

    def within(trees: Sequence[x509.GeneralName] | None) -> list[bool]:
        names = (tree.value for tree in trees or () if isinstance(tree, x509.DirectoryName))
        return [list(signer.subject.rdns[: len(name.rdns)]) == list(name.rdns) for name in names]

    permitted = within(constraints.permitted_subtrees)
    return (not permitted or any(permitted)) and not any(within(constraints.excluded_subtrees))
