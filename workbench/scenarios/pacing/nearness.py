"""Which trigger is near: where the sum since the plan began stands between its bounds, and how likely it is to cross one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.scenarios.contingency.predicted import watched_in_words, watched_label
from workbench.scenarios.contingency.triggers import Band
from workbench.scenarios.problem.cells import Labels

CROSSED, NEAR, FAR, UNKNOWN = "crossed", "near", "far", "not known"
NEAR_SHARE = 0.7


def nearness(
    triggers: pd.DataFrame,
    actual: Mapping[str, np.ndarray],
    ahead: Mapping[str, np.ndarray],
    labels: Labels | None = None,
) -> pd.DataFrame:
    """One row a watched quantity: `watch`, `label` (as sentences call it), `unit`, `week` (of the plan, the last one seen), `planned`, `actual`, `lower`, `upper`, `used` (share
    of the way from the plan to the nearer bound, negative below the plan), `state` (`crossed` in any week so far, `near`, `far`, or
    `not known` where nobody counted), `first_week` and `side` of the first crossing (NaN and empty where there is none), `will_cross` (probability of crossing a bound
    in a later week).

    Args:
        triggers: Of the saved plan; see `Contingency.triggers`.
        actual: By quantity, what each week seen brought, shape (h,).
        ahead: By quantity, paths of all weeks given those seen, shape (N, H).
        labels: How markets and teams are called.
    """
    bands = saved_bands(triggers)
    rows = [
        _row(band, actual[band.watch], ahead[band.watch]) if band.watch in actual else _unknown(band) for band in bands
    ]
    frame = pd.DataFrame(rows)
    called = [watched_in_words(watched_label(str(name), labels or Labels())) for name in frame["watch"]]
    frame.insert(1, "label", called)
    frame.insert(2, "unit", triggers.drop_duplicates("watch")["unit"].to_numpy())
    return frame


def saved_bands(triggers: pd.DataFrame) -> tuple[Band, ...]:
    """The bounds of a saved plan."""
    return tuple(
        Band(
            str(watch),
            *(rows.sort_values("week")[name].to_numpy(dtype=float) for name in ("planned", "lower", "upper")),
        )
        for watch, rows in triggers.groupby("watch", sort=False)
    )


def _row(band: Band, came: np.ndarray, paths: np.ndarray) -> dict[str, object]:
    last = len(came) - 1
    total, planned = float(came.sum()), float(band.planned[last])
    bound = float(band.upper[last] if total >= planned else band.lower[last])
    used = (total - planned) / abs(bound - planned) if bound != planned else 0.0
    crossed = band.crossed(_padded(came, band.planned))[: last + 1]
    sounded = np.flatnonzero(crossed)
    later = band.crossed(paths)[:, last + 1 :]
    state = CROSSED if crossed.any() else NEAR if abs(used) >= NEAR_SHARE else FAR
    return {
        "watch": band.watch,
        "week": last + 1,
        "planned": planned,
        "actual": total,
        "lower": float(band.lower[last]),
        "upper": float(band.upper[last]),
        "used": used,
        "state": state,
        "first_week": float(sounded[0] + 1) if len(sounded) else np.nan,
        "side": {-1: "below", 1: "above"}[int(crossed[sounded[0]])] if len(sounded) else "",
        "will_cross": float((later != 0).any(axis=1).mean()) if later.size else 0.0,
    }


def _unknown(band: Band) -> dict[str, object]:
    """Where nothing was counted, the bounds of the last week."""
    return {
        "watch": band.watch,
        "week": len(band.planned),
        "planned": float(band.planned[-1]),
        "actual": np.nan,
        "lower": float(band.lower[-1]),
        "upper": float(band.upper[-1]),
        "used": np.nan,
        "state": UNKNOWN,
        "first_week": np.nan,
        "side": "",
        "will_cross": np.nan,
    }


def _padded(came: np.ndarray, planned: np.ndarray) -> np.ndarray:
    """The weeks seen, and then the plan's own."""
    return np.append(came, np.diff(planned, prepend=0.0)[len(came) :])
