"""How far the runs are, for whoever watches: a live line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from workbench.runs.events import Event
from workbench.runs.execute import Watch


class Display(Protocol):
    """Shows one run after another."""

    def run(self, name: str) -> Watch:
        """Begin a line for a run; the returned function is told its events."""


@contextmanager
def progress_display(
    console: Console, *, total: int = 1, together: bool = False, quiet: bool = False
) -> Iterator[Display]:
    """A display of `total` runs that fits the console; of those that go on together, whoever runs them tells the end by an event `done`."""
    if quiet:
        yield _Silent()
    elif not console.is_terminal:
        yield _PlainLines(console, total)
    else:
        columns = (
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total} {task.fields[what]}", markup=False),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as progress:
            lines = _ManyLines(progress, total) if together else _LiveLines(progress, total)
            yield lines
            lines.close_current()


class _Silent:
    def run(self, name: str) -> Watch:
        return lambda event: None


class _PlainLines:
    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total, self._runs = console, total, 0

    def run(self, name: str) -> Watch:
        self._runs += 1
        label = f"[{self._runs}/{self._total}] {name}" if self._total > 1 else name
        started: list[float] = []

        def show(event: Event) -> None:
            started.append(time.monotonic())
            step = (
                f"cell {event.number}/{event.total} {event.title}" if event.kind == "cell" else event.title or "ended"
            )
            line = f"{label}: {step.strip()} ({started[-1] - started[0]:.0f} s)"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

        return show


class _ManyLines:
    """A line for each run that goes on now, and one for all."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._overall = progress.add_task("all runs", total=total, what="ended")

    def run(self, name: str) -> Watch:
        tasks: list[TaskID] = []

        def show(event: Event) -> None:
            if event.kind == "done":
                self._progress.advance(self._overall)
                for task in tasks:
                    self._progress.remove_task(task)
                return
            if not tasks:
                tasks.append(self._progress.add_task(name, total=None, what="starting"))
            if event.kind == "cell":
                self._progress.update(tasks[0], total=event.total, completed=event.number - 1, what=event.title)
            else:
                self._progress.update(tasks[0], what=event.title)

        return show

    def close_current(self) -> None:
        """Lines close by themselves."""


class _LiveLines:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._overall = progress.add_task("all reports", total=total, what="reports") if total > 1 else None
        self._current: TaskID | None = None

    def run(self, name: str) -> Watch:
        self.close_current()
        task = self._progress.add_task(name, total=None, what="starting")
        self._current = task

        def show(event: Event) -> None:
            if event.kind == "cell":
                what = f"cells · {event.title}" if event.title else "cells"
                self._progress.update(task, total=event.total, completed=event.number - 1, what=what)
            else:
                tracked = next(item for item in self._progress.tasks if item.id == task)
                self._progress.update(task, completed=tracked.total or 0, what=event.title)

        return show

    def close_current(self) -> None:
        """Count the last run begun as over."""
        if self._current is None:
            return
        self._progress.stop_task(self._current)
        self._progress.update(self._current, what="ended")
        if self._overall is not None:
            self._progress.advance(self._overall)
