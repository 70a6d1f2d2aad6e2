"""Executing notebooks as papermill does, but keeping no more of what a cell prints than a reader could want, and no secret."""

from __future__ import annotations

from collections import Counter
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from workbench.runs.redaction import Redaction

ENGINE = "bounded"
# Of each cell; a notebook is written anew after each cell, and a report shows a few lines of it.
MOST_CHARACTERS = 1_000_000
LEFT_OUT = f"\n… (what this cell printed after {MOST_CHARACTERS:,} characters is left out)\n"


class BoundedClient(PapermillNotebookClient):
    """Forgets what a cell prints beyond `MOST_CHARACTERS`; its figures, tables and results are all kept, without secrets."""

    def __init__(self, *arguments: Any, redaction: Redaction, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._redaction = redaction
        self._printed: Counter[int] = Counter()

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if self._redaction:
            msg["content"] = self._redaction.plain(msg["content"])
        return super().process_message(msg, cell, cell_index)

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        if msg["msg_type"] != "stream":
            return super().output(outs, msg, display_id, cell_index)
        text, before = msg["content"]["text"], self._printed[cell_index]
        self._printed[cell_index] += len(text)
        if before > MOST_CHARACTERS:
            return None
        if before + len(text) > MOST_CHARACTERS:
            msg["content"]["text"] = text[: MOST_CHARACTERS - before] + LEFT_OUT
        return super().output(outs, msg, display_id, cell_index)


class BoundedEngine(NBClientEngine):
    """papermill's own engine with that client."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        settings = {name: value for name, value in options.items() if name not in _OF_PAPERMILL}
        return BoundedClient(
            nb_man,
            **settings,
            timeout=options.get("execution_timeout"),
            startup_timeout=options.get("start_timeout", 60),
            kernel_name=kernel_name,
        ).execute()


_OF_PAPERMILL = ("input_path", "execution_timeout", "start_timeout", "timeout", "startup_timeout")
papermill_engines.register(ENGINE, BoundedEngine)
