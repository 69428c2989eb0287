"""Sign with a key in Azure Key Vault or Managed HSM, through azure-keyvault-keys (``touchmark[azure]``).

    callback = vault_callback(CryptographyClient(key_id, credential), SigningAlgorithm.ES256)

It asks for ``keys/sign`` and nothing else. A digest goes there.
"""

from __future__ import annotations

from collections.abc import Callable
from json import JSONDecodeError
from typing import Any

from azure.core import exceptions
from azure.keyvault.keys.crypto import CryptographyClient, SignatureAlgorithm

from touchmark.provenance.signing.algorithm import SigningAlgorithm, digest_of
from touchmark.provenance.signing.errors import (
    KeyMismatchError,
    KeyNotFoundError,
    SignerAnswerError,
    SignerRefusedError,
    SignerUnreachableError,
    is_for_now,
)

_NAMES = {
    SigningAlgorithm.ES256: SignatureAlgorithm.es256,
    SigningAlgorithm.ES384: SignatureAlgorithm.es384,
    SigningAlgorithm.ES512: SignatureAlgorithm.es512,
    SigningAlgorithm.PS256: SignatureAlgorithm.ps256,
    SigningAlgorithm.PS384: SignatureAlgorithm.ps384,
    SigningAlgorithm.PS512: SignatureAlgorithm.ps512,
}


def vault_client(vault: str, key: str) -> CryptographyClient:
    """A client for ``key`` (``NAME`` or ``NAME/VERSION``) at host ``vault``, with the credentials of this machine."""
    from azure.identity import DefaultAzureCredential

    return CryptographyClient(
        f"https://{vault}/keys/{key}", DefaultAzureCredential(), connection_timeout=5, read_timeout=10, retry_total=1
    )


def vault_callback(client: Any, algorithm: SigningAlgorithm) -> Callable[[bytes], bytes]:
    """What :class:`CallbackSigner` takes: signs with the key of a ``CryptographyClient``.

    Raises:
        KeyMismatchError: it does not sign with this algorithm.

    The callback raises:
        KeyNotFoundError: the vault has no such key.
        SignerRefusedError: no credentials, no permission, or the key is disabled or not for this algorithm.
        SignerUnreachableError: the vault does not answer.
        SignerAnswerError: what answers talks nonsense.
    """
    if algorithm not in _NAMES:
        raise KeyMismatchError(
            f"Azure Key Vault does not sign {algorithm}", subject="azurekms", remedy="Use an EC or RSA key."
        )

    def sign(data: bytes) -> bytes:
        subject = str(client.key_id)
        try:
            return bytes(client.sign(_NAMES[algorithm], digest_of(algorithm, data)).signature)
        except exceptions.ResourceNotFoundError as error:
            raise KeyNotFoundError(
                "the vault has no such key", subject=subject, remedy="Check vault, key and version."
            ) from error
        except (exceptions.ServiceRequestError, exceptions.ServiceResponseError) as error:
            raise SignerUnreachableError(
                f"the vault does not answer ({type(error).__name__})", subject=subject, remedy="Check the network."
            ) from error
        except (exceptions.DecodeError, JSONDecodeError) as error:
            raise SignerAnswerError.of("the vault", error, subject) from error
        except (exceptions.AzureError, ValueError) as error:
            if isinstance(error, exceptions.HttpResponseError) and is_for_now(error.status_code):
                raise SignerUnreachableError(
                    f"the vault cannot answer now (HTTP {error.status_code})",
                    subject=subject,
                    remedy="Try again in a minute.",
                ) from error
            raise SignerRefusedError(
                f"the vault would not sign ({type(error).__name__})",
                subject=subject,
                remedy="Check the role (Key Vault Crypto User), and that the key is enabled and of this algorithm.",
            ) from error
        except Exception as error:  # what its library makes of an answer that is none
            raise SignerAnswerError.of("the vault", error, subject) from error

    return sign
