"""Customers as cases: what was known of each on past days of scoring, and whether they ordered within the horizon after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import pandas as pd

from workbench.config import WorkspaceConfig
from workbench.config.customers import Score
from workbench.customers import orders
from workbench.customers.consent import consent_check, permitted, records_consent, unrecorded_check
from workbench.customers.fairness import groups_of
from workbench.customers.features import NOT_ATTRIBUTES, features_on
from workbench.customers.holdout import in_holdout
from workbench.customers.settled import settled
from workbench.errors import SpecError
from workbench.propensity.columns import choose_columns
from workbench.propensity.rows import MOST_TRAINING_ROWS, Population, TrainingRows, require_both_outcomes
from workbench.result import Check
from workbench.wording import count, percent

KEYS = ("customer_id", "as_of", "outcome", "value")
MEND = "check the mapping of transactions, horizon_days and active_days"
SAMPLE_SALT = "training rows"


@dataclass(frozen=True, kw_only=True)
class Customers:
    """What cases are made of, once consent was applied.

    Attributes:
        population: Orders.
        customers: Canonical table of those who agreed, None where there is none.
        touchpoints: Canonical table of those who agreed, None where there is none.
        attributes: Columns of `customers` that are carried along.
        compared: Those of them by which fairness is audited.
        last_day: The day of scoring.
    """

    population: orders.Population
    customers: ibis.Table | None
    touchpoints: ibis.Table | None
    attributes: tuple[str, ...]
    compared: tuple[str, ...]
    last_day: date


def customer_population(
    transactions: ibis.Table,
    customers: ibis.Table | None,
    touchpoints: ibis.Table | None,
    *,
    spec: Score,
    config: WorkspaceConfig,
    as_of: date | None,
) -> Population:
    """Cases of customers: one a customer and past day of scoring.

    Args:
        transactions: Validated canonical table.
        customers: Validated canonical table, None where there is none.
        touchpoints: Validated canonical table, None where there is none.
        spec: Of kind `conversion` or `churn`.
        config: How orders are read, and whose groups are compared.
        as_of: Day of scoring, after which nothing is looked at; by default the day of the last order.

    Raises:
        DataError: If orders can't be used, or the outcome never or always comes.
        SpecError: If the history is too short, or the configuration names columns that aren't there.
    """
    source = _agreed(transactions, customers, touchpoints, spec, config, as_of)
    days = scoring_days(source.population.counts.first_day, source.last_day, spec)
    rows = _past_cases(source, days, spec).sort_values(["as_of", "customer_id"], kind="stable", ignore_index=True)
    require_both_outcomes(rows.outcome.to_numpy(dtype=bool), f"the outcome of a {spec.kind} score", MEND)
    training, exclusions = _training(rows, source, spec)
    who = _active(_known_on(source, source.last_day), spec)
    scored_at = ibis.literal(pd.Timestamp(source.last_day).to_pydatetime())
    columns = {name: who[name] for name in training.features.columns}
    return Population(
        training=training,
        open=who.select(id=who.customer_id, scored_at=scored_at, **columns),
        rehearsal=False,
        as_of=source.last_day,
        exclusions=exclusions,
        checks=(_outcome_check(training, days, spec), _consent_check(source, spec, customers)),
        noun="customers",
    )


def scoring_days(first_day: date, last_day: date, spec: Score) -> list[date]:
    """Past days of scoring, ascending, a horizon apart, the last one's outcome just known.

    Raises:
        SpecError: If fewer than two fit into the history.
    """
    back = [last_day - timedelta(days=spec.horizon_days * k) for k in range(spec.as_of_days, 0, -1)]
    days = [day for day in back if day >= first_day + timedelta(days=min(28, spec.horizon_days))]
    if len(days) < 2:
        raise SpecError(
            f"a score learns from at least two past days of scoring, {spec.horizon_days} days apart, and {len(days)} "
            f"{'fits' if len(days) == 1 else 'fit'} into the orders from {first_day} to {last_day} with as_of_days = "
            f"{spec.as_of_days}; use a longer history, a shorter horizon_days, or more as_of_days"
        )
    return days


def _agreed(
    transactions: ibis.Table,
    customers: ibis.Table | None,
    touchpoints: ibis.Table | None,
    spec: Score,
    config: WorkspaceConfig,
    as_of: date | None,
) -> Customers:
    rules = config.segmentation
    own = () if customers is None else tuple(name for name in customers.columns if name not in NOT_ATTRIBUTES)
    compared = tuple(dict.fromkeys((*spec.fairness, *config.governance.fairness)))
    if unknown := [name for name in compared if name not in own]:
        there = ", ".join(own) or "no attributes"
        raise SpecError(f"fairness names {unknown[0]}, which customers lack; they have {there}")
    if as_of is not None:
        end = pd.Timestamp(as_of + timedelta(days=1)).to_pydatetime()
        transactions = transactions.filter(transactions.ordered_at < ibis.literal(end))
    population = orders.select_population(
        transactions,
        customers,
        require_consent=True,
        margin=rules.margin,
        returns=rules.returns,
        smallest_order=rules.smallest_order,
        purpose=spec.purpose,
    )
    return Customers(
        population=replace(population, orders=settled(population.orders), purchases=settled(population.purchases)),
        customers=None if customers is None else settled(permitted(customers, customers, spec.purpose)),
        touchpoints=None if touchpoints is None else settled(permitted(touchpoints, customers, spec.purpose)),
        attributes=own,
        compared=compared,
        last_day=as_of or population.counts.last_day,
    )


def _known_on(source: Customers, day: date) -> ibis.Table:
    return features_on(
        day,
        orders=source.population.orders,
        touchpoints=source.touchpoints,
        customers=source.customers,
        attributes=source.attributes,
    )


def _active(known: ibis.Table, spec: Score) -> ibis.Table:
    return known.filter(known.days_since_last < spec.active_days) if spec.kind == "churn" else known


def _past_cases(source: Customers, days: Sequence[date], spec: Score) -> pd.DataFrame:
    tables = [_labelled(source, day, spec) for day in days]
    sizes = sum(int(table.count().execute()) for table in tables)
    share = min(1.0, MOST_TRAINING_ROWS / max(1, sizes))
    sampled = [t.filter(in_holdout(t.customer_id, salt=SAMPLE_SALT, share=share)) if share < 1 else t for t in tables]
    return pd.concat([table.to_pandas() for table in sampled], ignore_index=True)


def _labelled(source: Customers, day: date, spec: Score) -> ibis.Table:
    known = _active(_known_on(source, day), spec)
    bought = source.population.purchases
    end = ibis.literal(day + timedelta(days=spec.horizon_days))
    after = bought.filter((bought.day > ibis.literal(day)) & (bought.day <= end))
    ordered = after.group_by("customer_id").aggregate(spent=after.revenue.sum().cast("float64"))
    rows = known.left_join(ordered, "customer_id").drop("customer_id_right")
    came = rows.spent.isnull() if spec.kind == "churn" else rows.spent.notnull()
    return rows.mutate(outcome=came, value=rows.spent * source.population.counts.profit_share).drop("spent")


def _training(rows: pd.DataFrame, source: Customers, spec: Score) -> tuple[TrainingRows, pd.DataFrame]:
    made = [name for name in rows.columns if name not in (*KEYS, *source.attributes)]
    unit = pd.factorize(rows.customer_id)[0]
    wanted = spec.model_copy(update={"features": (*spec.features, *made)}) if spec.features else spec
    day = pd.to_datetime(rows.as_of)
    chosen = choose_columns(rows[[*made, *source.attributes]], day, wanted, units=int(unit.max()) + 1)
    training = TrainingRows(
        features=chosen.features,
        outcome=rows.outcome.to_numpy(dtype=bool),
        time=day.to_numpy(),
        known=(day + pd.Timedelta(days=spec.horizon_days)).to_numpy(),
        unit=unit,
        value=rows["value"].to_numpy(dtype=float),
        made=frozenset(made),
        groups=rows[list(source.compared)].apply(groups_of),
    )
    return training, chosen.exclusions


def _outcome_check(training: TrainingRows, days: Sequence[date], spec: Score) -> Check:
    rate = float(training.outcome.mean())
    what = {"conversion": "ordered", "churn": "didn't order"}[spec.kind]
    on = " to ".join(f"{day:%-d %B %Y}" for day in (days[0], days[-1]))
    who = (
        f"customers who had ordered within {spec.active_days} days" if spec.kind == "churn" else "customers known then"
    )
    detail = (
        f"{count(len(training))} cases have a known outcome: {who}, on {len(days)} days from {on}; {percent(rate)} {what} within "
        f"{spec.horizon_days} days."
    )
    return Check(name="outcome", passed=None, value=rate, detail=detail)


def _consent_check(source: Customers, spec: Score, customers: ibis.Table | None) -> Check:
    counts = source.population.counts
    if not records_consent(customers, spec.purpose):
        return unrecorded_check([spec.purpose])
    return consent_check([spec.purpose], refused=counts.excluded_customers, known=counts.customers)
