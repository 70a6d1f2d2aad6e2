"""Past tests in the light of each other: what each one's true effect probably is, and how often tests succeed."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from workbench.experiments.registry.shrinkage import SETTLED, EffectPrior, improvement, learn_prior, posterior
from workbench.experiments.result import typed_frame

LEVEL = 0.95
FEWEST_OF_A_GROUP = 3
POWER = 0.8
TEST_COLUMNS = {
    "experiment_id": "str",
    "kind": "str",
    "ended": "datetime64[ns]",
    "channel": "str",
    "metric": "str",
    "verdict": "str",
    "measured": "float64",
    "measured_se": "float64",
    "believed": "float64",
    "believed_lower": "float64",
    "believed_upper": "float64",
    "probability_better": "float64",
    "smallest_visible": "float64",
    "profit": "float64",
}
HIT_COLUMNS = {
    "of": "str",
    "name": "str",
    "tests": "int64",
    "shipped": "int64",
    "hit_rate": "float64",
    "lower": "float64",
    "upper": "float64",
}


def judge_tests(settled: pd.DataFrame, priors: dict[str, EffectPrior]) -> pd.DataFrame:
    """Each settled test with its effect as measured and as believed after all tests of its kind, latest first.

    Effects are relative and positive for better, whatever the direction of the metric.

    Args:
        settled: The newest records of settled tests, `RECORD_COLUMNS`.
        priors: What tests teach, by kind of test.

    Returns:
        `TEST_COLUMNS`; `smallest_visible` is the true effect that a test of that size finds four times of five.
    """
    visible = float(stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER))
    rows = []
    dated = settled.assign(ended=ended(settled), measured=improvement(settled))
    for record in dated.to_dict("records"):
        found = posterior(record["measured"], record["relative_se"], priors[record["kind"]], level=LEVEL)
        rows.append(
            {
                **{str(name): value for name, value in record.items() if name in TEST_COLUMNS},
                "measured_se": record["relative_se"],
                "believed": found.mean,
                "believed_lower": found.lower,
                "believed_upper": found.upper,
                "probability_better": found.probability_better,
                "smallest_visible": visible * record["relative_se"],
            }
        )
    return typed_frame(rows, TEST_COLUMNS).sort_values("ended", ascending=False, ignore_index=True)


def settled_tests(newest: pd.DataFrame) -> pd.DataFrame:
    """Records of tests that ended in a verdict on the treatment."""
    return newest[newest.verdict.isin(SETTLED)]


def priors_by_kind(newest: pd.DataFrame) -> dict[str, EffectPrior]:
    """What past tests teach, by kind of test."""
    return {kind: learn_prior(newest, kind=kind) for kind in sorted(set(newest.kind))}


def hit_rates(settled: pd.DataFrame) -> pd.DataFrame:
    """Share of settled tests that shipped: of all, and by kind, year, channel and tag where that tells some apart, `HIT_COLUMNS`."""
    return typed_frame([_hit(of, name, chosen) for of, name, chosen in _groups(settled)], HIT_COLUMNS)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Interval of a share that stays within 0 and 1 (Wilson, 1927)."""
    z = float(stats.norm.ppf((1 + LEVEL) / 2))
    share, shrink = successes / trials, 1 + z**2 / trials
    half_width = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) / shrink
    centre = (share + z**2 / (2 * trials)) / shrink
    return max(centre - half_width, 0.0), min(centre + half_width, 1.0)


def ended(records: pd.DataFrame) -> pd.Series:
    """When each test ended: its declared last day, or the day of its readout where none was declared or it was decided earlier."""
    read = records.recorded_at.dt.normalize()
    return records.end.fillna(read).clip(upper=read)


def _groups(settled: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    yield "all", "all tests", settled
    year = ended(settled).dt.year.astype(str)
    tags = settled.tags.str.split(";").explode()
    columns = {"kind": settled.kind, "year": year, "channel": settled.channel, "tag": tags}
    for of, labels in columns.items():
        for name in sorted(set(labels) - {""}):
            chosen = settled.loc[labels.index[labels == name]]
            if FEWEST_OF_A_GROUP <= len(chosen) < len(settled):
                yield of, name, chosen


def _hit(of: str, name: str, chosen: pd.DataFrame) -> dict[str, object]:
    shipped = int(np.sum(chosen.verdict == "ship"))
    lower, upper = wilson(shipped, len(chosen))
    return {
        "of": of,
        "name": name,
        "tests": len(chosen),
        "shipped": shipped,
        "hit_rate": shipped / len(chosen),
        "lower": lower,
        "upper": upper,
    }
