"""Programmes of tests whose true effects are known, as the registry would hold them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from workbench.experiments.registry.record import ExperimentRecord

LEVEL, QUANTILE = 0.95, 1.959963984540054


def record(
    name: str,
    *,
    relative: float = 0.03,
    se: float = 0.01,
    verdict: str = "",
    higher_is_better: bool = True,
    **told: object,
) -> ExperimentRecord:
    """A test on users; without a verdict, the one that its interval gives."""
    lower, upper = relative - QUANTILE * se, relative + QUANTILE * se
    better = (lower, upper) if higher_is_better else (-upper, -lower)
    read = "ship" if better[0] > 0 else "stop" if better[1] < 0 else "inconclusive"
    verdict = verdict or read
    settled = verdict not in ("invalid", "keep running")
    plain = ExperimentRecord(
        variant="offer",
        metric="orders",
        unit="orders",
        absolute=2 * relative,
        absolute_lower=2 * lower,
        absolute_upper=2 * upper,
        relative=relative,
        relative_lower=lower,
        relative_upper=upper,
        relative_se=se,
        level=LEVEL,
        experiment_id=name,
        kind="users",
        hypothesis="",
        design="users assigned at random: 5,000 in none, 5,000 in offer",
        start=date(2024, 1, 1),
        end=date(2024, 1, 21),
        markets="",
        channel="",
        units=10_000,
        higher_is_better=higher_is_better,
        profit=1e6 * better[0] if settled else float("nan"),
        profit_lower=float("nan"),
        profit_upper=float("nan"),
        currency="EUR",
        verdict=verdict,  # type: ignore[arg-type]
        decided_by="primary",
        assumption="",
        standing={"ship": "supported", "stop": "refuted"}.get(verdict, "open"),  # type: ignore[arg-type]
        reuse="",
        headline=f"{verdict.capitalize()} offer.",
        failed_checks="",
        tags="",
        owner="",
    )
    return replace(plain, **told)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Programme:
    """Records of a company's tests, oldest first, and the true relative effect of each, positive for better."""

    records: tuple[ExperimentRecord, ...]
    truth: np.ndarray

    def rows(self) -> list[dict[str, object]]:
        """As the registry would give them, one readout a week."""
        first = datetime(2023, 1, 2, tzinfo=UTC)
        return [
            {**vars(told), "run_id": f"run{i:04d}", "recorded_at": (first + timedelta(weeks=i)).isoformat()}
            for i, told in enumerate(self.records)
        ]


def simulate_programme(
    seed: int, *, ideas: int = 44, mean: float = 0.005, sd: float = 0.04, lasting: float = 1.0, retested: int = 0
) -> Programme:
    """New ideas first; then each of the first `retested` ideas once more, its true effect `lasting` times what it was."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(mean, sd, ideas)
    truth = np.concatenate([truth, lasting * truth[:retested]])
    idea = np.concatenate([np.arange(ideas), np.arange(retested)])
    errors = rng.uniform(0.008, 0.03, len(truth))
    measured = rng.normal(truth, errors)
    direction = np.where(idea % 3 == 0, -1, 1)
    records = tuple(
        record(
            f"{'again' if number >= ideas else 'idea'}_{idea[number]:02d}",
            relative=float(direction[number] * measured[number]),
            se=float(errors[number]),
            higher_is_better=bool(direction[number] > 0),
            assumption=f"Idea {idea[number]} works",
            start=date(2023, 1, 2) + timedelta(weeks=number),
            end=date(2023, 1, 15) + timedelta(weeks=number),
            profit=1e6 * float(measured[number]),
            channel=("email", "web", "app")[number % 3],
            tags=("price;summer", "copy", "layout")[number % 3],
        )
        for number in range(len(truth))
    )
    return Programme(records=records, truth=truth)
