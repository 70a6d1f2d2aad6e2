"""The truthful history of all runs, those that left no folder too: in SQLite beside the reports, or in PostgreSQL by URL."""

from workbench.runs.ledger.book import Ledger
from workbench.runs.ledger.owners import NOBODY, SILENT, is_silent, moment_text, owner_columns
from workbench.runs.ledger.schema import PARENTS, RUNS, TOTALS
from workbench.runs.ledger.wanted import ALL, Wanted

__all__ = [
    "ALL",
    "NOBODY",
    "PARENTS",
    "RUNS",
    "SILENT",
    "TOTALS",
    "Ledger",
    "Wanted",
    "is_silent",
    "moment_text",
    "owner_columns",
]
