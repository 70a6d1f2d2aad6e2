"""Everyone who may get an action today: in which bins they are, who is left alone, and what other runs say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.config.customers import Purpose
from workbench.customers.fairness import groups_of
from workbench.next_action.bins import Bins, codes_of

BATCH = 200_000


@dataclass(frozen=True, kw_only=True)
class Audience:
    """One entry a customer, in the order of their ids.

    Attributes:
        ids: Pseudonymous ids.
        codes: Bins of their features, shape (customer, feature).
        holdout: Who is left alone.
        agreed: Who agreed to each purpose.
        groups: What fairness is compared by, and the segment where values are known.
    """

    ids: pa.ChunkedArray
    codes: np.ndarray
    holdout: np.ndarray
    agreed: dict[Purpose, np.ndarray]
    groups: pd.DataFrame

    def __len__(self) -> int:
        return len(self.codes)

    def lookup(self, table: pa.Table, column: str) -> np.ndarray:
        """A number of another run for every customer, NaN where it has none.

        Args:
            table: customer_id and the column.
        """
        return np.asarray(self._found(table, column).cast("float64").to_numpy(zero_copy_only=False), dtype=float)

    def names(self, table: pa.Table, column: str) -> pd.Series:
        """A text of another run for every customer, `unknown` where it has none."""
        return self._found(table, column).to_pandas().fillna("unknown").astype("category")

    def _found(self, table: pa.Table, column: str) -> pa.ChunkedArray:
        place = pc.index_in(self.ids, value_set=table.column("customer_id").cast(pa.string()).combine_chunks())
        return table.column(column).combine_chunks().take(place.combine_chunks())


def read_audience(
    now: ibis.Table, bins: Sequence[Bins], purposes: Sequence[Purpose], compared: Sequence[str]
) -> Audience:
    """Read everyone a batch at a time; of features only their bins stay.

    Args:
        now: See `People.now`.
        bins: As effects were learnt with.
        purposes: That actions need.
        compared: Attributes by which fairness is compared.
    """
    wanted = dict.fromkeys(
        [
            "customer_id",
            "holdout",
            *(f"may_{purpose}" for purpose in purposes),
            *(each.name for each in bins),
            *compared,
        ]
    )
    ids: list[pa.Array] = []
    parts: list[tuple[np.ndarray, pd.DataFrame]] = []
    with now.select(*wanted).to_pyarrow_batches(chunk_size=BATCH) as reader:
        for batch in reader:
            frame = batch.to_pandas()
            ids.append(batch.column("customer_id").cast(pa.string()))
            codes = codes_of(frame, bins) if bins else np.zeros((len(frame), 0), dtype=np.int8)
            parts.append((codes, frame[["holdout", *(f"may_{purpose}" for purpose in purposes), *compared]]))
    everyone = pa.chunked_array(ids, pa.string())
    # Here, since engines order texts by rules of their own.
    order = pc.sort_indices(everyone).to_numpy()
    kept = pd.concat([frame for _, frame in parts], ignore_index=True).take(order)
    return Audience(
        ids=everyone.take(order),
        codes=np.concatenate([codes for codes, _ in parts])[order],
        holdout=kept.holdout.to_numpy(dtype=bool),
        agreed={purpose: kept[f"may_{purpose}"].to_numpy(dtype=bool) for purpose in purposes},
        groups=kept[list(compared)].reset_index(drop=True).apply(groups_of).astype("category"),
    )
