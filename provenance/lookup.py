"""Ask a registry of sealed files whether it knows one, without loading a database library for the answer "no".

    lookup = SqliteLookup(home.database)
    lookup.by_manifest(label)

Most files that are verified were sealed by somebody else. To load SQLAlchemy takes longer than to read such a file;
whether SQLite holds a row, Python's own library tells. What is found is read by the registry itself.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from touchmark.provenance.sqlite import read_only
from touchmark.provenance.watermark.protocol import Payload

if TYPE_CHECKING:
    from touchmark.provenance.registry import Registration, Registry


MOST_PAYLOADS: Final = 1_000_000
"""So many of those that were sealed are compared with a mark that is too faint to be read."""


def payloads_of(texts: Iterable[str]) -> NDArray[np.uint64]:
    """As numbers, of what a registry's rows hold."""
    return np.fromiter((int(text, 16) for text in texts), np.uint64)


def digest_of(certificate: bytes) -> str:
    """What a registry knows a certificate (DER) by."""
    return hashlib.sha256(certificate).hexdigest()


class Lookup(Protocol):
    """What answers whether a file was sealed here. A ``Registry`` is one."""

    def by_payload(self, payload: Payload) -> Registration | None:
        """The file whose watermark carries ``payload``."""
        ...

    def by_manifest(self, label: str) -> Registration | None:
        """The file whose active manifest has this label."""
        ...

    def has_signed(self, certificate: bytes, key_id: str) -> bool:
        """Whether files that carry a mark under this key were sealed with this certificate (DER)."""
        ...

    def payloads(self, key_id: str) -> NDArray[np.uint64]:
        """What watermarks under this key carry: of the newest MOST_PAYLOADS files, newest first, of shape (n,)."""
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

    def has_signed(self, certificate: bytes, key_id: str) -> bool:
        """As :meth:`Lookup.has_signed`."""
        return self._registry.has_signed(certificate, key_id)

    def payloads(self, key_id: str) -> NDArray[np.uint64]:
        """As :meth:`Lookup.payloads`."""
        asked = "SELECT payload FROM sealed WHERE key_id = ? ORDER BY created DESC, payload LIMIT ?"
        try:
            with self._opened() as opened:
                return payloads_of(row[0] for row in opened.execute(asked, (key_id, MOST_PAYLOADS)))
        except sqlite3.Error:
            return self._registry.payloads(key_id)

    @cached_property
    def _registry(self) -> Registry:
        from touchmark.provenance.database import open_database
        from touchmark.provenance.registry import Registry

        return Registry(open_database(self._path))

    def _may_hold(self, column: str, value: str) -> bool:
        """Whether a row has ``value``, or that cannot be told."""
        try:
            with self._opened() as opened:
                found = opened.execute(f"SELECT 1 FROM sealed WHERE {column} = ?", (value,)).fetchone()
        except sqlite3.Error:
            return True
        except UnicodeError:  # no text that a database holds
            return False
        return found is not None

    def _opened(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(read_only(self._path), uri=True, timeout=30))
