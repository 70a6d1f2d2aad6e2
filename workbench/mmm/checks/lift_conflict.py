"""Named checks: what lift tests and sales history would each say alone, and whether the tests of a channel agree.

A channel's tests are weighed by their precision into one return on the money that they moved. The model says what the same money
returned in the same cells, once fitted without any test (the sales history alone) and once with all of them. Two tests of a
channel may rightly differ where spend, carry-over or markets did, so they are compared as multiples of what the sales
history expects of each: with lift yᵢ ± sᵢ and expected lift eᵢ, θ = Σ yᵢeᵢ/sᵢ² / Σ eᵢ²/sᵢ² is the common multiple and
Q = Σ (yᵢ − θeᵢ)²/sᵢ² has a χ² distribution with one degree of freedom less than tests.

References:
    Cochran (1954), The Combination of Estimates from Different Experiments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import chdtrc

from workbench.mmm.checks.lift_agreement import expected_lift
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.inputs.priors import Z_90
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.posterior.summaries import summarise
from workbench.mmm.prepare import Prepared
from workbench.mmm.response import ResponseModel
from workbench.mmm.sampling import Effort
from workbench.mmm.short_fit import short_fit
from workbench.result import Check
from workbench.wording import interval, money, number, one, percent

CONFLICT_LIMIT = 2.0
CHANCE_LIMIT = 0.05
RARE = 0.001
EFFORT = Effort(draws=300, tune=300, chains=2)


@dataclass(frozen=True, kw_only=True)
class LiftEvidence:
    """Return of the money that a channel's N tests moved, in currency per unit of currency.

    Attributes:
        channel: Which one.
        names: Experiment ids.
        measured: What each test alone says, shape (N,).
        standard_error: Shape (N,).
        history: What the model without tests says of each test's money, shape (D, N).
        together: The same of the model with all tests.
    """

    channel: str
    names: tuple[str, ...]
    measured: np.ndarray
    standard_error: np.ndarray
    history: np.ndarray
    together: np.ndarray

    @cached_property
    def weight(self) -> np.ndarray:
        """Of each test in the tests' mean, shape (N,)."""
        precision = self.standard_error**-2.0
        return precision / precision.sum()

    @property
    def tests_alone(self) -> tuple[float, float]:
        """Mean and standard error."""
        return float(self.measured @ self.weight), float((self.standard_error**-2.0).sum() ** -0.5)

    @property
    def measured_alone(self) -> np.ndarray:
        """Mean and the ends of its 90% interval."""
        mean, error = self.tests_alone
        return np.array([mean, mean - Z_90 * error, mean + Z_90 * error])

    @property
    def distance(self) -> float:
        """From sales history to tests, in standard errors of their difference."""
        mean, error = self.tests_alone
        history = self.history @ self.weight
        return float((mean - history.mean()) / np.hypot(error, history.std()))

    @property
    def chance(self) -> float:
        """Probability that tests of one truth differ as much as these; 1 for a single test."""
        if len(self.names) == 1:
            return 1.0
        expected, precision = self.history.mean(axis=0), self.standard_error**-2.0
        multiple = (self.measured * expected) @ precision / (expected**2 @ precision)
        q = float((self.measured - multiple * expected) ** 2 @ precision)
        return float(chdtrc(len(self.names) - 1, q))


def response_without_tests(prepared: Prepared, *, seed: int) -> ResponseModel:
    """What the sales history alone says media do, by fitting again without any test.

    Raises:
        FitError: If the sampler breaks off.
    """
    return response_model(short_fit(prepared.without_tests(), EFFORT, seed=seed), prepared.design)


def conflict_checks(evidence: Sequence[LiftEvidence], currency: str) -> list[Check]:
    """Compare tests and sales history; nothing where there are no tests."""
    if not evidence:
        return []
    several = [one for one in evidence if len(one.names) > 1]
    return [lift_conflict(evidence, currency), *([lift_tests_consistent(several, currency)] if several else [])]


def lift_evidence(
    history: ResponseModel, together: ResponseModel, design: Design, tests: LiftTests
) -> list[LiftEvidence]:
    """What tests, sales history and both say of the money that the tests moved, by tested channel."""
    money_per_unit = _value(design, tests) / tests.spend_change
    by_history, by_both = (expected_lift(model, design, tests) * money_per_unit for model in (history, together))
    found = []
    for c in np.unique(tests.tested):
        its = np.flatnonzero(tests.tested == c)
        found.append(
            LiftEvidence(
                channel=design.panel.channels[c],
                names=tuple(tests.names[i] for i in its),
                measured=(tests.lift * money_per_unit)[its],
                standard_error=np.abs(tests.standard_error * money_per_unit)[its],
                history=by_history[:, its],
                together=by_both[:, its],
            )
        )
    return found


def _value(design: Design, tests: LiftTests) -> np.ndarray:
    """Currency per KPI unit in each test's markets and weeks, shape (N,)."""
    return np.asarray(tests.membership @ design.panel.value[tests.week, tests.market] / tests.membership.sum(axis=1))


def lift_conflict(evidence: Sequence[LiftEvidence], currency: str) -> Check:
    """Whether the tests and the sales history, each alone, would say the same of every tested channel."""
    worst = max(abs(one.distance) for one in evidence)
    against = [one.channel for one in evidence if abs(one.distance) > CONFLICT_LIMIT]
    mend = (
        f". On {', '.join(against)} the two contradict each other: believe tests that were run well, look for what else moved sales when "
        f"spend moved and add it to the controls, and test again at another level of spend"
        if against
        else ""
    )
    return Check(
        name="lift_conflict",
        passed=not against,
        value=worst,
        threshold=CONFLICT_LIMIT,
        detail=f"Return per {one(currency)} of the spend that was tested: "
        f"{'; '.join(_each_alone(one, currency) for one in evidence)}{mend}.",
    )


def _each_alone(one: LiftEvidence, currency: str) -> str:
    alone = "the test alone says" if len(one.names) == 1 else f"the {len(one.names)} tests alone say"
    of_tests = _said(one.measured_alone, currency)
    of_history = _said(np.stack(summarise(one.history @ one.weight)), currency)
    of_both = _said(np.stack(summarise(one.together @ one.weight)), currency)
    return f"{one.channel}: {alone} {of_tests}, the sales history alone {of_history}, both together {of_both}"


def _said(summary: np.ndarray, currency: str) -> str:
    middle, lower, upper = (float(value) for value in summary)
    return f"{money(middle, currency)} ({interval(lower, upper, currency)})"


def lift_tests_consistent(evidence: Sequence[LiftEvidence], currency: str) -> Check:
    """Whether the tests of each channel with several of them differ by more than chance."""
    limit = CHANCE_LIMIT / len(evidence)
    against = [one for one in evidence if one.chance < limit]
    told = "; ".join(_each_test(one, currency) for one in against or evidence)
    chance = min(one.chance for one in evidence)
    return Check(
        name="lift_tests_consistent",
        passed=not against,
        value=chance,
        threshold=limit,
        detail=f"Tests of one channel that contradict each other ({told}): tests of the same truth would differ as much "
        f"with a chance of {_chance(chance)}; find what differed, and lower the weight of the one that fits today less."
        if against
        else f"Tests of one channel differ by no more than chance and their spend explain ({told}).",
    )


def _chance(probability: float) -> str:
    return percent(probability) if probability >= RARE else f"less than {percent(RARE)}"


def _each_test(one: LiftEvidence, currency: str) -> str:
    each = ", ".join(
        f"{name} {money(float(mean), currency)} ± {number(float(Z_90 * error), 2)}"
        for name, mean, error in zip(one.names, one.measured, one.standard_error, strict=True)
    )
    return f"{one.channel}: {each}"
