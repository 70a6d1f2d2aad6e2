"""Groups redrawn from their cells: the Bayesian bootstrap, in which every person gets a random weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

DRAWS = 4_000
# Half a person on either side makes the interval of a share Jeffreys': it holds for shares near 0 and doesn't collapse at 0.
HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Redrawn:
    """Sums of randomly weighted people, shape (group, draw); the last draw is the data themselves.

    Attributes:
        people: People among whom the selected are counted.
        selected: Of those, the selected.
        outcomes: Outcomes.
        expected: Outcomes that the scores expect.
        weighed: People among whom value is summed.
        value: Their value.
    """

    people: np.ndarray
    selected: np.ndarray
    outcomes: np.ndarray
    expected: np.ndarray
    weighed: np.ndarray
    value: np.ndarray

    def measure(self, name: str) -> np.ndarray:
        """Selection rate, observed per expected outcomes, or value per person, of each group, shape (group, draw)."""
        above, below = self._parts(name)
        return _ratio(above, below)

    def measure_of_others(self, name: str) -> np.ndarray:
        """The same of all other groups together."""
        above, below = self._parts(name)
        return _ratio(above.sum(axis=0) - above, below.sum(axis=0) - below)

    def _parts(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        return {
            "selection": (self.selected, self.people),
            "calibration": (self.outcomes, self.expected),
            "value": (self.value, self.weighed),
        }[name]


def redraw(cells: pd.DataFrame, groups: list[str], *, seed: int) -> Redrawn:
    """Redraw every group; weights are exponential, so that the sum over n people is gamma-distributed with shape n.

    References:
        Rubin (1981), The Bayesian bootstrap.
    """
    rng = np.random.default_rng(seed)
    drawn = [_redraw_group(cells[cells.group == group], rng) for group in groups]
    return Redrawn(**{name: np.stack([sums[name] for sums in drawn]) for name in drawn[0]})


def _redraw_group(cells: pd.DataFrame, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return _redraw_selection(cells, rng) | _redraw_outcomes(cells, rng) | _redraw_value(cells, rng)


def _redraw_selection(cells: pd.DataFrame, rng: np.random.Generator) -> dict[str, np.ndarray]:
    people, selected = cells.customers.sum(), cells.selected.sum()
    chosen = rng.standard_gamma(selected + HALF, DRAWS)
    left = rng.standard_gamma(people - selected + HALF, DRAWS)
    return {"selected": np.append(chosen, selected), "people": np.append(chosen + left, people)}


def _redraw_outcomes(cells: pd.DataFrame, rng: np.random.Generator) -> dict[str, np.ndarray]:
    outcomes, expected = cells.outcomes.to_numpy(), cells.expected.to_numpy()
    if np.isnan(outcomes).any() or expected.sum() <= 0:
        empty = np.full(DRAWS + 1, np.nan)
        return {"outcomes": empty, "expected": empty}
    people = cells.customers.to_numpy()
    share = expected / expected.sum()
    with_outcome = rng.standard_gamma(outcomes + HALF * share, (DRAWS, len(cells)))
    without = rng.standard_gamma(people - outcomes, (DRAWS, len(cells)))
    foreseen = (with_outcome + without) @ (expected / people)
    return {
        "outcomes": np.append(with_outcome.sum(axis=1), outcomes.sum()),
        "expected": np.append(foreseen, expected.sum()),
    }


def _redraw_value(cells: pd.DataFrame, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Without the squares of values, how much people of one cell differ is unknown, and so is the interval."""
    people, mean = cells.customers.to_numpy(), (cells.value / cells.customers).to_numpy()
    weights = rng.standard_gamma(people, (DRAWS, len(cells)))
    spread = np.sqrt(np.maximum(cells.value_squares.to_numpy() / people - mean**2, 0.0))
    means = mean + spread / np.sqrt(people + 1) * rng.standard_normal((DRAWS, len(cells)))
    return {
        "value": np.append((weights * means).sum(axis=1), cells.value.sum()),
        "weighed": np.append(weights.sum(axis=1), people.sum()),
    }


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
