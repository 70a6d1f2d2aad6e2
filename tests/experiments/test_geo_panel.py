"""Each way in which a geo table can mislead ends in one sentence that names it and the mend."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from workbench.config import GeoExperiment
from workbench.errors import DataError, SpecError, WorkbenchError
from workbench.experiments.geo.panel import build_geo_panel

from .conftest import geo_world

SPEC = GeoExperiment(kind="geo", treated=("treated0",), start=date(2024, 2, 4), end=date(2024, 2, 9))


@pytest.fixture
def geo() -> pd.DataFrame:
    """Days 2024-01-01 to 2024-02-09, one treated market and four donors."""
    return geo_world(seed=1, periods=40, tested=6, donors=4)


def at(frame: pd.DataFrame, market: str, day: str) -> pd.Series:
    return (frame.market == market) & (frame.date == day)


def test_the_panel_holds_each_market_day_once(geo: pd.DataFrame) -> None:
    panel = build_geo_panel(geo.sample(frac=1, random_state=2), "simulated", SPEC)
    assert panel.donor_names == ("donor00", "donor01", "donor02", "donor03")
    assert (panel.days_per_period, panel.periods_tested, panel.dates[panel.tested][0]) == (
        1,
        6,
        pd.Timestamp("2024-02-04"),
    )
    np.testing.assert_array_equal(panel.mean_treated, geo[geo.market == "treated0"].sort_values("date").kpi)


@pytest.mark.parametrize(
    "written",
    [
        lambda dates: dates + pd.Timedelta(hours=5),
        lambda dates: dates.dt.tz_localize("Europe/Vienna"),
        lambda dates: dates.dt.strftime("%Y-%m-%d"),
        lambda dates: dates.dt.date,
    ],
    ids=["with hours", "with a time zone", "as text", "as dates"],
)
def test_days_are_days_however_they_are_written(geo: pd.DataFrame, written) -> None:  # type: ignore[no-untyped-def]
    plain, other = (build_geo_panel(frame, "simulated", SPEC) for frame in (geo, geo.assign(date=written(geo.date))))
    pd.testing.assert_index_equal(other.dates, plain.dates, exact=False)
    np.testing.assert_array_equal(other.tested, plain.tested)


@pytest.mark.parametrize(
    ("change", "spec", "error", "sentence"),
    [
        (
            lambda g: g,
            {"treated": ("treatd0",)},
            SpecError,
            "treats treatd0, which geo doesn't hold; did you mean treated0?",
        ),
        (lambda g: g, {"treated": ("treated0", "treated0")}, SpecError, "names a treated market twice"),
        (lambda g: g[g.market == "treated0"], {}, SpecError, "treats all 1 markets"),
        (
            lambda g: g[~at(g, "donor02", "2024-01-05")],
            {},
            DataError,
            r"lacks 1 market-days .* \(first: donor02, 2024-01-05\)",
        ),
        (lambda g: g[g.date != "2024-01-05"], {}, DataError, "jumps from 2024-01-04 to 2024-01-06 in all markets"),
        (
            lambda g: pd.concat([g, g[at(g, "donor01", "2024-01-09")]]),
            {},
            DataError,
            r"1 repeated market-days .* \(first: donor01, 2024-01-09\)",
        ),
        (
            lambda g: g.assign(kpi=g.kpi.mask(at(g, "donor03", "2024-01-07"))),
            {},
            DataError,
            r"missing or infinite in 1 rows \(first: donor03, 2024-01-07\)",
        ),
        (
            lambda g: g.assign(market=g.market.where(g.market != "donor01")),
            {},
            DataError,
            r"geo.market of experiment simulated is missing in 40 rows",
        ),
        (lambda g: g.assign(date=g.date.where(g.date != "2024-01-05")), {}, DataError, "geo.date .* missing in 5 rows"),
        (lambda g: g.assign(date="soon"), {}, DataError, "holds 'soon', which is no day"),
        (lambda g: g.assign(kpi=g.kpi.astype(str)), {}, DataError, "not numbers; map it to a numeric column"),
        (lambda g: g, {"end": date(2024, 3, 1)}, DataError, "to 2024-03-01, but geo spans 2024-01-01 to 2024-02-09"),
        (
            lambda g: g,
            {"start": date(2023, 12, 1)},
            DataError,
            "must hold days before the test and all of the test",
        ),
        (lambda g: g, {"start": date(2024, 1, 20)}, DataError, "19 days before experiment simulated and 21 in it"),
        (lambda g: g, {"confidence": 0.99}, DataError, "100 in all at 99% confidence: add history"),
    ],
)
def test_bad_geo_data_are_refused_in_one_sentence(
    geo: pd.DataFrame,
    change,  # type: ignore[no-untyped-def]
    spec: dict[str, object],
    error: type[WorkbenchError],
    sentence: str,
) -> None:
    changed = SPEC.model_copy(update=spec)
    with pytest.raises(error, match=sentence):
        build_geo_panel(change(geo), "simulated", changed)


def test_an_unknown_experiment_names_those_that_are_there(geo: pd.DataFrame) -> None:
    with pytest.raises(SpecError, match="no experiment 'winter'; it holds simulated"):
        build_geo_panel(geo, "winter", SPEC)
