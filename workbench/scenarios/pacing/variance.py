"""Why revenue differs from the plan: spend, price, levers, controls, response, capacity, and what none of them explains; it adds up exactly.

Each cause is switched from how it was planned to how it came, the others being either way, and gets its mean effect over all orders
of switching (Shapley): no order favours one of them. Planned, the response of each draw is the draws' mean; as it came, it is
the draw's own, moved by the weeks seen. What is left to the actual revenue is unexplained: customers' other reasons, and chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from workbench.mmm.posterior.shapley import shapley_shares
from workbench.scenarios.capacity import Team
from workbench.scenarios.capacity.served import served_weekly
from workbench.scenarios.pacing.course import PATHS, Course

SPEND, PRICE, LEVERS, CONTROLS, RESPONSE, CAPACITY, UNEXPLAINED = (
    "spend",
    "media price",
    "levers",
    "controls",
    "response",
    "capacity",
    "unexplained",
)
LEVEL = 0.9


def variance_split(course: Course, foreseen: float | None = None) -> pd.DataFrame:
    """Split the difference of the weeks seen between what came and what was planned.

    Args:
        course: The plan and what came.
        foreseen: Revenue of the weeks seen as the plan foresaw it, with all that chance may do; unset for that of the means.

    Returns:
        One row a source: `source`, `estimate`, `lower`, `upper`, in currency; the estimates add up to actual − planned revenue.
    """
    game = _Game(course)
    causes = [SPEND, PRICE, RESPONSE, *game.moved, *[CAPACITY] * bool(course.planned.teams)]
    parts = shapley_shares(game.revenue, causes)
    planned = float(game.revenue(frozenset()).mean()) if foreseen is None else foreseen
    rest = float(course.actual.revenue.sum()) - planned - sum(parts.values(), np.zeros(1))
    shown = [*(cause for cause in (SPEND, PRICE, LEVERS, CONTROLS, RESPONSE, CAPACITY) if cause in parts), UNEXPLAINED]
    return pd.DataFrame([{"source": name, **_summary((parts | {UNEXPLAINED: rest})[name])} for name in shown])


class _Game:
    """Revenue of the weeks seen with some causes as they came and the others as planned, by path."""

    def __init__(self, course: Course) -> None:
        planned, weeks = course.planned, course.weeks_seen
        self._course, self._weeks = course, weeks
        self._of = course.known.draw_of_path(PATHS)
        self._value = planned.outlook.value_per_kpi
        self._prior = {choice: planned.media(self._exposure(*choice)) for choice in product((False, True), repeat=2)}
        self._own = {choice: course.seen.update(media[self._of]) for choice, media in self._prior.items()}
        as_planned, known = (each.baseline[:, :weeks].mean(axis=0) for each in (planned.outlook, course.known))
        set_to = as_planned if course.levers is None else course.levers.baseline[:, :weeks].mean(axis=0)
        self._baseline = as_planned
        # Controls add up in what comes without media: what levers move is one part of it, all other controls the rest.
        moves = {LEVERS: set_to - as_planned, CONTROLS: known - set_to}
        self.moved = {cause: move for cause, move in moves.items() if move.any()}

    def revenue(self, came: frozenset[str]) -> np.ndarray:
        """Currency, shape (paths,), or (1,) where nothing varies."""
        choice = (SPEND in came, PRICE in came)
        media = self._own[choice] if RESPONSE in came else self._prior[choice].mean(axis=0)[None]
        moved = sum(move for cause, move in self.moved.items() if cause in came)
        wanted = (self._baseline + moved + media) * self._value
        return served_weekly(wanted, self._teams(CAPACITY in came)).sum(axis=(1, 2))

    def _teams(self, came: bool) -> Sequence[Team]:
        return self._course.teams if came else self._course.planned.teams

    def _exposure(self, spend_came: bool, price_came: bool) -> np.ndarray:
        planned, actual, weeks = self._course.planned, self._course.actual, self._weeks
        as_planned = planned.response.exposure_per_spend / planned.price[:weeks]
        bought = (actual.spend > 0) & (actual.exposure > 0)
        paid = np.where(bought, actual.exposure / np.where(bought, actual.spend, 1.0), as_planned)
        if spend_came and price_came:
            return actual.exposure
        return (actual.spend if spend_came else planned.spend[:weeks]) * (paid if price_came else as_planned)


def _summary(draws: np.ndarray) -> dict[str, float]:
    lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"estimate": float(np.mean(draws)), "lower": float(lower), "upper": float(upper)}
