"""How the tables of registry and ledger are reached: SQLite on a fresh machine, any SQLAlchemy URL beyond it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.sqlite import is_writable, read_only

_WRITING = "touchmark_writing"
_WAIT, _MOST_WAITS = 0.02, 250
"""Seconds, and how often: others have begun by then."""


class DatabaseError(TouchmarkError):
    """The registry or ledger could not be read or written."""

    code = "provenance.database"


def open_database(target: Path | str) -> Engine:
    """An engine for a SQLite file (a path) or another database (a SQLAlchemy URL).

    SQLite runs in WAL mode with full synchronisation, overwrites what is erased, waits 30 s for a lock, and holds no
    connection between uses, so that a fork or a kill leaves nothing half open. A file that may not be written is read.
    """
    if isinstance(target, str):
        return create_engine(target)
    writable = not target.exists() or is_writable(target)
    if writable:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.touch(mode=0o600)

    def connected() -> sqlite3.Connection:
        return sqlite3.connect(target if writable else read_only(target), timeout=30, uri=not writable)

    engine = create_engine(URL.create("sqlite", database=str(target)), poolclass=NullPool, creator=connected)

    @event.listens_for(engine, "connect")
    def _configure(connection, _record):  # type: ignore[no-untyped-def]  # SQLAlchemy passes the DBAPI's own object
        # Transactions are begun by _begin below; the driver's own implicit begin would defer the write lock.
        connection.isolation_level = None
        if writable:
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous=FULL")
            # What is erased (a prompt that was reviewed) is overwritten when the log is folded in, at the last close.
            connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the write lock at once: two of them queue up instead of failing half way.
        immediate = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def make_tables(engine: Engine, tables: MetaData) -> None:
    """Make those that are not there yet. Raises SQLAlchemyError.

    Of two processes that begin at once the second waits for the first: whoever has read that there are none may no
    longer write when another has.
    """
    if not set(tables.tables) <= set(inspect(engine).get_table_names()):
        with writing(engine) as connection:
            tables.create_all(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Put the database in WAL mode; that takes it alone, for a moment, and SQLite does not wait for that."""
    for left in reversed(range(_MOST_WAITS)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not left or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        sleep(_WAIT)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that means to write: committed at the end, rolled back on any exception."""
    with engine.connect().execution_options(**{_WRITING: True}) as connection, connection.begin():
        yield connection


@contextmanager
def reported(engine: Engine, kind: type[DatabaseError], problem: str) -> Iterator[None]:
    """Turn whatever the database raises inside into ``kind``, with ``problem`` and the address of the database."""
    try:
        yield
    except SQLAlchemyError as error:
        raise kind(
            f"{problem} ({error.__class__.__name__})",
            subject=str(engine.url),
            remedy="Check that the database is reachable, writable and intact, and that there is room.",
        ) from error
