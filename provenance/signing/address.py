"""Which signer: one address says what kind it is and which key, as in sigstore and PKCS#11.

    signer = open_signer("pem:/etc/touchmark/signing.key?password-source=file:/run/secrets/key", chain_pem)
    signer = open_signer("pkcs11:token=studio;object=c2pa?module-path=/usr/lib/softhsm/libsofthsm2.so"
                         "&pin-source=file:/run/secrets/pin", chain_pem)                        # RFC 7512
    signer = open_signer("awskms:///alias/c2pa?region=eu-central-1", chain_pem)
    signer = open_signer("gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1", chain_pem)
    signer = open_signer("azurekms://studio.vault.azure.net/c2pa/VERSION", chain_pem)
    signer = open_signer("https://signer.internal:8443?client-cert=me.pem&client-key=me.key&ca=ca.pem")

An address holds no secret: passwords and PINs are had from where ``password-source`` and ``pin-source`` say
(:mod:`touchmark.provenance.signing.secret`), cloud credentials from where the vendor's own library looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from touchmark.provenance.signing.algorithm import SigningAlgorithm, algorithms_of
from touchmark.provenance.signing.errors import BackendMissingError, SignerUriError
from touchmark.provenance.signing.files import leaf_certificate, read_key_file
from touchmark.provenance.signing.secret import Ask, read_secret
from touchmark.provenance.signing.signer import CallbackSigner, PemSigner, Signer
from touchmark.provenance.signing.time_stamps import TimeStamping


@dataclass(frozen=True, slots=True)
class Address:
    """A signer's address, taken apart.

    Attributes:
        scheme: ``pem``, ``pkcs11``, ``awskms``, ``gcpkms``, ``azurekms`` or ``https``.
        path: between scheme and query, percent-encoded as written, without leading ``//``.
        options: of the query, decoded.
    """

    scheme: str
    path: str
    options: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Address:
        """Take ``text`` apart.

        Raises:
            SignerUriError: it has another scheme, an option that the scheme does not know, or a secret in it.
        """
        scheme, colon, rest = text.partition(":")
        if not colon or scheme not in _OPTIONS:
            raise _wrong(text, f"an address begins with {', '.join(f'{known}:' for known in _OPTIONS)}")
        path, _, query = rest.partition("?")
        options: dict[str, str] = {}
        for pair in filter(None, query.split("&")):
            name, _, value = pair.partition("=")
            if name in _SECRETS:
                raise SignerUriError(
                    "an address holds no secret",
                    subject=f"{scheme}:...?{name}=...",
                    remedy=f"Use {_SECRETS[name]}=file:PATH, env:NAME or prompt:, and change the secret.",
                )
            if name not in _OPTIONS[scheme] or name in options:
                raise _wrong(text, f"{name!a} is no option of {scheme}: or stands there twice")
            options[name] = unquote(value)
        return cls(scheme, path.removeprefix("//"), options)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.path}"


_OPTIONS = {
    "pem": {"password-source"},
    "pkcs11": {"module-path", "pin-source", "algorithm"},
    "awskms": {"region", "algorithm"},
    "gcpkms": {"algorithm"},
    "azurekms": {"algorithm"},
    "https": {"client-cert", "client-key", "ca"},
}
_SECRETS = {"pin-value": "pin-source", "password": "password-source", "pin": "pin-source"}


def open_signer(
    address: str, chain: bytes | None = None, *, ask: Ask | None = None, time_stamping: TimeStamping | None = None
) -> Signer:
    """The signer at an address.

    Args:
        address: see the top of this module.
        chain: PEM, signing certificate first. A signing service brings its own.
        ask: how a person is asked for a password.
        time_stamping: whom to ask for the time.

    Raises:
        SignerUriError: the address is not one, or the chain is missing.
        BackendMissingError: the vendor's library is not installed.
        SigningError: the key cannot be opened; its subclasses say why.
    """
    parsed = Address.parse(address)
    if parsed.scheme == "https":
        from touchmark.provenance.signing.remote import RemoteSigner

        return RemoteSigner.connect(parsed.path, _files(parsed), time_stamping=time_stamping)
    if chain is None:
        raise SignerUriError(
            "a signer of this kind needs its certificate chain",
            subject=str(parsed),
            remedy="Give the chain as PEM, signing certificate first (--chain).",
        )
    if parsed.scheme == "pem":
        source = parsed.options.get("password-source")
        password = None if source is None else read_secret(source, ask, f"password of {parsed.path}")
        return PemSigner.from_pem(
            chain,
            read_key_file(Path(unquote(parsed.path))),
            password=password,
            time_stamping=time_stamping,
            subject=unquote(parsed.path),
        )
    algorithm = _algorithm(parsed, chain)
    try:
        callback = _BACKENDS[parsed.scheme](parsed, algorithm, ask)
    except ImportError as error:
        raise BackendMissingError(
            f"{error.name} is not installed",
            subject=str(parsed),
            remedy=f"Run: pip install 'touchmark[{_EXTRAS[parsed.scheme]}]'",
        ) from error
    return CallbackSigner(algorithm, chain, callback, time_stamping)


def _algorithm(address: Address, chain: bytes) -> SigningAlgorithm:
    possible = algorithms_of(leaf_certificate(chain, "signing certificate").public_key())
    wanted = address.options.get("algorithm")
    if wanted is None:
        return possible[0]
    if wanted not in set(SigningAlgorithm):
        raise _wrong(str(address), f"algorithm is one of {', '.join(SigningAlgorithm)}")
    return SigningAlgorithm(wanted)


def _pkcs11(address: Address, algorithm: SigningAlgorithm, ask: Ask | None) -> Callable[[bytes], bytes]:
    from touchmark.provenance.signing.pkcs11 import TokenKey

    module, source = address.options.get("module-path"), address.options.get("pin-source")
    if module is None:
        raise _wrong(str(address), "a PKCS#11 address names its module (?module-path=...)")
    pin = None if source is None else read_secret(source, ask, "PIN of the token").decode("utf-8", "replace")
    return TokenKey.find(module, address.path, pin).callback(algorithm)


def _aws(address: Address, algorithm: SigningAlgorithm, ask: Ask | None) -> Callable[[bytes], bytes]:
    from touchmark.provenance.signing.aws import kms_callback, kms_client

    return kms_callback(kms_client(address.options.get("region")), unquote(address.path.removeprefix("/")), algorithm)


def _google(address: Address, algorithm: SigningAlgorithm, ask: Ask | None) -> Callable[[bytes], bytes]:
    from touchmark.provenance.signing.google import kms_callback, kms_client

    return kms_callback(kms_client(), address.path, algorithm)


def _azure(address: Address, algorithm: SigningAlgorithm, ask: Ask | None) -> Callable[[bytes], bytes]:
    from touchmark.provenance.signing.azure import vault_callback, vault_client

    vault, _, key = address.path.partition("/")
    if not vault or not key:
        raise _wrong(str(address), "an Azure address names vault and key (azurekms://VAULT.vault.azure.net/KEY)")
    return vault_callback(vault_client(vault, key), algorithm)


_BACKENDS: dict[str, Callable[[Address, SigningAlgorithm, Ask | None], Callable[[bytes], bytes]]] = {
    "pkcs11": _pkcs11,
    "awskms": _aws,
    "gcpkms": _google,
    "azurekms": _azure,
}
_EXTRAS = {"pkcs11": "hsm", "awskms": "kms", "gcpkms": "gcp", "azurekms": "azure"}


def _files(address: Address) -> dict[str, Path]:
    missing = sorted({"client-cert", "client-key", "ca"} - set(address.options))
    if missing:
        raise _wrong(str(address), f"a signing service wants to know who asks: {', '.join(missing)} missing")
    return {name: Path(value) for name, value in address.options.items()}


def _wrong(address: str, problem: str) -> SignerUriError:
    # Without its query: somebody may have put a secret there.
    return SignerUriError(
        problem, subject=address.partition("?")[0][:200], remedy="See docs/signing.md for the addresses of signers."
    )
