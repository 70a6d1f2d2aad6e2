"""Every rule of the linter with a goal that keeps it and goals that break it."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from workbench.config import Goal, Kpi
from workbench.scenarios.goals import RULES, GoalInputs, WeeklyPaths, kpi_registry, review_goals

ON = date(2026, 1, 5)
GOOD = {
    "kpi": "revenue",
    "target": 1_200.0,
    "baseline": 1_000.0,
    "start": ON,
    "by": date(2026, 2, 1),
    "owner": "Head of marketing",
}
OWN = {"net": Kpi(formula="revenue - spend", unit="EUR"), "broken": Kpi(formula="revenue ** 2")}


def ahead(mean=310.0):
    """Four weeks whose sum is uniform on 4 · mean ± 200."""
    paths = mean + np.linspace(-50, 50, 1001)
    return WeeklyPaths(
        weeks=pd.date_range(ON, periods=4, freq="7D"),
        markets=("DE",),
        paths={"revenue": np.repeat(paths[:, None, None], 4, axis=1), "spend": np.ones((1, 4, 1))},
    )


def inputs(measured=None, **changes):
    measured = {"revenue": 1_010.0, "spend": 4.0} if measured is None else measured
    return GoalInputs(
        goals={"growth": Goal(**{**GOOD, **changes})},
        registry=kpi_registry(OWN, "EUR"),
        measured={"growth": measured},
        first_open=ON,
        markets=("DE", "FR"),
    )


def rules(ahead=None, measured=None, **changes):
    review = review_goals(inputs(measured, **changes), ahead)
    frame = review.rules.set_index("rule")
    assert list(frame.index) == list(RULES)
    return {rule: (None if pd.isna(row.passed) else bool(row.passed), row.detail) for rule, row in frame.iterrows()}


def test_a_good_goal_passes_all_five():
    # The sum is even on 1,160 to 1,560: nine tenths of it lie above 1,200.
    found = rules(ahead(340.0))
    assert [passed for passed, _ in found.values()] == [True] * 5
    assert found["achievable"] == (
        True,
        "Growth is 90% likely to be reached under the model, 80% wanted.",
    )


@pytest.mark.parametrize(
    ("rule", "changes", "told"),
    [
        ("specific", {"kpi": ""}, "goals.growth names no KPI, so nobody can say what should move; set kpi."),
        ("specific", {"kpi": "revenu"}, "'revenu' is no KPI; did you mean revenue?"),
        ("specific", {"kpi": "broken"}, "'revenue ** 2', which is not arithmetic"),
        ("specific", {"market": "DEE"}, "goals.growth.market is 'DEE', which no table holds; did you mean DE?"),
        ("specific", {"market": "Atlantis"}, "known are DE, FR."),
        ("measurable", {"target": None}, "goals.growth has no number to reach; set target."),
        ("measurable", {"kpi": "cac"}, "goals.growth needs new_customers, of which nothing is known"),
        ("measurable", {"kpi": "cac"}, "it comes from the table transactions."),
        ("measurable", {"measured": {"media_revenue": 1.0, "spend": 0.0}, "kpi": "roas"}, "divides by zero today"),
        (
            "assigned",
            {"owner": ""},
            "goals.growth: no owner is named; name the one person or role that answers for it.",
        ),
        ("assigned", {"owner": "TBD"}, "owner is 'TBD'"),
        ("assigned", {"owner": " everyone "}, "owner is 'everyone'"),
        ("achievable", {"target": 1_300.0}, "Growth is 35% likely to be reached under the model, 80% wanted"),
        ("achievable", {"target": 1_300.0}, "€1.24k is expected of €1.3k: change the plan, the target or its date."),
        ("achievable", {"target": 5_000.0}, "is less than 1% likely"),
        ("achievable", {"target": 900.0}, "target is €900, below its baseline of €1k, while higher is better"),
        ("achievable", {"kpi": "spend", "target": 1_200.0}, "above its baseline of €1k, while lower is better"),
        ("time_bound", {"by": None}, "goals.growth doesn't say from when to when; set by to a day."),
        ("time_bound", {"start": None}, "set start to a day."),
        ("time_bound", {"start": None, "by": None}, "set start and by to a day."),
        ("measurable", {"start": None, "measured": {}}, "can't be measured before its days are known; set them first."),
        (
            "time_bound",
            {"start": date(2025, 9, 1), "by": date(2025, 11, 30)},
            "goals.growth.by is 30 Nov 2025, in the past of 5 Jan 2026, the first day ahead; it was missed: set new days or take it out.",
        ),
        ("time_bound", {"start": date(2025, 9, 1), "by": date(2025, 11, 30), "target": 1_005.0}, "it was reached"),
    ],
)
def test_a_goal_that_breaks_a_rule_is_told_the_goal_the_value_the_rule_and_the_mend(rule, changes, told):
    passed, detail = rules(ahead(), **changes)[rule]
    assert passed is False
    assert told in detail
    assert "growth" in detail.lower()


@pytest.mark.parametrize(
    ("rule", "changes", "told"),
    [
        ("measurable", {"baseline": 800.0}, "baseline is €800, and €1.01k was measured; say of which days it is."),
        ("measurable", {"kpi": "ltv"}, "it comes from a segmentation (`workbench run segmentation`)."),
        ("achievable", {"target": 1_020.0}, "more than 99% likely"),
        ("achievable", {"target": 1_020.0}, "it asks for no effort, so a higher target would say more."),
        ("achievable", {"by": date(2026, 6, 1)}, "since its days end on 2026-06-01, and the plan ends on 2026-02-01."),
        (
            "achievable",
            {"start": date(2025, 12, 1)},
            "since its days begin on 2025-12-01, and nothing is known before 2026-01-05.",
        ),
        (
            "achievable",
            {"kpi": "ltv"},
            "since the value of a new customer is not known: it comes from a segmentation (`workbench run segmentation`).",
        ),
        ("achievable", {"market": "FR"}, "since the model doesn't know the market FR."),
    ],
)
def test_what_isnt_wrong_but_should_be_known_informs(rule, changes, told):
    passed, detail = rules(ahead(), **changes)[rule]
    assert passed is None
    assert told in detail


def test_without_a_plan_nothing_is_said_of_how_likely_it_is():
    passed, detail = rules()["achievable"]
    assert passed is None
    assert detail == "How likely Growth is to be reached isn't known, since no plan foresees its days yet."


def test_two_fits_hardly_ever_decide_a_goal_at_its_line_in_opposite_ways():
    """Draws of one and the same truth, whose probability lies within two points of the one that is wanted."""
    rng = np.random.default_rng(5)
    opposite = 0
    for truth in rng.uniform(0.78, 0.82, 200):
        sides = set()
        for _ in range(2):
            sums = np.where(rng.random(1000) < truth, 1_300.0, 1_100.0)
            fit = WeeklyPaths(
                weeks=pd.date_range(ON, periods=4, freq="7D"),
                markets=("DE",),
                paths={"revenue": np.repeat(sums[:, None, None] / 4, 4, axis=1), "spend": np.ones((1, 4, 1))},
            )
            sides.add(rules(fit)["achievable"][0])
        opposite += sides >= {True, False}
    assert opposite <= 2
    close = rules(ahead(330.0))["achievable"]
    assert close[0] is None
    assert close[1].endswith("too close to its line to tell on which side it is, another fit may say otherwise.")


def test_page_one_gets_one_line_a_goal_with_what_fails_first():
    bad = review_goals(inputs(owner="", target=1_300.0), ahead()).checks
    assert [check.name for check in bad] == ["goal growth"]
    assert bad[0].passed is False
    assert "no owner" in bad[0].detail
    assert "35% likely" in bad[0].detail
    good = review_goals(inputs(), ahead(340.0))
    assert good.checks[0].passed is True
    assert good.checks[0].value == pytest.approx(0.9, abs=0.001)
    assert good.checks[0].detail.endswith("Head of marketing answers for it.")
    assert good.probability == {"growth": pytest.approx(0.9, abs=0.001)}


def test_the_sentence_of_page_one_names_target_day_chance_and_what_is_expected():
    (sentence,) = review_goals(inputs(target=1_300.0, label="Growth"), ahead()).findings
    assert sentence == (
        "Goal Growth: revenue of €1.3k by 1 Feb 2026 is 35% likely, below the 80% that are wanted; "
        "€1.24k (90% interval €1.06k to €1.42k) is expected."
    )


def test_all_goals_fit_into_one_sentence_with_those_at_risk_first():
    assert (
        review_goals(inputs(target=1_300.0, label="Growth"), ahead()).summary == "Goals: at risk Growth (35% likely)."
    )
    assert review_goals(inputs(label="Growth"), ahead(340.0)).summary == "Goals: on course Growth (90% likely)."


def test_goals_are_estimates_with_their_unit_and_level():
    outcome, chance = review_goals(inputs(kpi="net"), ahead()).estimates
    assert (outcome.quantity, outcome.entity, outcome.unit, outcome.level) == ("goal_outcome", "growth", "EUR", 0.9)
    assert outcome.estimate == pytest.approx(1_240 - 4)
    assert (chance.quantity, chance.unit) == ("goal_probability", "%")


def test_no_goals_are_no_lines():
    review = review_goals(GoalInputs(goals={}, registry=kpi_registry({}, "EUR"), measured={}, first_open=ON), ahead())
    assert (len(review.goals), len(review.rules), review.checks, review.findings, review.summary) == (0, 0, (), (), "")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"start": date(2026, 3, 1), "by": date(2026, 3, 1)}, "is not after start"),
        ({"start": date(2026, 3, 2), "by": date(2026, 3, 1)}, "by (2026-03-01) is not after start (2026-03-02)"),
        ({"target": float("nan")}, "finite"),
        ({"target": float("inf")}, "finite"),
        ({"baseline": float("-inf")}, "finite"),
        ({"target": True}, "number"),
        ({"probability": 1.0}, "less than 1"),
        ({"probability": 0.0}, "greater than 0"),
        ({"tagret": 3.0}, "Extra inputs"),
    ],
)
def test_what_cant_be_meant_is_refused_as_it_is_read(changes, told):
    with pytest.raises(ValidationError) as raised:
        Goal(**{**GOOD, **changes})
    assert told in str(raised.value)
