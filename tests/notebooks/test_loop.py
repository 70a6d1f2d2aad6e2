"""The whole loop on the sample company, once, held against the truth that made its data."""

import json
import shutil
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader
from scipy import stats

from tests.notebooks.replay import Replay, greedy, spread
from tests.present.svg_text import unreadable_charts
from workbench.data.synthetic import write_sample
from workbench.experiments import ExperimentResult
from workbench.mmm import MediaMixResult
from workbench.runs import lift_records
from workbench.runs.company_plan import plan_company
from workbench.runs.handoff import read_handoff
from workbench.scenarios import PlanRequest, ScenarioResult, media_plan_weekly
from workbench.segments import SegmentationResult
from workbench.workspace import open_workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def company(repository, tmp_path_factory):
    root = tmp_path_factory.mktemp("company")
    shutil.copy(repository / "workbench.toml", root)
    write_sample(root / "data" / "sample")
    return open_workspace(root)


@pytest.fixture(scope="module")
def records(company, finished):
    return {
        "segmentation": finished(company, "segmentation"),
        "winter_email": finished(company, "experiment_readout", experiment="winter_email"),
        "social_uplift": finished(company, "experiment_readout", experiment="social_uplift"),
        "spring_banner": finished(company, "experiment_readout", experiment="spring_banner"),
        "media_mix": finished(company, "media_mix"),
        "scenario_planning": finished(company, "scenario_planning"),
    }


@pytest.fixture(scope="module")
def truth(company) -> Mapping:
    folder = company.root / "data" / "sample" / "truth"
    frames = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}
    return frames | {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


def standard_error(estimate):
    return (estimate.upper - estimate.lower) / 2 / stats.norm.ppf((1 + estimate.level) / 2)


def test_every_report_has_its_pages(records):
    for record in records.values():
        pages = PdfReader(record.path / "report.pdf").pages
        first = pages[0].extract_text()
        assert len(pages) >= 2
        assert record.summary.title in " ".join(first.split())
        assert record.run_id in pages[-1].extract_text()


def test_no_text_of_a_chart_lies_on_another_or_is_cut_off(records):
    assert {
        name: told for name, record in records.items() if (told := unreadable_charts(record.path / "notebook.ipynb"))
    } == {}


def test_future_orders_come_as_segmentation_expects(records, truth):
    result = SegmentationResult.load(records["segmentation"].result_folder)
    future = truth["future_orders"].set_index("customer_id").orders
    handoff = records["segmentation"].path / "handoff"
    members = read_handoff(handoff / "customer_values.csv").set_index("customer_id")
    assert len(members) == result.segments.customers.sum()
    came = future.reindex(members.index).fillna(0)
    assert came.sum() == pytest.approx(members.expected_purchases.sum(), rel=0.05)
    by_segment = pd.DataFrame({"came": came, "expected": members.expected_purchases}).groupby(members.segment).sum()
    large = by_segment[by_segment.came > 1000]
    # Demand speeds the customers' clock up and slows it down, which BG/NBD does not know: rare buyers deviate most.
    np.testing.assert_allclose(large.expected, large.came, rtol=0.2)


def test_the_email_readout_agrees_with_its_truth(records, truth):
    result = ExperimentResult.load(records["winter_email"].result_folder)
    effect = result.estimate("absolute_effect", "email/revenue")
    assert abs(effect.estimate - truth["lifts"]["winter_email"]["revenue"]) < 3.3 * standard_error(effect)


def test_the_geo_readout_agrees_with_its_truth_and_hands_it_on(company, records, truth):
    result = ExperimentResult.load(records["social_uplift"].result_folder)
    lift = result.estimate("incremental", "social_uplift")
    assert lift.lower < truth["lifts"]["social_uplift"]["lift"] < lift.upper
    record = lift_records(company).set_index("experiment_id").loc["social_uplift"]
    assert record.lift == pytest.approx(lift.estimate)
    assert record.markets == "GB;ES"


def test_the_banner_readout_hands_on_shares_that_pay_in_truth(records, truth):
    record, known = records["spring_banner"], truth["lifts"]["spring_banner"]
    shares = read_handoff(record.path / "handoff" / "creative_allocation.csv")
    assert len(shares) == 24
    np.testing.assert_allclose(shares.groupby("segment").share.sum(), 1.0)
    # Each of the twelve keeps a tenth of an equal share.
    assert shares.share.min() == pytest.approx(0.1 / 12)
    names = shares[["headline", "image", "call_to_action"]].agg(" / ".join, axis=1)
    assert (names == shares.creative).all()

    rates = pd.DataFrame(known["click_rate"])
    true = np.array([rates.loc[row.creative, row.segment] for row in shares.itertuples()])
    assert ((shares.expected_lower < true) & (true < shares.expected_upper)).mean() > 0.7
    leading = shares.loc[shares.groupby("segment").share.idxmax()].set_index("segment").creative
    assert leading.to_dict() == rates.idxmax().to_dict()

    weight = shares.segment.map(known["visitors"])
    gain = (weight * shares.share * true).sum() - (rates.mean() * pd.Series(known["visitors"])).sum()
    profit = ExperimentResult.load(record.result_folder).estimate("profit", "proposed shares")
    assert abs(profit.estimate - 0.45 * shares.units.sum() * gain) < 3.3 * standard_error(profit)


def test_the_media_mix_recovers_true_returns_and_read_the_lift_record(records, truth):
    result = MediaMixResult.load(records["media_mix"].result_folder)
    true = truth["roas"].query("market == 'all'").set_index("channel").roas
    estimates = {channel: result.estimate("roas", channel) for channel in true.index}
    inside = [row.lower < true[channel] < row.upper for channel, row in estimates.items()]
    assert sum(inside) >= 5
    assert next(check for check in result.checks if check.name == "convergence").passed
    assert any("social_uplift" in check.detail for check in result.checks)


def test_the_plan_earns_more_in_truth_than_today(records, truth):
    result = ScenarioResult.load(records["scenario_planning"].result_folder)
    plan = result.plan.set_index("channel")
    marginal = truth["roas"].query("market == 'all'").set_index("channel").marginal_roas
    moved = plan.planned_spend - plan.current_spend
    assert plan.planned_spend.sum() <= result.budget * (1 + 1e-9)
    # The true marginal return is highest in audio and lowest in display: money must flow that way.
    assert (moved * marginal).sum() > 0
    gap = result.estimate("optimality_gap", "plan")
    assert 0 <= gap.estimate < 0.05


def test_the_plan_regrets_little_against_the_plan_that_knows_the_truth(company, records, truth):
    """What the warehouse leaves of plans that act by the company's own curves: the plan beside that of an oracle, what was spent, a
    uniform split, and greed."""
    media_mix = MediaMixResult.load(records["media_mix"].result_folder)
    result = ScenarioResult.load(records["scenario_planning"].result_folder)
    plan = read_handoff(records["scenario_planning"].path / "handoff" / "media_plan_weekly.csv")
    plan = plan.assign(week=pd.to_datetime(plan.week))
    media = company.frame("media")
    places = pd.MultiIndex.from_product([media_mix.response.markets, result.channels])

    def replayed(after: np.ndarray) -> Replay:
        return Replay(truth["parameters"]["curves"], media, pd.Series(after.ravel(), index=places))

    horizon = plan.week.nunique()
    known = replayed(result.reference.mean(axis=0)).known_to(media_mix)
    oracle = plan_company(company, known, PlanRequest(), horizon_weeks=horizon, force=False, seed=1)
    value, cells = oracle.planned.value, oracle.planned.problem.cells
    replay = replayed(cells.after)
    keys = pd.MultiIndex.from_product([cells.weeks, cells.markets, cells.channels])

    def served(frame: pd.DataFrame) -> float:
        spend = frame.set_index(["week", "market", "channel"]).spend.reindex(keys).to_numpy()
        return float(value.worth(spend.reshape(cells.shape)).mean())

    weekly = media_plan_weekly(oracle.result)
    best = served(weekly)
    assert oracle.result.estimate("revenue", "plan").estimate == pytest.approx(best, rel=1e-4)
    # Two ways to the truth: the model that was given it, and the recursion of the parameters' file.
    caused = float(oracle.planned.media.worth(oracle.planned.answered.spend).mean())
    assert caused == pytest.approx(replay.brings(weekly), rel=0.005)

    last = media[media.week > media.week.max() - pd.Timedelta(weeks=horizon)]
    before = last.assign(week=last.week + pd.Timedelta(weeks=horizon))
    totals = last.groupby("channel").spend.sum()
    returns = pd.Series({channel: media_mix.estimate("roas", channel).estimate for channel in totals.index})
    even = pd.Series(totals.sum() / len(totals), index=totals.index)
    brought = {
        "historical": served(before),
        "historical, evenly": served(spread(totals, before)),
        "uniform": served(spread(even, before)),
        "greedy": served(spread(greedy(totals, returns), before)),
    }
    came = served(plan)
    assert plan.spend.sum() == pytest.approx(totals.sum(), rel=1e-3)
    assert came <= best * 1.005
    assert best - came < 0.05 * best
    for name in ("historical", "historical, evenly", "uniform"):
        assert best - came < 0.5 * (best - brought[name]), name
    # Greed for average returns may end at the same limits.
    assert came >= 0.99 * brought["greedy"]
    promised = result.estimate("revenue", "plan")
    assert promised.lower < came < promised.upper
