"""What the running server shows, read again when something else was published."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from workbench.apps.published import Publication, read_publications
from workbench.errors import RunError

_log = logging.getLogger(__name__)


@dataclass
class Shown:
    """The publication that visitors see.

    Attributes:
        path: Its record.
        runs: Folder of the runs.
        packs: Folder of the board packs.
        publication: What the record said last.
    """

    path: Path
    runs: Path
    packs: Path
    publication: Publication = field(init=False)
    _written: int = field(init=False)

    def __post_init__(self) -> None:
        self._written = self.path.stat().st_mtime_ns
        self.publication = read_publications(self.path).current

    def changed(self) -> bool:
        """Read the record again; whether something else is published than before. An unreadable record changes nothing."""
        try:
            written = self.path.stat().st_mtime_ns
            if written == self._written:
                return False
            self._written, before = written, self.publication
            self.publication = read_publications(self.path).current
        except (OSError, RunError) as problem:
            _log.warning("the server goes on showing what it showed: %s", problem)
            return False
        return self.publication != before
