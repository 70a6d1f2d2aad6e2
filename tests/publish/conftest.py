"""A workspace with a saved plan, and the app served from it."""

from tests.apps.conftest import planned_workspace, saved_plan, served

__all__ = ["planned_workspace", "saved_plan", "served"]
