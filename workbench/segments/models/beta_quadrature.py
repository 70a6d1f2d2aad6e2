"""Gauss quadrature of beta distributions.

References:
    Golub, Welsch (1969), Calculation of Gauss Quadrature Rules; Jacobi polynomials on (0, 1).
"""

from __future__ import annotations

import numpy as np


def beta_quadrature(alpha: np.ndarray, beta: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Beta(alpha, beta) distributions, each of shape (L, nodes); weights sum to one."""
    left, right = (alpha - 1)[:, None], (beta - 1)[:, None]
    k = np.arange(1, nodes)
    s = 2 * k + left + right
    centre = np.empty((len(alpha), nodes))
    centre[:, :1] = (left - right) / (left + right + 2)
    centre[:, 1:] = (left**2 - right**2) / (s * (s + 2))
    squared = 4 * k * (k + left) * (k + right) * (k + left + right) / (s**2 * (s + 1) * np.where(k == 1, 1.0, s - 1))
    squared[:, :1] = 4 * (1 + left) * (1 + right) / ((2 + left + right) ** 2 * (3 + left + right))
    jacobi = np.zeros((len(alpha), nodes, nodes))
    jacobi[:, np.arange(nodes), np.arange(nodes)] = centre
    jacobi[:, k, k - 1] = np.sqrt(squared)
    position, vectors = np.linalg.eigh(jacobi)
    return np.clip((1 + position) / 2, 1e-300, 1.0), vectors[:, 0, :] ** 2
