"""Seconds and memory of a whole experiment readout beside tea-tasting's time for its five metrics alone, from 0.1 to 50 million users.

`python benchmarks/experiments.py [--quick] [--json] [--by-day] [--users N …]`: both read the same file in the same run, three times by turns, each in
a fresh process. The readout compares five metrics with CUPED, looks for a sample-ratio mismatch as a whole, by five segments and over time,
for arms that were unlike before the test and for segments that differ, and decides; tea-tasting only compares the metrics. `--quick`
leaves out the 50 million; `--by-day` stores the users in the order of their days and leaves out the segments.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from experiment_units import METRICS, SEGMENTS, write_units
from fits import run
from peers import BENCH

USERS = (100_000, 1_000_000, 10_000_000, 50_000_000)
QUICK = 10_000_000
TURNS = 3
# At ten million users: times the peer's seconds, and gigabytes.
SLOWEST, LARGEST = 1.5, 1.0
SIDES = {"ours": "experiments_workbench.py", "theirs": "experiments_tea_tasting.py"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the test on 50 million users")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    parser.add_argument("--by-day", action="store_true", help="users stored by day of assignment, no segments")
    parser.add_argument("--users", type=int, nargs="+", help="these sizes instead")
    arguments = parser.parse_args()
    sizes = arguments.users or [users for users in USERS if users <= QUICK or not arguments.quick]
    rows = [row for users in sizes for row in compare(users, arguments.by_day)]
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def compare(users: int, by_day: bool) -> Iterator[dict]:
    """Three rows: the readout, the same with validation and fingerprint before it, and memory at the peak."""
    print(f"{users:,} users", file=sys.stderr)
    found = measure(users, by_day)
    ours, theirs = found["ours"], found["theirs"]
    whole = {unit: sum(step[unit] for step in ours["steps"].values()) for unit in ("seconds", "cpu_seconds")}
    reading, comparing = ours["steps"]["reading"], theirs["steps"]["comparing"]
    for part, here, there, limit in (
        ("readout", reading, comparing, SLOWEST),
        ("readout, validation, fingerprint", whole, comparing, None),
    ):
        cpu = {"ours": here["cpu_seconds"], "theirs": there["cpu_seconds"]}
        yield row(users, part, "seconds", here["seconds"], there["seconds"], limit, found) | {"cpu_seconds": cpu}
    yield row(users, "memory", "gigabytes", ours["gigabytes"], theirs["gigabytes"], LARGEST, found)


def row(users: int, part: str, unit: str, ours: float, theirs: float, limit: float | None, found: dict) -> dict:
    return {
        "case": f"{users:,} users, {part}",
        "ours": ours,
        "peer": f"tea-tasting {found['theirs']['version']}",
        "theirs": theirs,
        "ratio": theirs / ours,
        "unit": unit,
        "limit": limit if users == QUICK else None,
        "cores": os.cpu_count(),
        "apart": apart(found),
        "found": found,
    }


def measure(users: int, by_day: bool) -> dict[str, dict]:
    """What both sides found in one file, by turns; of each, the turn that took the least time."""
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        file = Path(folder) / "units.parquet"
        write_units(users, file, by_day=by_day)
        segments = [] if by_day else list(SEGMENTS)
        turns = [
            {side: _run(script, file, *(segments if side == "ours" else ())) for side, script in SIDES.items()}
            for _ in range(TURNS)
        ]
    return {side: min((turn[side] for turn in turns), key=_seconds) for side in SIDES}


def apart(found: dict[str, dict]) -> float:
    """The largest distance between our effects and the peer's, as a share of the half-width of their intervals."""
    return max(
        abs(found["ours"]["effects"][name][0] - effect) / (effect - lower)
        for name, (effect, lower) in ((name, found["theirs"]["effects"][name]) for name in METRICS)
    )


def _run(script: str, file: Path, *segments: str) -> dict:
    return run([sys.executable, str(Path(__file__).parent / script), str(file), *segments])


def _seconds(found: dict) -> float:
    return float(sum(step["seconds"] for step in found["steps"].values()))


def as_table(rows: list[dict]) -> str:
    heads = (
        "case",
        "ours",
        "tea-tasting",
        "ours / theirs",
        "limit",
        "CPU seconds",
        "ours / theirs",
        "effects apart by",
    )
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for found in rows:
        unit, cpu = {"seconds": "s", "gigabytes": "GB"}[found["unit"]], found.get("cpu_seconds")
        cells = (
            found["case"],
            f"{found['ours']:.2f} {unit}",
            f"{found['theirs']:.2f} {unit}",
            f"{1 / found['ratio']:.2f}×",
            "–" if found["limit"] is None else f"{found['limit']:g}{'×' if unit == 's' else ' GB'}",
            f"{cpu['ours']:.2f} / {cpu['theirs']:.2f}" if cpu else "–",
            f"{cpu['ours'] / cpu['theirs']:.2f}×" if cpu else "–",
            f"{found['apart']:.0e}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"{rows[0]['peer']}; {rows[0]['cores']} cores"])


if __name__ == "__main__":
    main()
