"""What must hold before anyone is contacted, each as a named check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.customers.consent import consent_check, records_consent, unrecorded_check
from workbench.customers.fairness import FairnessAudit
from workbench.next_action.campaigns import Logged
from workbench.next_action.off_policy import LEAST_EFFECTIVE
from workbench.next_action.people import People
from workbench.next_action.records import records
from workbench.next_action.replay import Replay
from workbench.next_action.result import Facts
from workbench.next_action.uplift import Trial
from workbench.next_action.worth import Valued
from workbench.result import Check
from workbench.wording import count, interval, money, number, one, percent

WIDEST_GAP = 0.001
LARGEST_Z = 3.5
POWER_Z = 2.801585  # 1.96 + 0.84: found four times in five at 5%.
MOST_UNKNOWN = 0.01


def all_checks(
    facts: Facts,
    actions: pd.DataFrame,
    people: People,
    logged: Logged,
    trial: Trial | None,
    valued: Valued,
    tried: Replay,
    currency: str,
    audits: Sequence[FairnessAudit],
) -> tuple[Check, ...]:
    """In the order in which a reader should meet them."""
    measured = (
        [draws_check(trial, logged), agreement_check(trial, logged, valued), *difference_checks(actions, currency)]
        if trial
        else []
    )
    return (
        evidence_check(actions, logged, valued),
        *measured,
        replay_check(tried, currency),
        *([optimum_check(facts, currency)] if facts.bound > 0 else []),
        *([holdout_check(facts, trial, currency)] if trial else []),
        left_out_check(people),
        *([known_check(logged)] if logged.contacts else []),
        *(audit.check for audit in audits),
    )


def evidence_check(actions: pd.DataFrame, logged: Logged, valued: Valued) -> Check:
    """Whether everything that is planned was measured at random."""
    unmeasured = actions[~actions.causal]
    used = int(unmeasured.customers.sum())
    if unmeasured.empty:
        detail = "What each action changes was measured in campaigns that were drawn at random."
        return Check(name="measured_effects", passed=True, value=0.0, threshold=0.0, detail=detail)
    told = ". ".join(_unmeasured(row, logged, valued.missing) for row in records(unmeasured))
    detail = (
        f"{told}. What a score promises is no effect and is in no total of this report. Draw at random who gets it next time, keep a "
        "control group, and record the probabilities in contacts."
    )
    return Check(
        name="measured_effects", passed=False if used else None, value=float(used), threshold=0.0, detail=detail
    )


def draws_check(trial: Trial, logged: Logged) -> Check:
    """Whether as many were drawn as the recorded probabilities say."""
    worst, where = 0.0, ""
    for campaign, arm, inside, drawn in _arms(trial, logged):
        # Each contact stands for one over its probability: together they should stand for all.
        stands = np.where(drawn[inside], 1 / trial.probability[inside], 0.0)
        error = stands.std() / np.sqrt(len(stands))
        z = abs(stands.mean() - 1) / error if error > 0 else np.inf
        if z > worst:
            worst, where = float(z), f"{_spoken(campaign)}, {_spoken(arm)}"
    passed = worst <= LARGEST_Z
    detail = f"In every campaign as many were drawn as the recorded probabilities say; the largest deviation is {number(worst, 2)} standard errors."
    if not passed:
        detail = (
            f"In {where}, not as many were drawn as the recorded probabilities say ({number(worst, 2)} standard errors off): effects "
            "learnt from it may be wrong. Correct contacts.probability, or find out whose contacts are missing."
        )
    return Check(name="recorded_draws", passed=passed, value=worst, threshold=LARGEST_Z, detail=detail)


def agreement_check(trial: Trial, logged: Logged, valued: Valued) -> Check:
    """Whether an action did the same in all campaigns that drew it."""
    worst, told = 0.0, ""
    for name, uplift in valued.uplifts.items():
        campaigns = trial.campaign[uplift.within]
        for place in np.unique(campaigns):
            here = campaigns == place
            if here.all():
                continue
            gap = uplift.scores[here].mean() - uplift.scores[~here].mean()
            error = np.hypot(_error(uplift.scores[here]), _error(uplift.scores[~here]))
            if abs(gap) / error > worst:
                worst, told = float(abs(gap) / error), f"{_spoken(name)} in {_spoken(trial.names[place])}"
    if not told:
        detail = "Each action was measured in one campaign only, so whether it does the same another time isn't known."
        return Check(name="same_in_all_campaigns", passed=None, threshold=LARGEST_Z, detail=detail)
    passed = worst <= LARGEST_Z
    detail = f"Actions did the same in all their campaigns as far as chance allows; {told} strays most, by {number(worst, 2)} standard errors."
    if not passed:
        detail = (
            f"{told} did something else than in its other campaigns, {number(worst, 2)} standard errors apart: an average may hold for "
            "none. Name the campaigns that are most like what is planned."
        )
    return Check(name="same_in_all_campaigns", passed=passed, value=worst, threshold=LARGEST_Z, detail=detail)


def difference_checks(actions: pd.DataFrame, currency: str) -> Iterator[Check]:
    """For each measured action, whether it does more for some than for others."""
    for row in records(actions[actions.causal]):
        bounds = interval(row.slope_lower, row.slope_upper, currency)
        if row.differs:
            detail = (
                f"{row.label} does more for some than for others, and it can be told for whom: of each {one(currency)} by which two "
                f"customers were expected to differ, {money(row.slope, currency)} came ({bounds}) in outcomes that had not been seen."
            )
        else:
            detail = (
                f"That {row.label} does more for some than for others isn't shown (of each {one(currency)} by which two "
                f"customers were expected to differ, {money(row.slope, currency)} came, {bounds}), so its average is taken for everyone: a "
                "larger campaign could tell."
            )
        yield Check(name=f"differences {row.action}", passed=None, value=float(row.slope), threshold=0.0, detail=detail)


def replay_check(tried: Replay, currency: str) -> Check:
    """Whether the rule earned money where the draw agreed with it."""
    if tried.refused:
        detail = f"The rule can't be tried on past campaigns: {tried.refused}."
        return Check(
            name="rule_on_past_draws",
            passed=None,
            value=tried.value.effective,
            threshold=LEAST_EFFECTIVE,
            detail=detail,
        )
    gain = tried.gain("nobody")
    said = (
        f"Tried on {count(tried.customers)} customers of {_names(tried.campaigns)}, the rule brought "
        f"{money(gain.estimate, currency)} a customer more than contacting nobody ({interval(gain.lower, gain.upper, currency)}), and "
        f"this rests on as much as {count(tried.value.effective)} customers tell"
    )
    passed = bool(gain.lower > 0)
    mend = "." if passed else "; that may be chance: contact fewer, or draw at random once more and run this again."
    return Check(
        name="rule_on_past_draws", passed=passed, value=float(gain.estimate), threshold=0.0, detail=said + mend
    )


def optimum_check(facts: Facts, currency: str) -> Check:
    """How far the plan may lie below the best within the limits."""
    passed = facts.gap <= WIDEST_GAP
    detail = f"No plan within the limits is expected to bring more than {money(facts.bound, currency)}; this one is at most {percent(facts.gap, 3)} below."
    if not passed:
        detail += " Few customers or tight limits make whole contacts coarse: compare with a plan under slightly wider limits."
    return Check(name="near_the_best_plan", passed=passed, value=facts.gap, threshold=WIDEST_GAP, detail=detail)


def holdout_check(facts: Facts, trial: Trial, currency: str) -> Check:
    """Whether those left alone are enough to see what the plan brings."""
    free = facts.customers - facts.holdout
    if not facts.holdout or not facts.contacted:
        detail = "Nobody is left alone, so what the plan brings can't be measured afterwards; set next_best_action.holdout_share."
        if facts.holdout:
            detail = f"{count(facts.holdout)} customers are left alone at random; nobody is contacted whom they could be compared with."
        return Check(name="holdout", passed=None if facts.holdout else False, value=float(facts.holdout), detail=detail)
    alike = facts.holdout * facts.contacted / free
    visible = POWER_Z * float(trial.outcome.std()) * np.sqrt(1 / facts.contacted + 1 / max(alike, 1.0))
    expected = (facts.profit + facts.cost) / facts.contacted
    passed = expected >= visible
    detail = (
        f"{count(facts.holdout)} customers are left alone at random, of whom about {count(alike)} would have been contacted; against them "
        f"an effect of {money(visible, currency)} a customer would be found four times in five, and {money(expected, currency)} is expected"
    )
    mend = "." if passed else ": raise next_best_action.holdout_share, or judge several rounds together."
    return Check(name="holdout", passed=passed, value=expected, threshold=float(visible), detail=detail + mend)


def left_out_check(people: People) -> Check:
    """Who was left out for want of consent."""
    silent = [purpose for purpose in people.agreed if not records_consent(people.customers, purpose)]
    if silent:
        return unrecorded_check(silent)
    return consent_check(list(people.agreed), refused=people.refused, known=people.known)


def known_check(logged: Logged) -> Check:
    """Whether contacts are of customers whose data may be read."""
    share = logged.unknown / logged.contacts
    passed = share <= MOST_UNKNOWN
    detail = f"{count(logged.unknown)} of {count(logged.contacts)} contacts that effects are learnt from are of customers who aren't known or have not agreed."
    if not passed:
        detail += " If being contacted makes customers leave or refuse, effects look better than they are: check the mapping of contacts.customer_id first."
    return Check(name="contacts_of_known_customers", passed=passed, value=share, threshold=MOST_UNKNOWN, detail=detail)


def _unmeasured(row: Any, logged: Logged, missing: dict[str, str]) -> str:
    tried = logged.evidence[logged.evidence.action == row.action]
    why = "; ".join(
        f"campaign {_either(rows.campaign)} can't tell: {reason}"
        for reason, rows in tried.groupby("reason", sort=False)
    )
    why = why or "it has had no campaign"
    use = (
        f"{count(row.customers)} contacts are planned on the score that stands in"
        if row.customers
        else "no contact is planned"
    )
    if row.action in missing:
        use = "no contact is planned, since no score stands in either"
    if missing.get(row.action):
        use = (
            f"no contact is planned, since the score that is to stand in hasn't been made yet: run `workbench run propensity -p "
            f"score={missing[row.action]}`"
        )
    return f"What {row.label} changes was never measured ({why}); {use}"


def _arms(trial: Trial, logged: Logged) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    for place, campaign in enumerate(trial.names):
        inside = trial.campaign == place
        for arm in sorted(set(trial.action[inside])):
            yield campaign, str(arm), inside, trial.action == arm


def _names(campaigns: Iterable[str]) -> str:
    return " and ".join(_spoken(campaign) for campaign in campaigns)


def _either(campaigns: Iterable[str]) -> str:
    *first, last = map(_spoken, campaigns)
    return f"{', '.join(first)} or {last}" if first else last


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _error(scores: np.ndarray) -> float:
    return float(scores.std() / np.sqrt(len(scores)))
