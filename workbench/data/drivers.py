"""Which extra brings the driver of a warehouse."""

from __future__ import annotations

from workbench.config.secret_url import SecretUrl

# By the scheme of its URL: the warehouse, and what installs its driver.
DRIVERS = {
    "postgres": ("PostgreSQL", "marketing-workbench[postgres]"),
    "postgresql": ("PostgreSQL", "marketing-workbench[postgres]"),
    "bigquery": ("BigQuery", "marketing-workbench[bigquery]"),
    "snowflake": ("Snowflake", "marketing-workbench[snowflake]"),
    "databricks": ("Databricks", "marketing-workbench[databricks]"),
    "trino": ("Trino", "marketing-workbench[trino]"),
    # Hundreds of megabytes and a Java machine: no extra, so that nobody gets it along with the others.
    "pyspark": ("Spark", "ibis-framework[pyspark]>=12,<13"),
}


def missing_driver(source: SecretUrl, error: ImportError) -> str:
    """The sentence about a warehouse whose driver isn't installed here."""
    cause = error.__cause__ if isinstance(error.__cause__, ImportError) else error
    lacking = f"the module {cause.name} is missing" if cause.name else source.masked(str(cause))
    warehouse, package = DRIVERS.get(source.scheme, ("that engine", "ibis-framework[its name]"))
    return (
        f"source.url {source.shown} can't be opened: {lacking}; install the driver of {warehouse} by "
        f'`pip install "{package}"`'
    )
