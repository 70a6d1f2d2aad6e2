"""Ids that look like e-mail addresses or telephone numbers are refused before they reach a hand-off or a report."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import DataError
from workbench.wording import count

# Columns of hand-offs that name people.
PERSONS = ("customer_id", "lead_id")
# Plain digits, padded with zeros or not, are what ids usually look like: a number needs its + or its separators to be one.
_KINDS = {
    "e-mail addresses": r"^\s*[^@\s]+@[^@\s]+\.[A-Za-z]{2,}\s*$",
    "telephone numbers": (
        r"^\s*(\+\d[\d\s().\-/]{6,18}\d"
        r"|\(\+?\d{2,5}\)\s?\d[\d\s.\-/]{4,14}\d"
        r"|0\d{1,5}[\s/]\d[\d\s.\-/]{3,14}\d"
        r"|\d{3}[\s.\-]\d{3}[\s.\-]\d{4})\s*$"
    ),
}
# One pass over the ids, which nearly always match none of them.
_ANY = "|".join(f"(?:{pattern})" for pattern in _KINDS.values())


def require_pseudonymous(ids: pd.Series | pa.Array | pa.ChunkedArray, column: str, place: str) -> None:
    """Refuse ids by which a person could be addressed; the message repeats none of them.

    Args:
        ids: Ids of people.
        column: Their column.
        place: Where they were to go: `handoff/scores.csv`.

    Raises:
        DataError: If any looks like an e-mail address or a telephone number.
    """
    texts = (pa.array(ids, from_pandas=True) if isinstance(ids, pd.Series) else ids).cast(pa.string())
    if not pc.any(pc.match_substring_regex(texts, _ANY)).as_py():
        return
    for kind, pattern in _KINDS.items():
        matches = pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0
        if matches:
            raise DataError(
                f"{place}: {count(matches)} of {count(len(texts))} values of {column} look like {kind}; only pseudonymous ids leave "
                f"the workbench, so map {column} to a hash of them in every table, such as md5 of a secret and the id"
            )
