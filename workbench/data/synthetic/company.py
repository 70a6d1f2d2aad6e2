"""The sample company: its tables, and the truth behind them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.data.synthetic import customer_tables, customer_truth, later, tables, truth, unit_tables
from workbench.data.synthetic.business import CHANNEL_NAMES, CUSTOMERS, EMAIL_TEST, GEO_TEST, WEEKS
from workbench.data.synthetic.world import simulate_world
from workbench.errors import SpecError

SEED = 20260101
FEWEST_WEEKS = 104
FEWEST_CUSTOMERS = 500


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What analyses are to find.

    Attributes:
        contributions: Expected revenue by week, market and channel.
        baseline: Expected revenue not due to channels, by week, market and component.
        roas: Spend, contribution, ROAS and marginal ROAS by market (`all` too) and channel.
        customers: Latent behaviour of each customer, and the orders and revenue of the next 52 weeks.
        parameters: Response curves, and the distributions that customers come from.
        lifts: What the tests changed.
        uplift: Orders that each action brings each customer within four weeks, if taken on the day after the data.
        leads: Each lead's probability of being won, and what became of it.
        preferences: Each customer's shares of categories.
        later: Expected, wanted and sent revenue of the weeks after the data, by week and market.
    """

    contributions: pd.DataFrame
    baseline: pd.DataFrame
    roas: pd.DataFrame
    customers: pd.DataFrame
    parameters: dict[str, Any]
    lifts: dict[str, Any]
    uplift: pd.DataFrame
    leads: pd.DataFrame
    preferences: pd.DataFrame
    later: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class SampleCompany:
    """Canonical tables and the truth; `data/README.md` describes every column."""

    transactions: pd.DataFrame
    customers: pd.DataFrame
    media: pd.DataFrame
    kpi: pd.DataFrame
    controls: pd.DataFrame
    units: pd.DataFrame
    geo: pd.DataFrame
    contacts: pd.DataFrame
    leads: pd.DataFrame
    touchpoints: pd.DataFrame
    subscriptions: pd.DataFrame
    erasures: pd.DataFrame
    capacity: pd.DataFrame
    commitments: pd.DataFrame
    later_media: pd.DataFrame
    later_kpi: pd.DataFrame
    later_controls: pd.DataFrame
    deliveries: pd.DataFrame
    truth: Truth


def simulate_company(
    *, seed: int = SEED, customers: int = CUSTOMERS, weeks: int = WEEKS, without: Collection[str] = ()
) -> SampleCompany:
    """Simulate one coherent business.

    Args:
        seed: Same seed, same company.
        customers: About how many customers it wins within the window; revenue and spend grow with it.
        weeks: Length of the window.
        without: Channels and experiments on sales that never happen, all else being equal: the counterfactual company.

    Raises:
        SpecError: If the company would be too small for its tests, or `without` names something unknown.
    """
    _require_enough(customers, weeks)
    _require_known(without)
    world = simulate_world(seed=seed, customers=customers, weeks=weeks, without=without)
    # The world draws from the first nine streams; what comes after the data has the tenth, so that the data stay as they are.
    came = later.draw_later(world, np.random.default_rng(seed).spawn(10)[-1])
    return SampleCompany(
        transactions=tables.transactions(world),
        customers=tables.customers(world),
        media=tables.media(world),
        kpi=tables.kpi(world),
        controls=tables.controls(world),
        units=unit_tables.units(world),
        geo=tables.geo(world),
        contacts=customer_tables.contacts(world),
        leads=customer_tables.leads(world),
        touchpoints=customer_tables.touchpoints(world),
        subscriptions=customer_tables.subscriptions(world),
        erasures=customer_tables.erasures(world),
        capacity=later.capacity(world, came),
        commitments=later.commitments(world),
        later_media=later.media(world),
        later_kpi=later.kpi(world, came),
        later_controls=later.controls(world),
        deliveries=later.deliveries(world, came),
        truth=Truth(
            contributions=truth.contributions(world),
            baseline=truth.baseline(world),
            roas=truth.returns(world),
            customers=truth.customers(world),
            parameters=truth.parameters(world) | customer_truth.parameters(),
            lifts=truth.lifts(world),
            uplift=customer_truth.uplift(world),
            leads=customer_truth.leads(world),
            preferences=customer_truth.preferences(world),
            later=later.truth(world, came),
        ),
    )


def _require_enough(customers: int, weeks: int) -> None:
    if customers < FEWEST_CUSTOMERS or weeks < FEWEST_WEEKS:
        raise SpecError(
            f"the sample company was asked for {customers} customers and {weeks} weeks; its tests need at least "
            f"{FEWEST_CUSTOMERS} customers and {FEWEST_WEEKS} weeks, so ask for more"
        )


def _require_known(without: Collection[str]) -> None:
    known = (*CHANNEL_NAMES, EMAIL_TEST.experiment_id, GEO_TEST.experiment_id)
    unknown = sorted(set(without) - set(known))
    if unknown:
        raise SpecError(f"the sample company has no {unknown[0]} to leave out; choose from {', '.join(known)}")
