"""Charts of segments, scores and contacts at any edge."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from tests.present.gallery.edges import Edge, stand_in, told
from workbench.present.figures import clusters, customer_value, next_action, propensity, segment_movement, segmentation
from workbench.segments import Cutoffs

QUADRANTS = ("Champions", "At risk, valuable", "Loyal", "Dormant")


def segmented(edge: Edge) -> Any:
    names, count = edge.entities, edge.count
    size = np.round(20_000 * edge.shares(count, seed=21)) + 1
    value = np.abs(edge.amounts(count, seed=22))
    segments = pd.DataFrame(
        {
            "segment": names,
            "customers": size,
            "share_of_customers": size / size.sum(),
            "value": value,
            "share_of_value": value / value.sum(),
        }
    )
    segments = edge.ranged(edge.ranged(segments, "value"), "value", "realised")
    quadrants = pd.DataFrame({"segment": QUADRANTS, "customers": [1, 20, 300, 4000]})
    rng = np.random.default_rng(23)
    dots = pd.DataFrame(
        {
            "segment": np.array(QUADRANTS)[rng.integers(0, 4, 300)],
            "probability_alive": rng.uniform(0, 1, 300),
            "value_if_active": edge.scale * rng.lognormal(0, 1, 300),
        }
    )
    return stand_in(
        [told(edge, "holdout_bias", "purchases", -0.031)],
        segments=segments,
        quadrants=quadrants,
        dots=dots,
        cutoffs=Cutoffs(version="1", made_on=date(2026, 1, 5), alive=0.5, high_value=edge.scale, lapse_after_days=90),
        horizon=edge.weeks,
        time_unit="week",
        calibration=_calibration(edge),
        groups=_groups(edge),
        channels=_channels(edge),
        clusters=_clusters(edge),
        cluster_stability=_stability(edge),
        affinity=_lift(edge),
        migration=_moves(edge),
        flows=_flows(edge),
    )


def _calibration(edge: Edge) -> pd.DataFrame:
    weeks = np.arange(1, edge.weeks + 1)
    frames = [
        pd.DataFrame(
            {
                "view": "time",
                "bucket": weeks.astype(str),
                "customers": 100.0,
                "actual": 98.0 * weeks,
                "expected": 100.0 * weeks,
            }
        ),
        *(
            pd.DataFrame(
                {
                    "view": view,
                    "bucket": [str(i) for i in range(1, 11)],
                    "customers": 100.0,
                    "actual": np.arange(10) * 9.0,
                    "expected": np.arange(10) * 9.5,
                }
            )
            for view in ("decile", "frequency")
        ),
    ]
    table = pd.concat(frames, ignore_index=True)
    return edge.ranged(edge.ranged(table, "actual"), "expected")


def _groups(edge: Edge) -> pd.DataFrame:
    ltv = edge.amounts(edge.count, seed=24)
    frame = pd.DataFrame(
        {"group": "channel", "level": edge.entities, "customers": 120.0, "ltv": ltv, "ltv_unpooled": 1.3 * ltv}
    )
    return edge.ranged(edge.ranged(frame, "ltv", ""), "ltv_unpooled", "unpooled")


def _channels(edge: Edge) -> pd.DataFrame:
    ratio = edge.amounts(edge.count, scale=1.0, seed=25)
    return edge.ranged(pd.DataFrame({"channel": edge.entities, "cac": edge.scale, "ltv_to_cac": ratio}), "ltv_to_cac")


def _clusters(edge: Edge) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cluster": [str(i + 1) for i in range(edge.count)],
            "share_of_value": edge.shares(edge.count),
            "share_of_customers": edge.shares(edge.count, seed=26),
        }
    )


def _stability(edge: Edge) -> pd.DataFrame:
    kinds = ("k-means", "Gaussian mixture", "Ward")
    most = min(edge.count, 25) + 1
    return pd.DataFrame(
        [
            {"method": method, "k": k, "stability": 0.9 - 0.02 * k, "error": 0.03, "chosen": k == 2 and i == 0}
            for i, method in enumerate(kinds)
            for k in range(2, most + 1)
        ]
    )


def _lift(edge: Edge) -> pd.DataFrame:
    segments = edge.fewer(25).entities
    return pd.DataFrame(
        [
            {"kind": kind, "segment": segment, "lift": float(np.exp(np.sin(i * 3 + k))), "clear": (i + k) % 2 == 0}
            for k, kind in enumerate(edge.entities)
            for i, segment in enumerate(segments)
        ]
    )


def _moves(edge: Edge) -> pd.DataFrame:
    names = edge.fewer(25).entities
    return pd.DataFrame(
        [
            {"before": a, "after": b, "customers": 900.0 if a == b else 40.0 / (1 + abs(i - j))}
            for i, a in enumerate(names)
            for j, b in enumerate(names)
        ]
    )


def _flows(edge: Edge) -> pd.DataFrame:
    gained, lost = np.abs(edge.amounts(edge.count, seed=27)), np.abs(edge.amounts(edge.count, seed=28))
    return pd.DataFrame(
        {"flow": edge.entities, "customers": 1234.0, "gained": gained, "lost": lost, "change": gained - lost}
    )


def scored(edge: Edge) -> Any:
    card = SimpleNamespace(
        score="churn",
        label=edge.entities[0],
        noun="customers",
        model="boosted trees",
        scored=10_000,
        selected=2_300,
        unseen="held-back",
        by_chance=False,
    )
    tenth = np.arange(1, 11)
    rate = 0.3 / tenth
    tenths = pd.DataFrame(
        {
            "tenth": tenth,
            "rate": rate,
            "expected": 1.1 * rate,
            "lift": rate / rate.mean(),
            "gain": rate.cumsum() / rate.sum(),
        }
    )
    tenths = edge.ranged(edge.ranged(tenths, "rate"), "gain").assign(rows=100.0, outcomes=100 * rate)
    share = np.linspace(0, 1, 21)
    profit = pd.DataFrame({"share": share, "profit": edge.scale * (share - share**2 * 1.2) / 1000})
    return stand_in(
        [told(edge, "ece", card.model, 0.012), told(edge, "profit_on_test", "per 1,000 customers", edge.scale)],
        card=card,
        tenths=tenths,
        profit=edge.ranged(profit, "profit", "").assign(expected=1.2 * profit["profit"]),
        importance=edge.ranged(
            pd.DataFrame({"column": edge.entities, "rise": edge.amounts(edge.count, scale=0.01)}), "rise", ""
        ),
        leakage=_leakage(edge),
        blocks=_blocks(edge),
    )


def _leakage(edge: Edge) -> pd.DataFrame:
    verdicts = ["leakage" if i % 9 == 0 else "fine" for i in range(edge.count)]
    frame = pd.DataFrame(
        {"column": edge.entities, "auc": 0.5 + 0.45 * edge.shares(edge.count, seed=29), "verdict": verdicts}
    )
    return edge.ranged(frame, "auc", "")


def _blocks(edge: Edge) -> pd.DataFrame:
    starts = edge.dates[:: max(1, len(edge.dates) // 24)]
    part = np.where(np.arange(len(starts)) >= len(starts) - 2, "test", "learnt")
    frame = pd.DataFrame({"start": starts, "part": part, "rows": 100.0, "auc": 0.7, "rate": 0.031, "expected": 0.030})
    return edge.ranged(frame, "auc")


def contacts(edge: Edge) -> Any:
    few = edge.fewer(10)
    actions = pd.DataFrame(
        {
            "action": [f"action {i}" for i in range(few.count)],
            "label": few.entities,
            "unit_cost": edge.scale,
            "differs": True,
        }
    )
    sizes = 9000 * edge.shares(edge.count * (few.count + 1), seed=31).reshape(edge.count, few.count + 1)
    groups = pd.DataFrame(sizes, columns=[*actions["action"], "none"]).assign(segment=edge.entities)
    share = np.linspace(0, 1, 21)
    curve = pd.DataFrame({"share": share, "gain": edge.scale * (share - 0.6 * share**2)})
    fifths = pd.DataFrame({"fifth": np.arange(1, 6), "effect": edge.amounts(5, seed=32)})
    ways = ["the plan", "everybody gets the best action on average", "nobody is contacted", *edge.fewer(4).entities]
    profit = edge.amounts(len(ways), seed=33)
    budgets = np.linspace(0, 3, 9) * edge.scale
    return stand_in(
        facts=SimpleNamespace(profit=edge.scale, contacted=1234, budget=edge.scale, cost=0.8 * edge.scale),
        actions=actions,
        options=edge.ranged(pd.DataFrame({"option": ways, "profit": profit, "contacts": 10}), "profit", ""),
        budgets=pd.DataFrame({"budget": budgets, "profit": np.sqrt(edge.scale * budgets)}),
        groups=groups.melt(id_vars="segment", var_name="action", value_name="customers"),
        curve=edge.ranged(curve, "gain", "").assign(action="action 0", random=0.4 * edge.scale * share),
        fifths=edge.ranged(fifths, "effect", "").assign(action="action 0", expected=edge.scale),
    )


def quadrants(edge: Edge) -> Any:
    result = segmented(edge)
    result.segments = result.quadrants
    return result


DRAWN = {
    clusters.cluster_stability: lambda edge: clusters.cluster_stability(segmented(edge)),
    clusters.cluster_sizes: lambda edge: clusters.cluster_sizes(segmented(edge)),
    clusters.lift_map: lambda edge: clusters.lift_map(segmented(edge).affinity, "categories"),
    customer_value.calibration: lambda edge: customer_value.calibration(segmented(edge)),
    customer_value.calibration_by_frequency: lambda edge: customer_value.calibration_by_frequency(segmented(edge)),
    customer_value.value_by_group: lambda edge: customer_value.value_by_group(segmented(edge), "channel"),
    customer_value.value_to_cost: lambda edge: customer_value.value_to_cost(segmented(edge)),
    segment_movement.migration_matrix: lambda edge: segment_movement.migration_matrix(segmented(edge.fewer(25))),
    segment_movement.value_flows: lambda edge: segment_movement.value_flows(segmented(edge)),
    segmentation.segment_values: lambda edge: segmentation.segment_values(segmented(edge)),
    segmentation.value_map: lambda edge: segmentation.value_map(segmented(edge)),
    segmentation.activity_and_value: lambda edge: segmentation.activity_and_value(quadrants(edge)),
    propensity.profit: lambda edge: propensity.profit(scored(edge)),
    propensity.lift_and_gain: lambda edge: propensity.lift_and_gain(scored(edge)),
    propensity.calibration: lambda edge: propensity.calibration(scored(edge)),
    propensity.over_time: lambda edge: propensity.over_time(scored(edge)),
    propensity.importance: lambda edge: propensity.importance(scored(edge)),
    propensity.leakage: lambda edge: propensity.leakage(scored(edge)),
    next_action.options: lambda edge: next_action.options(contacts(edge)),
    next_action.who_gets_what: lambda edge: next_action.who_gets_what(contacts(edge)),
    next_action.effect: lambda edge: next_action.effect(contacts(edge), "action 0"),
}
