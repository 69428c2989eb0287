"""The registry finds what was sealed, refuses to write a row twice, and says why it cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from touchmark.provenance.database import open_database
from touchmark.provenance.registry import Registration, Registry, RegistryError
from touchmark.provenance.watermark.protocol import Payload

SEALED = Registration(
    payload=Payload(0xFEDCBA9876543210),  # above 2**63: SQLite's own integers are signed
    manifest_label="urn:c2pa:1",
    manifest=b"\x00jumb",
    file_sha256="ab" * 32,
    watermark_algorithm="io.touchmark.video.lattice.1",
    key_id="01020304",
    title="a title",
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    policy_digest="",
    created=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
    fingerprint=b"\x01\x00",
)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(open_database(tmp_path / "new" / "registry.sqlite3"))


def test_a_row_comes_back_whole_by_payload_and_by_manifest(registry: Registry) -> None:
    registry.register(SEALED)
    assert registry.by_payload(SEALED.payload) == SEALED
    assert registry.by_manifest("urn:c2pa:1") == SEALED
    assert registry.by_payload(Payload(1)) is None


def test_a_time_of_another_zone_is_the_same_time(registry: Registry) -> None:
    there = replace(SEALED, created=SEALED.created.astimezone(timezone(timedelta(hours=-7))))
    registry.register(there)
    assert registry.by_payload(SEALED.payload) == there


@pytest.mark.parametrize(
    "second",
    [replace(SEALED, manifest_label="urn:c2pa:2"), replace(SEALED, payload=Payload(7))],
    ids=["same payload", "same manifest"],
)
def test_a_row_is_never_overwritten(registry: Registry, second: Registration) -> None:
    registry.register(SEALED)
    with pytest.raises(RegistryError):
        registry.register(second)
    assert registry.by_payload(SEALED.payload) == SEALED


def test_it_knows_who_signed_what_carries_marks_under_a_key(registry: Registry) -> None:
    registry.register(SEALED, b"a certificate")
    assert registry.has_signed(b"a certificate", SEALED.key_id)
    assert not registry.has_signed(b"a certificate", "another")
    assert not registry.has_signed(b"another", SEALED.key_id)
    assert not registry.has_signed(b"", SEALED.key_id)
    registry.withdraw(SEALED.payload)
    assert not registry.has_signed(b"a certificate", SEALED.key_id)


def test_a_withdrawn_row_is_gone(registry: Registry) -> None:
    other = replace(SEALED, payload=Payload(7), manifest_label="urn:c2pa:7")
    registry.register(other, b"a certificate")
    registry.register(SEALED, b"a certificate")
    registry.withdraw(SEALED.payload)
    assert registry.by_payload(SEALED.payload) is None
    assert registry.by_payload(other.payload) == other
    registry.register(replace(SEALED, fingerprint=b""), b"another")
    found = registry.by_payload(SEALED.payload)
    assert found is not None
    assert found.fingerprint == b"", "of the row that was withdrawn"


def test_a_registry_older_than_fingerprints_is_read(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "registry.sqlite3")
    Registry(engine).register(replace(SEALED, fingerprint=b""))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE fingerprint")
    assert Registry(engine).by_payload(SEALED.payload) == replace(SEALED, fingerprint=b"")


def test_reserved_payloads_differ_and_are_free(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.register(SEALED)
    with monkeypatch.context() as drawn:
        numbers = iter((0, SEALED.payload.value, 7))
        drawn.setattr("secrets.randbits", lambda _: next(numbers))
        assert registry.reserve() == Payload(7)
    reserved = {registry.reserve() for _ in range(50)}
    assert len(reserved) == 50
    assert all(registry.by_payload(payload) is None for payload in reserved)


def test_what_is_not_a_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite3"
    path.write_bytes(b"this is no database at all, it is a text file that somebody put here" * 30)
    with pytest.raises(RegistryError) as caught:
        Registry(open_database(path))
    assert "registry.sqlite3" in caught.value.diagnostics()


def test_the_database_is_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "registry.sqlite3"
    Registry(open_database(path))
    assert path.stat().st_mode & 0o077 == 0 == path.parent.stat().st_mode & 0o077
