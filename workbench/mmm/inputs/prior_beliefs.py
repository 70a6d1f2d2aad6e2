"""What the priors say before any data, in the terms in which a business would dispute it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.mmm.density.parameters import Draws, density_layout, half_normal_scales, natural
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.inputs.priors import Priors
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.adstock import weeks_to_half
from workbench.wording import interval, number, one

DRAWS = 1000
LEAST_DRAWS = 50
CELLS_AT_ONCE = 5e6
RESPONSE_DRAWS = 300
QUANTILES = (0.05, 0.5, 0.95)
KNOWN_FROM = {"roas": "stated return", "cpa": "stated cost per conversion", "weak": "no opinion"}


@dataclass(frozen=True, kw_only=True)
class PriorBeliefs:
    """Draws from the prior of a media mix, D of them, for C channels.

    Attributes:
        design: The panel on the model's scales.
        priors: What the draws come from.
        tests: Lift tests, which will override the priors of their channels.
        position: Unconstrained parameters, shape (D, size).
    """

    design: Design
    priors: Priors
    tests: LiftTests
    position: np.ndarray

    @property
    def channels(self) -> tuple[str, ...]:
        return self.design.panel.channels

    @cached_property
    def draws(self) -> Draws:
        return natural(self.position, self.design, self.priors)

    @cached_property
    def response(self) -> ResponseModel:
        """Response of the KPI to media, of as many draws as fit into memory."""
        kept = int(np.clip(CELLS_AT_ONCE / np.prod(self.design.shape), LEAST_DRAWS, RESPONSE_DRAWS))
        return response_model(natural(self.position[:kept], self.design, self.priors), self.design)

    @cached_property
    def roas(self) -> np.ndarray:
        """Return over all markets, shape (D, C)."""
        spend = self.design.panel.window_spend.sum(axis=0)
        return (self.draws.roas * spend).sum(axis=1) / spend.sum(axis=0)

    @cached_property
    def share(self) -> np.ndarray:
        """Share of the KPI's value that each channel causes, shape (D, C)."""
        panel = self.design.panel
        return self.roas * panel.window_spend.sum(axis=(0, 1)) / panel.revenue.sum()

    @cached_property
    def weeks_to_half(self) -> np.ndarray:
        """Weeks in which half of the effect has come, shape (D, C)."""
        longest = self.design.carry_over_weeks
        by_channel = zip(self.draws.half_life.T, self.draws.carry_over_shape.T, self.design.adstock, strict=True)
        return np.stack([weeks_to_half(h, k, form, longest) for h, k, form in by_channel], axis=-1)

    @cached_property
    def half_saturation(self) -> np.ndarray:
        """Currency a week over all markets that reaches half of the largest effect, in the draws of `response`; NaN for straight lines."""
        bought = self.response.half_saturation / self.response.exposure_per_spend
        return np.where(self.design.money_scale > 0, bought, 0.0).sum(axis=1)

    def tests_of(self, channel: str) -> tuple[str, ...]:
        """Names of the lift tests on a channel."""
        index = self.channels.index(channel)
        tested = self.tests.membership[:, self.tests.channel == index].any(axis=1)
        return tuple(name for name, on in zip(self.tests.names, tested, strict=True) if on)


def prior_beliefs(design: Design, priors: Priors, tests: LiftTests, *, seed: int, draws: int = DRAWS) -> PriorBeliefs:
    """Draw every sampled parameter from its prior."""
    layout = density_layout(design)
    rng = np.random.default_rng(seed)
    score = rng.standard_normal((draws, layout.size))
    scale = half_normal_scales(layout, priors, design.baseline)
    position = np.where(scale > 0, np.log(np.abs(score) * np.where(scale > 0, scale, 1.0)), score)
    return PriorBeliefs(design=design, priors=priors, tests=tests, position=position)


def prior_table(beliefs: PriorBeliefs) -> pd.DataFrame:
    """One row a channel: `channel`, `basis`, `tests`, and median, 5% and 95% quantile of what its priors imply.

    `roas` (return per unit of spend), `share` (of the KPI's value), `weeks_to_half` (of the effect) and `half_saturation`
    (currency a week over all markets; NaN for a straight line), each with `_lower` and `_upper`.
    """
    frame = pd.DataFrame(
        {
            "channel": beliefs.channels,
            "basis": beliefs.priors.basis,
            "tests": ["; ".join(beliefs.tests_of(name)) for name in beliefs.channels],
        }
    )
    for name in ("roas", "share", "weeks_to_half", "half_saturation"):
        lower, middle, upper = np.quantile(getattr(beliefs, name), QUANTILES, axis=0)
        frame = frame.assign(**{name: middle, f"{name}_lower": lower, f"{name}_upper": upper})
    return frame


def prior_carry_over(beliefs: PriorBeliefs) -> pd.DataFrame:
    """Share of a channel's effect by `week` after the exposure (0 for its own): `channel`, `estimate`, `lower`, `upper`."""
    frames = []
    for c, name in enumerate(beliefs.channels):
        lower, middle, upper = np.quantile(beliefs.response.lag_weights[c], QUANTILES, axis=0)
        week = np.arange(len(middle))
        frames.append(pd.DataFrame({"channel": name, "week": week, "estimate": middle, "lower": lower, "upper": upper}))
    return pd.concat(frames, ignore_index=True)


def prior_table_in_words(beliefs: PriorBeliefs) -> pd.DataFrame:
    """`prior_table` for reading: 90% ranges as text, one row a channel."""
    currency = beliefs.design.panel.currency
    rows = [
        {
            "Channel": row["channel"],
            "Known from": f"test {row['tests']}" if row["tests"] else KNOWN_FROM[row["basis"]],
            f"Return per {one(currency)}": interval(row["roas_lower"], row["roas_upper"], currency),
            "Share of revenue": interval(row["share_lower"], row["share_upper"], "%"),
            "Half of the effect within": _weeks(row["weeks_to_half_lower"], row["weeks_to_half_upper"]),
            "Half of the largest effect at, a week": interval(
                row["half_saturation_lower"], row["half_saturation_upper"], currency
            ),
        }
        for row in prior_table(beliefs).to_dict("records")
    ]
    return pd.DataFrame(rows)


def _weeks(lower: float, upper: float) -> str:
    return f"{number(lower, 2)} to {number(upper, 2)} weeks"
