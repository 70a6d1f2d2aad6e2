"""A small shop whose customers were segmented twice, half a year apart, as published runs hold it."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from tests.segments.populations import day, in_engine, simulate_orders
from workbench.config import Segmentation
from workbench.result import Provenance
from workbench.runs.save import save_run
from workbench.segments import CustomerSegments, Series, segment_customers, segments_handoff, values_handoff
from workbench.segments.movement.previous import Previous
from workbench.workspace import Workspace, open_workspace

FIRST, SECOND = day(420), day(600)
CONFIG = Segmentation(require_consent=False, models=("BG/NBD",), explore=False, groups=("acquisition_channel",))
TOML = """
[workspace]
name = "Small shop"

[governance]
smallest_group = 20
"""


def shop_orders() -> pd.DataFrame:
    return simulate_orders(customers=2500, days=600, seed=5)


def shop_customers(orders: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    ids = np.sort(orders.customer_id.unique())
    return pd.DataFrame(
        {
            "customer_id": ids,
            "market": rng.choice(["Germany", "France"], len(ids), p=[0.6, 0.4]),
            "acquisition_channel": rng.choice(["Search", "organic", "<b>TV</b>"], len(ids), p=[0.3, 0.5, 0.2]),
        }
    )


def segmented(orders: pd.DataFrame, until: date, previous: Previous | None = None) -> CustomerSegments:
    seen = orders[orders.ordered_at <= pd.Timestamp(until)]
    return segment_customers(
        in_engine(seen),
        in_engine(shop_customers(orders), "customers"),
        CONFIG,
        provenance=Provenance(window=(orders.ordered_at.min().date(), until)),
        currency="EUR",
        seed=1,
        series=Series(previous=previous),
        smallest_group=20,
    )


def shop_workspace(root: Path) -> Workspace:
    """A workspace that maps no table: apps need none."""
    (root / "workbench.toml").write_text(TOML, encoding="utf-8")
    return open_workspace(root)


def save_segments(found: CustomerSegments, workspace: Workspace) -> str:
    """The run's id."""
    handoff = {"segments.csv": segments_handoff(found), "customer_values.csv": values_handoff(found)}
    return save_run(found.result, handoff=handoff, workspace=workspace).name


def save_shop(workspace: Workspace) -> None:
    """Both runs, the second of which was compared with the first."""
    orders = shop_orders()
    first = segmented(orders, FIRST)
    run = save_segments(first, workspace)
    save_segments(segmented(orders, SECOND, Previous(run=run, result=first.result, members=first.members)), workspace)
