"""Checks speak of channels and markets as reports call them, on results that nobody sampled."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.mmm.posteriors import CHANNELS, prepared, sample
from tests.mmm.worlds import simulate
from workbench.data.panel import Panel
from workbench.mmm.checks.placebo import Placebo
from workbench.mmm.checks.stability import stability_check
from workbench.mmm.evidence import Evidence, with_evidence
from workbench.mmm.family.fit import Family, Member
from workbench.mmm.family.forms import Form
from workbench.mmm.family.summary import roas_by_form
from workbench.mmm.fit import summarise_fit
from workbench.mmm.holdout.origins import first_weeks
from workbench.mmm.inputs.prior_beliefs import prior_table_in_words
from workbench.mmm.labels import labels_of
from workbench.mmm.result import MediaMixResult
from workbench.result import Provenance

OWN_NAME = re.compile(r"(channel|market) \d")
MARKETS = {"market 0": "Germany", "market 1": "France"}


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Two markets with an extreme week, and two channels that hardly differ, so that checks have something to say of each."""
    panel = simulate(seed=3, weeks=80, markets=2).panel
    kpi, spend = panel.kpi.copy(), panel.spend.copy()
    kpi[40, 1] *= 3
    spend[..., 1] = spend[..., 0] * (1 + 0.01 * np.sin(np.arange(len(spend))))[:, None]
    return replace(panel, kpi=kpi, spend=spend, exposure=spend, market_labels=MARKETS)


def result_of(panel: Panel) -> MediaMixResult:
    model = prepared(panel)
    return summarise_fit(sample(model), model, provenance=Provenance(), seed=1)


@pytest.fixture(scope="module")
def result(panel) -> MediaMixResult:
    return result_of(panel)


def test_no_check_uses_a_name_that_has_a_label(result):
    told = " ".join(check.detail for check in result.checks)
    assert not OWN_NAME.search(told)
    details = {check.name: check.detail for check in result.checks}
    assert "TV and Search (1.00)" in details["collinear_spend"]
    assert "in France (+" in details["outliers"]


def test_nothing_else_depends_on_labels(panel, result):
    unnamed = result_of(replace(panel, market_labels={}))
    assert [check.value for check in unnamed.checks] == pytest.approx([c.value for c in result.checks], nan_ok=True)
    assert unnamed.estimates.equals(result.estimates)
    assert set(result.contributions.market) == set(MARKETS)
    assert {"channel 0", "channel 1"} <= set(result.estimates.entity)


def test_evidence_and_stability_use_the_labels_too(panel, result):
    roas = np.random.default_rng(0).normal([1.0, 9.0], 0.1, size=(50, 2))
    members = [
        Member(form=Form(trend_knots_per_year=k), roas=k * roas, log_density=np.zeros(4), weight=0.5)
        for k in (1.0, 2.0)
    ]
    family = Family(channels=panel.channels, members=tuple(members), origins=3, horizon=13)
    placebo = Placebo(
        source="channel 1", spend=1.0, odds=1.0, contribution=(1.0, 0.5, 2.0), believed=(0.5, 2.0), currency="EUR"
    )
    judged = with_evidence(result, Evidence(placebo=placebo, family=family))
    details = {check.name: check.detail for check in judged.checks}
    assert "Search's media" in details["placebo"]
    assert "depends on the form of the model" in details["form_sensitivity"]
    stability = stability_check(result, result_of(first_weeks(panel, 76))).detail
    assert not OWN_NAME.search(" ".join([details["placebo"], details["form_sensitivity"], stability]))
    assert {"channel 0", "channel 1"} == set(judged.estimates.query("quantity == 'roas_over_forms'").entity)


def test_charts_and_tables_of_beliefs_and_evidence_bear_the_labels(panel, result):
    beliefs = prepared(panel).labelled.beliefs()
    assert prior_table_in_words(beliefs)["Channel"].tolist() == ["TV", "Search"]
    member = Member(form=Form(), roas=np.ones((50, 2)), log_density=np.zeros(4), weight=1.0)
    evidence = Evidence(family=Family(channels=panel.channels, members=(member,), origins=3, horizon=13))
    named = evidence.labelled(result.labels).family
    assert named
    assert roas_by_form(named)["channel"].drop_duplicates().tolist() == ["TV", "Search"]


def test_two_of_the_same_label_keep_their_own_names_beside_it(panel):
    same = {name: channel.model_copy(update={"label": "TV"}) for name, channel in CHANNELS.items()}
    labels = labels_of(panel, same)
    assert labels.channels == {"channel 0": "TV (channel 0)", "channel 1": "TV (channel 1)"}
    assert labels.markets == MARKETS
