"""What a plan really brings, told by contacts that took no part in choosing it.

Whoever chooses by noisy effects chooses noise as well: the best of six actions that do nothing looks good. So the whole choice is
made ten times more, each time as if a tenth of the campaigns' customers had never been contacted, and the effects on that tenth
say what came of the promise. Choosing by fewer contacts is choosing worse: with fifths the plan's own worth was told 4% too low where
actions suit very different customers, with tenths half as much.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.next_action.decide import Decision, decide
from workbench.next_action.offers import Limits, Offers
from workbench.next_action.totals import Total
from workbench.next_action.uplift import FOLDS, Trial, Uplift, Z
from workbench.next_action.worth import Valued

MOST_CUSTOMERS = 50_000
LEAST_CONTACTS = 30


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """One choice, tried on the fold that took no part in it.

    Attributes:
        promised: Profit after costs, as chosen by, of the whole audience; currency.
        contacts: Of each action, shape (action,).
        misses: By action, how far each held-out contact's score lies above the effect that it was chosen by.
        units: By action, whose contacts these are.
    """

    promised: float
    contacts: np.ndarray
    misses: list[np.ndarray]
    units: list[np.ndarray]

    @property
    def kept(self) -> float:
        """What came of the promise by this fold alone."""
        means = [miss.mean() if len(miss) else 0.0 for miss in self.misses]
        return self.promised + float(self.contacts @ np.array(means))


def plan_total(trial: Trial, valued: Valued, codes: np.ndarray, limits: Limits, plan: Total, *, seed: int) -> Total:
    """The plan's profit by held-out contacts, with a 95% interval that counts the choosing among its errors.

    Args:
        trial: Past contacts.
        valued: Offers.
        codes: Bins of everyone, shape (customer, feature).
        limits: Within which the plan was chosen.
        plan: What the effects that it was chosen by promise.
        seed: Of the sample of customers, and of prices.

    References:
        Andrews, Kitagawa, McCloskey (2024), Inference on winners.
        Chernozhukov and others (2018), Double/debiased machine learning: cross-fitting.
    """
    rows = np.arange(len(codes))
    if len(rows) > MOST_CUSTOMERS:
        rows = np.sort(np.random.default_rng((seed, FOLDS)).choice(len(rows), MOST_CUSTOMERS, replace=False))
    weight = len(codes) / len(rows)
    smaller = replace(limits, budget=limits.budget / weight, capacity=limits.capacity[valued.causal] / weight)
    uplifts = [valued.uplifts[name] for name in valued.offers.actions if name in valued.uplifts]
    offers = _measured(valued, rows)
    tried = [_try(fold, trial, uplifts, offers, codes[rows], smaller, seed=seed) for fold in range(FOLDS)]
    profit, error = (weight * number for number in _judge(tried, trial))
    linear = (plan.lower + plan.upper) / 2
    # Two honest estimates that differ leave room for the truth on either side, as far as they lie apart.
    error = float(np.hypot(error, (profit - linear) / np.sqrt(3)))
    return replace(plan, profit=profit, lower=profit - Z * error, upper=profit + Z * error)


def _measured(valued: Valued, rows: np.ndarray) -> Offers:
    offers, causal = valued.offers, valued.causal
    names = tuple(name for name, shown in zip(offers.actions, causal, strict=True) if shown)
    eligible = offers.eligible[np.ix_(rows, causal)]
    return Offers(
        actions=names, value=np.zeros(eligible.shape, np.float32), cost=offers.cost[causal], eligible=eligible
    )


def _try(
    fold: int,
    trial: Trial,
    uplifts: list[Uplift],
    offers: Offers,
    codes: np.ndarray,
    limits: Limits,
    *,
    seed: int,
) -> _Tried:
    learnt = [uplift.held_out[fold] for uplift in uplifts]
    value = np.column_stack([each.predict(codes) for each in learnt]).astype(np.float32)
    priced = replace(offers, value=value)
    decision = decide(priced, limits, seed=seed, settle=False)
    here = trial.fold == fold
    foretold = np.column_stack([each.predict(trial.codes[here]) for each in learnt])
    taken = _taken(foretold, offers, decision, limits)
    misses, units = [], []
    for number, uplift in enumerate(uplifts):
        scores = np.full(len(here), np.nan)
        scores[uplift.within] = uplift.scores
        miss = (scores[here] - foretold[:, number])[taken[:, number]]
        misses.append(miss[np.isfinite(miss)])
        units.append(trial.unit[here][taken[:, number]][np.isfinite(miss)])
    contacts = decision.chosen.sum(axis=0)
    return _Tried(promised=decision.value, contacts=contacts.astype(float), misses=misses, units=units)


def _taken(foretold: np.ndarray, offers: Offers, decision: Decision, limits: Limits) -> np.ndarray:
    """Held-out contacts that the choice would have taken, as many as it takes of customers, at least a few, ties together."""
    prices = decision.budget_price * offers.cost + decision.capacity_prices
    reduced = foretold - offers.cost - prices
    taken = np.zeros(reduced.shape, dtype=bool)
    open_to = np.maximum(offers.eligible.sum(axis=0), 1)
    share = decision.chosen.sum(axis=0) / open_to
    for number in np.flatnonzero(share):
        others = np.delete(reduced, number, axis=1)
        rival = np.maximum(others.max(axis=1, initial=0.0), 0.0) if np.all(limits.contacts_per_customer == 1) else 0.0
        margin = reduced[:, number] - rival
        wanted = min(len(margin), max(LEAST_CONTACTS, round(float(share[number]) * len(margin))))
        taken[:, number] = margin >= np.sort(margin)[len(margin) - wanted]
    return taken


def _judge(tried: list[_Tried], trial: Trial) -> tuple[float, float]:
    """Profit by all folds together, and its standard error: that of contacts or that between folds, whichever is larger."""
    profit = float(np.mean([each.promised for each in tried]))
    contacts = np.mean([each.contacts for each in tried], axis=0)
    influence = np.zeros(trial.unit.max() + 1)
    for number, count in enumerate(contacts):
        misses = np.concatenate([each.misses[number] for each in tried])
        if count and len(misses):
            profit += count * float(misses.mean())
            units = np.concatenate([each.units[number] for each in tried])
            influence += np.bincount(units, count * (misses - misses.mean()) / len(misses), len(influence))
    between = float(np.std([each.kept for each in tried], ddof=1) / np.sqrt(len(tried)))
    return profit, max(float(np.sqrt((influence**2).sum())), between)
