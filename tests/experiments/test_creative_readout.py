"""Tests of creatives from the table to the verdict: mistakes are named, gates close, the sample's truth is found."""

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.config import CreativeExperiment, Metric
from workbench.data.synthetic.banner import banners, click_rates, run_banner_test
from workbench.data.synthetic.business import BANNER_TEST
from workbench.errors import DataError, SpecError
from workbench.experiments.creative import ALLOCATION_FILE, allocation_file, read_out_creative
from workbench.experiments.creative.cells import measure_cells
from workbench.experiments.result import ExperimentResult
from workbench.present.creative_tables import creative_tables
from workbench.present.figures.creative import creative_figures
from workbench.result import Provenance
from workbench.runs.handoff import read_handoff, write_handoff

CLICKED = Metric(name="clicked", kind="proportion", value=0.45)


def spec_of(**changes) -> CreativeExperiment:
    return CreativeExperiment(**{"kind": "creative", "factors": ("headline", "image"), "metric": CLICKED} | changes)


def visits(units: int = 8_000, *, seed: int = 1, rates: dict[str, float] | None = None) -> pd.DataFrame:
    """Visitors of a 2 × 2 test; `rates` by headline."""
    rng = np.random.default_rng(seed)
    headline, image = rng.choice(["new", "old"], units), rng.choice(["cat", "dog"], units)
    rate = np.array([(rates or {"new": 0.2, "old": 0.1})[name] for name in headline])
    return pd.DataFrame(
        {
            "experiment_id": "spring",
            "unit_id": np.arange(units).astype(str),
            "variant": headline,
            "headline": headline,
            "image": image,
            "country": rng.choice(["AT", "DE"], units),
            "clicked": (rng.random(units) < rate).astype(int),
            "spent": rng.gamma(2.0, 10.0, units),
            "sessions": 1 + rng.poisson(2, units),
        }
    )


@pytest.fixture
def read(units_table):
    def readout(frame: pd.DataFrame, **changes) -> ExperimentResult:
        return read_out_creative(
            units_table(frame), "spring", spec_of(**changes), provenance=Provenance(), currency="EUR", seed=1
        )

    return readout


@pytest.fixture(scope="module")
def banner() -> ExperimentResult:
    """The sample company's test of banners."""
    visits = run_banner_test(60_000, np.random.default_rng(8))
    factors = [name for name, _ in BANNER_TEST.factors]
    frame = pd.DataFrame(np.array(banners())[visits.banner], columns=factors).assign(
        experiment_id="spring_banner",
        unit_id=np.arange(60_000).astype(str),
        device=np.array([device for device, _ in BANNER_TEST.devices])[visits.device],
        clicked=visits.clicked.astype(int),
    )
    units = ibis.duckdb.connect().create_table("units", ibis.memtable(frame))
    spec = spec_of(factors=tuple(factors), segment="device")
    return read_out_creative(units, "spring_banner", spec, provenance=Provenance(), currency="EUR", seed=1)


def test_cells_are_the_sums_that_pandas_computes(units_table):
    frame = visits()
    spec = spec_of(
        segment="country", metric=Metric(name="basket", kind="ratio", numerator="spent", denominator="sessions")
    )
    cells = measure_cells(units_table(frame), "spring", spec)
    groups = frame.groupby(["headline", "image", "country"])
    sums = groups[["spent", "sessions"]].sum()
    np.testing.assert_array_equal(cells.units.ravel(), groups.size())
    np.testing.assert_allclose(cells.mean.ravel(), sums.spent / sums.sessions)
    one = frame[(frame.headline == "new") & (frame.image == "cat") & (frame.country == "AT")]
    left = one.spent - one.spent.sum() / one.sessions.sum() * one.sessions
    assert cells.variance[0, 0] == pytest.approx(left.var() / len(one) / one.sessions.mean() ** 2)


def test_winsorising_cuts_at_the_quantile_of_all_units(units_table):
    frame = visits()
    spec = spec_of(metric=Metric(name="spent", winsorize=0.9))
    cells = measure_cells(units_table(frame), "spring", spec)
    cut = frame.spent.clip(upper=frame.spent.quantile(0.9))
    np.testing.assert_allclose(cells.mean.ravel(), cut.groupby([frame.headline, frame.image]).mean())


def test_winsorising_fills_no_missing_outcome(units_table):
    frame = visits()
    frame.loc[:9, "spent"] = np.nan
    with pytest.raises(DataError, match="units.spent is missing in 10 of 8,000 units"):
        measure_cells(units_table(frame), "spring", spec_of(metric=Metric(name="spent", winsorize=0.9)))


@pytest.mark.parametrize(
    ("changes", "mend", "error", "sentence"),
    [
        ({"factors": ("hadline",)}, {}, SpecError, "reads hadline, which units doesn't hold; did you mean headline?"),
        ({"metric": Metric(name="spent", kind="quantile", quantile=0.5)}, {}, SpecError, "by the quantile spent"),
        ({"metric": Metric(name="spent", covariate="sessions")}, {}, SpecError, "names the covariate sessions"),
        ({"segment": "image"}, {}, SpecError, "names a column twice"),
        ({"metric": Metric(name="spent", kind="proportion")}, {}, DataError, "a proportion is 0 or 1"),
        ({"metric": Metric(name="country")}, {}, DataError, "holds string, not numbers"),
        ({}, {"clicked": np.nan}, DataError, "units.clicked is missing in 8,000 of 8,000 units"),
        ({}, {"clicked": 0}, DataError, "is the same in every unit"),
        ({}, {"clicked": 1}, DataError, "is the same in every unit"),
        ({}, {"image": None}, DataError, "units.image is missing in 8,000 units"),
        ({}, {"headline": "new", "image": "cat"}, DataError, "showed one creative only"),
        ({}, {"unit_id": "u1"}, DataError, "1 units of experiment spring saw more than one creative"),
        ({}, {"experiment_id": "autumn"}, SpecError, "it holds autumn: name one of them"),
    ],
)
def test_what_cannot_be_read_truthfully_is_named(read, changes, mend, error, sentence):
    frame = visits()
    for column, value in mend.items():
        frame[column] = pd.Series([value] * len(frame), dtype="str" if value is None else None)
    with pytest.raises(error, match=sentence.replace("?", r"\?")):
        read(frame, **changes)


def test_a_clear_winner_is_shipped_with_its_profit(read):
    result = read(visits(rates={"new": 0.25, "old": 0.1}), factors=("headline",))
    assert (result.verdict, result.decided_by) == ("ship", "expected_loss")
    headline = result.estimate("part_effect", "headline: new")
    assert headline.lower < 0.075 < headline.upper
    profit, gain = result.estimate("profit", "proposed shares"), result.estimate("gain_per_unit", "proposed shares")
    assert profit.estimate == pytest.approx(0.45 * 8_000 * gain.estimate)
    assert result.allocation[result.allocation.headline == "new"].share.sum() > 0.9


def test_lost_units_make_the_test_invalid_and_hand_nothing_on(read):
    frame = visits()
    lost = frame[(frame.headline == "new") & (frame.image == "cat") & (frame.clicked == 0)].index[:300]
    result = read(frame.drop(lost))
    assert (result.verdict, result.decided_by) == ("invalid", "sample_ratio")
    assert allocation_file(result)[ALLOCATION_FILE].empty
    assert "profit" not in " ".join(result.findings)
    steered = read(frame.drop(lost), equal_shares=False)
    assert steered.verdict != "invalid"


def test_a_creative_steered_to_one_segment_is_found(read):
    frame = visits()
    frame.loc[(frame.headline == "new") & (np.arange(len(frame)) % 7 == 0), "country"] = "DE"
    result = read(frame, segment="country")
    assert (result.verdict, result.decided_by) == ("invalid", "sample_ratio by country")


def test_the_samples_best_banners_are_found_and_differ_by_device(banner):
    names = [" / ".join(parts) for parts in banners()]
    true = pd.DataFrame(click_rates(), index=names, columns=[device for device, _ in BANNER_TEST.devices])
    allocation = banner.allocation
    for device, best in (("mobile", "quality / people / discover"), ("desktop", "price / product / discover")):
        shares = allocation[allocation.segment == device].set_index("creative").share
        assert true[device].idxmax() == best
        assert shares[best] > 0.25
        assert (shares * true[device]).sum() > true[device].mean() + 0.5 * (true[device].max() - true[device].mean())
    known = allocation.set_index(["segment", "creative"])
    actual = true.T.stack().loc[known.index]
    assert ((known.expected_lower < actual) & (actual < known.expected_upper)).mean() > 0.75
    assert ((known.expected - actual) ** 2).mean() < 0.6 * ((known.measured - actual) ** 2).mean()
    people = banner.parts.query("term == 'segment' and part == 'people' and segment == 'desktop'").iloc[0]
    assert people.effect_upper < 0


def test_the_hand_off_has_a_row_per_banner_and_device_that_adds_up(banner, tmp_path):
    write_handoff(allocation_file(banner), tmp_path)
    frame = read_handoff(tmp_path / ALLOCATION_FILE)
    assert {"experiment_id", "segment", "creative", "headline", "image", "call_to_action", "share"} <= set(
        frame.columns
    )
    assert len(frame) == 24
    np.testing.assert_allclose(frame.groupby("segment").share.sum(), 1.0)
    assert frame.share.min() == pytest.approx(0.1 / 12)


def test_figures_and_tables_show_every_segment_and_part(banner):
    shares, parts, pairs = creative_figures(banner)
    assert [ax.get_title(loc="left").split(":")[0] for ax in shares.axes] == ["mobile", "desktop"]
    assert [len(ax.lines) - 1 for ax in parts.axes] == [2 * 3, 2 * 2, 2 * 2]
    assert len(pairs.axes) == 1
    rows = [len(display.block.rows) for display in creative_tables(banner)]
    assert rows[0] == 24
    assert rows[-1] == len(banner.parts)
