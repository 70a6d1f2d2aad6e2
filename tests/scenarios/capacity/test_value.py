"""Plans valued by what is served: limits that don't bind change nothing, tangents lie above every plan, calendars are read right."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.capacity.fakes import team
from tests.scenarios.problem.company import problem_of
from tests.scenarios.small_company import small_media_mix
from workbench.config.capacity import Capacity
from workbench.errors import DataError, SpecError
from workbench.scenarios.capacity import CapacityValue, capacity_in_states, compare_plans, teams_of
from workbench.scenarios.contingency.states import State
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import BRISK, solve

WEEKS = pd.date_range("2026-01-05", periods=4, freq="7D")


@pytest.fixture(scope="module")
def company() -> CapacityValue:
    """The small company's media under two markets' common team that is full in some weeks and draws."""
    media_mix = small_media_mix(draws=40, weeks=80)
    problem = problem_of(horizon_weeks=6, media_mix=media_mix, max_change=1.0)
    media = media_value(media_mix.response, problem.cells, problem.limits)
    rng = np.random.default_rng(0)
    weeks = 6 + media_mix.response.carry_over_weeks
    demand = rng.lognormal(8.0, 0.15, (40, weeks, 2))
    crew = team(np.full(weeks, 800.0), markets=(0, 1), load=np.array([0.1, 0.08]), step=20.0)
    return CapacityValue(media=media, demand=demand, teams=(crew,))


@pytest.fixture(scope="module")
def limits():
    return problem_of(horizon_weeks=6, max_change=1.0).limits


def plans(limits, count: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return limits.lower + (limits.upper - limits.lower) * rng.random((count, *limits.shape))


def with_room(company: CapacityValue, room: float, **changed: object) -> CapacityValue:
    crew = company.teams[0]
    return company.with_teams((team(np.full(crew.room.shape, room), markets=(0, 1), load=crew.load, **changed),))


def test_room_for_all_is_the_value_of_media_alone(company, limits):
    spend, weights = plans(limits, 1)[0], np.full(40, 1 / 40)
    free, media = with_room(company, np.inf), company.media
    np.testing.assert_allclose(free.worth(spend), media.worth(spend), rtol=1e-9)
    np.testing.assert_allclose(free.gradient(spend, weights)[1], media.gradient(spend, weights)[1], rtol=1e-9)
    ours, theirs = free.tangent(spend, weights), media.tangent(spend, weights)
    assert ours.constant == pytest.approx(theirs.constant, rel=1e-9)
    np.testing.assert_allclose(ours.slope, theirs.slope, rtol=1e-9)


def test_without_room_nothing_is_worth_anything(company, limits):
    spend = plans(limits, 1)[0]
    assert (with_room(company, 0.0).worth(spend) == 0).all()
    assert (with_room(company, 0.0).gradient(spend, np.full(40, 1 / 40))[1] == 0).all()


def test_a_market_without_a_team_keeps_all_it_causes(company, limits):
    spend = plans(limits, 1)[0]
    spend[:, 1] = 0.0
    only_south = company.with_teams((team(np.zeros(14), markets=(1,), load=np.array([0.1])),))
    np.testing.assert_allclose(only_south.worth(spend), company.media.worth(spend), rtol=1e-9)


@pytest.mark.parametrize("queue", ["freshest", "first_come"])
def test_the_gradient_is_that_of_finite_differences(company, limits, queue):
    value = with_room(company, 800.0, queue=queue)
    spend = 0.5 * (limits.lower + limits.upper)
    weights = np.random.default_rng(2).dirichlet(np.ones(40))
    level, slope = value.gradient(spend, weights)
    assert level == pytest.approx(float(weights @ value.worth(spend)))
    rng = np.random.default_rng(3)
    for _ in range(10):
        direction = rng.normal(size=spend.shape)
        # Kinks of single draws are a step wide: a small step keeps nearly all draws on one side.
        step = 1e-4 * direction
        rise = float(weights @ (value.worth(spend + step) - value.worth(spend - step))) / 2
        assert rise == pytest.approx(float(np.vdot(slope, step)), rel=2e-3, abs=1e-7)


@pytest.mark.parametrize("queue", ["freshest", "first_come", "lost"])
def test_no_plan_lies_above_a_tangent(company, limits, queue):
    value = with_room(company, 800.0, queue=queue, retention=0.0 if queue == "lost" else 0.6)
    weights = np.random.default_rng(4).dirichlet(np.ones(40))
    others = [float(weights @ value.worth(spend)) for spend in plans(limits, 60, seed=5)]
    for touched in plans(limits, 5, seed=6):
        tangent = value.tangent(touched, weights)
        assert all(
            worth <= tangent.at(spend) + 1e-6 for worth, spend in zip(others, plans(limits, 60, seed=5), strict=True)
        )


def test_thinned_draws_go_together(company, limits):
    spend = plans(limits, 1)[0]
    kept = np.unique(np.linspace(0, 39, 7).astype(int))
    np.testing.assert_allclose(company.thinned(7).worth(spend), company.worth(spend)[kept])


def test_worth_never_falls_with_spend_nor_exceeds_that_with_room_for_all(company, limits):
    low = plans(limits, 1)[0]
    high = low + 0.3 * (limits.upper - low)
    assert (company.worth(high) >= company.worth(low) - 1e-9).all()
    assert (company.worth(high) <= company.media.worth(high) + 1e-9).all()


def test_a_plan_that_knows_capacity_beats_the_plan_that_ignores_it(company, limits):
    tight = company.with_teams(
        tuple(crew.with_room(np.where(np.arange(14) < 3, 560.0, 1200.0)) for crew in company.teams)
    )
    limits = limits.with_budget(0.8 * limits.upper.sum())
    knowing = solve(tight, limits, effort=BRISK)
    ignoring = solve(tight.media, limits, effort=BRISK)
    table = compare_plans(tight, {"knows": knowing.spend, "ignores": ignoring.spend}, level=0.9).set_index("plan")
    assert table.worth["knows"] > 1.005 * table.worth["ignores"]
    assert table.unlimited["knows"] < table.unlimited["ignores"]
    assert table.worth["knows"] <= knowing.bound
    assert knowing.gap < 0.02
    np.testing.assert_allclose(table.lost, table.unlimited - table.worth)


def test_states_change_media_what_comes_anyway_and_teams():
    media_mix = small_media_mix(draws=40, weeks=80)
    problem = problem_of(horizon_weeks=6, media_mix=media_mix, max_change=1.0)
    media = media_value(problem.response, problem.cells, problem.limits)
    demand = np.random.default_rng(0).lognormal(8.0, 0.15, (40, 14, 2))
    crew = team(np.full(14, 800.0), markets=(0, 1), load=np.array([0.1, 0.08]))
    value = CapacityValue(media=media, demand=demand, teams=(crew,))
    value_of = capacity_in_states(value, problem.response, problem.cells, problem.limits)
    spend = 0.5 * (problem.limits.lower + problem.limits.upper)
    usual = State(name="a", kind="under", probability=0.1, budget=1.0)
    np.testing.assert_allclose(value_of(usual).worth(spend), value.worth(spend), rtol=1e-9)
    short = value_of(replace(usual, capacity={"sales": 0.5}, from_week=2))
    np.testing.assert_allclose(short.teams[0].room, [800.0] * 2 + [400.0] * 12)
    # Half of what media cause and half of what comes anyway need half the room.
    halved = value_of(replace(usual, response={"*": 0.5}, baseline=0.5, capacity={"sales": 0.5}))
    np.testing.assert_allclose(halved.worth(spend), 0.5 * value.worth(spend), rtol=1e-9)


def calendar(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["week", "market", "team", "units"])
    return frame.assign(week=pd.to_datetime(frame["week"]))


FULL = [(f"{week:%Y-%m-%d}", "all", "sales", 10.0 + i) for i, week in enumerate(WEEKS)]


def made(rows: pd.DataFrame | None, **capacities: Capacity):
    return teams_of(capacities, rows, WEEKS, tail=2, markets=("AT", "DE"), value_per_kpi=np.array([50.0, 25.0]))


def test_the_calendar_is_laid_onto_the_weeks_and_goes_on_after_them():
    (sales,) = made(calendar(*FULL), sales=Capacity(per_kpi=0.5, half_life_days=7.0))
    np.testing.assert_allclose(sales.room, [10, 11, 12, 13, 13, 13])
    np.testing.assert_allclose(sales.load, [0.01, 0.02])
    assert sales.retention == 0.5
    (usual,) = made(calendar(FULL[1]), sales=Capacity(per_kpi=0.5, weekly=7.0, queue="lost"))
    np.testing.assert_allclose(usual.room, [7, 11, 7, 7, 7, 7])
    assert usual.retention == 0.0


def test_rows_by_market_are_people_of_their_own():
    rows = calendar(*[(week, market, team, units) for week, _, team, units in FULL for market in ("AT", "DE")])
    assert [(crew.name, crew.markets) for crew in made(rows, sales=Capacity(per_kpi=0.5))] == [
        ("sales, AT", (0,)),
        ("sales, DE", (1,)),
    ]


@pytest.mark.parametrize(
    ("error", "sentence", "rows", "capacities"),
    [
        (DataError, "no row of team sales for the week of 2026-01-12", [FULL[0], *FULL[2:]], {"sales": {}}),
        (
            DataError,
            "sales ends with the week of 2026-01-19, the plan with that of 2026-01-26; add its rows",
            FULL[:3],
            {"sales": {}},
        ),
        (SpecError, "capacity.team names sales, which is none of", FULL, {"service": {"weekly": 5.0}}),
        (SpecError, r"there are none; add \[planning.capacity.sales\]", FULL, {}),
        (SpecError, "names CH, which the media mix doesn't know", FULL, {"sales": {"markets": ("CH",)}}),
        (
            SpecError,
            "market AT is served by sales and by service",
            FULL,
            {"sales": {}, "service": {"weekly": 5.0, "markets": ("AT",)}},
        ),
        (
            SpecError,
            "rows of team sales for market all; give it",
            [*FULL, ("2026-01-05", "AT", "sales", 3.0)],
            {"sales": {}},
        ),
        (DataError, "holds 2026-01-06, a Tuesday", [("2026-01-06", "all", "sales", 3.0)], {"sales": {}}),
    ],
)
def test_bad_calendars_are_refused_with_a_mend(error, sentence, rows, capacities):
    with pytest.raises(error, match=sentence):
        made(calendar(*rows), **{name: Capacity(per_kpi=1.0, **given) for name, given in capacities.items()})
