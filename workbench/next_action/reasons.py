"""Why each customer gets what they get, in words, and the hand-off that carries them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from workbench.config.customers import Action
from workbench.next_action.audience import BATCH, Audience
from workbench.next_action.bins import Bins
from workbench.next_action.uplift import Uplift
from workbench.next_action.worth import Valued

REASONS = 2
NO_ACTION = "none"
HANDOFF = pa.schema(
    [
        ("customer_id", pa.string()),
        ("action", pa.string()),
        ("expected_incremental_value", pa.float64()),
        ("cost", pa.float64()),
        ("causal", pa.bool_()),
        ("reason_1", pa.string()),
        ("reason_2", pa.string()),
        ("holdout", pa.bool_()),
    ]
)
LEFT_ALONE = "left alone at random, to measure what acting brings"
NOT_OPEN = "no action is open: no consent to what actions need, or no value is known"
DOES_NOT_PAY = "no action is expected to bring more than it costs"
OUTBID = "budget and capacity are spent on customers for whom they bring more"
AVERAGE = "past campaigns show the same effect for everyone"
FORETOLD = "foretold by the score {score}; that the action causes it isn't shown"


@dataclass(frozen=True, kw_only=True)
class Book:
    """All reasons there are, so that a customer's are two numbers."""

    sentences: tuple[str, ...]
    starts: dict[str, int]

    def codes(self, valued: Valued, bins: Sequence[Bins], name: str, codes: np.ndarray) -> np.ndarray:
        """Reasons of customers who get an action, shape (customer, reason), −1 for none."""
        uplift = valued.uplifts.get(name)
        if uplift is None or not uplift.slope:
            first = np.full(len(codes), self.starts[name])
            return np.column_stack([first, np.full(len(codes), -1)])
        return _telling(uplift, bins, codes) + self.starts[name]


def book_of(valued: Valued, bins: Sequence[Bins], actions: Mapping[str, Action]) -> Book:
    """Number the sentences: those for nobody's action first, then each action's."""
    sentences, starts = [LEFT_ALONE, NOT_OPEN, DOES_NOT_PAY, OUTBID], {}
    words = [word for each in bins for word in each.words()]
    for name, action in actions.items():
        starts[name] = len(sentences)
        uplift = valued.uplifts.get(name)
        if uplift is None:
            sentences.append(FORETOLD.format(score=action.score or "none"))
        else:
            sentences.extend([f"responds more: {word}" for word in words] if uplift.slope else [AVERAGE])
    return Book(sentences=tuple(sentences), starts=starts)


def handoff_batches(
    audience: Audience,
    valued: Valued,
    chosen: np.ndarray,
    book: Book,
    bins: Sequence[Bins],
    *,
    correction: float = 0.0,
) -> pa.RecordBatchReader:
    """`next_actions.csv`, a batch at a time: one row a contact, and one with the action `none` for everyone who gets none.

    Args:
        audience: Everyone.
        valued: Offers.
        chosen: Who gets what, shape (customer, action).
        book: Reasons in words.
        bins: Of the features that reasons speak of.
        correction: By how much a measured contact brings more than it was chosen for, currency; see `held_out.plan_total`.
    """
    sentences = pa.array(book.sentences, pa.string())

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(audience), BATCH):
            here = slice(start, start + BATCH)
            who, action, why = _contacts(audience, valued, chosen, here, book, bins)
            yield _batch(audience, valued, who + start, action, why, sentences, correction)

    return pa.RecordBatchReader.from_batches(HANDOFF, batches())


def _contacts(
    audience: Audience, valued: Valued, chosen: np.ndarray, here: slice, book: Book, bins: Sequence[Bins]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers' places, actions (−1 for none) and reasons, in the order of customers."""
    flags = chosen[here]
    idle = np.flatnonzero(~flags.any(axis=1))
    parts = [(idle, np.full(len(idle), -1), _idle_reasons(audience, valued, here, idle))]
    for number, name in enumerate(valued.offers.actions):
        who = np.flatnonzero(flags[:, number])
        parts.append((who, np.full(len(who), number), book.codes(valued, bins, name, audience.codes[here][who])))
    who, action, why = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(who, kind="stable")
    return who[order], action[order], why[order]


def _idle_reasons(audience: Audience, valued: Valued, here: slice, idle: np.ndarray) -> np.ndarray:
    value, eligible = valued.offers.value[here][idle], valued.offers.eligible[here][idle]
    pays = (eligible & (value > valued.offers.cost)).any(axis=1)
    reason = np.select([audience.holdout[here][idle], ~eligible.any(axis=1), ~pays], [0, 1, 2], 3)
    return np.column_stack([reason, np.full(len(idle), -1)])


def _telling(uplift: Uplift, bins: Sequence[Bins], codes: np.ndarray) -> np.ndarray:
    """The bins that raise the effect most, as places among all words; −1 where none raises it."""
    parts = uplift.ranking.parts(codes)
    order = np.argsort(-parts, axis=1, kind="stable")[:, :REASONS]
    words = codes + uplift.ranking.starts
    raises = np.take_along_axis(parts, order, axis=1) > 0
    # A number below every sentence stays below after the action's start is added.
    told = np.where(raises, np.take_along_axis(words, order, axis=1), -(10**6))
    return np.pad(told, ((0, 0), (0, REASONS - told.shape[1])), constant_values=-(10**6))


def _batch(
    audience: Audience,
    valued: Valued,
    who: np.ndarray,
    action: np.ndarray,
    why: np.ndarray,
    sentences: pa.Array,
    correction: float,
) -> pa.RecordBatch:
    names = pa.array([*valued.offers.actions, NO_ACTION], pa.string())
    acted = action >= 0
    value = np.where(acted, valued.offers.value[who, action] + correction * valued.causal[action], 0.0)
    cost = np.where(acted, valued.offers.cost[action], 0.0)
    reasons = [sentences.take(pa.array(column, mask=column < 0)) for column in why.T]
    return pa.record_batch(
        [
            audience.ids.take(pa.array(who)).combine_chunks(),
            names.take(pa.array(np.where(acted, action, len(names) - 1))),
            pa.array(np.round((value - cost).astype(float), 4)),
            pa.array(cost),
            pa.array(valued.causal[action], mask=~acted),
            *reasons,
            pa.array(audience.holdout[who]),
        ],
        schema=HANDOFF,
    )
