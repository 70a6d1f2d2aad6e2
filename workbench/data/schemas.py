"""The canonical tables: columns, rules and grain, each declared once with Pandera.

The same declaration is checked inside the engine (`validate`) and on pandas frames (`schema.validate`). A check's `error` is
the mend that a user reads; the schema's `metadata["grain"]` names the columns that identify a row.
"""

from __future__ import annotations

import numpy as np
import pandera.pandas as pa
from pandera.pandas import Check, Column, DataFrameSchema


def _not_negative(mend: str) -> Check:
    return Check.ge(0, error=mend)


def _positive(mend: str) -> Check:
    return Check.gt(0, error=mend)


def _table(grain: list[str], columns: dict[str, Column], **options: object) -> DataFrameSchema:
    return DataFrameSchema(columns, unique=grain, metadata={"grain": grain}, strict=False, **options)  # type: ignore[arg-type]


TEXT, NUMBER, DAY, FLAG = str, float, "datetime64[us]", pa.BOOL


def _text(**options: object) -> Column:
    return Column(TEXT, nullable=False, **options)  # type: ignore[arg-type]


def _number(*checks: Check, **options: object) -> Column:
    return Column(NUMBER, list(checks), nullable=False, **options)  # type: ignore[arg-type]


def _day(**options: object) -> Column:
    return Column(DAY, nullable=False, **options)  # type: ignore[arg-type]


_MEDIA = _table(
    ["week", "market", "channel"],
    {
        "week": _day(description="first day of the week"),
        "market": _text(),
        "channel": _text(),
        "spend": _number(_not_negative("book refunds as their own channel or set them to 0"), description="currency"),
        "impressions": _number(_not_negative("count impressions from 0 up"), required=False),
    },
)
_KPI = _table(
    ["week", "market"],
    {
        "week": _day(description="first day of the week"),
        "market": _text(),
        "kpi": _number(_not_negative("net returns against the week of the sale"), description="currency or units"),
        "value_per_conversion": _number(_positive("give each unit a positive value"), required=False),
        "population": _number(_positive("leave the column out where it is unknown"), required=False),
    },
)
_CONTROLS = _table(
    ["week", "market", "control"],
    {"week": _day(), "market": _text(), "control": _text(), "value": _number()},
)

SCHEMAS: dict[str, DataFrameSchema] = {
    "transactions": _table(
        ["order_id"],
        {
            "customer_id": _text(description="customer"),
            "ordered_at": _day(description="time of the order"),
            "revenue": _number(description="currency; negative for a return"),
            "order_id": _text(required=False),
            "margin": _number(required=False, description="currency"),
            "market": _text(required=False),
            "category": Column(TEXT, nullable=True, required=False, description="what was bought"),
            "test": Column(FLAG, nullable=True, required=False, description="an order that nobody meant"),
        },
    ),
    "customers": _table(
        ["customer_id"],
        {
            "customer_id": _text(),
            "market": Column(TEXT, nullable=True, required=False),
            "acquired_at": Column(DAY, nullable=True, required=False),
            "acquisition_channel": Column(TEXT, nullable=True, required=False),
            "consent_profiling": Column(FLAG, nullable=True, required=False),
            "consent_marketing": Column(FLAG, nullable=True, required=False),
        },
    ),
    "erasures": _table(["customer_id"], {"customer_id": _text(), "erased_at": _day(required=False)}),
    "touchpoints": _table(
        [],
        {
            "customer_id": _text(),
            "happened_at": _day(),
            "channel": _text(),
            "event": _text(description="view, click, open …"),
            "category": Column(TEXT, nullable=True, required=False),
        },
    ),
    "contacts": _table(
        ["campaign_id", "customer_id"],
        {
            "campaign_id": _text(),
            "customer_id": _text(),
            "contacted_at": _day(description="for the control group, when it would have been contacted"),
            "action": _text(description="`none` for the control group"),
            "probability": Column(
                NUMBER,
                [
                    _positive("leave it empty where contacts were not drawn at random"),
                    Check.le(1, error="a probability is at most 1"),
                ],
                nullable=True,
                required=False,
                description="of getting the action that was taken, where it was drawn at random",
            ),
            "cost": _number(_not_negative("book refunds elsewhere"), required=False, description="currency"),
        },
    ),
    "leads": _table(
        ["lead_id"],
        {
            "lead_id": _text(),
            "created_at": _day(),
            "won_at": Column(DAY, nullable=True, required=False),
            "won": Column(FLAG, nullable=True, required=False, description="where the day is not known"),
            "value": Column(NUMBER, nullable=True, required=False, description="currency, of a won lead"),
        },
    ),
    "subscriptions": _table(
        ["subscription_id"],
        {
            "subscription_id": _text(),
            "customer_id": _text(),
            "started_at": _day(),
            "ended_at": Column(DAY, nullable=True, required=False),
            "price": _number(
                _not_negative("a free subscription costs 0"), required=False, description="currency a period"
            ),
            "plan": Column(TEXT, nullable=True, required=False),
        },
    ),
    "media": _MEDIA,
    "kpi": _KPI,
    "controls": _CONTROLS,
    "lift": _table(
        ["experiment_id", "channel"],
        {
            "experiment_id": _text(),
            "channel": _text(),
            "markets": _text(description="names joined by ;"),
            "start": _day(),
            "end": _day(),
            "spend_change": _number(Check.ne(0, error="a test that changed no spend says nothing about its return")),
            "lift": _number(description="KPI units in total"),
            "lift_se": _number(_positive("give the standard error of the lift")),
            "weight": _number(
                _positive("leave out a test that should not count"),
                Check.le(1, error="1 counts in full, less discounts"),
                required=False,
            ),
        },
    ),
    "units": _table(
        ["experiment_id", "unit_id"],
        {
            "experiment_id": _text(),
            "unit_id": _text(),
            "variant": _text(),
            "assigned_at": _day(required=False, description="time of the assignment to an arm"),
            "exposed_at": Column(
                DAY, nullable=True, required=False, description="time when the unit first met the treatment"
            ),
        },
    ),
    "geo": _table(
        ["experiment_id", "date", "market"],
        {"experiment_id": _text(), "date": _day(), "market": _text(), "kpi": _number()},
    ),
    "capacity": _table(
        ["week", "market", "team"],
        {
            "week": _day(description="first day of the week"),
            "market": _text(description="`all` for a team that serves every market"),
            "team": _text(description="as in [planning.capacity]"),
            "units": _number(
                _not_negative("write 0 for a week in which the team takes nothing"),
                description="most that the team can take in the week",
            ),
        },
    ),
    "commitments": _table(
        ["week", "market", "channel"],
        {
            "week": _day(description="first day of the week"),
            "market": _text(),
            "channel": _text(),
            "spend": _number(_not_negative("leave out what is not committed"), description="currency"),
            "cancellable_until": Column(
                DAY,
                nullable=True,
                required=False,
                description="last day on which it can be given back; empty for never",
            ),
        },
    ),
    "deliveries": _table(
        ["week", "market", "team"],
        {
            "week": _day(description="first day of the week"),
            "market": _text(description="`all` for a team that serves every market"),
            "team": _text(),
            "handled": _number(_not_negative("count what was handled from 0 up"), description="units"),
            "arrived": _number(_not_negative("count what arrived from 0 up"), required=False, description="units"),
        },
    ),
    # What came after the weeks that the model was fitted on, where a company keeps it apart.
    "later_media": _MEDIA,
    "later_kpi": _KPI,
    "later_controls": _CONTROLS,
}

# Tables that carry columns of the company's own (metrics, covariates, attributes) beside the canonical ones.
OPEN_TABLES = frozenset({"units", "customers", "leads"})
# Tables that may hold nothing: nobody asked yet, nothing is booked.
MAY_BE_EMPTY = frozenset({"erasures", "commitments"})
# Named in `media` and `controls` when the company's table has one column per channel.
WIDE_DIMENSION = {
    "media": "channel",
    "controls": "control",
    "later_media": "channel",
    "later_controls": "control",
}

# The column that says when a row happened.
TIME_COLUMN = {
    "transactions": "ordered_at",
    "touchpoints": "happened_at",
    "contacts": "contacted_at",
    "leads": "created_at",
    "subscriptions": "started_at",
    "media": "week",
    "kpi": "week",
    "controls": "week",
    "lift": "start",
    "units": "assigned_at",
    "geo": "date",
    "capacity": "week",
    "commitments": "week",
    "deliveries": "week",
    "later_media": "week",
    "later_kpi": "week",
    "later_controls": "week",
}


_KINDS = {"datetime": "day", "str": "text", "float": "number", "bool": "flag"}


def kind(column: Column) -> str:
    """What a canonical column holds: `text`, `number`, `day` or `flag`."""
    name = str(column.dtype)
    return next(kind for start, kind in _KINDS.items() if name.startswith(start))


def grain(schema: DataFrameSchema) -> list[str]:
    """Columns that identify a row."""
    return list((schema.metadata or {})["grain"])


def limits(column: Column) -> list[tuple[str, float, str]]:
    """A column's numeric rules as `(comparison, bound, mend)`, the comparison in `ge, gt, le, ne`."""
    names = {
        "greater_than_or_equal_to": ("ge", "min_value"),
        "greater_than": ("gt", "min_value"),
        "less_than_or_equal_to": ("le", "max_value"),
        "not_equal_to": ("ne", "value"),
    }
    found = []
    for check in column.checks:
        comparison, statistic = names[str(check.name)]
        found.append((comparison, float(np.float64(check.statistics[statistic])), str(check.error)))
    return found
