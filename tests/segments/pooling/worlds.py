"""Simulated channels whose customers differ in how often they buy and how much they spend, with known value of a new one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.segments.populations import simulate_triples
from workbench.segments.models.bgnbd import BGNBD
from workbench.segments.pooling.cells import Cells
from workbench.segments.pooling.lifetime_value import NewCustomer
from workbench.segments.summaries import Triples
from workbench.segments.value import discounted_horizon

MODEL = BGNBD()
CENTRE = np.log([0.6, 8.0, 0.8, 3.0, 30.0])
NEW = NewCustomer(model=MODEL, horizon=discounted_horizon(52, 0.1, 365.25 / 7), profit_share=0.5)


@dataclass(frozen=True)
class World:
    cells: Cells
    together: Triples
    truth: np.ndarray


def simulate_world(
    sizes: list[int], *, seed: int, rates: float = 0.3, values: float = 0.15, faster: float = 1.0
) -> World:
    """Channels whose purchase rates and order values spread by so much in the logarithm; all buy `faster` times as often."""
    rng = np.random.default_rng(seed)
    parameters = CENTRE + np.column_stack(
        [
            np.zeros(len(sizes)),
            rng.normal(0, rates, len(sizes)) - np.log(faster),
            np.zeros((len(sizes), 2)),
            rng.normal(0, values, len(sizes)),
        ]
    )
    histories = [
        simulate_triples(*np.exp(row[:4]), customers=size, seed=int(rng.integers(1 << 30)))
        for row, size in zip(parameters, sizes, strict=True)
    ]
    rows = [
        _row(f"c{n}", each, np.exp(row[4]), rng)
        for n, (each, row) in enumerate(zip(histories, parameters, strict=True))
    ]
    cells = Cells(table=pd.DataFrame(rows), histories=tuple(histories), groups=("channel",), covariates=())
    together = Triples(
        **{
            name: np.concatenate([getattr(each, name) for each in histories])
            for name in ("frequency", "recency", "age", "customers")
        }
    )
    return World(cells=cells, together=together, truth=NEW.value(parameters))


def _row(name: str, histories: Triples, value: float, rng: np.random.Generator) -> dict[str, object]:
    """Customers' mean orders are gamma-distributed around the channel's."""
    days = histories.frequency + 1
    revenue = days * value * rng.gamma(4, 1 / 4, len(days))
    return {
        "channel": name,
        "customers": len(days),
        "days": days.sum(),
        "revenue": revenue.sum(),
        "days_squared": (days**2).sum(),
        "revenue_squared": (revenue**2).sum(),
        "days_revenue": (days * revenue).sum(),
    }
