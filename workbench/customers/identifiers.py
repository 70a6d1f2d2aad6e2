"""Ids that look like e-mail addresses or telephone numbers are refused before they reach a hand-off or a report."""

from __future__ import annotations

import numpy as np
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
# One pass over the ids, which nearly always match none of them, and none at all over ids without a character that both kinds need.
_ANY = "|".join(f"(?:{pattern})" for pattern in _KINDS.values())
_NEEDED = "@+(/.- \t\n\f\r"


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
    if not (contains_any(texts, _NEEDED) and pc.any(pc.match_substring_regex(texts, _ANY)).as_py()):
        return
    for kind, pattern in _KINDS.items():
        matches = pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0
        if matches:
            raise DataError(
                f"{place}: {count(matches)} of {count(len(texts))} values of {column} look like {kind}; only pseudonymous ids leave "
                f"the workbench, so map {column} to a hash of them in every table, such as md5 of a secret and the id"
            )


def contains_any(texts: pa.Array | pa.ChunkedArray, characters: str) -> bool:
    """Whether any text holds any of these ASCII characters: a look at all bytes at once, at a tenth of a pattern's cost."""
    sought = np.zeros(256, dtype=bool)
    sought[list(characters.encode("ascii"))] = True
    return any(
        sought[_bytes_of(piece)].any() for piece in (texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts])
    )


def _bytes_of(texts: pa.StringArray) -> np.ndarray:
    _, offsets, text = texts.buffers()
    if text is None or not len(texts):
        return np.empty(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(text, dtype=np.uint8)[ends[0] : ends[-1]]
