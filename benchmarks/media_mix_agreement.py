"""Where media-mix models agree: ROAS and contribution by channel, ours beside Meridian's and pymc-marketing's.

`python benchmarks/media_mix_agreement.py [--refit] [--json]`: reads the fits that `media_mix.py` kept, and makes those that are
missing. Means and central 90% intervals; `overlap` is the share of the shorter interval that lies inside the other one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from fits import fit, kept
from peers import MERIDIAN, OURS, PYMC_MARKETING, Model
from sets import SETS, shared_data

MODELS = (OURS, MERIDIAN, PYMC_MARKETING)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refit", action="store_true", help="fit everything anew")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    arguments = parser.parse_args()
    if not shared_data().is_dir():
        parser.exit(2, "the published sets are not here; set WORKBENCH_SHARED_DATA to the folder that holds mix/\n")
    rows = [row for name in SETS for row in compare(name, refit=arguments.refit)]
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def compare(name: str, *, refit: bool) -> Iterator[dict]:
    """One row a channel and peer."""
    found = {model.name: returns(model, name, refit=refit) for model in MODELS}
    ours = found[OURS.name]
    for channel, own in ours.items():
        for peer in (MERIDIAN, PYMC_MARKETING):
            theirs = found[peer.name][channel]
            yield {
                "case": SETS[name].label,
                "channel": channel,
                "ours": own,
                "peer": peer.name,
                "theirs": theirs,
                "ratio": own["mean"] / theirs["mean"],
                "unit": "ROAS",
                "overlap": overlap(own, theirs),
            }


def returns(model: Model, name: str, *, refit: bool) -> dict[str, dict[str, float]]:
    found = None if refit else kept(model, name)
    return (found or fit(model, name))["returns"]


def overlap(one: dict[str, float], other: dict[str, float]) -> float:
    """Share of the shorter interval that lies inside the other one, in [0, 1]."""
    shared = min(one["upper"], other["upper"]) - max(one["lower"], other["lower"])
    return max(0.0, shared) / min(one["upper"] - one["lower"], other["upper"] - other["lower"])


def as_table(rows: list[dict]) -> str:
    heads = (
        "set",
        "channel",
        "ROAS, ours",
        *(f"{model.name} | overlap" for model in MODELS[1:]),
        "contribution, ours / theirs",
    )
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * 8]
    by_channel: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        by_channel.setdefault((row["case"], row["channel"]), []).append(row)
    for (case, channel), peers in by_channel.items():
        own = peers[0]["ours"]
        cells = [case, channel, interval(own)]
        cells += [text for row in peers for text in (interval(row["theirs"]), f"{row['overlap']:.0%}")]
        cells.append(" / ".join(contribution(found) for found in (own, *(row["theirs"] for row in peers))))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def contribution(found: dict[str, float]) -> str:
    return f"{found['mean'] * found['spend']:,.4g}"


def interval(found: dict[str, float]) -> str:
    return f"{found['mean']:.3g} [{found['lower']:.3g}, {found['upper']:.3g}]"


if __name__ == "__main__":
    main()
