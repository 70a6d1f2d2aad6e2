"""Named check of how much of each channel's number is data, and how much is what was believed before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from workbench.mmm.checks.resolving_test import resolving_tests
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.priors import Priors
from workbench.mmm.inputs.robust_regression import RobustFit
from workbench.result import Check, Estimate
from workbench.wording import percent

LEARNT_LIMIT = 0.5
LEARNT = "learnt_from_data"


def learnt_from_data(posterior: xr.Dataset) -> dict[str, float]:
    """Share of the prior variance of each channel's return that data and tests removed, on the log scale.

    0: the number is what was believed before; 1: the belief no longer matters. Variances are read off 90% intervals, so
    that a few extreme draws don't decide.
    """
    after, before = (_log_width(posterior[name].to_numpy()) for name in ("roas", "prior_roas"))
    learnt = np.clip(1 - (after / before) ** 2, 0.0, 1.0)
    return {str(name): float(share) for name, share in zip(posterior["channel"].to_numpy(), learnt, strict=True)}


def learnt_estimates(posterior: xr.Dataset) -> Iterator[Estimate]:
    """One number a channel, without an interval."""
    for name, share in learnt_from_data(posterior).items():
        yield Estimate(quantity=LEARNT, entity=name, estimate=share, unit="%")


def learnt_check(learnt: Mapping[str, float], design: Design, priors: Priors, fits: Sequence[RobustFit]) -> Check:
    """Whether the data removed at least half of what was uncertain about each return."""
    vague = [name for name, share in learnt.items() if share < LEARNT_LIMIT]
    shares = ", ".join(f"{name} {percent(share, 0)}" for name, share in learnt.items())
    mend = (
        f"; the numbers of {', '.join(vague)} are mostly what was assumed before: "
        f"{resolving_tests(design, priors, fits, vague)}"
        if vague
        else ""
    )
    return Check(
        name=LEARNT,
        passed=not vague,
        value=min(learnt.values()),
        threshold=LEARNT_LIMIT,
        detail=f"Share of the uncertainty about each return that the data removed: {shares}{mend}.",
        brief=f"The data say little of {_and(vague)}: what is told of them is mostly what was assumed before. "
        "Which tests would change that stands at the end."
        if vague
        else "",
    )


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _log_width(draws: np.ndarray) -> np.ndarray:
    lower, upper = np.quantile(np.log(draws), [0.05, 0.95], axis=0)
    return upper - lower
