"""Balance: did the arms look alike before the test?"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from workbench.config import UserExperiment
from workbench.experiments.users.engine import ROUNDING, Moments
from workbench.experiments.users.measure import MeasuredTest
from workbench.result import Check
from workbench.wording import number

IMBALANCE = 0.001
# A column that others explain to this share of its variance tells nothing of its own.
LEAST_OWN_VARIANCE = 1e-9

type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def balance_check(measured: MeasuredTest, spec: UserExperiment) -> Check:
    """Compare all pre-period columns between all arms at once; it fails below p = 0.001.

    Treatment can't have caused a difference that is older than itself, so one beyond chance means that the assignment was not
    random, or that units were lost since.
    """
    columns = tuple(dict.fromkeys(name for metric in spec.metrics for name in metric.before))
    if not columns:
        return Check(
            name="balance",
            passed=None,
            detail="No metric has a column from before the test, so the arms can't be compared before it; "
            "declare one as a covariate.",
        )
    arms = list(measured.arms.values())
    p_value = balance_p_value(arms, columns)
    passed = p_value >= IMBALANCE
    column, variant, apart = _furthest(measured, spec.control, columns)
    seen = f"the widest gap is {column.replace('_', ' ')} in {variant}, {number(apart, 2)} standard deviations from {spec.control}"
    detail = (
        f"Before the test the arms were alike, as far as chance allows; {seen}."
        if passed
        else f"The arms differed before the test began: {seen}; find out how units were assigned or lost before reading any effect."
    )
    return Check(name="balance", passed=passed, value=p_value, threshold=IMBALANCE, detail=detail)


def balance_p_value(arms: list[Moments], columns: tuple[str, ...]) -> float:
    """Hotelling's T² of two arms, the Hotelling-Lawley trace of more, by McKeon's F.

    Columns that are constant or that others explain are left out of the count.

    References:
        McKeon (1974), F Approximations to the Distribution of Hotelling's T0², Biometrika 61.
    """
    units = np.array([arm.units for arm in arms], dtype=float)
    means = np.array([[arm.mean[name] for name in columns] for arm in arms])
    overall = units @ means / units.sum()
    apart = means - overall
    between = (apart * units[:, None]).T @ apart
    within = sum(((arm.units - 1) * _covariance(arm, columns) for arm in arms), start=np.zeros_like(between))
    # Of a column that has one value in all arms, nothing but rounding lies between them.
    varying = np.flatnonzero(np.diag(within + between) > units.sum() * (ROUNDING * overall) ** 2)
    picked = np.ix_(varying, varying)
    roots = _between_shares(between[picked], (within + between)[picked])
    trace = float(np.sum(roots / (1 - roots)))
    return _mckeon(trace, roots.size, len(arms) - 1, int(units.sum()) - len(arms))


def _covariance(arm: Moments, columns: tuple[str, ...]) -> Array:
    return np.array([[arm.covariance[a, b] for b in columns] for a in columns])


def _between_shares(between: Array, total: Array) -> Array:
    """Share of the scatter that lies between arms, below 1, along each of the uncorrelated directions of the columns."""
    scale = np.sqrt(np.diag(total))
    values, vectors = np.linalg.eigh(total / np.outer(scale, scale))
    kept = values > LEAST_OWN_VARIANCE
    whitening = vectors[:, kept] / np.sqrt(values[kept]) / scale[:, None]
    return np.clip(np.linalg.eigvalsh(whitening.T @ between @ whitening), 0.0, 1 - 1e-12)


def _mckeon(trace: float, columns: int, contrasts: int, freedom: int) -> float:
    """Exact where there is one column or one contrast."""
    n = (freedom - columns - 1) / 2
    if columns == 0 or n <= 1:
        # Nothing varies, or there are too few units for F's moments: chance explains anything.
        return 1.0
    b = (columns + 2 * n) * (contrasts + 2 * n) / (2 * (2 * n + 1) * (n - 1))
    df = 4 + (columns * contrasts + 2) / (b - 1)
    return float(stats.f.sf(df * 2 * n / (df - 2) * trace / (columns * contrasts), columns * contrasts, df))


def _furthest(measured: MeasuredTest, control: str, columns: tuple[str, ...]) -> tuple[str, str, float]:
    """Column, variant and gap to the control in the control's standard deviations, where that gap is widest."""
    base = measured.arms[control]
    gaps = [
        (name, variant, _standardised(base, arm, name))
        for variant, arm in measured.arms.items()
        if variant != control
        for name in columns
    ]
    return max(gaps, key=lambda gap: abs(gap[2]))


def _standardised(control: Moments, treatment: Moments, column: str) -> float:
    apart = treatment.mean[column] - control.mean[column]
    variance = (control.covariance[column, column] + treatment.covariance[column, column]) / 2
    return apart / math.sqrt(variance) if variance > 0 else 0.0
