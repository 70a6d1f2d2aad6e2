"""Page one of a score: what acting on it brings, whom it finds, what it must not know, how far to believe it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.propensity.leakage import Leakage
from workbench.propensity.result import Card
from workbench.propensity.stability import Calibrated
from workbench.wording import count, interval, money, number, percent

OUTCOMES = {"conversion": "order", "churn": "are lost", "lead": "are won"}


def write_findings(
    card: Card,
    profit: tuple[float, float, float] | None,
    tenths: pd.DataFrame,
    importance: pd.DataFrame,
    leakage: Leakage,
    calibrated: Calibrated,
    currency: str,
) -> tuple[str, ...]:
    """Sentences in order of the money at stake."""
    sentences = [_whom(card, profit, currency), _lift(card, tenths)]
    if leakage.columns:
        sentences.append(_leak(leakage))
    if not calibrated.holds:
        sentences.append(_drift(card, calibrated))
    sentences.append(_why(card, importance))
    return tuple(sentences)


def _whom(card: Card, profit: tuple[float, float, float] | None, currency: str) -> str:
    of = f"{count(card.scored)} {card.noun}" + (" of the rehearsal" if card.rehearsal else "")
    if profit is None:
        each = f"the {count(card.selected)} likeliest of {of}" if card.selected else f"nobody of {of}"
        return f"Act on {each}; what an outcome is worth isn't known, so no profit is claimed."
    gain, lower, upper = profit
    until = "as far as capacity goes" if card.rule == "capacity" else "as long as each pays for itself"
    caveat = {
        "lead": "if working a lead is what wins it",
        "conversion": "if these orders would not come without it",
        "churn": "if acting keeps each of them",
    }[card.kind]
    return (
        f"Acting on the {count(card.selected)} likeliest of {of}, {until}, is expected to bring {money(gain, currency)} more than "
        f"it costs ({interval(lower, upper, currency)}), at {money(card.value, currency)} an outcome and {money(card.cost, currency)} "
        f"each, at the most: {caveat}. The score foretells, it doesn't show what acting changes."
    )


def _lift(card: Card, tenths: pd.DataFrame) -> str:
    top = tenths.iloc[0]
    verb = OUTCOMES[card.kind]
    return (
        f"Tested on {count(card.test_cases)} later {card.noun} it had not seen, the tenth with the highest scores held "
        f"{percent(top.gain, 0)} of all that {verb} ({interval(top.gain_lower, top.gain_upper, '%')}): {number(top.lift, 2)} times as "
        f"many as chance would find."
    )


def _leak(leakage: Leakage) -> str:
    names = " and ".join(leakage.columns)
    one = len(leakage.columns) == 1
    return (
        f"The {'column' if one else 'columns'} {names} {'looks' if one else 'look'} as if written down after the outcome was known, and {'is' if one else 'are'} left out: "
        f"with {'it' if one else 'them'} the test's AUC would seem to be {number(leakage.auc_with, 2)} instead of "
        f"{number(leakage.auc_of_rest, 2)}, which could not be had on the day of scoring."
    )


def _drift(card: Card, calibrated: Calibrated) -> str:
    mended = "use the order of scores, not their size"
    if card.recalibrated:
        mended = "the probabilities handed on were therefore calibrated on the latest cases alone"
    elif calibrated.after < calibrated.before:
        mended = "calibrated anew on the latest cases they come closer, so score often"
    return (
        f"Probabilities did not hold over time: on the test they lay {percent(calibrated.error).removesuffix('%')} points from the rates "
        f"that came, where {percent(calibrated.allowed).removesuffix('%')} would pass; {mended}."
    )


def _why(card: Card, importance: pd.DataFrame) -> str:
    telling = importance[importance.lower > 0].column.head(3)
    if telling.empty:
        return f"No column tells much of the outcome on its own; the score is a {card.model}."
    names = ", ".join(str(name) for name in telling)
    return f"What tells most is {names}; the score is a {card.model}, {_chosen(card)}."


def _chosen(card: Card) -> str:
    if card.model == "gradient boosting":
        return "which foresaw better than logistic regression beyond chance"
    return "which gradient boosting did not beat beyond chance"


def no_profit() -> tuple[float, float, float]:
    """Where nobody is acted on, nothing is gained."""
    return 0.0, np.nan, np.nan
