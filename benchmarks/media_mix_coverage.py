"""How honest are the intervals? Media-mix fits of businesses of known truth, as the model has them in mind and as it hasn't.

`python benchmarks/media_mix_coverage.py [--fits 60] [--only WORDS] [--json]`: for each kind of business, how often the 90%
intervals of the ROAS and of each week's contributions hold the truth, how far off the ROAS is, and which checks warn.
About a second a fit on one core, five in four markets.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.mmm.businesses import KINDS, Kind, business, sample_company
from tests.mmm.coverage_study import Coverage, judge, summarise

COMPANY_MARKETS = ("DE", "FR", "GB")
COMPANY = "the sample company, three markets"
NAMED_CHECKS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", type=int, default=60, help="businesses of each kind")
    parser.add_argument("--only", default="", help="kinds whose name holds these words")
    parser.add_argument("--json", action="store_true", help="print a list of objects")
    arguments = parser.parse_args()
    kinds = [kind for kind in (*KINDS, Kind(name=COMPANY)) if arguments.only in kind.name]
    rows = [cover(kind, arguments.fits) for kind in kinds]
    print(json.dumps([asdict(row) for row in rows], indent=1) if arguments.json else as_table(rows))


def cover(kind: Kind, fits: int) -> Coverage:
    """Fit as many businesses of one kind."""
    verdicts = []
    for seed in range(fits):
        world = sample_company(seed, COMPANY_MARKETS) if kind.name == COMPANY else business(kind, seed)
        verdicts.append(judge(world, kind, seed))
    return summarise(kind.name, verdicts)


def as_table(rows: Sequence[Coverage]) -> str:
    head = (
        "| kind of business | fits | ROAS inside | contributions inside | median error | median bias | warned | by |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *(_line(row) for row in rows)])


def _line(row: Coverage) -> str:
    checks = ", ".join(f"{name} {share:.0%}" for name, share in list(row.failed.items())[:NAMED_CHECKS])
    shares = (row.roas, row.contribution, row.median_error, row.bias, row.warned)
    cells = (row.kind, str(row.fits), *(f"{share:.0%}" for share in shares), checks or "–")
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
