"""Page one says why revenue changed, with the numbers of the waterfall, and the table of channels says what the result knows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.mmm.posteriors import orders_and_impressions, result_of
from tests.mmm.worlds import simulate
from workbench.mmm import result as result_module
from workbench.mmm.evidence import Evidence, with_evidence
from workbench.mmm.findings import change_finding
from workbench.mmm.posterior.change import Change, change_between
from workbench.mmm.result import MediaMixResult
from workbench.present.blocks import Table
from workbench.present.channel_table import channel_table


@pytest.fixture(scope="module")
def result() -> MediaMixResult:
    return result_of(orders_and_impressions())


def change_of(**parts: float) -> Change:
    """A change of the year in which each part moved by so much; `media` stands for two channels."""
    rows = pd.DataFrame({"component": list(parts), "estimate": list(parts.values())}).assign(cause="")
    kind = np.where(rows.component.isin(["tv", "search"]), "media", "baseline")
    rows = rows.assign(kind=kind, lower=rows.estimate - 1e3, upper=rows.estimate + 1e3)
    kinds = rows.groupby("kind", as_index=False)[["estimate", "lower", "upper"]].sum()
    before, after = (
        tuple(pd.to_datetime(days)) for days in (("2023-01-02", "2023-12-25"), ("2024-01-01", "2024-12-23"))
    )
    return Change(
        before=before,
        after=after,
        currency="EUR",
        revenue_before=1e6,
        revenue_after=1e6 + sum(parts.values()),
        parts=rows,
        kinds=kinds,
    )


def test_the_sentence_names_media_the_largest_other_parts_and_the_rest():
    parts = {"level and trend": 80e3, "season": -9e3, "holidays": 500.0, "list_price": -30e3, "weather": 1e3}
    assert change_finding(change_of(tv=20e3, search=5e3, **parts)) == (
        "Revenue rose by €67.5k (6.8%) against the year before: media +€25k (90% interval €23k to €27k), "
        "trend +€80k, list price −€30k, season −€9k, and all else +€1.5k."
    )


def test_what_hardly_moved_is_not_named():
    sentence = change_finding(change_of(tv=20e3, **{"level and trend": 80e3, "season": -9.0, "holidays": 3.0}))
    assert sentence.endswith(", trend +€80k, and all else −€6.00.")


def test_a_fall_is_a_fall():
    sentence = change_finding(change_of(tv=-20e3, season=-5e3))
    assert sentence.startswith("Revenue fell by €25k (2.5%) against the year before: media −€20k ")
    assert sentence.endswith(", and season −€5k.")


def test_a_kind_has_the_interval_of_its_sum(result):
    """Channels that share out one effect between them are known better together than apart."""
    change = result.change()
    media = change.parts[change.parts.kind == "media"]
    estimate, lower, upper = change.of_kind("media")
    assert estimate == pytest.approx(media.estimate.sum())
    assert media.lower.sum() < lower < estimate < upper < media.upper.sum()


def test_page_one_has_the_change_behind_the_total(result):
    total = next(i for i, finding in enumerate(result.findings) if finding.startswith("Media caused"))
    assert result.findings[total + 1] == change_finding(result.change())


def test_the_change_of_page_one_is_computed_once_for_all_of_the_report(monkeypatch):
    taken = []
    monkeypatch.setattr(
        result_module, "change_between", lambda *of, **how: taken.append(of) or change_between(*of, **how)
    )
    found = result_of(simulate(seed=1, weeks=60).panel, knots=0, draws=20)
    judged = with_evidence(found, Evidence())
    assert judged.last_change is found.last_change
    assert len(taken) == 1


def test_a_short_history_is_compared_half_with_half():
    short = result_of(simulate(seed=1, weeks=60).panel, knots=0, draws=20)
    assert "against the 30 weeks before: media" in change_finding(short.change())


def test_a_row_of_the_table_is_its_channel(result):
    block = channel_table(result).block
    assert isinstance(block, Table)
    heads = [column.name for column in block.columns]
    assert heads[:2] == ["Channel", "Spent"]
    assert "Cost per conversion" in heads
    caused = [result.estimate("contribution", name).estimate for name in result.response.channels]
    names = [result.label(result.response.channels[i]) for i in np.argsort(caused)[::-1]]
    assert [row[0] for row in block.rows] == names
    tv = dict(zip(heads, next(row for row in block.rows if row[0] == "TV"), strict=True))
    assert tv["Return per €1"] == f"€{result.estimate('roas', 'channel 0').estimate:.2f}"


def test_a_conversion_that_costs_less_than_a_cent_has_its_digits(result):
    tiny = result.estimates.copy()
    cost = tiny.quantity == "cost_per_kpi"
    tiny.loc[cost, ["estimate", "lower", "upper"]] *= 1e-4
    block = channel_table(replace(result, estimates=tiny)).block
    assert isinstance(block, Table)
    place = [column.name for column in block.columns].index("Cost per conversion")
    assert all(float(row[place].lstrip("€")) > 0 for row in block.rows)
