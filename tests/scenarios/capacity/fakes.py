"""Media whose effects are known, and teams to serve them."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from workbench.scenarios.capacity import Team
from workbench.scenarios.problem import Limits, Tangent
from workbench.scenarios.response.weekly import Caused


@dataclass(frozen=True, eq=False)
class CurvedWeeks:
    """Each cell brings `gain · spend^power` in its own week and a part of that in the next; concave for a power up to 1."""

    gain: np.ndarray  # (D, M, C)
    power: float = 0.5
    carried: float = 0.5

    @property
    def draws(self) -> int:
        return len(self.gain)

    def worth(self, spend: np.ndarray) -> np.ndarray:
        return self.weekly(spend).sum(axis=(1, 2))

    def weekly(self, spend: np.ndarray, *, enveloped: bool = False) -> np.ndarray:
        caused = np.einsum("dmc,hmc->dhm", self.gain, spend**self.power)
        empty = np.zeros_like(caused[:, :1])
        return np.concatenate([caused, empty], axis=1) + self.carried * np.concatenate([empty, caused], axis=1)

    def pull_back(
        self, spend: np.ndarray, sensitivity: np.ndarray, *, enveloped: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        felt = sensitivity[:, :-1] + self.carried * sensitivity[:, 1:]
        slope = np.einsum("dhm,dmc->hmc", felt, self.gain) * self.power * spend ** (self.power - 1.0)
        return self.weekly(spend), slope

    def caused(self, spend: np.ndarray, *, enveloped: bool = False) -> Caused:
        return Caused(self.weekly(spend), lambda sensitivity: self.pull_back(spend, sensitivity)[1])

    def gradient(self, spend: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        effect, slope = self.pull_back(spend, np.broadcast_to(weights[:, None, None], self.weekly(spend).shape))
        return float(weights @ effect.sum(axis=(1, 2))), slope

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        level, slope = self.gradient(spend, weights)
        return Tangent(constant=level - float(np.vdot(slope, spend)), slope=slope)

    def within(self, limits: Limits) -> Self:
        return self

    def thinned(self, draws: int) -> Self:
        kept = np.unique(np.linspace(0, self.draws - 1, min(draws, self.draws)).astype(int))
        return replace(self, gain=self.gain[kept])


def team(room: np.ndarray, **changed: object) -> Team:
    usual = Team(
        name="sales",
        unit="leads",
        markets=(0,),
        load=np.array([0.1]),
        room=np.asarray(room, dtype=float),
        retention=0.6,
        queue="freshest",
        step=2.0,
        step_name="rep",
        step_cost=5.0,
    )
    return replace(usual, **changed)
