"""Scoring in batches: people leave the engine a batch at a time, and reach the hand-off the same way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types
from pandas.util import hash_array

from workbench.customers.amounts import as_number, as_text
from workbench.customers.identifiers import require_pseudonymous
from workbench.customers.settled import settled
from workbench.propensity.encoding import NumberColumn
from workbench.propensity.model import ScoreModel
from workbench.propensity.reasons import REASONS, ReasonBook, contributions
from workbench.propensity.worth import Cut, Worth

BATCH = 200_000
TENTHS = 10
# Of several batches every so manyth row is enough to tell how columns are spread.
THINNED = 20
# Engines' sums may differ in the last of a float's digits.
DIGITS = 9
_SCORED = pa.schema(
    [("id", pa.string()), ("probability", pa.float64()), *((f"reason_{k + 1}", pa.int32()) for k in range(REASONS))]
)
HANDOFF = pa.schema(
    [
        ("id", pa.string()),
        ("score", pa.string()),
        ("probability", pa.float64()),
        ("decile", pa.int64()),
        ("selected", pa.bool_()),
        ("expected_value", pa.float64()),
        *((f"reason_{k + 1}", pa.string()) for k in range(REASONS)),
        ("model_version", pa.string()),
        ("as_of", pa.date32()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Everyone's probability, and the file that holds their reasons until they are handed on.

    Attributes:
        probability: Shape (cases,), in the file's order.
        lots: A number that each id drew, to rank those whom no probability tells apart.
        file: Arrow stream of ids, probabilities and reasons.
        book: What the reasons say.
        watched: Raw columns of everyone, thinned where there are several batches.
    """

    probability: np.ndarray
    lots: np.ndarray
    file: Path
    book: ReasonBook
    folder: TemporaryDirectory[str]
    watched: pd.DataFrame

    @cached_property
    def ranked(self) -> np.ndarray:
        """Positions, the highest probability first; lots follow from ids alone, so that engines and days rank alike."""
        return np.lexsort((self.lots, -np.round(self.probability, DIGITS)))

    def selection(self, cut: Cut) -> np.ndarray:
        """Who is acted on, exactly `cut.selected` of them."""
        chosen = np.zeros(len(self.probability), dtype=bool)
        chosen[self.ranked[: cut.selected]] = True
        return chosen

    @property
    def deciles(self) -> np.ndarray:
        """1 for the highest tenth."""
        cases = len(self.probability)
        decile = np.empty(cases, dtype=np.int64)
        decile[self.ranked] = 1 + np.arange(cases) * TENTHS // max(1, cases)
        return decile


def score_batches(model: ScoreModel, people: ibis.Table, size: int = BATCH) -> Iterator[tuple[pa.Array, pd.DataFrame]]:
    """Ids and raw columns as the model reads them, a batch at a time.

    Args:
        model: Whose columns are wanted.
        people: `id`, the columns, and `scored_at` where a column holds days.
        size: People in a batch.
    """
    names = [column.name for column in model.encoder.columns]
    extra = ["scored_at"] if "scored_at" in people.columns else []
    # Held by name: a server's table lasts as long as what stands for it.
    wanted = settled(people.select("id", *extra, *names))
    with wanted.to_pyarrow_batches(chunk_size=size) as reader:
        for batch in reader:
            frame = batch.to_pandas()
            yield batch.column("id").cast(pa.string()), _features(frame, model)


def score_people(model: ScoreModel, people: ibis.Table, explained: tuple[str, ...], size: int = BATCH) -> Scored:
    """Score everyone once; probabilities stay in memory, reasons wait in a file.

    Raises:
        DataError: If ids look like e-mail addresses or telephone numbers.
    """
    folder: TemporaryDirectory[str] = TemporaryDirectory(prefix="workbench-scores-")
    file, book = Path(folder.name) / "scored.arrow", ReasonBook(model)
    probabilities, lots = [np.empty(0)], [np.empty(0, dtype=np.uint64)]
    watched: list[pd.DataFrame] = []
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, _SCORED) as writer:
        for ids, features in score_batches(model, people, size):
            require_pseudonymous(ids, "id", "handoff/scores.csv")
            probability = model.probability(features)
            reasons = book.reasons(features, contributions(model, features, explained))
            columns = [ids, pa.array(probability), *(pa.array(reasons[:, k]) for k in range(REASONS))]
            writer.write_batch(pa.record_batch(columns, schema=_SCORED))
            probabilities.append(probability)
            watched.append(features if not watched and len(features) < size else features.iloc[::THINNED])
            lots.append(hash_array(ids.to_numpy(zero_copy_only=False), categorize=False))
    return Scored(
        probability=np.concatenate(probabilities),
        lots=np.concatenate(lots),
        file=file,
        book=book,
        folder=folder,
        watched=pd.concat(watched, ignore_index=True) if watched else pd.DataFrame(),
    )


def handoff_batches(
    scored: Scored, cut: Cut, worth: Worth, *, score: str, version: str, as_of: object
) -> pa.RecordBatchReader:
    """`scores.csv`, a batch at a time: see `HANDOFF`."""
    selected, deciles = scored.selection(cut), scored.deciles
    value = worth.value if worth.known else np.nan

    def batches() -> Iterator[pa.RecordBatch]:
        start = 0
        with pa.OSFile(str(scored.file), "rb") as source, pa.ipc.open_stream(source) as reader:
            for batch in reader:
                here = slice(start, start + batch.num_rows)
                start = here.stop
                probability = scored.probability[here]
                constant = [pa.repeat(text, batch.num_rows) for text in (score, version)]
                yield pa.record_batch(
                    [
                        batch.column("id"),
                        constant[0],
                        pa.array(np.round(probability, 6)),
                        pa.array(deciles[here]),
                        pa.array(selected[here]),
                        pa.array(np.round(probability * value, 4), from_pandas=True),
                        *(scored.book.sentences.take(batch.column(f"reason_{k + 1}")) for k in range(REASONS)),
                        constant[1],
                        pa.array([as_of] * batch.num_rows, pa.date32()),
                    ],
                    schema=HANDOFF,
                )

    return pa.RecordBatchReader.from_batches(HANDOFF, batches())


def _features(frame: pd.DataFrame, model: ScoreModel) -> pd.DataFrame:
    columns = {}
    for column in model.encoder.columns:
        raw = frame[column.name]
        if types.is_datetime64_any_dtype(raw):
            days = (pd.to_datetime(frame["scored_at"]) - raw).dt.total_seconds() / 86400
            raw = days.where(days >= 0)
        columns[column.name] = as_number(raw) if isinstance(column, NumberColumn) else as_text(raw)
    return pd.DataFrame(columns, index=frame.index)
