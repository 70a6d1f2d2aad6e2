"""Does integrating out change the answer? Our posterior beside that of the whole model sampled by PyMC, baseline and weeks included.

`python benchmarks/media_mix_full_model.py [--draws 2500]`: two markets that share weeks; means and standard deviations of all
sampled parameters, and how many Monte-Carlo standard errors lie between the two. About four minutes.
`tests/mmm/test_full_model.py` holds the densities to each other exactly.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import nutpie
from arviz_stats.base import array_stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.mmm.test_full_model import HALF_NORMAL, full_model, small_world
from workbench.mmm.density.sample import sample_posterior

CHAINS, TUNE = 4, 1500
MOMENTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"mean": np.mean, "sd": np.std}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2500, help="of each chain")
    draws = parser.parse_args().draws
    prepared = small_world(markets=2)
    ours = prepared.layout.split(
        sample_posterior(prepared.data, seed=2, draws=draws, tune=TUNE, chains=CHAINS).position
    )
    settings = {"draws": draws, "tune": TUNE, "chains": CHAINS, "seed": 1, "target_accept": 0.97}
    trace = nutpie.sample(nutpie.compile_pymc_model(full_model(prepared)), progress_bar=False, **settings)
    theirs = {name: trace["posterior"][name].to_numpy() for name in ours}
    rows = sorted(comparisons(ours, theirs), key=lambda row: -row[-1])
    print(f"{len(rows)} moments; the farthest apart:\n\n| parameter | moment | ours | full model | MCSE apart |")
    print("|---|---|---|---|---|")
    for name, moment, own, full, apart in rows[:8]:
        print(f"| {name} | {moment} | {own:.3f} | {full:.3f} | {apart:.1f} |")


def comparisons(
    ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]
) -> Iterator[tuple[str, str, float, float, float]]:
    """Name, moment, ours, theirs and the distance of each parameter; spreads and noise on the log scale."""
    for name, block in ours.items():
        full = np.log(theirs[name]) if name in HALF_NORMAL else theirs[name]
        one, other = (values.reshape(*values.shape[:2], -1) for values in (block, full))
        for i in range(one.shape[-1]):
            for moment, of in MOMENTS.items():
                own, whole = float(of(one[..., i])), float(of(other[..., i]))
                error = np.hypot(_standard_error(one[..., i], moment), _standard_error(other[..., i], moment))
                yield f"{name} {i}", moment, own, whole, abs(own - whole) / error


def _standard_error(draws: np.ndarray, moment: str) -> float:
    return float(array_stats.mcse(draws, method=moment, chain_axis=0, draw_axis=1))


if __name__ == "__main__":
    main()
