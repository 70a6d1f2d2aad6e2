"""Whether groups of customers are selected, foreseen and valued alike, and what may be said of it."""

from workbench.customers.fairness.audit import FairnessAudit, audit
from workbench.customers.fairness.cells import CELL_COLUMNS, fairness_cells

__all__ = ["CELL_COLUMNS", "FairnessAudit", "audit", "fairness_cells"]
