"""Stacking against brute force, the mixture against its analytic quantiles, and forms in businesses whose form is known."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from tests.mmm.worlds import simulate
from tests.present.overlaps import unreadable_text
from workbench.config import Channel, MediaMix
from workbench.errors import SpecError
from workbench.mmm.family import fit
from workbench.mmm.family.checks import form_moves, form_sensitivity_check
from workbench.mmm.family.fit import Family, Member, fit_family
from workbench.mmm.family.forms import Form, usual_forms
from workbench.mmm.family.stacking import stacking_weights
from workbench.mmm.family.summary import ALL_FORMS, family_estimates, form_words, roas_by_form
from workbench.mmm.holdout import expanding
from workbench.mmm.holdout.expanding import hold_out
from workbench.mmm.holdout.origins import first_weeks
from workbench.mmm.sampling import Effort
from workbench.present.display import figure
from workbench.present.figures.media_mix_family import returns_by_form
from workbench.present.language.speech import say, speaking

CONFIG = MediaMix(trend_knots_per_year=2, yearly_harmonics=2)


def objective(weights: np.ndarray, log_density: np.ndarray, prior_count: float) -> np.ndarray:
    """Of each row of `weights`."""
    stacked = np.log(np.exp(log_density) @ weights.T).sum(axis=0)
    return stacked + prior_count / weights.shape[1] * np.log(weights).sum(axis=1)


@pytest.mark.parametrize("models", [2, 3])
@pytest.mark.parametrize("prior_count", [0.0, 4.0])
def test_weights_are_those_of_brute_force(models, prior_count):
    rng = np.random.default_rng(models)
    actual = rng.normal(0.3, 1.0, size=60)
    log_density = norm.logpdf(actual[:, None], [0.0, 1.0, -2.0][:models], [1.0, 1.5, 0.7][:models])
    side = np.linspace(1e-6, 1 - 1e-6, 401)
    grid = np.stack([side, 1 - side], axis=1)
    if models == 3:
        first, second = (axis.ravel() for axis in np.meshgrid(side, side))
        grid = np.stack([first, second, 1 - first - second], axis=1)[first + second < 1 - 1e-9]
    values = objective(grid, log_density, prior_count)
    found = stacking_weights(log_density, prior_count=prior_count)
    assert found.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(found, grid[values.argmax()], atol=0.004)
    assert objective(np.maximum(found, 1e-300)[None], log_density, prior_count)[0] >= values.max() - 1e-6


def test_the_true_model_takes_all_weight_when_data_are_plenty():
    actual = np.random.default_rng(0).normal(size=5000)
    log_density = norm.logpdf(actual[:, None], [0.0, 0.6, 0.0], [1.0, 1.0, 1.4])
    assert stacking_weights(log_density)[0] > 0.97


def test_two_equal_models_share_the_weight_that_one_would_have():
    log_density = norm.logpdf(np.random.default_rng(0).normal(size=(40, 1)), [0.0, 0.0, 3.0], 1.0)
    weights = stacking_weights(log_density, prior_count=4.0)
    assert weights[0] == pytest.approx(weights[1])
    assert weights[2] == pytest.approx(4 / 3 / 44, rel=0.3)


def test_points_that_count_half_twice_are_one_point():
    log_density = np.random.default_rng(0).normal(size=(30, 3))
    twice = stacking_weights(np.repeat(log_density, 2, axis=0), 0.5, 4.0)
    np.testing.assert_allclose(twice, stacking_weights(log_density, 1.0, 4.0), atol=1e-6)


def family(means: tuple[float, ...], weights: tuple[float, ...], sd: float = 0.2) -> Family:
    """Forms whose returns of `tv` are normal around these means, while `radio` is the same in all."""
    grid = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    members = [
        Member(
            form=Form(trend_knots_per_year=k + 1.0),
            roas=np.stack([mean + sd * grid, 3 + grid], axis=1),
            log_density=np.zeros(4),
            weight=weight,
        )
        for k, (mean, weight) in enumerate(zip(means, weights, strict=True))
    ]
    return Family(channels=("tv", "radio"), members=tuple(members), origins=3, horizon=13)


def test_the_stacked_interval_is_that_of_the_mixture():
    means, weights = (1.0, 2.0, 4.0), (0.5, 0.3, 0.2)
    tv, radio = family_estimates(family(means, weights))

    def quantile(level: float) -> float:
        return brentq(lambda x: np.dot(weights, norm.cdf(x, means, 0.2)) - level, -5, 10)

    assert (tv.quantity, tv.entity) == ("roas_over_forms", "tv")
    assert tv.estimate == pytest.approx(np.dot(means, weights))
    assert (tv.lower, tv.upper) == pytest.approx((quantile(0.05), quantile(0.95)), abs=1e-3)
    assert (radio.lower, radio.upper) == pytest.approx(tuple(norm.ppf([0.05, 0.95], 3, 1)), abs=1e-3)


def test_a_return_that_moves_further_than_its_interval_fails():
    check = form_sensitivity_check(family((1.0, 2.0, 9.0), (0.5, 0.49, 0.01)))
    assert check.passed is False
    assert "what is said of tv depends" in check.detail
    assert check.value == pytest.approx(1.0 / (2 * 1.645 * 0.2), rel=1e-3)


def test_a_form_that_foresees_badly_moves_nothing():
    assert form_sensitivity_check(family((1.0, 1.1, 9.0), (0.5, 0.49, 0.01))).passed is True
    moves = form_moves(family((1.0, 1.1, 9.0), (0.5, 0.49, 0.01))).set_index("channel")
    assert (moves.loc["tv", "least"], moves.loc["tv", "most"]) == pytest.approx((1.0, 1.1))
    assert moves.loc["radio", "ratio"] == pytest.approx(0.0)


def test_the_configured_form_comes_first_and_a_large_panel_changes_one_choice_at_a_time():
    panel = simulate(seed=0).panel
    small, large = usual_forms(panel, CONFIG), usual_forms(simulate(seed=0, markets=20).panel, CONFIG)
    assert small[0] == large[0] == Form(trend_knots_per_year=2.0)
    assert len(small) == len(set(small)) == 16
    assert {form.name for form in large} == {
        "hill, geometric, 2-knot trend",
        "logistic, geometric, 2-knot trend",
        "hill, weibull, 2-knot trend",
        "hill, geometric, 1-knot trend",
        "hill, geometric, 3-knot trend",
        "hill, geometric, 8-knot trend",
    }


def test_the_words_for_forms_tell_them_apart_and_are_all_explained():
    forms = usual_forms(simulate(seed=0).panel, CONFIG)
    assert len({form.in_words for form in forms}) == len(forms)
    judged = family((1.0,) * len(forms), (1 / len(forms),) * len(forms))
    members = [replace(member, form=form) for member, form in zip(judged.members, forms, strict=True)]
    explained = set(form_words(replace(judged, members=tuple(members)))["In the chart"])
    used = {re.sub(r"^\d+ bends?$", "bends", word) for form in forms for word in form.in_words.split(", ")}
    assert explained == used


def test_what_a_channel_states_of_its_form_stays():
    stated = {"tv": Channel(adstock="delayed", label="TV")}
    channels = Form(saturation="logistic", adstock="weibull").of_channels(("tv", "radio"), stated)
    assert (channels["tv"].saturation, channels["tv"].adstock, channels["tv"].label) == ("logistic", "delayed", "TV")
    assert (channels["radio"].saturation, channels["radio"].adstock) == ("logistic", "weibull")


def test_too_few_weeks_to_weigh_forms_are_refused():
    with pytest.raises(SpecError, match="80 weeks; it takes 82"):
        fit_family(first_weeks(simulate(seed=0).panel, 80), CONFIG, {}, seed=1)


def test_what_the_configured_form_foresaw_is_not_made_again(monkeypatch):
    """Draw by draw the same, whether the family makes it or takes it from the holdout."""
    panel, effort = simulate(seed=0, weeks=95).panel, Effort(draws=100, tune=150)
    forms = [Form(trend_knots_per_year=2.0), Form(saturation="none", trend_knots_per_year=2.0)]
    settings = {"seed": 1, "effort": effort}
    alone = fit_family(panel, CONFIG, {}, forms=forms, **settings)
    holdout = hold_out(panel, CONFIG, {}, **settings)
    foreseen = []
    monkeypatch.setattr(fit, "foresee", lambda *model: foreseen.append(model) or expanding.foresee(*model))
    shared = fit_family(panel, CONFIG, {}, forms=forms, holdout=holdout, **settings)
    assert len(foreseen) == 1
    for one, other in zip(shared.members, alone.members, strict=True):
        np.testing.assert_array_equal(one.log_density, other.log_density)
    np.testing.assert_array_equal(shared.weights, alone.weights)


@pytest.mark.slow
def test_the_form_that_made_the_sales_is_weighed_most_and_its_return_is_found():
    """Sales that saturate strongly against straight lines, and a trend that turns every few weeks against a straight one."""
    world = simulate(seed=4, roas=(4.0, 6.0))
    weeks = np.arange(len(world.panel.weeks))
    turns = 0.1 * world.panel.kpi.mean() * np.sin(2 * np.pi * weeks / 31.0)[:, None]
    panel = replace(world.panel, kpi=world.panel.kpi + turns)
    forms = [
        Form(saturation=saturation, trend_knots_per_year=knots)
        for knots in (8.0, 0.0)
        for saturation in ("hill", "none")
    ]
    found = fit_family(panel, CONFIG, {}, seed=1, forms=forms, effort=Effort(draws=300, tune=300))
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.weights.argmax() == 0
    assert found.weights[0] > 0.6
    for estimate, truth in zip(family_estimates(found), world.roas, strict=True):
        assert estimate.lower < truth < estimate.upper
    table = roas_by_form(found)
    assert table.groupby("channel").weight.sum().to_numpy() == pytest.approx(2.0)
    assert set(table["form"]) == {*(form.name for form in forms), ALL_FORMS}


def test_the_figure_can_be_read():
    assert not unreadable_text(returns_by_form(roas_by_form(family((1.0, 2.0, 9.0), (0.5, 0.49, 0.01))), "USD"))


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_figure_names_each_form_and_its_weight_in_full(language):
    found = family((1.0, 2.0, 9.0), (0.5, 0.3, 0.2))
    forms = [Form(), Form(saturation="logistic"), Form(adstock="weibull", trend_knots_per_year=8)]
    members = tuple(replace(member, form=form) for member, form in zip(found.members, forms, strict=True))
    with speaking(language):
        drawn = figure(returns_by_form(roas_by_form(replace(found, members=members)), "USD")).block.data
        texts = [say(text) for text in (*(form.in_words for form in forms), "50%", "30%", "20%")]
    assert [text for text in texts if f">{text}</text>" not in drawn] == []
