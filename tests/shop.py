"""A small shop with every table that analyses of customers read, in files and on a server: the same company twice."""

from __future__ import annotations

from pathlib import Path

import ibis
import numpy as np
import pandas as pd

CUSTOMERS, LEADS = 900, 1200
START, LAST = pd.Timestamp("2023-06-05"), pd.Timestamp("2024-07-28")
CAMPAIGN = pd.Timestamp("2024-06-03")
SETTINGS = """
[segmentation]
margin = 0.4
horizon = 26
holdout = 13
models = ["BG/NBD"]
clusters = [2, 2]
groups = []

[scores.next_order]
kind = "conversion"
horizon_days = 28
as_of_days = 2
value = 20.0
cost = 1.0
fairness = ["age_band"]

[scores.churn]
kind = "churn"
horizon_days = 28
as_of_days = 2
active_days = 180

[scores.lead]
kind = "lead"
horizon_days = 60
value = 300.0
cost = 20.0

[next_best_action]
horizon_days = 28
budget = 300.0

[next_best_action.actions.voucher]
cost = 0.6
campaigns = ["june"]

[next_best_action.actions.call]
cost = 2.0
score = "next_order"
capacity = 40

[governance]
fairness = ["age_band"]
"""
# As a company's database has them, unlike the files: money in cents, small numbers, flags as digits, texts with a limit.
TYPES = {
    "transactions": {"revenue": "numeric(12, 2)", "ordered_at": "timestamp(0)", "customer_id": "varchar(13)"},
    "customers": {"acquired_at": "date", "visits": "smallint", "age_band": "varchar(8)"},
    "contacts": {"probability": "numeric(6, 4)", "contacted_at": "date"},
    "leads": {"budget": "integer"},
}


def make_shop(seed: int = 1) -> dict[str, pd.DataFrame]:
    """Customers of two speeds; the voucher works for the young; leads with budgets are won more often."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"person-{number:06d}" for number in rng.permutation(CUSTOMERS)])
    young, quick = rng.random(CUSTOMERS) < 0.5, rng.random(CUSTOMERS) < 0.4
    days = (LAST - START).days
    acquired = rng.integers(0, days - 120, CUSTOMERS)
    orders = rng.poisson(np.where(quick, 0.03, 0.006) * (days - acquired))
    who = np.repeat(np.arange(CUSTOMERS), orders + 1)
    first = np.r_[True, who[1:] != who[:-1]]
    since = np.where(first, 0, rng.integers(0, days - acquired[who]))
    contacted = np.flatnonzero(rng.random(CUSTOMERS) < 0.9)
    drawn = rng.random(len(contacted)) < 0.4
    answers = rng.random(len(contacted)) < np.where(drawn & young[contacted], 0.3, 0.02)
    bought = _orders(ids[who], START + pd.to_timedelta(acquired[who] + since, "D"), rng)
    answered = _orders(ids[contacted[answers]], CAMPAIGN + pd.Timedelta(days=4), rng)
    returned = bought.sample(frac=0.02, random_state=seed).assign(revenue=lambda rows: -rows.revenue)
    transactions = pd.concat([bought, answered, returned], ignore_index=True)
    touchpoints = _touchpoints(transactions, rng)
    everywhere = sorted(set(touchpoints.customer_id) & set(ids[contacted]))
    return {
        "transactions": transactions.assign(
            order_id=np.arange(len(transactions)).astype(str), category=rng.choice(list("abc"), len(transactions))
        ),
        "customers": pd.DataFrame(
            {
                "customer_id": ids,
                "acquired_at": START + pd.to_timedelta(acquired, "D"),
                "consent_profiling": rng.random(CUSTOMERS) < 0.9,
                "consent_marketing": rng.random(CUSTOMERS) < 0.8,
                "age_band": np.where(young, "young", "old"),
                "visits": rng.poisson(np.where(quick, 6, 2)),
                "loyal": rng.random(CUSTOMERS) < 0.3,
            }
        ),
        "touchpoints": touchpoints,
        "contacts": pd.DataFrame(
            {
                "campaign_id": "june",
                "customer_id": ids[contacted],
                "contacted_at": CAMPAIGN + pd.to_timedelta(rng.integers(0, 3, len(contacted)), "D"),
                "action": np.where(drawn, "voucher", "none"),
                "probability": np.where(drawn, 0.4, 0.6),
            }
        ),
        "leads": _leads(rng),
        "erasures": pd.DataFrame({"customer_id": everywhere[:5], "erased_at": LAST}),
    }


def write_shop(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """A workspace over files."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    _configure(folder, "", {name: f'path = "{name}.parquet"' for name in tables})


def store_shop(tables: dict[str, pd.DataFrame], url: str, schema: str, folder: Path) -> None:
    """A workspace over a new schema of a server."""
    _store(url, schema, tables)
    _configure(folder, f'[source]\nurl = "{url}"', {name: f'table = "{schema}.{name}"' for name in tables})


def _configure(folder: Path, source: str, places: dict[str, str]) -> None:
    tables = "\n".join(f"{name} = {{ {place} }}" for name, place in places.items())
    (folder / "workbench.toml").write_text(f'[workspace]\nname = "Shop"\n{source}\n[tables]\n{tables}\n{SETTINGS}')


def _store(url: str, schema: str, tables: dict[str, pd.DataFrame]) -> None:
    connection = ibis.connect(url)
    connection.raw_sql(f"CREATE SCHEMA {schema}").close()
    for name, table in tables.items():
        connection.create_table(name, table, database=schema)
        for column, kind in TYPES.get(name, {}).items():
            connection.raw_sql(f"ALTER TABLE {schema}.{name} ALTER COLUMN {column} TYPE {kind}").close()
    connection.con.commit()
    connection.disconnect()


def _orders(ids: np.ndarray, when: pd.DatetimeIndex | pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    clock = pd.to_timedelta(rng.integers(0, 86_400, len(ids)), "s")
    return pd.DataFrame(
        {"customer_id": ids, "ordered_at": when + clock, "revenue": rng.gamma(3, 15, len(ids)).round(2)}
    )


def _touchpoints(transactions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    seen = transactions.sample(frac=0.6, random_state=2)
    return pd.DataFrame(
        {
            "customer_id": seen.customer_id,
            "happened_at": seen.ordered_at - pd.to_timedelta(rng.integers(0, 20, len(seen)), "D"),
            "channel": rng.choice(["app", "site", "mail"], len(seen)),
            "event": "view",
        }
    )


def _leads(rng: np.random.Generator) -> pd.DataFrame:
    size = LEADS
    created = START + pd.to_timedelta(np.sort(rng.integers(0, (LAST - START).days, size)), "D")
    budget = rng.integers(1, 50, size)
    won = rng.random(size) < 0.05 + 0.01 * budget
    return pd.DataFrame(
        {
            "lead_id": [f"L{number:06d}" for number in rng.permutation(size)],
            "created_at": created,
            "won_at": pd.Series(created + pd.to_timedelta(rng.integers(1, 40, size), "D")).where(
                won & (created < LAST - pd.Timedelta(days=45))
            ),
            "consent_profiling": rng.random(size) < 0.9,
            "budget": budget,
            "country": rng.choice(["AT", "DE", "CH"], size),
        }
    )
