"""A verification as one self-contained HTML page, to attach to a case.

    Path("report.html").write_text(page(verification, stills(path, limits)), encoding="utf-8")

No script, no font, no picture from elsewhere: the page's own content security policy forbids them, so that a report on
a hostile file stays a report. All text of strangers goes through ``safe_text`` and is escaped.
"""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import resources

from touchmark import __version__
from touchmark.detectors.frames import Still
from touchmark.detectors.history import signer_name
from touchmark.detectors.origin import describe
from touchmark.detectors.serialise import report_of
from touchmark.detectors.statement import Tone
from touchmark.detectors.text import safe_text
from touchmark.detectors.timeline import LIKELY, MARKED
from touchmark.detectors.verdict import Outcome, Verdict
from touchmark.detectors.verify import Verification
from touchmark.provenance.manifest.report import ManifestPresence, ManifestReport, ReportedIngredient, ValidationState
from touchmark.provenance.manifest.status import Concern
from touchmark.provenance.watermark.neural.claim import ClaimState, MarkClaim
from touchmark.provenance.watermark.protocol import Detection, MarkState

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_MOST_RAW = 200_000

_MEANING = {
    Outcome.GENERATED: "Made by a program, and the evidence names which. This says where the video comes from; it does "
    "not say that what it shows is false.",
    Outcome.CAPTURED: "A signer whom this installation trusts says that a camera took it. This says where the video "
    "comes from; it does not say that what it shows is true.",
    Outcome.TAMPERED: "The file is not what was signed. Who changed it, and why, cannot be told from the file.",
    Outcome.CONTRADICTORY: "The sources of evidence cannot all be right. Somebody may be passing this video off as "
    "something that it is not; each contradiction is explained below.",
    Outcome.UNKNOWN: "No evidence of origin that can be relied upon. Most videos in the world carry none: this speaks "
    "neither for the video nor against it.",
}
_TICKS = {Tone.SUPPORTS: "✓", Tone.AGAINST: "✗", Tone.CAUTION: "!", Tone.SILENT: "·"}
_RELATIONSHIPS = {"parentOf": "edited from", "componentOf": "contains", "inputTo": "made with"}
_STATES = {
    ValidationState.TRUSTED: ("trusted", "good"),
    ValidationState.VALID: ("intact, signer not trusted here", "warn"),
    ValidationState.INVALID: ("does not hold", "bad"),
}


def page(verification: Verification, pictures: Sequence[Still] = (), now: datetime | None = None) -> str:
    """The whole page.

    Args:
        verification: what to report.
        pictures: of the video.
        now: time of the report, with zone; the current time if not given.
    """
    verdict, evidence = verification.verdict, verification.evidence
    body = [
        _header(verification, now or datetime.now(UTC)),
        "<main>",
        _verdict(verdict),
        _development(verdict),
        *(_note(note) for note in verification.notes),
        _faults(verdict),
        _stills(pictures),
        _origin(verdict),
        _evidence(verdict),
        _other_marks(evidence.claims),
        _timelines("Watermark over time", evidence.detections),
        _timelines("Watermark in the sound over time", evidence.sound.detections),
        _manifests(verification),
        _file(verification),
        _raw(verification),
        "</main>",
        _footer(),
    ]
    style = resources.files("touchmark.detectors").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{verdict.outcome.value.capitalize()}: {_plain(verification.path.name, 120)}</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )


def _header(verification: Verification, now: datetime) -> str:
    stamp = now.astimezone(UTC)
    return (
        '<header><div class="name">touchmark <span>verification report</span></div>'
        f'<time datetime="{stamp.isoformat(timespec="seconds")}">{stamp:%d %B %Y, %H:%M} UTC</time></header>\n'
        f'<p class="file">{_text(verification.path, 300)}</p>'
    )


def _verdict(verdict: Verdict) -> str:
    return (
        f'<div class="verdict {verdict.outcome.value}"><span class="outcome">{verdict.outcome.value}</span>'
        f"<h1>{_text(verdict.headline, 400)}</h1><p>{_MEANING[verdict.outcome]}</p></div>"
    )


def _development(verdict: Verdict) -> str:
    if not verdict.development_keys:
        return ""
    return (
        '<p class="warning" role="note"><strong>Development keys</strong>The signer is trusted only through keys made '
        "by <code>touchmark keys init</code>. Anybody can make such keys: this report convinces nobody else.</p>"
    )


def _note(note: str) -> str:
    return f'<p class="warning" role="note"><strong>Trust</strong>{_text(note, 400)}</p>'


def _faults(verdict: Verdict) -> str:
    items = [
        f"<li><h3>{_text(found.title)} <code>{found.kind.value}</code></h3><p>{_text(found.explanation, 800)}</p></li>"
        for found in verdict.contradictions
    ]
    items += [f"<li><p>{_text(sentence, 800)}</p></li>" for sentence in verdict.tampering]
    return _section("What does not fit", f'<ul class="faults">{"".join(items)}</ul>') if items else ""


def _stills(pictures: Sequence[Still]) -> str:
    figures = "".join(
        f'<figure><img alt="The picture at {still.time:.1f} seconds" '
        f'src="data:image/jpeg;base64,{base64.b64encode(still.jpeg).decode("ascii")}">'
        f"<figcaption>{_clock(still.time)}</figcaption></figure>"
        for still in pictures
    )
    return _section("The video", f'<div class="stills">{figures}</div>') if figures else ""


def _origin(verdict: Verdict) -> str:
    sound = ""
    if verdict.sound_origin is not None:
        warning = '<p class="note">Any sound can be laid under any picture: this says nothing of the picture.</p>'
        sound = _section("Origin of the sound", warning + _facts(describe(verdict.sound_origin)))
    if verdict.origin is None:
        return sound
    claimed = '<p class="note">As the file claims. The verdict above says why that is not to be relied upon.</p>'
    note = "" if verdict.believes_origin else claimed
    return _section("Origin", note + _facts(describe(verdict.origin))) + sound


def _evidence(verdict: Verdict) -> str:
    rows = "".join(
        f'<tr class="{s.tone.value}">{_tick(s.tone, s.tone.value)}'
        f"<th scope=row>{s.source.value.capitalize()}</th><td>{_text(s.text, 800)}</td></tr>"
        for s in verdict.statements
    )
    return _section("Evidence", f'<table class="evidence"><tbody>{rows}</tbody></table>')


def _tick(tone: Tone, meaning: str) -> str:
    """A cell with the sign of a tone, which is read out as what it means."""
    return f'<td class="tick"><span role="img" aria-label="{meaning}" title="{meaning}">{_TICKS[tone]}</span></td>'


def _other_marks(claims: Iterable[MarkClaim]) -> str:
    rows = []
    for claim in claims:
        quiet = claim.state in (ClaimState.UNDECIDED, ClaimState.NOTHING_FOUND)
        tone = Tone.SILENT if quiet else Tone.CAUTION
        bits = f"<p>{len(claim.message)} bits: <code>{_text(claim.message_hex, 65)}</code></p>" if claim.message else ""
        rows.append(
            f'<tr class="{tone.value}">{_tick(tone, claim.state.value)}'
            f"<th scope=row>{_text(claim.mark, 80)}</th><td>{_text(claim.in_words, 800)}{bits}"
            f"<p>{claim.kind.value}, weights <code>{claim.weights[:16]}</code></p></td></tr>"
        )
    if not rows:
        return ""
    note = (
        '<p class="note">Read with published weights and no secret: whoever has the weights can write such a mark. '
        "The verdict does not rest on any of them.</p>"
    )
    return _section("Marks of other makers", f'{note}<table class="evidence"><tbody>{"".join(rows)}</tbody></table>')


def _timelines(title: str, detections: Iterable[Detection]) -> str:
    drawn = [
        _timeline(title, detection)
        for detection in detections
        if detection.state is not MarkState.NOTHING_FOUND and detection.timeline
    ]
    if not drawn:
        return ""
    legend = (
        '<div class="legend"><span><i class="sure"></i>marked</span><span><i class="likely"></i>likely</span>'
        '<span><i class="none"></i>no mark found</span>'
        "<span>Height: how unlikely that is in unmarked video, up to 1 in 10<sup>30</sup> and beyond</span></div>"
    )
    return _section(title, "".join(drawn) + legend)


def _timeline(title: str, detection: Detection) -> str:
    width, height = 1000.0, 74.0
    segments = detection.timeline
    first, last = segments[0].start, max(segment.end for segment in segments)
    scale = width / max(last - first, 1e-6)
    bars = []
    for segment in segments:
        strength = min(-math.log10(max(segment.p_value, 1e-30)) / 30, 1.0)
        tall = 3 + strength * (height - 12)
        left, wide = (segment.start - first) * scale, max((segment.end - segment.start) * scale - 2, 1.0)
        kind = "sure" if segment.p_value < MARKED else "likely" if segment.p_value < LIKELY else "none"
        bars.append(
            f'<rect class="{kind}" x="{left:.1f}" y="{height - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}">'
            f"<title>{segment.start:.1f} to {segment.end:.1f} s: p = {segment.p_value:.1e}</title></rect>"
        )
    times = "".join(f"<span>{_clock(first + part * (last - first))}</span>" for part in (0, 0.25, 0.5, 0.75, 1))
    label = f"{title}: key {detection.key_id}, {_clock(last - first)}"
    # Stretched to any width, at the same height; the times stand outside, where they keep their size on a telephone.
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f'<rect class="floor" x="0" y="8" width="{width:.0f}" height="{height - 8}"/>{"".join(bars)}</svg>'
        f'<div class="times">{times}</div>'
    )


def _manifests(verification: Verification) -> str:
    evidence, parts = verification.evidence, []
    if evidence.manifest.presence is ManifestPresence.PRESENT:
        parts.append(_tree(evidence.manifest, "in the file"))
    if evidence.recovered is not None and evidence.recovered.presence is ManifestPresence.PRESENT:
        parts.append(_tree(evidence.recovered, "kept by the registry"))
    return _section("Manifest", "".join(parts)) if parts else ""


def _tree(report: ManifestReport, where: str) -> str:
    recovered = where != "in the file"
    if recovered and report.is_of_other_content:
        state = (
            "signature holds; this copy differs from the signed file",
            "good" if report.is_sound_but_for_content else "warn",
        )
    else:
        state = _STATES[report.state or ValidationState.INVALID]
    lines = [f"Signed by {_text(signer_name(report) or 'nobody named')}"]
    if report.signed_at:
        lines.append(
            f"Signed at {_when(report.signed_at)}{'' if report.time_stamped else ' (by a clock that is not believed)'}"
        )
    if report.claim_generator:
        lines.append(f"Claim made by {_text(report.claim_generator)}")
    lines += [
        f"{_text(action.name.removeprefix('c2pa.'))}"
        + (f" with {_text(action.software_agent)}" if action.software_agent else "")
        + (f", {_text(action.digital_source_type.rpartition('/')[2])}" if action.digital_source_type else "")
        + (f", {_when(action.when)}" if action.when else "")
        for action in report.actions[:20]
    ]
    lines += [f"watermark <code>{b.payload.hex()[:64]}</code> ({_text(b.algorithm)})" for b in report.soft_bindings[:8]]
    faults = [
        _text(f"{failure.code}: {failure.explanation}", 300)
        for failure in report.failures
        if not (recovered and report.is_of_other_content and failure.concern is Concern.CONTENT)
    ]
    node = _node(report.title or "untitled", (where, ""), state, lines, faults)
    children = _children(report.ingredients)
    return f'<ul class="tree"><li>{node}{children}</li></ul>'


def _children(ingredients: Sequence[ReportedIngredient]) -> str:
    """Nested lists of a tree that is given depth first."""
    out, depth = [], 0
    for ingredient in ingredients:
        if ingredient.depth > depth:
            out.append('<ul class="tree"><li>' * (ingredient.depth - depth))
        else:
            out.append("</li></ul>" * (depth - ingredient.depth) + "</li><li>")
        depth = ingredient.depth
        out.append(_ingredient(ingredient))
    return "".join(out) + "</li></ul>" * depth


def _ingredient(ingredient: ReportedIngredient) -> str:
    lines = [_text(ingredient.description)] if ingredient.description else []
    lines += [_text(kind) for kind in ingredient.data_types[:4]]
    if ingredient.signer:
        lines.append(f"Signed by {_text(ingredient.signer.organisation or ingredient.signer.common_name)}")
    if ingredient.source_type:
        lines.append(_text(ingredient.source_type.rpartition("/")[2]))
    relation = _RELATIONSHIPS.get(ingredient.relationship, ingredient.relationship)
    faults = [_text(f"{fault.code}: {fault.explanation}", 300) for fault in ingredient.faults[:8]]
    state = ("has a manifest of its own", "") if ingredient.label else ("", "")
    return _node(ingredient.title or "untitled", (relation, ""), state, lines, faults)


def _node(
    title: str, place: tuple[str, str], state: tuple[str, str], lines: Iterable[str], faults: Sequence[str]
) -> str:
    tags = "".join(f'<span class="tag {kind}">{_text(name, 80)}</span>' for name, kind in (place, state) if name)
    body = "".join(f"<p>{line}</p>" for line in lines) + "".join(f'<p class="fault">{fault}</p>' for fault in faults)
    return f'<div class="node{" broken" if faults else ""}"><h3>{_text(title, 120)} {tags}</h3>{body}</div>'


def _file(verification: Verification) -> str:
    container = verification.evidence.container
    info = container.info
    rate = f", {float(info.frame_rate):.4g} frames a second" if info.frame_rate else ""
    facts = [
        ("SHA-256", container.sha256 or "not computed"),
        ("size", f"{container.size:,} bytes"),
        ("form", f"{container.family}, {info.container}, {info.codec or 'not decoded'}"),
        *((("picture", f"{info.width} × {info.height}{rate}"),) if info.width else ()),
        ("duration", f"{float(info.duration):.2f} s" if info.duration else "not declared"),
        ("sound", "yes" if info.has_sound else "none"),
        ("examined in", f"{verification.seconds:.1f} s"),
        *((f"label: {name}", value) for name, value in sorted(info.labels.items())[:16]),
    ]
    return _section("File", _facts(facts))


def _raw(verification: Verification) -> str:
    parts = [("This report as JSON", json.dumps(report_of(verification), indent=2))]
    for name, report in (
        ("Manifest store of the file", verification.evidence.manifest),
        ("Manifest store kept by the registry", verification.evidence.recovered),
    ):
        if report is not None and report.raw_json:
            parts.append((name, json.dumps(json.loads(report.raw_json), indent=2)))
    blocks = "".join(
        f"<details><summary>{name}</summary><pre>{html.escape(_cut(text))}</pre></details>" for name, text in parts
    )
    return _section("For machines", blocks)


def _footer() -> str:
    return (
        f"<footer><p>Made by touchmark {_text(__version__)} from the file alone, without a network. A verdict names "
        "where a video comes from; none says that it is real. That nothing was found is never evidence of "
        "authenticity.</p></footer>"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{_text(name, 80)}</dt><dd>{_text(value)}</dd>" for name, value in facts)
    return f"<dl>{rows}</dl>"


def _text(value: object, limit: int = 240) -> str:
    """Safe, escaped, and unable to turn the direction of what stands around it."""
    return f"<bdi>{_plain(value, limit)}</bdi>"


def _plain(value: object, limit: int) -> str:
    """The same for a title, in which no element stands and markup would be read out."""
    return html.escape(safe_text(value, limit))


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if seconds < 60:
        return f"{seconds:.1f} s"
    return (
        f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
    )


def _when(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_RAW else text[:_MOST_RAW] + "\n… (cut)"
