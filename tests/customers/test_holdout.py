"""The holdout against Python's md5 and the binomial law, on both engines."""

import hashlib
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, chi2_contingency

from tests.embedded import in_engine
from workbench.customers.holdout import in_holdout
from workbench.errors import SpecError

IDS = [f"customer {number}" for number in range(20_000)]


def held(ids: list[str], salt: str, share: float) -> np.ndarray:
    table = in_engine(pd.DataFrame({"customer_id": ids}), "ids")
    marked = table.select("customer_id", held=in_holdout(table.customer_id, salt=salt, share=share))
    return marked.order_by("customer_id").to_pandas().set_index("customer_id").held.loc[ids].to_numpy(dtype=bool)


def by_python(ids: list[str], salt: str, share: float) -> np.ndarray:
    digests = [hashlib.md5(f"{salt}:{each}".encode()).hexdigest() for each in ids]
    return np.array([int(digest[:7], 16) < share * 16**7 for digest in digests])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_a_holdout_is_the_md5_of_salt_and_id(share: float) -> None:
    ids = [*IDS[:3000], "Zoë", "", "a:b", "日本"]
    np.testing.assert_array_equal(held(ids, "segments", share), by_python(ids, "segments", share))


@pytest.mark.parametrize("salt", ["segments", "actions", "2024", ""])
def test_the_share_is_binomial(salt: str) -> None:
    inside = int(held(IDS, salt, 0.1).sum())
    assert binom.ppf(1e-4, len(IDS), 0.1) <= inside <= binom.ppf(1 - 1e-4, len(IDS), 0.1)


def test_two_salts_are_independent_and_a_larger_share_keeps_the_smaller() -> None:
    first, second = held(IDS, "segments", 0.3), held(IDS, "actions", 0.3)
    assert chi2_contingency(pd.crosstab(first, second)).pvalue > 1e-4
    assert (held(IDS, "segments", 0.4) | ~first).all()


def test_postgresql_holds_back_the_same_customers(postgres_url: str) -> None:
    ids = [*IDS[:500], "Zoë", "日本"]
    server: Any = ibis.connect(postgres_url)
    table = server.create_table("holdout_ids", ibis.memtable(pd.DataFrame({"customer_id": ids})))
    try:
        marked = table.select("customer_id", held=in_holdout(table.customer_id, salt="s", share=0.25)).to_pandas()
    finally:
        server.drop_table("holdout_ids")
        server.disconnect()
    found = marked.set_index("customer_id").held.loc[ids].to_numpy(dtype=bool)
    np.testing.assert_array_equal(found, by_python(ids, "s", 0.25))


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(SpecError, match="1.2"):
        in_holdout(ibis.literal("a"), salt="", share=1.2)
