"""Sign with a key in a token: an HSM, a smart card, SoftHSM. PKCS#11 through python-pkcs11 (``touchmark[hsm]``).

    key = TokenKey.find("/usr/lib/softhsm/libsofthsm2.so", "token=studio;object=c2pa", pin)
    signer = CallbackSigner(SigningAlgorithm.ES256, chain_pem, key.callback(SigningAlgorithm.ES256))

A session is opened for each signature, so that nothing stays logged in between. A module is loaded once in a process
and does not outlive ``fork``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pkcs11
from pkcs11 import MGF, Mechanism, ObjectClass

from touchmark.provenance.signing.algorithm import SigningAlgorithm, digest_of
from touchmark.provenance.signing.deadline import PATIENCE, within
from touchmark.provenance.signing.errors import (
    KeyNotFoundError,
    SignerRefusedError,
    SignerUnreachableError,
    SignerUriError,
    WrongPinError,
)

_PSS = {
    SigningAlgorithm.PS256: (Mechanism.SHA256, MGF.SHA256, 32),
    SigningAlgorithm.PS384: (Mechanism.SHA384, MGF.SHA384, 48),
    SigningAlgorithm.PS512: (Mechanism.SHA512, MGF.SHA512, 64),
}
_ATTRIBUTES = {"token", "serial", "object", "id", "type"}
_PIN_ERRORS = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinExpired)


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A private key in a token. Made with :meth:`find`.

    Attributes:
        module: path of the vendor's library.
        attributes: of the path of a ``pkcs11:`` address (RFC 7512, section 2.3), decoded.
    """

    module: str
    attributes: Mapping[str, bytes]
    _pin: str | None = field(repr=False)

    @classmethod
    def find(cls, module: str, path: str, pin: str | None, *, patience: float = PATIENCE) -> TokenKey:
        """The key that ``path`` (``token=...;object=...``) names; it is looked for at once, for ``patience`` seconds.

        Raises:
            SignerUriError: an attribute is not known, or neither ``object`` nor ``id`` names a key.
            SignerUnreachableError: the module cannot be loaded or hangs, or there is no such token.
            WrongPinError: the token refuses the PIN, or is locked.
            KeyNotFoundError: the token has no such key, or several.
        """
        attributes: dict[str, bytes] = {}
        for pair in filter(None, path.split(";")):
            name, _, value = pair.partition("=")
            if name not in _ATTRIBUTES or name in attributes:
                raise SignerUriError(
                    f"{name!a} is not an attribute that picks a key, or stands there twice",
                    subject=f"pkcs11:{path}",
                    remedy=f"Use {', '.join(sorted(_ATTRIBUTES))}.",
                )
            attributes[name] = unquote_to_bytes(value)
        if not attributes.keys() & {"object", "id"} or attributes.get("type", b"private") != b"private":
            raise SignerUriError(
                "the address names no private key", subject=f"pkcs11:{path}", remedy="Add object=LABEL or id=%01."
            )
        key = cls(module, attributes, pin)
        return within(patience, key._found, f"pkcs11:{path}")

    def callback(self, algorithm: SigningAlgorithm) -> Callable[[bytes], bytes]:
        """What :class:`CallbackSigner` takes. Raises as :meth:`find` does, and SignerRefusedError."""

        def sign(data: bytes) -> bytes:
            with self._opened() as key:
                if algorithm is SigningAlgorithm.ED25519:
                    return bytes(key.sign(data, mechanism=Mechanism.EDDSA))
                digest = digest_of(algorithm, data)
                if algorithm in _PSS:
                    return bytes(key.sign(digest, mechanism=Mechanism.RSA_PKCS_PSS, mechanism_param=_PSS[algorithm]))
                return bytes(key.sign(digest, mechanism=Mechanism.ECDSA))

        return sign

    def _found(self) -> TokenKey:
        with self._opened():
            return self

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        subject = "pkcs11:" + ";".join(f"{name}={quote(value)}" for name, value in self.attributes.items())
        library = _library(self.module)
        try:
            token = library.get_token(token_label=self._text("token"), token_serial=self.attributes.get("serial"))
            with token.open(user_pin=self._pin) as session:
                yield session.get_key(
                    object_class=ObjectClass.PRIVATE_KEY, label=self._text("object"), id=self.attributes.get("id")
                )
        except _PIN_ERRORS as error:
            raise WrongPinError(
                "the token refuses the PIN",
                subject=subject,
                remedy="Check the PIN before trying again: a token locks itself after a few wrong ones.",
            ) from error
        except pkcs11.PinLocked as error:
            raise WrongPinError(
                "the token has locked itself after wrong PINs", subject=subject, remedy="Unlock it with its SO PIN."
            ) from error
        except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned) as error:
            several = isinstance(error, pkcs11.MultipleObjectsReturned)
            raise KeyNotFoundError(
                "several private keys fit" if several else "the token shows no such private key",
                subject=subject,
                remedy="Name the key with object=LABEL or id=..., and give pin-source.",
            ) from error
        except (pkcs11.NoSuchToken, pkcs11.MultipleTokensReturned) as error:
            raise SignerUnreachableError(
                "no token, or more than one, fits", subject=subject, remedy="Name it with token=LABEL or serial=...."
            ) from error
        except pkcs11.PKCS11Error as error:
            raise SignerRefusedError(
                f"the token would not sign ({type(error).__name__})",
                subject=subject,
                remedy="Check what the key is allowed to do (CKA_SIGN) and that the token knows the algorithm.",
            ) from error

    def _text(self, name: str) -> str | None:
        value = self.attributes.get(name)
        return None if value is None else value.decode("utf-8", "replace")


def _library(module: str) -> Any:
    try:
        return pkcs11.lib(module)
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise SignerUnreachableError(
            f"the PKCS#11 module cannot be loaded ({(str(error) or type(error).__name__)[:200]})",
            subject=module,
            remedy="Check module-path, and that the vendor's library fits this machine.",
        ) from error
