"""Sign with a key in AWS KMS, through boto3 (``touchmark[kms]``). The key never leaves it.

    callback = kms_callback(boto3.client("kms"), "alias/c2pa", SigningAlgorithm.ES256)

It asks for ``kms:Sign`` and nothing else. Credentials, region and endpoint are had where boto3 looks for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError, NoRegionError

from touchmark.provenance.signing.algorithm import SigningAlgorithm, digest_of
from touchmark.provenance.signing.errors import (
    KeyMismatchError,
    KeyNotFoundError,
    SignerAnswerError,
    SignerRefusedError,
    SignerUnreachableError,
    is_for_now,
)

_TOO_OFTEN = ("ThrottlingException", "LimitExceededException")
_NAMES = {
    SigningAlgorithm.ES256: "ECDSA_SHA_256",
    SigningAlgorithm.ES384: "ECDSA_SHA_384",
    SigningAlgorithm.ES512: "ECDSA_SHA_512",
    SigningAlgorithm.PS256: "RSASSA_PSS_SHA_256",
    SigningAlgorithm.PS384: "RSASSA_PSS_SHA_384",
    SigningAlgorithm.PS512: "RSASSA_PSS_SHA_512",
}
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html"""

_MAX_RAW = 4096
"""Bytes that KMS takes whole, to hash them itself; of anything larger it takes the digest."""

_PATIENCE = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})


def kms_client(region: str | None) -> Any:
    """A client of KMS that gives up in time.

    Raises:
        SignerRefusedError: boto3 knows no region.
    """
    try:
        return boto3.client("kms", region_name=region, config=_PATIENCE)
    except NoRegionError as error:
        raise SignerRefusedError("no AWS region is set", subject="awskms", remedy="Add ?region=...") from error


def kms_callback(client: Any, key_id: str, algorithm: SigningAlgorithm) -> Callable[[bytes], bytes]:
    """What :class:`CallbackSigner` takes: signs with a KMS key, named by id, ARN or ``alias/...``.

    Raises:
        KeyMismatchError: it does not sign with this algorithm.

    The callback raises:
        KeyNotFoundError: KMS has no such key.
        SignerRefusedError: no credentials, no permission, or the key is disabled or not for this algorithm.
        SignerUnreachableError: KMS does not answer.
        SignerAnswerError: what answers talks nonsense.
    """
    if algorithm not in _NAMES:
        raise KeyMismatchError(
            f"AWS KMS is not asked for {algorithm} signatures", subject=key_id, remedy="Use an EC or RSA key."
        )

    def sign(data: bytes) -> bytes:
        whole = len(data) <= _MAX_RAW
        try:
            answer = client.sign(
                KeyId=key_id,
                Message=data if whole else digest_of(algorithm, data),
                MessageType="RAW" if whole else "DIGEST",
                SigningAlgorithm=_NAMES[algorithm],
            )
        except ClientError as error:
            raise _refused(error, key_id) from error
        except NoCredentialsError as error:
            raise SignerRefusedError(
                "there are no AWS credentials", subject=key_id, remedy="Give them as boto3 expects them."
            ) from error
        except (HTTPClientError, BotoCoreError) as error:
            raise SignerUnreachableError(
                f"AWS KMS does not answer ({type(error).__name__})",
                subject=key_id,
                remedy="Check the network, the region and the endpoint.",
            ) from error
        except Exception as error:  # what its library makes of an answer that is none
            raise SignerAnswerError.of("AWS KMS", error, key_id) from error
        return bytes(answer.get("Signature", b""))  # an empty one is nonsense too, and called so

    return sign


def _refused(error: ClientError, key_id: str) -> KeyNotFoundError | SignerRefusedError | SignerUnreachableError:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    if code == "NotFoundException":
        return KeyNotFoundError("AWS KMS has no such key", subject=key_id, remedy="Check id, alias and region.")
    if code in _TOO_OFTEN or is_for_now(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")):
        return SignerUnreachableError(
            f"AWS KMS cannot answer now ({code})", subject=key_id, remedy="Try again in a minute."
        )
    return SignerRefusedError(
        f"AWS KMS would not sign ({code})",
        subject=key_id,
        remedy="Check kms:Sign in the key's policy, and that the key is enabled and of the certificate's algorithm.",
    )
