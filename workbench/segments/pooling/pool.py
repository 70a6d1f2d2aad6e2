"""Partial pooling: what a new customer of each group is worth, groups learning from each other by as much as they are alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import ibis
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from workbench.config.customers import Segmentation
from workbench.segments.models.likelihood import Fit
from workbench.segments.pooling.cell_likelihoods import CellLikelihoods, cell_likelihoods, order_values, summits
from workbench.segments.pooling.cells import Cells, count_cells, known_columns
from workbench.segments.pooling.convergence import largest_rhat
from workbench.segments.pooling.departures import Departures, departures, weigh
from workbench.segments.pooling.design import GROUP_SPREAD, Design, make_design
from workbench.segments.pooling.lifetime_value import NewCustomer
from workbench.segments.pooling.sample import Missed, PooledDraws, sample_pooled
from workbench.segments.pooling.unpooled import unpooled_values
from workbench.segments.uncertainty import LEVEL

CHAINS = 2
DRAWS = 600
WEIGHED = 150
EVALUATIONS = 12_000
FEWEST_VALUED, MOST_VALUED = 100, 300
GROUP_COLUMNS = (
    "group",
    "level",
    "customers",
    "ltv",
    "lower",
    "upper",
    "ltv_unpooled",
    "unpooled_lower",
    "unpooled_upper",
)
COVARIATE_COLUMNS = ("covariate", "level", "customers", "rate_ratio", "lower", "upper")
SPREAD_COLUMNS = ("group", "parameter", "prior_median", "posterior_median", "lower", "upper")


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """What was learnt of groups.

    Attributes:
        groups: One row a level of a group, `GROUP_COLUMNS`: value of a new customer over the horizon (discounted profit, currency) with
            its interval, and the same from the level's own customers alone.
        covariates: One row a level but the most common one, `COVARIATE_COLUMNS`: how many times as often such customers buy.
        spreads: How differently levels behave, `SPREAD_COLUMNS`: standard deviation of logarithms, before and after the orders.
        rhat: Largest ratio by which the chains disagree; 1 is none.
        exact: Cells whose likelihoods aren't as normal as their parabolas, so that they were drawn from themselves.
        missing: Columns that were asked for and aren't recorded.
    """

    groups: pd.DataFrame
    covariates: pd.DataFrame
    spreads: pd.DataFrame
    rhat: float
    exact: tuple[str, ...]
    missing: tuple[str, ...]


def pool_groups(
    summaries: ibis.Table,
    customers: ibis.Table | None,
    config: Segmentation,
    purchases: Fit,
    new: NewCustomer,
    *,
    seed: int,
) -> Pooled | None:
    """Count the cells of all groups and covariates in the engine and fit them together; None where none is recorded.

    Args:
        purchases: The model's fit to all customers.

    Raises:
        SpecError: If the columns tell too many cells apart.
    """
    groups, covariates = (known_columns(asked, customers) for asked in (config.groups, config.covariates))
    if not groups and not covariates:
        return None
    cells = count_cells(summaries, customers, groups=groups, covariates=covariates, time_unit=config.time_unit)
    missing = tuple(column for column in (*config.groups, *config.covariates) if column not in {*groups, *covariates})
    return replace(pool_cells(cells, purchases, new, level=LEVEL, seed=seed), missing=missing)


# Parameters are few: threads of one small calculation would only wait for each other.
@threadpool_limits.wrap(limits=1, user_api="blas")
def pool_cells(cells: Cells, purchases: Fit, new: NewCustomer, *, level: float, seed: int) -> Pooled:
    """Fit cells together.

    Args:
        level: Probability of all intervals, in (0, 1).
    """
    centre = np.log(purchases.parameters)
    likelihoods, design = _expanded(new, cells, centre, seed)
    chains, misled = _sample(departures(new.model, cells, likelihoods), likelihoods, design, seed)
    return Pooled(
        groups=_groups(new, cells, chains, centre, level),
        covariates=_covariates(cells, design, chains, level),
        spreads=_spreads(likelihoods, design, chains, level),
        rhat=largest_rhat(np.stack([chain.cells.reshape(DRAWS, -1) for chain in chains])),
        exact=tuple(cells.name(cell) for cell in misled),
        missing=(),
    )


def _sample(
    departure: Departures, likelihoods: CellLikelihoods, design: Design, seed: int
) -> tuple[list[PooledDraws], list[int]]:
    """Chains, and the cells that the first ones showed to need their likelihoods themselves."""

    def chains_with(missed: Missed | None) -> list[PooledDraws]:
        return [
            sample_pooled(likelihoods, design, draws=DRAWS, seed=seed + chain, missed=missed) for chain in range(CHAINS)
        ]

    chains = chains_with(None)
    draws = np.concatenate([chain.cells for chain in chains])
    weights = weigh(departure, draws[:: len(draws) // WEIGHED])
    misled = [cell for cell, each in enumerate(weights) if each.misled]
    return (chains_with(partial(departure.together, misled)), misled) if misled else (chains, misled)


def _expanded(new: NewCustomer, cells: Cells, centre: np.ndarray, seed: int) -> tuple[CellLikelihoods, Design]:
    """Parabolas touch the likelihoods where a first round says that the cells are: far from there they would mislead."""
    overall = order_values(cells.sums.sum().to_frame().T)
    names = new.model.parameters
    design = make_design(cells, np.append(centre, overall[0, 0]), rate=names.index("alpha"))
    first = cell_likelihoods(new.model, cells, summits(new.model, cells.histories, centre, GROUP_SPREAD))
    near = sample_pooled(first, design, draws=DRAWS // 4, seed=seed).cells.mean(axis=0)
    return cell_likelihoods(new.model, cells, near[:, :-1]), design


def _groups(
    new: NewCustomer, cells: Cells, chains: list[PooledDraws], centre: np.ndarray, level: float
) -> pd.DataFrame:
    draws = np.concatenate([chain.cells for chain in chains])
    kept = int(np.clip(EVALUATIONS // draws.shape[1], FEWEST_VALUED, MOST_VALUED))
    values = new.value(draws[:: max(1, len(draws) // kept)])
    weight = cells.table.customers.to_numpy(dtype=float)
    rows = []
    for group in cells.groups:
        levels = sorted(cells.table[group].unique())
        alone = unpooled_values(new, cells, group, levels, centre, level)
        for name, (own, own_lower, own_upper) in zip(levels, alone, strict=True):
            members = (cells.table[group] == name).to_numpy()
            by_draw = values[:, members] @ weight[members] / weight[members].sum()
            size = int(weight[members].sum())
            rows.append((group, name, size, by_draw.mean(), *_bounds(by_draw, level), own, own_lower, own_upper))
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))


def _covariates(cells: Cells, design: Design, chains: list[PooledDraws], level: float) -> pd.DataFrame:
    coefficients = np.concatenate([chain.coefficients for chain in chains])
    rows = []
    for position, (column, name) in enumerate(design.labels):
        if column in cells.covariates:
            ratio = np.exp(coefficients[:, position])
            customers = int(cells.table.customers[cells.table[column] == name].sum())
            rows.append((column, name, customers, float(np.median(ratio)), *_bounds(ratio, level)))
    return pd.DataFrame(rows, columns=list(COVARIATE_COLUMNS))


def _spreads(likelihoods: CellLikelihoods, design: Design, chains: list[PooledDraws], level: float) -> pd.DataFrame:
    draws = np.concatenate([chain.spreads for chain in chains])
    # The median of a half-normal distribution is this many of its scales.
    prior = 0.6745 * GROUP_SPREAD
    rows = [
        (
            column or "cell",
            likelihoods.names[parameter],
            prior,
            float(np.median(draws[:, at])),
            *_bounds(draws[:, at], level),
        )
        for at, (column, parameter) in enumerate(design.spreads)
    ]
    return pd.DataFrame(rows, columns=list(SPREAD_COLUMNS))


def _bounds(draws: np.ndarray, level: float) -> tuple[float, float]:
    lower, upper = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)
