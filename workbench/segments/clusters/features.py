"""What customers are grouped by: how often, how recently, how much, for how long; on a log scale and standardised."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

FEATURES = ("purchases", "days_since_last", "mean_order", "days_as_customer")


@dataclass(frozen=True, kw_only=True)
class Standardised:
    """Log features of mean 0 and variance 1.

    Attributes:
        points: Shape (N, F).
        names: Of the F features that vary.
        mean: Of the logarithms, shape (F,).
        scale: Their standard deviation, shape (F,).
    """

    points: np.ndarray
    names: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray

    def of(self, rows: pd.DataFrame) -> np.ndarray:
        """Other rows on the same scale."""
        return (np.log1p(rows[list(self.names)].to_numpy(dtype=float)) - self.mean) / self.scale


def read_features(sample: ibis.Table) -> pd.DataFrame:
    """`FEATURES` and expected_value of customers, whose ids stay in the engine, in an order that follows from the ids alone."""
    return (
        sample.order_by(sample.place.desc(), "customer_id")
        .select(
            "days_since_last",
            "expected_value",
            purchases=sample.frequency + 1,
            # Of all orders of a day: rows may be the lines of one.
            mean_order=sample.revenue / (sample.frequency + 1),
            days_as_customer=sample.age_days,
        )
        .to_pandas()
    )


def standardise(sample: pd.DataFrame) -> Standardised:
    """A feature that is the same for everybody is left out."""
    logs = np.log1p(sample[list(FEATURES)].to_numpy(dtype=float))
    scale = logs.std(axis=0)
    varies = scale > 1e-9
    mean, scale = logs.mean(axis=0)[varies], scale[varies]
    names = tuple(name for name, keeps in zip(FEATURES, varies, strict=True) if keeps)
    return Standardised(points=(logs[:, varies] - mean) / scale, names=names, mean=mean, scale=scale)
