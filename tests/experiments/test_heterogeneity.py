"""Effects by segment: planted differences are found, absent ones rarely claimed, harm in a part is named."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.experiments.result import ExperimentResult
from workbench.experiments.sequential.confidence_sequence import ConfidenceSequence
from workbench.experiments.sequential.fixed_horizon import FixedHorizon
from workbench.experiments.sequential.reading import Reading
from workbench.experiments.users.comparisons import compare_all
from workbench.experiments.users.engine import Moments, pooled
from workbench.experiments.users.heterogeneity import SegmentEffect, segment_effects
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.readout import read_out_users
from workbench.result import Check, Provenance

from .conftest import UnitsTable

SPEC = UserExperiment(control="none", metrics=(Metric(name="spend", role="primary"),), segments=("country",))
FIXED = Reading(
    kind="fixed", critical=1.96, why="At the end.", until="", ended=True, decides=True, boundary=FixedHorizon()
)
SEQUENCE = ConfidenceSequence(units=10_000, tuned_to=10_000, tuned_at=0.05)
RUNNING = Reading(
    kind="always_valid",
    critical=SEQUENCE.critical(0.05),
    why="It runs.",
    until="later",
    ended=False,
    decides=True,
    boundary=SEQUENCE,
)


def arm(units: int, mean: float, sd: float = 5.0) -> Moments:
    return Moments(units=units, mean={"spend": mean}, covariance={("spend", "spend"): sd**2})


def measured(values: Mapping[str, tuple[Moments, Moments]]) -> MeasuredTest:
    """A test of spend by country, from moments alone."""
    by_arm = list(zip(*values.values(), strict=True))
    whole = {}
    for variant, parts in zip(("none", "offer"), by_arm, strict=True):
        total = parts[0]
        for part in parts[1:]:
            total = pooled(total, part)
        whole[variant] = total
    return MeasuredTest(
        experiment_id="e",
        counts={name: moments.units for name, moments in whole.items()},
        arms=whole,
        segments={"country": {value: {"none": c, "offer": t} for value, (c, t) in values.items()}},
        daily={},
        quantiles={},
        missing_covariates={},
    )


def effects_of(test: MeasuredTest, reading: Reading = FIXED) -> dict[str, SegmentEffect]:
    found = segment_effects(test, compare_all(test, SPEC, reading), SPEC)
    return {effect.value: effect for effect in found}


def by_gain(gains: Mapping[str, float], units: int = 2_000) -> MeasuredTest:
    return measured({name: (arm(units, 10.0), arm(units, 10.0 + gain)) for name, gain in gains.items()})


def test_a_value_that_differs_is_told_from_the_rest_by_its_z_score() -> None:
    found = effects_of(by_gain({"AT": 1.0, "DE": 1.0, "FR": 3.0}))
    # FR against AT and DE together: the pooled effect is 1, with half the variance of one country.
    z = (3.0 - 1.0) / np.hypot(np.sqrt(2 * 25 / 2_000), np.sqrt(2 * 25 / 4_000))
    assert found["FR"].apart == pytest.approx(z, rel=1e-3)
    assert found["FR"].p_adjusted == pytest.approx(3 * 2 * stats.norm.sf(z), rel=0.02)
    assert 1.0 < found["FR"].absolute < 3.0
    assert found["AT"].absolute_lower < 1.0 < found["AT"].absolute_upper


def test_each_value_is_held_against_all_others_whatever_their_order() -> None:
    rng = np.random.default_rng(3)
    cells = {f"c{i}": tuple(arm(int(n), 10 + rng.normal()) for n in rng.integers(60, 900, size=2)) for i in range(7)}
    found = effects_of(measured(cells))  # type: ignore[arg-type]
    for value, effect in found.items():
        rest = [reduce(pooled, [pair[side] for other, pair in cells.items() if other != value]) for side in (0, 1)]
        gap = rest[1].mean["spend"] - rest[0].mean["spend"]
        error = sum(part.covariance["spend", "spend"] / part.units for part in (*rest, *cells[value]))
        assert effect.apart == pytest.approx((effect.raw - gap) / np.sqrt(error), rel=1e-9)


def test_a_pair_of_values_is_one_comparison() -> None:
    found = effects_of(by_gain({"new": 1.0, "old": 2.0}))
    z = 1.0 / np.sqrt(4 * 25 / 2_000)
    assert found["new"].p_adjusted == pytest.approx(2 * stats.norm.sf(z), rel=1e-6)
    assert found["old"].p_adjusted == found["new"].p_adjusted


def test_a_running_test_needs_more_to_claim_a_difference() -> None:
    world = by_gain({"new": 1.0, "old": 2.0})
    fixed, running = effects_of(world), effects_of(world, RUNNING)
    assert running["new"].p_adjusted > 3 * fixed["new"].p_adjusted


def test_equal_effects_are_called_different_as_rarely_as_promised() -> None:
    rng = np.random.default_rng(8)
    worlds, claims = 300, 0
    for _ in range(worlds):
        sizes = rng.integers(200, 5_000, size=6)
        cells = {
            f"c{i}": tuple(arm(n, 10 + gain + rng.normal(0, 5 / np.sqrt(n))) for gain in (0.0, 0.5))
            for i, n in enumerate(map(int, sizes))
        }
        claims += min(effect.p_adjusted for effect in effects_of(measured(cells)).values()) < 0.05  # type: ignore[arg-type]
    # Binomial(300, 0.05) exceeds 27 with probability 0.1%.
    assert claims <= 27


def test_small_groups_are_not_compared() -> None:
    test = measured(
        {"AT": (arm(900, 10), arm(900, 11)), "DE": (arm(900, 10), arm(900, 11)), "LI": (arm(9, 1), arm(9, 9))}
    )
    assert set(effects_of(test)) == {"AT", "DE"}


def read(table: object, **spec: object) -> ExperimentResult:
    experiment = UserExperiment.model_validate(
        {"control": "none", "metrics": (Metric(name="spend", value=1),), "segments": ("country",), **spec}
    )
    return read_out_users(table, "e", experiment, provenance=Provenance(), currency="EUR")  # type: ignore[arg-type]


def frame(gains: Mapping[str, float], units: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    parts = [
        pd.DataFrame({"country": country, "variant": variant, "spend": 10 + gain * (variant == "offer") + noise})
        for country, gain in gains.items()
        for variant in ("none", "offer")
        for noise in (5 * stats.zscore(rng.normal(size=units), ddof=1),)
    ]
    return pd.concat(parts, ignore_index=True).assign(experiment_id="e", unit_id=lambda f: np.arange(len(f)))


def named(result: ExperimentResult, name: str) -> Check:
    return next(check for check in result.checks if check.name == name)


def test_the_report_says_that_there_is_no_evidence_of_a_difference(units_table: UnitsTable) -> None:
    result = read(units_table(frame({"AT": 1.0, "DE": 1.1, "FR": 0.9})))
    assert any(
        sentence.startswith("There is no evidence that the effect differs by country") for sentence in result.findings
    )
    assert named(result, "segments").passed is True
    # Estimates that chance explains are drawn together.
    assert np.ptp(result.segments.absolute) < np.ptp(result.segments.raw)
    assert list(result.segments.units) == [1_200, 1_200, 1_200]


def test_a_group_that_is_harmed_fails_a_check_though_the_whole_gains(units_table: UnitsTable) -> None:
    result = read(units_table(frame({"AT": 3.0, "DE": 3.0, "FR": -3.0})))
    check = named(result, "segments")
    assert result.effects.absolute[0] == pytest.approx(1.0)
    assert check.passed is False
    assert "offer makes spend worse where country is FR" in check.detail
    told = next(sentence for sentence in result.findings if "differs by country" in sentence)
    best, least = result.segments.absolute.max(), result.segments.absolute.min()
    assert told.endswith(f"treating one of them earns €{best:.2f} and −€{-least:.2f}.")


def test_swapping_the_arms_flips_the_effects_of_all_groups(units_table: UnitsTable) -> None:
    table = units_table(frame({"AT": 1.0, "DE": 2.0, "FR": 0.0}))
    forward, backward = read(table).segments, read(table, control="offer").segments
    np.testing.assert_allclose(forward.absolute, -backward.absolute, rtol=1e-9)
    np.testing.assert_allclose(forward.absolute_lower, -backward.absolute_upper, rtol=1e-9)
    np.testing.assert_allclose(forward.p_adjusted, backward.p_adjusted, rtol=1e-9)


def test_scaling_the_metric_scales_the_effects_of_all_groups(units_table: UnitsTable) -> None:
    plain = frame({"AT": 1.0, "DE": 2.0, "FR": 0.0})
    euros, cents = read(units_table(plain)).segments, read(units_table(plain.assign(spend=100 * plain.spend))).segments
    columns = ["raw", "raw_se", "absolute", "absolute_lower", "absolute_upper"]
    np.testing.assert_allclose(cents[columns], 100 * euros[columns], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(cents.p_adjusted, euros.p_adjusted, rtol=1e-9)


def test_a_group_without_anything_to_divide_by_is_not_compared(units_table: UnitsTable) -> None:
    orders = frame({"AT": 1.0, "DE": 1.0, "FR": 1.0}).assign(orders=lambda f: (f.country != "FR") * (1 + f.unit_id % 3))
    basket = Metric(name="basket", kind="ratio", numerator="spend", denominator="orders", role="primary")
    result = read(units_table(orders), metrics=(basket,))
    assert list(result.segments.value) == ["AT", "DE"]
    assert "not compared: country FR" in named(result, "segments").detail
