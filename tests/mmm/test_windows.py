"""Returns of any window and markets, against the fit's own numbers and against sums made by hand."""

import numpy as np
import pytest

from tests.mmm.posteriors import orders_and_impressions, result_of
from workbench.errors import SpecError
from workbench.mmm.result import MediaMixResult

SUMMARY = ["estimate", "lower", "upper"]


@pytest.fixture(scope="module")
def result() -> MediaMixResult:
    return result_of(orders_and_impressions())


def test_the_whole_window_has_the_fits_own_numbers(result, tmp_path):
    result.save(tmp_path / "result")
    loaded = MediaMixResult.load(tmp_path / "result")
    whole = loaded.returns(result.weeks[0], result.weeks[-1]).set_index(["quantity", "channel"])
    own = result.estimates.set_index(["quantity", "entity"])
    quantities = set(whole.index.get_level_values("quantity"))
    assert quantities == {"contribution", "spend", "roas", "marginal_roas", "cost_per_kpi"}
    for row in whole.index:
        np.testing.assert_allclose(
            whole.loc[row, SUMMARY].astype(float), own.loc[row, SUMMARY].astype(float), rtol=1e-9
        )
        assert whole.loc[row, "unit"] == own.loc[row, "unit"]


def test_each_market_has_the_fits_own_numbers(result):
    cells = result.returns(result.weeks[0], result.weeks[-1], by_market=True)
    own = result.estimates.set_index(["quantity", "entity"])
    for quantity in ("contribution", "roas"):
        for row in cells[cells.quantity == quantity].itertuples():
            expected = own.loc[(f"{quantity}_in_market", f"{row.market}/{row.channel}"), SUMMARY]
            np.testing.assert_allclose([row.estimate, row.lower, row.upper], expected.astype(float), rtol=1e-9)


def test_a_window_of_one_week_is_that_week_of_the_contributions(result):
    week = result.weeks[37]
    cell = result.returns(week, week, markets=["market 1"]).query("quantity == 'contribution'")
    weekly = result.contributions.query("week == @week and market == 'market 1' and kind == 'media'")
    np.testing.assert_allclose(cell[SUMMARY], weekly[SUMMARY], rtol=1e-9)


def test_windows_add_up(result):
    parts = [("2022-01-01", "2022-06-30"), ("2022-07-01", result.weeks[-1])]
    sums = sum(
        result.returns(*part).set_index(["quantity", "channel"]).estimate.loc[["contribution", "spend"]]
        for part in parts
    )
    whole = result.returns(result.weeks[0], result.weeks[-1]).set_index(["quantity", "channel"]).estimate
    np.testing.assert_allclose(sums, whole.loc[["contribution", "spend"]])


def test_marginal_return_is_the_slope_of_the_contribution_when_all_exposure_grows(result):
    response, step = result.response, 1e-5
    weeks, before = slice(60, 80), len(result.response.exposure_history) - response.fitted_weeks
    exposure, value = response.exposure_history, result.posterior["value"].to_numpy()[weeks]
    start, stop = before + weeks.start, before + weeks.stop

    def caused(factor: float) -> np.ndarray:
        units = response.kpi_of_exposure(factor * exposure[start:stop], factor * exposure[:start])
        return np.einsum("dtmc,dtc,tm->dc", units, response.path[:, weeks], value)

    slope = ((caused(1 + step) - caused(1 - step)) / (2 * step)).mean(axis=0)
    spend = response.spend_history[start:stop].sum(axis=(0, 1))
    found = result.returns(result.weeks[60], result.weeks[79]).query("quantity == 'marginal_roas'")
    np.testing.assert_allclose(found.estimate, slope / spend, rtol=1e-6)


def test_cost_per_unit_is_spend_over_what_it_brought(result):
    found = result.returns("2023-01-02", "2023-06-05", channels=["channel 1"]).set_index("quantity")
    weeks = (result.weeks >= "2023-01-02") & (result.weeks <= "2023-06-05")
    weekly = result.contributions.query("component == 'channel 1'")
    money = weekly.pivot(index="week", columns="market", values="estimate").to_numpy()
    units = (money / result.posterior["value"].to_numpy())[weeks].sum()
    assert found.loc["cost_per_kpi", "estimate"] == pytest.approx(found.loc["spend", "estimate"] / units)
    assert (
        found.loc["cost_per_kpi", "lower"] < found.loc["cost_per_kpi", "estimate"] < found.loc["cost_per_kpi", "upper"]
    )


@pytest.mark.parametrize(
    ("start", "end", "choice", "words"),
    [
        ("2021-01-01", "2022-03-01", {}, "reaches beyond the data; choose days between 2022-01-03 and 2024-02-11"),
        ("2022-03-01", "2024-03-01", {}, "reaches beyond the data"),
        ("2022-03-01", "2022-02-01", {}, "after its end"),
        ("2022-03-01", "2022-03-02", {}, "no week starts between 2022-03-01 and 2022-03-02; weeks start on Mondays"),
        ("2022-03-01", "2022-05-01", {"markets": ["nowhere"]}, "nowhere is no market of this result; it has market 0"),
        ("2022-03-01", "2022-05-01", {"channels": ["radio"]}, "radio is no channel"),
        ("2022-03-01", "2022-05-01", {"channels": ["channel 0", "channel 0"]}, "at most once"),
    ],
)
def test_impossible_windows_are_refused_in_one_sentence(result, start, end, choice, words):
    with pytest.raises(SpecError, match=words):
        result.returns(start, end, **choice)
