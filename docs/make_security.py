"""Write docs/watermark-security.md from benchmarks/results/security.json. `python -m docs.make_security`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "benchmarks" / "results" / "security.json"
PAGE = Path(__file__).parent / "watermark-security.md"

HEAD = """# What an attacker without the key can do to the picture mark

For whoever relies on the mark against people who want to remove or forge it. Afterwards you know what they can do, what
it costs them, and which habits of yours help them.

Measured by `python -m benchmarks.security`; this page is written by `python -m docs.make_security` from
`benchmarks/results/security.json`, and a test keeps it in step.

The attacker has {gallery} marked clips, never the unmarked original of one, no detector to ask, and knows all of the
method but the key. *Removed*: the payload is no longer read. *Forged*: a stranger's clip, which was never marked, is
read as marked. PSNR is what the attack costs, against the clip it was done to. *Resemblance* is the correlation of the
estimated pattern with a marked clip that the attacker did not average. Each attack was tried on {victims} clips
of {frames} pictures of 448x320, without an encoder in between. *Told*: so many of the forgeries were found out by the
fingerprint that the registry keeps of the video whose mark it is.

| attack | the attacker's clips carry | aim | succeeded | told | PSNR, dB | resemblance |
| --- | --- | --- | ---: | ---: | ---: | ---: |
"""

TAIL = """
## What is not defended

- **Many clips with one payload.** Where a hundred different clips carry the same payload, laying their tiles upon each
  other yields the pattern of that payload, which can then be added to anything. A release draws a payload of its own;
  whoever marks with `touchmark watermark embed --payload` should not use one twice. From clips with a payload each
  only what all have in common can be learned: the template by which the mark is aligned, a tenth of its energy. With
  that no clip was forged; and where it was taken away, the mark is aligned by its bits alone, which no other clip has.
- **Copying.** What a denoiser takes from a marked clip can be added to a stranger's video, which then carries the
  victim's payload; so does a collage that contains a part of a marked clip. The mark says whose pattern is in the
  pixels, not that these are the pixels that were sealed. Where the copy has a manifest, or the registry keeps one, the
  claims can be compared. For pixels alone the registry keeps a fingerprint of what it sealed: signs of a coarse grid, a
  few hundred bytes a picture (`provenance/fingerprint.py`). Where the pictures under a mark are others, the verdict is
  a contradiction that says so. It cannot tell where either is flat, where a copy is shorter than the gaps between
  sampled pictures (two seconds, longer in videos of over eight minutes), nor that a part of a picture was replaced.
- **A holder of the key** can write and remove marks at will. `touchmark keys rotate --watermark` marks with another
  from then on, and still finds the marks of the one before.
- **Faint marks.** Where a mark is seen and not read, some thousand messages are tried, each of which verifies by chance
  once in 2^40. It is seen in copies of what was marked, and in what somebody averaged many marked clips into: there a
  wrong payload is read about four times in 10^9.
- **Known payloads.** *Removed* above is what is no longer read by itself. Where the file names a payload, or the
  registry holds it, a mark of two thirds of the strength is enough, for what was weakened as for what was copied: a
  residual added more faintly than the table shows is then found too, and told by the fingerprint likewise. A file that
  names a payload which its pixels do not carry gains nothing by it: each name is a test that chance passes once in
  10^9.
- **Regeneration.** A model that draws the picture anew may remove any invisible mark; where the table has no row for
  it, it was not measured.
- **A detector that answers strangers** is an oracle: limit how often it may be asked, and tell no p-values.

A mark that was removed proves nothing, as its absence never does. A mark that was forged is attributed to the operator
whose key it verifies under: do not take a mark without a manifest for more than a trace to follow.
"""

Report = dict[str, Any]


def page(report: Report) -> str:
    """The whole page."""
    head = HEAD.format(gallery=report["gallery"], victims=report["victims"], frames=report["frames"])
    return head + "".join(f"| {' | '.join(_cells(row))} |\n" for row in report["rows"]) + TAIL


def _cells(row: Report) -> tuple[str, ...]:
    resemblance = "" if row["resemblance"] is None else f"{row['resemblance']:.2f}"
    done = {"remove": "removed", "forge": "forged"}[row["aim"]]
    succeeded = f"{row['successes']} of {row['trials']}"
    told = "" if not row["successes"] or row["told"] is None else f"{row['told']} of {row['successes']}"
    return row["attack"], row["gallery"], done, succeeded, told, f"{row['psnr']:.1f}", resemblance


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(DATA.read_text(encoding="utf-8"))), encoding="utf-8")
