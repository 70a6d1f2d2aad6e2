"""Where notebook jobs run, as JupyterLab's dialog offers it: here, with the report as PDF too."""

from __future__ import annotations

from jupyter_scheduler.environments import EnvironmentManager
from jupyter_scheduler.models import RuntimeEnvironment

FORMATS = {"ipynb": "Notebook", "html": "Report as HTML", "pdf": "Report as PDF"}


class WorkbenchEnvironment(EnvironmentManager):
    """The one environment there is: that of JupyterLab itself."""

    def list_environments(self) -> list[RuntimeEnvironment]:
        """What the dialog offers."""
        return [
            RuntimeEnvironment(
                name="workbench",
                label="Marketing Workbench",
                description="As `workbench run` does, on this machine",
                file_extensions=["ipynb"],
                output_formats=list(FORMATS),
                metadata={},
            )
        ]

    def output_formats_mapping(self) -> dict[str, str]:
        """What the dialog calls the files."""
        return FORMATS

    def manage_environments_command(self) -> str:
        """There is nothing to manage."""
        return ""
