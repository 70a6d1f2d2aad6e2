"""The command line: `workbench`."""

from workbench.cli.app import main

__all__ = ["main"]
