"""Programmes of tests whose true effects are known, as the registry would hold them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

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
