"""``touchmark policy``: shows, tests, compares and explains safety policies. ``safety`` decides; this prints."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from touchmark.cli.as_json import print_json
from touchmark.cli.policy_option import given_or_in_force, policies, policy_option

if TYPE_CHECKING:
    from rich.table import Table

    from touchmark.safety.comparison import DecisionChange, Outcome, RuleChange
    from touchmark.safety.examples import Failure
    from touchmark.safety.explanation import Explanation
    from touchmark.safety.policy import Actions, CategoryRule, Example, Policy
    from touchmark.safety.thresholds import Thresholds

_EXIT = {"allow": 0, "refuse": 1, "review": 2}
_SHOWN = 160
"""Characters of a stranger's text in a cell of a table."""

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def policy() -> None:
    """Show, test, compare and explain safety policies.

    A POLICY is the name of one that ships (default, strict-teen, news-and-education) or a YAML file.
    """


@policy.command(
    epilog="\b\nExamples:\n  touchmark policy test\n  touchmark policy test my-policy.yaml --json\n\n"
    "\b\nExit status:\n  0   every example is decided as its policy says\n  1   one is not\n"
    "  64  a policy breaks a rule of the schema"
)
@click.argument("policies", nargs=-1, metavar="[POLICY]...", shell_complete=policies)
@_json
def test(policies: tuple[str, ...], as_json: bool) -> int:
    """Put the examples of each POLICY, or of all that ship, to the test."""
    from touchmark.cli.progress import waiting
    from touchmark.safety.examples import failing
    from touchmark.safety.gate import judge_of
    from touchmark.safety.policy import shipped

    results = []
    for name in policies or shipped():
        with waiting(f"Testing {name}"):
            judge = judge_of(name)
            results.append((judge.policy, failing(judge)))
    if as_json:
        print_json({"policies": [_tested(tested, failures) for tested, failures in results]})
    else:
        for tested, failures in results:
            _show_test(tested, failures)
    return int(any(failures for _, failures in results))


@policy.command(
    epilog="\b\nExamples:\n  touchmark policy show\n  touchmark policy show strict-teen --json | jq .digest\n\n"
    "\b\nExit status:\n  0   done\n  64  no such policy, or it breaks a rule of the schema"
)
@click.argument("source", metavar="[POLICY]", required=False, callback=given_or_in_force, shell_complete=policies)
@_json
def show(source: str, as_json: bool) -> None:
    """Show what POLICY, or the one in force, says about each category, about figures, and to users."""
    from touchmark.safety.policy import Policy

    shown = Policy.load(source)
    if as_json:
        print_json({"digest": shown.digest(), **shown.model_dump(mode="json", exclude_none=True)})
    else:
        _show_policy(shown)


@policy.command(
    epilog="\b\nExamples:\n  touchmark policy diff default strict-teen\n"
    "  touchmark policy diff default my-policy.yaml --prompts last-week.txt\n\n"
    "\b\nExit status:\n  0   no rule differs and no prompt is decided otherwise\n  1   something is different\n"
    "  3   the file of prompts could not be read\n  64  no such policy, or it breaks a rule of the schema"
)
@click.argument("old", shell_complete=policies)
@click.argument("new", shell_complete=policies)
@click.option(
    "--prompts",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Prompts to try, a line each (.txt), JSON lines or PyRIT YAML; the examples of both policies if not given.",
)
@_json
def diff(old: str, new: str, prompts: Path | None, as_json: bool) -> int:
    """Say what is different between OLD and NEW: rule by rule, and in what they decide about the same prompts."""
    from touchmark.cli.progress import waiting
    from touchmark.safety.comparison import decision_changes, examples_of, rule_changes
    from touchmark.safety.gate import judge_of

    with waiting("Asking both policies"):
        before, after = judge_of(old), judge_of(new)
        tried = _prompts(prompts) if prompts else examples_of(before.policy, after.policy)
        rules = rule_changes(before.policy, after.policy)
        decisions = tuple(decision_changes(before, after, tried))
    if as_json:
        document = {
            "rules": [{"path": change.path, "old": change.old, "new": change.new} for change in rules],
            "prompts": len(tried),
            "decisions": [_changed(change) for change in decisions],
        }
        print_json(document)
    else:
        _show_diff(rules, decisions, len(tried))
    return int(bool(rules or decisions))


@policy.command(
    epilog='\b\nExamples:\n  touchmark policy explain "a marble statue of a nude goddess"\n'
    '  touchmark policy explain "a n.u.d.e statue" --policy strict-teen --age teen --json\n\n'
    "\b\nExit status: as of touchmark screen.\n  0   allowed\n  1   refused\n  2   waits for human review\n"
    "  64  not a prompt or not a policy"
)
@click.argument("prompt")
@policy_option(meaning="Who decides.")
@click.option("--negative", default="", metavar="TEXT", help="The negative prompt that goes with it.")
@click.option("--enriched", default="", metavar="TEXT", help="What a rewriting model made of the prompt.")
@click.option("--age", type=click.Choice(["teen", "adult"]), default="adult", show_default=True, help="Who asks.")
@click.option("--consent", multiple=True, metavar="ID", help="A public figure who agreed to be shown.")
@_json
def explain(
    prompt: str, policy: str, negative: str, enriched: str, age: str, consent: tuple[str, ...], as_json: bool
) -> int:
    """Say why PROMPT is decided as it is: how it was read, what was found in which passage, and every score.

    PROMPT "-" reads standard input. For those who write and review policies; what a user is told names none of this.
    """
    from touchmark.cli.progress import waiting
    from touchmark.cli.screen import given
    from touchmark.safety.decision import AgeProfile, Requester
    from touchmark.safety.explanation import explain as explained
    from touchmark.safety.gate import judge_of

    texts = {"prompt": given(prompt), "enriched_prompt": enriched, "negative_prompt": negative}
    texts = {field: text for field, text in texts.items() if text or field == "prompt"}
    with waiting("Asking the gate"):
        explanation = explained(judge_of(policy), texts, Requester(AgeProfile(age), frozenset(consent)))
    if as_json:
        print_json(explanation.as_dict())
    else:
        _show_explanation(explanation)
    return _EXIT[explanation.decision.action.value]


def _prompts(path: Path) -> tuple[Example, ...]:
    from touchmark.safety.decision import Action
    from touchmark.safety.policy import Example
    from touchmark.safety.redteam.seeds import read_seeds

    return tuple(Example(prompt=seed.value, expect=Action.ALLOW) for seed in read_seeds(path).seeds)


# --- test -----------------------------------------------------------------------------------------------------------


def _tested(tested: Policy, failures: tuple[Failure, ...]) -> dict[str, Any]:
    return {
        "name": tested.name,
        "digest": tested.digest(),
        "examples": len(tested.examples),
        "failures": [{"prompt": failure.example.prompt, "problem": failure.problem} for failure in failures],
    }


def _show_test(tested: Policy, failures: tuple[Failure, ...]) -> None:
    held = len(tested.examples) - len(failures)
    click.echo(f"{tested.name}: {held} of {len(tested.examples)} examples are decided as the policy says")
    for failure in failures:
        click.echo(f"  {_safe(failure.example.prompt)}\n    {failure.problem}")


# --- show -----------------------------------------------------------------------------------------------------------


def _show_policy(shown: Policy) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(
        Text(f"{shown.name} {_safe(shown.version)}", style="bold"), Text(f"sha256 {shown.digest()[:16]}", "dim")
    )
    console.print(Text(_safe(shown.description, 2_000)))
    table = _table("code", "category", "low", "medium", "high", "for teens", "scores from", "reviewers")
    for rule in shown.categories:
        table.add_row(*map(Text, _cells(shown, rule)))
    console.print()
    console.print(table)
    figures = shown.figures
    facts = {
        "figures": f"living {figures.living.value}, deceased {figures.deceased.value}, "
        f"historical {figures.historical.value}, opted out {figures.opted_out.value}",
        "negative prompts": f"words of {shown.negative_prompt.lexicon} are {shown.negative_prompt.severity.value}",
        "thresholds": "; ".join(f"{group} {_limits(limits)}" for group, limits in shown.thresholds.items()),
        "reviewers": "; ".join(f"{name}: {_safe(who)}" for name, who in shown.reviewers.items()),
        "clearance": f"{shown.clearance_minutes} minutes",
        "appeal": _safe(shown.appeal, 200),
        "examples": str(len(shown.examples)),
    }
    if shown.guard:
        facts["guard"] = _safe(f"{shown.guard.use.value} in {shown.guard.folder}")
    if shown.output.detectors or shown.output.faces:
        detectors = [rule.use.value for rule in shown.output.detectors]
        facts["output"] = ", ".join([*detectors, "faces"] if shown.output.faces else detectors)
    facts_table = _table(None, None)
    for name, fact in facts.items():
        facts_table.add_row(Text(name, "dim"), Text(fact))
    console.print()
    console.print(facts_table)


def _cells(shown: Policy, rule: CategoryRule) -> tuple[str, ...]:
    codes = f"{rule.reason_codes.prompt} {rule.reason_codes.output}"
    limits = None if rule.thresholds is None else rule.thresholds.get("any") or shown.thresholds["any"]
    scored = _numbers(limits) if limits else "-"
    teen = " ".join(_actions(rule.teen)) if rule.teen else "same"
    return codes, _safe(rule.title), *_actions(rule.actions), teen, scored, ", ".join(rule.reviewers)


def _actions(actions: Actions) -> tuple[str, str, str]:
    return actions.low.value, actions.medium.value, actions.high.value


def _numbers(limits: Thresholds) -> str:
    return " ".join(f"{least:g}" for least in (limits.low, limits.medium, limits.high) if least is not None)


def _limits(limits: Thresholds) -> str:
    given = (("low", limits.low), ("medium", limits.medium), ("high", limits.high))
    return " ".join(f"{name} {value:g}" for name, value in given if value is not None)


# --- diff -----------------------------------------------------------------------------------------------------------


def _changed(change: DecisionChange) -> dict[str, Any]:
    example = change.example
    return {
        "prompt": example.prompt,
        "age": example.age.value,
        "old": {"action": change.old.action, "codes": change.old.codes},
        "new": {"action": change.new.action, "codes": change.new.codes},
    }


def _show_diff(rules: Iterable[RuleChange], decisions: tuple[DecisionChange, ...], tried: int) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    table = _table("rule", "old", "new")
    for change in rules:
        table.add_row(*(Text(_safe(_value(value))) for value in (change.path, change.old, change.new)))
    if table.row_count:
        console.print(table)
    click.echo(f"{len(decisions)} of {tried} prompts are decided otherwise.")
    if decisions:
        table = _table("old", "new", "asked by", "prompt")
        for found in decisions:
            cells = (_said(found.old), _said(found.new), found.example.age.value, found.example.prompt)
            table.add_row(*(Text(_safe(cell)) for cell in cells))
        console.print(table)


def _said(outcome: Outcome) -> str:
    return " ".join((outcome.action, *outcome.codes))


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "-" if value is None else str(value)


# --- explain --------------------------------------------------------------------------------------------------------


def _show_explanation(explanation: Explanation) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    decision = explanation.decision
    console.print(Text(decision.action.value.upper(), "bold"), Text(f"under policy {decision.policy_name}", "dim"))
    table = _table("text", "read", "as")
    for reading in explanation.readings:
        for view in reading.text.views:
            table.add_row(reading.field, view.kind.value, Text(_safe(view.text)))
    console.print()
    console.print(table)
    for line in explanation.findings:
        found = line.finding
        title = f"{found.reason_code} {found.category.value}: {found.action.value}, by rule {found.rule.value}"
        console.print()
        console.print(Text(f"{title}, score {found.score:.2f}", style="bold"))
        read = f"{_safe(line.read)} ({', '.join(line.views)})" if line.views else "-"
        facts = {"typed": _safe(line.typed), "read": read, "why": _safe(found.explanation, 400)}
        for name, fact in facts.items():
            console.print(Text(f"  {name:5}  ", style="dim"), Text(fact), sep="", soft_wrap=True)
    table = _table("category", "score", "counts from", "severity", "text", "passage that scores highest, as read")
    for score in explanation.scores:
        table.add_row(
            score.category.value,
            f"{score.value:.2f}",
            "; ".join(map(_numbers, score.limits)),
            score.severity.value if score.severity else "-",
            score.field,
            Text(f"{_safe(score.read)} ({score.view.value})"),
        )
    console.print()
    console.print(table)


# --- shared ---------------------------------------------------------------------------------------------------------


def _table(*headings: str | None) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", show_header=headings[0] is not None)
    for heading in headings:
        table.add_column(heading or "", overflow="fold")
    return table


def _safe(text: str, limit: int = _SHOWN) -> str:
    from touchmark.detectors.text import safe_text

    return safe_text(text, limit)
