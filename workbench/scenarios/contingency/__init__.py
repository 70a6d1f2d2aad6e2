"""What to do when things come other than planned: plans made ahead, in which order to cut and to add, and when to act."""

from workbench.scenarios.contingency.checks import contingency_checks
from workbench.scenarios.contingency.contingency import Contingency
from workbench.scenarios.contingency.findings import contingency_findings
from workbench.scenarios.contingency.handoff import contingency_document
from workbench.scenarios.contingency.labelled import labelled
from workbench.scenarios.contingency.of_plan import contingency_of_plan

__all__ = [
    "Contingency",
    "contingency_checks",
    "contingency_document",
    "contingency_findings",
    "contingency_of_plan",
    "labelled",
]
