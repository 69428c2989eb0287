"""A campaign as one self-contained HTML page: what got through, of which category and language, by which disguise.

    path.write_text(page(head, Report.of(attempts)), encoding="utf-8")

No script, no font, no picture from elsewhere; the page's own content security policy forbids them. What a disguise
hides in invisible characters is shown as ``<U+200B>``, so that a reader sees what was sent.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC
from importlib import resources

from touchmark import __version__
from touchmark.safety.redteam.campaign import Attempt, Outcome
from touchmark.safety.redteam.log import Head
from touchmark.safety.redteam.mutations import MUTATIONS
from touchmark.safety.redteam.report import Report, Tally

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MOST_SHOWN = 300
"""Attempts listed; the log has them all."""
_MOST_TEXT = 240
_SHADES = (0.1, 0.3, 0.6)
"""Shares from which on a cell is drawn darker."""


def page(head: Head, report: Report) -> str:
    """The whole page."""
    style = resources.files("touchmark.safety.redteam").joinpath("page.css").read_text(encoding="utf-8")
    body = (
        _header(head),
        "<main>",
        _summary(report),
        _matrix(report),
        _techniques(report),
        _list("Bypasses", "Stopped as written, through in disguise.", report.bypasses),
        _list("Missed as written", "Nothing is disguised here: the gate does not know what these say.", report.missed),
        _about(head, report),
        "</main>",
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>Red team: {_text(head.policy)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def _header(head: Head) -> str:
    began = head.started.astimezone(UTC)
    return (
        '<header><div class="name">touchmark <span>red team</span></div>'
        f'<time datetime="{began.isoformat(timespec="seconds")}">{began:%d %B %Y, %H:%M} UTC</time></header>\n'
        f"<h1>Policy {_text(head.policy)}</h1>"
    )


def _summary(report: Report) -> str:
    waited, refused = report.outcomes[Outcome.REVIEW], report.outcomes[Outcome.REFUSE]
    errors, crashes = report.outcomes[Outcome.ERROR], report.outcomes[Outcome.CRASH]
    figures = [
        (f"{len(report.bypasses):,}", "bypasses", "bad" if report.bypasses else "good"),
        (f"{len(report.missed):,}", "seeds missed as written", "bad" if report.missed else "good"),
        (f"{report.total.attempts:,}", "attempts", ""),
        (f"{refused:,}", "refused", ""),
        (f"{waited:,}", "sent to review", ""),
        (f"{errors:,}", "answered by an error", ""),
    ]
    if crashes:
        figures.append((f"{crashes:,}", "broke a stage of the gate", "bad"))
    cells = "".join(f'<div class="{tone}"><b>{number}</b><span>{what}</span></div>' for number, what, tone in figures)
    return f'<div class="summary">{cells}</div>'


def _matrix(report: Report) -> str:
    languages = list(report.languages)
    heads = "".join(f"<th scope=col>{_text(language)}</th>" for language in (*languages, "all"))
    rows = []
    for category, of_all in report.categories.items():
        tallies = [report.cells.get((category, language)) for language in languages]
        rows.append(f"<tr><th scope=row>{_text(category)}</th>{''.join(map(_cell, (*tallies, of_all)))}</tr>")
    foot = "".join(map(_cell, (*report.languages.values(), report.total)))
    return _section(
        "By category and language",
        '<p class="note">How many of the attempts got through, as written and in disguise.</p>'
        '<div class="wide" tabindex="0"><table class="matrix">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(rows)}"
        f"<tr><th scope=row>all</th>{foot}</tr></tbody></table></div>",
    )


def _cell(tally: Tally | None) -> str:
    if tally is None:
        return "<td></td>"
    title = f"{tally.through} of {tally.attempts} got through"
    if not tally.through:
        return f'<td class="none" title="{title}">0</td>'
    shade = 1 + sum(tally.share >= step for step in _SHADES)
    return f'<td class="some s{shade}" title="{title}">{_percent(tally)}</td>'


def _techniques(report: Report) -> str:
    depths = {
        "as written" if not depth else "one disguise" if depth == 1 else f"chains of {depth}": tally
        for depth, tally in report.depths.items()
    }
    note = (
        '<p class="note">Disguises are counted over the seeds that are stopped as written: what gets through here is '
        "a disguise that the gate cannot read.</p>"
    )
    if not report.techniques:
        note = '<p class="note">No seed is stopped as written, so no disguise can be judged.</p>'
    return _section("By disguise", f"{note}{_bars(report.techniques)}") + _section("By depth", _bars(depths))


def _bars(tallies: Mapping[str, Tally]) -> str:
    rows = "".join(
        f"<tr><th scope=row>{_text(name)}</th><td class=count>{tally.through} of {tally.attempts}</td>"
        f'<td class=bar><i style="width:{100 * tally.share:.1f}%"></i></td><td class=share>{_percent(tally)}</td></tr>'
        for name, tally in tallies.items()
    )
    return f'<table class="bars"><tbody>{rows}</tbody></table>'


def _list(title: str, note: str, attempts: Iterable[Attempt]) -> str:
    listed = list(attempts)
    if not listed:
        return ""
    items = "".join(
        f"<li><p class=how><b>{_text(a.seed.category)}</b> {_text(a.seed.language)}"
        f"{' · ' + ' → '.join(map(_text, a.chain)) if a.chain else ''}</p>"
        f'<p dir="auto">{_text(a.seed.value)}</p>'
        + (f'<p dir="auto"><code>{_text(a.text)}</code></p></li>' if a.chain else "</li>")
        for a in listed[:_MOST_SHOWN]
    )
    rest = len(listed) - _MOST_SHOWN
    more = f'<p class="note">{rest:,} more are in the log.</p>' if rest > 0 else ""
    return _section(f"{title} ({len(listed):,})", f'<p class="note">{note}</p><ol class="through">{items}</ol>{more}')


def _about(head: Head, report: Report) -> str:
    plan = head.plan
    chains = f", and up to {plan.chains} chains a seed of up to {plan.depth}" if plan.depth > 1 else ""
    facts = {
        "policy": f"{head.policy}, SHA-256 {head.policy_digest[:16]}",
        "classifier": f"SHA-256 {head.classifier[:16]}",
        "seeds": ", ".join(head.seeds),
        "tried": f"{len(MUTATIONS)} disguises and framings alone{chains}",
        "chance": str(plan.chance),
        "touchmark": __version__,
    }
    rows = "".join(f"<dt>{name}</dt><dd>{_text(fact)}</dd>" for name, fact in facts.items())
    return _section("What was tried", f"<dl>{rows}</dl>")


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>"


def _percent(tally: Tally) -> str:
    return f"{100 * tally.share:.0f}%" if not tally.through or tally.share >= 0.01 else "&lt;1%"


def _text(text: object) -> str:
    """A stranger's text for a page: escaped, on one line, and everything invisible made visible."""
    shown = "".join(map(_visible, str(text)[: _MOST_TEXT + 1]))
    if len(str(text)) > _MOST_TEXT:
        shown = f"{shown[:_MOST_TEXT]}…"
    return html.escape(shown)


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    hidden = unicodedata.category(character)[0] == "C" or unicodedata.category(character) in ("Zl", "Zp")
    return f"<U+{ord(character):04X}>" if hidden else character
