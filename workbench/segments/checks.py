"""What a reader must know before believing the segments."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.config.customers import Segmentation
from workbench.customers import consent
from workbench.customers.order_counts import OrderCounts
from workbench.result import Check
from workbench.segments.calibration import Calibration
from workbench.segments.models import Choice
from workbench.segments.models.likelihood import Fit
from workbench.wording import count, interval, number, percent

LARGEST_BIAS = 0.25
LARGEST_CORRELATION = 0.3
LARGEST_PARETO_K = 0.7
LEAST_DROPOUT_EVIDENCE = 3.84


def consent_check(counts: OrderCounts, config: Segmentation, *, recorded: bool) -> Check:
    if not config.require_consent:
        detail = "Consent to profiling is not required by segmentation.require_consent; all customers are included."
        return Check(name="consent", passed=None, value=0.0, detail=detail)
    if not recorded:
        instead = ", or set segmentation.require_consent = false where the law allows it"
        return consent.unrecorded_check(["profiling"], instead=instead)
    return consent.consent_check(["profiling"], refused=counts.excluded_customers, known=counts.customers)


def holdout_check(calibration: Calibration | str) -> Check:
    """Judge the holdout, or say why there is none."""
    if isinstance(calibration, str):
        mend = "Shorten segmentation.holdout, or map a longer history of orders."
        return Check(name="holdout_bias", passed=False, threshold=LARGEST_BIAS, detail=f"{calibration} {mend}")
    bias = calibration.bias
    if np.isnan(bias):
        detail = f"Nobody bought in the holdout, where the model expected {count(calibration.expected)} purchases."
        return Check(name="holdout_bias", passed=False, threshold=LARGEST_BIAS, detail=detail)
    good = abs(bias) <= LARGEST_BIAS
    by_chance = calibration.bias_lower <= 0 <= calibration.bias_upper
    detail = (
        f"In the holdout {count(calibration.expected)} purchases were expected and {count(calibration.actual)} came: "
        f"{percent(abs(bias))} too {'few' if bias < 0 else 'many'} were expected "
        f"(bias {interval(calibration.bias_lower, calibration.bias_upper, '%')}), "
        f"{'which chance may explain' if by_chance else 'more than chance explains'}"
    )
    mend = "; segmentation.correct_bias = true scales all values by what came" if good and not by_chance else ""
    if not good:
        mend = (
            "; look for a season or promotion that one of the two periods lacks before using absolute values, or set "
            "segmentation.correct_bias = true"
        )
    return Check(name="holdout_bias", passed=good, value=bias, threshold=LARGEST_BIAS, detail=f"{detail}{mend}.")


def naive_checks(calibration: Calibration | str) -> tuple[Check, ...]:
    """Whether the model knew more of each customer than the customer's own rate of the last year."""
    if isinstance(calibration, str):
        return ()
    naive, good = calibration.naive, calibration.error <= calibration.naive.error
    ratio = calibration.error / naive.error if naive.error else np.nan
    detail = (
        f"Customers' own rates of the last year would have expected {count(naive.expected)} purchases "
        f"(bias {percent(naive.bias)}); customer by customer the model's squared error is {percent(ratio, 0)} of theirs"
    )
    mend = "." if good else ": use last year's purchases instead, or a longer window of orders."
    return (Check(name="better_than_own_rates", passed=good, value=ratio, threshold=1.0, detail=detail + mend),)


def choice_check(choice: Choice) -> Check:
    others = [name for name in choice.table.model if name != choice.chosen]
    compared = f" Compared with {' and '.join(others)}." if others else ""
    return Check(name="purchase_model", passed=None, detail=f"{choice.chosen}: {choice.reason}{compared}")


def sample_checks(fits: Mapping[str, Fit]) -> tuple[Check, ...]:
    """Where a likelihood isn't quadratic, whether the draws that stand in for it can be trusted."""
    return tuple(_sample_check(name, fit) for name, fit in fits.items() if not fit.quadratic)


def _sample_check(model: str, fit: Fit) -> Check:
    good = fit.pareto_k <= LARGEST_PARETO_K
    detail = (
        f"What the orders say of {model}'s parameters doesn't follow a normal curve, so intervals are made from draws "
        f"(Pareto k {number(fit.pareto_k, 2)}, at most {LARGEST_PARETO_K})"
    )
    mend = (
        "."
        if good
        else "; the draws are dominated by few, so take intervals as rough and use a longer window of orders."
    )
    name = f"draws {model}"
    return Check(name=name, passed=good, value=fit.pareto_k, threshold=LARGEST_PARETO_K, detail=detail + mend)


def dropout_check(evidence: float) -> Check:
    known = dropout_is_known(evidence)
    gain = f"twice the log likelihood gained by letting customers drop out is {number(max(0.0, round(evidence, 2)))}"
    if known:
        detail = f"The orders tell customers who left from customers who wait: {gain}, at least {LEAST_DROPOUT_EVIDENCE} needed."
    else:
        detail = (
            f"The orders can't tell customers who left from customers who wait: {gain}, and {LEAST_DROPOUT_EVIDENCE} is needed. "
            "The probability of being active is left empty, segments go by time since the last purchase, and future value "
            "assumes that nobody leaves; use a longer window of orders."
        )
    return Check(
        name="dropout_identified", passed=known, value=evidence, threshold=LEAST_DROPOUT_EVIDENCE, detail=detail
    )


def dropout_is_known(evidence: float) -> bool:
    return evidence >= LEAST_DROPOUT_EVIDENCE


def identification_check(fit: Fit, model: str) -> Check:
    unknown = [name for name, known in zip(fit.names, fit.known, strict=True) if not known]
    detail = f"The data determine all parameters of {model}."
    if unknown:
        detail = (
            f"The data do not determine {', '.join(unknown)} of {model}: many values fit equally well, so these get no interval, "
            "and other intervals hold them fixed; a longer window of orders may help."
        )
    name = f"parameters_identified {model}"
    return Check(name=name, passed=not unknown, value=float(len(unknown)), threshold=0.0, detail=detail)


def independence_check(frequency: np.ndarray, monetary_value: np.ndarray) -> Check:
    """Gamma-Gamma takes the value of purchases to be independent of their number."""
    varied = np.ptp(frequency) > 0 and np.ptp(monetary_value) > 0
    correlation = float(np.corrcoef(frequency, monetary_value)[0, 1]) if varied else 0.0
    good = abs(correlation) <= LARGEST_CORRELATION
    consequence = "as Gamma-Gamma assumes." if good else "so values of frequent buyers are biased; segment them apart."
    return Check(
        name="value_independent_of_frequency",
        passed=good,
        value=correlation,
        threshold=LARGEST_CORRELATION,
        detail=f"Purchase value and frequency correlate by {number(correlation, 2)} (at most ±{LARGEST_CORRELATION}), {consequence}",
    )


def one_time_check(customers: float, one_time: float, model: str) -> Check:
    share = one_time / customers
    return Check(
        name="one_time_buyers",
        passed=None,
        value=share,
        detail=(
            f"{count(one_time)} of {count(customers)} customers ({percent(share)}) bought on one day only; {model} takes all of "
            "them to be active, so their probability is left empty and they are told apart by time since that day."
        ),
    )
