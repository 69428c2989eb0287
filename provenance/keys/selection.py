"""Which signer an operator signs with: what the command says, else ``signing.yaml`` of the home folder, else its keys.

    signer = select_signer(home, ring, SignerChoice(address="awskms:///alias/c2pa"))

``signing.yaml``, all of it optional::

    signer: pkcs11:token=studio;object=c2pa?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/secrets/pin
    chain: /etc/touchmark/c2pa-chain.pem        # default: signing.pem of the keys folder
    time_stamps:
      authorities: [https://tsa.example/tsr, https://tsa2.example/tsr]
      required: true                            # false: a file is signed without a stamp where none is to be had
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from touchmark.provenance.home import Home
from touchmark.provenance.keys.ring import KeyRing, KeyRingError, require_private
from touchmark.provenance.signing import Signer, TimeStamping, read_key_file
from touchmark.provenance.signing.address import Address, open_signer
from touchmark.provenance.signing.secret import Ask, read_secret

KEY_PASSWORD = "TOUCHMARK_KEY_PASSWORD"
"""In the environment: the password of an encrypted ``signing.key`` in the keys folder."""

_MAX_BYTES = 1 << 16

Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)]


class SigningSettingsError(KeyRingError):
    """The file that says which signer is used cannot be used itself."""

    code = "keys.settings"


class TimeStampSettings(BaseModel):
    """Whom to ask for the time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    authorities: list[Url] = Field(min_length=1, max_length=16)
    required: bool = True


class SigningSettings(BaseModel):
    """``signing.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signer: str | None = None
    chain: Path | None = None
    time_stamps: TimeStampSettings | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; where there is none, nothing is set.

        Raises:
            SigningSettingsError: it is not of this form.
            SignerUriError: it names a signer that is none.
            KeyPermissionError: others could change who signs.
        """
        try:
            with path.open("rb") as file:
                require_private(path, 0o022)
                settings = cls.model_validate(yaml.safe_load(file.read(_MAX_BYTES)) or {})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            raise SigningSettingsError(
                f"the settings cannot be used ({_first_problem(error)})",
                subject=str(path),
                remedy="See docs/signing.md for what may stand there.",
            ) from error
        if settings.signer is not None:
            Address.parse(settings.signer)
        return settings


@dataclass(frozen=True, slots=True)
class SignerChoice:
    """What a command says of the signer; what it leaves out is as the settings have it.

    Attributes:
        address: see :mod:`touchmark.provenance.signing.address`.
        chain: PEM file, signing certificate first.
        time_authorities: URLs, asked in order; a stamp is required then.
    """

    address: str | None = None
    chain: Path | None = None
    time_authorities: tuple[str, ...] = ()


def select_signer(home: Home, ring: KeyRing, choice: SignerChoice | None = None, ask: Ask | None = None) -> Signer:
    """The signer of this operator.

    Args:
        home: whose ``signing.yaml`` is read.
        ring: whose key signs where nothing else is said.
        choice: what the command says.
        ask: how a person is asked for a password.

    Raises:
        KeyRingError: settings or keys cannot be used.
        SigningError: the signer cannot be opened.
    """
    choice = choice or SignerChoice()
    settings = SigningSettings.load(home.signing)
    stamping = _time_stamping(settings, choice)
    address = choice.address or settings.signer
    if address is None and choice.chain is None and settings.chain is None:
        password = _password(ring, ask) if ring.key_is_encrypted else None
        return ring.signer(password=password, time_stamping=stamping)
    chain_path = choice.chain or (home.root / settings.chain if settings.chain else None)
    chain = ring.certificate_chain if chain_path is None else read_key_file(chain_path)
    if address is None:
        address = f"pem:{ring.folder / 'signing.key'}"
    return open_signer(address, chain, ask=ask, time_stamping=stamping)


def _time_stamping(settings: SigningSettings, choice: SignerChoice) -> TimeStamping | None:
    if choice.time_authorities:
        return TimeStamping(choice.time_authorities)
    if settings.time_stamps:
        return TimeStamping(tuple(settings.time_stamps.authorities), settings.time_stamps.required)
    return None


def _password(ring: KeyRing, ask: Ask | None) -> bytes | None:
    if os.environ.get(KEY_PASSWORD):
        return read_secret(f"env:{KEY_PASSWORD}", ask, "signing key")
    return read_secret("prompt:", ask, f"password of {ring.folder / 'signing.key'}") if ask else None


def _first_problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"[:200]
    return (getattr(error, "problem", None) or str(error))[:200]
