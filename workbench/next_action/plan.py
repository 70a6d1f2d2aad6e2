"""From past campaigns to a plan of contacts: measure what actions change, value them for everyone, choose within limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from threadpoolctl import threadpool_limits

from workbench.config.customers import Governance, NextBestAction
from workbench.customers.fairness import FairnessAudit
from workbench.errors import ConfigError
from workbench.next_action import checks, tables
from workbench.next_action.audience import Audience, read_audience
from workbench.next_action.bins import Bins
from workbench.next_action.campaigns import Logged
from workbench.next_action.curve import CURVE_COLUMNS, fifths, uplift_curve
from workbench.next_action.decide import Decision, decide
from workbench.next_action.estimates import write_estimates
from workbench.next_action.fair import audit_contacts, fairness_table
from workbench.next_action.findings import write_findings
from workbench.next_action.offers import Limits
from workbench.next_action.people import People
from workbench.next_action.reasons import Book, book_of, handoff_batches
from workbench.next_action.replay import Replay, replay
from workbench.next_action.result import Facts, NextActionResult
from workbench.next_action.totals import Total, total_of
from workbench.next_action.uplift import Trial, Uplift, measure_uplift, trial_of
from workbench.next_action.worth import Valued, value_offers
from workbench.result import Provenance

TITLE = "Next best action"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan and everyone in it.

    Attributes:
        result: What reports show.
        audience: Everyone.
        valued: What each action is worth for them.
        chosen: Who gets what, shape (customer, action).
        book: Reasons in words.
        bins: Of the features that reasons speak of.
    """

    result: NextActionResult
    audience: Audience
    valued: Valued
    chosen: np.ndarray
    book: Book
    bins: tuple[Bins, ...]

    def batches(self) -> pa.RecordBatchReader:
        """`next_actions.csv`, a batch at a time; see `reasons.HANDOFF`."""
        return handoff_batches(self.audience, self.valued, self.chosen, self.book, self.bins)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Contacts of measured actions first, then of others from what is left.

    Attributes:
        measured: The decision on measured actions, with its prices and bound.
        contacts: Of all actions, shape (customer, action).
    """

    measured: Decision
    contacts: np.ndarray


def plan_actions(
    people: People,
    logged: Logged,
    spec: NextBestAction,
    *,
    values: pa.Table | None,
    scores: Mapping[str, pa.Table | None],
    currency: str,
    provenance: Provenance,
    seed: int,
    governance: Governance | None = None,
) -> Plan:
    """Choose actions for everyone who may get one.

    Args:
        people: Whose data may be used.
        logged: Past campaigns; see `campaigns.logged_contacts`.
        spec: Actions and limits.
        values: customer_id and segment of the last segmentation, None where there is none.
        scores: customer_id and probability of each score that stands in for a measured effect.
        currency: ISO 4217 code.
        provenance: Where the data come from.
        seed: Of folds, prices and audits.
        governance: Rules of the fairness audit.
    """
    rules = governance or Governance()
    trial, uplifts = _measured(logged, spec, seed)
    audience = _audience(people, trial, spec, rules, values)
    valued = value_offers(audience, spec.actions, uplifts, scores, order_value=_order_value(people))
    limits = limits_of(spec)
    chosen = _choose(valued, limits, seed)
    tried = replay(trial, logged, valued, chosen.measured)
    total = total_of(valued, chosen.contacts)
    audits = audit_contacts(audience, valued, chosen.contacts, rules, seed)
    result = _result(
        people, logged, spec, trial, audience, valued, limits, chosen, tried, total, audits, currency, provenance, seed
    )
    bins = trial.bins if trial else ()
    book = book_of(valued, bins, spec.actions)
    return Plan(result=result, audience=audience, valued=valued, chosen=chosen.contacts, book=book, bins=bins)


def with_budget(spec: NextBestAction, budget: float) -> NextBestAction:
    """The same with another budget; a negative one keeps what is declared.

    Raises:
        ConfigError: If no action is declared.
    """
    if not spec.actions:
        raise ConfigError(
            "no action is declared; add [next_best_action.actions.<name>] with its cost and the past campaigns that did the same"
        )
    return spec if budget < 0 else spec.model_copy(update={"budget": budget})


def tables_used(spec: NextBestAction) -> tuple[str, ...]:
    """Canonical tables that a plan is made from."""
    learnt = any(action.campaigns for action in spec.actions.values())
    return ("transactions", "customers", "touchpoints", *(("contacts",) if learnt else ()))


def stand_in_scores(spec: NextBestAction) -> tuple[str, ...]:
    """Scores that actions name, for want of a randomised campaign."""
    return tuple(dict.fromkeys(action.score for action in spec.actions.values() if action.score))


def limits_of(spec: NextBestAction) -> Limits:
    """What the configuration allows."""
    capacity = [np.inf if action.capacity is None else action.capacity for action in spec.actions.values()]
    return Limits(
        budget=np.inf if spec.budget is None else spec.budget,
        capacity=np.array(capacity, dtype=float),
        contacts_per_customer=spec.contacts_per_customer,
    )


def _measured(logged: Logged, spec: NextBestAction, seed: int) -> tuple[Trial | None, dict[str, Uplift]]:
    if logged.rows.empty:
        return None, {}
    trial = trial_of(logged, seed=seed)
    drawn = {name: logged.campaigns_of(name) for name in spec.actions}
    # One thread adds in the same order every time.
    with threadpool_limits(1):
        return trial, {name: measure_uplift(trial, name, campaigns) for name, campaigns in drawn.items() if campaigns}


def _audience(
    people: People, trial: Trial | None, spec: NextBestAction, rules: Governance, values: pa.Table | None
) -> Audience:
    audience = read_audience(
        people.now(spec.holdout_share), trial.bins if trial else (), tuple(people.agreed), rules.fairness
    )
    if values is None:
        return audience
    groups = audience.groups.assign(segment=audience.names(values, "segment"))
    return Audience(
        ids=audience.ids, codes=audience.codes, holdout=audience.holdout, agreed=audience.agreed, groups=groups
    )


def _order_value(people: People) -> float:
    """Profit of an average order, currency."""
    counts = people.population.counts
    orders = int(people.population.purchases.orders.sum().execute())
    return counts.gross_revenue * counts.profit_share / max(1, orders)


def _choose(valued: Valued, limits: Limits, seed: int) -> Chosen:
    """Money goes to shown effects first: a score's value counts orders that come anyway and would outbid every measured effect."""
    measured = decide(valued.offers.only(valued.causal), limits, seed=seed)
    left = limits.after(measured.chosen, valued.offers.cost)
    others = decide(valued.offers.only(~valued.causal), left, seed=seed)
    return Chosen(measured=measured, contacts=measured.chosen | others.chosen)


def _result(
    people: People,
    logged: Logged,
    spec: NextBestAction,
    trial: Trial | None,
    audience: Audience,
    valued: Valued,
    limits: Limits,
    chosen: Chosen,
    tried: Replay,
    total: Total,
    audits: tuple[FairnessAudit, ...],
    currency: str,
    provenance: Provenance,
    seed: int,
) -> NextActionResult:
    facts = _facts(people, spec, audience, valued, chosen, tried, total)
    actions = tables.actions_table(valued, spec.actions, chosen.contacts, limits, chosen.measured)
    options = tables.options_table(valued, spec.actions, total, chosen.contacts)
    uplifts = list(valued.uplifts.values())
    curves = [uplift_curve(trial, uplift) for uplift in uplifts if trial]
    parts = [fifths(trial, uplift) for uplift in uplifts if trial]
    return NextActionResult(
        title=TITLE,
        estimates=write_estimates(facts, actions, options, tried, trial, uplifts, currency),
        checks=checks.all_checks(facts, actions, people, logged, trial, valued, tried, currency, audits),
        findings=write_findings(facts, actions, options, tried, currency),
        provenance=provenance,
        facts=facts,
        actions=actions,
        options=options,
        budgets=tables.budgets_table(valued, limits, facts.cost, seed=seed),
        curve=pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=list(CURVE_COLUMNS)),
        fifths=pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["action", "fifth"]),
        evidence=logged.evidence,
        replay=tried.table,
        groups=tables.groups_table(audience, valued, chosen.contacts),
        fairness=fairness_table(audits),
        statements=tuple(sentence for each in audits for sentence in each.statements),
        currency=currency,
    )


def _facts(
    people: People,
    spec: NextBestAction,
    audience: Audience,
    valued: Valued,
    chosen: Chosen,
    tried: Replay,
    total: Total,
) -> Facts:
    contacts = chosen.contacts.sum(axis=0)
    return Facts(
        day=people.last_day,
        horizon_days=spec.horizon_days,
        customers=len(audience),
        holdout=int(audience.holdout.sum()),
        contacted=int(chosen.contacts.any(axis=1).sum()),
        contacts=int(total.contacts),
        cost=total.cost,
        profit=total.profit,
        profit_lower=total.lower,
        profit_upper=total.upper,
        bound=chosen.measured.bound,
        gap=chosen.measured.gap,
        budget=float("nan") if spec.budget is None else spec.budget,
        spent=float(contacts @ valued.offers.cost),
        budget_price=chosen.measured.budget_price,
        unmeasured=int(contacts[~valued.causal].sum()),
        replayed=tried.campaigns,
        replayed_customers=tried.customers,
        effective=tried.value.effective,
        refused=tried.refused,
    )
