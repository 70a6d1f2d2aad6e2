"""Whether groups of customers are selected, foreseen and valued alike, and what may be said of it."""

from workbench.customers.fairness.audit import FairnessAudit, audit
from workbench.customers.fairness.cells import CELL_COLUMNS, fairness_cells
from workbench.customers.fairness.groups import groups_of

__all__ = ["CELL_COLUMNS", "FairnessAudit", "audit", "fairness_cells", "groups_of"]
