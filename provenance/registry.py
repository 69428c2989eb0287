"""What was sealed, so that a file whose manifest was stripped finds its manifest again through its watermark.

    registry = Registry(open_database(home.database))
    payload = registry.reserve()                      # a fresh 64-bit identifier for the watermark
    registry.register(Registration(payload=payload, ...))
    registry.by_payload(payload).manifest             # the whole C2PA manifest store, byte for byte

A row is written once and never changed. This module keeps no media, only what a picture looks like from afar, and
judges nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    delete,
    insert,
    inspect,
    null,
    select,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from touchmark.provenance.database import DatabaseError, make_tables, reported, writing
from touchmark.provenance.lookup import MOST_PAYLOADS, digest_of, payloads_of
from touchmark.provenance.watermark.protocol import Payload

_METADATA = MetaData()
_SEALED = Table(
    "sealed",
    _METADATA,
    Column("payload", String(16), primary_key=True),
    Column("manifest_label", String(255), nullable=False, unique=True),
    Column("manifest", LargeBinary, nullable=False),
    Column("file_sha256", String(64), nullable=False, index=True),
    Column("watermark_algorithm", String(255), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("title", String(1024), nullable=False),
    Column("source_type", String(255), nullable=False),
    Column("policy_digest", String(64), nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)
_SEEN = Table(  # beside it, because registries are older than fingerprints
    "fingerprint",
    _METADATA,
    Column("payload", String(16), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
_SIGNERS = Table(  # whose hand it was: of a module, a cloud or a service, no file on this machine tells
    "signer",
    _METADATA,
    Column("payload", String(16), primary_key=True),
    Column("certificate_sha256", String(64), nullable=False, index=True),
)


class RegistryError(DatabaseError):
    """The registry refused a row, or could not be read."""

    code = "provenance.registry"


@dataclass(frozen=True, slots=True)
class Registration:
    """One sealed file.

    Attributes:
        payload: what its watermark carries.
        manifest_label: ``urn:c2pa:...`` of the active manifest.
        manifest: the C2PA manifest store (JUMBF), as embedded.
        file_sha256: hexadecimal digest of the whole published file.
        watermark_algorithm: name of the algorithm that marked it.
        key_id: which watermark key.
        title: what the manifest calls the file.
        source_type: IPTC digital source type URI that was declared.
        policy_digest: the policy that allowed it (empty for a video sealed without a prompt).
        created: when it was sealed, with zone.
        fingerprint: what it looks like, see :mod:`touchmark.provenance.fingerprint`; empty where it was sealed without.
    """

    payload: Payload
    manifest_label: str
    manifest: bytes
    file_sha256: str
    watermark_algorithm: str
    key_id: str
    title: str
    source_type: str
    policy_digest: str
    created: datetime
    fingerprint: bytes = b""


class Registry:
    """The register of sealed files in one database. Safe to share between threads and processes."""

    def __init__(self, engine: Engine) -> None:
        """Opens the tables, making them on first use. Where none can be made, those that are there are read: a registry
        may be older than some of them.

        Raises:
            RegistryError: the database cannot be opened.
        """
        self._engine = engine
        self._missing: frozenset[Table] = frozenset()
        with reported(engine, RegistryError, "the registry cannot be opened"):
            try:
                make_tables(engine, _METADATA)
            except SQLAlchemyError:
                there = inspect(engine).get_table_names()
                if _SEALED.name not in there:
                    raise
                self._missing = frozenset(table for table in (_SEEN, _SIGNERS) if table.name not in there)

    def reserve(self) -> Payload:
        """A payload that nothing carries yet: 64 random bits, checked against the register."""
        while True:
            payload = Payload(secrets.randbits(64))
            if payload.value and self.by_payload(payload) is None:
                return payload

    def register(self, registration: Registration, certificate: bytes = b"") -> None:
        """Write a row.

        Args:
            registration: of a file that was sealed.
            certificate: with which it was signed, DER; empty where that need not be known.

        Raises:
            RegistryError: the payload or the manifest is registered already, or the database fails.
        """
        created = registration.created.astimezone(UTC)  # SQLite forgets the zone
        row = {**asdict(registration), "payload": str(registration.payload), "created": created}
        fingerprint = row.pop("fingerprint")
        try:
            with self._writing() as connection:
                connection.execute(insert(_SEALED).values(**row))
                if fingerprint:
                    connection.execute(insert(_SEEN).values(payload=row["payload"], data=fingerprint))
                if certificate:
                    signer = {"payload": row["payload"], "certificate_sha256": digest_of(certificate)}
                    connection.execute(insert(_SIGNERS).values(**signer))
        except RegistryError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise RegistryError(
                    "this payload or manifest is registered already",
                    subject=str(registration.payload),
                    remedy="Seal again: each file gets a payload of its own.",
                ) from error
            raise

    def withdraw(self, payload: Payload) -> None:
        """Take back a row whose file was never published.

        Raises:
            RegistryError: the database fails.
        """
        with self._writing() as connection:
            for table in (_SEALED, _SEEN, _SIGNERS):
                connection.execute(delete(table).where(table.c.payload == str(payload)))

    def by_payload(self, payload: Payload) -> Registration | None:
        """The file whose watermark carries ``payload``."""
        return self._one(_SEALED.c.payload == str(payload))

    def by_manifest(self, label: str) -> Registration | None:
        """The file whose active manifest has this label."""
        return self._one(_SEALED.c.manifest_label == label)

    def has_signed(self, certificate: bytes, key_id: str) -> bool:
        """Whether files that carry a mark under this key were sealed with this certificate (DER)."""
        if _SIGNERS in self._missing:
            return False
        both = _SEALED.join(_SIGNERS, _SEALED.c.payload == _SIGNERS.c.payload)
        asked = select(_SEALED.c.payload).select_from(both).where(_SEALED.c.key_id == key_id)
        asked = asked.where(_SIGNERS.c.certificate_sha256 == digest_of(certificate)).limit(1)
        with reported(self._engine, RegistryError, "the registry cannot be read"), self._engine.connect() as connection:
            return connection.execute(asked).first() is not None

    def payloads(self, key_id: str) -> NDArray[np.uint64]:
        """What watermarks under this key carry: of the newest MOST_PAYLOADS files, newest first, of shape (n,)."""
        newest = select(_SEALED.c.payload).where(_SEALED.c.key_id == key_id)
        newest = newest.order_by(_SEALED.c.created.desc(), _SEALED.c.payload).limit(MOST_PAYLOADS)
        with reported(self._engine, RegistryError, "the registry cannot be read"), self._engine.connect() as connection:
            return payloads_of(connection.execute(newest).scalars())

    def _one(self, condition: ColumnElement[bool]) -> Registration | None:
        with reported(self._engine, RegistryError, "the registry cannot be read"), self._engine.connect() as connection:
            seen = null() if _SEEN in self._missing else _SEEN.c.data
            known = (
                _SEALED if _SEEN in self._missing else _SEALED.outerjoin(_SEEN, _SEALED.c.payload == _SEEN.c.payload)
            )
            chosen = select(_SEALED, seen.label("fingerprint")).select_from(known).where(condition)
            row = connection.execute(chosen).one_or_none()
        return None if row is None else _registration(row)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        problem = "the registry cannot be written"
        with reported(self._engine, RegistryError, problem), writing(self._engine) as connection:
            yield connection


def _registration(row: Row[tuple[object, ...]]) -> Registration:
    values = {field.name: getattr(row, field.name) for field in fields(Registration)}
    values["payload"] = Payload(int(str(values["payload"]), 16))
    values["fingerprint"] = values["fingerprint"] or b""
    created = values["created"]
    values["created"] = created if created.tzinfo else created.replace(tzinfo=UTC)
    return Registration(**values)
