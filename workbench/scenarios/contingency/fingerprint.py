"""A name that changes with anything that could change a plan: the model, the data, the limits, the world, the seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.contingency.states import State
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Limits

if TYPE_CHECKING:
    import xarray as xr

LENGTH = 16


def model_hash(posterior: xr.Dataset) -> str:
    """Of all draws and all that is saved beside them; where they were computed or when doesn't matter."""
    found = hashlib.sha256()
    for name in sorted(map(str, posterior.variables)):
        variable = posterior[name].to_numpy()
        found.update(f"{name}{variable.shape}".encode())
        found.update(_bytes(variable))
    return found.hexdigest()[:LENGTH]


def limits_hash(cells: Cells, limits: Limits, teams: Sequence[Team] = ()) -> str:
    """Of the cells that are planned, all that a plan must keep, and what teams can take."""
    found = hashlib.sha256()
    for axis in (cells.weeks.to_numpy(), np.array(cells.markets, dtype=object), np.array(cells.channels, dtype=object)):
        found.update(_bytes(axis))
    for array in (cells.price, cells.locked, limits.lower, limits.upper):
        found.update(_bytes(array))
    for rule in limits.rules:
        found.update(rule.name.encode())
        for array in (rule.rows.indptr, rule.rows.indices, rule.rows.data, rule.lower, rule.upper):
            found.update(_bytes(array))
    for switch in limits.switches:
        found.update(f"{switch.name}{switch.least!r}{switch.most!r}".encode())
        found.update(_bytes(switch.cells))
    for team in teams:
        found.update(f"{team.name}{team.markets}{team.retention!r}{team.queue}".encode())
        for array in (team.load, team.room):
            found.update(_bytes(array))
    return found.hexdigest()[:LENGTH]


def scenario_hash(
    state: State, *, model: str, limits: str, data: Mapping[str, str], settings: Mapping[str, object]
) -> str:
    """Of one state of the world with what its plan was made of.

    Args:
        state: The world.
        model: See `model_hash`.
        limits: See `limits_hash`.
        data: Fingerprint of each input, by name.
        settings: Whatever else decides a plan: risk, mode, seed, version.
    """
    parts = {"state": asdict(state), "model": model, "limits": limits, "data": dict(data), "settings": dict(settings)}
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _bytes(array: np.ndarray) -> bytes:
    if array.dtype.kind in "OUT":
        return json.dumps([str(item) for item in array.ravel()]).encode()
    if array.dtype.kind == "M":
        return np.asarray(array, dtype="datetime64[ns]").astype("<i8").tobytes()
    # Byte order and the width of whole numbers differ between machines, not what they say.
    return np.ascontiguousarray(array, dtype="<f8").tobytes()
