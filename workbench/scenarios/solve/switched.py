"""Limits with the all-or-nothing choices made: what remains has no switches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from workbench.scenarios.problem.rows import Limits, Rule


def switched(limits: Limits, on: np.ndarray) -> Limits:
    """The limits with each switch on or off, shape (S,): cells that are off get nothing."""
    upper = limits.upper.copy().ravel()
    rules = []
    for switch, is_on in zip(limits.switches, on, strict=True):
        if not is_on:
            upper[switch.cells] = 0.0
            continue
        at = (np.zeros(len(switch.cells), dtype=int), switch.cells)
        rules.append(
            Rule(
                name=switch.name,
                reason=switch.reason,
                kind="group",
                rows=sparse.csr_array((np.ones(len(switch.cells)), at), shape=(1, limits.size)),
                lower=np.array([switch.least]),
                upper=np.array([switch.most]),
                size=switch.least,
            )
        )
    return replace(limits, upper=upper.reshape(limits.shape), rules=(*limits.rules, *rules), switches=())
