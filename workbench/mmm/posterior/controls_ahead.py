"""Controls in weeks to come: those that are given, and else last year's same weeks, off by as much as that has been before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from workbench.errors import DataError

SEASON_WEEKS = 52


@dataclass(frozen=True, kw_only=True)
class ControlsAhead:
    """What K controls are taken to be in H weeks and M markets.

    Attributes:
        names: Length K.
        paths: Possible courses, shape (D, H, M, K); all the same where they are given.
        notes: What was assumed, one sentence each.
    """

    names: tuple[str, ...]
    paths: np.ndarray
    notes: tuple[str, ...]


def controls_ahead(
    posterior: xr.Dataset, weeks: pd.DatetimeIndex, given: pd.DataFrame | None, draws: int, rng: np.random.Generator
) -> ControlsAhead:
    """Controls of the weeks after the fitted ones.

    Args:
        posterior: Of a `MediaMixResult`.
        weeks: The weeks ahead, which follow the fitted ones.
        given: Canonical `controls` rows that are known ahead; weeks of the past and other controls may be among them.
        draws: D.
        rng: Source of randomness.

    Raises:
        DataError: If a given value is missing or repeated.
    """
    names = tuple(str(name) for name in posterior["control"].to_numpy()) if "control_history" in posterior else ()
    markets = tuple(str(name) for name in posterior["market"].to_numpy())
    if not names:
        return ControlsAhead(names=(), paths=np.zeros((draws, len(weeks), len(markets), 0)), notes=())
    known = _given(given, weeks, markets, names)
    assumed = _as_last_year(posterior["control_history"].to_numpy(), len(weeks), draws, rng)
    held = np.isnan(known).any(axis=(0, 1))
    return ControlsAhead(
        names=names,
        paths=np.where(np.isnan(known), assumed, known),
        notes=_notes([name for name, is_held in zip(names, held, strict=True) if is_held], names),
    )


def expected_controls(posterior: xr.Dataset, horizon: int) -> np.ndarray:
    """The mean of the courses that `controls_ahead` draws where nothing is given, shape (H, M, K)."""
    history = posterior["control_history"].to_numpy()
    if len(history) < SEASON_WEEKS:
        return np.repeat(history.mean(axis=0)[None], horizon, axis=0)
    starts, errors = _stretches(history, horizon)
    last_year = _last_year(history, horizon)
    return last_year + _from(errors, np.arange(starts), horizon).mean(axis=0) if len(errors) else last_year


def _given(
    given: pd.DataFrame | None, weeks: pd.DatetimeIndex, markets: tuple[str, ...], names: tuple[str, ...]
) -> np.ndarray:
    """Shape (H, M, K), NaN where nothing is given."""
    shape = (len(weeks), len(markets), len(names))
    if given is None:
        return np.full(shape, np.nan)
    rows = given[given["week"].isin(weeks) & given["market"].isin(markets) & given["control"].isin(names)]
    keys = ["week", "market", "control"]
    if rows.duplicated(keys).any():
        first = rows[rows.duplicated(keys)].iloc[0]
        raise DataError(
            f"controls holds {first['control']} of market {first['market']} twice in week {first['week']:%Y-%m-%d}; keep one"
        )
    grid = pd.MultiIndex.from_product([weeks, markets, names], names=keys)
    return rows.set_index(keys)["value"].reindex(grid).to_numpy(dtype=float).reshape(shape)


def _as_last_year(history: np.ndarray, horizon: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Last year's same weeks plus a stretch of the errors that this forecast made before, shape (D, H, M, K).

    The errors of one stretch are those of all markets and controls together, so that what moves together stays together.
    With less than two years of history nothing is known of the errors; with less than one, single weeks are drawn from it.
    """
    if len(history) < SEASON_WEEKS:
        return history[rng.integers(len(history), size=(draws, horizon))]
    last_year = _last_year(history, horizon)
    starts, errors = _stretches(history, horizon)
    if not len(errors):
        return np.broadcast_to(last_year, (draws, *last_year.shape))
    return last_year + _from(errors, rng.integers(starts, size=draws), horizon)


def _last_year(history: np.ndarray, horizon: int) -> np.ndarray:
    return np.resize(history[-SEASON_WEEKS:], (horizon, *history.shape[1:]))


def _stretches(history: np.ndarray, horizon: int) -> tuple[int, np.ndarray]:
    """In how many weeks a stretch of errors can begin, and the errors, one a week of the history after its first year."""
    errors = history[SEASON_WEEKS:] - history[:-SEASON_WEEKS]
    return max(len(errors) - horizon, 0) + 1, errors


def _from(errors: np.ndarray, starts: np.ndarray, horizon: int) -> np.ndarray:
    return errors[(starts[:, None] + np.arange(horizon)) % len(errors)]


def _notes(held: list[str], names: tuple[str, ...]) -> tuple[str, ...]:
    if not held:
        return (f"The weeks ahead have {', '.join(names)} as given.",)
    return (
        f"Nothing says what {', '.join(held)} will be: taken from the same weeks of last year, off by as much as that has been before.",
    )
