import numpy as np
from statsmodels.stats.multitest import multipletests

from workbench.experiments.users.multiplicity import holm


def test_holm_agrees_with_statsmodels() -> None:
    rng = np.random.default_rng(4)
    for size in (1, 2, 5, 20):
        p_values = rng.uniform(size=size) ** 3
        np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])


def test_holm_keeps_the_order_of_ties() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.01, 0.5])), [0.03, 0.03, 0.5])
