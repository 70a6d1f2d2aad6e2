"""The sentences of page one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.mmm.checks.identifiability import CORRELATION_LIMIT
from workbench.mmm.checks.learnt import LEARNT_LIMIT
from workbench.mmm.posterior.baseline import SHARED_WEEKS
from workbench.mmm.posterior.change import UNEXPLAINED, VALUE, Change
from workbench.result import Check, Estimate
from workbench.wording import interval, money, one, percent, signed

NAMED_PARTS = 3
NOTABLE = 0.05
PART_NAMES = {
    "level and trend": "trend",
    "holidays": "public holidays",
    SHARED_WEEKS: "weeks good or bad everywhere",
    VALUE: "value of a conversion",
    UNEXPLAINED: "what the model can't explain",
}

type Numbers = Mapping[tuple[str, str], Estimate]


def media_mix_findings(
    estimates: pd.DataFrame,
    checks: tuple[Check, ...],
    learnt: Mapping[str, float],
    correlations: Mapping[tuple[str, str], float],
    label: Mapping[str, str],
    change: Change,
) -> tuple[str, ...]:
    """What media caused, why revenue changed, what each channel returned, where the next unit of money pays, what isn't known."""
    currency = change.currency
    rows = [Estimate(**{str(key): value for key, value in row.items()}) for row in estimates.to_dict("records")]
    numbers = {(row.quantity, row.entity): row for row in rows}
    by_money = sorted(label, key=lambda name: numbers["contribution", name].estimate, reverse=True)
    unsettled = [check for check in checks if check.name == "convergence" and not check.passed]
    return (
        *(f"{check.detail.partition(';')[0]}." for check in unsettled),
        _media_in_total(numbers, list(label), currency),
        change_finding(change),
        *(_returned(name, label[name], numbers, currency) for name in by_money),
        *_next_unit(numbers, label, currency),
        *_unknown(learnt, correlations, label),
    )


def change_finding(change: Change) -> str:
    """Why revenue changed: media as a whole, the largest other parts as far as they matter, and the rest."""
    currency = change.currency
    others = change.parts[change.parts["kind"] != "media"].sort_values("estimate", key=abs, ascending=False)
    notable = int((others["estimate"].abs() > NOTABLE * abs(change.whole)).sum())
    named, rest = others.iloc[: min(notable, NAMED_PARTS)], others.iloc[min(notable, NAMED_PARTS) :]
    media, lower, upper = change.of_kind("media")
    parts = [
        f"media {signed(media, currency)} (90% interval {interval(lower, upper, currency)})",
        *(
            f"{part_in_words(name)} {signed(amount, currency)}"
            for name, amount in zip(named["component"], named["estimate"], strict=True)
        ),
        *([f"all else {signed(rest['estimate'].sum(), currency)}"] if len(rest) else []),
    ]
    way = "rose" if change.whole >= 0 else "fell"
    return (
        f"Revenue {way} by {money(abs(change.whole), currency)} ({percent(abs(change.whole) / change.revenue_before)}) "
        f"against {change.before_in_words}: {', '.join(parts[:-1])}, and {parts[-1]}."
    )


def part_in_words(component: str) -> str:
    """How reports call a part of what isn't media."""
    return PART_NAMES.get(component, component.replace("_", " "))


def _media_in_total(numbers: Numbers, names: list[str], currency: str) -> str:
    caused = sum(numbers["contribution", name].estimate for name in names)
    spend = sum(numbers["spend", name].estimate for name in names)
    baseline = numbers["contribution_share", "baseline"]
    share = interval(1 - baseline.upper, 1 - baseline.lower, "%")
    return (
        f"Media caused {money(caused, currency)} of revenue for {money(spend, currency)} spent, "
        f"{percent(1 - baseline.estimate)} of the total (90% interval {share})."
    )


def _returned(name: str, label: str, numbers: Numbers, currency: str) -> str:
    roas = numbers["roas", name]
    verdict = ""
    if roas.lower > 1:
        verdict = ", more than it cost"
    elif roas.upper < 1:
        verdict = ", less than it cost"
    return (
        f"{label} returned {money(roas.estimate, currency)} per {one(currency)} spent{verdict} "
        f"(90% interval {interval(roas.lower, roas.upper, currency)}): "
        f"{money(numbers['contribution', name].estimate, currency)} of revenue "
        f"for {money(numbers['spend', name].estimate, currency)}."
    )


def _next_unit(numbers: Numbers, label: Mapping[str, str], currency: str) -> list[str]:
    if len(label) < 2:
        return []
    marginal = sorted((numbers["marginal_roas", name] for name in label), key=lambda row: row.estimate)
    best, worst = marginal[-1], marginal[0]
    clear = "" if best.lower > worst.upper else "; their intervals overlap, so test before moving much"
    return [
        f"The next {one(currency)} pays most in {label[best.entity]}, {money(best.estimate, currency)} "
        f"({interval(best.lower, best.upper, currency)}), and least in {label[worst.entity]}, "
        f"{money(worst.estimate, currency)} ({interval(worst.lower, worst.upper, currency)}){clear}."
    ]


def _unknown(
    learnt: Mapping[str, float], correlations: Mapping[tuple[str, str], float], label: Mapping[str, str]
) -> list[str]:
    vague = [label[name] for name, share in learnt.items() if share < LEARNT_LIMIT]
    alike = [f"{label[a]} and {label[b]}" for (a, b), r in correlations.items() if abs(r) > CORRELATION_LIMIT]
    sentences = []
    if vague:
        sentences.append(
            f"The data say little about {', '.join(vague)}: these returns are mostly the assumption made before."
        )
    if alike:
        sentences.append(f"{', '.join(alike)} moved together: only their sum is known, not each one's part.")
    return sentences
