"""Write docs/watermark-sound.md from what was measured in benchmarks/results. `python -m docs.make_sound`"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "benchmarks" / "results" / "audio_watermark.json"
NAMED_DATA = DATA.with_name("named_sound.json")
PAGE = Path(__file__).parent / "watermark-sound.md"

HEAD = """# What the sound mark survives, and what it changes

For whoever decides whether sound shall carry the mark too. Afterwards you know which attacks it outlives, how audible
it is by measure, and how often it is found where it is not.

Measured by `python -m benchmarks.audio_watermark`; this page is written by `python -m docs.make_sound` from
`benchmarks/results/audio_watermark.json`, and a test keeps it in step.

{tracks} sounds of {seconds:.0f} seconds, speech and music, recorded and drawn, are marked with 64 bits, encoded as a
release encodes (AAC, 80 kb/s a channel), attacked and read back. Decoded means that the payload was wholly right.
audiowmark is another maker's mark, run on the same sounds, with its 128 bits and with the shorter code of 16; its slow
search for changed speed was not asked for.

| attack | {marks} |
| --- | {rules} |
"""

NAMED = """
## Where the payload is known

What `verify` and `watermark extract` read in a video's picture, and what a manifest names, they look for in the sound
too. To tell one payload takes less than to read one of 2^104 messages: its whole pattern shows where it lies, of which
the template is a sixth, and the signs of its code bits are tested as they are in the picture. Reports say that another
source named it (`named_by`). What seals or marks a sound by itself still asks for a mark that is read by itself.

Measured by `python -m benchmarks.named_sound`, on attacks harder than those above: *named* counts copies found so that
were not read; *mistaken* those for which one of eight other payloads was taken.

| attack | copies | read | named | mistaken |
| --- | ---: | ---: | ---: | ---: |
"""

AUDIBLE = """
## What it changes

Nobody listened. Proxies, over all sounds: the noise-to-mask ratio of ITU-R BS.1387 (0 dB is where noise reaches the
threshold of hearing, below -10 dB it is commonly taken for transparent), and opinion scores from 1 to 5 by two models
of hearing: PESQ, for speech, and Zimtohrli. The worst of PESQ is music, for which it is not made; the worst speech, at
3.46, is the measure losing its alignment: without its first tenth of a second the same recording has 4.4, as has each
third of it.

| | mean | worst |
| --- | ---: | ---: |
"""

FALSE = """
## False positives

{keys:,} keys that marked nothing were asked of unmarked sound: {found} were found, and {whole_found} in {whole} whole
extractions. The least p-value of a search was {least:.0e}. P-values of single tests are uniform (Kolmogorov-Smirnov
{uniform:.2f}); those of a search are bounds, and so lie above.

| at or below | single tests | searches |
| --- | ---: | ---: |
"""

Report = dict[str, Any]


def page(report: Report, named: Sequence[Report]) -> str:
    """The whole page."""
    rows = [{"mark": "touchmark", **row} for row in report["attacks"]] + report["attacks_on_peers"]
    marks = list(dict.fromkeys(row["mark"] for row in rows))
    head = HEAD.format(
        tracks=len(report["quality"]),
        seconds=report["seconds_per_track"],
        marks=" | ".join(marks),
        rules=" | ".join(["---:"] * len(marks)),
    )
    errors = report["false_positives"]
    false = FALSE.format(
        keys=errors["keys"],
        found=errors["found"] or "none",
        whole_found=errors["whole_extractions_that_found_something"] or "none",
        whole=errors["whole_extractions"],
        least=errors["least_p_value_of_a_search"],
        uniform=errors["kolmogorov_smirnov_of_single_tests"],
    )
    survived = [head, *_survived(rows, marks), NAMED, *_named(named)]
    return "".join([*survived, AUDIBLE, *_changed(report["quality"]), false, *_chance(errors)])


def _survived(rows: Sequence[Report], marks: Sequence[str]) -> Iterator[str]:
    for attack in dict.fromkeys(row["attack"] for row in rows):
        cells = []
        for mark in marks:
            decoded = [row["decoded"] for row in rows if (row["attack"], row["mark"]) == (attack, mark)]
            cells.append(f"{sum(decoded)} of {len(decoded)}")
        yield f"| {attack} | {' | '.join(cells)} |\n"


def _named(rows: Sequence[Report]) -> Iterator[str]:
    for attack in dict.fromkeys(row["attack"] for row in rows):
        of = [row for row in rows if row["attack"] == attack]
        counts = [str(sum(row[what] for row in of)) for what in ("read", "named", "mistaken")]
        yield f"| {attack} | {len(of)} | {' | '.join(counts)} |\n"


def _changed(quality: Sequence[Report]) -> Iterator[str]:
    for name, label, worst in (
        ("nmr", "noise to mask, dB", max),
        ("nmr_of_aac_128", "the same of AAC at 128 kb/s, dB", max),
        ("segmental_snr", "segmental signal to noise, dB", min),
        ("pesq", "PESQ", min),
        ("zimtohrli", "Zimtohrli", min),
    ):
        values = [row[name] for row in quality if row[name] is not None]
        if values:
            yield f"| {label} | {statistics.mean(values):.2f} | {worst(values):.2f} |\n"


def _chance(errors: Report) -> Iterator[str]:
    single, search = (errors[f"share_of_{what}_at_or_below"] for what in ("single_tests", "searches"))
    for level in single:
        yield f"| {level} | {single[level]:.5f} | {search[level]:.5f} |\n"


if __name__ == "__main__":
    REPORTS = (json.loads(data.read_text(encoding="utf-8")) for data in (DATA, NAMED_DATA))
    PAGE.write_text(page(*REPORTS), encoding="utf-8")
