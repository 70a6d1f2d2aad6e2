"""Ways to group customers: k-means, and mixtures of Gaussians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

KMEANS, MIXTURE = "k-means", "Gaussian mixture"


class Grouping(Protocol):
    def predict(self, points: np.ndarray) -> np.ndarray: ...


type Fitter = Callable[[np.ndarray, int, int], Grouping]


def _kmeans(points: np.ndarray, k: int, seed: int) -> Grouping:
    return KMeans(k, n_init=3, random_state=seed).fit(points)


def _mixture(points: np.ndarray, k: int, seed: int) -> Grouping:
    # Customers who bought once share values exactly: a component needs some width of its own.
    return GaussianMixture(k, reg_covar=1e-2, max_iter=60, tol=1e-2, random_state=seed).fit(points)


# The simpler way first: it is preferred where both are as stable.
FITTERS: dict[str, Fitter] = {KMEANS: _kmeans, MIXTURE: _mixture}
