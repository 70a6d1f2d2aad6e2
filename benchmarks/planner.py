"""Plans of the same draws by the workbench and by the optimisers of pymc-marketing and Meridian: what they are worth, and what they took.

`python benchmarks/planner.py [--quick] [--json]`: all plan 13 weeks of 10 channels in 1,000 draws, each in a fresh process of its own
environment; every plan is then valued by the same function, which is held against each peer's own. pymc-marketing spreads each channel
evenly over the weeks, Meridian scales its last weeks; so plans of ours are made around the same weeks, freely and with no more freedom
than that. `--quick` leaves out larger plans, which only the workbench makes. Robyn's optimiser is written in R and isn't run.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

import numpy as np
from fits import run
from peers import BENCH, MERIDIAN, OURS, PYMC_MARKETING, Model
from planner_problem import LAGS, Problem, random_problem
from planner_scale import growth
from planner_workbench import response_of
from sets import REPOSITORY

CASES = {"ordinary curves": 1.2, "S-shaped curves": 2.2}
CHANNELS, WEEKS, DRAWS = 10, 13, 1000
FASTER = {PYMC_MARKETING.name: 20}
COLD, SLIDER = 1.0, 0.1
COLUMNS = ("case", "unit", "ours", "peer", "theirs", "ratio", "target", "gap", "cpu_seconds", "gigabytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without larger plans")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    arguments = parser.parse_args()
    rows = [row for number, name in enumerate(CASES, start=1) for row in compare(name, seed=number)]
    rows += [] if arguments.quick else growth()
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def compare(name: str, *, seed: int) -> list[dict]:
    """All planners on one problem."""
    problem = random_problem(channels=CHANNELS, weeks=WEEKS, draws=DRAWS, slope=CASES[name], seed=seed)
    place = BENCH / "planner" / f"{name.split()[0]}.npz"
    problem.save(place)
    ours = planned(OURS, "planner_workbench.py", place)
    cold = {"unit": "seconds", "ours": ours["load_seconds"] + ours["solve_seconds"], "target": COLD, "gap": ours["gap"]}
    rows = [
        {
            "case": f"{name}, first plan of a process",
            **cold,
            "cpu_seconds": ours["load_cpu_seconds"] + ours["cpu_seconds"],
        },
        {
            "case": f"{name}, slider moved, 95th percentile",
            "unit": "seconds",
            "ours": ours["slider_seconds"],
            "target": SLIDER,
            "cpu_seconds": ours["slider_cpu_seconds"],
        },
    ]
    for peer, script, flighting, own_measure in PEERS:
        peer.set_up()
        rows += _beside(name, problem, ours, ours[flighting], peer, planned(peer, script, place), own_measure)
    return rows


def planned(model: Model, script: str, place: os.PathLike[str]) -> dict:
    return run([str(model.python), str(REPOSITORY / "benchmarks" / script), str(place)], **model.variables)


def _beside(
    name: str,
    problem: Problem,
    ours: dict,
    plans: dict,
    peer: Model,
    theirs: dict,
    own_measure: Callable[[Problem, np.ndarray], float],
) -> list[dict]:
    plan = np.array(theirs["spend"])
    value = worth(problem, plan)
    common = {
        "peer": peer.name,
        "versions": theirs["versions"],
        "load": os.getloadavg()[0],
        "evaluators_apart": abs(own_measure(problem, plan) / theirs["value"] - 1),
        "peer_says": theirs["message"],
    }
    rows = []
    for words, case in (("free", "value"), ("in proportion", "value without freedom by week")):
        mine = worth(problem, np.array(plans[words]))
        rows.append(
            {
                "case": f"{name}, {case}",
                "unit": "currency",
                "ours": mine,
                "theirs": value,
                "ratio": mine / value,
                **common,
            }
        )
    taken = {
        "seconds": (ours["solve_seconds"], theirs["build_seconds"] + theirs["solve_seconds"]),
        "CPU seconds": (ours["cpu_seconds"], theirs["cpu_seconds"]),
    }
    for unit, (mine, other) in taken.items():
        row = {"case": f"{name}, plan", "unit": unit, "ours": mine, "theirs": other, "ratio": other / mine, **common}
        rows.append(row | {"target": FASTER.get(peer.name)})
    return rows


def worth(problem: Problem, weekly: np.ndarray) -> float:
    """Mean over the draws of what a plan, shape (H, C), causes over spending nothing, carry-over after it included."""
    response = response_of(problem)
    plan = np.concatenate([weekly, np.zeros((LAGS, weekly.shape[1]))])[:, None]
    return float((response.contribution(plan) - response.contribution(np.zeros_like(plan))).sum(axis=(1, 2, 3)).mean())


def whole_window(problem: Problem, weekly: np.ndarray) -> float:
    """What pymc-marketing counts: the weeks before the plan along with it, as if nothing had been spent before them."""
    return _from_nothing(problem, [problem.history[-LAGS:], weekly, np.zeros((LAGS, weekly.shape[1]))])


def whole_history(problem: Problem, weekly: np.ndarray) -> float:
    """What Meridian says of its draws: all that history's spend caused while it lasted; its plans aren't asked."""
    return _from_nothing(problem, [problem.history])


def _from_nothing(problem: Problem, weeks: list[np.ndarray]) -> float:
    plan = np.concatenate(weeks)[:, None]
    return float(
        response_of(problem).contribution(plan, np.zeros((LAGS - 1, *plan.shape[1:]))).sum(axis=(1, 2, 3)).mean()
    )


PEERS = (
    (PYMC_MARKETING, "planner_pymc_marketing.py", "even", whole_window),
    (MERIDIAN, "planner_meridian.py", "as it was", whole_history),
)


def as_table(rows: list[dict]) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(_told(row, column) for column in COLUMNS) + " |" for row in rows]
    return "\n".join([*lines, "", f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} at {time.strftime('%H:%M')}"])


def _told(row: dict, column: str) -> str:
    found = row.get(column)
    match column:
        case _ if found is None:
            return "–"
        case "ratio":
            return f"{found:,.4f}×" if row["unit"] == "currency" else f"{found:,.0f}×"
        case "gap":
            return f"{found:.3%}"
        case _:
            return found if isinstance(found, str) else f"{found:,.0f}" if found >= 1000 else f"{found:.3g}"


if __name__ == "__main__":
    main()
