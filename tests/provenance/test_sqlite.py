"""A registry that may be read and not written, on a mount of others: what is there is read, and nothing is made."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.provenance.test_registry import SEALED
from touchmark.provenance.database import open_database
from touchmark.provenance.lookup import SqliteLookup
from touchmark.provenance.registry import Registry, RegistryError
from touchmark.provenance.sqlite import read_only
from touchmark.provenance.watermark.protocol import Payload

CERTIFICATE = b"a certificate"
NOBODY = 65534


@pytest.fixture
def database() -> Iterator[Path]:
    """In a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a folder #1?" / "registry.sqlite3"
        Registry(open_database(path)).register(SEALED, CERTIFICATE)
        Path(name).chmod(0o755)
        yield path
        path.parent.chmod(0o755)


def reads(database: Path, asked: Callable[[], bool], *, file: int = 0o444, folder: int = 0o555) -> bool:
    """Whether it holds in a process that may read the file, and not write it or into its folder, or neither."""
    for path in database.parent.iterdir():
        path.chmod(file)
    database.parent.chmod(folder)
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    try:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os._exit(not asked())
    except BaseException:
        traceback.print_exc()
        os._exit(2)


def without(database: Path, *tables: str) -> None:
    """As a version before them left it."""
    connection = sqlite3.connect(database)
    for table in tables:
        connection.execute(f"DROP TABLE {table}")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()


@pytest.mark.parametrize(("file", "folder"), [(0o444, 0o555), (0o666, 0o555), (0o444, 0o777)])
def test_one_that_is_not_written_is_read(database: Path, file: int, folder: int) -> None:
    linked = database.parent.with_name("link")
    linked.symlink_to(database)
    linked.parent.chmod(0o777)

    def knows() -> bool:
        lookup = SqliteLookup(linked)
        assert lookup.by_payload(Payload(1)) is None
        assert lookup.payloads(SEALED.key_id).tolist() == [SEALED.payload.value]
        assert lookup.has_signed(CERTIFICATE, SEALED.key_id)
        return lookup.by_payload(SEALED.payload) == SEALED == lookup.by_manifest(SEALED.manifest_label)

    assert reads(database, knows, file=file, folder=folder)
    assert set(linked.parent.iterdir()) == {database.parent, linked}
    assert [path.name for path in database.parent.iterdir()] == [database.name] or folder == 0o777


def test_only_one_that_nobody_can_change_is_taken_for_one_that_nobody_changes(database: Path) -> None:
    assert "immutable" not in read_only(database)
    assert reads(database, lambda: "immutable" in read_only(database))


def test_of_an_old_one_what_is_there_is_read(database: Path) -> None:
    def knows() -> bool:
        registry = SqliteLookup(database)
        assert not registry.has_signed(CERTIFICATE, SEALED.key_id)
        return registry.by_payload(SEALED.payload) == SEALED

    without(database, "signer")
    assert reads(database, knows)


def test_one_from_before_fingerprints_is_read(database: Path) -> None:
    without(database, "signer", "fingerprint")
    assert reads(
        database, lambda: SqliteLookup(database).by_payload(SEALED.payload) == replace(SEALED, fingerprint=b"")
    )


def test_one_that_its_owner_writes_meanwhile_is_read(database: Path) -> None:
    """What was written last lies beside it."""
    with open_database(database).connect() as held:
        held.exec_driver_sql("SELECT * FROM sealed")
        later = replace(SEALED, payload=Payload(7), manifest_label="urn:later")
        Registry(open_database(database)).register(later)
        assert database.with_name(f"{database.name}-wal").stat().st_size
        assert reads(database, lambda: SqliteLookup(database).by_payload(Payload(7)) == later)


def test_one_without_its_table_is_refused(database: Path) -> None:
    def is_refused() -> bool:
        for opened in (SqliteLookup, lambda path: Registry(open_database(path))):
            with pytest.raises(RegistryError):
                opened(database)
        return True

    without(database, "signer", "fingerprint", "sealed")
    assert reads(database, is_refused)


def test_what_cannot_be_written_is_told(database: Path) -> None:
    def is_refused() -> bool:
        registry = Registry(open_database(database))
        with pytest.raises(RegistryError, match="cannot be written"):
            registry.register(replace(SEALED, payload=Payload(7), manifest_label="urn:7"))
        return True

    assert reads(database, is_refused)


def test_an_old_one_gets_its_tables_where_it_may_be_written(database: Path) -> None:
    without(database, "signer", "fingerprint")
    registry = Registry(open_database(database))
    registry.register(replace(SEALED, payload=Payload(7), manifest_label="urn:7"), CERTIFICATE)
    assert registry.has_signed(CERTIFICATE, SEALED.key_id)
