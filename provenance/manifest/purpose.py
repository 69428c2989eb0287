"""The certificate that signed a manifest, and whether it is one for signing claims.

    chains = signer_chains(kept.stores, label)
    signs_claims(signing_certificate(chains))

A C2PA library takes certificates for time stamps and for answers about revocation too, since it judges those by the
same rules (C2PA 2.4, 14.5.1), and those whose key is for no signatures. An authority that issues several kinds vouches
for none doing another's work. Nor does the library say which certificate it took: here it is looked up, and where a
second one lies beside it, or the name of the first is written as few write it, readers may take either.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cryptography import x509

from touchmark.provenance.keys.profile import SIGNER_EKUS
from touchmark.provenance.manifest.cose import Chain, chains_of
from touchmark.provenance.manifest.jumbf import SIGNATURE
from touchmark.provenance.manifest.kept import KeptStore


def signer_chains(kept: Sequence[KeptStore], label: str) -> tuple[Chain, ...]:
    """The chains of certificates beside each signature of the manifest ``label``; none where they cannot be told, or
    beside one of them there is none."""
    manifests = (box for one in kept for box in one.manifests if box.label == label.encode())
    try:
        beside = [chains_of(part) for manifest in manifests for part in manifest.inner if part.type == SIGNATURE]
    except ValueError:
        return ()
    return tuple(chain for chains in beside for chain in chains) if all(beside) else ()


def signing_certificate(chains: Sequence[Chain]) -> bytes:
    """That of the signer, DER; empty where there is none, or where it is not to be told which it is."""
    found = {chain[0] for chain in chains}
    return found.pop() if len(found) == 1 else b""


def signs_claims(certificate: bytes) -> bool:
    """False also where it cannot be read, or is empty."""
    try:
        return _is_for_claims(certificate)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False


@lru_cache(maxsize=256)
def _is_for_claims(certificate: bytes) -> bool:
    """Kept for those met of late: a few signers sign most of what a platform is given."""
    extensions = x509.load_der_x509_certificate(certificate).extensions
    usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    signs = extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    return signs and any(usage.dotted_string in SIGNER_EKUS for usage in usages)
