"""What ``touchmark verify`` says of a folder of files of other makers, and what each takes, the start included.

    python -m benchmarks.corpus FOLDER

Each file is verified by a process of its own, with a watermark key to look with and no trust list but development keys.
Names, outcomes, exit statuses, seconds by the clock and peaks of resident memory are written as data.
The bars: no crash, no hang, each below 2 seconds and 300 MB. The files are not in this project: the last were 399 from
public repositories of C2PA tools, samples and test files.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import track

from benchmarks.verify_cost import Run, verified
from touchmark.provenance.home import Home
from touchmark.provenance.keys.development import make_development_keys

RESULTS = Path(__file__).parent / "results" / "corpus.json"
_STATUSES = frozenset({0, 1, 2, 3})
"""That ``verify`` leaves with when it has done its work; all others count as crashes."""
_MOST_SECONDS, _MOST_MIB = 2.0, 300e6 / 2**20


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    paths = sorted(path for path in parser.parse_args().folder.iterdir() if path.is_file())
    load = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name)).ensure()
        make_development_keys(home.keys, organisation="Benchmark", now=datetime.now(UTC))
        runs = {path.name: verified(path, home, "--json") for path in track(paths)}
    totals = {
        "files": len(runs),
        "crashes": sum(run.status not in _STATUSES for run in runs.values()),
        "slower_than_the_bar": sum(run.seconds >= _MOST_SECONDS for run in runs.values()),
        "larger_than_the_bar": sum(run.peak_mib >= _MOST_MIB for run in runs.values()),
        "longest_s": round(max(run.seconds for run in runs.values()), 2),
        "largest_mib": round(max(run.peak_mib for run in runs.values())),
        "outcomes": dict(Counter(_outcome(run) for run in runs.values()).most_common()),
    }
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "load_before": load,
        "totals": totals,
        "files": {name: _row(run) for name, run in runs.items()},
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(totals, indent=1))


def _row(run: Run) -> dict[str, Any]:
    return {
        "outcome": _outcome(run),
        "status": run.status,
        "seconds": round(run.seconds, 2),
        "peak_mib": round(run.peak_mib),
    }


def _outcome(run: Run) -> str:
    try:
        return str(json.loads(run.printed)["verdict"]["outcome"])
    except (ValueError, KeyError, TypeError):
        return "not read"


if __name__ == "__main__":
    main()
