"""A small company's finished runs, written in a moment: of every analysis the fields that a board pack reads."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from tests.runs.tiny import make_workspace
from workbench.next_action.result import Facts
from workbench.present.pack.saved import (
    SavedContacts,
    SavedCustomers,
    SavedMediaMix,
    SavedPlan,
    SavedReadout,
    SavedScore,
)
from workbench.result import Check, Estimate, Provenance, Result, estimates_frame
from workbench.runs.record import RunRecord, list_artefacts, summary_of, write_record
from workbench.scenarios.pacing.result import PerformanceResult
from workbench.workspace import Workspace

WEEKS, SEEN = 6, 3
FIRST = pd.Timestamp("2026-01-05")
REVENUE = 1_000_000.0
PLAN_RUN = "20260201T090300-scenario_planning-00d4"
LONG = "A sentence that tells what was found, how far that is from what would pass, and what can be done about it. " * 2


@dataclass(frozen=True)
class Company:
    """A workspace and the runs in it, by analysis."""

    workspace: Workspace

    def keep(self, result: Result, run_id: str, **parameters: str) -> Path:
        """A finished run that saved this."""
        folder = self.workspace.reports / "runs" / run_id
        folder.mkdir(parents=True)
        result.save(folder / "result")
        record = RunRecord(
            run_id=run_id,
            notebook=result.analysis,
            status="finished",
            parameters=dict(parameters),
            started_at=datetime.strptime(run_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC),
            summary=summary_of(folder / "result"),
            artefacts=list_artefacts(folder),
        )
        write_record(record, folder)
        return folder


def small_company(root: Path, *, without: tuple[str, ...] = (), forced: bool = False) -> Company:
    """A company of all analyses but some."""
    company = Company(make_workspace(root, 'currency = "EUR"\n'))
    for run_id, result in (
        ("20260201T090000-segmentation-00a1", customers()),
        ("20260201T090100-media_mix-00b2", media_mix()),
        (PLAN_RUN, plan(forced=forced)),
        ("20260201T090400-performance_review-00e5", review(forced=forced)),
        ("20260201T090500-next_best_action-00f6", contacts()),
        ("20260201T090600-propensity-0017", score()),
    ):
        if result.analysis not in without:
            company.keep(result, run_id)
    if "experiment_readout" not in without:
        for number, verdict in enumerate(("ship", "inconclusive", "keep running")):
            keep_test(company, f"test_{number}", verdict, f"20260201T0907{number:02d}-experiment_readout-002{number}")
    return company


def keep_test(company: Company, name: str, verdict: str, run_id: str) -> None:
    """A readout with what the registry learns from it."""
    folder = company.keep(readout(name, verdict), run_id, experiment=name)
    record = {
        "format": 1,
        "run_id": run_id,
        "recorded_at": f"2026-02-01T{run_id[9:11]}:{run_id[11:13]}:{run_id[13:15]}+00:00",
        "experiment_id": name,
        "kind": "users",
        "variant": "voucher",
        "metric": "revenue",
        "relative": 0.1,
        "relative_lower": 0.02,
        "relative_upper": 0.18,
        "profit": 9_000.0,
        "profit_lower": 1_000.0,
        "profit_upper": 17_000.0,
        "level": 0.95,
        "currency": "EUR",
        "verdict": verdict,
        "standing": "supported",
        "assumption": "Customers read what we mail.",
        "headline": f"The headline of {name.replace('_', ' ')}.",
        "owner": "CRM",
        "start": "2025-10-01",
        "end": "2025-11-01",
    }
    (folder / "result" / "learning.json").write_text(json.dumps(record), encoding="utf-8")


def customers(value: float = 3e6) -> SavedCustomers:
    return SavedCustomers(
        title="Customer segments",
        estimates=estimates_frame(
            [
                _estimate("realised_value", "all customers", value, 0.05 * value, 0.95),
                _estimate("value_at_risk", "At risk, valuable", 600_000.0, 10_000.0, 0.95),
            ]
        ),
        checks=_checks("holdout_bias", "consent"),
        provenance=_provenance(date(2025, 12, 28)),
        segments=pd.DataFrame({"segment": ["Champions", "At risk, valuable"], "customers": [900, 2_054]}),
        valued_at=date(2025, 12, 28),
        currency="EUR",
        time_unit="week",
        horizon=52,
    )


def media_mix() -> SavedMediaMix:
    """Media are a quarter of a revenue of a million."""
    shares = {"tv": 0.15, "search": 0.10}
    rows = [_estimate("contribution_share", "baseline", 0.75, 0.05, unit="%")]
    for name, share in shares.items():
        rows += [
            _estimate("contribution_share", name, share, 0.03, unit="%"),
            _estimate("contribution", name, share * REVENUE, 30_000.0),
            _estimate("roas", name, share * REVENUE / 80_000.0, 0.5, unit=""),
            Estimate(quantity="spend", entity=name, estimate=80_000.0, unit="EUR"),
            Estimate(quantity="learnt_from_data", entity=name, estimate=0.9 if name == "tv" else 0.2, unit="%"),
        ]
    detail = f"Search 20%; the numbers of Search are mostly what was assumed before: hold Search at zero. {LONG}"
    return SavedMediaMix(
        title="Media mix",
        estimates=estimates_frame(rows),
        checks=(
            *_checks("convergence", "holdout"),
            Check(name="learnt_from_data", passed=False, detail=detail, brief="The data say little of Search."),
        ),
        provenance=_provenance(date(2025, 12, 22)),
        currency="EUR",
        labels={"tv": "TV", "search": "Search"},
    )


def plan(*, gain: float = 40_000.0, forced: bool = False) -> SavedPlan:
    """Twenty draws of revenue, 100,000 to 290,000: the worst two are 105,000 on average."""
    draws = 100_000.0 + 10_000.0 * np.arange(20)
    weeks = FIRST + pd.to_timedelta(7 * np.arange(WEEKS), unit="D")
    return SavedPlan(
        title="Scenario plan",
        estimates=estimates_frame(
            [
                _estimate("revenue", "plan", 195_000.0, 90_000.0),
                _estimate("gain", "plan", gain, 20_000.0),
                Estimate(quantity="spend", entity="plan", estimate=120_000.0, unit="EUR"),
            ]
        ),
        checks=(
            *_checks("optimality_gap", "stability"),
            Check(name="media_mix_learnt_from_data", passed=False, detail=LONG),
            Check(name="scenario_plans", passed=False, detail=LONG),
        ),
        provenance=_provenance(date(2025, 12, 22)),
        currency="EUR",
        budget=120_000.0,
        horizon_weeks=WEEKS,
        forced=forced,
        margin=0.5,
        labels={"tv": "TV", "search": "Search"},
        market_labels={"DE": "Germany"},
        plan=pd.DataFrame({"channel": ["tv", "search"], "change": [25_000.0, -25_000.0], "planned_spend": [9e4, 3e4]}),
        plan_weekly=pd.DataFrame({"week": weeks, "spend": 20_000.0}),
        comparison=pd.DataFrame(
            {
                "plan": ["current", "plan"],
                "spend": 120_000.0,
                "revenue": [155_000.0, 195_000.0],
                "revenue_lower": [80_000.0, 105_000.0],
                "revenue_upper": [230_000.0, 285_000.0],
            }
        ),
        scenarios=pd.DataFrame(
            {
                "scenario": ["expected", "half_the_results"],
                "kind": ["expected", "under"],
                "spend": [120_000.0, 90_000.0],
                "gain": [0.0, 12_000.0],
                "gain_lower": [0.0, 9_000.0],
                "gain_upper": [0.0, 15_000.0],
            }
        ),
        scenario_draws=pd.DataFrame({"scenario": "expected", "draw": np.arange(20), "revenue": draws}),
    )


def review(*, forced: bool = False, plan_run: str = PLAN_RUN) -> PerformanceResult:
    week = FIRST + pd.to_timedelta(7 * np.arange(WEEKS), unit="D")
    planned, expected = np.full(WEEKS, 50_000.0), np.full(WEEKS, 45_000.0)
    actual = np.where(np.arange(WEEKS) < SEEN, expected, np.nan)
    spread = np.where(np.arange(WEEKS) < SEEN, 0.0, 5_000.0)
    course = pd.DataFrame({"week": week, "planned": planned, "actual": actual, "expected": expected}).assign(
        planned_lower=planned - 8_000.0,
        planned_upper=planned + 8_000.0,
        lower=expected - spread,
        upper=expected + spread,
        total_planned=planned.cumsum(),
        total_expected=expected.cumsum(),
        total_lower=(expected - spread).cumsum(),
        total_upper=(expected + spread).cumsum(),
    )
    return PerformanceResult(
        title="Performance review",
        estimates=estimates_frame(
            [
                Estimate(quantity="revenue", entity="planned", estimate=300_000.0, unit="EUR"),
                _estimate("revenue", "expected", 270_000.0, 15_000.0),
                Estimate(quantity="probability_of_plan", entity="revenue", estimate=0.02, unit="%"),
            ]
        ),
        checks=(*_checks("forecast_bias", "plan_promise"), Check(name="triggers", passed=False, detail=LONG)),
        provenance=_provenance(date(2026, 1, 25)),
        currency="EUR",
        plan_run=plan_run,
        weeks_seen=SEEN,
        horizon_weeks=WEEKS,
        course=course,
        spend=pd.DataFrame(
            {
                "channel": ["tv", "search"],
                "planned_so_far": [45_000.0, 15_000.0],
                "actual": [45_000.0, 30_000.0],
                "planned": [90_000.0, 30_000.0],
                "left": [45_000.0, 15_000.0],
            }
        ),
        variance=pd.DataFrame(
            {"source": ["spend", "unexplained"], "estimate": [-9_000.0, -6_000.0], "lower": -20_000.0, "upper": 2_000.0}
        ),
        triggers=pd.DataFrame(
            {
                "watch": ["DE"],
                "label": ["revenue in Germany"],
                "unit": ["EUR"],
                "actual": [135_000.0],
                "lower": [140_000.0],
                "upper": [160_000.0],
                "used": [-1.2],
                "state": ["crossed"],
                "first_week": [2.0],
                "side": ["below"],
                "will_cross": [0.4],
            }
        ),
        scores=pd.DataFrame(),
        record=pd.DataFrame(),
        goals=_goals(),
        forecast=xr.Dataset(),
        forced=forced,
        labels={"tv": "TV", "search": "Search"},
        notes=(),
    )


def contacts() -> SavedContacts:
    numbers = dict.fromkeys(("bound", "gap", "budget_price", "effective"), 0.0)
    return SavedContacts(
        title="Next best action",
        estimates=estimates_frame([_estimate("incremental_profit", "the plan", 7_000.0, 11_000.0, 0.95)]),
        checks=(*_checks("near_the_best_plan"), Check(name="holdout", passed=False, detail=LONG)),
        provenance=_provenance(date(2025, 12, 28)),
        facts=Facts(
            day=date(2025, 12, 28),
            horizon_days=28,
            customers=9_000,
            holdout=900,
            contacted=800,
            contacts=800,
            cost=5_000.0,
            profit=7_000.0,
            profit_lower=-4_000.0,
            profit_upper=18_000.0,
            budget=5_000.0,
            spent=5_000.0,
            unmeasured=0,
            replayed=(),
            replayed_customers=0,
            refused="",
            **numbers,
        ),
        actions=pd.DataFrame({"label": ["Voucher by mail", "Postcard"], "customers": [800, 0]}),
        currency="EUR",
    )


def score() -> SavedScore:
    return SavedScore(
        title="Orders within a month",
        estimates=estimates_frame([_estimate("expected_profit", "selected customers", 50_000.0, 5_000.0, 0.95)]),
        checks=_checks("skill"),
        provenance=_provenance(date(2025, 12, 28)),
        currency="EUR",
    )


def readout(name: str, verdict: str) -> SavedReadout:
    return SavedReadout(
        title=f"Experiment readout: {name}",
        estimates=estimates_frame([_estimate("profit", "voucher", 9_000.0, 8_000.0, 0.95)]),
        checks=(*_checks("sample_ratio"), Check(name="balance", passed=verdict == "ship", detail=LONG)),
        provenance=_provenance(date(2025, 11, 1)),
        experiment_id=name,
        kind="users",
        currency="EUR",
        verdict=verdict,
        would_change=f"A larger {name.replace('_', ' ')} would settle it.",
    )


def made_later(result: Result, minutes: int) -> Result:
    """The same result, made later."""
    made = (result.provenance.created_at or datetime(2026, 2, 1, 9, tzinfo=UTC)) + pd.Timedelta(minutes=minutes)
    return replace(result, provenance=replace(result.provenance, created_at=made))


def _goals() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "goal": ["winter"],
            "label": ["Winter revenue"],
            "unit": ["EUR"],
            "market": [""],
            "owner": ["Head of marketing"],
            "by": [pd.Timestamp("2026-02-15")],
            "before": [260_000.0],
            "so_far": [135_000.0],
            "target": [290_000.0],
            "expected": [270_000.0],
            "lower": [255_000.0],
            "upper": [285_000.0],
            "probability": [0.04],
            "wanted": [0.8],
            "verdict": ["at risk"],
        }
    )


def _estimate(quantity: str, entity: str, value: float, half: float, level: float = 0.9, unit: str = "EUR") -> Estimate:
    return Estimate(
        quantity=quantity, entity=entity, estimate=value, lower=value - half, upper=value + half, unit=unit, level=level
    )


def _checks(*names: str) -> tuple[Check, ...]:
    return tuple(Check(name=name, passed=True, detail=LONG) for name in names)


def _provenance(until: date) -> Provenance:
    return Provenance(
        inputs={"media": "547351d8167d6aed"},
        window=(date(2023, 1, 2), until),
        commit="98a0662253df",
        versions={"numpy": "2.5.5"},
        created_at=datetime(2026, 2, 1, 9, 10, tzinfo=UTC),
    )
