"""Answer what a visitor moves, and say so where it takes a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html import escape

import ipywidgets as widgets

from workbench.apps.controls import Control
from workbench.errors import WorkbenchError

APPEARS_AFTER_MS = 300


class Progress(widgets.HTML):
    """A line that says what is being computed; the page shows it only after 300 ms, so that quick answers don't flicker."""

    @contextmanager
    def during(self, doing: str) -> Iterator[None]:
        """Say what is being done, such as "Finding the plan for 26 weeks"; a user's mistake is told in its place."""
        self.value = f'<p role="status" class="wb-working">{escape(doing)} …</p>'
        try:
            yield
        except WorkbenchError as error:
            self.value = f'<p role="alert" class="wb-refused">{escape(str(error))}</p>'
        else:
            self.value = '<p role="status"></p>'


def follow(
    controls: Iterable[Control], answer: Callable[[], None], *, progress: Progress | None = None, doing: str = ""
) -> None:
    """Call `answer` whenever the value of one of `controls` changes.

    Args:
        controls: What the visitor moves.
        answer: Reads the controls' values and updates what is shown.
        progress: Where to say what is being done, for answers that may take longer than 300 ms.
        doing: What is being done.
    """

    def moved(_change: object) -> None:
        if progress is None:
            answer()
            return
        with progress.during(doing):
            answer()

    for control in controls:
        control.observe(moved, names="value")
