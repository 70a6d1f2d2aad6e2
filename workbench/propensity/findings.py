"""Page one of a score: what acting on it brings, whom it finds, what it must not know, how far to believe it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.customers.feature_words import phrase
from workbench.propensity.leakage import Leakage
from workbench.propensity.line import Line
from workbench.propensity.profit_on_test import ProfitOnTest
from workbench.propensity.result import Card
from workbench.propensity.stability import Calibrated
from workbench.wording import count, interval, money, number, percent

PER = 1000
WITH_OUTCOME = {"conversion": "who ordered", "churn": "who left", "lead": "that were won"}
FORESEEN = {"conversion": ("to order", "did"), "churn": ("to leave", "did"), "lead": ("to be won", "were")}
OUTCOME = {"conversion": "An order", "churn": "A customer kept", "lead": "A lead won"}
AT_MOST = {
    "conversion": "if none of these orders would come anyway",
    "churn": "if acting keeps everyone who would leave",
    "lead": "if every win comes from acting",
}
BREAK_EVEN = {
    "conversion": "as soon as {share} of these orders come from acting",
    "churn": "as soon as acting keeps {share} of those who would leave",
    "lead": "as soon as {share} of the wins come from acting",
}


def write_findings(
    card: Card,
    profit: tuple[float, float, float] | None,
    line: Line,
    tenths: pd.DataFrame,
    importance: pd.DataFrame,
    leakage: Leakage,
    calibrated: Calibrated,
    currency: str,
) -> tuple[str, ...]:
    """Sentences in order of the money at stake."""
    sentences = [_whom(card, profit, line.tested, currency)]
    if line.contradicted is not None:
        sentences.append(_contradicted(card, line, line.contradicted))
    if line.tested is not None:
        sentences.append(_worth(card, line.tested, currency))
    sentences.append(_lift(card, tenths))
    if leakage.columns:
        sentences.append(_leak(leakage))
    if not calibrated.holds:
        sentences.append(_drift(card, tenths, calibrated))
    sentences.append(_why(card, importance))
    return tuple(sentences)


def no_profit() -> tuple[float, float, float]:
    """Where nobody is acted on, nothing is gained."""
    return 0.0, np.nan, np.nan


def _whom(card: Card, profit: tuple[float, float, float] | None, on_test: ProfitOnTest | None, currency: str) -> str:
    if not card.selected:
        return _nobody(card, currency)
    if profit is None or on_test is None:
        return f"Act on {_likeliest(card)}; what an outcome is worth isn't known, so no profit is claimed."
    limit = ", as many as capacity allows," if card.rule == "capacity" else ""
    if card.rehearsal:
        gain = on_test.of_all
        lead = f"Tried on past {card.noun}, acting on {_likeliest(card)}{limit} would have brought at most"
        total, lower, upper = (card.scored * value for value in (gain.estimate, gain.lower, gain.upper))
    else:
        total, lower, upper = profit
        lead = f"Acting on {_likeliest(card)}{limit} is expected to bring at most"
    than = "than it cost" if card.rehearsal else "than it costs"
    return (
        f"{lead} {money(total, currency)} more {than} ({interval(lower, upper, currency)}), {AT_MOST[card.kind]}."
        + _break_even(card, total)
    )


def _nobody(card: Card, currency: str) -> str:
    if card.rule == "nothing":
        return (
            f"Act on nobody of the {count(card.scored)} {card.noun} yet: neither what an outcome is worth nor a capacity is known; "
            f"set scores.{card.score}.value and cost, or capacity."
        )
    if card.rule == "unsupported":
        return f"Act on nobody of the {count(card.scored)} {card.noun} yet: on {card.unseen} cases acting did not pay beyond chance."
    outcome = OUTCOME[card.kind]
    return (
        f"Act on nobody: {outcome[0].lower()}{outcome[1:]} brings {money(card.value, currency)} and acting costs "
        f"{money(card.cost, currency)}, and none of the {count(card.scored)} {card.noun} is likely enough for that to pay."
    )


def _break_even(card: Card, profit: float) -> str:
    """The share of outcomes that acting has to cause."""
    spent = card.cost * card.selected
    if spent <= 0 or profit <= 0:
        return ""
    share = percent(spent / (profit + spent), 0 if spent > 0.1 * (profit + spent) else 1)
    verb = "it keeps" if card.kind == "churn" else "do"
    return f" It pays {BREAK_EVEN[card.kind].format(share=share)}; only a randomised test shows how many {verb}."


def _likeliest(card: Card) -> str:
    if card.selected == card.scored:
        return f"all {count(card.scored)} {card.noun}"
    return f"the {count(card.selected)} likeliest of {count(card.scored)} {card.noun}"


def _worth(card: Card, on_test: ProfitOnTest, currency: str) -> str:
    average = "" if card.value_declared else " on average"
    one = card.noun.removesuffix("s")
    each = (
        f"{OUTCOME[card.kind]} brings {money(card.value, currency)}{average} and acting on one {one} costs "
        f"{money(card.cost, currency)}"
    )
    pays = f", so acting pays from a probability of {percent(card.cost / card.value)} up" if card.cost else ""
    gain, expected = on_test.of_all, on_test.expected
    if card.rehearsal:
        told = f"the score had expected {money(card.scored * expected, currency)}"
    else:
        bounds = interval(PER * gain.lower, PER * gain.upper, currency)
        told = (
            f"on {card.unseen} {card.noun} it had not seen, acting on the same share brought {money(PER * gain.estimate, currency)} per "
            f"{PER:,} ({bounds}), where the score expected {money(PER * expected, currency)}"
        )
    return f"{each}{pays}; {told}."


def _contradicted(card: Card, line: Line, at_first: ProfitOnTest) -> str:
    """Why the line doesn't go by the probabilities, and where it is now."""
    meant = f"The probabilities would act on {count(line.by_probability)} {card.noun}, but on {card.unseen} cases "
    if at_first.too_many:
        meant += "the least likely of these cost more than they brought"
    else:
        meant += "those beyond that line would have paid as well"
    if not card.selected:
        return f"{meant}, and no smaller share paid beyond chance: score again when newer outcomes are known."
    way = "fewer" if card.selected < line.by_probability else "more"
    return f"{meant}: the list follows the {card.unseen} cases and names {way}, {count(card.selected)}."


def _lift(card: Card, tenths: pd.DataFrame) -> str:
    top = tenths.iloc[0]
    return (
        f"Tested on {count(card.test_cases)} {card.unseen} {card.noun} it had not seen, the tenth with the highest scores held "
        f"{percent(top.gain, 0)} of all {WITH_OUTCOME[card.kind]} ({interval(top.gain_lower, top.gain_upper, '%')}): "
        f"{number(top.lift, 2)} times as many as chance would find."
    )


def _leak(leakage: Leakage) -> str:
    names = " and ".join(leakage.columns)
    one = len(leakage.columns) == 1
    return (
        f"The {'column' if one else 'columns'} {names} {'looks' if one else 'look'} as if written down after the outcome was known, and "
        f"{'is' if one else 'are'} left out: with {'it' if one else 'them'} the test would seem to rank "
        f"{percent(leakage.auc_with, 0)} of pairs right instead of {percent(leakage.auc_of_rest, 0)}, which could not be had on the "
        "day of scoring."
    )


def _drift(card: Card, tenths: pd.DataFrame, calibrated: Calibrated) -> str:
    mended = "use the order of scores, not their size"
    if card.recalibrated:
        mended = "the probabilities handed on were therefore learnt anew on the latest cases"
    elif calibrated.after < calibrated.before and not card.by_chance:
        mended = "learnt anew on the latest cases they come closer, so score often"
    foreseen, came = FORESEEN[card.kind]
    expected, rate = (float(np.average(tenths[name], weights=tenths.rows)) for name in ("expected", "rate"))
    where = f"of {card.unseen} {card.noun}"
    if abs(rate - expected) < calibrated.error / 2:
        # In the whole they held by chance: some tenths were too high as others were too low.
        worst = tenths.iloc[int((tenths.rate - tenths.expected).abs().to_numpy().argmax())]
        expected, rate = float(worst.expected), float(worst.rate)
        where = f"of the tenth of {card.unseen} {card.noun} where they were furthest off"
    return (
        f"Probabilities did not hold{'' if card.by_chance else ' over time'}: {percent(expected)} {where} were expected {foreseen} and {percent(rate)} {came}; "
        f"{mended}."
    )


def _why(card: Card, importance: pd.DataFrame) -> str:
    telling = [phrase(str(name)) for name in importance[importance.lower > 0].column.head(3)]
    if not telling:
        return f"No column tells much of the outcome on its own; it comes from {card.model}, {_chosen(card)}."
    names = telling[0] if len(telling) == 1 else f"{', '.join(telling[:-1])} and {telling[-1]}"
    return f"The score goes mostly by {names}; it comes from {card.model}, {_chosen(card)}."


def _chosen(card: Card) -> str:
    if card.model == "gradient boosting":
        return "which foresaw better than logistic regression beyond chance"
    return "which gradient boosting did not beat beyond chance"
