"""Write docs/watermark-latent.md from benchmarks/results/latent_mark.json. `python -m docs.make_latent`"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from touchmark.provenance.watermark.bench.attacks import ATTACKS

DATA = Path(__file__).parent.parent / "benchmarks" / "results" / "latent_mark.json"
PAGE = Path(__file__).parent / "watermark-latent.md"

HEAD = """# What the mark in the noise survives

For teams that generate and consider `--latent-mark`. Afterwards you know what it outlives that the mark in the picture
does not, and what takes it.

`touchmark generate --latent-mark` also marks the noise that a model starts from, and `touchmark watermark latent` reads
it back with that model: whoever has the key and not the model cannot. It is off by default, and no substitute for the
mark in the picture, which every output carries.

Measured by `python -m benchmarks.latent_mark`; this page is written by `python -m docs.make_latent` from
`benchmarks/results/latent_mark.json`, and a test keeps it in step. Each of {clips} clips of a model carries both marks
with one payload, and is encoded as a release encodes (H.264, CRF 18) and attacked. *Signs* is the mean share of the
noise's signs that were found where they had been, where one half is chance: the more numbers a clip starts from, the
nearer to it is enough.

Two models stand for two ends. *Clouds* are an exact model of textures (`benchmarks/clouds.py`), all of whose noise
shows. The *embedded* model draws plain shapes, which show none of it, and over them a grain one level of 255 deep,
which does (`generation/embedded/grain.py`): it shows no more than that, and dies earlier. What a large model shows of
its noise is to be measured on that model.

| attack | clouds: noise | signs | picture | embedded: noise | signs | picture |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""

TAIL = """
Strong compression, heavy blur and regeneration by the model itself leave the mark in the noise where they take the one
in the picture, as far as the noise shows; crops, mirroring and reversal leave the one in the picture alone, because
reading the noise searches no geometry. Large models were walked back on stand-ins of their classes alone.
"""

Row = dict[str, Any]


def page(rows: list[Row]) -> str:
    """The whole page."""
    return "".join([HEAD.format(clips=len({row["clip"] for row in rows})), *_table(rows), TAIL])


def _table(rows: list[Row]) -> Iterator[str]:
    for attack in dict.fromkeys(row["attack"] for row in rows):
        label = ATTACKS[attack].label if attack in ATTACKS else attack
        cells = []
        for model in ("clouds", "embedded"):
            own = [row for row in rows if (row["attack"], row["model"]) == (attack, model)]
            noise = [row for row in own if row["mark"] == "latent"]
            cells += [_decoded(noise), f"{statistics.mean(row['signs'] for row in noise):.2f}" if noise else ""]
            cells.append(_decoded([row for row in own if row["mark"] == "picture"]))
        yield f"| {label} | {' | '.join(cells)} |\n"


def _decoded(rows: list[Row]) -> str:
    return f"{sum(row['decoded'] for row in rows)} of {len(rows)}" if rows else ""


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(DATA.read_text(encoding="utf-8"))["rows"]), encoding="utf-8")
