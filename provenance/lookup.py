"""Ask a registry of sealed files whether it knows one, without loading a database library for the answer "no".

    lookup = SqliteLookup(home.database)
    lookup.by_manifest(label)

Most files that are verified were sealed by somebody else. To load SQLAlchemy takes longer than to read such a file;
whether SQLite holds a row, Python's own library tells. What is found is read by the registry itself.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from touchmark.provenance.watermark.protocol import Payload

if TYPE_CHECKING:
    from touchmark.provenance.registry import Registration, Registry


class Lookup(Protocol):
    """What answers whether a file was sealed here. A ``Registry`` is one."""

    def by_payload(self, payload: Payload) -> Registration | None:
        """The file whose watermark carries ``payload``."""
        ...

    def by_manifest(self, label: str) -> Registration | None:
        """The file whose active manifest has this label."""
        ...


class SqliteLookup:
    """Implements :class:`Lookup` for a SQLite file. Safe to share between threads.

    Args:
        path: of the file, which is there.

    Raises:
        RegistryError: it cannot be opened, or later cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if self._may_hold("payload", ""):  # no row has that: something is wrong, and the registry says what
            self._registry.by_payload(Payload(0))

    def by_payload(self, payload: Payload) -> Registration | None:
        """As :meth:`Lookup.by_payload`."""
        return self._registry.by_payload(payload) if self._may_hold("payload", str(payload)) else None

    def by_manifest(self, label: str) -> Registration | None:
        """As :meth:`Lookup.by_manifest`."""
        return self._registry.by_manifest(label) if self._may_hold("manifest_label", label) else None

    @cached_property
    def _registry(self) -> Registry:
        from touchmark.provenance.database import open_database
        from touchmark.provenance.registry import Registry

        return Registry(open_database(self._path))

    def _may_hold(self, column: str, value: str) -> bool:
        """Whether a row has ``value``, or that cannot be told."""
        try:
            with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as opened:
                found = opened.execute(f"SELECT 1 FROM sealed WHERE {column} = ?", (value,)).fetchone()
        except (sqlite3.Error, UnicodeError):
            return True
        return found is not None
