"""Who signs: the seam between a manifest and the key that seals it.

    signer = PemSigner.load(Path("signing.pem"), Path("signing.key"))
    signer = CallbackSigner(SigningAlgorithm.ES256, chain_pem, kms_sign)     # the key never leaves its HSM or KMS
    signer = open_signer("pkcs11:token=studio;object=c2pa?module-path=...", chain_pem)       # of ``signing.address``

A signer holds a certificate chain and answers ``sign``. It knows nothing of manifests; whether a certificate is one
that C2PA accepts is asked in ``provenance.keys.profile``. ``pkcs11``, ``aws``, ``google``, ``azure`` and ``remote`` are
callbacks of one shape; ``address`` picks among them; ``service`` signs for others; ``authority`` asks authorities of
RFC 3161 for the time.
"""

from touchmark.provenance.signing.algorithm import SigningAlgorithm, algorithms_of
from touchmark.provenance.signing.errors import KeyMismatchError, KeyUnreadableError, SigningError
from touchmark.provenance.signing.files import leaf_certificate, read_key_file
from touchmark.provenance.signing.signer import CallbackSigner, PemSigner, Signer
from touchmark.provenance.signing.time_stamps import TimeStamping

__all__ = [
    "CallbackSigner",
    "KeyMismatchError",
    "KeyUnreadableError",
    "PemSigner",
    "Signer",
    "SigningAlgorithm",
    "SigningError",
    "TimeStamping",
    "algorithms_of",
    "leaf_certificate",
    "read_key_file",
]
