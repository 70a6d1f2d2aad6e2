"""The counts as families of Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from workbench.errors import RunError
from workbench.monitoring.counts import Counts, count
from workbench.runs.ledger import Ledger

if TYPE_CHECKING:
    from prometheus_client.core import Metric

RUNNING = "running"


def registry_of(workspace: str, ledger: Ledger) -> CollectorRegistry:
    """A registry that counts anew whenever it is read; of a ledger that can't be used it says that alone.

    Args:
        workspace: The workspace's name.
        ledger: Its ledger.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Counting(workspace, ledger))
    return registry


def families(workspace: str, counts: Counts) -> Iterator[Metric]:
    """All that is counted, by workspace."""
    yield from _of_runs(workspace, counts)
    yield _gauge(
        "schedule_times",
        "Times of a schedule by what became of them.",
        ("schedule", "state"),
        workspace,
        counts.times.items(),
    )
    paused = (((name,), int(is_paused)) for name, is_paused in counts.paused.items())
    yield _gauge("schedule_paused", "1 while a schedule is paused.", ("schedule",), workspace, paused)
    yield _gauge(
        "undelivered_messages",
        "Messages that haven't arrived.",
        ("channel", "state"),
        workspace,
        counts.undelivered.items(),
    )


class _Counting(Collector):
    def __init__(self, workspace: str, ledger: Ledger) -> None:
        self._workspace, self._ledger = workspace, ledger

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("workbench_ledger_up", "1 if the history of runs can be read.", labels=("workspace",))
        try:
            counts = count(self._ledger)
        except RunError:
            up.add_metric((self._workspace,), 0)
            yield up
            return
        up.add_metric((self._workspace,), 1)
        yield up
        yield from families(self._workspace, counts)


def _of_runs(workspace: str, counts: Counts) -> Iterator[Metric]:
    labels = ("workspace", "notebook", "status")
    ended = CounterMetricFamily("workbench_runs", "Runs that have ended.", labels=labels)
    seconds = SummaryMetricFamily("workbench_run_duration_seconds", "Wall time of runs that have ended.", labels=labels)
    running = GaugeMetricFamily("workbench_runs_running", "Runs that go on.", labels=labels[:2])
    success = GaugeMetricFamily(
        "workbench_last_success_timestamp_seconds", "When a notebook's last finished run ended.", labels=labels[:2]
    )
    for each in counts.runs:
        key = workspace, each.notebook, each.status
        if each.status == RUNNING:
            running.add_metric(key[:2], each.runs)
            continue
        ended.add_metric(key, each.runs)
        seconds.add_metric(key, count_value=each.runs, sum_value=each.seconds)
        if each.status == "finished" and each.last is not None:
            success.add_metric(key[:2], each.last)
    yield from (ended, seconds, running, success)


def _gauge(
    name: str, meaning: str, labels: tuple[str, ...], workspace: str, values: Iterable[tuple[tuple[str, ...], int]]
) -> Metric:
    family = GaugeMetricFamily(f"workbench_{name}", meaning, labels=("workspace", *labels))
    for key, value in values:
        family.add_metric((workspace, *key), value)
    return family
