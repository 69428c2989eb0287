"""History that was edited does not verify."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event

from touchmark.provenance.database import open_database
from touchmark.provenance.ledger import GENESIS, Ledger, LedgerError, entry_digest

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Ledger:
    """Written by a clock that runs backwards."""
    ledger = Ledger(open_database(path))
    for number in range(5):
        ledger.append("release", {"number": number, "title": "a <b> \u202e title"}, NOW - timedelta(hours=number))
    return ledger


def _execute(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)


def test_an_untouched_ledger_verifies(ledger: Ledger) -> None:
    assert ledger.verify() == ()
    assert [entry.sequence for entry in ledger.entries()] == [1, 2, 3, 4, 5]
    assert next(ledger.entries()).previous == GENESIS


def test_an_entry_is_written_in_one_way_and_its_digest_covers_all_of_it(ledger: Ledger) -> None:
    """Ledgers of years ago must verify: the way is not to change."""
    now = datetime(2026, 11, 22, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    entry = ledger.append("decision", {"b": 1, "a": "é"}, now)
    time, body = "2026-11-22T12:00:00.000000+00:00", r'{"a":"\u00e9","b":1}'
    assert (entry.time, entry.body) == (time, body)
    whole = json.dumps([6, time, "decision", body, entry.previous], separators=(",", ":"))
    assert entry.digest == hashlib.sha256(whole.encode()).hexdigest()


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE ledger SET body = replace(body, '2', '9') WHERE sequence = 3", 3),
        ("UPDATE ledger SET time = '2020-01-01T00:00:00.000000+00:00' WHERE sequence = 2", 2),
        ("UPDATE ledger SET kind = 'decision' WHERE sequence = 5", 5),
        ("DELETE FROM ledger WHERE sequence = 3", 4),
        ("UPDATE ledger SET previous = digest WHERE sequence = 4", 4),
        ("UPDATE ledger SET body = CAST(body AS BLOB) WHERE sequence = 3", 3),
        ("UPDATE ledger SET kind = x'ff1b5b' WHERE sequence = 1", 1),
    ],
)
def test_an_edit_is_found_where_it_was_made(ledger: Ledger, path: Path, statement: str, where: int) -> None:
    _execute(path, statement)
    faults = ledger.verify()
    assert faults
    assert {fault.sequence for fault in faults} == {where}


def test_an_entry_rewritten_with_a_matching_digest_breaks_the_next_link(ledger: Ledger, path: Path) -> None:
    entry = list(ledger.entries())[2]
    forged = entry_digest(entry.sequence, entry.time, entry.kind, '{"number":77}', entry.previous)
    _execute(path, f"""UPDATE ledger SET body = '{{"number":77}}', digest = '{forged}' WHERE sequence = 3""")
    assert [fault.sequence for fault in ledger.verify()] == [4]


@pytest.mark.parametrize(("sequence", "previous"), [(6, None), (5, GENESIS)])
def test_a_last_entry_that_was_signed_anew_in_another_place_is_found(
    ledger: Ledger, path: Path, sequence: int, previous: str | None
) -> None:
    entry = list(ledger.entries())[4]
    previous = previous or entry.previous
    forged = entry_digest(sequence, entry.time, entry.kind, entry.body, previous)
    _execute(
        path,
        f"UPDATE ledger SET sequence = {sequence}, previous = '{previous}', digest = '{forged}' WHERE sequence = 5",
    )
    assert [fault.sequence for fault in ledger.verify()] == [sequence]


def test_a_cut_beginning_is_found(ledger: Ledger, path: Path) -> None:
    _execute(path, "DELETE FROM ledger WHERE sequence < 3")
    missing, unlinked = ledger.verify()
    assert missing.problem == "entry 1 is missing" and "does not follow" in unlinked.problem
    assert missing.sequence == unlinked.sequence == 3


def test_a_cut_end_is_found_against_a_kept_head(ledger: Ledger, path: Path) -> None:
    head = ledger.head()
    assert head is not None
    assert ledger.verify(head.digest) == ()
    _execute(path, "DELETE FROM ledger WHERE sequence = 5")
    assert ledger.verify() == ()  # what a chain alone cannot see
    assert ledger.verify(head.digest) != ()
    assert ledger.verify("") != ()


@pytest.mark.parametrize("place", ["NULL", "9223372036854775807", "char(27) || '[31m'", "x'05'", "-5"])
def test_an_entry_without_a_place_is_told_and_nothing_is_added(ledger: Ledger, path: Path, place: str) -> None:
    _execute(path, "ALTER TABLE ledger RENAME TO old")
    _execute(path, "CREATE TABLE ledger (sequence, time, kind, body, previous, digest)")
    _execute(path, f"INSERT INTO ledger SELECT {place}, time, kind, body, previous, digest FROM old WHERE sequence = 5")
    for ask in (ledger.verify, ledger.head, lambda: ledger.append("release", {}, NOW)):
        with pytest.raises(LedgerError, match="no place") as caught:
            ask()
        assert "\x1b" not in caught.value.diagnostics()


def test_where_a_database_locks_nobody_out_an_entry_goes_behind_whoever_was_faster(ledger: Ledger, path: Path) -> None:
    """As PostgreSQL is opened: two read the same newest entry."""
    engine = open_database(f"sqlite:///{path}")
    slower = Ledger(engine)
    rivals = iter(range(3))

    @event.listens_for(engine, "before_cursor_execute")
    def _rival(_connection, _cursor, statement, *_):  # type: ignore[no-untyped-def]
        if statement.startswith("INSERT") and next(rivals, None) is not None:
            ledger.append("decision", {}, NOW)

    assert slower.append("release", {}, NOW).sequence == 9
    assert ledger.verify() == ()


def test_many_who_begin_at_once_find_one_ledger(tmp_path: Path) -> None:
    together, failures = threading.Barrier(4), []

    def begin() -> None:
        for number in range(4):
            together.wait()
            try:
                Ledger(open_database(tmp_path / f"{number}.sqlite3")).append("decision", {}, NOW)
            except LedgerError as error:
                failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [Ledger(open_database(tmp_path / f"{number}.sqlite3")).verify() for number in range(4)] == 4 * [()]


def _append_many(path: Path) -> None:
    ledger = Ledger(open_database(path))
    for _ in range(20):
        ledger.append("decision", {}, NOW)


def test_writers_in_several_processes_make_one_chain(path: Path) -> None:
    Ledger(open_database(path))
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(path,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    ledger = Ledger(open_database(path))
    assert ledger.verify() == ()
    head = ledger.head()
    assert head is not None
    assert head.sequence == 40


def test_a_ledger_that_cannot_be_written_says_so(ledger: Ledger, path: Path) -> None:
    _execute(path, "DROP TABLE ledger")
    with pytest.raises(LedgerError):
        ledger.append("release", {}, NOW)
    with pytest.raises(LedgerError):
        ledger.verify()
