"""A clearance permits one render of one request under one policy, soon, once; nothing else passes."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sqlite3
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from touchmark.provenance.database import open_database
from touchmark.provenance.home import Home
from touchmark.safety.clearance import (
    Clearance,
    ClearanceAuthority,
    ClearanceError,
    ClearanceExpiredError,
    ClearanceForgedError,
    ClearanceKeyError,
    ClearanceMismatchError,
    ClearanceStoreError,
    ClearanceUsedError,
)
from touchmark.safety.decision import Action, Decision

REQUEST, OTHER_REQUEST = "a" * 64, "b" * 64
POLICY, OTHER_POLICY = "c" * 64, "d" * 64
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIFETIME = timedelta(minutes=15)
ALLOWED = Decision(Action.ALLOW, (), "default", POLICY, REQUEST)


@pytest.fixture
def authority(tmp_path: Path) -> ClearanceAuthority:
    return ClearanceAuthority.open(Home(tmp_path))


@pytest.fixture
def clearance(authority: ClearanceAuthority) -> Clearance:
    return authority.issue(ALLOWED, NOW, LIFETIME)


def test_a_clearance_is_good_once(authority: ClearanceAuthority, clearance: Clearance) -> None:
    authority.redeem(clearance, REQUEST, POLICY, NOW)
    with pytest.raises(ClearanceUsedError):
        authority.redeem(clearance, REQUEST, POLICY, NOW)
    authority.redeem(authority.issue(ALLOWED, NOW, LIFETIME), REQUEST, POLICY, NOW)  # another of the same moment is


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c)), replace],
    ids=["copy", "deepcopy", "pickle", "replace"],
)
def test_a_duplicate_is_spent_with_the_original(authority, clearance, duplicate) -> None:  # type: ignore[no-untyped-def]
    twin = duplicate(clearance)
    authority.redeem(clearance, REQUEST, POLICY, NOW)
    with pytest.raises(ClearanceUsedError):
        authority.redeem(twin, REQUEST, POLICY, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"request_digest": OTHER_REQUEST},
        {"policy_digest": OTHER_POLICY},
        {"expires": NOW + timedelta(days=365)},
        {"issued": NOW - timedelta(days=1)},
        {"nonce": "0" * 64},
        {"mac": "0" * 64},
        {"mac": ""},
        {"mac": "ü"},
        {"mac": "\ud800"},
        {"mac": None},
        {"nonce": b"0"},
        {"issued": "2026-11-22"},
    ],
)
def test_a_changed_clearance_is_a_forgery(authority, clearance, change) -> None:  # type: ignore[no-untyped-def]
    forged = replace(clearance, **change)
    with pytest.raises(ClearanceForgedError):
        authority.redeem(forged, forged.request_digest, forged.policy_digest, NOW)


def test_a_look_alike_of_a_field_is_a_forgery(authority: ClearanceAuthority, clearance: Clearance) -> None:
    class Eternal(datetime):
        """Prints the time that was signed, and is never over."""

        def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
            return clearance.expires.isoformat(sep, timespec)

        def __gt__(self, other: object) -> bool:
            return True

    forged = replace(clearance, expires=Eternal(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ClearanceForgedError):
        authority.redeem(forged, REQUEST, POLICY, NOW + timedelta(days=1))


def test_another_kind_of_object_is_a_forgery(authority: ClearanceAuthority) -> None:
    with pytest.raises(ClearanceForgedError):
        authority.redeem(None, REQUEST, POLICY, NOW)  # type: ignore[arg-type]


def test_a_look_alike_of_a_clearance_is_a_forgery(authority: ClearanceAuthority, clearance: Clearance) -> None:
    class Lasting(Clearance):
        """Might answer with another request at the second time of asking."""

    with pytest.raises(ClearanceForgedError):
        authority.redeem(Lasting(**asdict(clearance)), REQUEST, POLICY, NOW)


def test_another_installation_does_not_accept_it(clearance: Clearance, tmp_path: Path) -> None:
    with pytest.raises(ClearanceForgedError):
        ClearanceAuthority.open(Home(tmp_path / "other")).redeem(clearance, REQUEST, POLICY, NOW)


@pytest.mark.parametrize(("request_digest", "policy_digest"), [(OTHER_REQUEST, POLICY), (REQUEST, OTHER_POLICY)])
def test_it_is_bound_to_request_and_policy(authority, clearance, request_digest, policy_digest) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ClearanceMismatchError):
        authority.redeem(clearance, request_digest, policy_digest, NOW)
    authority.redeem(clearance, REQUEST, POLICY, NOW)  # a refused attempt does not spend it


@pytest.mark.parametrize("later", [LIFETIME, timedelta(days=1), timedelta(minutes=-2)])
def test_it_is_good_from_issue_to_expiry(authority, clearance, later) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ClearanceExpiredError):
        authority.redeem(clearance, REQUEST, POLICY, NOW + later)


def test_it_is_good_up_to_the_last_moment(authority: ClearanceAuthority, clearance: Clearance) -> None:
    authority.redeem(clearance, REQUEST, POLICY, NOW + LIFETIME - timedelta(microseconds=1))


def test_the_clock_of_who_issued_it_may_run_ahead_a_little(authority: ClearanceAuthority, clearance: Clearance) -> None:
    authority.redeem(clearance, REQUEST, POLICY, NOW - timedelta(seconds=30))


def test_what_was_spent_stays_spent_after_a_restart(clearance: Clearance, tmp_path: Path) -> None:
    ClearanceAuthority.open(Home(tmp_path)).redeem(clearance, REQUEST, POLICY, NOW)
    with pytest.raises(ClearanceUsedError):
        ClearanceAuthority.open(Home(tmp_path)).redeem(clearance, REQUEST, POLICY, NOW)


def _race(root: Path, clearance: Clearance, start, outcomes) -> None:  # type: ignore[no-untyped-def]
    authority = ClearanceAuthority.open(Home(root))
    start.wait(20)
    try:
        authority.redeem(clearance, REQUEST, POLICY, NOW)
        outcomes.put("won")
    except ClearanceUsedError:
        outcomes.put("lost")


def test_of_two_processes_exactly_one_wins(clearance: Clearance, tmp_path: Path) -> None:
    # Given two processes at the line
    context = multiprocessing.get_context("spawn")
    start, outcomes = context.Barrier(2), context.Queue()
    racers = [context.Process(target=_race, args=(tmp_path, clearance, start, outcomes)) for _ in range(2)]

    # When both redeem the same clearance at once
    for racer in racers:
        racer.start()
    results = sorted(outcomes.get(timeout=30) for _ in racers)
    for racer in racers:
        racer.join(10)

    # Then
    assert results == ["lost", "won"]


@pytest.mark.parametrize("action", [Action.REVIEW, Action.REFUSE])
def test_nothing_is_issued_for_what_was_not_allowed(authority: ClearanceAuthority, action: Action) -> None:
    with pytest.raises(ClearanceError):
        authority.issue(replace(ALLOWED, action=action), NOW, LIFETIME)


def test_the_key_is_private_and_kept(tmp_path: Path) -> None:
    ClearanceAuthority.open(Home(tmp_path))
    path = tmp_path / "keys" / "clearance.key"
    key = path.read_bytes()
    assert len(key) == 32 and path.stat().st_mode & 0o777 == 0o600
    ClearanceAuthority.open(Home(tmp_path))
    assert path.read_bytes() == key
    assert [p.name for p in path.parent.iterdir()] == ["clearance.key"]


@pytest.mark.parametrize(
    "damage",
    [lambda p: p.write_bytes(b"short"), *(lambda p, mode=mode: p.chmod(mode) for mode in (0o644, 0o640, 0o620, 0o602))],
)
def test_a_damaged_or_open_key_is_refused(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    ClearanceAuthority.open(Home(tmp_path))
    damage(tmp_path / "keys" / "clearance.key")
    with pytest.raises(ClearanceKeyError, match="clearance key"):
        ClearanceAuthority.open(Home(tmp_path))


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_none(tmp_path: Path, key: bytes) -> None:
    with pytest.raises(ClearanceKeyError, match="32"):
        ClearanceAuthority(key, open_database(tmp_path / "spent.sqlite3"))


def test_a_key_that_appears_meanwhile_is_the_one_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, theirs = tmp_path / "keys" / "clearance.key", b"a key that another process made  "[:32]

    def another_is_faster(size: int) -> bytes:
        path.write_bytes(theirs)
        path.chmod(0o600)
        return bytes(size)

    monkeypatch.setattr("secrets.token_bytes", another_is_faster)
    ClearanceAuthority.open(Home(tmp_path))
    assert {path.read_bytes() for path in path.parent.iterdir()} == {theirs}
    assert len(list(path.parent.iterdir())) == 1


def test_without_a_record_of_what_was_spent_there_is_no_authority(tmp_path: Path) -> None:
    Home(tmp_path).database.write_bytes(b"no database at all" * 1000)
    with pytest.raises(ClearanceStoreError):
        ClearanceAuthority.open(Home(tmp_path))


def test_a_lost_record_of_what_was_spent_accepts_nothing(
    authority: ClearanceAuthority, clearance: Clearance, tmp_path: Path
) -> None:
    with sqlite3.connect(Home(tmp_path).database) as database:
        database.execute("DROP TABLE redeemed_clearances")
    with pytest.raises(ClearanceStoreError):
        authority.redeem(clearance, REQUEST, POLICY, NOW)


def test_the_secret_does_not_leak(authority: ClearanceAuthority) -> None:
    assert "hidden" in repr(authority)
    with pytest.raises(TypeError):
        pickle.dumps(authority)
