"""One segment: who its customers are, what they buy, what they are worth, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from workbench.apps.answering import follow
from workbench.apps.cards import Card, cards
from workbench.apps.controls import picker
from workbench.apps.page import Section, html, row, section
from workbench.apps.segments_bars import Bars, bars_chart, redraw
from workbench.apps.segments_overview import value_and_ends
from workbench.apps.segments_saved import Run, shown_segments, small_rule, smallest_group
from workbench.apps.segments_words import LEVEL, listed, paragraph, told_share
from workbench.result import Result
from workbench.wording import count, interval, money, percent

EVERYBODY, REST = "all customers", "all others"
TRAITS = {
    "days_since_last": "Last purchase",
    "purchases": "Number of purchases",
    "affinity": "What they buy",
    "engagement": "Where they are reached",
    "market": "Market",
    "acquisition_channel": "Where they came from",
}
TITLES = {
    "days_since_last": "Share of customers by time since the last purchase",
    "purchases": "Share of customers by number of purchases so far",
    "affinity": "Share of the last year's purchases by category",
    "engagement": "Share of the last year's contacts by channel",
    "market": "Share of customers by market",
    "acquisition_channel": "Share of customers by where they came from",
}
AGAIN = (
    "This run was saved by an earlier version, so when customers bought, their markets and channels aren't in it: "
    "`workbench run segmentation`, then publish again."
)


@dataclass(frozen=True, kw_only=True)
class SavedContacts(Result):
    """The newest plan of contacts as far as this app shows it; the fields are those of `next_action.NextActionResult`."""

    analysis: ClassVar[str] = "next_best_action"

    actions: pd.DataFrame
    groups: pd.DataFrame


def profile(run: Run, contacts: SavedContacts | None) -> Section:
    """A segment of choice, by a trait of choice."""
    names = shown_segments(run).segment.tolist()
    best = shown_segments(run).nlargest(1, "value").segment.iloc[0]
    segment = picker("Segment", names, best)
    trait = picker("By", {TRAITS[name]: name for name in traits(run, best)}, traits(run, best)[0])
    facts, said = html(), html()
    shown = bars_chart(trait_bars(run, best, trait.value))

    def tell_facts() -> None:
        facts.value = cards(profile_cards(run, segment.value)) + paragraph(next_step(run, contacts, segment.value))

    def show_trait() -> None:
        said.value = paragraph(trait_sentence(run, segment.value, trait.value))
        redraw(shown, trait_bars(run, segment.value, trait.value))

    tell_facts()
    show_trait()
    follow([segment], tell_facts)
    follow([segment, trait], show_trait)
    note = html(paragraph(profile_note(run)))
    return section("One segment in detail", row(segment, trait), facts, said, shown, note)


def traits(run: Run, segment: str) -> list[str]:
    """What is known of a segment's customers, in the order of `TRAITS`."""
    result = run.result
    own = set() if result.profile.empty else set(result.profile[result.profile.segment == EVERYBODY].trait)
    lifted = {name for name in ("affinity", "engagement") if len(getattr(result, name))}
    return [name for name in TRAITS if name in own | lifted] or ["purchases"]


def trait_bars(run: Run, segment: str, trait: str) -> Bars:
    """The segment's shares beside those of all customers."""
    rows = _lifted(run, segment, trait) if trait in ("affinity", "engagement") else _profiled(run, segment, trait)
    title = TITLES[trait]
    texts = rows.text.tolist()
    what = f"{title}, {segment} against all customers"
    return Bars(
        names=rows.level.tolist(),
        values=rows.share.to_numpy(dtype=float),
        lower=rows.lower.to_numpy(dtype=float),
        upper=rows.upper.to_numpy(dtype=float),
        texts=texts,
        title=title,
        unit="%",
        beside=rows.usual.to_numpy(dtype=float),
        beside_name="all customers",
        alt=f"Bars. {what}: {listed(rows.level.tolist(), texts)}.",
    )


_COLUMNS = ["level", "share", "lower", "upper", "usual", "text"]


def _profiled(run: Run, segment: str, trait: str) -> pd.DataFrame:
    """Counted shares: exact, so without an interval. What `REST` gathers depends on the segment; without it all levels are told."""
    table = run.result.profile
    if table.empty:
        return pd.DataFrame(columns=_COLUMNS)
    levels = table[table.trait == trait].set_index("level")
    own, everybody = (levels.customers[levels.segment == name] for name in (segment, EVERYBODY))
    if REST not in own.index:
        own = own.reindex(everybody.index, fill_value=0)
    usual = everybody.reindex(own.index).astype(float) / everybody.sum()
    if REST in own.index:
        usual[REST] = 1 - usual.drop(REST).sum()
    # Whole percents: with exact shares of all customers, other segments' small groups could be had by subtraction.
    usual, share = usual.round(2), own / own.sum()
    texts = [f"{percent(part, 0)} (all: {percent(whole, 0)})" for part, whole in zip(share, usual, strict=True)]
    values = {"level": own.index, "share": share.to_numpy(), "usual": usual.to_numpy(), "text": texts}
    return pd.DataFrame({**values, "lower": np.nan, "upper": np.nan})[_COLUMNS]


def _lifted(run: Run, segment: str, trait: str) -> pd.DataFrame:
    """Shares of events, with the interval that comes of how many customers they are from."""
    table = run.result.affinity if trait == "affinity" else run.result.engagement
    own = table[table.segment == segment].reset_index(drop=True)
    usual = own.share / own.lift
    ends = own.lower * usual, own.upper * usual
    texts = [told_share(*each) for each in zip(own.share, *ends, strict=True)]
    frame = own.rename(columns={"kind": "level"})[["level", "share"]]
    return frame.assign(lower=ends[0], upper=ends[1], usual=usual, text=texts)[_COLUMNS]


def trait_sentence(run: Run, segment: str, trait: str) -> str:
    """Where the segment differs most from all customers; of shares with an interval only what is clear of chance."""
    if trait not in ("affinity", "engagement"):
        rows = _profiled(run, segment, trait)
        if rows.empty:
            return f"Nothing is shown of {segment} here: {small_rule(run)}."
        named = rows[rows.level != REST] if len(rows) > 1 else rows
        far = named.iloc[int((named.share - named.usual).abs().to_numpy().argmax())]
        heading = TRAITS[trait].lower()
        return (
            f"Blue bars are {segment}, the thin grey ones all customers. They differ most here: {heading}, {far.level}: "
            f"{percent(far.share, 0)} of the segment, {percent(far.usual, 0)} of all customers."
        )
    table = run.result.affinity if trait == "affinity" else run.result.engagement
    own = table[table.segment == segment]
    if own.empty:
        return f"Nothing is shown of {segment} here: {small_rule(run)}."
    clear = own[own.clear]
    if clear.empty:
        return (
            f"Blue bars are {segment}, the thin grey ones all customers, lines where the segment's share lies in {LEVEL}. No difference is "
            "clear of chance: treat them alike here."
        )
    far = clear.iloc[int((clear.lift - 1).abs().to_numpy().argmax())]
    return (
        f"Blue bars are {segment}, the thin grey ones all customers, lines where the segment's share lies in {LEVEL}. The clearest difference: "
        f"{far.kind} has {interval(far.lower, far.upper, '')} times the share that it has with all customers."
    )


def profile_cards(run: Run, segment: str) -> list[Card]:
    """Size, value and activity of a segment."""
    rows = shown_segments(run)
    one = rows[rows.segment == segment]
    result, found = run.result, one.iloc[0]
    value, lower, upper = (float(column[0]) for column in value_and_ends(one))
    size, currency = float(found.customers), result.currency
    each = interval(lower / size, upper / size, currency)
    told = [
        Card("Customers", count(size), f"{percent(found.share_of_customers)} of all. {found.rule}"),
        Card(f"Value, next {result.span}", money(value, currency), f"{interval(lower, upper, currency)} in {LEVEL}"),
        Card("Value of one customer", money(value / size, currency), f"{each} on average, in {LEVEL}"),
        Card(
            "Revenue so far", money(found.past_revenue, currency), f"{money(found.past_revenue / size, currency)} each"
        ),
    ]
    if np.isfinite(found.mean_probability_alive):
        told.append(_activity(run, segment, float(found.mean_probability_alive)))
    return told


def _activity(run: Run, segment: str, alive: float) -> Card:
    """How many still buy, and what would come back if all did."""
    result = run.result
    try:
        risk = result.estimate("value_at_risk", segment)
    except KeyError:
        return Card("Still active", percent(alive, 0), "expected share of them")
    ends = interval(risk.lower, risk.upper, result.currency)
    return Card(
        "Still active", percent(alive, 0), f"if all were: {money(risk.estimate, result.currency)} more ({ends})"
    )


def next_step(run: Run, contacts: SavedContacts | None, segment: str) -> str:
    """What to do for the segment, who does it, and what the plan of contacts has for it."""
    rows = run.result.segments
    found = rows[rows.segment == segment].iloc[0]
    alone = (
        f" {count(found.holdout_customers)} of them, drawn at random, are left alone, so that the next orders show what it brought."
        if found.holdout_customers >= smallest_group(run)
        else ""
    )
    return f"What to do next: {found.action}. Who: {found.owner}.{alone}{planned_contacts(run, contacts, segment)}"


def planned_contacts(run: Run, contacts: SavedContacts | None, segment: str) -> str:
    """How many of a segment the newest plan of contacts reaches, by action; empty without a plan."""
    if contacts is None:
        return ""
    labels = contacts.actions.set_index("action").label
    own = contacts.groups[contacts.groups.segment == segment]
    large = own[own.action.isin(labels.index) & (own.customers >= smallest_group(run))]
    if large.empty:
        return ""
    said = [f"{labels[action]} to {count(sent)}" for action, sent in zip(large.action, large.customers, strict=True)]
    return f" The newest plan of contacts sends {', '.join(said)} of them."


def profile_note(run: Run) -> str:
    if run.result.profile.empty:
        return AGAIN
    return f"No row is about one person: {small_rule(run)}; they are told together as “{REST}”."
