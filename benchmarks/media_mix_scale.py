"""Seconds and memory of the media mix from one market to 200: `fit_media_mix` end to end, each case in a fresh process.

`python benchmarks/media_mix_scale.py [--quick] [--json]`: the model's imports, compilation, sampling, tables and checks all count. Simulated
panels, and Meridian's published sets where they are. `--quick` leaves out the panels with 50 and 200 markets.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fits import run
from measured import process_cost
from ours import watched_fit
from sets import SETS, shared_data

if TYPE_CHECKING:
    from workbench.data.panel import Panel

UNITS = {"seconds": "end_to_end_seconds", "gigabytes": "gigabytes"}


@dataclass(frozen=True)
class Case:
    """One fit, and what it may take.

    Attributes:
        label: How tables call it.
        source: A published set, or `markets,weeks,channels` of a simulated panel.
        seconds: Most seconds end to end, None without a limit.
        gigabytes: Most memory, None without a limit.
        cold: Whether the density is compiled anew.
        quick: Whether `--quick` has it.
    """

    label: str
    source: str
    seconds: float | None = None
    gigabytes: float | None = None
    cold: bool = False
    quick: bool = True


CASES = (
    Case("national set, cold", "national", seconds=15, cold=True),
    Case("national set, warm", "national", seconds=6),
    Case("set of 20 markets, warm", "geo", seconds=30),
    Case("1 market × 104 weeks × 3 channels", "1,104,3"),
    Case("8 × 156 × 6", "8,156,6"),
    Case("20 × 156 × 4", "20,156,4"),
    Case("50 × 156 × 8", "50,156,8", quick=False),
    Case("200 × 208 × 12", "200,208,12", seconds=600, gigabytes=6, quick=False),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the panels of 50 and 200 markets")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure)))
        return
    cases = [case for case in CASES if case.quick or not arguments.quick]
    print("compiling once, so that the cases after the cold one are warm", file=sys.stderr)
    run([sys.executable, __file__, "--measure", "1,104,3"])
    available = [case for case in cases if case.source not in SETS or shared_data().is_dir()]
    rows = [row for case in available for row in measured(case)]
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def measured(case: Case) -> Iterator[dict]:
    """Two rows a case, seconds and gigabytes, each beside its limit."""
    print(case.label, file=sys.stderr)
    command = [sys.executable, __file__, "--measure", case.source]
    with tempfile.TemporaryDirectory() as empty:
        found = run(command, **({"NUMBA_CACHE_DIR": empty} if case.cold else {}))
    for unit, limit in (("seconds", case.seconds), ("gigabytes", case.gigabytes)):
        yield {
            "case": case.label,
            "ours": found[UNITS[unit]],
            "peer": "limit" if limit else None,
            "theirs": limit,
            "ratio": limit / found[UNITS[unit]] if limit else None,
            "unit": unit,
            "warm": found["warm"],
            "cores": os.cpu_count(),
            "found": found,
        }


def measure(source: str) -> dict[str, object]:
    """Fit in this process; making the panel counts in memory, not in seconds."""
    from workbench.config import MediaMix

    panel, truth = panel_of(source)
    fitted = watched_fit(panel, MediaMix(), {}, seed=1)
    found = [fitted.result.estimate("roas", channel) for channel in panel.channels]
    inside = None if truth is None else sum(bool(f.lower <= r <= f.upper) for f, r in zip(found, truth, strict=True))
    return {**fitted.took, **process_cost(), "channels": len(found), "true_roas_inside": inside}


def panel_of(source: str) -> tuple[Panel, list[float] | None]:
    """The panel, and the true ROAS of its channels where it is known."""
    if source in SETS:
        from media_mix_workbench import open_set

        with tempfile.TemporaryDirectory() as folder:
            return open_set(SETS[source], Path(folder)).panel(), None
    from panels import simulate

    markets, weeks, channels = (int(part) for part in source.split(","))
    simulated = simulate(markets, weeks, channels, seed=1)
    return simulated.panel, simulated.roas.tolist()


def as_table(rows: list[dict]) -> str:
    heads = (
        "case",
        "unit",
        "ours",
        "limit",
        "sampling s",
        "parameters",
        "draws",
        "min ESS",
        "R-hat",
        "divergences",
        "true ROAS inside",
    )
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        found, inside = row["found"], row["found"]["true_roas_inside"]
        cells = (
            row["case"],
            row["unit"],
            f"{row['ours']:.1f}",
            "–" if row["theirs"] is None else f"{row['theirs']:g}",
            f"{found['sampling_seconds']:.1f}",
            f"{found['parameters']:,}",
            f"{found['draws']:,}",
            f"{found['min_ess']:,.0f}",
            f"{found['r_hat']:.3f}",
            str(found["divergences"]),
            "–" if inside is None else f"{inside} of {found['channels']}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"{os.cpu_count()} cores"])


if __name__ == "__main__":
    main()
