"""The headline numbers of a pack: customers' value, the return of media, the plan, contacts and tests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from workbench.present.pack.amounts import found
from workbench.present.pack.material import Material, Used
from workbench.present.pack.media import caused_by_media, return_of_media
from workbench.present.pack.record import Headline
from workbench.result import Estimate, Result
from workbench.wording import one

CUSTOMERS, MEDIA, PLAN, CONTACTS, TESTS = "Customers", "Media", "Plan", "Contacts", "Tests"
AT_RISK = "At risk, valuable"
MOST_TESTS = 8


def headlines(material: Material) -> tuple[Headline, ...]:
    """All that there are, in the order in which a reader meets them."""
    return (
        *_of_customers(material),
        *_of_media(material),
        *_of_plan(material),
        *_of_review(material),
        *_of_contacts(material),
        *_of_tests(material),
    )


def headline_of(key: str, group: str, label: str, estimate: Estimate, run_id: str) -> Headline:
    """A number as packs keep it."""
    return Headline(
        key=key,
        group=group,
        label=label,
        estimate=_finite(estimate.estimate),
        lower=_finite(estimate.lower),
        upper=_finite(estimate.upper),
        unit=estimate.unit,
        level=_finite(estimate.level),
        run_id=run_id,
    )


def _of_customers(material: Material) -> Iterator[Headline]:
    if not (used := material.customers):
        return
    horizon = f"{used.result.horizon} {used.result.time_unit}s"
    wanted = (
        ("realised_value", "all customers", f"Value of all customers over {horizon}"),
        ("value_at_risk", AT_RISK, "Value to win back from customers who stopped"),
    )
    yield from _estimates(used, CUSTOMERS, wanted)
    customers = Estimate(quantity="customers", entity="all", estimate=float(used.result.segments["customers"].sum()))
    yield headline_of("customers/all", CUSTOMERS, "Customers known", customers, used.run_id)


def _of_media(material: Material) -> Iterator[Headline]:
    if not (used := material.media_mix):
        return
    result = used.result
    if caused := caused_by_media(result):
        yield headline_of("contribution/media", MEDIA, "Revenue that media caused", caused, used.run_id)
    per = f"per {one(result.currency)}"
    if back := return_of_media(result):
        yield headline_of("roas/media", MEDIA, f"Return of all media {per}", back, used.run_id)
    rows: pd.DataFrame = result.estimates[result.estimates["quantity"] == "roas"]
    for channel in rows.sort_values("estimate", ascending=False)["entity"]:
        back = replace(result.estimate("roas", str(channel)), unit=result.currency)
        yield headline_of(f"roas/{channel}", MEDIA, f"Return of {result.label(str(channel))} {per}", back, used.run_id)


def _of_plan(material: Material) -> Iterator[Headline]:
    if not (used := material.plan):
        return
    wanted = (
        ("spend", "plan", "Budget of the plan"),
        ("revenue", "plan", "Revenue that the plan's media cause"),
        ("gain", "plan", "Gain of the plan over the current mix"),
    )
    yield from _estimates(used, PLAN, wanted)


def _of_review(material: Material) -> Iterator[Headline]:
    if not (used := material.review):
        return
    wanted = (
        ("revenue", "expected", "Revenue expected at the plan's end"),
        ("revenue", "planned", "Revenue foreseen by the plan"),
    )
    yield from _estimates(used, PLAN, wanted)
    for goal in used.result.goals.to_dict("records"):
        if not pd.isna(goal["probability"]):
            likely = Estimate(quantity="p", entity=str(goal["goal"]), estimate=goal["probability"], unit="%")
            yield headline_of(f"goal/{goal['goal']}", PLAN, f"Chance of goal {goal['label']}", likely, used.run_id)


def _of_contacts(material: Material) -> Iterator[Headline]:
    if used := material.contacts:
        yield from _estimates(used, CONTACTS, (("incremental_profit", "the plan", "Profit of the planned contacts"),))
    for score in material.scores:
        wanted = (("expected_profit", "selected customers", f"Profit of acting on “{score.result.title}”, at most"),)
        yield from _estimates(score, CONTACTS, wanted, key=f"{score.result.title}/")


def _of_tests(material: Material) -> Iterator[Headline]:
    for record in material.learnings[: -MOST_TESTS - 1 : -1]:
        if record.get("profit") is not None:
            name = str(record["experiment_id"])
            yield headline_of(f"test/{name}", TESTS, f"Profit of {spoken(name)}", profit_of(record), record["run_id"])


def profit_of(record: Mapping[str, Any]) -> Estimate:
    """What a test's treatment brought less what it cost; NaN where that isn't known."""
    numbers = [record.get(name) for name in ("profit", "profit_lower", "profit_upper", "level")]
    profit, lower, upper, level = (math.nan if value is None else float(value) for value in numbers)
    return Estimate(
        quantity="profit",
        entity=str(record["experiment_id"]),
        estimate=profit,
        lower=lower,
        upper=upper,
        unit=str(record.get("currency") or ""),
        level=level,
    )


def spoken(name: str) -> str:
    """A test's name in a sentence.

    >>> spoken("winter_email")
    'winter email'
    """
    return name.replace("_", " ")


def _estimates(
    used: Used[Any], group: str, wanted: tuple[tuple[str, str, str], ...], key: str = ""
) -> Iterator[Headline]:
    result: Result = used.result
    for quantity, entity, label in wanted:
        if estimate := found(result, quantity, entity):
            name = f"{result.analysis}/{key}{quantity}/{entity}"
            yield headline_of(name, group, label, estimate, used.run_id)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
