"""How many groups come out again when the customers are drawn anew, more reliably than in a cloud without groups.

Each candidate is fitted to bootstrap samples, and each fit names the same customers: the adjusted Rand index says how far those names
agree with the ones that the whole sample gives. A long cloud is cut in the same place each time, too, and so is one of whole numbers, of
which many are the same; so a candidate must be more stable than on clouds with the customers' own correlations and distributions.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from workbench.segments.clusters.candidates import FITTERS, Fitter

STABLE = 0.9
AS_GOOD = 0.02
HOPELESS = 0.75
SAMPLE = 2000
BOOTSTRAPS, FEWEST = 8, 3
CLOUDS = 4
# How many times nearer to 1 than clouds: a shop without groups comes two or three times as near, since a first purchase that is
# also the last ties two features in a way that no copula knows.
MARGIN = 4
COLUMNS = ("method", "k", "stability", "error", "by_chance", "stable", "chosen")


@dataclass(frozen=True, kw_only=True)
class Stability:
    """Mean adjusted Rand index over bootstrap samples, and its standard error."""

    mean: float
    error: float


def judge_candidates(points: np.ndarray, ks: range, *, seed: int) -> pd.DataFrame:
    """One row a method and number of groups.

    Args:
        points: Standardised features in random order, shape (N, F); the first 2,000 are used.

    Returns:
        method, k, stability and its standard error, by_chance (the most that Gaussians without groups reach, NaN where nothing depends
        on it), stable (stability at least 0.9, and at most a quarter as far from 1 as by_chance), chosen: of those as good as the most stable
        one, that with the most groups; none may be.
    """
    rng = np.random.default_rng(seed)
    shown = points[:SAMPLE]
    clouds = [_without_groups(shown, rng) for _ in range(CLOUDS)]
    # Many small fits: threads of one fit would only wait for each other.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rows = [(method, k, *_judge(fitter, shown, clouds, k, rng)) for method, fitter in FITTERS.items() for k in ks]
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1])).astype({"method": "str"})
    return table.assign(chosen=np.arange(len(table)) == _choice(table))


def _judge(
    fitter: Fitter, points: np.ndarray, clouds: list[np.ndarray], k: int, rng: np.random.Generator
) -> tuple[float, float, float, bool]:
    """Stability, its error, that of the most stable cloud, and whether the first counts as stable."""
    found = _stability(fitter, points, k, rng)
    if found.mean < STABLE:
        return found.mean, found.error, float("nan"), False
    by_chance = max(_stability(fitter, cloud, k, rng).mean for cloud in clouds)
    return found.mean, found.error, by_chance, 1 - found.mean <= (1 - by_chance) / MARGIN


def _without_groups(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian copula: each feature's own values, tied as closely as they are, and nothing else.

    Features of customers who group take two values or more at once; of the copula they only tend to go together.
    """
    features = points.shape[1]
    correlation = np.corrcoef(norm.ppf((_ranks(points) + 0.5) / len(points)), rowvar=False).reshape(features, features)
    cloud = rng.multivariate_normal(np.zeros(features), correlation, len(points))
    return np.take_along_axis(np.sort(points, axis=0), _ranks(cloud).astype(int), axis=0)


def _ranks(points: np.ndarray) -> np.ndarray:
    """Of each value within its feature, from 0; shared ones at their middle."""
    return rankdata(points, axis=0) - 1


def _stability(fitter: Fitter, points: np.ndarray, k: int, rng: np.random.Generator) -> Stability:
    """Mean index over bootstrap samples; given up early where it can't become large."""
    if len(np.unique(points, axis=0)) <= k:
        return Stability(mean=0.0, error=0.0)
    names = fitter(points, k, int(rng.integers(2**31))).predict(points)
    indices: list[float] = []
    while len(indices) < BOOTSTRAPS and not (len(indices) >= FEWEST and np.mean(indices) < HOPELESS):
        again = points[rng.integers(len(points), size=len(points))]
        indices.append(adjusted_rand_score(names, fitter(again, k, int(rng.integers(2**31))).predict(points)))
    return Stability(mean=float(np.mean(indices)), error=float(np.std(indices, ddof=1) / np.sqrt(len(indices))))


def _choice(table: pd.DataFrame) -> int:
    """Row of the chosen candidate, −1 where none is stable."""
    stable = table[table.stable]
    if stable.empty:
        return -1
    best = stable.iloc[int(stable.stability.argmax())]
    near = stable[stable.stability >= best.stability - max(best.error, AS_GOOD)]
    return int(near.sort_values("k", ascending=False, kind="stable").index[0])
