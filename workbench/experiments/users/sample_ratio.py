"""Sample-ratio mismatch: did each arm get the share of units that it was meant to get?"""

from __future__ import annotations

from collections.abc import Mapping

from scipy import stats

from workbench.result import Check
from workbench.wording import count, percent

MISMATCH = 0.001


def expected_shares(variants: tuple[str, ...], ratio: Mapping[str, float] | None) -> dict[str, float]:
    """The share of units meant for each variant; equal ones unless `ratio` says otherwise."""
    parts = {name: float(ratio[name]) if ratio else 1.0 for name in variants}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def sample_ratio(counts: Mapping[str, int], ratio: Mapping[str, float] | None) -> Check:
    """Chi-squared test of all arms' counts at once; it fails below p = 0.001.

    References:
        Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch in Online Controlled Experiments.
    """
    shares = expected_shares(tuple(counts), ratio)
    total = sum(counts.values())
    p_value = float(stats.chisquare(list(counts.values()), [total * shares[name] for name in counts]).pvalue)
    found = ", ".join(
        f"{name} {count(units)} ({percent(units / total)} for {percent(shares[name])})"
        for name, units in counts.items()
    )
    passed = p_value >= MISMATCH
    detail = (
        f"The arms have their intended shares: {found}."
        if passed
        else f"The arms don't have their intended shares: {found}; find out which units were lost or assigned twice "
        "before reading any effect."
    )
    return Check(name="sample_ratio", passed=passed, value=p_value, threshold=MISMATCH, detail=detail)
