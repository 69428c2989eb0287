"""``touchmark review``: shows reviewers what waits, and takes their answers. The queue is ``safety.review``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from touchmark.cli.as_json import print_json

if TYPE_CHECKING:
    from touchmark.safety.review import Question, Reviews

_Command = TypeVar("_Command", bound=Callable[..., Any])
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a request.")
_reference = click.argument("reference")


def _answer_options(command: _Command) -> _Command:
    reviewer = click.option(
        "--reviewer", required=True, metavar="PSEUDONYM", help="Who decides, as a pseudonym with a digit: r-17."
    )
    note = click.option(
        "--note", default="", metavar="TEXT", help="Why. It stays in the ledger: do not quote the prompt."
    )
    return _reference(reviewer(note(command)))


@click.group()
def review() -> None:
    """Look at prompts that wait for a person, and allow or refuse them.

    What the policy sends to review waits here until it is answered; its texts are kept until then and no longer. Who
    asked asks again, unchanged, and gets the video. What the policy refuses cannot be allowed here.
    """


@review.command(
    "list", epilog="\b\nExamples:\n  touchmark review list\n  touchmark review list --json | jq -r .reference"
)
@_json
def list_(as_json: bool) -> None:
    """List what waits, longest first."""
    questions = _reviews().waiting()
    if as_json:
        for question in questions:
            print_json(_document(question))
        return
    if not questions:
        click.echo("Nothing waits for review.")
    for question in questions:
        decision = question.decision
        asked = f"{question.asked:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{decision.reference}  {asked}  {', '.join(decision.reasons)}  for {_who_may(question)}")


@review.command(epilog="Example: touchmark review show 9bd259be9f09")
@_reference
@_json
def show(reference: str, as_json: bool) -> None:
    """Show the prompt whose REFERENCE a user quotes, and what was found in it."""
    question = _reviews().find(reference)
    if as_json:
        print_json({**_document(question), "texts": dict(question.texts)})
        return
    from touchmark.cli.screen import show_decision

    show_decision(question.decision, dict(question.texts))
    decision = question.decision
    consents = f", with the consent of {', '.join(sorted(question.consents))}" if question.consents else ""
    click.echo(f"Asked {question.asked:%Y-%m-%d %H:%M} UTC by a user of profile {decision.age.value}{consents}.")
    click.echo(f"To be decided by {_who_may(question)}.")


@review.command(epilog='Example: touchmark review allow 9bd259be9f09 --reviewer r-17 --note "a statue in a museum"')
@_answer_options
def allow(reference: str, reviewer: str, note: str) -> None:
    """Let the prompt of REFERENCE be made, as it was asked and under the policy of today."""
    _take(reference, "allow", reviewer, note)


@review.command(epilog='Example: touchmark review refuse 9bd259be9f09 --reviewer r-17 --note "no consent given"')
@_answer_options
def refuse(reference: str, reviewer: str, note: str) -> None:
    """Refuse the prompt of REFERENCE; who asks again is told so."""
    _take(reference, "refuse", reviewer, note)


def _take(reference: str, answer: str, reviewer: str, note: str) -> None:
    from datetime import UTC, datetime

    from touchmark.safety.review import Answer

    answered = _reviews().answer(reference, Answer(answer), reviewer, note, datetime.now(UTC))
    told = "allowed; it is made when it is asked again" if answer == "allow" else "refused"
    click.echo(f"{answered.decision.reference}: {told}")


def _document(question: Question) -> dict[str, Any]:
    document = question.decision.as_dict()
    del document["message"]  # of the user's
    return {**document, "asked": question.asked.isoformat(), "consents": sorted(question.consents)}


def _who_may(question: Question) -> str:
    groups = dict.fromkeys(group for finding in question.decision.decisive for group in finding.reviewers)
    return ", ".join(groups) or "any reviewer"


def _reviews() -> Reviews:
    from touchmark.provenance.home import Home
    from touchmark.safety.review import Reviews

    return Reviews.open(Home.default())
