"""What other systems read of a media mix is what the result says."""

import numpy as np
import pandas as pd
import pytest

from tests.mmm.posteriors import orders_and_impressions, result_of
from workbench.mmm import channel_returns
from workbench.mmm.result import MediaMixResult
from workbench.runs.handoff import read_handoff, write_handoff


@pytest.fixture(scope="module")
def result() -> MediaMixResult:
    return result_of(orders_and_impressions())


def test_the_file_holds_the_results_numbers(result, tmp_path):
    write_handoff({"channel_returns": channel_returns(result)}, tmp_path)
    table = read_handoff(tmp_path / "channel_returns.csv").set_index("channel")
    assert list(table.index) == list(result.response.channels)
    for channel, row in table.iterrows():
        for quantity, column in (
            ("roas", "roas"),
            ("marginal_roas", "marginal_roas"),
            ("half_life", "half_life_weeks"),
        ):
            estimate = result.estimate(quantity, channel)
            found = [row[column], row[f"{column}_lower"], row[f"{column}_upper"]]
            np.testing.assert_allclose(found, [estimate.estimate, estimate.lower, estimate.upper])
    np.testing.assert_allclose(table.roas, table.contribution / table.spend)
    assert (table.first_week == result.weeks[0]).all()
    assert table.label.tolist() == ["TV", "Search"]


def test_the_known_range_lies_within_what_was_spent(result):
    table = channel_returns(result).set_index("channel")
    weekly = pd.DataFrame(result.response.spend_history.sum(axis=1), columns=list(table.index))
    assert (table.known_from >= weekly.min()).all()
    assert (table.known_to <= weekly.max()).all()
    np.testing.assert_allclose(table.current_weekly_spend, weekly.tail(13).mean())
    np.testing.assert_allclose(table.spend, weekly.tail(len(result.weeks)).sum())


def test_a_kpi_in_orders_has_their_cost(result):
    table = channel_returns(result)
    orders = table.spend / table.cost_per_kpi
    value = table.contribution / orders
    lowest, highest = result.posterior["value"].min().item(), result.posterior["value"].max().item()
    assert value.between(lowest, highest).all()
