"""Fingerprints of inputs: the same rows give the same text, one changed cell another."""

from __future__ import annotations

import hashlib

import ibis

from workbench.data.row_hash import row_hash

_HALF = 2**32


def fingerprint(table: ibis.Table) -> str:
    """Row count and an order-free checksum of all cells, computed in the engine.

    Rows are hashed as wholes and the two halves of their hashes summed, so neither their order nor how they are split into
    files matters. Engines hash differently: the same rows have another fingerprint in another engine.
    """
    columns = sorted(table.columns)
    hashed = table.select(hash=row_hash(table, columns))
    sums = hashed.aggregate(
        rows=hashed.count(),
        upper=(hashed.hash >> 32).cast("int64").sum(),
        lower=(hashed.hash & (_HALF - 1)).cast("int64").sum(),
    ).execute()
    text = "|".join([",".join(columns), *(str(value) for value in sums.iloc[0])])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
