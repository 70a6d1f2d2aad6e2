"""A return out of reach: the limit that is in the way is named with how far it must give way, worked out by hand."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.response.worlds import cells_of
from tests.scenarios.test_stability import straight
from workbench.errors import OutOfReach
from workbench.scenarios.counted import Counted
from workbench.scenarios.problem import Limits, Problem, Rule
from workbench.scenarios.problem.committed import Committed
from workbench.scenarios.problem.sums import cell_sums
from workbench.scenarios.relaxed import answer_or_relax
from workbench.scenarios.request import PlanRequest
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import BRISK

MOST, LEAST = 100.0, 100.0


def problem(*, committed: float = 0.0) -> Problem:
    """One week: 100 at most in a channel that returns 3, 100 at least in one that returns 0.5: together 1.75 at best."""
    response = straight([3.0, 0.5])
    cells = replace(cells_of(response, 1), locked=np.array([[[0.0, committed]]]))
    rules = tuple(
        Rule(
            name=f"total spend of channel_{c}",
            title=f"total spend of {('Search', 'TV')[c]}",
            reason="a limit",
            kind="change",
            rows=cell_sums(cells.shape, [(0, 0, c)]),
            lower=np.array([lower]),
            upper=np.array([upper]),
            size=100.0,
        )
        for c, (lower, upper) in enumerate([(0.0, MOST), (LEAST, np.inf)])
    )
    limits = Limits(lower=cells.locked, upper=np.full(cells.shape, 1e3), rules=rules)
    nothing = Committed(firm=cells.locked, open=np.zeros(cells.shape), after=0.0)
    return Problem(
        cells=cells,
        limits=limits,
        response=response,
        upper_reason=np.full(cells.shape[1:], "a limit", dtype=object),
        committed=nothing,
        levers=(),
        doubt=np.zeros(cells.shape[1:]),
    )


def refusal(target: float, asked: Problem | None = None) -> str:
    asked = asked or problem()
    value = media_value(asked.response, asked.cells, asked.limits)
    request = PlanRequest(mode="target_roas", target=target)
    with pytest.raises(OutOfReach) as refused:
        answer_or_relax(request, asked, Counted(value=value), currency="EUR", effort=BRISK)
    return str(refused.value)


def test_the_limit_that_gives_way_least_is_named_with_how_far():
    """A return of 2 needs 3 · 100 + 0.5 · b ≥ 2 · (100 + b), so b ≤ 66.7: a third less. The other limit would have to be half wider."""
    told = refusal(2.0)
    assert "has a return of 1.75" in told
    # To the precision of the search, rounded up.
    assert re.search(r"it needs limits on total spend of TV about 3[45]% wider \[a limit\]$", told)


def test_where_the_least_is_committed_the_other_limit_gives_way():
    """3 · a + 50 ≥ 2 · (a + 100) takes 150 where the other 100 are booked: half wider."""
    assert refusal(2.0, problem(committed=LEAST)).endswith(
        "it needs limits on total spend of Search about 50% wider [a limit]"
    )


def test_where_none_is_enough_alone_all_give_way_together():
    """With 30 booked, no TV beyond that makes (300 + 15) / 130 = 2.4 and twice the search (600 + 50) / 300 = 2.2. For 2.5, all of s:
    3 · 100 · (1 + s) + 0.5 · 100 · (1 - s) ≥ 2.5 · (100 · (1 + s) + 100 · (1 - s)), so s ≥ 0.6."""
    told = refusal(2.5, problem(committed=30.0))
    assert re.search(r"it needs all limits about 6[0-2]% wider$", told)


def test_a_return_above_every_channels_own_is_helped_by_no_limit():
    assert "wider" not in refusal(3.5)
