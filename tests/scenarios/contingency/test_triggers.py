"""Triggers stay silent as often as promised, and sound when something is wrong."""

import numpy as np
import pytest

from workbench.errors import SpecError
from workbench.scenarios.contingency.triggers import detection, first_alarms, trigger_bands

WEEKS = 13
CALIBRATED, QUARTERS = 40_000, 16_000


def quarters(count, rng, *, persistence=0.5, noise=0.12, doubt=0.05, weeks=WEEKS):
    """A plan on track: weekly results around 1, surprises that last, and a level that nobody knows exactly."""
    surprise = noise * rng.standard_normal((count, 1))
    path = []
    for _ in range(weeks):
        surprise = persistence * surprise + np.sqrt(1 - persistence**2) * noise * rng.standard_normal((count, 1))
        path.append(surprise)
    return np.concatenate(path, axis=1) + 1 + doubt * rng.standard_normal((count, 1))


def two_markets(count, rng):
    """Two markets with heavy tails, and their total: three quantities that depend on each other."""
    shared = 0.1 * rng.standard_t(4, (count, WEEKS))
    north = 2 + shared + 0.2 * rng.lognormal(0, 0.8, (count, WEEKS))
    south = 1 + shared + 0.1 * rng.standard_normal((count, WEEKS))
    return {"north": north, "south": south, "revenue": north + south}


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2])
def test_false_alarms_of_a_quarter_keep_their_rate_within_a_point(rate):
    """Four times 4,000 fresh quarters: of 4,000 alone the count itself has a standard error of half a point."""
    rng = np.random.default_rng(1)
    bands = trigger_bands(two_markets(CALIBRATED, rng), rate)
    alarms = first_alarms(bands, two_markets(QUARTERS, rng))
    assert alarms["week"].notna().mean() == pytest.approx(rate, abs=0.01)


def test_weeks_in_which_a_team_is_full_are_alike_and_spend_no_false_alarms():
    """Half of all weeks bring just what the team can take: its sums have no upper tail, and the rate goes to what has."""

    def full(paths):
        return {"handled": np.minimum(paths, 1.0), "wanted": paths}

    rng = np.random.default_rng(6)
    bands = trigger_bands(full(quarters(20_000, rng, noise=0.02, doubt=0.02)), 0.1)
    alarms = first_alarms(bands, full(quarters(QUARTERS, rng, noise=0.02, doubt=0.02)))
    assert alarms["week"].notna().mean() == pytest.approx(0.1, abs=0.01)


def test_calibration_is_unbiased_over_many_calibrations():
    """The mean rate of many calibrations is the promised one, not that of one lucky seed."""
    rng = np.random.default_rng(5)
    rates = []
    for _ in range(40):
        bands = trigger_bands({"revenue": quarters(2_000, rng)}, 0.1)
        rates.append(first_alarms(bands, {"revenue": quarters(2_000, rng)})["week"].notna().mean())
    assert np.mean(rates) == pytest.approx(0.1, abs=4 * np.std(rates) / np.sqrt(len(rates)))


@pytest.mark.parametrize(("rate", "constant"), [(0.1, 2.305), (0.05, 2.588), (0.01, 3.147)])
def test_sums_of_independent_weeks_have_pococks_constants(rate, constant):
    """Jennison & Turnbull (2000), Group Sequential Methods, table 2.1: 12 looks, two-sided."""
    sums = 1 + 0.12 * np.random.default_rng(1).standard_normal((60_000, 12))
    (band,) = trigger_bands({"revenue": sums}, rate)
    spread = 0.12 * np.sqrt(np.arange(1, 13))
    assert ((band.upper - band.lower) / 2 / spread).mean() == pytest.approx(constant, rel=0.015)


def test_a_fall_of_a_fifth_is_caught_early_while_naive_bounds_cry_wolf():
    rng = np.random.default_rng(3)
    bands = trigger_bands({"revenue": quarters(CALIBRATED, rng)}, 0.1)
    fallen = detection(bands, {"revenue": 0.8 * quarters(QUARTERS, rng)}, "fall", kind="under", probability=0.1)
    on_track = detection(bands, {"revenue": quarters(QUARTERS, rng)}, "plan", kind="expected", probability=0.9)
    assert fallen["caught"] > 0.75
    assert fallen["below"] > 0.99 * fallen["caught"]
    assert fallen["median_week"] <= 4
    assert on_track["naive"] > 0.99
    assert on_track["below"] == pytest.approx(on_track["caught"] / 2, abs=0.01)


def test_the_first_alarm_names_week_quantity_and_side():
    rng = np.random.default_rng(2)
    bands = trigger_bands(two_markets(CALIBRATED, rng), 0.1)
    calm = {band.watch: np.diff(np.tile(band.planned, (3, 1)), prepend=0.0) for band in bands}
    calm["south"][1, 4:] *= 3.0
    calm["north"][2, 0] = -50.0
    alarms = first_alarms(bands, calm)
    assert np.isnan(alarms["week"][0])
    assert alarms.loc[1].tolist() == [5.0, "south", 1]
    assert alarms.loc[2].tolist() == [1.0, "north", -1]


def test_the_unit_of_money_moves_the_bounds_alike_and_changes_no_alarm():
    paths = two_markets(20_000, np.random.default_rng(4))
    bands = trigger_bands(paths, 0.1)
    dearer = trigger_bands({watch: 100 * path for watch, path in paths.items()}, 0.1)
    for band, other in zip(bands, dearer, strict=True):
        np.testing.assert_allclose(other.lower, 100 * band.lower, rtol=1e-12)
    assert np.array_equal(
        first_alarms(bands, paths)["week"],
        first_alarms(dearer, {watch: 100 * path for watch, path in paths.items()})["week"],
        equal_nan=True,
    )


def test_too_few_quarters_for_a_rate_are_refused():
    with pytest.raises(SpecError, match="50 predicted quarters can't show a rate of 0.01; draw more"):
        trigger_bands({"revenue": quarters(50, np.random.default_rng(0))}, 0.01)
    with pytest.raises(SpecError, match=r"name one in planning\.triggers\.watch"):
        trigger_bands({}, 0.1)
