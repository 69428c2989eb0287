"""Write docs/watermark.md from benchmarks/results/watermark*.json. `python -m docs.make_tables`"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from touchmark.provenance.watermark.bench.attacks import ATTACKS, Family
from touchmark.provenance.watermark.shots import LINES, emphasis_of

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"
DATA = RESULTS / "watermark.json"
NAMED = RESULTS / "named_payload.json"
UNSEEN = tuple(RESULTS / f"watermark_unseen{name}.json" for name in ("", "_further", "_third"))
PAGE = Path(__file__).parent / "watermark.md"
OURS = "touchmark"

HEAD = """# What the picture mark survives, and what it costs

For whoever decides whether the mark is strong, invisible and cheap enough for their videos. Afterwards you know which
attacks it outlives in which clips, what it changes in a picture, and what marking and reading take.

Measured by `python -m benchmarks.watermark`; this page is written by `python -m docs.make_tables` from
`benchmarks/results/watermark.json`, and a test keeps it in step. `touchmark watermark bench` does the same to your
clips.

Every clip is marked, encoded (H.264, CRF 18), attacked through a real encoder and read back. An attack on pictures
ends in H.264 at CRF 23, as an upload does. *Decoded* counts clips whose payload was wholly right; *bits* is the mean
share of right bits, where one half is chance. Only touchmark's mark has a key and check bits, so only there *decoded*
is what its reader itself says; of the others it is what somebody says who knows the payload. *p at most* is the
weakest evidence among the decoded clips: how likely unmarked pixels would have read so. Columns over different numbers
of clips do not compare: the second table says which mark was tried on which clip.

A video is read from its key frames, then from its first pictures until 32 of them show something (fewer of very large
ones), and in all of it only where those hint at a mark (`provenance/watermark/glance.py`). In the clips measured that
loses nothing; a part that was spliced in behind, and holds no key frame, would be missed. The verdict says how many
pictures were looked at where that is not all; `touchmark verify --thorough` looks at every one, and at every ten
seconds by themselves.
"""

NEVER_SEEN = """Three lists of clips, from samples and demonstrations of other projects, all measured with `--clips`.

- **First and further list** (`benchmarks/results/watermark_unseen.json`, `watermark_unseen_further.json`). Nothing was
  set on these 21 clips before they were first measured. Then choices were made by them: how strongly a first picture is
  marked, where a faint part is sought, that a film which opens in black begins behind it, and that plain ground is
  marked more faintly; clips that this concerns were measured again. In videos of fewer than 720 lines first pictures
  lean since (see below), which is not measured here. All attacks of the table above were tried, but on `screen_1088`
  the encoders that were added last.
- **Third list** (`benchmarks/results/watermark_unseen_third.json`): 40 clips that came after all choices, 29 of them of
  480 lines and more: filmed ones, generated ones, a cartoon, a white slide, and a drawing in light lines on black. On
  all of them the 21 attacks were tried that had ever missed anything or came near, on ten of them 45 others, which
  missed nothing, and on one the rest. Of what a bar asks of every clip four reads were lacking: brightness on the
  slide, contrast and gamma on the drawing, a median filter on 192 lines. Slides and line drawings are marked more
  strongly since (see below), and a reader judges by all waves what an attack left of each frequency. With both, these
  four attacks and H.264 at CRF 40, H.265 at 35 and 40 were measured again on all forty, and the four are read.

Attacks that are not listed left every mark readable. A small picture has few samples to carry 104 bits: of 193 by 144
pixels little is read after an editor's work and a second encoder.
"""
MOST_NAMED = 6
"""Clips that are named of those in which an attack took the mark; the results name all."""

KNOWN = """To read a payload and its check bits takes some 12 standard deviations: it is to choose one of 2^104
messages. Where the payload is known already, less is enough. `verify` and `watermark extract` listen to a video before
they look at it, and what the mark in its sound says, or its manifest, is looked for in the picture: 7 standard
deviations tell it. And where a mark of a key seems to be, `verify` asks the registry which of all that was sealed
under that key fits it (the newest million): of a million, 9. The test is on the signs of the code bits, given how
clearly each is heard, and every payload pays for itself; reports say who named it (`named_by`). What seals or marks a
file still asks for a mark that is read by itself.

Measured by `python -m benchmarks.named_payload` on clips of the lists above, which it encodes anew: *named* and
*registered* (among a hundred thousand) count copies found so that were not read; *mistaken* those for which one of
eight other names or one of a hundred thousand other rows was taken.
"""

FIDELITY = """Before any encoder, over every fourth picture, the first among them. VMAF where it was measured; times
are of one core. Strong compression keeps hardly more than what is in the first picture of a shot, and the eye sees
little in the tenth of a second after a cut (`provenance/watermark/shots.py`). So that picture carries more of the
pattern than those after it, where detail hides it; on plain ground, where clouds of colour show first, hardly more if
it is grey, and in larger pictures whatever its colour (`provenance/watermark/emphasis.py`). Larger pictures carry less
of it, because each wave of the pattern is the mean of more samples there and outlives a coder more easily: at 1,600
lines and more twice as much is left after H.265 at CRF 40 as reading takes. Below 720 lines too little is, so there the
first picture leans: coarse waves of the pattern that it happens to hold already are drawn more faintly, those that it
speaks against more strongly, unless most of it is flat; and where detail of some colour runs all ways Cb and Cr carry
up to 1.6 times what the table tells. In saturated colours, where a step of Cb or Cr is seen as lightness too, either is
held to what luma may be (`provenance/watermark/lightness.py`). Of a slide or a drawing in lines, of which less than a
quarter is neither near black nor near white, the first picture is marked as a smaller one would be: what is left when
somebody makes it brighter has no more samples than that (`provenance/watermark/masking.py`, `lines_in_use`).
"""

Trial = dict[str, Any]


def page(report: dict[str, Any], unseen: Sequence[dict[str, Any]], named: Sequence[dict[str, Any]]) -> str:
    """The whole page, of reports of the benchmark: all but the first on clips that were not at hand before; and of
    what is found of payloads that are known."""
    trials: list[Trial] = report["trials"]
    parts = [HEAD]
    if trials:
        parts += _robustness(trials)
        parts += _unseen([clips["trials"] for clips in unseen])
        parts += _known(named)
        parts += _fidelity(trials)
    if report["speed"]:
        parts += _speed(report["speed"])
    parts.append(f"Machine: {report['machine']}.")
    return "\n".join(parts) + "\n"


def _robustness(trials: Sequence[Trial]) -> Iterator[str]:
    marks = list(dict.fromkeys(trial["mark"] for trial in trials))
    yield "## What it survives\n"
    heads = ["attack", *(f"{mark} ({_clips(trials, mark)}): decoded, bits" for mark in marks)]
    if OURS in marks:
        heads.append("p at most")
    yield from _head(heads, right=len(heads) - 1)
    for family in Family:
        attacks = [attack for attack in ATTACKS.values() if attack.family is family]
        lines = [(attack.label, [_rows(trials, mark, attack.name) for mark in marks]) for attack in attacks]
        if not any(any(cells) for _, cells in lines):
            continue
        yield f"| **{family.value}** |" + " |" * (len(heads) - 1)
        for label, cells in lines:
            if any(cells):
                ours = [_weakest(rows) for mark, rows in zip(marks, cells, strict=True) if mark == OURS]
                yield f"| {' | '.join([label, *map(_cell, cells), *ours])} |"
    yield ""


def _unseen(lists: Sequence[Sequence[Trial]]) -> Iterator[str]:
    yield "## What it survives in clips never seen before\n"
    yield NEVER_SEEN
    listed = dict(zip(("first list", "further list", "third list"), lists, strict=True))
    names = [f"decoded, {name}" for name in listed]
    yield from _head(["attack", *names, "missed in"], right=0)
    for attack in ATTACKS.values():
        tried = [_decoded(trials, attack.name) for trials in lists]
        missed = [clip for clips in tried for clip, decoded in clips.items() if not decoded]
        if missed:
            counts = " | ".join(f"{sum(clips.values())} of {len(clips)}" if clips else "" for clips in tried)
            more = f" and {len(missed) - MOST_NAMED} more" if len(missed) > MOST_NAMED else ""
            yield f"| {attack.label} | {counts} | {', '.join(missed[:MOST_NAMED])}{more} |"
    yield ""
    yield from _head(["mean, least of a clip", "clips", "PSNR luma", "PSNR RGB", "SSIM"], right=4)
    for name, trials in listed.items():
        luma, rgb, ssim = ([trial[of] for trial in trials] for of in ("psnr_luma", "psnr_rgb", "ssim"))
        decibels = " | ".join(f"{statistics.mean(of):.1f}, {min(of):.1f}" for of in (luma, rgb))
        yield f"| {name} | {len(trials)} | {decibels} | {statistics.mean(ssim):.4f}, {min(ssim):.4f} |"
    yield ""


def _known(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "## Where the payload is known\n"
    yield KNOWN
    counted = ("read", "named", "registered", "mistaken")
    yield from _head(["attack", "copies", *counted], right=5)
    for attack in dict.fromkeys(row["attack"] for row in rows):
        of = [row for row in rows if row["attack"] == attack]
        counts = (str(sum(row[what] for row in of)) for what in counted)
        yield f"| {ATTACKS[attack].label} | {len(of)} | {' | '.join(counts)} |"
    yield ""


def _decoded(trials: Sequence[Trial], attack: str) -> dict[str, bool]:
    return {trial["clip"]: row["decoded"] for trial in trials for row in trial["attacks"] if row["attack"] == attack}


def _clips(trials: Sequence[Trial], mark: str) -> str:
    count = sum(trial["mark"] == mark for trial in trials)
    return f"{count} clip{'s' if count > 1 else ''}"


def _rows(trials: Sequence[Trial], mark: str, attack: str) -> list[dict[str, Any]]:
    return [row for trial in trials if trial["mark"] == mark for row in trial["attacks"] if row["attack"] == attack]


def _cell(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    decoded, bits = sum(row["decoded"] for row in rows), statistics.mean(row["bit_accuracy"] for row in rows)
    return f"{decoded} of {len(rows)}, {bits:.3f}"


def _weakest(rows: Sequence[dict[str, Any]]) -> str:
    p_values = [row["p_value"] for row in rows if row["decoded"] and row["p_value"] is not None]
    return f"{max(p_values):.0e}" if p_values else ""


def _fidelity(trials: Sequence[Trial]) -> Iterator[str]:
    yield "## What marking does to the picture\n"
    yield FIDELITY
    yield from _head(["lines of the short side", "luma", "Cb and Cr", "Cb and Cr on plain grey"], right=3)
    for lines in LINES:
        first, others = (emphasis_of(lines, begins_shot=begins) for begins in (True, False))
        factors = (
            first.luma[1] / others.luma[1],
            first.chroma[1] / others.chroma[1],
            first.chroma[0] / others.chroma[0],
        )
        yield f"| {lines} | {' | '.join(f'{factor:.1f} times' for factor in factors)} |"
    yield ""
    yield from _head(
        [
            "clip",
            "size",
            "mark",
            "PSNR luma",
            "PSNR RGB",
            "SSIM",
            "VMAF",
            "embedding, ms a frame",
            "reading, ms a frame",
        ],
        right=6,
    )
    for trial in sorted(trials, key=lambda trial: (not trial["clip"].startswith("drawing"), trial["clip"])):
        reading = statistics.mean(row["extract_ms_per_frame"] for row in trial["attacks"])
        cells = (
            trial["clip"],
            f"{trial['width']}x{trial['height']}",
            trial["mark"],
            f"{trial['psnr_luma']:.1f}",
            f"{trial['psnr_rgb']:.1f}",
            f"{trial['ssim']:.4f}",
            "" if trial["vmaf"] is None else f"{trial['vmaf']:.1f}",
            f"{trial['embed_ms_per_frame']:.1f}",
            f"{reading:.1f}",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _speed(speed: dict[str, Any]) -> Iterator[str]:
    yield "## What it costs\n"
    yield "Processor time of the whole process, with and without the mark in turn; x264 at its preset `medium`. The"
    yield "pictures are a synthetic panning scene with grain.\n"
    heads = ["size", "embedding, ms a frame", "encoding, ms a frame", "with the mark over without"]
    peer = next((row["peer"] for row in speed["sizes"] if "peer" in row), None)
    yield from _head(heads + ([f"{peer}, ms a frame", "times faster"] if peer else []), right=5 if peer else 3)
    for row in speed["sizes"]:
        cells = [row["size"], *(f"{row[name]:.1f}" for name in ("embed_ms_per_frame", "encode_ms_per_frame"))]
        cells.append(f"{row['encode_ratio']:.2f}")
        if peer:
            cells += [f"{row['peer_embed_ms_per_frame']:.0f}", f"{row['times_faster_than_peer']:.0f}"]
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "Extraction from one minute of 1080p, over decoding its key frames:\n"
    yield from _head(["copy", "decoded", "decoding, s", "extraction, s", "ratio"], right=4)
    for name, label in (("undisturbed", "undisturbed"), ("turned_and_cropped", "turned, cropped, scaled")):
        row = speed["extraction_of_a_minute_at_1080p"][name]
        times = f"{row['decoding_s']:.2f} | {row['extraction_s']:.2f} | {row['ratio']:.2f}"
        yield f"| {label} | {'yes' if row['decoded'] else 'no'} | {times} |"
    yield ""


def _head(names: Sequence[str], right: int) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield "| " + " | ".join(["---"] * (len(names) - right) + ["---:"] * right) + " |"


if __name__ == "__main__":
    report, named, *unseen = (json.loads(path.read_text(encoding="utf-8")) for path in (DATA, NAMED, *UNSEEN))
    PAGE.write_text(page(report, unseen, named), encoding="utf-8")
