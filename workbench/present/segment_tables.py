"""The tables of a segmentation's segments, movement, groups and micro-segments; a part that holds nothing says why."""

from __future__ import annotations

from workbench.present.display import Display, prose, table
from workbench.present.page_one import in_words
from workbench.segments import SegmentationResult
from workbench.segments.micro.groups import UNKNOWN

MOST_MICRO_SEGMENTS = 20


def segment_tables(result: SegmentationResult) -> tuple[Display, ...]:
    """Segments by size, value and trend, then what makes them and who acts on them."""
    currency = result.currency
    ends = {"realised_lower": "value_from", "realised_upper": "value_to"}
    columns = ["segment", "customers", "share_of_customers", "value", *ends.values(), "share_of_value"]
    shares = dict.fromkeys(("share_of_customers", "share_of_value"), "%")
    formats = {"customers": "int", **shares, **dict.fromkeys(("value", *ends.values()), currency)}
    trend = " Trend: growth in customers since the last run." if result.last_run else ""
    if result.last_run:
        columns, formats = [*columns, "trend"], formats | {"trend": "%"}
    frozen = f"Cut-offs of {result.cutoffs.made_on:%-d %B %Y}" + (
        f", frozen by {result.frozen_by}" if result.frozen_by else ""
    )
    return (
        table(
            result.segments.rename(columns=ends)[columns],
            caption="Segments by size and by the value expected over the horizon; what comes will lie between from and to in 19 of 20 "
            f"cases, if customers go on as before.{trend}",
            formats=formats,
        ),
        table(result.segments[["segment", "rule"]], caption=f"What makes a segment. {frozen}."),
        table(
            result.segments[["segment", "action", "owner", "holdout_customers"]],
            caption="What to do, and who does it. Holdout customers are drawn at random and left alone, so that the next orders show what "
            "acting on the others brought.",
            formats={"holdout_customers": "int"},
        ),
    )


def movement_tables(result: SegmentationResult) -> tuple[Display, ...]:
    """Flows in customers and money, and drift since the cut-offs were frozen."""
    if result.migration.empty:
        return (prose(result.notes["movement"]),)
    money = dict.fromkeys(("gained", "lost", "change"), result.currency)
    drift = result.drift.assign(name=[in_words(str(name)) for name in result.drift["name"]])
    return (
        table(
            result.flows[["flow", "customers", "gained", "lost", "change"]],
            caption=f"Customers since the run {result.last_run}, and what became of their expected value.",
            formats={"customers": "int", **money},
        ),
        table(
            drift,
            caption="Population stability index of features and scores since the cut-offs were frozen: of all customers, of those who are as "
            "old as some were then against these, and what chance alone reaches once in a hundred times.",
        ),
    )


def cluster_tables(result: SegmentationResult) -> tuple[Display, ...]:
    """Groups that customers form by themselves, in words."""
    told = prose(result.notes["clusters"])
    if result.clusters.empty:
        return (told,)
    shares = dict.fromkeys(("share_of_customers", "share_of_value"), "%")
    sizes = [
        "group",
        "share_of_customers",
        "share_of_value",
        "purchases",
        "days_since_last",
        "mean_order",
        "days_as_customer",
    ]
    groups = result.clusters.rename(columns={"cluster": "group"})
    rules = groups[["group", "rule", "precision", "coverage"]]
    return (
        told,
        table(
            groups[sizes],
            caption="Groups and their typical customer (geometric means). A group keeps its letter from run to run.",
            formats={**shares, "mean_order": result.currency, "days_since_last": "int", "days_as_customer": "int"},
        ),
        table(
            rules.assign(rule=rules.rule.where(rules.rule != "", "no short rule names it")),
            caption="Groups in words: how many of those who meet the rule are in the group, and how much of the group meets it.",
            formats={"precision": "%", "coverage": "%"},
        ),
    )


def micro_tables(result: SegmentationResult) -> tuple[Display, ...]:
    """Micro-segments, and what is not known of customers."""
    told = tuple(prose(result.notes[part]) for part in ("affinity", "engagement", "micro") if part in result.notes)
    if result.micro.empty:
        return told
    unknown = [name for name in ("category", "channel") if set(result.micro[name]) <= {UNKNOWN, ""}]
    shown = result.micro.head(MOST_MICRO_SEGMENTS).drop(columns=unknown)
    shown = shown.rename(columns={"purchases_90_days": "Purchases in 90 days"})
    return (
        *told,
        table(
            shown,
            caption="Micro-segments: purchases expected of a customer in the next 90 days, the category and the channel that lead; then all "
            "their customers, what they will buy in 90 days and what they are worth over the horizon. Small groups are put together.",
            formats={"customers": "int", "expected_purchases": "int", "expected_value": result.currency},
        ),
    )
