"""Sign with a key in Google Cloud KMS, through google-cloud-kms (``touchmark[gcp]``). A digest goes there.

    callback = kms_callback(KeyManagementServiceClient(), "projects/.../cryptoKeyVersions/1", SigningAlgorithm.ES256)

It asks for ``cloudkms.cryptoKeyVersions.useToSign`` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions
from google.cloud import kms

from touchmark.provenance.signing.algorithm import SigningAlgorithm, digest_of, hash_of
from touchmark.provenance.signing.errors import (
    KeyMismatchError,
    KeyNotFoundError,
    SignerAnswerError,
    SignerRefusedError,
    SignerUnreachableError,
)

_PATIENCE = 15.0
_CURVES = (SigningAlgorithm.ES256, SigningAlgorithm.ES384)
_RSA = (SigningAlgorithm.PS256, SigningAlgorithm.PS384, SigningAlgorithm.PS512)


def kms_client() -> Any:
    """A client with the credentials of this machine.

    Raises:
        SignerRefusedError: there are none.
    """
    try:
        return kms.KeyManagementServiceClient()
    except auth_exceptions.GoogleAuthError as error:
        raise SignerRefusedError(
            "there are no Google credentials", subject="gcpkms", remedy="Run: gcloud auth application-default login"
        ) from error


def kms_callback(client: Any, name: str, algorithm: SigningAlgorithm) -> Callable[[bytes], bytes]:
    """What :class:`CallbackSigner` takes: signs with a key version, named by its full resource name.

    Raises:
        KeyMismatchError: it does not sign with this algorithm.

    The callback raises:
        KeyNotFoundError: there is no such key version.
        SignerRefusedError: no permission, or the version is disabled or not for this algorithm.
        SignerUnreachableError: Google does not answer.
        SignerAnswerError: what answers talks nonsense.
    """
    if algorithm not in (*_CURVES, *_RSA):
        raise KeyMismatchError(
            f"Google Cloud KMS is not asked for {algorithm} signatures",
            subject=name,
            remedy="Use a P-256, P-384 or RSA-PSS key.",
        )
    field = hash_of(algorithm).name

    def sign(data: bytes) -> bytes:
        request = {"name": name, "digest": {field: digest_of(algorithm, data)}}
        try:
            return bytes(client.asymmetric_sign(request=request, timeout=_PATIENCE, retry=None).signature)
        except exceptions.NotFound as error:
            raise KeyNotFoundError(
                "Google Cloud KMS has no such key version", subject=name, remedy="Check the resource name."
            ) from error
        except exceptions.TooManyRequests as error:
            raise SignerUnreachableError(
                "Google Cloud KMS is asked more often than the quota allows",
                subject=name,
                remedy="Try again in a minute, or ask for a larger quota.",
            ) from error
        except (exceptions.ServerError, exceptions.RetryError, auth_exceptions.TransportError, OSError) as error:
            raise SignerUnreachableError(
                f"Google Cloud KMS does not answer ({type(error).__name__})", subject=name, remedy="Check the network."
            ) from error
        except (exceptions.GoogleAPIError, auth_exceptions.GoogleAuthError) as error:
            raise SignerRefusedError(
                f"Google Cloud KMS would not sign ({type(error).__name__})",
                subject=name,
                remedy="Check the role (cloudkms.signer), and that the version is enabled and of this algorithm.",
            ) from error
        except Exception as error:  # what its library makes of an answer that is none
            raise SignerAnswerError.of("Google Cloud KMS", error, name) from error

    return sign
