"""What must hold before a score is acted on, each as a named check."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.customers.feature_words import phrase
from workbench.propensity.leakage import SUSPICIOUS_AUC, Leakage
from workbench.propensity.line import Line
from workbench.propensity.profit_on_test import Profit
from workbench.propensity.result import Card
from workbench.propensity.stability import LARGEST_DROP, Calibrated, RankingDrop
from workbench.result import Check
from workbench.wording import count, interval, money, percent

WIDEST_AUC = 0.05
LARGEST_ECE = "a tenth of the outcome's rate, or what chance explains"


def leakage_check(leakage: Leakage, key: str) -> Check:
    table = leakage.table
    if table.empty:
        detail = "No column of the company's own is learnt from; those made of dated events can't know what came later."
        return Check(name="leakage", passed=None, threshold=SUSPICIOUS_AUC, detail=detail)
    first = table.iloc[0]
    if not leakage.columns:
        vouched = list(table.column[table.verdict == "known before"])
        detail = (
            f"No column tells the outcome better than a cause would: the most telling, {phrase(first.column)}, alone ranks "
            f"{percent(float(first.auc))} of pairs from the same time right (50% is chance)."
        )
        if vouched:
            detail += f" {', '.join(vouched)}: used, since {key}.known_before vouches for it."
        return Check(name="leakage", passed=True, value=float(first.auc), threshold=SUSPICIOUS_AUC, detail=detail)
    leak = table[table.column == leakage.columns[0]].iloc[0]
    names, one = ", ".join(leakage.columns), len(leakage.columns) == 1
    detail = (
        f"{names} {'seems' if one else 'seem'} to be filled in after the outcome and "
        f"{'was' if one else 'were'} left out: {leakage.columns[0]} alone ranks {percent(float(leak.auc))} of pairs from the same "
        f"time right, all other columns together {percent(leakage.auc_of_rest)}, with {'it' if one else 'them'} "
        f"{percent(leakage.auc_with)} (50% is chance). If it is known before scoring, name it in {key}.known_before."
    )
    return Check(name="leakage", passed=False, value=float(leak.auc), threshold=SUSPICIOUS_AUC, detail=detail)


def calibration_check(calibrated: Calibrated, card: Card) -> Check:
    said = (
        f"On cases it had not seen, probabilities and rates differ by {_points(calibrated.error)} percentage points on average; up to "
        f"{_points(calibrated.allowed)} passes ({LARGEST_ECE})"
    )
    falls = f"from {_points(calibrated.before)} to {_points(calibrated.after)} points on the latest cases"
    if calibrated.holds:
        detail = f"{said}."
    elif card.by_chance:
        detail = f"{said}: use the order of scores, not their size."
    elif card.recalibrated:
        detail = f"{said}. What is handed on was calibrated anew on the latest block, which takes the error {falls}: score often."
    elif calibrated.after < calibrated.before:
        detail = f"{said}. Calibrating anew on the latest block would take it {falls}: do so before you act, and score often."
    else:
        detail = f"{said}. Calibrating anew on the latest block doesn't mend it ({falls}): use the order of scores, not their size."
    return Check(
        name="calibration", passed=calibrated.holds, value=calibrated.error, threshold=calibrated.allowed, detail=detail
    )


def ranking_check(drop: RankingDrop, card: Card) -> Check:
    if np.isnan(drop.drop):
        why = "all cases are of one moment" if card.by_chance else "no block before the test has both outcomes"
        detail = f"Whether the ranking holds over time can't be told: {why}."
        return Check(name="stable_ranking", passed=None, threshold=LARGEST_DROP, detail=detail)
    passed = drop.lower <= 0 or drop.drop <= LARGEST_DROP
    way = "fewer" if drop.drop > 0 else "more"
    mend = (
        "."
        if passed
        else "; the past has stopped telling the future: learn from a shorter history or find new columns."
    )
    detail = (
        f"On the test {_points(abs(drop.drop))} percentage points {way} pairs are ranked right than on the blocks foreseen before it "
        f"(change {_points(-drop.upper)} to {_points(-drop.lower)}; a fall of {_points(LARGEST_DROP)} passes){mend}"
    )
    return Check(name="stable_ranking", passed=passed, value=drop.drop, threshold=LARGEST_DROP, detail=detail)


def one_moment_check(card: Card) -> Check:
    detail = (
        f"All {card.noun} carry the same moment, {card.test_from:%-d %B %Y}, so the {count(card.test_cases)} that the score is judged on were "
        f"held back by chance: nothing says whether it holds later. Map {card.noun}.created_at to the day on which each was to be scored."
    )
    return Check(name="judged_later", passed=False, detail=detail)


def skill_check(models: pd.DataFrame, card: Card) -> Check:
    """Whether the score ranks better than chance, and whether the test is large enough to say how well."""
    auc = models[models.chosen & (models.metric == "auc")].iloc[0]
    said = (
        f"Of a {_one(card.noun)} with the outcome and one without, the score puts the former first in {percent(auc.estimate)} of "
        f"pairs ({percent(auc.lower)} to {percent(auc.upper)})"
    )
    if auc.lower <= 0.5:
        detail = f"{said}, which may be chance: don't act on this score; find columns that tell more."
    elif auc.upper - auc.lower > 4 * WIDEST_AUC:
        detail = f"{said}; the test holds few outcomes, {count(card.test_outcomes)}: wait for more."
    else:
        detail = f"{said}."
    passed = bool(auc.lower > 0.5 and auc.upper - auc.lower <= 4 * WIDEST_AUC)
    return Check(name="skill", passed=passed, value=float(auc.estimate), threshold=0.5, detail=detail)


def selection_check(card: Card, key: str) -> Check:
    """How the line between acting and not was drawn."""
    if card.rule == "nothing":
        detail = (
            f"Nobody is selected: neither the worth of an outcome nor a capacity is known. Set {key}.value and {key}.cost, or "
            f"{key}.capacity."
        )
        return Check(name="selection", passed=False, value=0.0, detail=detail)
    if card.rule == "unsupported":
        detail = f"Nobody is selected: on {card.unseen} cases acting didn't bring more than it cost beyond chance, whichever share was acted on."
        return Check(name="selection", passed=False, value=0.0, detail=detail)
    why = "beyond it one more would cost more than it is expected to bring"
    if card.selected == card.scored:
        why = "for all of them acting is expected to bring more than it costs"
    if card.rule == "capacity":
        why = f"the capacity, {key}.capacity, ends there"
    elif card.rule == "later cases":
        why = f"beyond it acting cost more than it brought on {card.unseen} cases, whatever the probabilities say"
    elif card.cost == 0:
        why = f"acting costs nothing, since {key}.cost is 0, so everyone pays"
    detail = f"{count(card.selected)} of {count(card.scored)} {card.noun} are selected, from a probability of {percent(card.cut)} up: {why}."
    return Check(name="selection", passed=None, value=card.cut, detail=detail)


def line_checks(line: Line, card: Card, currency: str) -> tuple[Check, ...]:
    """Whether, on later cases, acting paid up to the line that the probabilities draw, and no further unless capacity ends there."""
    tested = line.contradicted or line.tested
    if tested is None or not card.cost:
        return ()
    said = f"On the test, each of the least likely quarter of {card.noun} acted on brought {_profit(tested.last, currency)} after costs"
    if tested.next and card.rule != "capacity":
        said += (
            f", and each of the likeliest quarter beyond the line would have brought {_profit(tested.next, currency)}"
        )
    detail = f"{said}." if line.contradicted is None else f"{said}: {_moved(line, card, currency)}."
    passed = line.contradicted is None
    return (Check(name="line", passed=passed, value=tested.last.estimate, threshold=0.0, detail=detail),)


def _moved(line: Line, card: Card, currency: str) -> str:
    """What became of a line that later cases contradict."""
    by_probability = (
        f"the line isn't drawn by the probabilities, which would act on {count(line.by_probability)} {card.noun}"
    )
    if line.tested is None:
        return f"{by_probability}, and nobody is acted on; score again when newer outcomes are known"
    last = _profit(line.tested.last, currency)
    return (
        f"{by_probability}, but where {card.unseen} cases say that it pays, at {count(card.selected)}. On half of the test, which had no part in "
        f"moving it, each of the least likely quarter acted on then brought {last}"
    )


def rehearsal_check(card: Card) -> Check:
    detail = (
        f"On {card.as_of:%-d %B %Y} the outcome of every one of the {card.noun} is known, so nobody is left to act on: the {count(card.scored)} "
        f"{card.noun} of the test were scored to try the score out, by a model that had not seen them."
    )
    return Check(name="rehearsal", passed=None, value=float(card.scored), detail=detail)


def exclusions_check(exclusions: pd.DataFrame) -> Check:
    named = "; ".join(
        f"{', '.join(part.column)} ({reason})" for reason, part in exclusions.groupby("reason", sort=False)
    )
    return Check(name="left_out", passed=None, value=float(len(exclusions)), detail=f"Not learnt from: {named}.")


def _profit(profit: Profit, currency: str) -> str:
    return f"{money(profit.estimate, currency)} ({interval(profit.lower, profit.upper, currency)})"


def _points(share: float) -> str:
    return percent(share).removesuffix("%")


def _one(noun: str) -> str:
    return noun.removesuffix("s")
