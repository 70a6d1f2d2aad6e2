"""Bad input ends in one sentence, from the tables as from the panel, or in a named check; never in a silent number."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.contracts import check_tables
from workbench.errors import ConfigError, SpecError
from workbench.mmm.checks.identifiability import spend_checks
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.prepare import prepare
from workbench.result import Provenance
from workbench.workspace import Workspace, open_workspace

WEEKS = pd.date_range("2023-01-02", periods=60, freq="7D")
WORLD = simulate(seed=2, weeks=60, markets=2)
TABLES = {
    "kpi": (["week", "market"], [WEEKS, ["AT", "DE"]], "kpi"),
    "media": (["week", "market", "channel"], [WEEKS, ["AT", "DE"], ["search", "tv"]], "spend"),
    "controls": (["week", "market", "control"], [WEEKS, ["AT", "DE"], ["price", "weather"]], "value"),
}


def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(1)
    frames = {}
    for name, (keys, levels, value) in TABLES.items():
        frame = pd.MultiIndex.from_product(levels, names=keys).to_frame(index=False)
        frames[name] = frame.assign(**{value: rng.gamma(50, 20, len(frame))})
    return frames


def company(folder: Path, frames: dict[str, pd.DataFrame], config: str = "") -> Workspace:
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    paths = "".join(f'[tables.{name}]\npath = "{name}.csv"\n' for name in frames)
    (folder / "workbench.toml").write_text(f'[workspace]\nname = "Company"\n{paths}{config}', encoding="utf-8")
    return open_workspace(folder)


def cell(table: str, row: int, value: object) -> Callable[[dict[str, pd.DataFrame]], None]:
    def change(frames: dict[str, pd.DataFrame]) -> None:
        column = TABLES[table][2]
        changed = frames[table].astype({column: object})
        changed.loc[row, column] = value
        frames[table] = changed

    return change


def without(table: str, row: int) -> Callable[[dict[str, pd.DataFrame]], None]:
    def change(frames: dict[str, pd.DataFrame]) -> None:
        frames[table] = frames[table].drop(index=row)

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (cell("media", 4, -120.0), "media.spend is negative in 1 row"),
        (cell("media", 4, "n/a"), "media.spend is not a number in 1 row"),
        (cell("kpi", 3, -5.0), "kpi.kpi is negative in 1 row"),
        (cell("controls", 3, None), "controls.value is missing in 1 row"),
        (cell("controls", 3, "high"), "controls.value is not a number in 1 row"),
        (without("kpi", 7), "kpi lacks 1 of 120 rows"),
        (without("media", 9), "media lacks 1 of 240 rows"),
        (without("controls", 9), "controls lacks 1 of 240 rows"),
    ],
)
def test_a_bad_table_is_named_by_the_contract(tmp_path, change, sentence):
    frames = tables()
    change(frames)
    problems = [problem for report in check_tables(company(tmp_path, frames)) for problem in report.problems]
    assert len(problems) == 1
    assert sentence in problems[0]


def test_sound_tables_have_no_problem(tmp_path):
    assert not [problem for report in check_tables(company(tmp_path, tables())) for problem in report.problems]


def prepared_from(folder: Path, frames: dict[str, pd.DataFrame], config: str = "") -> None:
    workspace = company(folder, frames, config)
    prepare(workspace.panel(), workspace.config.media_mix, workspace.config.channels)


def test_less_than_a_year_is_refused(tmp_path):
    frames = {name: frame[frame["week"] < WEEKS[40]] for name, frame in tables().items()}
    with pytest.raises(SpecError, match="the KPI covers 40 weeks; a media mix needs at least 52"):
        prepared_from(tmp_path, frames)


def test_a_kpi_of_zero_in_one_market_is_refused(tmp_path):
    frames = tables()
    frames["kpi"].loc[frames["kpi"]["market"] == "DE", "kpi"] = 0.0
    with pytest.raises(SpecError, match="the KPI of market DE is 0 in every week"):
        prepared_from(tmp_path, frames)


def test_a_channel_without_spend_is_refused(tmp_path):
    frames = tables()
    frames["media"].loc[frames["media"]["channel"] == "tv", "spend"] = 0.0
    with pytest.raises(SpecError, match="channel tv has no spend in any of the 60 weeks; leave that channel out"):
        prepared_from(tmp_path, frames)


def test_a_sign_of_an_unknown_control_is_refused(tmp_path):
    with pytest.raises(SpecError, match="control prices has a sign .* its controls are price, weather"):
        prepared_from(tmp_path, tables(), '[media_mix]\nsigns = { prices = "negative" }\n')


def test_a_sign_that_is_no_direction_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="choose 'positive' or 'negative'"):
        company(tmp_path, tables(), '[media_mix]\nsigns = { price = "down" }\n')


def test_more_parameters_than_weeks_are_refused(tmp_path):
    with pytest.raises(SpecError, match="parameters for 120 weekly observations"):
        prepared_from(tmp_path, tables(), "[media_mix]\nyearly_harmonics = 26\ntrend_knots_per_year = 26\n")


def lift(**changes: object) -> pd.DataFrame:
    record = {
        "experiment_id": "dark",
        "channel": "channel 0",
        "markets": "market 0",
        "start": WORLD.panel.weeks[20],
        "end": WORLD.panel.weeks[24] - pd.Timedelta(days=1),
        "spend_change": -1000.0,
        "lift": -2000.0,
        "lift_se": 500.0,
    }
    return pd.DataFrame([record | changes])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"channel": "radio"}, "lift test dark is on channel 'radio', which the media table lacks"),
        ({"markets": "market 0;market 7"}, "names the market 'market 7', which the KPI table lacks"),
        ({"lift_se": 0.0}, "lift_se 0.0; it must be above 0"),
        ({"lift": np.nan}, "lift nan; it must be a number"),
        ({"spend_change": 0.0}, "spend_change 0.0; it must be a number other than 0"),
        ({"end": WORLD.panel.weeks[10]}, "before it starts"),
        ({"spend_change": 1e12}, "but only .* was spent"),
    ],
)
def test_an_impossible_lift_record_is_refused(changes, sentence):
    with pytest.raises(SpecError, match=sentence):
        prepare(WORLD.panel, MediaMix(), {}, lift(**changes))


def test_a_lift_record_outside_the_data_is_named():
    later = lift(start=pd.Timestamp("2030-01-07"), end=pd.Timestamp("2030-02-03"))
    assert prepare(WORLD.panel, MediaMix(), {}, later).tests.outside == ("dark",)


def test_a_control_that_never_changes_is_a_failed_check():
    still = replace(WORLD.panel, control=np.ones_like(WORLD.panel.control))
    prepared = prepare(still, MediaMix(), {})
    check = next(
        check
        for check in spend_checks(prepared.design, prepared.priors, prepared.quick_fits)
        if check.name == "controls"
    )
    assert check.passed is False
    assert "weather never changed" in check.detail


def test_a_control_that_changes_in_one_market_is_sound():
    control = WORLD.panel.control.copy()
    control[:, 1] = 0.0
    prepared = prepare(replace(WORLD.panel, control=control), MediaMix(), {})
    assert next(
        check
        for check in spend_checks(prepared.design, prepared.priors, prepared.quick_fits)
        if check.name == "controls"
    ).passed


@pytest.mark.slow
def test_a_channel_that_one_market_never_bought_is_fitted_where_it_was():
    """Market 1 buys no channel 1: nothing is credited there, and the other market's return is the truth's within 2.5 standard errors."""
    world = simulate(seed=6, weeks=104, markets=2)
    spend, kpi = world.panel.spend.copy(), world.panel.kpi.copy()
    spend[:, 1, 1] = 0.0
    kpi[:, 1] -= world.media[:, 1, 1]
    panel = replace(world.panel, spend=spend, exposure=spend, kpi=kpi)
    result = fit_media_mix(
        prepare(panel, MediaMix(), {}), provenance=Provenance(), seed=1, draws=300, tune=300, chains=2
    )
    there = result.contributions.query("component == 'channel 1' and market == 'market 1'")
    assert (there[["estimate", "lower", "upper"]] == 0).all(axis=None)
    roas = result.estimate("roas", "channel 1")
    error = np.log(roas.upper / roas.lower) / 3.29
    assert abs(np.log(roas.estimate / world.roas[1])) < 2.5 * error < 0.5
    numbers = result.estimates.drop(columns=["lower", "upper", "level"])
    assert np.isfinite(numbers["estimate"]).all()
