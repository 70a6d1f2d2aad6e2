"""Plans of the same draws by the workbench and by pymc-marketing's optimiser: what they are worth, and what they took.

`python benchmarks/planner.py [--quick] [--json]`: both plan 13 weeks of 10 channels in 1,000 draws, each in a fresh process of its own
environment; every plan is then valued by the same function, which agrees with the peer's own to the last digits. The peer spreads each
channel evenly over the weeks. `--quick` leaves out the plan of 40 channels × 52 weeks × 20 markets, which only the workbench makes.
"""

from __future__ import annotations

import argparse
import json
import os
import time

import numpy as np
from fits import run
from peers import BENCH, OURS, PYMC_MARKETING
from planner_problem import LAGS, Problem, random_problem
from planner_scale import large_case
from planner_workbench import response_of
from sets import REPOSITORY

CASES = {"ordinary curves": 1.2, "S-shaped curves": 2.2}
CHANNELS, WEEKS, DRAWS = 10, 13, 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the large plan")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    arguments = parser.parse_args()
    PYMC_MARKETING.set_up()
    rows = [row for number, name in enumerate(CASES, start=1) for row in compare(name, seed=number)]
    rows += [] if arguments.quick else large_case()
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def compare(name: str, *, seed: int) -> list[dict]:
    """Both planners on one problem."""
    problem = random_problem(channels=CHANNELS, weeks=WEEKS, draws=DRAWS, slope=CASES[name], seed=seed)
    place = BENCH / "planner" / f"{name.split()[0]}.npz"
    problem.save(place)
    ours = run([str(OURS.python), str(REPOSITORY / "benchmarks" / "planner_workbench.py"), str(place)])
    script = str(REPOSITORY / "benchmarks" / "planner_pymc_marketing.py")
    theirs = run([str(PYMC_MARKETING.python), script, str(place)], **PYMC_MARKETING.variables)
    plan = np.tile(theirs["weekly"], (WEEKS, 1))
    value, their_value = worth(problem, np.array(ours["spend"])), worth(problem, plan)
    apart = abs(whole_window(problem, plan) / theirs["value"] - 1)
    common = {
        "peer": PYMC_MARKETING.name,
        "versions": theirs["versions"],
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    more = {"gap": ours["gap"], "evaluators_apart": apart, "peer_says": theirs["message"]}
    cold = {"ours": ours["solve_seconds"], "theirs": theirs["build_seconds"] + theirs["solve_seconds"]}
    busy = {"ours": ours["cpu_seconds"], "theirs": theirs["cpu_seconds"]}
    return [
        {
            "case": f"{name}, value",
            "ours": value,
            "theirs": their_value,
            "ratio": value / their_value,
            "unit": "currency",
            **common,
            **more,
        },
        {
            "case": f"{name}, cold solve",
            **cold,
            "ratio": cold["theirs"] / cold["ours"],
            "unit": "seconds",
            "target": 20,
            **common,
        },
        {
            "case": f"{name}, cold solve",
            **busy,
            "ratio": busy["theirs"] / busy["ours"],
            "unit": "CPU seconds",
            "target": 20,
            **common,
        },
    ]


def worth(problem: Problem, weekly: np.ndarray) -> float:
    """Mean over the draws of what a plan, shape (H, C), causes over spending nothing, carry-over after it included."""
    response = response_of(problem)
    plan = np.concatenate([weekly, np.zeros((LAGS, weekly.shape[1]))])[:, None]
    return float((response.contribution(plan) - response.contribution(np.zeros_like(plan))).sum(axis=(1, 2, 3)).mean())


def whole_window(problem: Problem, weekly: np.ndarray) -> float:
    """The peer's own measure: the weeks before the plan count along, as if nothing had been spent before them."""
    channels = weekly.shape[1]
    plan = np.concatenate([problem.history[-LAGS:], weekly, np.zeros((LAGS, channels))])[:, None]
    return float(response_of(problem).contribution(plan, np.zeros((LAGS - 1, 1, channels))).sum(axis=(1, 2, 3)).mean())


def as_table(rows: list[dict]) -> str:
    heads = ("case", "unit", "ours", "peer", "theirs", "ratio", "target", "gap")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for found in rows:
        cells = (
            found["case"],
            found["unit"],
            f"{found['ours']:,.2f}",
            found["peer"],
            f"{found['theirs']:,.2f}" if found["theirs"] is not None else "–",
            f"{found['ratio']:,.3f}×"
            if found["unit"] == "currency"
            else f"{found['ratio']:,.0f}×"
            if found["ratio"]
            else "–",
            f"{found['target']}" if found.get("target") else "–",
            f"{found['gap']:.2%}" if "gap" in found else "",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} at {time.strftime('%H:%M')}"])


if __name__ == "__main__":
    main()
