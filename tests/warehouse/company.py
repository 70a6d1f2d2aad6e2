"""One small company twice: in files, and in a database that sorts text as people do; only the source and the tables' names differ."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import ibis
import pandas as pd

from workbench.data.synthetic.company import simulate_company

SETTINGS = """
[channels]
TV = {}
social = {}

[markets]
GB = {}
ES = {}

[media_mix]
media_share = { lower = 0.1, upper = 0.5 }
holidays = false

[segmentation]
models = ["BG/NBD"]
clusters = [2, 2]
groups = ["acquisition_channel"]
horizon = 26
holdout = 13
margin = 0.5

[planning]
margin = 0.5

[planning.capacity.fulfilment]
per_kpi = 0.0111
unit = "orders"

[goals.customers]
kpi = "ltv_to_cac"
target = 1.5
start = 2025-12-29
by = 2026-01-25

[experiments.winter_email]
control = "control"
cost_per_unit = 0.10
start = 2025-01-06
end = 2025-02-09
segments = ["market", "age_band"]

[[experiments.winter_email.metrics]]
name = "revenue"
covariate = "revenue_before"
role = "primary"
unit = "EUR"
value = 0.5

[[experiments.winter_email.metrics]]
name = "converted"
kind = "proportion"

[experiments.social_uplift]
kind = "geo"
treated = ["GB-1", "GB-2", "GB-3", "GB-4", "GB-5", "GB-6", "ES-1", "ES-2", "ES-3", "ES-4", "ES-5", "ES-6"]
markets = ["GB", "ES"]
start = 2025-05-05
end = 2025-07-27
channel = "social"
spend_change = 1_000.0

[experiments.spring_banner]
kind = "creative"
factors = ["headline", "image", "call_to_action"]
segment = "device"
metric = { name = "clicked", kind = "proportion", value = 0.45 }
"""


def company_tables(customers: int) -> dict[str, pd.DataFrame]:
    """The sample company's tables with names that languages and code points put in different orders."""
    company = simulate_company(customers=customers)
    tables = {field.name: getattr(company, field.name) for field in fields(company) if field.name != "truth"}
    # However few customers there are, some are erased: an empty table is asked less.
    tables["erasures"] = tables["customers"][["customer_id"]].head(3).assign(erased_at=pd.Timestamp("2025-12-01"))
    # So little that any plan of two markets has room for it.
    tables["commitments"] = tables["commitments"].assign(market="GB", spend=1.0)
    return {name: _renamed(table) for name, table in tables.items()}


def write_company(tables: dict[str, pd.DataFrame], folder: Path) -> Path:
    """A workspace over files."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return configure(folder, "duckdb://", {name: f'path = "{name}.parquet"' for name in tables})


def store_company(tables: dict[str, pd.DataFrame], url: str, folder: Path, *, source: str) -> Path:
    """A workspace over a database.

    Args:
        url: As its owner, who may write.
        source: What stands in `workbench.toml`.
    """
    server = ibis.connect(url)
    for name, table in tables.items():
        server.create_table(name, table, database="public")
    server.con.commit()
    server.disconnect()
    return configure(folder, source, {name: f'table = "public.{name}"' for name in tables})


def configure(folder: Path, source: str, places: dict[str, str]) -> Path:
    named = "\n".join(f"{name} = {{ {place} }}" for name, place in places.items())
    text = f'[workspace]\nname = "Company"\n[source]\nurl = "{source}"\n[tables]\n{named}\n{SETTINGS}'
    (folder / "workbench.toml").write_text(text, encoding="utf-8")
    return folder


def _renamed(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    for column in {"customer_id", "unit_id"} & set(table.columns):
        ids = table[column]
        third = ids.str.extract(r"(\d+)$")[0].astype(int) % 3
        table[column] = ids.mask(third == 0, ids.str.lower().str.replace("0", "_", n=1)).mask(third == 1, "é" + ids)
    return table.replace({"channel": {"tv": "TV"}}) if "channel" in table else table
