"""From past campaigns to a plan of contacts: measure what actions change, value them for everyone, choose within limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from workbench.config.customers import Governance, NextBestAction
from workbench.errors import ConfigError
from workbench.next_action import checks, tables
from workbench.next_action.campaigns import Logged
from workbench.next_action.curve import CURVE_COLUMNS, fifths, uplift_curve
from workbench.next_action.estimates import write_estimates
from workbench.next_action.fair import fairness_table
from workbench.next_action.findings import write_findings
from workbench.next_action.people import People
from workbench.next_action.proposal import Known, Proposal, propose
from workbench.next_action.reasons import book_of, handoff_batches
from workbench.next_action.result import Facts, NextActionResult
from workbench.result import Provenance

TITLE = "Next best action"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan and everyone in it.

    Attributes:
        result: What reports show.
        proposal: Who gets what, and what stands behind it.
        spec: Actions and limits.
    """

    result: NextActionResult
    proposal: Proposal
    spec: NextBestAction

    def batches(self) -> pa.RecordBatchReader:
        """`next_actions.csv`, a batch at a time; see `reasons.HANDOFF`."""
        proposal = self.proposal
        book = book_of(proposal.valued, proposal.bins, self.spec.actions)
        return handoff_batches(
            proposal.audience,
            proposal.valued,
            proposal.contacts,
            book,
            proposal.bins,
            correction=proposal.correction,
        )


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
    known = Known(
        people=people,
        logged=logged,
        spec=spec,
        values=values,
        scores=scores,
        rules=governance or Governance(),
        seed=seed,
    )
    proposal = propose(known)
    return Plan(result=_report(known, proposal, currency, provenance), proposal=proposal, spec=spec)


def with_limits(spec: NextBestAction, budget: float = -1.0, contacts: int = 0) -> NextBestAction:
    """The same with another budget or number of contacts; a negative budget and 0 contacts keep what is declared.

    Raises:
        ConfigError: If no action is declared.
    """
    if not spec.actions:
        raise ConfigError(
            "no action is declared; add [next_best_action.actions.<name>] with its cost and the past campaigns that did the same"
        )
    changed = ({"budget": budget} if budget >= 0 else {}) | (
        {"contacts_per_customer": contacts} if contacts > 0 else {}
    )
    return spec.model_copy(update=changed)


def tables_used(spec: NextBestAction) -> tuple[str, ...]:
    """Canonical tables that a plan is made from."""
    learnt = any(action.campaigns for action in spec.actions.values())
    return ("transactions", "customers", "touchpoints", *(("contacts",) if learnt else ()))


def stand_in_scores(spec: NextBestAction) -> tuple[str, ...]:
    """Scores that actions name, for want of a randomised campaign."""
    return tuple(dict.fromkeys(action.score for action in spec.actions.values() if action.score))


def _report(known: Known, proposal: Proposal, currency: str, provenance: Provenance) -> NextActionResult:
    trial, valued, tried, audits = proposal.trial, proposal.valued, proposal.tried, proposal.audits
    facts = _facts(known, proposal)
    actions = tables.actions_table(proposal, known.spec.actions)
    options = tables.options_table(proposal, known.spec.actions)
    uplifts = list(valued.uplifts.values())
    budgets = tables.budgets_table(proposal, seed=known.seed)
    return NextActionResult(
        title=TITLE,
        estimates=write_estimates(facts, actions, options, tried, trial, uplifts, currency),
        checks=checks.all_checks(facts, actions, known.people, known.logged, trial, valued, tried, currency, audits),
        findings=write_findings(facts, actions, options, budgets, tried, currency),
        provenance=provenance,
        facts=facts,
        actions=actions,
        options=options,
        budgets=budgets,
        curve=_under_each_other([uplift_curve(trial, each) for each in uplifts if trial], CURVE_COLUMNS),
        fifths=_under_each_other([fifths(trial, each) for each in uplifts if trial], ("action", "fifth")),
        evidence=known.logged.evidence,
        replay=tried.table,
        groups=tables.groups_table(proposal.audience, valued, proposal.contacts),
        fairness=fairness_table(audits),
        statements=tuple(sentence for each in audits for sentence in each.statements),
        currency=currency,
    )


def _under_each_other(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))


def _facts(known: Known, proposal: Proposal) -> Facts:
    audience, valued, total, tried = proposal.audience, proposal.valued, proposal.total, proposal.tried
    contacts = proposal.contacts.sum(axis=0)
    return Facts(
        day=known.people.last_day,
        horizon_days=known.spec.horizon_days,
        customers=len(audience),
        holdout=int(audience.holdout.sum()),
        contacted=int(proposal.contacts.any(axis=1).sum()),
        contacts=int(total.contacts),
        cost=total.cost,
        profit=total.profit,
        profit_lower=total.lower,
        profit_upper=total.upper,
        bound=proposal.measured.bound + total.profit - proposal.promised.profit,
        gap=proposal.measured.gap,
        budget=float("nan") if known.spec.budget is None else known.spec.budget,
        spent=float(contacts @ valued.offers.cost),
        budget_price=proposal.measured.budget_price,
        unmeasured=int(contacts[~valued.causal].sum()),
        replayed=tried.campaigns,
        replayed_customers=tried.customers,
        effective=tried.value.effective,
        refused=tried.refused,
    )
