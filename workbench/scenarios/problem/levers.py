"""Price, promotion and other controls as decisions: cells whose money moves a control away from where it would be anyway.

A unit of lever j moved in a week of market m costs k_jm and brings b_jm, in every draw: its cells answer to money with a straight
line of slope b_jm / k_jm, without carry-over, which is its own concave envelope. What the control is expected to be anyway belongs to the
outlook; only the move away from that is bought here, so that nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.config.levers import PlannedLever
from workbench.errors import SpecError
from workbench.mmm import MediaMixResult, ResponseModel
from workbench.mmm.shapes.adstock import AdstockForm
from workbench.mmm.shapes.saturation import SaturationForm
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Rule, Switch
from workbench.scenarios.problem.sums import weighted_rows
from workbench.wording import number

if TYPE_CHECKING:
    from workbench.mmm.posterior.levers import Lever

STRAIGHT: SaturationForm = "none"
WITHIN_WEEKS: AdstockForm = "geometric"
# Half-life in weeks, so short that nothing of a move is left a week later.
NO_CARRY_OVER = 1e-4


@dataclass(frozen=True, kw_only=True)
class LeverCells:
    """One lever in the H weeks and M markets of a plan.

    Attributes:
        name: In the plan, among the channels.
        terms: As `[planning.levers]` states them.
        sign: 1 for a lever that is raised, -1 for one that is lowered.
        cost: Currency of one unit a week, shape (M,).
        otherwise: What the control is expected to be if nobody moves it, shape (H, M).
        room: Units that it may be moved, shape (H, M).
        known: Units to the furthest that it ever was, shape (H, M).
        effect: KPI units a week that one unit moved brings, shape (D, M).
    """

    name: str
    terms: PlannedLever
    sign: int
    cost: np.ndarray
    otherwise: np.ndarray
    room: np.ndarray
    known: np.ndarray
    effect: np.ndarray

    @property
    def label(self) -> str:
        """How reports call it."""
        return self.terms.label or self.terms.control.replace("_", " ")


def lever_cells(
    media_mix: MediaMixResult,
    levers: Mapping[str, PlannedLever],
    horizon_weeks: int,
) -> tuple[LeverCells, ...]:
    """Lay levers onto the weeks after a media mix, in which other controls are taken to be as the outlook takes them.

    Args:
        media_mix: Whose controls they are.
        levers: `[planning.levers]`.
        horizon_weeks: Of the plan.

    Raises:
        SpecError: If a lever moves what the media mix doesn't know, can't be moved, or has no cost somewhere.
    """
    from workbench.mmm.posterior.levers import lever  # here, because apps need none

    _refuse_twice(levers, media_mix.response.channels)
    markets = media_mix.response.markets
    return tuple(
        _cells_of(name, terms, lever(media_mix, terms.control, horizon_weeks), markets)
        for name, terms in levers.items()
    )


def refuse_unmovable(
    levers: Mapping[str, PlannedLever], channels: Sequence[str], markets: tuple[str, ...], controls: Sequence[str]
) -> None:
    """Check what levers name before there is a media mix.

    Raises:
        SpecError: If a lever has a channel's name, moves what another one moves or no table holds, or has no cost somewhere.
    """
    _refuse_twice(levers, tuple(channels))
    for name, terms in levers.items():
        if terms.control not in controls:
            known = ", ".join(controls) or "there are none"
            raise SpecError(
                f"planning.levers.{name}.control is {terms.control}, which is none of the table controls: {known}; name one of those"
            )
        _cost(f"planning.levers.{name}", terms, markets)


def with_levers(response: ResponseModel, levers: Sequence[LeverCells]) -> ResponseModel:
    """Append levers as channels of a straight response, whose exposure is units moved.

    Args:
        response: What media return.
        levers: With the draws of the response.
    """
    if not levers:
        return response
    effect = np.stack([each.effect for each in levers], axis=-1)
    by_draw = np.ones((response.draws, len(levers)))
    silent = np.zeros((*response.spend_history.shape[:2], len(levers)))

    def joined(known: np.ndarray, added: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.concatenate([known, added], axis=axis)

    return replace(
        response,
        channels=(*response.channels, *(each.name for each in levers)),
        saturation=(*response.saturation, *(STRAIGHT for _ in levers)),
        adstock=(*response.adstock, *(WITHIN_WEEKS for _ in levers)),
        half_life=joined(response.half_life, NO_CARRY_OVER * by_draw),
        carry_over_shape=joined(response.carry_over_shape, by_draw),
        half_saturation=joined(response.half_saturation, np.full_like(effect, np.nan)),
        slope=joined(response.slope, by_draw),
        coefficient=joined(response.coefficient, effect),
        effectiveness=joined(
            response.effectiveness, np.zeros((*by_draw.shape, response.effectiveness.shape[2])), axis=1
        ),
        exposure_per_spend=joined(response.exposure_per_spend, np.stack([1.0 / each.cost for each in levers], axis=-1)),
        spend_history=joined(response.spend_history, silent),
        exposure_history=joined(response.exposure_history, silent),
    )


def with_experience(cells: Cells, levers: Sequence[LeverCells]) -> Cells:
    """The same cells, of which levers have the room that is known instead of spend that was observed."""
    observed, total = np.broadcast_to(cells.observed, cells.shape).copy(), cells.observed_total.copy()
    for each in levers:
        c = cells.channels.index(each.name)
        observed[:, :, c] = each.cost * each.known
        total[c] = observed[:, :, c].sum()
    return replace(cells, observed=observed, observed_total=total)


def lever_rules(cells: Cells, levers: Sequence[LeverCells]) -> Iterator[Rule]:
    """`most` of each lever, a row a market."""
    number_of = np.arange(int(np.prod(cells.shape))).reshape(cells.shape)
    for each in levers:
        if each.terms.most is None:
            continue
        c = cells.channels.index(each.name)
        units = 1.0 / (each.cost * cells.price[:, :, c])
        rows = weighted_rows(
            number_of.size, [(number_of[:, m, c], units[:, m] * each.cost[m]) for m in range(len(cells.markets))]
        )
        yield Rule(
            name=f"most moves of {each.name}",
            title=f"most moves of {each.label}",
            reason=f"planning.levers.{each.name}.most",
            kind="channel",
            rows=rows,
            lower=np.full(len(each.cost), -np.inf),
            upper=each.terms.most * each.cost,
            size=float(each.terms.most * each.cost.sum()),
        )


def lever_switches(cells: Cells, levers: Sequence[LeverCells], upper: np.ndarray) -> Iterator[Switch]:
    """The switches of levers that are moved all the way or not at all.

    Args:
        cells: Of the plan.
        levers: In it.
        upper: Most currency of each cell, shape (H, M, C).
    """
    number_of = np.arange(upper.size).reshape(upper.shape)
    for each in levers:
        c = cells.channels.index(each.name)
        groups = (
            [[m] for m in range(len(cells.markets))] if each.terms.by == "market" else [[*range(len(cells.markets))]]
        )
        for h, week in enumerate(cells.weeks if each.terms.whole else ()):
            for markets in groups:
                total = float(upper[h, markets, c].sum())
                if total > 0:
                    alone, when = each.terms.by == "market", f" in the week of {week:%Y-%m-%d}"
                    market = cells.markets[markets[0]]
                    yield Switch(
                        name=f"all or nothing of {each.name}{f' in {market}' if alone else ''}{when}",
                        title=f"all or nothing of {each.label}{f' in {cells.labels.market(market)}' if alone else ''}{when}",
                        reason=f"planning.levers.{each.name}.whole",
                        cells=number_of[h, markets, c],
                        least=total,
                        most=total,
                    )


def _cells_of(name: str, terms: PlannedLever, known: Lever, markets: tuple[str, ...]) -> LeverCells:
    key, sign = f"planning.levers.{name}", 1 if terms.direction == "up" else -1
    furthest = known.highest if sign > 0 else known.lowest
    limit = furthest if terms.limit is None else np.full(len(markets), terms.limit)
    room = np.maximum(sign * (limit - known.otherwise), 0.0)
    if not room.any():
        raise SpecError(
            f"{key} can't be moved {terms.direction} to its limit of {number(float(np.median(limit)))}: {terms.control} would be "
            f"at {number(float(known.otherwise.min()))} to {number(float(known.otherwise.max()))} anyway; "
            "give another limit or direction, or leave the lever out"
        )
    return LeverCells(
        name=name,
        terms=terms,
        sign=sign,
        cost=_cost(key, terms, markets),
        otherwise=known.otherwise,
        room=room,
        known=np.maximum(sign * (furthest - known.otherwise), 0.0),
        effect=sign * known.effect,
    )


def _cost(key: str, terms: PlannedLever, markets: tuple[str, ...]) -> np.ndarray:
    if isinstance(terms.cost, dict) and (unknown := sorted(set(terms.cost) - set(markets))):
        raise SpecError(
            f"{key}.cost names market {unknown[0]}, which the media mix doesn't know; its markets are {', '.join(markets)}"
        )
    cost = [terms.cost_in(market) for market in markets]
    for market, known in zip(markets, cost, strict=True):
        if known is None:
            raise SpecError(f"{key}.cost says nothing of market {market}; add what one unit costs there")
    return np.array(cost, dtype=float)


def _refuse_twice(levers: Mapping[str, PlannedLever], channels: tuple[str, ...]) -> None:
    moved: dict[str, str] = {}
    for name, terms in levers.items():
        if name in channels:
            raise SpecError(f"planning.levers.{name} has the name of a channel; give the lever another one")
        if terms.control in moved:
            raise SpecError(
                f"planning.levers.{name} and planning.levers.{moved[terms.control]} both move {terms.control}; keep one of them"
            )
        moved[terms.control] = name
