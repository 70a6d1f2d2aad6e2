"""Leads as cases: which are won within the horizon, which are still open, which nobody recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from workbench.config.customers import Score
from workbench.customers.consent import consent_check, unrecorded_check
from workbench.customers.fairness import groups_of
from workbench.errors import DataError, SpecError
from workbench.propensity.columns import Chosen, choose_columns
from workbench.propensity.rows import Population, TrainingRows, require_both_outcomes
from workbench.result import Check
from workbench.wording import count, percent

CANONICAL = ("lead_id", "created_at", "won_at", "won", "value", "consent_profiling", "consent_marketing")
LEAST_EXPECTED_WINS = 3.0
MEND = "check the mapping of leads.won_at and leads.won, and horizon_days"


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Leads with what is known of them on the day of scoring.

    Attributes:
        leads: The leads created by then, in order of time, with `won` (within the horizon) and `known` (moment).
        learnable: Whose outcome can be learnt from.
        open: Who can still be won.
        dated: Whether the days of winning are known.
        before_log: Leads created before deals were logged.
        log_starts: First day of the log.
        negative: Leads won before they were created.
        undated: Leads won on a day that isn't known.
    """

    leads: pd.DataFrame
    learnable: np.ndarray
    open: np.ndarray
    dated: bool
    before_log: int
    log_starts: date | None
    negative: int
    undated: int


def lead_population(leads: ibis.Table, spec: Score, as_of: date | None) -> Population:
    """Cases of `leads`: one a lead, scored when it was created.

    Args:
        leads: Validated canonical table.
        spec: With kind `lead`.
        as_of: Day of scoring; by default the last day on record.

    Raises:
        DataError: If no outcome is recorded, or only one kind.
        SpecError: If the configuration names columns that aren't there.
    """
    if unknown := [name for name in spec.fairness if name not in leads.columns]:
        raise SpecError(f"fairness names {unknown[0]}, which leads lack; they have {', '.join(leads.columns)}")
    permitted, consent = _with_consent(leads, spec)
    frame = permitted.execute().sort_values(["created_at", "lead_id"], kind="stable", ignore_index=True)
    day = as_of or _last_day(frame)
    labelled = label_leads(frame, spec.horizon_days, day)
    rows = labelled.leads[labelled.learnable].reset_index(drop=True)
    require_both_outcomes(rows.won.to_numpy(dtype=bool), "leads.won", MEND)
    attributes = rows.drop(columns=[name for name in (*CANONICAL, "known") if name in rows])
    chosen = choose_columns(attributes, rows.created_at, spec)
    training = _training(rows, chosen, spec)
    anybody = bool(labelled.open.any())
    ids = labelled.leads.lead_id[labelled.open if anybody else labelled.learnable]
    return Population(
        training=training,
        open=_open(permitted, ids, list(training.features.columns)),
        rehearsal=not anybody,
        as_of=day,
        exclusions=chosen.exclusions,
        checks=(_outcome_check(labelled, spec, day), consent),
        noun="leads",
        past=rows.lead_id.astype("str"),
    )


def label_leads(leads: pd.DataFrame, horizon_days: int, as_of: date) -> Labelled:
    """Say which leads were won within the horizon, as far as that was known on the day.

    Raises:
        DataError: If neither the day of winning nor whether a lead was won is recorded.
    """
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    created = leads[leads.created_at < end].reset_index(drop=True)
    won_at = (
        created["won_at"] if "won_at" in created else pd.Series(pd.NaT, index=created.index, dtype="datetime64[us]")
    )
    flag = created["won"] if "won" in created else pd.Series(None, index=created.index, dtype="boolean")
    if won_at.isna().all() and flag.isna().all():
        raise DataError(
            "leads say of no lead whether it was won; map leads.won_at, the day of winning, or leads.won, a yes or no, where the day "
            "isn't recorded"
        )
    _refuse_contradiction(created, won_at, flag)
    if won_at.isna().all():
        return _flagged(created, flag)
    won_at = won_at.where(won_at < end)
    lag = (won_at - created.created_at).dt.total_seconds() / 86400
    undated = (flag == True).fillna(False).to_numpy(dtype=bool) & won_at.isna().to_numpy()  # noqa: E712
    closes = created.created_at + pd.Timedelta(days=horizon_days)
    closed = (closes <= end).to_numpy()
    log_starts, before = _log_start(created, won_at, lag, closed, horizon_days)
    return Labelled(
        leads=created.assign(won=(lag <= horizon_days).to_numpy() | undated, known=closes),
        learnable=closed & ~before,
        open=~closed & won_at.isna().to_numpy() & ~undated,
        dated=True,
        before_log=int(before.sum()),
        log_starts=log_starts,
        negative=int((lag < 0).sum()),
        undated=int(undated.sum()),
    )


def _flagged(created: pd.DataFrame, flag: pd.Series) -> Labelled:
    said = flag.notna().to_numpy()
    return Labelled(
        leads=created.assign(won=flag.fillna(False).astype(bool).to_numpy(), known=created.created_at),
        learnable=said,
        open=~said,
        dated=False,
        before_log=0,
        log_starts=None,
        negative=0,
        undated=0,
    )


def _refuse_contradiction(leads: pd.DataFrame, won_at: pd.Series, flag: pd.Series) -> None:
    both = won_at.notna() & (flag == False).fillna(False)  # noqa: E712
    if both.any():
        first = leads.lead_id[both].iloc[0]
        raise DataError(
            f"leads.won is false in {int(both.sum()):,} rows that carry a won_at (first: lead {first}); correct one of the two"
        )


def _log_start(
    leads: pd.DataFrame, won_at: pd.Series, lag: pd.Series, closed: np.ndarray, horizon_days: int
) -> tuple[date | None, np.ndarray]:
    """The day of the first deal, and who came before it, where too many wins are missing there to be chance."""
    none = np.zeros(len(leads), dtype=bool)
    if won_at.isna().all():
        return None, none
    starts = won_at.min().normalize()
    before = (leads.created_at < starts).to_numpy()
    later = closed & ~before
    if not before.any() or not later.any():
        return None, none
    lags = np.sort(lag[later & (lag <= horizon_days).to_numpy()].to_numpy())
    waited = ((starts - leads.created_at[before]).dt.total_seconds() / 86400).to_numpy()
    expected = np.searchsorted(lags, np.minimum(waited, horizon_days)).sum() / later.sum()
    return (starts.date(), before) if expected >= LEAST_EXPECTED_WINS else (None, none)


def _training(rows: pd.DataFrame, chosen: Chosen, spec: Score) -> TrainingRows:
    won = rows.won.to_numpy(dtype=bool)
    value = rows["value"].to_numpy(dtype=float) if "value" in rows else np.full(len(rows), np.nan)
    groups = {name: groups_of(rows[name]) for name in spec.fairness}
    return TrainingRows(
        features=chosen.features,
        outcome=won,
        time=rows.created_at.to_numpy(),
        known=rows.known.to_numpy(),
        unit=np.arange(len(rows)),
        value=np.where(won, value, np.nan),
        made=frozenset(),
        groups=pd.DataFrame(groups, index=rows.index),
    )


def _open(leads: ibis.Table, ids: pd.Series, columns: list[str]) -> ibis.Table:
    wanted = ibis.memtable(pd.DataFrame({"lead_id": ids.astype("str")}), schema={"lead_id": "string"})
    rows = leads.semi_join(wanted, "lead_id")
    return rows.select(id=rows.lead_id, scored_at=rows.created_at, **{name: rows[name] for name in columns})


def _last_day(leads: pd.DataFrame) -> date:
    moments = [leads[name].max() for name in ("created_at", "won_at") if name in leads and leads[name].notna().any()]
    if not moments:
        raise DataError("leads hold no rows; map a table that does")
    return max(moments).date()


def _with_consent(leads: ibis.Table, spec: Score) -> tuple[ibis.Table, Check]:
    column = f"consent_{spec.purpose}"
    if column not in leads.columns:
        return leads, unrecorded_check([spec.purpose], table="leads")
    agreed = leads.filter(leads[column].cast("boolean").fill_null(False))
    everyone, kept = int(leads.count().execute()), int(agreed.count().execute())
    return agreed, consent_check([spec.purpose], refused=everyone - kept, known=everyone, people="leads")


def _outcome_check(labelled: Labelled, spec: Score, day: date) -> Check:
    learnt = int(labelled.learnable.sum())
    won = int(labelled.leads.won[labelled.learnable].sum())
    said = [f"{count(learnt)} leads have a known outcome; {count(won)} of them ({percent(won / learnt)}) were won"]
    if labelled.dated:
        said[0] += f" within {spec.horizon_days} days"
        waiting = int((labelled.leads.known > pd.Timestamp(day + timedelta(days=1))).sum())
        if waiting:
            said.append(f"{count(waiting)} leads younger than that are not learnt from, since they may still be won")
    if labelled.before_log:
        said.append(
            f"{count(labelled.before_log)} leads created before {labelled.log_starts:%-d %B %Y}, when the first deal was logged, were "
            "left out: nobody can tell whether they were won"
        )
    if labelled.negative:
        said.append(_won(labelled.negative, "before {it} {was} created and {counts} as won at once"))
    if labelled.undated:
        said.append(_won(labelled.undated, "on a day that isn't known and {counts} as won within the horizon"))
    return Check(name="outcome", passed=None, value=won / learnt, detail="; ".join(said) + ".")


def _won(leads: int, how: str) -> str:
    words = (
        {"it": "it", "was": "was", "counts": "counts"}
        if leads == 1
        else {"it": "they", "was": "were", "counts": "count"}
    )
    return f"{count(leads)} {words['was']} won {how.format(**words)}"
