"""From orders to segments with a value, a rule and an action each."""

from __future__ import annotations

from datetime import date

import ibis

from workbench.config.customers import Segmentation
from workbench.customers.consent import records_consent
from workbench.customers.orders import SelectedOrders, select_orders
from workbench.result import Provenance
from workbench.segments.acquisition import value_of_acquisition
from workbench.segments.judging import judge_models
from workbench.segments.materialise import materialised
from workbench.segments.outcome import CustomerSegments
from workbench.segments.periods import Periods, plan_periods
from workbench.segments.portrait import Series, portray
from workbench.segments.running_subscriptions import running_subscriptions
from workbench.segments.summaries import bought_by, buyer_summaries
from workbench.segments.valuation import fit_models
from workbench.segments.writing_up import Found, write_up

ALONE = Series()


def segment_customers(
    transactions: ibis.Table,
    customers: ibis.Table | None,
    config: Segmentation,
    *,
    provenance: Provenance,
    currency: str,
    seed: int,
    calibration_end: date | None = None,
    media: ibis.Table | None = None,
    touchpoints: ibis.Table | None = None,
    subscriptions: ibis.Table | None = None,
    series: Series = ALONE,
    smallest_group: int = 50,
) -> CustomerSegments:
    """Summarise customers in the engine, model their purchases and spend, value them, and name segments by rules.

    Args:
        transactions: Validated canonical table.
        customers: Validated canonical table, None where there is none.
        calibration_end: Last day to learn from; later days are the holdout. By default the last `config.holdout` units
            judge the model, which is then fitted on all days.
        media: Validated canonical table, for what acquisition channels cost; None where there is none.
        touchpoints: Validated canonical table, for where customers are reached; None where there is none.
        subscriptions: Validated canonical table, to be valued by plan; None where there is none.
        series: The last run, to keep its cut-offs and to be compared with.
        smallest_group: Customers that a group within a segment, or a micro-segment, needs to be shown.

    Raises:
        DataError: If no order can be used.
        SpecError: If `calibration_end` lies outside the orders.
        FitError: If the orders can't support the models.
    """
    selected = _selected(transactions, customers, config)
    periods = plan_periods(selected.first_day, selected.last_day, config, calibration_end)
    with materialised(_summarised(selected, periods)) as buyers:
        population = selected.population(buyers)
        summaries = bought_by(buyers, periods.valued_at)
        judged = judge_models(population, summaries, periods, config, seed=seed)
        fitted = fit_models(judged, summaries, config)
        acquired = value_of_acquisition(
            fitted, summaries, transactions, customers, media, population.counts, config, currency, seed=seed
        )
        seen = portray(
            fitted,
            summaries,
            population,
            periods,
            customers,
            touchpoints,
            config,
            series,
            currency,
            smallest_group=smallest_group,
            seed=seed,
        )
    running = running_subscriptions(
        subscriptions, customers, config, as_of=periods.valued_at, currency=currency, seed=seed
    )
    found = Found(
        population=population,
        periods=periods,
        calibration=judged.calibration,
        fitted=fitted,
        acquired=acquired,
        seen=seen,
        running=running,
        previous=series.previous,
        consent_recorded=records_consent(customers),
    )
    return CustomerSegments(result=write_up(found, config, currency, provenance), members=seen.members)


def _summarised(selected: SelectedOrders, periods: Periods) -> ibis.Table:
    return buyer_summaries(
        selected.purchases,
        until=periods.valued_at,
        judged_from=periods.calibration_end,
        holdout_until=periods.holdout_until if periods.calibration_end else None,
        last_day=selected.last_day,
    )


def _selected(transactions: ibis.Table, customers: ibis.Table | None, config: Segmentation) -> SelectedOrders:
    return select_orders(
        transactions,
        customers,
        require_consent=config.require_consent,
        margin=config.margin,
        returns=config.returns,
        smallest_order=config.smallest_order,
    )
