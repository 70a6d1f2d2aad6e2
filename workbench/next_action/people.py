"""Of whom anything is read: customers who agreed to what actions need, with their orders and touchpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis import ir

from workbench.config import WorkspaceConfig
from workbench.config.customers import Purpose
from workbench.customers.consent import permitted, records_consent
from workbench.customers.features import NOT_ATTRIBUTES, features_on
from workbench.customers.holdout import in_holdout
from workbench.customers.orders import Population, select_population
from workbench.customers.settled import settled
from workbench.data.labelled import Labels, labels_of
from workbench.errors import ConfigError, DataError

# Segments leave customers alone under this salt too: whoever is left alone by both is left alone altogether.
HOLDOUT_SALT = "segmentation"


@dataclass(frozen=True, kw_only=True)
class People:
    """What may be read of whom.

    Attributes:
        population: Purchases of customers who agreed.
        customers: Canonical table of those who agreed, None where there is none.
        touchpoints: Their touchpoints, None where there are none.
        attributes: Columns of `customers` that effects may differ by.
        agreed: Customers who agreed to each purpose that an action needs, one table of customer_id each; None where none is recorded.
        last_day: The day of the last order; what is decided is done on the day after.
        known: Customers with an order, before anyone was left out.
        refused: Of those, left out for want of consent.
        labels: What reports call channels and markets.
    """

    population: Population
    customers: ibis.Table | None
    touchpoints: ibis.Table | None
    attributes: tuple[str, ...]
    agreed: dict[Purpose, ibis.Table | None]
    last_day: date
    known: int
    refused: int
    labels: Labels

    def features(self, day: date) -> ibis.Table:
        """What was known of each customer at the end of `day`."""
        found = features_on(
            day,
            orders=self.population.orders,
            touchpoints=self.touchpoints,
            customers=self.customers,
            attributes=self.attributes,
        )
        counted = [name for name in found.columns if found[name].type().is_numeric()]
        # Whole numbers that may be missing reach frames as objects; floats know NaN.
        return found.mutate(**{name: found[name].cast("float64") for name in counted})

    def now(self, holdout_share: float) -> ibis.Table:
        """Everyone on the last day: features, `holdout`, and `may_<purpose>` for each purpose."""
        rows = self.features(self.last_day)
        rows = rows.mutate(holdout=left_alone(rows.customer_id, holdout_share))
        for purpose, agreed in self.agreed.items():
            rows = _with_consent(rows, f"may_{purpose}", agreed)
        return settled(rows)


def people_of(table: Callable[[str], ibis.Table | None], config: WorkspaceConfig) -> People:
    """Leave out who agreed to none of the purposes, before anything is made of anyone.

    Args:
        table: Gives a canonical table by name, None where it isn't mapped.
        config: How orders are read, and which actions need which purpose.

    Raises:
        ConfigError: If orders aren't mapped.
        DataError: If nobody agreed, or orders can't be used.
    """
    transactions = table("transactions")
    if transactions is None:
        raise ConfigError("next best action needs the table transactions; add [tables.transactions]")
    customers, touchpoints = table("customers"), table("touchpoints")
    agreed = {purpose: _agreed(customers, purpose) for purpose in _purposes(config)}
    anyone = _anyone(list(agreed.values()))
    known = int(transactions.customer_id.nunique().execute())
    kept = _of(transactions, anyone)
    staying = int(kept.customer_id.nunique().execute())
    if known and not staying:
        raise DataError(
            f"none of the {known:,} customers with orders agreed to {' or '.join(agreed)}, so no action is open for anyone; check "
            f"customers.{' and customers.'.join(f'consent_{purpose}' for purpose in agreed)}"
        )
    rules = config.segmentation
    population = select_population(
        kept,
        customers,
        require_consent=False,
        margin=rules.margin,
        returns=rules.returns,
        smallest_order=rules.smallest_order,
    )
    return People(
        population=replace(population, orders=settled(population.orders), purchases=settled(population.purchases)),
        customers=None if customers is None else settled(_of(customers, anyone)),
        touchpoints=None if touchpoints is None else settled(_of(touchpoints, anyone)),
        attributes=attributes_of(customers),
        agreed=agreed,
        last_day=population.counts.last_day,
        known=known,
        refused=known - staying,
        labels=labels_of(config),
    )


def attributes_of(customers: ibis.Table | None) -> tuple[str, ...]:
    """Text and flags of the company's own; days and numbers of ids would tell effects apart by chance."""
    if customers is None:
        return ()
    fitting = (
        name for name in customers.columns if customers[name].type().is_string() or customers[name].type().is_boolean()
    )
    return tuple(name for name in fitting if name not in NOT_ATTRIBUTES)


def left_alone(ids: ir.StringValue, share: float) -> ir.BooleanValue:
    """Whether a customer is in the random share that gets no action."""
    return in_holdout(ids, salt=HOLDOUT_SALT, share=share)


def day_before(day: date) -> date:
    return day - timedelta(days=1)


def as_day(moment: object) -> date:
    return pd.Timestamp(moment).date()  # type: ignore[arg-type]


def _purposes(config: WorkspaceConfig) -> list[Purpose]:
    return sorted({action.purpose for action in config.next_best_action.actions.values()})


def _agreed(customers: ibis.Table | None, purpose: Purpose) -> ibis.Table | None:
    if customers is None or not records_consent(customers, purpose):
        return None
    return settled(permitted(customers, customers, purpose).select("customer_id"))


def _anyone(agreed: list[ibis.Table | None]) -> ibis.Table | None:
    known = [table for table in agreed if table is not None]
    if len(known) < len(agreed) or not known:
        return None
    return known[0] if len(known) == 1 else ibis.union(*known, distinct=True)


def _of(rows: ibis.Table, agreed: ibis.Table | None) -> ibis.Table:
    return rows if agreed is None else rows.semi_join(agreed, "customer_id")


def _with_consent(rows: ibis.Table, name: str, agreed: ibis.Table | None) -> ibis.Table:
    if agreed is None:
        return rows.mutate(**{name: ibis.literal(True)})
    # A join: servers look through a list of those who agreed once for every row.
    said = agreed.select("customer_id", **{name: ibis.literal(True)})
    joined = rows.left_join(said, "customer_id").drop("customer_id_right")
    return joined.mutate(**{name: joined[name].fill_null(False)})
