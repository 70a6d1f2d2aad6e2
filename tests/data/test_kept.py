"""Engines without temporary tables give the same rows, made anew by each query."""

from typing import Any

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend
from ibis.common.exceptions import UnsupportedOperationError

from tests.embedded import in_engine
from workbench.data.kept import kept
from workbench.segments.materialise import materialised

ROWS = pd.DataFrame({"customer_id": ["a", "b", "b"], "revenue": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize("said", [NotImplementedError, UnsupportedOperationError])
@pytest.mark.parametrize("temporary", [True, False])
def test_rows_are_the_same_with_and_without_temporary_tables(
    monkeypatch: pytest.MonkeyPatch, said: type[Exception], temporary: bool
) -> None:
    rows = in_engine(ROWS, "orders")
    spent = rows.group_by("customer_id").aggregate(revenue=rows.revenue.sum())
    create: Any = Backend.create_table

    def refusing(*given: Any, temp: bool = False, **named: Any) -> object:
        if temp and not temporary:
            raise said("Temporary tables are not supported")
        return create(*given, temp=temp, **named)

    monkeypatch.setattr(Backend, "create_table", refusing)
    with materialised(spent) as table:
        for found in (kept(spent), table):
            assert dict(found.to_pandas().to_numpy().tolist()) == {"a": 1.0, "b": 5.0}
