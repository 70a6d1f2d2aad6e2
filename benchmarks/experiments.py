"""Seconds and memory of a whole experiment readout beside tea-tasting's time for its five metrics alone, from 0.1 to 50 million users.

`python benchmarks/experiments.py [--quick] [--json] [--users N …]`: both read the same file in the same run, each in a fresh process. The
readout validates, compares five metrics with CUPED, looks for a sample-ratio mismatch as a whole, by five segments and over time, and for
segments that differ, and decides; tea-tasting only compares the metrics. `--quick` leaves out the 50 million.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from experiment_units import METRICS, write_units
from fits import run
from peers import BENCH

USERS = (100_000, 1_000_000, 10_000_000, 50_000_000)
QUICK = 10_000_000
# At ten million users: times the peer's seconds, and gigabytes.
SLOWEST, LARGEST = 1.5, 1.0
SIDES = {"ours": "experiments_workbench.py", "theirs": "experiments_tea_tasting.py"}
STEPS = ("validation", "fingerprint", "readout")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the test on 50 million users")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    parser.add_argument("--users", type=int, nargs="+", help="these sizes instead")
    arguments = parser.parse_args()
    sizes = arguments.users or [users for users in USERS if users <= QUICK or not arguments.quick]
    rows = [row for users in sizes for row in compare(users)]
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def compare(users: int) -> Iterator[dict]:
    """Three rows: the readout, the same with what happens to its table before, and memory at the peak."""
    print(f"{users:,} users", file=sys.stderr)
    found = measure(users)
    ours, theirs = found["ours"], found["theirs"]
    whole = sum(ours[f"{step}_seconds"] for step in STEPS)
    shared = {
        "peer": f"tea-tasting {theirs['version']}",
        "cores": os.cpu_count(),
        "apart": apart(found),
        "found": found,
    }
    for case, unit, here, there in (
        ("readout", "seconds", ours["readout_seconds"], theirs["seconds"]),
        ("readout, validation, fingerprint", "seconds", whole, theirs["seconds"]),
        ("memory", "gigabytes", ours["gigabytes"], theirs["gigabytes"]),
    ):
        yield {
            "case": f"{users:,} users, {case}",
            "ours": here,
            "theirs": there,
            "ratio": there / here,
            "unit": unit,
            **shared,
        }


def measure(users: int) -> dict[str, dict]:
    """What both sides found in one file; the second of two runs counts for neither, so that the file lies in memory for both."""
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        file = Path(folder) / "units.parquet"
        write_units(users, file)
        return {
            side: run([sys.executable, str(Path(__file__).parent / script), str(file)])
            for side, script in SIDES.items()
        }


def apart(found: dict[str, dict]) -> float:
    """The largest distance between our effects and the peer's, as a share of the half-width of their intervals."""
    pairs = [(found["ours"]["effects"][name], found["theirs"]["effects"][name]) for name in METRICS]
    return max(
        max(abs(here - there) for here, there in zip(ours, theirs, strict=True)) / (theirs[0] - theirs[1])
        for ours, theirs in pairs
    )


def as_table(rows: list[dict]) -> str:
    heads = ("case", "unit", "ours", "theirs", "ours / theirs", "limit", "CPU s", "numbers apart by")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cpu = [row["found"][side]["cpu_seconds"] for side in SIDES]
        cells = (
            row["case"],
            row["unit"],
            f"{row['ours']:.2f}",
            f"{row['theirs']:.2f}",
            f"{1 / row['ratio']:.2f}×",
            limit(row),
            f"{cpu[0]:.1f} / {cpu[1]:.1f}",
            f"{row['apart']:.0e}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"theirs: {rows[0]['peer']}; {rows[0]['cores']} cores"])


def limit(row: dict) -> str:
    """What the case may take, where a limit is set."""
    if not row["case"].startswith(f"{QUICK:,} "):
        return "–"
    return {"readout": f"{SLOWEST}×", "memory": f"{LARGEST:g} GB"}.get(row["case"].split(", ")[-1], "–")


if __name__ == "__main__":
    main()
