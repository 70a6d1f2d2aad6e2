"""What is proposed: effects measured, valued for everyone, chosen within limits, tried on contacts that took no part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from workbench.config.customers import Governance, NextBestAction
from workbench.customers.fairness import FairnessAudit
from workbench.data.labelled import labelled_groups
from workbench.next_action.audience import Audience, read_audience
from workbench.next_action.bins import Bins
from workbench.next_action.campaigns import Logged
from workbench.next_action.decide import Decision, decide
from workbench.next_action.fair import audit_contacts
from workbench.next_action.held_out import plan_total
from workbench.next_action.offers import Limits
from workbench.next_action.people import People
from workbench.next_action.replay import Replay, replay
from workbench.next_action.totals import Total, total_of
from workbench.next_action.uplift import Trial, Uplift, measure_uplift, trial_of
from workbench.next_action.worth import Valued, value_offers


@dataclass(frozen=True, kw_only=True)
class Known:
    """All that a plan is made from.

    Attributes:
        people: Whose data may be used.
        logged: Past campaigns; see `campaigns.logged_contacts`.
        spec: Actions and limits.
        values: customer_id and segment of the last segmentation, None where there is none.
        scores: customer_id and probability of each score that stands in for a measured effect.
        rules: Of the fairness audit.
        seed: Of folds, prices and audits.
    """

    people: People
    logged: Logged
    spec: NextBestAction
    values: pa.Table | None
    scores: Mapping[str, pa.Table | None]
    rules: Governance
    seed: int


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A plan, and what stands behind it.

    Attributes:
        trial: Past contacts, None where no campaign was drawn at random.
        audience: Everyone.
        valued: What each action is worth for them.
        limits: What was allowed.
        measured: The decision on measured actions, with its prices and bound.
        contacts: Of all actions, shape (customer, action).
        promised: What measured contacts bring by the effects that they were chosen by.
        total: What they bring by contacts that took no part in choosing.
        tried: The rule, replayed on past campaigns.
        audits: Of fairness.
    """

    trial: Trial | None
    audience: Audience
    valued: Valued
    limits: Limits
    measured: Decision
    contacts: np.ndarray
    promised: Total
    total: Total
    tried: Replay
    audits: tuple[FairnessAudit, ...]

    @property
    def bins(self) -> tuple[Bins, ...]:
        return self.trial.bins if self.trial else ()

    @property
    def correction(self) -> float:
        """By how much a measured contact brings more than was promised of it, currency."""
        return (self.total.profit - self.promised.profit) / max(1.0, self.promised.contacts)


def propose(known: Known) -> Proposal:
    """Measure, value, choose, and try the choice."""
    trial, uplifts = _measure(known)
    audience = _audience(known, trial)
    valued = value_offers(audience, known.spec.actions, uplifts, known.scores, order_value=_order_value(known.people))
    limits = limits_of(known.spec)
    measured, contacts = _choose(valued, limits, known.seed)
    promised = total_of(valued, contacts)
    total = promised
    if trial and promised.contacts:
        with threadpool_limits(1):
            total = plan_total(trial, valued, audience.codes, limits, promised, seed=known.seed)
    return Proposal(
        trial=trial,
        audience=audience,
        valued=valued,
        limits=limits,
        measured=measured,
        contacts=contacts,
        promised=promised,
        total=total,
        tried=replay(trial, known.logged, valued, measured),
        audits=audit_contacts(audience, valued, contacts, known.rules, known.seed),
    )


def limits_of(spec: NextBestAction) -> Limits:
    """What the configuration allows."""
    capacity = [np.inf if action.capacity is None else action.capacity for action in spec.actions.values()]
    return Limits(
        budget=np.inf if spec.budget is None else spec.budget,
        capacity=np.array(capacity, dtype=float),
        contacts_per_customer=spec.contacts_per_customer,
    )


def _measure(known: Known) -> tuple[Trial | None, dict[str, Uplift]]:
    logged = known.logged
    if logged.rows.empty:
        return None, {}
    trial = trial_of(logged, seed=known.seed)
    drawn = {name: logged.campaigns_of(name) for name in known.spec.actions}
    # One thread adds in the same order every time.
    with threadpool_limits(1):
        return trial, {name: measure_uplift(trial, name, campaigns) for name, campaigns in drawn.items() if campaigns}


def _audience(known: Known, trial: Trial | None) -> Audience:
    people = known.people
    audience = read_audience(
        people.now(known.spec.holdout_share),
        trial.bins if trial else (),
        tuple(people.agreed),
        known.rules.fairness,
    )
    groups = labelled_groups(audience.groups, people.labels)
    if known.values is not None:
        groups = groups.assign(segment=audience.names(known.values, "segment"))
    return replace(audience, groups=groups)


def _order_value(people: People) -> float:
    """Profit of an average order, currency."""
    counts = people.population.counts
    orders = int(people.population.purchases.orders.sum().execute())
    return counts.gross_revenue * counts.profit_share / max(1, orders)


def _choose(valued: Valued, limits: Limits, seed: int) -> tuple[Decision, np.ndarray]:
    """Money goes to shown effects first: a score's value counts orders that come anyway and would outbid every measured effect."""
    measured = decide(valued.offers.only(valued.causal), limits, seed=seed)
    left = limits.after(measured.chosen, valued.offers.cost)
    others = decide(valued.offers.only(~valued.causal), left, seed=seed)
    return measured, measured.chosen | others.chosen
