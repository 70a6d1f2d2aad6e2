"""How often, how long and from where a model is sampled, as a sampler that only takes notes sees it."""

import pytest

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm import sampling
from workbench.mmm.density.starting_point import starting_point
from workbench.mmm.prepare import Prepared, prepare
from workbench.mmm.sampling import LARGE, LARGE_FIT, WARM_SHARE, Effort, Standard, sample_to_standard

EFFORT = Effort(draws=50, tune=200, chains=3)


@pytest.fixture(scope="module")
def model() -> Prepared:
    return prepare(simulate(seed=0, weeks=60).panel, MediaMix(), {})


@pytest.fixture
def attempts(monkeypatch) -> list[dict]:
    """Settings of each attempt, whose sample is the number of attempts so far."""
    noted: list[dict] = []

    def take_note(data, **settings):
        noted.append({"data": data, **settings})
        return len(noted)

    monkeypatch.setattr(sampling, "sample_posterior", take_note)
    return noted


def standard(met_at: int) -> Standard:
    return Standard(is_met=lambda attempt: attempt >= met_at, longer=3, more=2, target_accept=0.99)


def test_one_attempt_is_enough_where_it_meets_the_standard(model, attempts):
    assert sample_to_standard(standard(met_at=1), model, EFFORT, seed=5) == 1
    assert attempts == [{"data": model.data, "seed": 5, "draws": 50, "tune": 200, "chains": 3}]


def test_the_second_attempt_is_more_careful_and_final(model, attempts):
    assert sample_to_standard(standard(met_at=9), model, EFFORT, seed=5) == 2
    assert attempts[1] == {**attempts[0], "draws": 100, "tune": 600, "target_accept": 0.99}


def test_the_second_attempt_forgets_a_start_that_misled(model, attempts):
    start = starting_point(model.design)
    sample_to_standard(standard(met_at=2), model, EFFORT, seed=5, start=start)
    assert [attempt["tune"] for attempt in attempts] == [20, 600]
    assert attempts[0]["data"] is not model.data
    assert attempts[1]["data"] is model.data


@pytest.mark.parametrize(("size", "draws", "tune"), [(17, 1000, 1000), (LARGE - 1, 1000, 1000), (LARGE, *LARGE_FIT)])
def test_a_large_model_has_a_shorter_warm_up_unless_it_is_asked_for(size, draws, tune):
    assert Effort.of_fit(size, draws=None, tune=0, chains=4) == Effort(draws=draws, tune=tune, chains=4)
    assert Effort.of_fit(size, draws=60, tune=70, chains=2) == Effort(draws=60, tune=70, chains=2)


def test_a_warm_start_needs_less_than_half_of_the_draws_and_warm_up():
    cold, warm = (Effort.of_fit(17, draws=None, tune=None, chains=4, warm=warm) for warm in (False, True))
    assert warm.draws + warm.tune // WARM_SHARE < (cold.draws + cold.tune) / 2
    assert Effort.of_fit(17, draws=1000, tune=None, chains=4, warm=True).draws == 1000
