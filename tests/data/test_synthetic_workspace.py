"""The default workspace describes the sample company as it is."""

import json
import shutil
from pathlib import Path

import ibis
import pandas as pd
import pytest

from workbench.config import CreativeExperiment, GeoExperiment, UserExperiment
from workbench.contracts import check_tables
from workbench.customers.erasure import count_erased
from workbench.data.synthetic import write_sample
from workbench.workspace import Workspace, open_workspace


@pytest.fixture(scope="module")
def workspace(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("workspace")
    shutil.copy(repository / "workbench.toml", root)
    write_sample(root / "data" / "sample")
    return open_workspace(root)


def truth(workspace: Workspace, name: str) -> dict:
    return json.loads((workspace.root / "data" / "sample" / "truth" / name).read_text())


def geo_test(workspace: Workspace) -> GeoExperiment:
    _, spec = workspace.experiment("social_uplift")
    assert isinstance(spec, GeoExperiment)
    return spec


def test_every_table_meets_its_contract(workspace: Workspace):
    reports = check_tables(workspace)
    assert [problem for report in reports for problem in report.problems] == []
    assert {"panel", "experiments", "transactions", "units", "geo"} <= {report.name for report in reports}


def test_channels_and_markets_are_those_of_the_media_table(workspace: Workspace):
    panel = workspace.panel()
    media = workspace.frame("media")
    assert set(panel.channels) == set(media.channel)
    assert set(panel.markets) == set(media.market)
    # As the source holds them: the workspace's own orders lack those of erased customers.
    assert panel.kpi.sum() == pytest.approx(workspace.catalog.mapped("transactions").revenue.sum().execute())


def test_erased_customers_appear_in_no_table(workspace: Workspace):
    erased = set(workspace.frame("erasures").customer_id)
    assert count_erased(workspace).customers == len(erased)
    for name in ("transactions", "customers", "contacts", "touchpoints", "subscriptions"):
        assert not erased & set(workspace.table(name).select("customer_id").distinct().execute().customer_id)


def test_geo_test_is_declared_as_it_was_run(workspace: Workspace):
    spec, geo = geo_test(workspace), workspace.frame("geo")
    regions = {region for region in geo.market.unique() if region[:2] in spec.markets}
    assert set(spec.treated) == regions
    assert geo.date.max() == pd.Timestamp(spec.end)
    assert spec.spend_change == truth(workspace, "lifts.json")["social_uplift"]["spend_change"]


def test_extra_spend_of_the_geo_test_stands_out_in_the_media_table(workspace: Workspace):
    spec, media = geo_test(workspace), workspace.frame("media")
    ours = media[(media.channel == spec.channel) & media.market.isin(spec.markets)]
    inside = (ours.week >= pd.Timestamp(spec.start)) & (ours.week <= pd.Timestamp(spec.end))
    usual = ours[~inside].groupby("market").spend.mean().sum()
    weeks = ours[inside].week.nunique()
    assert weeks * 7 == (spec.end - spec.start).days + 1
    assert ours[inside].spend.sum() - weeks * usual == pytest.approx(spec.spend_change, rel=0.15)


@pytest.mark.parametrize("name", ["winter_email", "video_holdout"])
def test_user_tests_measure_columns_that_exist_within_their_dates(workspace: Workspace, name: str):
    _, spec = workspace.experiment(name)
    assert isinstance(spec, UserExperiment)
    units = workspace.table("units").filter(ibis._.experiment_id == name).execute()
    named = {metric.name for metric in spec.metrics} | {m.covariate for m in spec.metrics if m.covariate}
    assert units[sorted(named | set(spec.segments))].notna().all().all()
    assert spec.control in set(units.variant)
    assert (units.assigned_at.min().date(), spec.end) == (spec.start, spec.end)


def test_holdout_is_declared_as_it_was_run(workspace: Workspace):
    _, spec = workspace.experiment("video_holdout")
    media = workspace.frame("media")
    inside = (media.week >= pd.Timestamp(spec.start)) & (media.week <= pd.Timestamp(spec.end))
    spent = media[inside & (media.channel == spec.channel) & media.market.isin(spec.markets)].spend.sum()
    shown = workspace.table("units").filter(ibis._.variant == "shown").count().execute()
    assert spec.spend_change == truth(workspace, "lifts.json")["video_holdout"]["spend_change"]
    assert spec.spend_change == pytest.approx(spent, abs=0.01)
    assert spec.cost_per_unit == pytest.approx(spent / shown, abs=0.005)


def test_banner_test_names_its_parts(workspace: Workspace):
    _, spec = workspace.experiment("spring_banner")
    assert isinstance(spec, CreativeExperiment)
    units = workspace.table("units").filter(ibis._.experiment_id == "spring_banner").execute()
    assert units[[*spec.factors, spec.segment, spec.metric.name]].notna().all().all()
    headline, image, call = (units[factor] for factor in spec.factors)
    assert (units.variant == headline + " / " + image + " / " + call).all()
