"""A lookup answers as the registry does, and loads it only for a yes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.provenance.test_registry import SEALED
from touchmark.provenance.codebooks import Codebooks
from touchmark.provenance.database import open_database
from touchmark.provenance.lookup import SqliteLookup
from touchmark.provenance.registry import Registry, RegistryError
from touchmark.provenance.watermark.protocol import Payload, WatermarkKey


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
    assert lookup.by_manifest("\ud800") is None


def test_tells_what_was_sealed_under_a_key_newest_first(database: Path) -> None:
    registry, lookup = Registry(open_database(database)), SqliteLookup(database)
    for number, (key_id, days) in enumerate([(SEALED.key_id, 2), ("0123abcd", 3), *[(SEALED.key_id, 1)] * 2]):
        other = replace(SEALED, payload=Payload(2**64 - 1 - number), manifest_label=f"urn:{number}", key_id=key_id)
        registry.register(replace(other, created=SEALED.created + timedelta(days=days)))
    for asked in (registry, lookup):
        assert asked.payloads(SEALED.key_id).tolist() == [2**64 - 1, 2**64 - 4, 2**64 - 3, SEALED.payload.value]
        assert asked.payloads("0123abcd").tolist() == [2**64 - 2]
        assert asked.payloads("of nobody").shape == (0,)


def test_a_codebook_grows_with_the_registry(database: Path) -> None:
    key = WatermarkKey(b"a key for tests only")
    registry, codebooks = Registry(open_database(database)), Codebooks(SqliteLookup(database))
    assert len(codebooks.of(key)) == 0
    registry.register(replace(SEALED, payload=Payload(7), manifest_label="urn:7", key_id=key.key_id))
    grown = codebooks.of(key)
    assert grown.payloads.tolist() == [7] and codebooks.of(key) is grown
    registry.withdraw(Payload(7))
    assert len(codebooks.of(key)) == 0
    assert len(Codebooks(None).of(key)) == 0


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
    for ask in (lambda: lookup.by_manifest(SEALED.manifest_label), lambda: lookup.payloads(SEALED.key_id)):
        with pytest.raises(RegistryError):
            ask()


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
