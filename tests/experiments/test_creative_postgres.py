"""Tests of creatives on PostgreSQL: the embedded engine's numbers to 1e-9, and the same words for the same mistakes."""

from collections.abc import Iterator
from dataclasses import fields

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.config import CreativeExperiment, Metric
from workbench.errors import WorkbenchError
from workbench.experiments.creative import read_out_creative
from workbench.experiments.result import ExperimentResult
from workbench.result import Provenance

EXACT = 1e-9
UNITS = 6000
CLICKED = Metric(name="clicked", kind="proportion", value=0.45)
BASKET = Metric(name="basket", kind="ratio", numerator="spent", denominator="visits", unit="EUR")
SPENT = Metric(name="spent", winsorize=0.95, value=0.4)
HALF = Metric(name="spent", kind="proportion")
# As a company's database has them, unlike the embedded engine: money in cents, small numbers, texts with a limit.
TYPES = {"spent": "numeric(12, 2)", "visits": "smallint", "headline": "varchar(8)", "price": "integer"}


def simulated() -> pd.DataFrame:
    """Visitors who see one of 2 × 2 creatives; the second test repeats a visitor, the third lacks what some spent."""
    rng = np.random.default_rng(31)
    headline, price = rng.choice(["new", "old"], UNITS), rng.choice([9, 10], UNITS)
    clicked = rng.random(UNITS) < 0.1 + 0.1 * (headline == "new") - 0.03 * (price == 10)
    spring = pd.DataFrame(
        {
            "experiment_id": "spring",
            "unit_id": [f"v{i:05d}" for i in rng.permutation(UNITS)],
            "variant": headline,
            "headline": headline,
            "price": price,
            "member": rng.random(UNITS) < 0.4,
            "clicked": clicked,
            "spent": np.round(rng.gamma(2.0, 10.0, UNITS) * (1 + 0.3 * (headline == "new")), 2),
            "visits": 1 + rng.poisson(2, UNITS),
        }
    )
    few = spring.head(200)
    crossed = pd.concat([few, few.head(2).assign(headline=["old", "new"], price=9)]).assign(experiment_id="crossed")
    unfinished = few.assign(experiment_id="unfinished", spent=few.spent.where(few.index != 5))
    return pd.concat([spring, crossed, unfinished], ignore_index=True)


@pytest.fixture(scope="module")
def engines(postgres_url: str) -> Iterator[tuple[ibis.Table, ibis.Table]]:
    """The same units in the embedded engine and on a real server."""
    frame, server = simulated(), ibis.connect(postgres_url)
    server.raw_sql("CREATE SCHEMA creatives").close()
    server.create_table("units", frame, database="creatives")
    for column, kind in TYPES.items():
        server.raw_sql(f"ALTER TABLE creatives.units ALTER COLUMN {column} TYPE {kind}").close()
    yield ibis.duckdb.connect().create_table("units", frame), server.table("units", database="creatives")
    server.disconnect()


def read(units: ibis.Table, metric: Metric, name: str = "spring") -> ExperimentResult:
    spec = CreativeExperiment(kind="creative", factors=("headline", "price"), segment="member", metric=metric)
    return read_out_creative(units, name, spec, provenance=Provenance(), currency="EUR", seed=1)


@pytest.mark.parametrize("metric", [CLICKED, BASKET, SPENT], ids=lambda metric: metric.kind)
def test_the_server_gives_the_embedded_engines_numbers(engines, metric):
    embedded, server = (read(units, metric) for units in engines)
    assert server.verdict == embedded.verdict
    assert server.findings == embedded.findings
    assert (len(embedded.allocation), len(embedded.parts)) == (8, 4 + 4 + 8)
    frames = [field.name for field in fields(embedded) if isinstance(getattr(embedded, field.name), pd.DataFrame)]
    for name in frames:
        pd.testing.assert_frame_equal(
            getattr(server, name), getattr(embedded, name), rtol=EXACT, atol=1e-12, check_exact=False, obj=name
        )
    for here, there in zip(server.checks, embedded.checks, strict=True):
        assert (here.name, here.passed, here.detail) == (there.name, there.passed, there.detail)


def test_the_server_gives_the_means_that_were_written(engines):
    rows = simulated().query("experiment_id == 'spring'")
    means = rows.groupby([rows.member.map({True: "true", False: "false"}), rows.headline, rows.price]).clicked.mean()
    found = read(engines[1], CLICKED).allocation
    for row in found.itertuples():
        assert row.measured == pytest.approx(means.loc[row.segment, row.headline, int(row.price)], rel=1e-12)


@pytest.mark.parametrize(("name", "metric"), [("crossed", CLICKED), ("unfinished", SPENT), ("spring", HALF)])
def test_the_server_refuses_in_the_same_words(engines, name, metric):
    told = []
    for units in engines:
        with pytest.raises(WorkbenchError) as error:
            read(units, metric, name)
        told.append(str(error.value))
    assert told[0] == told[1]
