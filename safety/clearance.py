"""The permit without which nothing is rendered: bound to one request and one policy, short-lived, good for one use.

    authority = ClearanceAuthority.open(home)
    clearance = authority.issue(decision, now, lifetime)       # the gate does this, nobody else
    authority.redeem(clearance, request.digest, policy.digest, now)   # before the model runs

A clearance is plain data under a message authentication code. Copying, pickling or editing one gains nothing: a copy
is spent when the first is, an edited one fails its code, and without the key none can be made. What was spent is in
the database, so a crash or a second process does not bring a clearance back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from sqlalchemy import Column, Engine, MetaData, String, Table, insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from touchmark.provenance.database import make_tables, open_database, writing
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.safety.decision import Action, Decision
from touchmark.safety.review import Question

_KEY_BYTES = 32
_CLOCK_SKEW = timedelta(seconds=60)
"""How far ahead the clock of the machine that issued may run."""

_METADATA = MetaData()
_REDEEMED = Table(
    "redeemed_clearances",
    _METADATA,
    Column("nonce", String(64), primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("redeemed", String(40), nullable=False),
)


class ClearanceError(TouchmarkError):
    """This clearance does not permit this render. The reasons are the subclasses."""

    code: ClassVar[str] = "safety.clearance"
    exit_status: ClassVar[int] = 1


class ClearanceForgedError(ClearanceError):
    """Not made by this installation's gate, or changed since."""

    code: ClassVar[str] = "safety.clearance_forged"


class ClearanceExpiredError(ClearanceError):
    """Too old, or from the future."""

    code: ClassVar[str] = "safety.clearance_expired"


class ClearanceUsedError(ClearanceError):
    """Spent already."""

    code: ClassVar[str] = "safety.clearance_used"


class ClearanceMismatchError(ClearanceError):
    """Given for another request or under another policy."""

    code: ClassVar[str] = "safety.clearance_mismatch"


class ClearanceKeyError(TouchmarkError):
    """The authority's key cannot be read, made or trusted; nothing can be cleared until it can."""

    code: ClassVar[str] = "safety.clearance_key"


class ClearanceStoreError(TouchmarkError):
    """Whether a clearance was spent cannot be told; it is not accepted."""

    code: ClassVar[str] = "safety.clearance_store"


@dataclass(frozen=True, slots=True)
class Clearance:
    """Permission to render one request once.

    Attributes:
        request_digest: SHA-256 (hexadecimal) of the exact request.
        policy_digest: SHA-256 (hexadecimal) of the policy that allowed it.
        issued, expires: with zone, UTC.
        nonce: 64 hexadecimal digits, never repeated.
        mac: HMAC-SHA-256 (hexadecimal) over all of the above, under the authority's key.
    """

    request_digest: str
    policy_digest: str
    issued: datetime
    expires: datetime
    nonce: str
    mac: str


class ClearanceAuthority:
    """Issues clearances and takes them back, once each."""

    __slots__ = ("_engine", "_key")

    def __init__(self, key: bytes, engine: Engine) -> None:
        """Prefer :meth:`open`.

        Args:
            key: 32 secret bytes.
            engine: the database that remembers what was spent.

        Raises:
            ClearanceKeyError: the key has another length.
            ClearanceStoreError: the database cannot be used.
        """
        if len(key) != _KEY_BYTES:
            raise ClearanceKeyError(f"the clearance key has {len(key)} bytes, expected {_KEY_BYTES}")
        self._key = key
        self._engine = engine
        try:
            make_tables(engine, _METADATA)
        except SQLAlchemyError as error:
            raise _store_error(engine, error) from error

    @classmethod
    def open(cls, home: Home) -> ClearanceAuthority:
        """The authority of an installation; makes ``keys/clearance.key`` (0600) on first use.

        Raises:
            ClearanceKeyError, ClearanceStoreError
        """
        home.ensure()
        return cls(_load_or_make_key(home.keys / "clearance.key"), open_database(home.database))

    def __repr__(self) -> str:
        return "ClearanceAuthority(key hidden)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a clearance authority holds a secret key and is not pickled; open it from its home instead")

    def issue(
        self, decision: Decision, now: datetime, lifetime: timedelta, review: Question | None = None
    ) -> Clearance:
        """A clearance for what a decision allowed, or a reviewer whom it left it to. For the gate alone.

        Raises:
            ClearanceError: the decision does not allow, nor has a reviewer allowed this very request.
        """
        if decision.action is not Action.ALLOW and not (review and review.allows(decision)):
            raise ClearanceError(f"no clearance is given for a decision to {decision.action.value}")
        issued = now.astimezone(UTC)
        expires = issued + lifetime
        nonce = secrets.token_hex(32)
        mac = self._mac(decision.request_digest, decision.policy_digest, issued, expires, nonce)
        return Clearance(decision.request_digest, decision.policy_digest, issued, expires, nonce, mac)

    def redeem(self, clearance: Clearance, request_digest: str, policy_digest: str, now: datetime) -> None:
        """Spend a clearance on a request. Returning at all is the permission.

        Checked in this order: authenticity, request and policy, time, and last, atomically, that it was not spent.

        Raises:
            ClearanceForgedError, ClearanceMismatchError, ClearanceExpiredError, ClearanceUsedError: see each.
            ClearanceStoreError: the database cannot be written; the clearance is not accepted.
        """
        self._verify(clearance, request_digest, policy_digest, now.astimezone(UTC))
        row = {
            "nonce": clearance.nonce,
            "request_digest": request_digest,
            "policy_digest": policy_digest,
            "redeemed": now.astimezone(UTC).isoformat(timespec="microseconds"),
        }
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(_REDEEMED).values(row))
        except IntegrityError as error:
            raise ClearanceUsedError(
                "this clearance was used before", remedy="Screen the request again; every render needs its own."
            ) from error
        except SQLAlchemyError as error:
            raise _store_error(self._engine, error) from error

    def _verify(self, clearance: Clearance, request_digest: str, policy_digest: str, now: datetime) -> None:
        if type(clearance) is not Clearance or not self._is_authentic(clearance):
            raise ClearanceForgedError(
                "this clearance was not issued by the gate of this installation",
                remedy="Screen the request with this installation's gate.",
            )
        for name, got, expected in (
            ("request", request_digest, clearance.request_digest),
            ("policy", policy_digest, clearance.policy_digest),
        ):
            if not hmac.compare_digest(got.encode(), expected.encode()):
                raise ClearanceMismatchError(
                    f"this clearance is for another {name} (got {got[:12]}, expected {expected[:12]})",
                    remedy=f"Screen this very request under this very policy; a change of the {name} needs a new one.",
                )
        if not clearance.issued - _CLOCK_SKEW <= now < clearance.expires:
            raise ClearanceExpiredError(
                f"this clearance was good from {clearance.issued:%Y-%m-%d %H:%M:%S} until {clearance.expires:%H:%M:%S}",
                remedy="Screen the request again.",
            )

    def _is_authentic(self, clearance: Clearance) -> bool:
        texts = (clearance.request_digest, clearance.policy_digest, clearance.nonce, clearance.mac)
        times = (clearance.issued, clearance.expires)
        # Exact types: a subclass could print what was signed and compare as something else.
        if any(type(text) is not str for text in texts) or any(type(time) is not datetime for time in times):
            return False
        try:
            expected = self._mac(
                clearance.request_digest, clearance.policy_digest, clearance.issued, clearance.expires, clearance.nonce
            )
            return hmac.compare_digest(expected.encode(), clearance.mac.encode())
        except ValueError:  # text that cannot be encoded: not one of ours
            return False

    def _mac(self, request: str, policy: str, issued: datetime, expires: datetime, nonce: str) -> str:
        fields = ["touchmark clearance 1", request, policy, issued.isoformat(), expires.isoformat(), nonce]
        return hmac.new(self._key, json.dumps(fields).encode(), hashlib.sha256).hexdigest()


def _store_error(engine: Engine, error: SQLAlchemyError) -> ClearanceStoreError:
    return ClearanceStoreError(
        f"the record of spent clearances cannot be used ({error.__class__.__name__})",
        subject=str(engine.url),
        remedy="Check that the database can be reached and written; nothing is rendered until it can.",
    )


def _load_or_make_key(path: Path) -> bytes:
    try:
        if not path.exists():
            _make_key(path)
        mode = path.stat().st_mode
        key = path.read_bytes()
    except OSError as error:
        raise ClearanceKeyError(
            f"the clearance key cannot be read or made ({error.strerror})",
            subject=str(path),
            remedy="Make the folder readable and writable for its owner.",
        ) from error
    if mode & 0o077:
        raise ClearanceKeyError(
            f"the clearance key is open to other users (mode {mode & 0o777:04o})",
            subject=str(path),
            remedy=f"Delete it, so that a new one is made, or: chmod 600 {path}",
        )
    if len(key) != _KEY_BYTES:
        raise ClearanceKeyError(
            f"the clearance key has {len(key)} bytes, expected {_KEY_BYTES}",
            subject=str(path),
            remedy="Delete it, so that a new one is made; clearances already issued become void.",
        )
    return key


def _make_key(path: Path) -> None:
    """Written aside and linked into place, so that of two first uses at once both read one whole key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
