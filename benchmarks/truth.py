"""How right is it? The newest reports on the sample company beside the truth that made its data.

Run `make demo` first, then `python benchmarks/truth.py [--json]`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from workbench.experiments import ExperimentResult
from workbench.mmm import MediaMixResult
from workbench.result import Estimate
from workbench.runs import finished_runs, latest_result, latest_run
from workbench.runs.handoff import read_handoff
from workbench.segments import SegmentationResult
from workbench.wording import in_unit, interval
from workbench.workspace import Workspace, open_workspace


@dataclass(frozen=True)
class Comparison:
    """One number that is known: what was found, what is true, whether the interval holds it (None without one)."""

    quantity: str
    truth: float
    estimate: float
    lower: float
    upper: float
    unit: str
    inside: bool | None


def compare(quantity: str, truth: float, found: Estimate, unit: str | None = None) -> Comparison:
    return Comparison(
        quantity=quantity,
        truth=truth,
        estimate=found.estimate,
        lower=found.lower,
        upper=found.upper,
        unit=found.unit if unit is None else unit,
        inside=bool(found.lower <= truth <= found.upper) if found.level == found.level else None,
    )


def comparisons(company: Workspace) -> Iterator[Comparison]:
    truth = company.root / "data" / "sample" / "truth"
    lifts = json.loads((truth / "lifts.json").read_text())
    yield from _returns(latest_result(company, MediaMixResult), pd.read_parquet(truth / "roas.parquet"))
    readouts = [run for run in finished_runs(company.reports) if run.summary.analysis == ExperimentResult.analysis]
    newest = {run.parameters["experiment"]: run for run in reversed(readouts)}
    email = ExperimentResult.load(newest["winter_email"].result_folder)
    yield compare(
        "e-mail: revenue per user", lifts["winter_email"]["revenue"], email.estimate("absolute_effect", "email/revenue")
    )
    geo = ExperimentResult.load(newest["social_uplift"].result_folder)
    yield compare(
        "geo test: revenue in total", lifts["social_uplift"]["lift"], geo.estimate("incremental_value", "social_uplift")
    )
    yield _orders(company, pd.read_parquet(truth / "future_orders.parquet"))


def _returns(mix: MediaMixResult, true: pd.DataFrame) -> Iterator[Comparison]:
    known = true[true.market == "all"].set_index("channel")
    for channel in mix.response.channels:
        yield compare(f"ROAS of {channel}", float(known.roas[channel]), mix.estimate("roas", channel))


def _orders(company: Workspace, future: pd.DataFrame) -> Comparison:
    run = latest_run(company.reports, SegmentationResult.analysis)
    values = read_handoff((run.path or company.reports) / "handoff" / "customer_values.csv")
    came = future.set_index("customer_id").orders.reindex(values.customer_id).fillna(0).sum()
    expected = float(values.expected_purchases.sum())
    found = Estimate(quantity="orders", entity="all", estimate=expected, unit="orders")
    return compare("orders of known customers, next 52 weeks", float(came), found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print a list of objects")
    arguments = parser.parse_args()
    rows = list(comparisons(open_workspace(Path(__file__).resolve().parents[1])))
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    print("| what | truth | found | interval | holds it |\n|---|---|---|---|---|")
    for row in rows:
        verdict = {True: "yes", False: "no", None: "–"}[row.inside]
        cells = in_unit(row.truth, row.unit), in_unit(row.estimate, row.unit), interval(row.lower, row.upper, row.unit)
        print(f"| {row.quantity} | {cells[0]} | {cells[1]} | {cells[2]} | {verdict} |")


if __name__ == "__main__":
    main()
