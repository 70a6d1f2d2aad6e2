"""Do the lift tests and the model agree?"""

from __future__ import annotations

import numpy as np

from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.saturation import saturate
from workbench.result import Check
from workbench.wording import number, percent

AGREEMENT_LIMIT = 2.0
FULL = 0.995


def expected_lift(response: ResponseModel, design: Design, tests: LiftTests) -> np.ndarray:
    """KPI units that the model says each test's change caused, shape (D, test)."""
    expected = np.zeros((response.draws, len(tests)))
    for s, (m, c) in enumerate(zip(tests.market, tests.channel, strict=True)):
        exposure = np.stack([tests.lags[s], tests.lags_without[s]]) * design.exposure_scale[m, c]
        acting = response.lag_weights[c] @ exposure.T
        shape = (response.half_saturation[:, m, c, None], response.slope[:, c, None])
        reached = saturate(acting, *shape, response.saturation[c]) * response.coefficient[:, m, c, None]
        caused = (reached[:, 0] - reached[:, 1]) * response.path[:, tests.week[s], c]
        expected += caused[:, None] * tests.membership[:, s]
    return expected


def lift_checks(response: ResponseModel, design: Design, tests: LiftTests) -> list[Check]:
    """Agreement of each test with the model that has seen it, and which tests could not be used."""
    checks = []
    if len(tests):
        checks.append(_agreement(expected_lift(response, design, tests), tests))
    if tests.outside:
        detail = f"Tests outside of the weeks on record were left out: {', '.join(tests.outside)}; extend the weeks or retire them."
        checks.append(Check(name="lift_tests_used", passed=False, value=len(tests.outside), threshold=0, detail=detail))
    return checks


def _agreement(expected: np.ndarray, tests: LiftTests) -> Check:
    distance = (tests.lift - expected.mean(axis=0)) / np.sqrt(tests.standard_error**2 + expected.var(axis=0))
    worst = int(np.abs(distance).argmax())
    each = ", ".join(
        f"{name}: measured {number(lift)}, model {number(mean)}"
        for name, lift, mean in zip(tests.names, tests.lift, expected.mean(axis=0), strict=True)
    )
    passed = bool(abs(distance[worst]) <= AGREEMENT_LIMIT)
    mend = "" if passed else f"; {tests.names[worst]} contradicts the model, look for what differed in its weeks"
    return Check(
        name="lift_agreement",
        passed=passed,
        value=float(abs(distance[worst])),
        threshold=AGREEMENT_LIMIT,
        detail=f"What the spend of each test caused ({each}){_weights(tests)}{mend}.",
    )


def _weights(tests: LiftTests) -> str:
    """Which tests count less than in full, and why."""
    counted = [
        f"{name} counts {percent(weight, 0)}"
        for name, weight in zip(tests.names, tests.weight, strict=True)
        if weight < FULL
    ]
    years = tests.half_life_years
    halving = f", as tests count half after every {number(years)} years" if years else ""
    return f"; {', '.join(counted)}{halving}" if counted else ""
