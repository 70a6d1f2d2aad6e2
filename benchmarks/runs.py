"""What running notebooks costs: a trivial run beside papermill's command line, a fan-out, a scheduler's wake-up, a ledger of a million runs.

`python benchmarks/runs.py [--quick] [--json] [--only PART …]`: a run is measured in CPU seconds of all its processes, imports included, by
turns with `papermill in.ipynb out.ipynb` on the same notebook; the rest has limits. `--quick` fans out 20 runs instead of 200, and asks
a ledger of 200,000 runs in SQLite alone.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

from runs_ledger import questions
from runs_overhead import fan_out, overhead
from runs_scheduler import wakes

COLUMNS = ("case", "unit", "ours", "peer", "theirs", "ours / theirs", "target", "note")
PARTS: dict[str, Callable[[bool], list[dict]]] = {
    "overhead": overhead,
    "fan-out": fan_out,
    "scheduler": wakes,
    "ledger": questions,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="20 runs instead of 200, a smaller ledger, without PostgreSQL"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=tuple(PARTS), help="these parts")
    arguments = parser.parse_args()
    rows = [row for part in arguments.only for row in PARTS[part](arguments.quick)]
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def as_table(rows: list[dict]) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(_told(row, column) for column in COLUMNS) + " |" for row in rows]
    return "\n".join([*lines, "", f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} at {time.strftime('%H:%M')}"])


def _told(row: dict, column: str) -> str:
    if column == "ours / theirs":
        return f"{1 / row['ratio']:.2f}×" if row.get("ratio") else "–"
    found = row.get(column)
    if found is None:
        return "–"
    return found if isinstance(found, str) else f"{found:,.0f}" if found >= 1000 else f"{found:.3g}"


if __name__ == "__main__":
    main()
