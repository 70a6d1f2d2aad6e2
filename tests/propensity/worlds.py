"""Simulated leads whose true probabilities are known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from workbench.propensity.rows import TrainingRows


@dataclass(frozen=True)
class World:
    """Leads, who was won, and how likely each was."""

    features: pd.DataFrame
    won: np.ndarray
    truth: np.ndarray

    def rows(self, days: int = 400) -> TrainingRows:
        time = np.datetime64("2024-01-01", "us") + np.sort(np.arange(len(self.won)) % days * 86_400_000_000).astype(
            "timedelta64[us]"
        )
        return TrainingRows(
            features=self.features,
            outcome=self.won,
            time=time,
            known=time,
            unit=np.arange(len(self.won)),
            value=np.where(self.won, 100.0, np.nan),
            made=frozenset(),
            groups=pd.DataFrame(index=self.features.index),
        )

    def leads(self, horizon: int = 30) -> pd.DataFrame:
        """As the canonical table: won at once or never."""
        rows = self.rows()
        created = pd.Series(rows.time)
        return self.features.assign(
            lead_id=[f"L{i:06d}" for i in range(len(created))],
            created_at=created,
            won_at=(created + pd.Timedelta(days=horizon // 3)).where(self.won),
        )


def simulate(seed: int, size: int = 4000, strength: float = 1.0, rate: float = 0.15) -> World:
    """Two numbers, a category with three levels and pure noise, in a logistic truth."""
    rng = np.random.default_rng(seed)
    visits, age = rng.normal(size=size), rng.normal(size=size)
    origin = rng.choice(["search", "social", "event"], size=size, p=[0.5, 0.3, 0.2])
    effect = pd.Series(origin).map({"search": 0.0, "social": -0.6, "event": 0.8}).to_numpy()
    signal = strength * (0.9 * visits - 0.5 * age + effect)
    truth = expit(logit(rate) + signal)
    won = rng.random(size) < truth
    features = pd.DataFrame(
        {"visits": visits, "age": age, "noise": rng.normal(size=size), "origin": pd.Series(origin, dtype=object)}
    )
    return World(features, won, truth)
