"""Effective samples per second of the media-mix model beside pymc-marketing's and Meridian's, on Meridian's published sets.

`python benchmarks/media_mix.py [--quick] [--json]`: all models fit the same sets in the same run, each in a fresh process of its
own environment, 4 chains × 1000 + 1000. `--quick` fits the national set only. The first run sets up the peers' environments.
"""

from __future__ import annotations

import argparse
import json
import os

from fits import fit
from peers import MERIDIAN, OURS, PYMC_MARKETING, Model
from sets import SETS, shared_data

COMPARISONS: tuple[tuple[str, Model, dict[str, float]], ...] = (
    ("sampling", PYMC_MARKETING, {"national": 12, "geo": 30}),
    ("whole", PYMC_MARKETING, {}),
    ("whole", MERIDIAN, {"national": 10, "geo": 25}),
)
PAIRED = ("min_ess", "r_hat", "divergences", "cpu_seconds", "warm", "returns", "versions")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the national set only")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    arguments = parser.parse_args()
    if not shared_data().is_dir():
        parser.exit(2, "Meridian's sets are not here; set WORKBENCH_SHARED_DATA to the folder that holds mix/\n")
    rows = [row for name in (["national"] if arguments.quick else ["national", "geo"]) for row in compare(name)]
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def compare(name: str) -> list[dict]:
    """Fit one set with every model, and put their effective samples per second side by side."""
    ours = fit(OURS, name)
    theirs = {peer.name: fit(peer, name) for peer in (PYMC_MARKETING, MERIDIAN)}
    return [row(name, part, peer, ours, theirs[peer.name], targets.get(name)) for part, peer, targets in COMPARISONS]


def row(name: str, part: str, peer: Model, ours: dict, theirs: dict, target: float | None) -> dict:
    """`ratio` says how many times more effective samples a second we draw, `target` how many times we want to."""
    seconds = {"ours": ours[f"{part}_seconds"], "theirs": theirs[f"{part}_seconds"]}
    speed = {"ours": ours["min_ess"] / seconds["ours"], "theirs": theirs["min_ess"] / seconds["theirs"]}
    return {
        "case": f"{SETS[name].label}, {part}",
        "ours": speed["ours"],
        "peer": peer.name,
        "theirs": speed["theirs"],
        "ratio": speed["ours"] / speed["theirs"],
        "unit": "minimum bulk ESS per second",
        "target": target,
        "seconds": seconds,
        **{key: {"ours": ours[key], "theirs": theirs[key]} for key in PAIRED},
        "cores": os.cpu_count(),
    }


def as_table(rows: list[dict]) -> str:
    heads = (
        "case",
        "peer",
        "ours",
        "theirs",
        "ratio",
        "target",
        "seconds",
        "CPU s",
        "min ESS",
        "divergences",
        "R-hat",
        "warm",
    )
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for found in rows:
        cells = (
            found["case"],
            " ".join((found["peer"], next(iter(found["versions"]["theirs"].values())))),
            f"{found['ours']:,.1f}",
            f"{found['theirs']:,.1f}",
            f"{found['ratio']:,.1f}×",
            f"{found['target']}×" if found["target"] else "–",
            pair(found["seconds"], "{:.1f}"),
            pair(found["cpu_seconds"], "{:.0f}"),
            pair(found["min_ess"], "{:,.0f}"),
            pair(found["divergences"], "{:d}"),
            pair(found["r_hat"], "{:.3f}"),
            " / ".join("yes" if found["warm"][who] else "no" for who in ("ours", "theirs")),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"{rows[0]['unit']}, ours / theirs; {rows[0]['cores']} cores"])


def pair(values: dict[str, float], form: str) -> str:
    return f"{form.format(values['ours'])} / {form.format(values['theirs'])}"


if __name__ == "__main__":
    main()
