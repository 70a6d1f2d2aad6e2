"""The whole segmentation on a real PostgreSQL server says what it says on the embedded engine."""

from collections.abc import Callable
from itertools import count
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from tests.embedded import in_engine
from tests.segments.populations import day, simulate_orders
from workbench.config import Segmentation
from workbench.result import Provenance
from workbench.segments import CustomerSegments, Series, segment_customers
from workbench.segments.movement.previous import Previous

pytestmark = pytest.mark.slow
TABLES = ("segments", "migration", "flows", "drift", "affinity", "engagement", "micro")

type Put = Callable[[pd.DataFrame, str], ibis.Table]


def two_runs(put: Put, rules: str) -> CustomerSegments:
    """A month apart; in between some customers withdraw their consent."""
    rng = np.random.default_rng(1)
    orders = simulate_orders(customers=1200, days=560, seed=11)
    orders = orders.assign(category=rng.choice(list("abc"), len(orders)))
    ids = sorted(orders.customer_id.unique())
    customers = pd.DataFrame({"customer_id": ids, "consent_profiling": np.arange(len(ids)) % 9 != 0})
    touched = orders[["customer_id"]].assign(happened_at=orders.ordered_at, event="view")
    touchpoints = put(touched.assign(channel=rng.choice(["app", "site"], len(orders))), "touchpoints")
    config = Segmentation.model_validate({"models": ("BG/NBD",), "clusters": (2, 2), "rules": rules, "groups": ()})

    def segmented(until: int, known: pd.DataFrame, series: Series) -> CustomerSegments:
        seen = put(orders[orders.ordered_at <= pd.Timestamp(day(until))], "transactions")
        return segment_customers(
            seen,
            put(known, "customers"),
            config,
            provenance=Provenance(),
            currency="EUR",
            seed=1,
            touchpoints=touchpoints,
            series=series,
        )

    first = segmented(500, customers, Series())
    previous = Previous(run="first", result=first.result, members=first.members)
    withdrawn = customers.assign(consent_profiling=customers.consent_profiling & (customers.index > 40))
    return segmented(530, withdrawn, Series(previous=previous))


@pytest.mark.parametrize("rules", ["value_activity", "rfm"])
def test_both_engines_tell_the_same(postgres_url: str, rules: str) -> None:
    server: Any = ibis.connect(postgres_url)
    made: list[str] = []
    numbers = count()

    def on_server(frame: pd.DataFrame, name: str) -> ibis.Table:
        made.append(f"segments_{name}_{next(numbers)}")
        return server.create_table(made[-1], ibis.memtable(frame))

    try:
        theirs = two_runs(on_server, rules)
    finally:
        for name in made:
            server.drop_table(name)
        server.disconnect()
    ours = two_runs(in_engine, rules)
    assert "Consent withdrawn" in set(ours.result.flows.flow)
    for name in TABLES:
        found, expected = getattr(theirs.result, name), getattr(ours.result, name)
        pd.testing.assert_frame_equal(found, expected, rtol=1e-6, check_dtype=False)
    for name in ("customer_id", "segment", "holdout"):
        assert theirs.members[name].to_pylist() == ours.members[name].to_pylist()
