"""Is a visible label seen where there is none, and is one seen that is there? Asked of pictures of real footage.

    python -m benchmarks.visible_label --clips FOLDER     # writes benchmarks/results/visible_label.json

Of each video in the folder a picture each half second is searched by itself, as it is, and with a label drawn on it and
compressed as JPEG at quality 40: the wordings, corners and heights go round from picture to picture. The interval of a
count is that of Clopper and Pearson, 95%.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.stats import beta

from benchmarks.films import films
from touchmark.provenance.disclosure.burn import labelled
from touchmark.provenance.disclosure.label import WORDINGS, Position, VisibleLabel
from touchmark.provenance.disclosure.sight import find_label
from touchmark.provenance.media.decode import open_video
from touchmark.provenance.media.picture import Planes
from touchmark.provenance.media.video import Frame, RawVideo

RESULTS = Path(__file__).parent / "results" / "visible_label.json"
EVERY = Fraction(1, 2)
QUALITY = 40
SHARES = (0.055, 0.08)


def pictures(path: Path) -> Iterator[Frame]:
    """One each half second."""
    due = Fraction(0)
    with open_video(path) as video:
        for frame in video.frames():
            if frame.time >= due:
                due = frame.time + EVERY
                yield Frame(frame.planes, Fraction(0), is_key=True)


def with_label(frame: Frame, label: VisibleLabel) -> Frame:
    """A copy with the label drawn on it, compressed."""
    height, width = frame.pixels.shape[:2]
    (shown,) = labelled(RawVideo(iter([frame]), width, height, Fraction(1), None, Fraction(1)), label).frames
    _, data = cv2.imencode(".jpg", shown.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    copy = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    return Frame(Planes.of_rgb(np.ascontiguousarray(copy)), Fraction(0), is_key=True)


def at_most(count: int, of_all: int) -> float:
    """Upper end of the interval."""
    return float(beta.ppf(0.975, count + 1, of_all - count)) if count < of_all else 1.0


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="a folder of videos that carry no label")
    folder = parser.parse_args().clips
    ways = cycle([(w, p, s) for s in SHARES for w in WORDINGS for p in Position])
    rows = []
    for path in films(folder):
        counts = ("pictures", "taken_to_be_labelled", "labelled_and_seen", "as_what_it_is")
        row: dict[str, Any] = {"clip": path.stem, **dict.fromkeys(counts, 0)}
        for frame in pictures(path):
            wording, position, share = next(ways)
            row["pictures"] += 1
            row["taken_to_be_labelled"] += find_label(iter([frame]), Fraction(1)) is not None
            seen = find_label(iter([with_label(frame, VisibleLabel((wording,), position, share))]), Fraction(1))
            row["labelled_and_seen"] += seen is not None
            row["as_what_it_is"] += seen is not None and (seen.wordings, seen.position) == ((wording,), position)
        rows.append(row)
        print(row, flush=True)
    total = {name: sum(int(row[name]) for row in rows) for name in rows[0] if name != "clip"}
    falsely, of_all = total["taken_to_be_labelled"], total["pictures"]
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "clips": rows,
        "total": total | {"false_share_at_most": round(at_most(falsely, of_all), 4)},
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result["total"]))


if __name__ == "__main__":
    main()
