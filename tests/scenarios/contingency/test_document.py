"""All contingencies of the small company: what is handed off, promised and said."""

import json
from dataclasses import dataclass, replace
from typing import ClassVar

import jsonschema
import numpy as np
import pytest

from tests.scenarios.problem.company import problem_of
from workbench.config.capacity import Capacity
from workbench.config.contingency import DEFAULT_SCENARIOS, Reserve, Triggers
from workbench.mmm.posterior.outlook import Outlook
from workbench.result import Result, estimates_frame
from workbench.runs.handoff import document_schema, write_handoff
from workbench.scenarios.capacity import teams_of
from workbench.scenarios.contingency.changed_value import value_in_state
from workbench.scenarios.contingency.checks import contingency_checks
from workbench.scenarios.contingency.contingency import Contingency, Origin, contingency
from workbench.scenarios.contingency.document import Contingencies
from workbench.scenarios.contingency.findings import contingency_findings
from workbench.scenarios.contingency.fingerprint import limits_hash, model_hash, scenario_hash
from workbench.scenarios.contingency.handoff import contingency_document
from workbench.scenarios.contingency.predicted import Quarters
from workbench.scenarios.contingency.states import build_states
from workbench.scenarios.contingency.triggers import first_alarms, trigger_bands
from workbench.scenarios.contingency.worlds import Worlds
from workbench.scenarios.solve import BRISK, solve
from workbench.wording import percent

WEEKS = 8


@pytest.fixture(scope="module")
def problem():
    return problem_of(horizon_weeks=WEEKS)


@pytest.fixture(scope="module")
def worlds(problem):
    return Worlds(
        cells=problem.cells,
        limits=problem.limits,
        value=lambda state: value_in_state(problem.response, problem.cells, problem.limits, state),
        solve=lambda value, limits, starts: solve(value, limits, starts=starts, effort=BRISK),
    )


@pytest.fixture(scope="module")
def planned(problem):
    return problem.cells.reference.copy()


@pytest.fixture(scope="module")
def quarters(problem, planned):
    draws, markets = problem.response.draws, len(problem.cells.markets)
    shape = (draws, WEEKS, markets)
    level = np.random.default_rng(0).normal(1, 0.03, (draws, 1, markets))
    outlook = Outlook(
        weeks=problem.cells.weeks,
        markets=problem.cells.markets,
        baseline=6000 * level * np.ones(shape),
        carried=np.zeros(shape),
        noise=np.full((draws, markets), 400.0),
        week_noise=np.full((draws, markets), 300.0),
        persistence=0.4,
        value_per_kpi=np.array([1.0, 2.0]),
        currency="EUR",
        notes=(),
    )
    return Quarters(
        outlook=outlook,
        response=problem.response,
        cells=problem.cells,
        planned=planned,
        watch=("revenue", "markets", "demand"),
        teams=teams_of(
            {"sales": Capacity(per_kpi=0.02, unit="leads", weekly=1e9, markets=("north",))},
            None,
            problem.cells.weeks,
            tail=0,
            markets=problem.cells.markets,
            value_per_kpi=outlook.value_per_kpi,
        ),
    )


@pytest.fixture(scope="module")
def states(problem):
    return build_states(
        DEFAULT_SCENARIOS,
        budget=float(problem.cells.reference.sum()),
        weeks=WEEKS,
        channels=problem.cells.channels,
    )


def prepared(worlds, states, planned, quarters):
    return contingency(
        worlds,
        states,
        planned,
        gap=0.01,
        paths=quarters,
        units=quarters.units("EUR"),
        triggers=Triggers(),
        reserve=Reserve(),
        origin=Origin(model="m", limits="l", data={"kpi": "k"}, settings={"seed": 1}),
        seed=1,
    )


@pytest.fixture(scope="module")
def found(worlds, states, planned, quarters):
    return prepared(worlds, states, planned, quarters)


def test_predicted_quarters_have_the_mean_of_baseline_and_media_in_every_state(problem, planned, quarters, states):
    """Media by the response model itself, the state's factors by hand."""
    caused = problem.response.contribution(planned)
    value = quarters.outlook.value_per_kpi
    for state in states:
        drawn = quarters(np.random.default_rng(3), 8_000, state)
        late = np.arange(WEEKS) >= state.from_week
        factor = np.where(late, state.response.get("*", 1.0), 1.0)
        baseline = quarters.outlook.baseline.mean(axis=0) * np.where(late, state.baseline, 1.0)[:, None] * value
        expected = (
            baseline + caused.sum(axis=-1).mean(axis=0) * factor[:, None] / problem.response.value_per_kpi * value
        )
        error = 5 * np.std(drawn["revenue"], axis=0) / np.sqrt(8_000)
        assert (np.abs(drawn["revenue"].mean(axis=0) - expected.sum(axis=1)) < error).all()
        np.testing.assert_allclose(drawn["revenue"], drawn["north"] + drawn["south"])
        np.testing.assert_allclose(drawn["demand on sales"], 0.02 * drawn["north"])


def test_false_alarms_of_the_whole_chain_keep_their_rate(quarters, states):
    bands = trigger_bands(quarters(np.random.default_rng(1), 40_000, states[0]), 0.1)
    alarms = first_alarms(bands, quarters(np.random.default_rng(2), 16_000, states[0]))
    assert alarms["week"].notna().mean() == pytest.approx(0.1, abs=0.01)


def test_every_document_validates_against_the_published_schema(found, tmp_path, repository):
    published = json.loads((repository / "docs" / "contingency.schema.json").read_text())
    assert published == document_schema(Contingencies), "docs/contingency.schema.json is out of date: make docs anew"
    document = contingency_document(found, currency="EUR")
    write_handoff({"contingency.json": document}, tmp_path)
    assert json.loads((tmp_path / "contingency.schema.json").read_text()) == published
    content = json.loads((tmp_path / "contingency.json").read_text())
    jsonschema.Draft202012Validator(published).validate(content)
    assert Contingencies.model_validate_json((tmp_path / "contingency.json").read_text()) == document
    for broken in (content | {"version": 3}, content | {"extra": 1}, content | {"currency": "euro"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(published).validate(broken)


def test_the_document_adds_up_to_the_plans_that_it_describes(found, planned, states):
    content = contingency_document(found, currency="EUR")
    plan, half = content.scenarios[:2]
    assert sum(sum(row.weekly) for row in plan.spend) == pytest.approx(planned.sum())
    assert sum(sum(row.weekly) for row in half.spend) == pytest.approx(half.budget, rel=1e-4)
    spent = planned.sum()
    for step in content.cut_order:
        moved = sum(move.amount for move in step.moves)
        assert moved == pytest.approx(sum(sum(move.weekly) for move in step.moves), rel=1e-3)
        assert spent - moved == pytest.approx(step.budget, rel=1e-3)
        spent = step.budget
    assert content.detected[-1].scenario == "a_fifth_below_plan"
    units = {trigger.watch: trigger.unit for trigger in content.triggers}
    assert units == {"revenue": "EUR", "north": "EUR", "south": "EUR", "demand on sales": "leads"}


def test_the_same_question_gives_the_same_document(found, worlds, states, planned, quarters):
    again = prepared(worlds, states, planned, quarters)
    first, second = (contingency_document(one, currency="EUR") for one in (found, again))
    assert first.model_dump_json() == second.model_dump_json()


def test_findings_and_checks_say_what_the_frames_hold(found):
    text = "\n".join(contingency_findings(found, "EUR"))
    assert "any of them sounds in 10% of quarters" in text
    assert "half the results" in text
    assert "none of which takes back an earlier one" in text
    by_name = {check.name: check for check in contingency_checks(found)}
    assert by_name["trigger_false_alarms"].passed is True
    assert by_name["trigger_power"].value == pytest.approx(found.detection["caught"][[1, 4]].min())


def test_found_money_is_dear_where_the_margin_of_what_it_brings_is_less_than_it(found):
    returned = found.reinvest_order["return"].iloc[0]
    below, above = (replace(found, margin=share / returned) for share in (0.98, 1.02))
    dear = f"which at a margin of {percent(0.98 / returned, 0)} is less than it costs"
    assert dear in " ".join(contingency_findings(below, "EUR"))
    assert "less than it costs" not in " ".join(contingency_findings(above, "EUR"))


@dataclass(frozen=True, kw_only=True)
class Kept(Contingency, Result):
    analysis: ClassVar[str] = "kept"


def test_a_result_that_inherits_the_fields_saves_and_reloads_them(found, tmp_path):
    kept = Kept(title="x", estimates=estimates_frame([]), **vars(found))
    kept.save(tmp_path / "result")
    loaded = Kept.load(tmp_path / "result")
    assert loaded.states == found.states
    assert loaded.reserve == found.reserve
    first, second = (contingency_document(one, currency="EUR") for one in (found, loaded))
    assert first == second
    assert contingency_checks(loaded) == contingency_checks(found)


def test_a_hash_changes_with_anything_that_could_change_a_plan(problem, states):
    base = {"model": "m", "limits": "l", "data": {"kpi": "1"}, "settings": {"risk": 0.0}}
    changed = [
        {"model": "n"},
        {"limits": "k"},
        {"data": {"kpi": "2"}},
        {"settings": {"risk": 0.5}},
    ]
    hashes = [scenario_hash(states[0], **(base | change)) for change in [{}, *changed]]
    hashes += [scenario_hash(states[1], **base), scenario_hash(replace(states[0], budget=1.0), **base)]
    assert len(set(hashes)) == len(hashes)
    assert hashes[0] == scenario_hash(states[0], **base)
    limits, cells = problem.limits, problem.cells
    wider = limits.within(limits.lower, limits.upper * 1.01)
    dearer = replace(cells, price=cells.price * 1.01)
    different = [limits_hash(cells, limits), limits_hash(cells, wider), limits_hash(dearer, limits)]
    different += [
        limits_hash(cells, limits.with_budget(1e6)),
        limits_hash(cells, replace(limits, rules=limits.rules[1:])),
    ]
    assert len(set(different)) == len(different)


def test_the_models_hash_is_that_of_its_numbers(tmp_path):
    from tests.scenarios.small_company import small_media_mix

    media_mix = small_media_mix(draws=20)
    media_mix.posterior.to_netcdf(tmp_path / "posterior.nc", engine="h5netcdf")
    import xarray as xr

    assert model_hash(xr.load_dataset(tmp_path / "posterior.nc", engine="h5netcdf")) == model_hash(media_mix.posterior)
    other = media_mix.posterior.copy(deep=True)
    other["coefficient"][0, 0, 0] *= 1.0001
    assert model_hash(other) != model_hash(media_mix.posterior)
