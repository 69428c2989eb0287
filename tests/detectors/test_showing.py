"""Terminal and page: they say what the verdict says, and nothing of a stranger's becomes active in them."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from touchmark.detectors.frames import stills
from touchmark.detectors.page import page
from touchmark.detectors.terminal import render
from touchmark.detectors.timeline import marked_segments
from touchmark.detectors.verify import Verification
from touchmark.provenance.manifest.claim import DigitalSourceType
from touchmark.provenance.manifest.report import ReportedAction, ReportedIngredient
from touchmark.provenance.manifest.status import StatusCode
from touchmark.provenance.media.limits import Limits
from touchmark.provenance.watermark.protocol import Segment

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EVIL = (
    "\x1b[2J\x1b]0;owned\x07\u202efdp\u2066 [bold red]x[/] <script>alert(1)</script><img src=x onerror=y> \"'& "
    + "z" * 5000
)


def terminal(verification: Verification, width: int = 100) -> str:
    output = io.StringIO()
    Console(file=output, width=width, force_terminal=True, color_system="truecolor").print(render(verification))
    return output.getvalue()


def plain_text(shown: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


@pytest.fixture(scope="module")
def hostile(studio, stripped, camera, tmp_path_factory) -> Verification:
    """A file whose every field was written by an attacker; and a verification with every other text replaced too."""
    folder = tmp_path_factory.mktemp("hostile")
    text = EVIL[:900]
    forged = camera.sign(
        stripped,
        folder / "forged.mp4",
        source_type=DigitalSourceType.DIGITAL_CAPTURE,
        binding=("evil.\x1b[31m" + "<b>", b"\x01" * 8),
        title=text,
        agent=text,
        model=text[:400],
    )
    verification = studio.verify(forged, camera)
    evidence = verification.evidence
    fault = StatusCode(EVIL, EVIL, EVIL)
    part = ReportedIngredient(EVIL, EVIL, EVIL, 1, EVIL, (EVIL,), EVIL, evidence.manifest.signer, (fault,))
    report = replace(
        evidence.manifest,
        reason=EVIL,
        claim_generator=EVIL,
        signer=replace(evidence.manifest.signer, common_name=EVIL, organisation=EVIL),
        actions=(ReportedAction(EVIL, None, EVIL, EVIL),),
        ingredients=(part, replace(part, depth=3), replace(part, depth=2)),
        failures=(fault,),
    )
    info = replace(evidence.container.info, codec=EVIL, labels={EVIL[:60]: EVIL})
    evil = replace(evidence, manifest=report, container=replace(evidence.container, info=info))
    from touchmark.detectors.verdict import judge

    return replace(verification, path=Path("x" + EVIL[:200].replace("/", "_")), evidence=evil, verdict=judge(evil))


def test_the_terminal_shows_verdict_origin_and_evidence_on_one_screen(studio, sealed, registration) -> None:
    shown = plain_text(terminal(studio.verify(sealed)))
    for part in ("GENERATED", "Example Studio", "touchmark 0.1.0", str(registration.payload), "DEVELOPMENT KEYS", "█"):
        assert part in shown
    assert len(shown.splitlines()) <= 36


def test_the_terminal_explains_contradictions(hostile) -> None:
    shown = plain_text(terminal(hostile))
    assert "CONTRADICTORY" in shown
    assert hostile.verdict.contradictions
    for found in hostile.verdict.contradictions:
        assert found.kind.in_words in shown


def test_hostile_text_does_nothing_on_a_terminal(hostile) -> None:
    shown = terminal(hostile)
    assert not re.search(r"\x1b(?!\[[0-9;]*m)", shown), "only our own colours"
    left = plain_text(shown)
    assert not [c for c in left if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f" or c in "\u202e\u2066\u2028"]
    assert "[bold red]" in left, "markup is shown, not obeyed"
    assert len(left) < 12_000


def test_a_long_timeline_fits(studio, sealed) -> None:
    verification = studio.verify(sealed)
    detection = verification.evidence.detections[0]
    segments = tuple(Segment(i, i + 1.0, 1e-9 if i < 500 else 1.0) for i in range(1000))
    long = replace(verification.evidence, detections=(replace(detection, timeline=segments),))
    shown = plain_text(terminal(replace(verification, evidence=long)))
    assert "█" * 20 + "░" * 20 in shown


def test_a_stretch_is_drawn_as_marked_where_it_is_counted(studio, sealed) -> None:
    verification = studio.verify(sealed)
    values = (1e-9, 9e-4, 2e-3, 0.5)
    timeline = tuple(Segment(i, i + 1.0, value) for i, value in enumerate(values))
    detection = replace(verification.evidence.detections[0], timeline=timeline)
    drawn = replace(verification, evidence=replace(verification.evidence, detections=(detection,)))
    assert "█" * 20 + "▒" * 10 + "░" * 10 in plain_text(terminal(drawn))
    assert [page(drawn).count(f'<rect class="{kind}"') for kind in ("sure", "likely", "none")] == [2, 1, 1]
    assert len(marked_segments(detection)) == 2


def test_all_lines_on_development_keys_begin_in_one_column(studio, sealed) -> None:
    lines = plain_text(terminal(studio.verify(sealed), width=80)).splitlines()
    first = next(i for i, line in enumerate(lines) if "DEVELOPMENT KEYS" in line)
    assert [len(line) - len(line.lstrip()) for line in lines[first : first + 2]] == [1, 1]


@dataclass
class _Tags(HTMLParser):
    """What a browser would see."""

    def __post_init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "rect", "line"} and not tag.startswith("!"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "rect":
            return
        assert self.open.pop() == tag


def parsed(document: str) -> _Tags:
    tags = _Tags()
    tags.feed(document)
    assert tags.open == []
    return tags


def test_the_page_shows_verdict_pictures_and_tree(studio, sealed, registration) -> None:
    document = page(studio.verify(sealed), stills(sealed, Limits()), NOW)
    for part in (
        "GENERATED",
        "generated",
        "Example Studio",
        str(registration.payload),
        "Development keys",
        "lattice world",
    ):
        assert part.lower() in document.lower()
    tags = parsed(document).tags
    assert sum(tag == "img" for tag, _ in tags) == 6
    assert any(tag == "svg" for tag, _ in tags)
    assert "22 November 2026" in document


def test_the_page_can_be_read_out(studio, sealed) -> None:
    document = page(studio.verify(sealed), stills(sealed, Limits()), NOW)

    # The name of the tab is text: an element in it would be read out as it is written
    title = re.search("<title>(.*)</title>", document)
    assert title and title[1] == "Generated: sealed.mp4"

    # Signs, pictures and drawings have words, and all that is reported lies where a reader jumps to
    tags = parsed(document).tags
    assert not [
        tag
        for tag, attributes in tags
        if tag in ("img", "svg") and not (attributes.get("alt") or attributes.get("aria-label"))
    ]
    rows = document.split('<table class="evidence">')[1].split("</table>")[0]
    assert rows.count("<tr ") == rows.count('role="img" aria-label="') > 0
    main = document.split("<main>")[1].split("</main>")[0]
    assert main.count("<h2>") == document.count("<h2>")

    # What is drawn may be stretched to any width, and so holds no text
    assert "<text" not in document and '<div class="times"><span>0.0 s</span>' in document


def test_the_page_of_a_stripped_file_shows_the_manifest_that_the_registry_kept(studio, stripped) -> None:
    document = page(studio.verify(stripped), (), NOW)
    assert "kept by the registry" in document
    assert "this copy differs from the signed file" in document


def test_hostile_text_does_nothing_on_a_page(hostile) -> None:
    document = page(hostile, (), NOW)
    tags = parsed(document).tags
    assert {tag for tag, _ in tags} <= {
        *("html", "head", "meta", "title", "style", "body", "header", "div", "span", "time", "p", "main", "h1", "h2"),
        *("h3", "section", "ul", "li", "code", "strong", "dl", "dt", "dd", "table", "tbody", "tr", "td", "th", "bdi"),
        *(
            "svg",
            "rect",
            "line",
            "text",
            "i",
            "sup",
            "details",
            "summary",
            "pre",
            "footer",
            "figure",
            "figcaption",
            "img",
        ),
    }
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name in {"href", "srcdoc", "action"}]
        assert (attributes.get("src") or "data:image/jpeg;base64,").startswith("data:image/jpeg;base64,"), tag
    assert "http-equiv" in str(tags)
    assert not [c for c in document if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f" or c in "\u202e\u2066\u2028"]
    assert len(document) < 1_000_000


def test_the_page_asks_for_nothing_from_elsewhere(studio, sealed) -> None:
    document = page(studio.verify(sealed), stills(sealed, Limits()), NOW)
    assert "default-src 'none'" in document
    assert not re.search(r"url\(|@import|<script|<link|<iframe", document)


def test_stills_are_few_small_and_spread(sealed) -> None:
    pictures = stills(sealed, Limits(), count=4)
    assert len(pictures) == 4
    times = [still.time for still in pictures]
    assert times == sorted(times)
    assert times[0] < 0.2
    assert times[-1] > 0.6
    decoded = cv2.imdecode(np.frombuffer(pictures[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (320, 320, 3)
