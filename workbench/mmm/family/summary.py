"""Each channel's return under each form and under all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.mmm.family.forms import BENDS_WORDS, CARRY_OVER_WORDS, CURVE_WORDS
from workbench.result import Estimate

if TYPE_CHECKING:
    from workbench.mmm.family.fit import Family

LEVEL = 0.9
ALL_FORMS = "all forms"


def roas_by_form(family: Family) -> pd.DataFrame:
    """One row a form and channel: `form`, `in_words`, `weight`, `score`, `channel`, `estimate`, `lower`, `upper`; `ALL_FORMS` comes last."""
    each = [
        _table(family.channels, member.roas, np.ones(len(member.roas))).assign(
            form=member.form.name, in_words=member.form.in_words, weight=member.weight, score=member.score
        )
        for member in family.members
    ]
    every = _table(family.channels, *stacked_draws(family)).assign(
        form=ALL_FORMS, in_words=ALL_FORMS, weight=1.0, score=np.nan
    )
    columns = ["form", "in_words", "weight", "score", "channel", "estimate", "lower", "upper"]
    return pd.concat([*each, every], ignore_index=True)[columns]


def form_words(family: Family) -> pd.DataFrame:
    """What the words mean in which forms are described: `In the chart`, `Meaning`, `Technical name`."""
    curves = dict.fromkeys(CURVE_WORDS[member.form.saturation] for member in family.members)
    carry_over = dict.fromkeys(CARRY_OVER_WORDS[member.form.adstock] for member in family.members)
    return pd.DataFrame([*curves, *carry_over, BENDS_WORDS], columns=["In the chart", "Meaning", "Technical name"])


def family_estimates(family: Family) -> list[Estimate]:
    """`roas_over_forms` by channel: its interval holds the uncertainty of the form."""
    return [
        Estimate(quantity="roas_over_forms", entity=channel, estimate=mean, lower=lower, upper=upper, level=LEVEL)
        for channel, mean, lower, upper in _summaries(family.channels, *stacked_draws(family))
    ]


def stacked_draws(family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Draws of the return under all forms, shape (draw, C), and what each draw weighs, shape (draw,)."""
    draws = np.concatenate([member.roas for member in family.members])
    weights = np.concatenate([np.full(len(m.roas), m.weight / len(m.roas)) for m in family.members])
    return draws, weights


def _table(channels: tuple[str, ...], draws: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(_summaries(channels, draws, weights), columns=["channel", "estimate", "lower", "upper"])


def _summaries(
    channels: tuple[str, ...], draws: np.ndarray, weights: np.ndarray
) -> Iterator[tuple[str, float, float, float]]:
    """Weighted mean and ends of the central interval of each channel."""
    levels = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    for c, channel in enumerate(channels):
        lower, upper = np.quantile(draws[:, c], levels, weights=weights, method="inverted_cdf")
        yield channel, float(np.average(draws[:, c], weights=weights)), float(lower), float(upper)
