"""``touchmark figures``: looks up the public figures that the gate knows, and adds an operator's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from touchmark.cli.as_json import print_json
from touchmark.provenance.wording import number_of

if TYPE_CHECKING:
    from touchmark.safety.figures import Figure, FigureIndex
    from touchmark.safety.figures.register import RegisterLine

_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")


def _pseudonym(ctx: click.Context, param: click.Parameter, value: str) -> str:
    from touchmark.safety.figures.register import is_pseudonym

    if not is_pseudonym(value):
        raise click.BadParameter("give a pseudonym with a digit, of letters, digits and hyphens, such as r-17")
    return value


_REFUSED_LISTED = 12
_REVIEWER = click.option(
    "--reviewer",
    required=True,
    metavar="PSEUDONYM",
    callback=_pseudonym,
    help="Who decided, as a pseudonym with a digit: r-17.",
)


@click.group()
def figures() -> None:
    """Look up the public figures that the gate knows, add your own, and leave out who asks.

    Your own lie in $TOUCHMARK_HOME/figures and are used by the gate from the next prompt on.
    """


@figures.command(epilog='Example: touchmark figures find "the president of France on a skateboard"')
@click.argument("text")
@_JSON
def find(text: str, as_json: bool) -> int:
    """Say whom TEXT names, where and how. Exit status 0 if anybody, 2 if nobody."""
    from touchmark.detectors.text import safe_text
    from touchmark.safety.canonical import canonicalise

    matches = _index().find(canonicalise(text))
    if as_json:
        document = [
            {
                "figure": _as_document(match.figure),
                "span": match.span,
                "text": text[slice(*match.span)],
                "matched": match.matched,
                "kind": match.kind,
                "score": match.score,
            }
            for match in matches
        ]
        print_json(document)
    elif matches:
        for match in matches:
            start, end = match.span
            click.echo(f"{start}-{end}  {_line(match.figure)}  by {match.kind}: {safe_text(match.matched)}")
    else:
        click.echo("No public figure is named.")
    return 0 if matches else 2


@figures.command("list", epilog="Example: touchmark figures list --country KE --role athlete")
@click.option("--country", metavar="CODE", help="Only figures of this country (ISO 3166-1 alpha-2).")
@click.option("--role", metavar="ROLE", help="Only figures with this role, such as head-of-state.")
@_JSON
def list_(country: str | None, role: str | None, as_json: bool) -> None:
    """List the figures, all or those of a country or a role."""
    from touchmark.safety.figures import FigureRole

    if role is not None and role not in set(FigureRole):
        raise click.BadParameter(f"{role!r} is none of: {', '.join(FigureRole)}.", param_hint="--role")
    chosen = [
        figure
        for figure in _index().figures
        if (country is None or country.upper() in figure.countries) and (role is None or role in figure.roles)
    ]
    if as_json:
        print_json([_as_document(figure) for figure in chosen])
    else:
        _print_lines(chosen)


@figures.command(
    epilog="\b\nExamples:\n"
    '  touchmark figures add "Ada Example" --alias "Ada E." --role scientist --country GB --reviewer r-17\n'
    '  touchmark figures add "Ada Example" --opt-out --asked-by "her estate, by letter" --reviewer r-17'
)
@click.argument("name")
@click.option("--id", "slug", metavar="ID", help="Id of the entry; made from the name, if not given.")
@click.option("--alias", "aliases", multiple=True, metavar="NAME", help="Another Latin form, nickname or handle.")
@click.option("--native", multiple=True, metavar="NAME", help="A form in another script.")
@click.option("--country", "countries", multiple=True, metavar="CODE", help="ISO 3166-1 alpha-2.")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="What they are known for.")
@click.option("--status", type=click.Choice(["living", "deceased", "historical"]), default="living", show_default=True)
@click.option("--opt-out", is_flag=True, help="They, or their estate, ask not to be shown.")
@click.option("--asked-by", metavar="WHO", help="Who asked, for --opt-out.")
@_REVIEWER
def add(
    name: str,
    slug: str | None,
    aliases: tuple[str, ...],
    native: tuple[str, ...],
    countries: tuple[str, ...],
    roles: tuple[str, ...],
    status: str,
    opt_out: bool,
    asked_by: str | None,
    reviewer: str,
) -> None:
    """Add the person NAME to your register, or with --opt-out leave them out; no release is needed.

    An opt-out may name somebody whom the list has (by name, alias or id) or anybody else. The register is never
    rewritten: every entry keeps who asked, who decided and when.
    """
    from touchmark.safety.figures.register import RegisterAction, slug_of

    if opt_out != (asked_by is not None):
        raise click.UsageError("--opt-out and --asked-by go together.")
    described = {
        "name": name, "aliases": aliases, "native": native, "countries": countries, "roles": roles, "status": status
    }  # fmt: skip
    index = _index()
    known = index.named(slug or name) if opt_out else None
    person = known.id if known else slug or slug_of(name)
    figure = None if known and not (aliases or native) else {"id": person, **described}
    line = _written(
        {
            "action": RegisterAction.OPT_OUT if opt_out else RegisterAction.ADD,
            "id": person,
            "figure": figure,
            "asked_by": asked_by,
            "reviewer": reviewer,
        }
    )
    click.echo(f"{line.id}: {'left out from now on' if opt_out else 'added'}.")


@figures.command(epilog='Example: touchmark figures remove ada-example --reason "asked to be shown" --reviewer r-18')
@click.argument("figure_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept.")
@_REVIEWER
def remove(figure_id: str, reason: str, reviewer: str) -> None:
    """Take back an opt-out of ID, or if none stands, an addition. What was decided before stays on record."""
    line = _written({"action": "remove", "id": figure_id, "reason": reason, "reviewer": reviewer})
    click.echo(f"{line.id}: removed.")


@figures.command(epilog="Example: touchmark figures register --json")
@_JSON
def register(as_json: bool) -> None:
    """Show every decision in your register: who was added or left out, who asked, who decided, and when."""
    from touchmark.detectors.text import safe_text
    from touchmark.provenance.home import Home
    from touchmark.safety.figures.register import REGISTER_FILE, Register

    lines = Register.read(Home.default().figures / REGISTER_FILE).lines
    if as_json:
        print_json([line.model_dump(mode="json", exclude_none=True) for line in lines])
        return
    for line in lines:
        said = [f"asked by {line.asked_by}"] * (line.asked_by is not None) + [f"{line.reason}"] * (
            line.reason is not None
        )
        click.echo(
            f"{line.at:%Y-%m-%d %H:%M}Z  {line.action:<8} {line.id}  by {line.reviewer}  {safe_text('; '.join(said))}"
        )
    if not lines:
        click.echo("The register is empty.")


@figures.command(
    "import",
    epilog="\b\nExamples:\n"
    "  touchmark figures import people.csv --name press-list --reviewer r-17\n"
    "  touchmark figures import latest-all.json.bz2 --name wikidata --reviewer r-17\n\n"
    "CSV columns: name, and as wished id, aliases, native, countries, roles (several apart by |) and status. "
    "JSON: a Wikidata dump, or a query result with item, itemLabel and as wished alias, native, died.",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--name", metavar="NAME", help="What to call the list; the file's name, if not given. Replaces that list."
)
@_REVIEWER
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(file: Path, name: str | None, reviewer: str, as_json: bool) -> None:
    """Bring the people in FILE: CSV or Wikidata JSON, as it is or with .gz or .bz2; all of them or none.

    Names that are common words ("the dog") are refused, as `figures add` refuses them, and told.
    """
    from dataclasses import asdict
    from datetime import UTC, datetime

    from touchmark.cli.progress import shown
    from touchmark.detectors.text import safe_text
    from touchmark.provenance.home import Home
    from touchmark.safety.figures.imported import report, without_common, write_import
    from touchmark.safety.figures.register import slug_of
    from touchmark.safety.figures.sources import read_people

    folder = Home.default().ensure().figures
    with shown() as progress:
        people, refused = without_common(read_people(file, lambda count: progress("read", count, 0)))
    list_name = name or slug_of(file.name.split(".")[0])
    write_import(folder, list_name, people, file.name, reviewer, datetime.now(UTC))
    _index()  # compiles the names, so that the next prompt need not wait
    done = report(people, refused)
    if as_json:
        print_json({"list": list_name, **asdict(done)})
        return
    people_named = f"{number_of(done.people, 'person', 'people')} with {number_of(done.forms, 'name')}"
    click.echo(f"{list_name}: {people_named}; {number_of(done.left_out, 'short name')} left out.")
    if done.refused:
        told = [f"{safe_text(name)} ({', '.join(languages)})" for name, languages in done.refused.items()]
        more = f" and {len(told) - _REFUSED_LISTED:,} more; --json lists them" if len(told) > _REFUSED_LISTED else ""
        listed = "; ".join(told[:_REFUSED_LISTED])
        click.echo(f"Refused as common words, {number_of(len(told), 'name')}: {listed}{more}.")


def _index() -> FigureIndex:
    from touchmark.cli.progress import waiting
    from touchmark.provenance.home import Home
    from touchmark.safety.figures.current import load_index

    with waiting("Loading the figures"):
        return load_index(Home.default().figures)


def _written(told: dict[str, Any]) -> RegisterLine:
    """Add a decision to the register, if the lists hold together with it."""
    from datetime import UTC, datetime

    from touchmark.provenance.home import Home
    from touchmark.safety.figures.current import decide
    from touchmark.safety.figures.register import register_line

    line = register_line({**told, "at": datetime.now(UTC)})
    decide(Home.default().ensure().figures, line)
    return line


def _print_lines(chosen: Iterable[Figure]) -> None:
    for figure in chosen:
        click.echo(_line(figure))


def _line(figure: Figure) -> str:
    from touchmark.detectors.text import safe_text

    standing = f"{figure.status}, opted out" if figure.opted_out else str(figure.status)
    told = (figure.id, standing, ", ".join(figure.countries), ", ".join(figure.roles))
    return f"{safe_text(figure.name)} ({'; '.join(filter(None, told))})"


def _as_document(figure: Figure) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(figure), "as_of": figure.as_of.isoformat()}
