"""The outlook against the holdout's own forecast of the same weeks, against its model's own worlds, and against real calendars."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.mmm.posteriors import result_of
from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.data.calendar import holidays_in_weeks
from workbench.errors import DataError, SpecError
from workbench.mmm.density.parameters import Draws, natural
from workbench.mmm.density.starting_point import starting_point
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.holdout.expanding import foresee
from workbench.mmm.holdout.forecast import forecast
from workbench.mmm.holdout.naive import seasonal_naive
from workbench.mmm.holdout.origins import Cut, PreparedCut
from workbench.mmm.holdout.scores import crps, inside
from workbench.mmm.inputs.design import DAYS_PER_YEAR, yearly_waves
from workbench.mmm.posterior import outlook as module
from workbench.mmm.posterior.coefficients import draw_baseline
from workbench.mmm.posterior.dataset import posterior_dataset
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.posterior.outlook import control_effect, outlook, weeks_after
from workbench.mmm.prepare import Prepared, prepare
from workbench.mmm.result import MediaMixResult
from workbench.mmm.sampling import Effort
from workbench.result import Provenance

CONFIG = MediaMix(trend_knots_per_year=2, yearly_harmonics=2)
HORIZON = 13
EMPTY = pd.DataFrame()


def saved(prepared: Prepared, draws: Draws, seed: int = 0) -> MediaMixResult:
    """What is saved of these draws."""
    rng, design = np.random.default_rng(seed), prepared.design
    response = response_model(draws, design)
    baseline = draw_baseline(response, draws, design, prepared.rotation, rng)
    posterior = posterior_dataset(response, baseline, draws, design, prepared.priors, starting_point(design), rng)
    frames = dict.fromkeys(("estimates", "contributions", "totals", "fit", "curves"), EMPTY)
    return MediaMixResult(title="", currency="EUR", posterior=posterior, provenance=Provenance(), **frames)


def known_parameters(prepared: Prepared, copies: int) -> Draws:
    position = 0.2 * np.random.default_rng(5).normal(size=(1, prepared.layout.size)) - 0.5
    one = natural(position, prepared.design, prepared.priors)
    return Draws(**{name: np.repeat(values, copies, axis=0) for name, values in vars(one).items()})


def exposed(result: MediaMixResult, exposure: np.ndarray) -> np.ndarray:
    return result.response.kpi_of_exposure(exposure).sum(axis=-1)


def prior_spread(posterior, gap_years, rng):
    """The trend's steps as the holdout takes them: from their prior, whatever they were."""
    markets, draws = posterior.sizes["market"], posterior.sizes["draw"]
    sd = 0.3 * np.sqrt(gap_years)
    common = sd * np.sqrt((markets > 1) + 1 / markets)
    return np.full(draws, common), np.full(draws, sd)


def controls_frame(weeks: pd.DatetimeIndex, markets: tuple[str, ...], values: np.ndarray) -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([weeks, markets, ["weather"]], names=["week", "market", "control"])
    return pd.DataFrame({"value": values.ravel()}, index=grid).reset_index()


def continued(cut: Cut, prepared: Prepared) -> PreparedCut:
    """The holdout's model of the weeks after the origin, on the calendar of the weeks before it."""
    learnt, weeks = prepared.design.panel, cut.panel.weeks[cut.history :]
    known = prepared.design.baseline
    knots = known.label.count("ramp")
    gap = (learnt.weeks[-1] - learnt.weeks[0]).days / DAYS_PER_YEAR / knots
    ahead = (weeks - learnt.weeks[-1]).days.to_numpy() / DAYS_PER_YEAR
    further = np.stack([np.clip(ahead / gap - k, 0, 1) for k in range(int(np.ceil(ahead[-1] / gap)))], axis=-1)
    old = np.zeros((cut.history, further.shape[1]))
    centre, sd = learnt.control.mean(axis=0), learnt.control.std(axis=0)
    baseline = replace(
        known,
        columns=np.hstack([known.columns, old]),
        prior_sd=np.append(known.prior_sd, np.full(further.shape[1], 0.3 * np.sqrt(gap))),
    )
    level = np.ones((len(weeks), 1 + knots))
    control = np.moveaxis((cut.panel.control[cut.history :] - centre) / sd, 0, 1)
    # The control of a single market is alike in all markets, so that it stands among the common columns.
    common, own = (control[0], control[..., :0]) if len(control) == 1 else (control[0, :, :0], control)
    return PreparedCut(
        cut=cut,
        prepared=replace(prepared, design=replace(prepared.design, baseline=baseline)),
        columns=np.hstack([level, yearly_waves(weeks, 2), common, further]),
        own=own,
        effectiveness_ramps=np.zeros((0, len(cut.panel.weeks))),
    )


@pytest.mark.parametrize(("markets", "persistence"), [(1, 0.0), (2, 0.7)])
def test_the_outlook_is_the_holdouts_forecast_on_the_same_cut(markets, persistence, monkeypatch):
    monkeypatch.setattr(module, "trend_spread", prior_spread)
    panel = simulate(seed=2, markets=markets).panel
    cut = Cut(panel=panel, history=len(panel.weeks) - HORIZON)
    prepared = prepare(cut.learnt, CONFIG, {})
    prepared = replace(prepared, design=replace(prepared.design, persistence=persistence))
    draws = known_parameters(prepared, 8000)
    expected = forecast(draws, continued(cut, prepared), np.random.default_rng(0)).paths

    result, weeks = saved(prepared, draws), panel.weeks[cut.history :]
    ahead = outlook(result, weeks, controls_frame(weeks, panel.markets, panel.control[cut.history :]), seed=1)
    media = exposed(result, panel.exposure[panel.carry_in + cut.history :])
    found = ahead.paths(media, np.random.default_rng(2), 8000)
    flat = [np.moveaxis(paths, 1, 2).reshape(8000, -1) for paths in (expected, found)]
    sd = flat[0].std(axis=0)
    np.testing.assert_allclose((flat[1].mean(axis=0) - flat[0].mean(axis=0)) / sd, 0, atol=0.06)
    theirs, ours = (np.cov(paths.T) / np.outer(sd, sd) for paths in flat)
    np.testing.assert_allclose(ours, theirs, atol=0.08)


@pytest.mark.parametrize("persistence", [0.0, 0.6])
def test_intervals_hold_as_often_as_they_say_in_worlds_of_the_model(persistence):
    """200 worlds drawn from the model with known parameters: weeks, and the period's total over all markets."""
    markets, worlds, copies = 2, 200, 250
    rng = np.random.default_rng(7)
    whole = simulate(seed=4, markets=markets).panel
    cut = Cut(panel=whole, history=len(whole.weeks) - HORIZON)
    prepared = prepare(cut.learnt, CONFIG, {})
    prepared = replace(prepared, design=replace(prepared.design, persistence=persistence))
    draws, later = known_parameters(prepared, copies), continued(cut, prepared)
    one = Draws(**{name: values[:1] for name, values in vars(draws).items()})
    explained = _explained(one, later)
    weeks = whole.weeks[cut.history :]
    given = controls_frame(weeks, whole.markets, whole.control[cut.history :])
    covered, covered_total = [], []
    for world in range(worlds):
        kpi = explained + _unexplained(one, later, rng)
        panel = replace(prepared.design.panel, kpi=(kpi * prepared.design.kpi_scale)[: cut.history])
        seen = replace(prepared, design=replace(prepared.design, kpi=kpi[: cut.history], panel=panel))
        result = saved(seen, draws, seed=world)
        media = exposed(result, whole.exposure[whole.carry_in + cut.history :])
        paths = outlook(result, weeks, given, seed=world).paths(media, np.random.default_rng(world), copies)
        actual = (kpi * prepared.design.kpi_scale)[cut.history :]
        covered.append(inside(actual, paths, 0.8).mean())
        covered_total.append(inside(actual.sum(), paths.sum(axis=(1, 2)), 0.8))
    assert np.mean(covered) == pytest.approx(0.8, abs=0.04)
    assert np.mean(covered_total) == pytest.approx(0.8, abs=0.06)


def _explained(one: Draws, later: PreparedCut) -> np.ndarray:
    """Media and own columns in all weeks, relative to the mean KPI, shape (T + H, M)."""
    panel, design = later.cut.panel, later.prepared.design
    exposure = panel.exposure[panel.carry_in :], panel.exposure[: panel.carry_in]
    media = response_model(one, design).kpi_of_exposure(*exposure)[0].sum(axis=-1) / design.kpi_scale
    own = np.concatenate([design.baseline.own, later.own], axis=1)
    return media + np.einsum("mtj,mj->tm", own, one.own[0])


def _unexplained(one: Draws, later: PreparedCut, rng: np.random.Generator) -> np.ndarray:
    """The baseline's other columns and lasting surprises, from their priors, part of both alike in all markets."""
    design, markets = later.prepared.design, one.noise.shape[1]
    columns = np.vstack([design.baseline.columns, later.columns]) * design.baseline.prior_sd
    coefficients = rng.normal(size=(columns.shape[1], markets)) + (markets > 1) * rng.normal(size=(columns.shape[1], 1))
    fresh = one.noise[0] * rng.normal(size=(len(columns), markets)) + one.week_spread[0] * rng.normal(
        size=(len(columns), 1)
    )
    lasting, persistence = fresh.copy(), design.persistence
    for week in range(1, len(fresh)):
        lasting[week] = persistence * lasting[week - 1] + np.sqrt(1 - persistence**2) * fresh[week]
    return columns @ coefficients + lasting


def test_what_is_carried_is_what_past_spend_still_causes():
    result = result_of(simulate(seed=1, weeks=110, markets=2).panel)
    ahead = outlook(result, weeks_after(result, 5), seed=1)
    nothing = np.zeros((5, 2, 2))
    np.testing.assert_allclose(ahead.carried, exposed(result, nothing))
    assert (np.diff(ahead.carried.mean(axis=(0, 2))) < 0).all()


def test_controls_ahead_are_given_or_last_years_and_said():
    panel = simulate(seed=1, weeks=130, markets=2).panel
    result = result_of(panel)
    weeks = weeks_after(result, 4)
    low, high = (
        outlook(result, weeks, controls_frame(weeks, panel.markets, np.full((4, 2), level)), seed=1)
        for level in (0.0, 1.5)
    )
    effect = control_effect(result.posterior)["weather"]
    np.testing.assert_allclose(high.baseline - low.baseline, np.broadcast_to(1.5 * effect[:, None], low.baseline.shape))
    assert low.notes == ("The weeks ahead have weather as given.",)
    assumed = outlook(result, weeks, seed=1)
    assert "same weeks of last year" in assumed.notes[0]


def test_a_control_that_repeats_every_year_is_as_last_year():
    panel = simulate(seed=1, weeks=130, markets=1).panel
    yearly = np.resize(np.random.default_rng(0).normal(size=52), 140)
    result = result_of(replace(panel, control=yearly[:130, None, None]))
    weeks = weeks_after(result, 10)
    given = controls_frame(weeks, panel.markets, yearly[130:, None])
    np.testing.assert_allclose(
        outlook(result, weeks, seed=1).baseline, outlook(result, weeks, given, seed=1).baseline, rtol=1e-9
    )


def test_holidays_come_on_their_days_of_the_year_ahead():
    """Easter Monday of 2024 was 1 April, of 2023 10 April, of 2022 18 April."""
    panel = simulate(seed=1, weeks=110, markets=1).panel
    holidays, names = holidays_in_weeks(panel.weeks, {"market 0": "DE"}, panel.markets)
    with_days = replace(panel, holidays=holidays, holiday_names=names, countries={"market 0": "DE"})
    result = result_of(with_days)
    labels = list(result.posterior["baseline_label"].to_numpy())
    easter = result.posterior["baseline_coefficient"].to_numpy()[:, 0, labels.index("holiday: Easter Monday")]
    posterior = result.posterior.copy(deep=True)
    posterior["country"][:] = ""
    weeks = weeks_after(result, 13)
    without = outlook(replace(result, posterior=posterior), weeks, seed=1).baseline
    difference = (outlook(result, weeks, seed=1).baseline - without)[:, :, 0]
    week = list(weeks).index(pd.Timestamp("2024-04-01"))
    np.testing.assert_allclose(difference[:, week], easter, rtol=1e-4)
    np.testing.assert_array_equal(difference[:, week + 1], 0)


def test_weeks_that_do_not_follow_are_refused():
    result = result_of(simulate(seed=1, weeks=110).panel)
    with pytest.raises(SpecError, match="must follow 2024-02-05"):
        outlook(result, weeks_after(result, 5)[1:], seed=1)
    with pytest.raises(SpecError, match="at least 1 week"):
        outlook(result, weeks_after(result, 0), seed=1)


def test_a_control_given_twice_is_refused():
    panel = simulate(seed=1, weeks=110).panel
    result = result_of(panel)
    weeks = weeks_after(result, 2)
    rows = controls_frame(weeks, panel.markets, np.zeros((2, 1)))
    with pytest.raises(DataError, match="twice in week"):
        outlook(result, weeks, pd.concat([rows, rows]), seed=1)


def test_an_older_run_is_refused_in_one_sentence(tmp_path):
    result = result_of(simulate(seed=1, weeks=110).panel)
    replace(result, posterior=result.posterior.drop_vars("week_spread")).save(tmp_path)
    with pytest.raises(DataError, match="lacks week_spread; another version saved it, run the notebook again"):
        MediaMixResult.load(tmp_path)


def test_what_is_loaded_foresees_the_same(tmp_path):
    result = result_of(simulate(seed=1, weeks=110, markets=2).panel)
    result.save(tmp_path)
    weeks = weeks_after(result, 6)
    loaded = outlook(MediaMixResult.load(tmp_path), weeks, seed=3)
    np.testing.assert_allclose(loaded.baseline, outlook(result, weeks, seed=3).baseline)


@pytest.mark.slow
def test_fitted_businesses_hold_their_next_quarter_as_the_holdouts_forecast_does():
    """Businesses that another hand wrote. Their trend is straight, which helps the holdout: there the last knot lies ahead."""
    covered, ours, theirs, naive = [], [], [], []
    for seed in range(3):
        panel = simulate(seed=seed, persistence=0.5).panel
        cut = Cut(panel=panel, history=len(panel.weeks) - HORIZON)
        weeks, actual = panel.weeks[cut.history :], panel.kpi[cut.history :]
        result = fit_media_mix(
            prepare(cut.learnt, CONFIG, {}), provenance=Provenance(), seed=1, draws=300, tune=300, chains=2
        )
        given = controls_frame(weeks, panel.markets, panel.control[cut.history :])
        media = exposed(result, panel.exposure[panel.carry_in + cut.history :])
        paths = outlook(result, weeks, given, seed=1).paths(media, np.random.default_rng(1), 4 * result.response.draws)
        covered.append(inside(actual, paths, 0.8).mean())
        ours.append(crps(paths, actual).mean())
        theirs.append(crps(foresee(cut, CONFIG, {}, None, Effort(draws=300, tune=300), 1).paths, actual).mean())
        naive.append(crps(seasonal_naive(panel.kpi[: cut.history], HORIZON), actual).mean())
    assert np.mean(covered) >= 0.75
    assert np.mean(ours) < 1.4 * np.mean(theirs)
    assert np.mean(ours) < np.mean(naive)
