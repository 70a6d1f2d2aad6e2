"""False alarms of drift where customers are few, and flows of any migration."""

import numpy as np
import pandas as pd
import pytest

from workbench.customers import drift
from workbench.customers.drift import frozen_bins, psi, shares_of
from workbench.segments.movement.chance import psi_by_chance
from workbench.segments.movement.flows import flows, share_moved
from workbench.segments.movement.migration import AFTER, BEFORE, COLUMNS


def test_few_customers_alarm_by_chance_in_one_of_a_hundred_and_a_doubling_still_shows() -> None:
    """Sixty customers in ten bins, where the usual formula alarms several times too often."""
    rng, size = np.random.default_rng(1), 60
    alarms, by_formula, seen = 0, 0, 0
    for _ in range(60):
        bins = frozen_bins(rng.lognormal(3.5, 0.6, size))
        now, doubled = (shares_of(rng.lognormal(mean, 0.6, size), bins.edges) for mean in (3.5, 4.5))
        found = psi(np.array(bins.shares), now)
        alarms += found > psi_by_chance(bins, now, size, columns=1)
        by_formula += found > drift.psi_by_chance(bins, size)
        seen += psi(np.array(bins.shares), doubled) > psi_by_chance(bins, doubled, size, columns=1)
    assert alarms <= 3 < by_formula
    assert seen >= 55


@pytest.mark.parametrize("seed", range(5))
def test_flows_add_up_to_the_change_of_the_total_whatever_moved(seed: int) -> None:
    rng, names = np.random.default_rng(seed), ["A", "B", "C", "D"]
    count = 400
    people = pd.DataFrame(
        {
            "before": rng.choice([*names, *BEFORE], count),
            "after": rng.choice([*names, *AFTER], count),
            "value_before": rng.gamma(0.5, 100, count),
            "value_after": rng.gamma(0.5, 100, count),
        }
    )
    people = people[~(people.before.isin(BEFORE) & people.after.isin(AFTER))]
    people["value_before"] = people.value_before.where(~people.before.isin(BEFORE), 0.0)
    people["value_after"] = people.value_after.where(~people.after.isin(AFTER), 0.0)
    change = people.value_after - people.value_before
    people = people.assign(customers=1, gained=change.clip(lower=0), lost=(-change).clip(lower=0))
    moves = people.groupby(["before", "after"]).sum().reset_index()[list(COLUMNS)]
    table = flows(moves)
    assert table.customers.sum() == len(people)
    assert table.change.sum() == pytest.approx(change.sum())
    assert table.gained.sum() - table.lost.sum() == pytest.approx(people.value_after.sum() - people.value_before.sum())
    own = people[people.before.isin(names) & people.after.isin(names)]
    assert share_moved(moves) == pytest.approx((own.before != own.after).mean())
    for outside in (BEFORE, AFTER):
        side = "before" if outside is BEFORE else "after"
        assert table.customers[table.flow.isin(outside)].sum() == people[side].isin(outside).sum()
