"""Where other machines leave the runs that they executed: a folder or any URL that fsspec reads, `run.json` last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from workbench.config.references import is_reference
from workbench.config.secret_url import SecretUrl, read_secret_url
from workbench.errors import RunError
from workbench.runs.fan_out.parcel import arrive
from workbench.runs.record import RUN_FILE

if TYPE_CHECKING:
    from workbench.runs.ledger import Ledger
    from workbench.workspace import Workspace

_FOLDER = "runs"


class RunStore:
    """Folders `runs/<run_id>` at a URL.

    Args:
        url: Such as `s3://bucket/folder`, or the path of a folder.
        named: What the configuration calls it, so that sentences say no more.

    Raises:
        RunError: Here and in every method, if it can't be reached, read or written; the sentence names it.
    """

    def __init__(self, url: str, named: SecretUrl | None = None) -> None:
        self.told, self._named = named.shown if named else url, named
        with self._errors("reached"):
            from fsspec.core import url_to_fs

            self._files: Any
            self._files, self._root = url_to_fs(url)

    @classmethod
    def of(cls, workspace: Workspace) -> Self | None:
        """The store that `[runs]` of a workspace names, None where it names none."""
        named = workspace.config.runs.store
        if not named:
            return None
        url = read_secret_url(named, workspace.root)
        return cls(url.text if "://" in url.text else str(workspace.root / Path(url.text).expanduser()), url)

    def put(self, run_id: str, folder: Path) -> None:
        """Leave a closed folder; see `parcel.close`. Without its `run.json` whatever is there counts for nothing."""
        artefacts = json.loads((folder / RUN_FILE).read_bytes())["artefacts"]
        with self._errors("written"):
            for name in [*(artefact["path"] for artefact in artefacts), RUN_FILE]:
                target = self._path(run_id, name)
                self._files.makedirs(self._files._parent(target), exist_ok=True)
                self._files.put_file(str(folder / name), target)

    def fetch(self, run_id: str, folder: Path) -> None:
        """Bring a run's files into a folder: all of them as they were left, or none."""
        with self._errors("read"):
            self._files.invalidate_cache()
            manifest = self._files.cat_file(self._path(run_id, RUN_FILE))
            arrive(manifest, lambda name, path: self._take(run_id, name, path), folder, self.told)

    def remove(self, run_id: str) -> None:
        """Remove what is there of a run, its record first."""
        with self._errors("written"):
            self._files.invalidate_cache()
            for path in (self._path(run_id, RUN_FILE), self._path(run_id)):
                if self._files.exists(path):
                    self._files.rm(path, recursive=True)

    def remove_ended(self, ledger: Ledger) -> None:
        """Remove runs that ended without being fetched, because whoever waited for them was killed; those of other ledgers stay."""
        with self._errors("read"):
            self._files.invalidate_cache()
            folders = self._files.ls(self._path(""), detail=False) if self._files.exists(self._path("")) else []
        for run_id in sorted(ledger.ended([folder.rstrip("/").rpartition("/")[2] for folder in folders])):
            self.remove(run_id)

    def _take(self, run_id: str, name: str, path: Path) -> None:
        self._files.get_file(self._path(run_id, name), str(path))

    def _path(self, run_id: str, name: str = "") -> str:
        return "/".join(part for part in (self._root.rstrip("/"), _FOLDER, run_id, name) if part)

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        """Every kind of store raises errors of its own."""
        try:
            yield
        except RunError:
            raise
        except ImportError as error:
            raise RunError(
                f"the store {self.told} needs a package that isn't installed{self._detail(' ({})', error)}; install it"
            ) from None
        except Exception as error:
            why = f"{type(error).__name__}{self._detail(': {}', error)}"
            raise RunError(f"the store {self.told} can't be {done} ({why}); mend [runs] store or its access") from None

    def _detail(self, form: str, error: Exception) -> str:
        """What an error says, in one line; nothing of a store that is a reference as a whole, whose parts may be secret."""
        if self._named and is_reference(self._named.shown):
            return ""
        said = " ".join(str(error).split())
        return form.format(self._named.masked(said) if self._named else said)
