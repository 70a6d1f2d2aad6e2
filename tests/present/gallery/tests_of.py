"""Charts of tests, planned and read out, and of what they taught, at any edge."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from tests.present.gallery.edges import Edge, stand_in, told
from workbench.present.figures import creative, design, geo_experiments, learnings, user_experiments
from workbench.present.figures.experiments import effect_forest


def users(edge: Edge) -> Any:
    few = edge.fewer(8)
    size = edge.amounts(edge.count, seed=41)
    effects = pd.DataFrame(
        {
            "metric": "order_value",
            "variant": edge.entities,
            "role": "primary",
            "unit": "EUR",
            "level": 0.95,
            "absolute": size,
            "relative": 0.05,
            "relative_lower": 0.01,
            "relative_upper": 0.09,
        }
    )
    effects = edge.ranged(effects, "absolute")
    second = effects.head(few.count).assign(
        metric="bought", unit="%", absolute=0.01, absolute_lower=-0.01, absolute_upper=0.03
    )
    leading = effects["variant"].iloc[0]
    values = pd.DataFrame(
        {
            "variant": leading,
            "metric": "order_value",
            "unit": "EUR",
            "segment": "plan",
            "value": edge.entities,
            "absolute": size,
            "raw": 1.2 * size,
            "p_adjusted": 0.01,
        }
    )
    segments = pd.concat([values, values.head(3).assign(segment=edge.entities[-1])])
    posterior = pd.DataFrame(
        {
            "variant": edge.entities,
            "metric": "order_value",
            "relative": 0.03,
            "relative_lower": 0.0,
            "relative_upper": 0.06,
            "measured": 0.05,
            "probability_better": 0.97,
            "past_tests": 12,
            "prior_mean": 0.0,
            "prior_sd": 0.03,
        }
    )
    return stand_in(
        effects=pd.concat([effects, second], ignore_index=True),
        decisions=pd.DataFrame({"variant": [leading], "verdict": ["inconclusive"]}),
        verdict="inconclusive",
        segments=edge.ranged(segments, "absolute"),
        posterior=posterior,
    )


def creatives(edge: Edge) -> Any:
    expected = np.abs(edge.amounts(edge.count, seed=42))
    rows = [
        pd.DataFrame(
            {
                "segment": segment,
                "creative": edge.entities,
                "share": edge.shares(edge.count),
                "expected": expected,
                "units": 10.0,
            }
        )
        for segment in edge.fewer(7).entities
    ]
    allocation = edge.ranged(pd.concat(rows, ignore_index=True), "expected").assign(level=0.9, unit="EUR")
    effects = edge.amounts(edge.count, seed=43)
    parts = pd.concat(
        [
            pd.DataFrame(
                {
                    "term": "part",
                    "factor": factor,
                    "part": edge.fewer(12).entities,
                    "effect": effects[:12],
                    "unit": "EUR",
                }
            )
            for factor in ("call_to_action", edge.entities[0])
        ]
        + [
            pd.DataFrame(
                {
                    "term": "pair",
                    "factor": "",
                    "part": [f"{name} with {edge.entities[0]}" for name in edge.entities],
                    "effect": effects,
                    "unit": "EUR",
                }
            )
        ]
    )
    one = pd.DataFrame({"metric": ["order_value"], "unit": ["EUR"], "level": [0.9]})
    return stand_in(allocation=allocation, parts=edge.ranged(parts, "effect"), effects=one)


def planned(edge: Edge) -> Any:
    units = np.geomspace(100, 1e6, 12)
    names = edge.fewer(12).entities
    curve = pd.concat(
        [
            pd.DataFrame({"metric": name, "units": units, "smallest": (3 + 0.05 * i) / np.sqrt(units)})
            for i, name in enumerate(names)
        ]
    )
    readings = pd.DataFrame(
        {
            "reading": edge.entities,
            "planned": np.arange(edge.count) == 0,
            "units_needed": np.linspace(1e4, 4e4, edge.count),
            "expected_units": np.linspace(5e3, 2e4, edge.count),
            "inflation": np.linspace(1, 4, edge.count),
        }
    )
    replay = pd.DataFrame({"metric": edge.entities, "reading": "at the end", "level": 0.05, "rate": 0.06})
    replay = edge.ranged(replay, "rate", "")
    rank = np.arange(1, edge.count + 1)
    markets = pd.DataFrame({"rank": rank, "minimum_lift": 0.03 + 0.001 * rank, "power": 0.8})
    lift = np.linspace(0.01, 0.1, 8)
    lifts = pd.concat(
        [pd.DataFrame({"rank": r, "lift": lift, "power": np.clip(lift * (12 - 0.1 * r), 0, 1)}) for r in rank]
    )
    plan = SimpleNamespace(
        metric=names[0], units=20_000, available=60_000, smallest=3 / np.sqrt(20_000), half_units=80_000.0, enough=True
    )
    return stand_in(plan=plan, curve=curve, readings=readings, replay=replay, markets=markets, lifts=lifts)


def markets(edge: Edge) -> Any:
    periods = edge.dates if len(edge.dates) > 2 else pd.date_range("2026-01-05", periods=3)
    names = edge.fewer(12).entities
    frames, weights, placebos, estimates = [], [], [], []
    for k, name in enumerate(names):
        synthetic = edge.scale * (1 + 0.1 * np.sin(np.arange(len(periods))))
        effect = edge.amounts(len(periods), scale=0.05 * edge.scale, seed=50 + k)
        tested = np.arange(len(periods)) >= len(periods) - max(1, len(periods) // 5)
        frames.append(
            pd.DataFrame(
                {
                    "cell": name,
                    "date": periods,
                    "synthetic": synthetic,
                    "treated": synthetic + effect,
                    "effect": effect,
                    "tested": tested,
                }
            )
        )
        weights.append(
            pd.DataFrame({"cell": name, "market": edge.entities, "weight": np.sort(edge.shares(edge.count))[::-1]})
        )
        placebos.append(_placebos(edge, name, periods))
        estimates += [told(edge, "att", name, float(effect.mean())), told(edge, "lift", name, 0.051)]
    cells = pd.DataFrame(
        {
            "cell": names,
            "iroas": edge.amounts(len(names), scale=2.0),
            "verdict": ["ship" if i % 2 == 0 else "stop" for i in range(len(names))],
        }
    )
    return stand_in(
        estimates,
        experiment_id="spring",
        series=pd.concat(frames, ignore_index=True),
        weights=pd.concat(weights, ignore_index=True),
        placebos=pd.concat(placebos, ignore_index=True),
        cells=edge.ranged(cells, "iroas"),
    )


def _placebos(edge: Edge, cell: str, periods: pd.DatetimeIndex) -> pd.DataFrame:
    sizes = np.random.default_rng(60).normal(0, 0.05, edge.count)
    space = pd.DataFrame(
        {"kind": "space", "name": edge.entities, "estimate": sizes, "tested": np.arange(edge.count) == 0}
    )
    past = np.random.default_rng(61).normal(0, 0.02, len(periods))
    time = pd.DataFrame(
        {
            "kind": "time",
            "name": periods.astype(str),
            "estimate": past,
            "tested": np.arange(len(periods)) == len(periods) - 1,
        }
    )
    return pd.concat([space, time]).assign(cell=cell)


def learnt(edge: Edge) -> Any:
    measured = np.random.default_rng(70).normal(0, 0.05, edge.count)
    tests = pd.DataFrame({"kind": "users", "measured": measured, "believed": 0.5 * measured})
    hits = pd.DataFrame(
        {
            "of": ["all", *["channel"] * edge.count],
            "name": ["all tests", *edge.entities],
            "hit_rate": 0.3,
            "lower": 0.1,
            "upper": 0.5,
            "shipped": 3,
            "tests": 10,
        }
    )
    fates = list(learnings.FATE_COLORS)
    claims = pd.DataFrame(
        {
            "claim": edge.entities,
            "claimed": measured,
            "later": 0.5 * measured,
            "fate": [fates[i % len(fates)] for i in range(edge.count)],
        }
    )
    return stand_in(
        [told(edge, "remaining_share", "shipped tests", 0.55)],
        kind="users",
        prior=SimpleNamespace(mean=0.0, sd=0.02, learnt=True),
        tests=edge.ranged(tests, "believed"),
        hits=hits,
        claims=edge.ranged(claims, "later"),
    )


def of_last(edge: Edge, draw: Any) -> Any:
    result = markets(edge)
    return draw(result, str(result.cells["cell"].iloc[-1]))


DRAWN = {
    effect_forest: lambda edge: effect_forest(users(edge)),
    user_experiments.segment_forest: lambda edge: user_experiments.segment_forest(users(edge)),
    user_experiments.belief_forest: lambda edge: user_experiments.belief_forest(users(edge)),
    creative.next_shares: lambda edge: creative.next_shares(creatives(edge)),
    creative.part_forest: lambda edge: creative.part_forest(creatives(edge)),
    creative.pair_forest: lambda edge: creative.pair_forest(creatives(edge)),
    design.effect_by_units: lambda edge: design.effect_by_units(planned(edge)),
    design.units_by_reading: lambda edge: design.units_by_reading(planned(edge)),
    design.false_positive_rates: lambda edge: design.false_positive_rates(planned(edge)),
    design.power_of_designs: lambda edge: design.power_of_designs(planned(edge)),
    geo_experiments.cell_returns: lambda edge: geo_experiments.cell_returns(markets(edge)),
    geo_experiments.actual_against_synthetic: lambda edge: of_last(edge, geo_experiments.actual_against_synthetic),
    geo_experiments.placebo_effects: lambda edge: of_last(edge, geo_experiments.placebo_effects),
    geo_experiments.donor_weights: lambda edge: of_last(edge, geo_experiments.donor_weights),
    learnings.measured_and_believed: lambda edge: learnings.measured_and_believed(learnt(edge)),
    learnings.true_effects: lambda edge: learnings.true_effects(learnt(edge)),
    learnings.hit_rate_forest: lambda edge: learnings.hit_rate_forest(learnt(edge)),
    learnings.fate_of_claims: lambda edge: learnings.fate_of_claims(learnt(edge)),
}
