"""A media-mix result with curves that we chose: what the planner reads, without the time that a fit takes."""

import numpy as np
import pandas as pd
import xarray as xr

from workbench.mmm import MediaMixResult
from workbench.result import Check, estimates_frame

CHANNELS = ("tv", "search", "social")
MARKETS = ("north", "south")
SATURATION = ("hill", "logistic", "none")


def small_media_mix(
    *, draws: int = 60, weeks: int = 40, converged: bool = True, currency_factor: float = 1.0, seed: int = 7
):
    """Three channels, two markets; `currency_factor` says everything in another currency."""
    rng = np.random.default_rng(seed)
    spend = np.array([[900.0, 300.0, 200.0], [400.0, 250.0, 100.0]]) * rng.uniform(0.5, 1.5, (weeks, 2, 3))
    half = np.array([[1000.0, 200.0, np.nan], [500.0, 200.0, np.nan]])
    largest = np.array([[4000.0, 900.0, 1.1], [1500.0, 700.0, 1.1]])
    noise = rng.lognormal(0.0, 0.2, (2, draws, 1, 3))
    posterior = xr.Dataset(
        {
            "half_life": (("draw", "channel"), np.log(0.5) / np.log(rng.beta(6, [[4, 14, 9]], (draws, 3)))),
            "carry_over_shape": (("draw", "channel"), np.ones((draws, 3))),
            "half_saturation": (("draw", "market", "channel"), half * noise[0]),
            "slope": (("draw", "channel"), np.array([1.6, 1.0, 1.0]) * np.ones((draws, 1))),
            "coefficient": (("draw", "market", "channel"), largest * noise[1]),
            "effectiveness": (("draw", "channel", "ramp"), np.zeros((draws, 3, 1))),
            "effectiveness_ramps": (("ramp", "kpi_week"), np.zeros((1, weeks))),
            "exposure_per_spend": (("market", "channel"), np.full((2, 3), 1 / currency_factor)),
            "value_per_kpi": ("market", np.full(2, currency_factor)),
            **_baseline(draws, weeks),
            "spend_history": (("week", "market", "channel"), spend * currency_factor),
            "exposure_history": (("week", "market", "channel"), spend),
            "saturation": ("channel", np.array(SATURATION, dtype=object)),
            "adstock": ("channel", np.array(["geometric"] * 3, dtype=object)),
        },
        coords={
            "channel": np.array(CHANNELS, dtype=object),
            "market": np.array(MARKETS, dtype=object),
            "week": pd.date_range("2024-01-01", periods=weeks, freq="7D"),
            "kpi_week": pd.date_range("2024-01-01", periods=weeks, freq="7D"),
        },
        attrs={"carry_over_weeks": 8, "currency": "EUR", "persistence": 0.0},
    )
    empty = pd.DataFrame({"week": pd.Series(dtype="datetime64[ns]")})
    return MediaMixResult(
        title="Media mix",
        estimates=estimates_frame([]),
        checks=(Check(name="convergence", passed=converged, value=1.3, threshold=1.01, detail="R-hat reaches 1.30."),),
        currency="EUR",
        posterior=posterior,
        contributions=empty,
        totals=empty,
        fit=empty,
        curves=empty,
    )


def _baseline(draws: int, weeks: int) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """3,000 and 1,000 units a week without media, and a twentieth of that by chance."""
    level = np.array([3000.0, 1000.0])
    coefficient = np.stack([level, np.zeros(2)], axis=-1)
    return {
        "baseline_component": (("column",), np.array(["level and trend"] * 2, dtype=object)),
        "baseline_label": (("column",), np.array(["level", "ramp"], dtype=object)),
        "baseline_columns": (("market", "kpi_week", "column"), np.ones((2, weeks, 2))),
        "baseline_coefficient": (("draw", "market", "column"), np.tile(coefficient, (draws, 1, 1))),
        "kpi_scale": (("market",), level),
        "kpi": (("kpi_week", "market"), np.tile(level, (weeks, 1))),
        "value": (("kpi_week", "market"), np.ones((weeks, 2))),
        "noise": (("draw", "market"), np.tile(0.05 * level, (draws, 1))),
        "week_spread": (("draw",), np.zeros(draws)),
        "country": (("market",), np.array(["", ""], dtype=object)),
    }
