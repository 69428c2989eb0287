"""What waits for a person is made when a person has allowed it: this request, under this policy, for this requester."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from touchmark.cli.main import run
from touchmark.provenance.database import open_database
from touchmark.provenance.home import Home
from touchmark.provenance.ledger import Ledger
from touchmark.safety import review
from touchmark.safety.clearance import ClearanceAuthority, ClearanceError
from touchmark.safety.decision import (
    Action,
    AgeProfile,
    Category,
    Decision,
    Finding,
    Requester,
    ReviewRefusedError,
    ReviewRequiredError,
    Rule,
)
from touchmark.safety.gate import Gate, Screening
from touchmark.safety.review import Answer, ReviewAnswerError, ReviewQueueFullError, Reviews, ReviewStoreError

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REQUEST, OTHER_REQUEST = "a" * 64, "b" * 64
REFERENCE = REQUEST[:12]
TEXTS = {"prompt": "Mickey Mouse on a bicycle"}
FOUND = Finding(Category.PROTECTED_CHARACTERS, Action.REVIEW, "prompt", (0, 12), "P701", 1.0, Rule.TERM, "A name.")
WAITS = Decision(Action.REVIEW, (FOUND,), "default", "c" * 64, REQUEST)
LIFETIME = timedelta(minutes=15)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def gate(home: Home) -> Gate:
    return Gate.default(home)


@pytest.fixture
def reviews(home: Home) -> Reviews:
    return Reviews.open(home)


def screened(gate: Gate, request: str = REQUEST, requester: Requester | None = None) -> Screening:
    return gate.screen(request, TEXTS, NOW, requester)


def recorded(home: Home) -> list[dict[str, object]]:
    return [json.loads(e.body) for e in Ledger(open_database(home.database)).entries() if e.kind == "review"]


def test_what_a_reviewer_allowed_is_cleared_and_can_be_rendered(gate: Gate, reviews: Reviews, home: Home) -> None:
    # Given a request that waits
    with pytest.raises(ReviewRequiredError):
        screened(gate).require()
    (question,) = reviews.waiting()
    assert question.texts == TEXTS and question.decision.decisive

    # When
    reviews.answer(REFERENCE, Answer.ALLOW, "r-17", "a licence is there", NOW)

    # Then
    clearance = screened(gate).require()
    gate.authority.redeem(clearance, REQUEST, gate.policy.digest(), NOW)
    (entry,) = recorded(home)
    assert (entry["answer"], entry["reviewer"], entry["request"]) == ("allow", "r-17", REQUEST)
    assert reviews.waiting() == ()


def test_what_a_reviewer_refused_stays_refused(gate: Gate, reviews: Reviews) -> None:
    screened(gate)
    reviews.answer(REFERENCE, Answer.REFUSE, "r-17", "", NOW)
    with pytest.raises(ReviewRefusedError, match="did not allow") as caught:
        screened(gate).require()
    assert "Mickey" not in caught.value.diagnostics() and REFERENCE in caught.value.diagnostics()


@pytest.mark.parametrize(
    "otherwise",
    [
        lambda gate: screened(gate, OTHER_REQUEST),
        lambda gate: screened(gate, requester=Requester(consents=frozenset({"somebody"}))),
    ],
    ids=["another request", "with a consent"],
)
def test_an_answer_is_for_what_was_asked(gate: Gate, reviews: Reviews, otherwise: Callable[[Gate], Screening]) -> None:
    screened(gate)
    reviews.answer(REFERENCE, Answer.ALLOW, "r-17", "", NOW)
    with pytest.raises(ReviewRequiredError):
        otherwise(gate).require()
    assert len(reviews.waiting()) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(WAITS, request_digest=OTHER_REQUEST),
        replace(WAITS, policy_digest="d" * 64),
        replace(WAITS, age=AgeProfile.TEEN),
        replace(WAITS, action=Action.REFUSE),
    ],
    ids=["request", "policy", "age", "refused"],
)
def test_no_clearance_comes_of_an_answer_to_another_question(home: Home, reviews: Reviews, other: Decision) -> None:
    authority = ClearanceAuthority.open(home)
    reviews.ask(WAITS, TEXTS, Requester(), NOW)
    with pytest.raises(ClearanceError):
        authority.issue(WAITS, NOW, LIFETIME, reviews.find(REFERENCE))
    allowed = reviews.answer(REFERENCE, Answer.ALLOW, "r-17", "", NOW)
    assert authority.issue(WAITS, NOW, LIFETIME, allowed)
    with pytest.raises(ClearanceError):
        authority.issue(other, NOW, LIFETIME, allowed)


def test_a_changed_policy_asks_again(reviews: Reviews) -> None:
    reviews.ask(WAITS, TEXTS, Requester(), NOW)
    reviews.answer(REFERENCE, Answer.ALLOW, "r-17", "", NOW)
    changed = replace(WAITS, policy_digest="d" * 64)
    assert reviews.ask(changed, TEXTS, Requester(), NOW).answer is None
    assert reviews.ask(WAITS, TEXTS, Requester(), NOW).answer is None  # nor does the old one come back


def test_of_two_reviewers_the_first_decides(reviews: Reviews, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given two who have the same question before them
    reviews.ask(WAITS, TEXTS, Requester(), NOW)
    both = reviews.find(REFERENCE)
    reviews.answer(REFERENCE, Answer.REFUSE, "r-17", "", NOW)

    # When the second answers what was still open when they looked
    monkeypatch.setattr(reviews, "find", lambda reference: both)
    with pytest.raises(ReviewAnswerError, match="nothing of this reference waits"):
        reviews.answer(REFERENCE, Answer.ALLOW, "r-18", "", NOW)

    # Then nothing of it stands anywhere
    assert reviews.ask(WAITS, TEXTS, Requester(), NOW).answer is Answer.REFUSE
    assert [entry["reviewer"] for entry in recorded(home)] == ["r-17"]


def test_an_answer_that_the_ledger_does_not_take_is_none(reviews: Reviews, home: Home) -> None:
    reviews.ask(WAITS, TEXTS, Requester(), NOW)
    with sqlite3.connect(home.database) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(Exception, match="ledger cannot be written"):
        reviews.answer(REFERENCE, Answer.ALLOW, "r-17", "", NOW)
    assert reviews.find(REFERENCE).texts == TEXTS


def test_texts_are_kept_while_they_wait_and_no_longer(reviews: Reviews, home: Home) -> None:
    def holds() -> bool:
        return any(b"Mickey" in file.read_bytes() for file in home.database.parent.glob(f"{home.database.name}*"))

    reviews.ask(WAITS, {"prompt": TEXTS["prompt"] * 1000}, Requester(), NOW)
    assert holds()
    reviews.answer(REFERENCE, Answer.ALLOW, "r-17", "", NOW)
    assert not holds(), "not in a page that SQLite has set free either"


def test_a_record_that_is_not_as_it_was_written_allows_nothing(gate: Gate, reviews: Reviews, home: Home) -> None:
    screened(gate)
    with sqlite3.connect(home.database) as database:
        database.execute("UPDATE reviews SET answer = 'ALLOW'")
    with pytest.raises(ReviewStoreError):
        screened(gate)
    with sqlite3.connect(home.database) as database:
        database.execute("DROP TABLE reviews")
    with pytest.raises(ReviewStoreError):
        screened(gate)


def test_no_more_wait_than_anybody_would_answer(reviews: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "MOST_WAITING", 2)
    for digit in "12":
        reviews.ask(replace(WAITS, request_digest=digit * 64), TEXTS, Requester(), NOW)
    with pytest.raises(ReviewQueueFullError):
        reviews.ask(WAITS, TEXTS, Requester(), NOW)
    reviews.ask(replace(WAITS, request_digest="1" * 64), TEXTS, Requester(), NOW)  # waits already
    reviews.answer("1" * 12, Answer.REFUSE, "r-17", "", NOW)
    reviews.ask(WAITS, TEXTS, Requester(), NOW)


@pytest.mark.parametrize("reference", ["", "a", "a" * 11, "A" * 12, "%" * 12, "b" * 12, "a" * 65, "../../../etc"])
def test_only_a_reference_that_waits_is_answered(reviews: Reviews, reference: str) -> None:
    reviews.ask(WAITS, TEXTS, Requester(), NOW)
    with pytest.raises(ReviewAnswerError):
        reviews.answer(reference, Answer.ALLOW, "r-17", "", NOW)
    assert reviews.waiting()


def test_a_reviewer_is_a_pseudonym_and_brief(reviews: Reviews) -> None:
    reviews.ask(WAITS, TEXTS, Requester(), NOW)
    with pytest.raises(ReviewAnswerError):
        reviews.answer(REFERENCE, Answer.ALLOW, "Ada Example", "", NOW)
    with pytest.raises(ReviewAnswerError):
        reviews.answer(REFERENCE, Answer.ALLOW, "r-17", "x" * 501, NOW)
    assert reviews.waiting()


def test_the_command_shows_and_answers(
    home: Home, reviews: Reviews, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOUCHMARK_HOME", str(home.root))
    assert run(["review", "list"]) == 0
    assert capsys.readouterr().out == "Nothing waits for review.\n"

    hostile = {"prompt": "Mickey Mouse\x1b[2J \u202e[bold]"}
    reviews.ask(replace(WAITS, findings=(replace(FOUND, reviewers=("rights-desk",)),)), hostile, Requester(), NOW)
    assert run(["review", "list"]) == 0
    listed = capsys.readouterr().out
    assert REFERENCE in listed and "P701" in listed and "rights-desk" in listed and "Mickey" not in listed
    assert run(["review", "show", REFERENCE]) == 0
    shown = capsys.readouterr().out
    assert "Mickey Mouse" in shown and not set("\x1b\u202e") & set(shown) and "[bold]" in shown
    assert run(["review", "show", REFERENCE, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == hostile
    assert run(["review", "allow", REFERENCE]) == 64
    assert run(["review", "allow", REFERENCE, "--reviewer", "r-17", "--note", "licensed"]) == 0
    assert run(["review", "refuse", REFERENCE, "--reviewer", "r-18"]) == 64
    assert run(["review", "show", REFERENCE]) == 64
