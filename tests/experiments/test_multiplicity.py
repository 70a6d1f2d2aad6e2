import numpy as np
from statsmodels.stats.multitest import multipletests

from workbench.experiments.users.multiplicity import CORRECTIONS, benjamini_hochberg, holm


def test_holm_agrees_with_statsmodels() -> None:
    rng = np.random.default_rng(4)
    for size in (1, 2, 5, 20):
        p_values = rng.uniform(size=size) ** 3
        np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])


def test_holm_keeps_the_order_of_ties() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.01, 0.5])), [0.03, 0.03, 0.5])


def test_benjamini_hochberg_agrees_with_statsmodels() -> None:
    rng = np.random.default_rng(5)
    for size in (1, 2, 5, 20):
        p_values = rng.uniform(size=size) ** 3
        np.testing.assert_allclose(benjamini_hochberg(p_values), multipletests(p_values, method="fdr_bh")[1])


def test_each_correction_of_the_configuration_is_there() -> None:
    p_values = np.array([0.01, 0.02, 0.04])
    np.testing.assert_allclose(CORRECTIONS["holm"](p_values), [0.03, 0.04, 0.04])
    np.testing.assert_allclose(CORRECTIONS["benjamini_hochberg"](p_values), [0.03, 0.03, 0.04])
