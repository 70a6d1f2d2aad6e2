"""All that valuing another plan takes, in one dataset: draws of the response, cells, plans found ahead, what teams can take."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import xarray as xr

from workbench.scenarios.capacity.saved import to_dataset
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.problem import Problem
from workbench.scenarios.solve.quick import Ahead

DIMS: dict[str, tuple[str, ...]] = {
    "half_life": ("draw", "channel"),
    "carry_over_shape": ("draw", "channel"),
    "half_saturation": ("draw", "market", "channel"),
    "slope": ("draw", "channel"),
    "coefficient": ("draw", "market", "channel"),
    "effectiveness": ("draw", "channel", "ramp"),
    "effectiveness_ramps": ("ramp", "kpi_week"),
    "exposure_per_spend": ("market", "channel"),
    "value_per_kpi": ("market",),
    "spend_history": ("week", "market", "channel"),
    "exposure_history": ("week", "market", "channel"),
}


def world_dataset(problem: Problem, ahead: Ahead, capacity: CapacityValue | None = None) -> xr.Dataset:
    """What `ScenarioResult.world` holds; `ResponseModel.from_dataset`, `Ahead.from_dataset` and `capacity.saved` read it."""
    response, cells = problem.response, problem.cells
    arrays: dict[str, np.ndarray] = {f.name: getattr(response, f.name) for f in fields(response) if f.name in DIMS}
    plan = ("plan_week", "market", "channel")
    return (
        xr.Dataset({name: (DIMS[name], array) for name, array in arrays.items()})
        .assign(
            saturation=("channel", np.array(response.saturation, dtype=object)),
            adstock=("channel", np.array(response.adstock, dtype=object)),
            reference=(plan, cells.reference),
            price_factor=(plan, cells.price),
            observed=(plan, cells.observed),
            after=(("market", "channel"), cells.after),
            doubt=(("market", "channel"), problem.doubt),
        )
        .merge(ahead.to_dataset())
        .merge(xr.Dataset() if capacity is None else to_dataset(capacity))
        .assign_coords(
            channel=np.array(response.channels, dtype=object),
            market=np.array(response.markets, dtype=object),
            plan_week=cells.weeks,
        )
        .assign_attrs(carry_over_weeks=response.carry_over_weeks, blends=int(ahead.blends))
    )
