"""A lookup answers as the registry does, and loads it only for a yes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.provenance.test_registry import SEALED
from touchmark.provenance.database import open_database
from touchmark.provenance.lookup import SqliteLookup
from touchmark.provenance.registry import Registry, RegistryError
from touchmark.provenance.watermark.protocol import Payload


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a folder #1?" / "registry.sqlite3"
    Registry(open_database(path)).register(SEALED)
    return path


def test_answers_as_the_registry_does(database: Path) -> None:
    lookup = SqliteLookup(database)
    assert lookup.by_payload(SEALED.payload) == SEALED
    assert lookup.by_manifest(SEALED.manifest_label) == SEALED
    assert lookup.by_payload(Payload(SEALED.payload.value ^ 1)) is None
    assert lookup.by_manifest("urn:c2pa:of another") is None
    assert lookup.by_manifest("' OR 1=1 --") is None


def test_sees_what_is_registered_later(database: Path) -> None:
    registry, lookup = Registry(open_database(database)), SqliteLookup(database)
    registry.withdraw(SEALED.payload)
    assert lookup.by_payload(SEALED.payload) is None
    registry.register(SEALED)
    assert lookup.by_payload(SEALED.payload) == SEALED


def test_a_damaged_database_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite3"
    path.write_bytes(b"no database at all, whatever it is called" * 100)
    with pytest.raises(RegistryError):
        SqliteLookup(path)


def test_one_damaged_later_gives_no_answer(database: Path) -> None:
    lookup = SqliteLookup(database)
    for path in (database.with_name(database.name + "-wal"), database.with_name(database.name + "-shm")):
        path.unlink(missing_ok=True)
    database.write_bytes(b"no database at all" * 1000)
    with pytest.raises(RegistryError):
        lookup.by_manifest(SEALED.manifest_label)


def test_an_empty_database_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite3"
    path.touch()
    assert SqliteLookup(path).by_payload(SEALED.payload) is None


def test_a_no_loads_no_database_library(database: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from touchmark.provenance.lookup import SqliteLookup\n"
        f"assert SqliteLookup(Path({str(database)!r})).by_manifest('urn:c2pa:other') is None\n"
        "assert 'sqlalchemy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
