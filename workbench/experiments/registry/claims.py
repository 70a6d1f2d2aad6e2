"""What became of past claims: which later tests of the same belief repeated, which found less, which said otherwise.

A claim is the first test of a belief whose interval lies beyond zero. Later tests are held against what the claim's test left
to be believed, not against what it measured: what stands out is partly luck, and a mere return to the mean is no decay.

|                                        | the effect stands beyond chance | it doesn't    |
|----------------------------------------|---------------------------------|---------------|
| later tests found as much as believed  | repeated                        | not settled   |
| later tests found less                 | decayed                         | contradicted  |
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from workbench.experiments.registry.programme import LEVEL, ended, settled_tests
from workbench.experiments.registry.shrinkage import EffectPrior, improvement, posterior
from workbench.experiments.result import typed_frame

type Fate = Literal["repeated", "decayed", "contradicted", "not settled", "withdrawn"]

BROKEN = ("contradicted", "withdrawn")
CLAIM_COLUMNS = {
    "claim": "str",
    "experiment_id": "str",
    "metric": "str",
    "ended": "datetime64[ns]",
    "claimed": "float64",
    "believed": "float64",
    "later": "float64",
    "later_lower": "float64",
    "later_upper": "float64",
    "later_tests": "str",
    "fate": "str",
}
_Z = float(stats.norm.ppf((1 + LEVEL) / 2))


def claims_since(records: pd.DataFrame, priors: dict[str, EffectPrior]) -> pd.DataFrame:
    """Every claim that later data speak about, `CLAIM_COLUMNS`; effects are relative, positive for better.

    Args:
        records: All versions of all records, `RECORD_COLUMNS`.
        priors: What tests teach, by kind of test.
    """
    dated = records.assign(ended=ended(records))
    rows = [*_retested(dated[dated.newest], priors), *_withdrawn(dated)]
    return typed_frame(rows, CLAIM_COLUMNS).sort_values("ended", ascending=False, ignore_index=True)


def most_worth_repeating(newest: pd.DataFrame) -> pd.Series | None:
    """The shipped test that most money rests on among those whose belief was put to the proof only once."""
    settled = settled_tests(newest)
    words = belief(settled)
    alone = (words == "") | ~words.duplicated(keep=False)
    shipped = settled[alone & (settled.verdict == "ship") & (settled.profit > 0)]
    return None if shipped.empty else shipped.sort_values("profit").iloc[-1]


def fate_of(direction: int, believed: float, believed_se: float, later: float, later_se: float) -> Fate:
    """What later data make of a claim.

    Args:
        direction: 1 where the claim was an improvement, -1 where it was a loss.
        believed: What the claim's test left to be believed.
        believed_se: How well.
        later: What later tests measured together.
        later_se: How well.
    """
    smaller = direction * (later - believed) < -_Z * math.hypot(believed_se, later_se)
    stands = direction * later > _Z * later_se
    if smaller:
        return "decayed" if stands else "contradicted"
    return "repeated" if stands else "not settled"


def belief(records: pd.DataFrame) -> pd.Series:
    """The belief that each test put to the proof, empty where none was written down: equal words are one belief."""
    words = records.assumption.where(records.assumption.str.strip() != "", records.hypothesis)
    return words.str.casefold().str.split().str.join(" ")


def _retested(newest: pd.DataFrame, priors: dict[str, EffectPrior]) -> Iterator[dict[str, object]]:
    settled = settled_tests(newest)
    known = settled[np.isfinite(settled.relative) & (settled.relative_se > 0) & (belief(settled) != "")]
    order = known.sort_values(["ended", "recorded_at"])
    for _, tests in order.groupby([belief(known), known.metric], sort=True):
        claims = np.flatnonzero(tests.standing != "open")
        if len(claims) and claims[0] + 1 < len(tests):
            yield _claim(tests.iloc[claims[0]], tests.iloc[claims[0] + 1 :], priors)


def _claim(first: pd.Series, later: pd.DataFrame, priors: dict[str, EffectPrior]) -> dict[str, object]:
    claimed = first.relative if first.higher_is_better else -first.relative
    prior = priors[first.kind]
    found = posterior(claimed, first.relative_se, prior)
    weights = 1 / later.relative_se**2
    together, se = float((improvement(later) * weights).sum() / weights.sum()), float(weights.sum() ** -0.5)
    direction = 1 if first.standing == "supported" else -1
    return {
        **_told(first, claimed),
        "believed": found.mean,
        "later": together,
        "later_lower": together - _Z * se,
        "later_upper": together + _Z * se,
        "later_tests": ", ".join(later.experiment_id),
        "fate": fate_of(direction, found.mean, math.sqrt(found.weight) * first.relative_se, together, se),
    }


def _withdrawn(records: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Claims that a newer readout of the same test no longer makes."""
    read_again = records[records.experiment_id.isin(records.experiment_id[records.version > 1])]
    for _, versions in read_again.sort_values("version").groupby("experiment_id", sort=True):
        last, made = versions.iloc[-1], versions[versions.standing != "open"]
        if len(made) and made.standing.iloc[-1] != last.standing:
            first = made.iloc[-1]
            # What an invalid test measured says nothing, of the claim neither.
            sign = np.nan if last.verdict == "invalid" else 1 if last.higher_is_better else -1
            bounds = sorted((sign * last.relative_lower, sign * last.relative_upper))
            yield {
                **_told(first, first.relative if first.higher_is_better else -first.relative),
                "later": sign * last.relative,
                "later_lower": bounds[0],
                "later_upper": bounds[1],
                "later_tests": f"its readout of {last.recorded_at:%Y-%m-%d} ({last.verdict})",
                "fate": "withdrawn",
            }


def _told(first: pd.Series, claimed: float) -> dict[str, object]:
    return {
        "claim": first.assumption.strip() or first.hypothesis.strip() or first.experiment_id,
        "experiment_id": first.experiment_id,
        "metric": first.metric,
        "ended": first.ended,
        "claimed": claimed,
    }
