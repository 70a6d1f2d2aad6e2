"""Curves with known optima."""

from collections.abc import Callable

import numpy as np

from workbench.scenarios.curves import ChannelCurves, spend_nodes


def curves_of(functions: list[Callable[[np.ndarray], np.ndarray]], reach: float, nodes: int = 2001) -> ChannelCurves:
    """Curves of functions from spend, shape (G,), to value, shape (G,) or (G, D)."""
    spend = spend_nodes(np.full(len(functions), reach), nodes)
    value = np.stack([function(at) for function, at in zip(functions, spend, strict=True)])
    return ChannelCurves(
        channels=tuple(f"c{index}" for index in range(len(functions))),
        spend=spend,
        value=value if value.ndim == 3 else value[..., None],
        current=np.full(len(functions), reach / len(functions)),
        observed=np.full(len(functions), reach),
    )


def hill(half: float, slope: float, largest: float = 1.0) -> Callable[[np.ndarray], np.ndarray]:
    return lambda spend: largest * spend**slope / (spend**slope + half**slope)
