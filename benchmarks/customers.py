"""Seconds and memory from a file of orders to every customer's value and segment, beside lifetimes and pymc-marketing, 0.1 to 30 million orders.

`python benchmarks/customers.py [--quick] [--json] [--orders N …]`: all read the same file in the same run, each in a fresh process.
The peers summarise, fit BG/NBD and Gamma-Gamma, score every customer, name segments and write both. *Same work* is that with intervals;
*whole* adds the holdout, the models that compete, and the search for clusters. `--quick` leaves out what is larger than a million orders.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from customer_orders import write_orders
from fits import run
from peers import BENCH, LIFETIMES, PYMC_MARKETING, Model

ORDERS = (100_000, 1_000_000, 10_000_000, 30_000_000)
QUICK, LARGEST_OF_PEERS = 1_000_000, 10_000_000
WORKS = {"same": "same work", "whole": "whole"}
PEERS = (LIFETIMES, replace(PYMC_MARKETING, script="customers_pymc_marketing.py"))
# At ten million orders: how many times faster for the same work, and gigabytes.
LEAST_RATIO, MOST_GIGABYTES = 8.0, 2.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to a million orders")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    parser.add_argument("--orders", type=int, nargs="+", help="these sizes instead")
    arguments = parser.parse_args()
    sizes = arguments.orders or [orders for orders in ORDERS if orders <= QUICK or not arguments.quick]
    rows = [row for orders in sizes for row in compare(orders)]
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def compare(orders: int) -> Iterator[dict]:
    """A row for each work, measure and peer; without a peer where there are too many orders for them."""
    made, ours, theirs = measure(orders)
    for work, name in WORKS.items():
        for peer in theirs or (None,):
            seconds = _row(made, f"{name}, seconds", "s", ours[work], peer, seconds_of(ours[work]), seconds_of(peer))
            limited = orders == LARGEST_OF_PEERS and work == "same"
            yield seconds | {"limit": f"{LEAST_RATIO:g} times faster" if limited else None}
    peaks = _row(made, "whole, memory", "GB", ours["whole"], None, ours["whole"]["gigabytes"], None)
    for peer in theirs or (None,):
        memory = (
            peaks
            if peer is None
            else _row(made, "whole, memory", "GB", ours["whole"], peer, peaks["ours"], peer["gigabytes"])
        )
        yield memory | {"limit": f"{MOST_GIGABYTES:g} GB" if orders == LARGEST_OF_PEERS else None}


def measure(orders: int) -> tuple[dict[str, int], dict[str, dict], list[dict]]:
    """What was made, and what each side took and found."""
    peers = PEERS if orders <= LARGEST_OF_PEERS else ()
    for peer in peers:
        peer.set_up()
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        file = Path(folder) / "orders.parquet"
        made = write_orders(orders, file)
        ours = {
            work: _run(Model(name="workbench", script="customers_workbench.py"), made, file, work) for work in WORKS
        }
        theirs = [_run(peer, made, file) for peer in peers]
    return made, ours, theirs


def _run(model: Model, made: dict[str, int], file: Path, *options: str) -> dict:
    print(f"{made['orders']:,} orders: {' '.join((model.name, *options))}", file=sys.stderr)
    script = Path(__file__).parent / model.script
    return {"model": model.name, **run([str(model.python), str(script), str(file), *options], **model.variables)}


def _row(
    made: dict[str, int], part: str, unit: str, here: dict, peer: dict | None, ours: float, theirs: float | None
) -> dict:
    truth = made["next_year"]
    return {
        "case": f"{made['orders']:,} orders, {made['customers']:,} customers, {part}",
        "ours": ours,
        "peer": None if peer is None else f"{peer['model']} {peer['version']}",
        "theirs": theirs,
        "ratio": None if theirs is None else theirs / ours,
        "unit": unit,
        "cores": os.cpu_count(),
        "cpu_seconds": {"ours": here["cpu_seconds"], "theirs": None if peer is None else peer["cpu_seconds"]},
        "forecast": {
            "ours": here["purchases"] / truth - 1,
            "theirs": None if peer is None else peer["purchases"] / truth - 1,
        },
        "found": {"ours": here, "theirs": peer},
    }


def seconds_of(found: dict | None) -> float | None:
    return None if found is None else float(sum(step["seconds"] for step in found["steps"].values()))


def as_table(rows: list[dict]) -> str:
    heads = ("case", "peer", "ours", "theirs", "ratio", "limit", "CPU s", "purchases of the next year missed by")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = (
            row["case"],
            row["peer"] or "–",
            f"{row['ours']:.2f} {row['unit']}",
            _shown(row["theirs"], "{:.2f} " + row["unit"]),
            _shown(row["ratio"], "{:.1f}×"),
            row["limit"] or "–",
            " / ".join(_shown(seconds, "{:.1f}") for seconds in row["cpu_seconds"].values()),
            " / ".join(_shown(missed, "{:+.1%}") for missed in row["forecast"].values()),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"{rows[0]['cores']} cores"])


def _shown(value: float | None, text: str) -> str:
    return "–" if value is None else text.format(value)


if __name__ == "__main__":
    main()
