"""All-or-nothing minima."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from workbench.config.planning import AllOrNothing, Planning
from workbench.errors import InfeasiblePlan
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.reach import Reach
from workbench.scenarios.problem.rows import Rule, Switch
from workbench.scenarios.problem.sums import weighted_rows
from workbench.wording import money


def switches_of(
    cells: Cells, reach: Reach, planning: Planning, currency: str
) -> tuple[tuple[Switch, ...], tuple[Rule, ...]]:
    """The switches of `planning.all_or_nothing`; one whose cells hold committed spend is on, and becomes a least spend.

    Raises:
        InfeasiblePlan: If a switch asks for more than its cells may take.
    """
    switches, on = [], []
    for name, stated in planning.all_or_nothing.items():
        for cell_numbers, where, told in _parts(cells, cells.channels.index(name), stated):
            key, reason = f"all or nothing of {name}{where}", f"planning.all_or_nothing.{name}"
            title = f"all or nothing of {cells.labels.channel(name)}{told}"
            most = float(reach.upper.ravel()[cell_numbers].sum())
            if most < stated.spend * (1 - 1e-9):
                raise InfeasiblePlan(
                    f"{reason} asks for at least {money(stated.spend, currency)}{where}, but limits allow at most "
                    f"{money(most, currency)} there, so that it could never be on; lower spend to that or raise the limits"
                )
            if cells.locked.ravel()[cell_numbers].any():
                on.append(replace(_on(cells, cell_numbers, key, reason, stated.spend), title=title))
            else:
                switches.append(
                    Switch(name=key, title=title, reason=reason, cells=cell_numbers, least=stated.spend, most=most)
                )
    return tuple(switches), tuple(on)


def _parts(cells: Cells, c: int, stated: AllOrNothing) -> Iterator[tuple[np.ndarray, str, str]]:
    """The cells that are switched together, and where that is, by the market's name and by its label."""
    number = np.arange(int(np.prod(cells.shape))).reshape(cells.shape)[:, :, c]
    for h, week in enumerate(cells.weeks) if stated.per == "week" else [(slice(None), None)]:
        when = "" if week is None else f" in the week of {week:%Y-%m-%d}"
        for m, market in enumerate(cells.markets) if stated.by == "market" else [(slice(None), "")]:
            key, told = (f" in {market}{when}", f" in {cells.labels.market(market)}{when}") if market else (when, when)
            yield np.atleast_1d(number[h, m]).ravel(), key, told


def _on(cells: Cells, cell_numbers: np.ndarray, title: str, reason: str, least: float) -> Rule:
    return Rule(
        name=title,
        reason=f"{reason}, on because spend is committed",
        kind="channel",
        rows=weighted_rows(int(np.prod(cells.shape)), [(cell_numbers, np.ones(len(cell_numbers)))]),
        lower=np.array([least]),
        upper=np.array([np.inf]),
        size=least,
    )
