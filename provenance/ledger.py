"""An append-only record of decisions and releases, each entry chained to the one before by its hash.

    ledger = Ledger(open_database(home.database))
    ledger.append("release", {"manifest": "urn:c2pa:..."}, now)
    ledger.verify()            # () when nothing was altered, removed or reordered

The chain shows that history was not edited; it cannot show that its end was not cut off, so :meth:`Ledger.head`
gives the newest digest to keep somewhere else (``touchmark ledger verify --head DIGEST``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Select, String, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError

from touchmark.provenance.database import DatabaseError, make_tables, reported, writing

GENESIS = "0" * 64
"""What the first entry chains to."""
_MOST_RIVALS = 100
"""Entries of others that may come between reading the newest and adding one, where a database locks no reader out."""
_MOST_ENTRIES = 1 << 62

_METADATA = MetaData()
_LEDGER = Table(
    "ledger",
    _METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("time", String(40), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
)


class LedgerError(DatabaseError):
    """The ledger could not be read or written."""

    code = "provenance.ledger"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of history.

    Attributes:
        sequence: 1, 2, 3, ... without gaps.
        time: ISO 8601, UTC.
        kind: what happened: ``decision``, ``release``, ...
        body: canonical JSON.
        previous: digest of the entry before, :data:`GENESIS` for the first.
        digest: see :func:`entry_digest`.
    """

    sequence: int
    time: str
    kind: str
    body: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """Where the chain does not hold."""

    sequence: int
    problem: str


def entry_digest(sequence: int, time: str, kind: str, body: str, previous: str) -> str:
    """SHA-256, hexadecimal, over the canonical JSON of an entry's fields in this order."""
    canonical = json.dumps([sequence, time, kind, body, previous], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _text(value: object) -> str:
    """What a column of text holds; anything else in words, whose digest then does not match."""
    return value if isinstance(value, str) else ascii(value)


class Ledger:
    """The ledger in one database. Entries are added at the end: under the write lock of SQLite, and in any other
    database anew behind whoever was faster.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the table, making it on first use.

        Raises:
            LedgerError: the database cannot be opened.
        """
        self._engine = engine
        with reported(engine, LedgerError, "the ledger cannot be opened"):
            make_tables(engine, _METADATA)

    def append(
        self, kind: str, body: Mapping[str, Any], now: datetime, *, within: Connection | None = None
    ) -> LedgerEntry:
        """Add an entry.

        Args:
            kind: what happened.
            body: what to keep of it.
            now: with zone.
            within: a transaction in the same database (:func:`writing`), with which the entry stands or falls.

        Raises:
            LedgerError: the database cannot be written; nothing was added.
        """
        text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        time = now.astimezone(UTC).isoformat(timespec="microseconds")
        with reported(self._engine, LedgerError, "the ledger cannot be written"):
            if within is not None:
                return self._appended(within, time, kind, text)
            for _ in range(_MOST_RIVALS):
                with suppress(IntegrityError), writing(self._engine) as connection:
                    return self._appended(connection, time, kind, text)
            with writing(self._engine) as connection:
                return self._appended(connection, time, kind, text)

    def _appended(self, connection: Connection, time: str, kind: str, text: str) -> LedgerEntry:
        last = connection.execute(
            select(_LEDGER.c.sequence, _LEDGER.c.digest).order_by(_LEDGER.c.sequence.desc()).limit(1)
        ).one_or_none()
        sequence, previous = (1, GENESIS) if last is None else (self._place(last.sequence) + 1, str(last.digest))
        digest = entry_digest(sequence, time, kind, text, previous)
        entry = LedgerEntry(sequence, time, kind, text, previous, digest)
        connection.execute(insert(_LEDGER).values(**asdict(entry)))
        return entry

    def entries(self) -> Iterator[LedgerEntry]:
        """All entries, oldest first, a few at a time.

        Raises:
            LedgerError: the database cannot be read.
        """
        yield from self._read(select(_LEDGER).order_by(_LEDGER.c.sequence))

    def head(self) -> LedgerEntry | None:
        """The newest entry.

        Raises:
            LedgerError: the database cannot be read.
        """
        return next(self._read(select(_LEDGER).order_by(_LEDGER.c.sequence.desc()).limit(1)), None)

    def _read(self, query: Select[tuple[object, ...]]) -> Iterator[LedgerEntry]:
        with reported(self._engine, LedgerError, "the ledger cannot be read"), self._engine.connect() as connection:
            for row in connection.execution_options(yield_per=500).execute(query):
                texts = map(_text, (row.time, row.kind, row.body, row.previous, row.digest))
                yield LedgerEntry(self._place(row.sequence), *texts)

    def _place(self, sequence: object) -> int:
        """Where an entry stands. SQLite keeps anything in any column, and whoever edits it writes what he likes."""
        if isinstance(sequence, int) and 0 < sequence < _MOST_ENTRIES:
            return sequence
        raise LedgerError(
            f"an entry has no place in the ledger ({sequence!a:.40})",
            subject=str(self._engine.url),
            remedy="Somebody edited the database: look at it with its own tools, and go on from a copy that verifies.",
        )

    def verify(self, head: str | None = None) -> tuple[LedgerFault, ...]:
        """Recompute the chain.

        Args:
            head: a digest kept from an earlier :meth:`head`; a ledger that lost it was cut or rewritten.

        Returns:
            Every place where the chain breaks; empty when it holds.
        """
        faults: list[LedgerFault] = []
        previous, expected, seen = GENESIS, 1, head is None
        for entry in self.entries():
            if entry.sequence != expected:
                faults.append(LedgerFault(entry.sequence, f"entry {expected} is missing"))
            if entry.previous != previous:
                faults.append(LedgerFault(entry.sequence, "does not follow from the entry before it"))
            if entry.digest != entry_digest(entry.sequence, entry.time, entry.kind, entry.body, entry.previous):
                faults.append(LedgerFault(entry.sequence, "was altered: its digest does not match its content"))
            seen = seen or entry.digest == head
            previous, expected = entry.digest, entry.sequence + 1
        if not seen:
            faults.append(LedgerFault(expected - 1, f"the entry with digest {head} is gone: the ledger was cut short"))
        return tuple(faults)
