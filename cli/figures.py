"""``touchmark figures``: look up the public figures that the gate knows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from touchmark.safety.figures import Figure

_JSON = click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")


@click.group()
def figures() -> None:
    """Look up the public figures that the gate knows."""


@figures.command(epilog='Example: touchmark figures find "the president of France on a skateboard"')
@click.argument("text")
@_JSON
def find(text: str, as_json: bool) -> int:
    """Say whom TEXT names, where and how. Exit status 0 if anybody, 2 if nobody."""
    from touchmark.safety.canonical import canonicalise
    from touchmark.safety.figures import FigureIndex

    matches = FigureIndex.load().find(canonicalise(text))
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
        click.echo(json.dumps(document, ensure_ascii=False, default=str))
    elif matches:
        for match in matches:
            start, end = match.span
            click.echo(f"{start}-{end}  {_line(match.figure)}  by {match.kind}: {match.matched}")
    else:
        click.echo("No public figure is named.")
    return 0 if matches else 2


@figures.command("list", epilog="Example: touchmark figures list --country KE --role athlete")
@click.option("--country", metavar="CODE", help="Only figures of this country (ISO 3166-1 alpha-2).")
@click.option("--role", metavar="ROLE", help="Only figures with this role, such as head-of-state.")
@_JSON
def list_(country: str | None, role: str | None, as_json: bool) -> None:
    """List the figures, all or those of a country or a role."""
    from touchmark.safety.figures import FigureIndex, FigureRole

    if role is not None and role not in set(FigureRole):
        raise click.BadParameter(f"{role!r} is none of: {', '.join(FigureRole)}.", param_hint="--role")
    chosen = [
        figure
        for figure in FigureIndex.load().figures
        if (country is None or country.upper() in figure.countries) and (role is None or role in figure.roles)
    ]
    if as_json:
        click.echo(json.dumps([_as_document(figure) for figure in chosen], ensure_ascii=False, default=str))
    else:
        _print_lines(chosen)


def _print_lines(chosen: Iterable[Figure]) -> None:
    for figure in chosen:
        click.echo(_line(figure))


def _line(figure: Figure) -> str:
    return f"{figure.name} ({figure.id}; {figure.status}; {', '.join(figure.countries)}; {', '.join(figure.roles)})"


def _as_document(figure: Figure) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(figure)
