"""Readouts on PostgreSQL: the embedded engine's numbers to 1e-9, by changing the workspace's URL and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.errors import WorkbenchError
from workbench.experiments import ExperimentResult, read_out
from workbench.workspace import open_workspace

from .conftest import geo_world

UNITS = 6000
EXACT = 1e-9

# PostgreSQL cuts names after 63 bytes.
LONG = "average_order_value_in_the_first_thirty_days"
EXPERIMENTS = f"""
[experiments.spring]
control = "none"
ratio = {{none = 2.0, mail = 1.0, push = 1.0}}
segments = ["city", "loyal"]
cost_per_unit = 0.1

[[experiments.spring.metrics]]
name = "spend"
role = "primary"
covariates = ["spend_before", "visits_before"]
value = 0.4

[[experiments.spring.metrics]]
name = "bought"
kind = "proportion"

[[experiments.spring.metrics]]
name = "orders"
kind = "count"
winsorize = 0.99

[[experiments.spring.metrics]]
name = "basket"
kind = "ratio"
numerator = "spend"
denominator = "orders"
covariate = "spend_before"

[[experiments.spring.metrics]]
name = "wait"
kind = "quantile"
quantile = 0.9
role = "guardrail"
higher_is_better = false

[[experiments.spring.metrics]]
name = "{LONG}"
covariates = ["{LONG}_before", "{LONG}_before_that"]
winsorize = 0.99

[experiments.crossed]
control = "none"
metrics = [{{name = "spend"}}]

[experiments.unfinished]
control = "none"
metrics = [{{name = "spend"}}]

[experiments.unknown]
control = "none"
metrics = [{{name = "spend"}}]

[experiments.misspelt]
control = "none"
metrics = [{{name = "spent"}}]

[experiments.uplift]
kind = "geo"
treated = ["treated0"]
start = 2024-03-17
end = 2024-03-30
"""
EMBEDDED = """
[tables]
units = {path = "units.parquet"}
geo = {path = "geo.parquet"}
"""
POSTGRES = """
[source]
url = "env:WORKBENCH_TEST_POSTGRES"

[tables]
units = {table = "tests.units"}
geo = {table = "tests.geo"}
"""
# As a company's database has them, unlike the files: money in cents, small numbers, flags, days without a time.
TYPES = {
    "spend": "numeric(12, 2)",
    "orders": "smallint",
    "bought": "integer",
    "visits_before": "real",
    "loyal": "varchar(3)",
    "assigned_at": "timestamp(0)",
}

type Read = Callable[[str], tuple[ExperimentResult, ExperimentResult]]


def simulated_units() -> pd.DataFrame:
    """Three arms with true effects; some pre-period values are missing."""
    rng = np.random.default_rng(23)
    arm = rng.choice(["none", "mail", "push"], p=[0.5, 0.25, 0.25], size=UNITS)
    before = rng.gamma(2.0, 10.0, size=UNITS)
    orders = 1 + rng.poisson(1.0 + 0.2 * (arm == "mail"))
    assigned = pd.Timestamp("2025-03-01") + pd.to_timedelta(rng.integers(0, 14, UNITS), unit="D")
    return pd.DataFrame(
        {
            "experiment_id": "spring",
            "unit_id": [f"u{i:05d}" for i in rng.permutation(UNITS)],
            "variant": arm,
            "assigned_at": assigned,
            "exposed_at": (assigned + pd.Timedelta("3h")).where(rng.random(UNITS) < 0.8),
            "city": rng.choice(["Wien", "Linz", "Graz"], size=UNITS),
            "loyal": rng.choice(["yes", "no"], size=UNITS),
            "spend": np.round(0.7 * before + 4.0 * orders + rng.normal(0, 3, UNITS) + 1.5 * (arm == "push"), 2),
            "orders": orders,
            "bought": (rng.random(UNITS) < 0.2 + 0.05 * (arm == "mail")).astype(int),
            LONG: before + rng.gamma(2.0, 5.0, size=UNITS),
            f"{LONG}_before": before,
            f"{LONG}_before_that": before + rng.normal(size=UNITS),
            "wait": rng.lognormal(1.0, 0.5, size=UNITS),
            "spend_before": np.where(rng.random(UNITS) < 0.02, np.nan, before),
            "visits_before": rng.poisson(3, size=UNITS),
        }
    )


def all_units() -> pd.DataFrame:
    spring = simulated_units()
    crossed = spring.head(100).assign(experiment_id="crossed")
    again = crossed.head(3).assign(variant=["mail", "none", "push"])
    unfinished = spring.head(100).assign(experiment_id="unfinished", spend=spring.spend.where(spring.index != 5))
    misspelt = spring.head(100).assign(experiment_id="misspelt")
    return pd.concat([spring, crossed, again, unfinished, misspelt], ignore_index=True)


@pytest.fixture(scope="module")
def workspaces(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same company twice: over files, and over the server."""
    embedded, server = (tmp_path_factory.mktemp(name) for name in ("embedded", "server"))
    tables = {"units": all_units(), "geo": geo_world(seed=3).assign(experiment_id="uplift")}
    for name, table in tables.items():
        table.to_parquet(embedded / f"{name}.parquet", index=False)
    _store(postgres_url, tables)
    for folder, source in ((embedded, EMBEDDED), (server, POSTGRES)):
        (folder / "workbench.toml").write_text(f'[workspace]\nname = "Tests"\n{source}\n{EXPERIMENTS}')
    return embedded, server


def _store(postgres_url: str, tables: dict[str, pd.DataFrame]) -> None:
    connection = ibis.connect(postgres_url)
    connection.raw_sql("CREATE SCHEMA tests").close()
    for name, table in tables.items():
        connection.create_table(name, table, database="tests")
    for column, kind in TYPES.items():
        connection.raw_sql(f"ALTER TABLE tests.units ALTER COLUMN {column} TYPE {kind}").close()
    connection.con.commit()
    connection.disconnect()


@pytest.fixture
def at_hand(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workspace finds the server's URL in the environment."""
    monkeypatch.setenv("WORKBENCH_TEST_POSTGRES", postgres_url)


@pytest.fixture
def read(workspaces: tuple[Path, Path], at_hand: None) -> Read:
    """One experiment read out from the files and from the server."""

    def both(name: str) -> tuple[ExperimentResult, ExperimentResult]:
        embedded, server = (_readout(folder, name) for folder in workspaces)
        return embedded, server

    return both


def _readout(folder: Path, name: str) -> ExperimentResult:
    company = open_workspace(folder)
    return read_out(
        company.experiment_table(name),
        name,
        company.config.experiments[name],
        provenance=company.experiment_provenance(name),
        currency=company.currency,
    )


def _frames(result: ExperimentResult) -> dict[str, pd.DataFrame]:
    values = {field.name: getattr(result, field.name) for field in fields(result)}
    return {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}


@pytest.mark.parametrize(("name", "least"), [("spring", 20), ("uplift", 3)])
def test_the_server_gives_the_embedded_engines_numbers(read: Read, name: str, least: int) -> None:
    embedded, server = read(name)
    assert server.verdict == embedded.verdict
    assert server.findings == embedded.findings
    assert len(embedded.estimates) >= least
    for label, frame in _frames(embedded).items():
        pd.testing.assert_frame_equal(_frames(server)[label], frame, rtol=EXACT, atol=1e-12, obj=label)
    for here, there in zip(server.checks, embedded.checks, strict=True):
        assert (here.name, here.passed, here.detail) == (there.name, there.passed, there.detail)


def test_the_server_gives_the_means_that_were_written(read: Read) -> None:
    _, server = read("spring")
    rows = simulated_units()
    means = rows.groupby("variant").bought.mean()
    found = server.effects.query("metric == 'bought'").set_index("variant")
    assert found.treatment.to_dict() == pytest.approx(means[["mail", "push"]].to_dict(), rel=1e-12)
    assert server.arms.set_index("variant").units.to_dict() == rows.variant.value_counts().to_dict()


@pytest.mark.parametrize("name", ["crossed", "unfinished", "unknown", "misspelt"])
@pytest.mark.usefixtures("at_hand")
def test_the_server_refuses_in_the_same_words(workspaces: tuple[Path, Path], name: str) -> None:
    told = []
    for folder in workspaces:
        with pytest.raises(WorkbenchError) as error:
            _readout(folder, name)
        told.append(str(error.value))
    assert told[0] == told[1]


@pytest.mark.usefixtures("at_hand")
def test_the_fingerprint_on_the_server_sees_one_changed_cell(workspaces: tuple[Path, Path], postgres_url: str) -> None:
    def seen() -> tuple[str, str, tuple[date, date] | None]:
        company = open_workspace(workspaces[1])
        spring, misspelt = (company.experiment_provenance(name) for name in ("spring", "misspelt"))
        return spring.inputs["units"], misspelt.inputs["units"], spring.window

    before = seen()
    first = "WHERE experiment_id = 'spring' AND unit_id = 'u00007'"
    connection = ibis.connect(postgres_url)
    for change in ("+ 0.01", "- 0.01"):
        connection.raw_sql(f"UPDATE tests.units SET spend = spend {change} {first}").close()
        connection.con.commit()
        after = seen()
        if change == "+ 0.01":
            assert after[0] != before[0]
            assert after[1:] == before[1:]
    assert after == before
    connection.disconnect()
