"""The embedded engine that tests of customers share."""

from itertools import count

import ibis
import pandas as pd

ENGINE = ibis.duckdb.connect()
NUMBERS = count()


def in_engine(frame: pd.DataFrame, name: str = "transactions") -> ibis.Table:
    """A table under a name of its own."""
    return ENGINE.create_table(f"{name}_{next(NUMBERS)}", ibis.memtable(frame))
