"""What waits for a person: requests that the policy wants looked at first, and what reviewers decided about them.

    reviews = Reviews.open(home)
    reviews.ask(decision, texts, requester, now)                    # the gate does this; a Question, answered or not
    reviews.waiting()
    reviews.answer("9bd259be9f09", Answer.ALLOW, "r-17", "a museum's own statue", now)

A reviewer answers for one request under one policy and one requester: what is asked otherwise waits anew. An answer is
in the ledger, or there is none. Until it is given the texts are kept, since nobody can decide on a digest; then they
are erased. Only what the policy sends to review can be allowed here, and never what it refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Column, Engine, MetaData, Row, String, Table, Text, delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from touchmark.provenance.database import make_tables, open_database, writing
from touchmark.provenance.errors import TouchmarkError
from touchmark.provenance.home import Home
from touchmark.provenance.ledger import Ledger
from touchmark.safety.decision import Action, AgeProfile, Category, Decision, Finding, Requester, Rule
from touchmark.safety.figures.register import is_pseudonym

MOST_WAITING = 10_000
"""Requests that wait at once: more are refused, since each keeps its texts and nobody would get to them."""
MOST_NOTE = 500
_REFERENCE = re.compile("[0-9a-f]{12,64}")

_METADATA = MetaData()
_QUESTIONS = Table(
    "reviews",
    _METADATA,
    Column("request_digest", String(64), primary_key=True),
    Column("policy_digest", String(64), nullable=False),
    Column("policy_name", String(64), nullable=False),
    Column("age", String(16), nullable=False),
    Column("consents", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("texts", Text, nullable=False),
    Column("asked", String(40), nullable=False),
    Column("answer", String(16), nullable=False),
    Column("reviewer", String(64), nullable=False),
)


class Answer(StrEnum):
    """What a reviewer says."""

    ALLOW = "allow"
    REFUSE = "refuse"


class ReviewStoreError(TouchmarkError):
    """What waits for review, and what was decided, cannot be read or written; nothing is allowed until it can."""

    code: ClassVar[str] = "safety.review_store"


class ReviewQueueFullError(TouchmarkError):
    """So many requests wait for review that no more are taken."""

    code: ClassVar[str] = "safety.review_full"


class ReviewAnswerError(TouchmarkError):
    """A reviewer's answer that cannot be taken: nothing of this reference waits, or it has no name that may be kept."""

    code: ClassVar[str] = "safety.review_answer"
    exit_status: ClassVar[int] = 64


@dataclass(frozen=True, slots=True)
class Question:
    """A request that a person has to look at, and their answer.

    Attributes:
        decision: what the gate said of it, with findings.
        consents: ids of the figures whose consent the requester brought.
        texts: what was asked, by field; empty once it is answered.
        asked: when it was first asked so, UTC.
        answer: None while it waits.
        reviewer: pseudonym of who answered.
    """

    decision: Decision
    consents: frozenset[str]
    texts: Mapping[str, str]
    asked: datetime
    answer: Answer | None = None
    reviewer: str = ""

    def allows(self, decision: Decision) -> bool:
        """Whether a reviewer has allowed what this decision sent to review: this request, policy and age."""
        ours = self.decision
        return (
            self.answer is Answer.ALLOW
            and decision.action is ours.action is Action.REVIEW
            and (decision.request_digest, decision.policy_digest, decision.age)
            == (ours.request_digest, ours.policy_digest, ours.age)
        )


class Reviews:
    """The questions and answers of one installation."""

    def __init__(self, engine: Engine) -> None:
        """Opens the table, making it on first use.

        Raises:
            ReviewStoreError: the database cannot be used.
            LedgerError: nor can its ledger.
        """
        self._engine = engine
        self._ledger = Ledger(engine)
        with self._reported():
            make_tables(engine, _METADATA)

    @classmethod
    def open(cls, home: Home) -> Reviews:
        """Those of a home folder.

        Raises:
            ReviewStoreError, LedgerError
        """
        return cls(open_database(home.ensure().database))

    def ask(self, decision: Decision, texts: Mapping[str, str], requester: Requester, now: datetime) -> Question:
        """The question for a decision to review: as it was answered, or waiting, from now on if it is new.

        Raises:
            ReviewQueueFullError, ReviewStoreError
        """
        consents = json.dumps(sorted(requester.consents))
        same = (decision.policy_digest, decision.age.value, consents)
        with self._reported(), writing(self._engine) as connection:
            of_request = _QUESTIONS.c.request_digest == decision.request_digest
            row = connection.execute(select(_QUESTIONS).where(of_request)).one_or_none()
            if row is not None and (row.policy_digest, row.age, row.consents) == same:
                return _question(row)
            connection.execute(delete(_QUESTIONS).where(of_request))
            waiting = select(func.count()).select_from(_QUESTIONS).where(_QUESTIONS.c.answer == "")
            if connection.execute(waiting).scalar_one() >= MOST_WAITING:
                raise ReviewQueueFullError(
                    f"{MOST_WAITING:,} requests wait for review already",
                    remedy="Let reviewers answer some: touchmark review list.",
                )
            values = {
                "request_digest": decision.request_digest,
                "policy_digest": decision.policy_digest,
                "policy_name": decision.policy_name,
                "age": decision.age.value,
                "consents": consents,
                "findings": json.dumps([finding.as_dict() for finding in decision.findings]),
                "texts": json.dumps(dict(texts)),
                "asked": now.astimezone(UTC).isoformat(timespec="seconds"),
                "answer": "",
                "reviewer": "",
            }
            connection.execute(insert(_QUESTIONS).values(**values))
            return _question(connection.execute(select(_QUESTIONS).where(of_request)).one())

    def waiting(self) -> tuple[Question, ...]:
        """What nobody has answered yet, longest first.

        Raises:
            ReviewStoreError
        """
        query = select(_QUESTIONS).where(_QUESTIONS.c.answer == "").order_by(_QUESTIONS.c.asked, _QUESTIONS.c.texts)
        with self._reported(), self._engine.connect() as connection:
            return tuple(map(_question, connection.execute(query)))

    def find(self, reference: str) -> Question:
        """The waiting question whose reference a user quotes.

        Raises:
            ReviewAnswerError: nothing of this reference waits.
            ReviewStoreError
        """
        found = [one for one in self.waiting() if one.decision.request_digest.startswith(_checked(reference))]
        if len(found) != 1:
            raise _nothing_waits(reference)
        return found[0]

    def answer(self, reference: str, answer: Answer, reviewer: str, note: str, now: datetime) -> Question:
        """Answer a waiting question, for good; the answer and its record in the ledger are written together.

        Args:
            reference: what the user quotes: the first 12 digits of the request's digest, or more.
            answer: what is decided.
            reviewer: pseudonym of who decides, with a digit in it.
            note: why, in words that do not quote the request: it stays in the ledger.
            now: with zone.

        Raises:
            ReviewAnswerError: nothing of this reference waits (any more), or the reviewer is no pseudonym.
            ReviewStoreError, LedgerError: nothing was decided.
        """
        if not is_pseudonym(reviewer):
            raise ReviewAnswerError(
                "a reviewer is named by a pseudonym with a digit", subject=ascii(reviewer[:60]), remedy="Such as r-17."
            )
        if len(note) > MOST_NOTE:
            raise ReviewAnswerError(f"the note has {len(note):,} characters, at most {MOST_NOTE} are kept")
        question = self.find(reference)
        decided = question.decision
        record = {
            "request": decided.request_digest,
            "policy_digest": decided.policy_digest,
            "age": decided.age.value,
            "consents": sorted(question.consents),
            "answer": answer.value,
            "reviewer": reviewer,
            "note": note,
        }
        taken = (
            update(_QUESTIONS)
            .where(_QUESTIONS.c.request_digest == decided.request_digest, _QUESTIONS.c.answer == "")
            .where(_QUESTIONS.c.policy_digest == decided.policy_digest, _QUESTIONS.c.age == decided.age.value)
            .where(_QUESTIONS.c.consents == json.dumps(sorted(question.consents)))
            .values(answer=answer.value, reviewer=reviewer, texts="{}")
        )
        with self._reported(), writing(self._engine) as connection:
            if connection.execute(taken).rowcount != 1:  # another reviewer was faster, or it is asked otherwise now
                raise _nothing_waits(reference)
            self._ledger.append("review", record, now, within=connection)
        return Question(decided, question.consents, {}, question.asked, answer, reviewer)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, ValueError, KeyError, TypeError) as error:  # not there, or not as we wrote it
            raise ReviewStoreError(
                f"the record of reviews cannot be used ({error.__class__.__name__})",
                subject=str(self._engine.url),
                remedy="Check that the database can be reached and written; nothing is allowed until it can.",
            ) from error


def _checked(reference: str) -> str:
    if not _REFERENCE.fullmatch(reference):
        raise ReviewAnswerError(
            "a reference has 12 hexadecimal digits",
            subject=ascii(reference[:80]),
            remedy="Take it from touchmark review list, or from what the user was told.",
        )
    return reference


def _nothing_waits(reference: str) -> ReviewAnswerError:
    return ReviewAnswerError(
        "nothing of this reference waits for review",
        subject=reference,
        remedy="It was answered already, or is not known here: touchmark review list.",
    )


def _question(row: Row[Any]) -> Question:
    decision = Decision(
        action=Action.REVIEW,
        findings=tuple(map(_finding, json.loads(row.findings))),
        policy_name=row.policy_name,
        policy_digest=row.policy_digest,
        request_digest=row.request_digest,
        age=AgeProfile(row.age),
    )
    return Question(
        decision,
        frozenset(json.loads(row.consents)),
        json.loads(row.texts),
        datetime.fromisoformat(row.asked),
        Answer(row.answer) if row.answer else None,
        row.reviewer,
    )


def _finding(found: Mapping[str, Any]) -> Finding:
    return Finding(
        category=Category(found["category"]),
        action=Action(found["action"]),
        field=found["field"],
        span=(found["span"][0], found["span"][1]),
        reason_code=found["reason_code"],
        score=found["score"],
        rule=Rule(found["rule"]),
        explanation=found["explanation"],
        reviewers=tuple(found["reviewers"]),
    )
