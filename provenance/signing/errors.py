"""What can go wrong between a claim and its signature, each with a name of its own. Nothing was written in any case."""

from __future__ import annotations

from http import HTTPStatus

from touchmark.provenance.errors import TouchmarkError


class SigningError(TouchmarkError):
    """Nothing was signed."""

    code = "signing.failed"


class KeyMismatchError(SigningError):
    """The private key is not the one that the certificate names, or cannot sign with the algorithm."""

    code = "signing.key_mismatch"


class KeyUnreadableError(SigningError):
    """A certificate or key file is missing, or is not what it should be."""

    code = "signing.key_unreadable"
    exit_status = 3


class WrongPasswordError(KeyUnreadableError):
    """The private key is encrypted, and the password is wrong or was not given."""

    code = "signing.wrong_password"
    exit_status = 70  # as for a wrong PIN: the file was read


class WrongPinError(SigningError):
    """The token refused the PIN. It was tried once: tokens lock themselves after a few wrong ones."""

    code = "signing.wrong_pin"


class SignerUriError(SigningError):
    """The address of a signer is not one that touchmark can use."""

    code = "signing.uri"
    exit_status = 64


class SecretError(SigningError):
    """A password or PIN cannot be had from where it was said to be."""

    code = "signing.secret"


class BackendMissingError(SigningError):
    """The library that this kind of signer needs is not installed."""

    code = "signing.backend_missing"


class KeyNotFoundError(SigningError):
    """The HSM, KMS or token that was asked has no such key."""

    code = "signing.key_not_found"


class SignerUnreachableError(SigningError):
    """The HSM, KMS or signing service did not answer."""

    code = "signing.unreachable"


def is_for_now(status: int | None) -> bool:
    """Whether an HTTP status says nothing of key or role: the service, or a proxy before it, fails or is busy."""
    return status is not None and (status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500)


class SignerRefusedError(SigningError):
    """The HSM, KMS or signing service answered, and would not sign."""

    code = "signing.refused"


class SignerAnswerError(SigningError):
    """The signer answered something that is no signature."""

    code = "signing.nonsense"

    @classmethod
    def of(cls, asked: str, error: Exception, subject: str) -> SignerAnswerError:
        """What is raised where a cloud's own library makes ``error`` of an answer that is none.

        Args:
            asked: the service that was asked, as it is called.
            error: what its library raised, of which the kind alone is told: its text may be the answer.
            subject: the key.
        """
        return cls(
            f"what answers for {asked} talks nonsense ({type(error).__name__})",
            subject=subject,
            remedy="Check the address, and what stands between.",
        )
