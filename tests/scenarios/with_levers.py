"""The small company with controls whose effect we chose."""

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from tests.scenarios.small_company import small_media_mix
from workbench.mmm import MediaMixResult
from workbench.mmm.inputs.design import CONTROL


def with_controls(media_mix: MediaMixResult, **controls: tuple[np.ndarray, np.ndarray]) -> MediaMixResult:
    """Give a media mix controls: of each, the weeks so far, shape (T, M), and KPI units a week of one unit, shape (D, M)."""
    posterior, names = media_mix.posterior, list(controls)
    history = np.stack([past for past, _ in controls.values()], axis=-1)
    coefficient = np.stack([effect * past.std(axis=0) for past, effect in controls.values()], axis=-1)
    spread = history.std(axis=0)
    columns = np.moveaxis((history - history.mean(axis=0)) / np.where(spread > 0, spread, 1.0), 0, 1)
    added = xr.Dataset(
        {
            "baseline_component": ("column", np.array(["controls"] * len(names), dtype=object)),
            "baseline_label": ("column", np.array([f"{CONTROL}: {name}" for name in names], dtype=object)),
            "baseline_columns": (("market", "kpi_week", "column"), columns),
            "baseline_coefficient": (("draw", "market", "column"), coefficient),
        }
    )
    kept = posterior[list(added)]
    both = posterior.drop_vars(list(added)).merge(xr.concat([kept, added], dim="column", coords="minimal"))
    return replace(
        media_mix,
        posterior=both.assign(
            control=("control", np.array(names, dtype=object)),
            control_history=(("kpi_week", "market", "control"), history),
        ),
    )


def promoted_company(
    effect: float = 900.0, *, spread: float = 0.15, weeks: int = 80, draws: int = 40, **media_mix
) -> MediaMixResult:
    """With `promotion`, a share from 0 to 0.4 that brings `effect` a unit in north and half of it in south, and `price`."""
    rng = np.random.default_rng(11)
    promotion = np.where(rng.uniform(size=(weeks, 2)) < 0.2, rng.choice([0.2, 0.4], (weeks, 2)), 0.0)
    price = 1 + 0.1 * rng.uniform(-1, 1, (weeks, 2))
    size = np.array([1.0, 0.5])
    promotes = effect * size * (1 + spread * rng.standard_normal((draws, 1)))
    dear = -2000.0 * size * (1 + 0.1 * rng.standard_normal((draws, 1)))
    company = small_media_mix(draws=draws, weeks=weeks, **media_mix)
    return with_controls(company, promotion=(promotion, promotes), price=(price, dear))


def next_weeks(media_mix: MediaMixResult, count: int) -> pd.DatetimeIndex:
    return pd.date_range(media_mix.weeks[-1] + pd.Timedelta(weeks=1), periods=count, freq="7D")
