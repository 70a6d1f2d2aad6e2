"""CPU seconds of trivial runs, one by one and fanned out, by turns with papermill's command line on the same notebook."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from workbench.schedule.fires import Fire
from workbench.schedule.service import fires_of
from workbench.workspace import open_workspace

TURNS, FANNED, MANY, QUICK_MANY = 3, 20, 200, 20
MOST = 0.4
BIN = Path(sys.executable).parent
# As `make` leaves it: bytecode is kept, and our own working folder says nothing.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def overhead(quick: bool) -> list[dict]:
    """One run by `workbench run`, one of a scheduler and one of a fan-out beside one by `papermill`; the least of three turns each."""
    with tempfile.TemporaryDirectory() as folder:
        workspace, notebook = trivial_workspace(Path(folder))
        theirs = [BIN / "papermill", notebook, Path(folder) / "out.ipynb"]
        costs: dict[str, Callable[[], dict[str, float]]] = {
            "one run": lambda: cost(run_command(workspace)),
            f"one of {FANNED} that a scheduler runs": lambda: scheduled(workspace),
            f"a run of a fan-out of {FANNED}": lambda: cost(run_command(workspace, FANNED), FANNED),
            "papermill": lambda: cost(theirs),
        }
        # The first turn only fills what is kept from run to run: bytecode, matplotlib's list of fonts.
        turns = [{case: run() for case, run in costs.items()} for _ in range(1 + TURNS)][1:]
    least = {case: min((turn[case] for turn in turns), key=lambda found: found["cpu"]) for case in costs}
    peer = least.pop("papermill")
    return [row for case, mine in least.items() for row in _beside(case, mine, peer)]


def scheduled(workspace: Path) -> dict[str, float]:
    """What a run of the scheduler costs, its own start and end with it, where so many schedules have come, one run at a time."""
    opened = open_workspace(workspace)
    now = datetime.now(UTC).replace(microsecond=0)
    asked = [
        Fire(schedule=each.called, scheduled_at=now, not_before=now, by_hand=True) for each in opened.config.schedule
    ]
    fires_of(opened).add(asked)
    return cost([BIN / "workbench", "schedule", "--once", "--parallel", "1", "--workspace", workspace], len(asked))


def fan_out(quick: bool) -> list[dict]:
    """Many runs at once on all cores."""
    many = QUICK_MANY if quick else MANY
    with tempfile.TemporaryDirectory() as folder:
        workspace, _ = trivial_workspace(Path(folder))
        took = cost(run_command(workspace, many))
    case = f"{many} runs fanned out on {os.cpu_count()} cores"
    return [
        {"case": case, "unit": "seconds", "ours": took["seconds"]},
        {"case": f"{case}, each", "unit": "CPU seconds", "ours": took["cpu"] / many},
    ]


def trivial_workspace(folder: Path) -> tuple[Path, Path]:
    """A workspace of one notebook: its parameters, and a sum."""
    notebook = folder / "notebooks" / "trivial.ipynb"
    notebook.parent.mkdir()
    schedules = [
        f'[[schedule]]\nname = "s{number}"\nnotebook = "trivial"\ncron = "0 6 * * *"\n' for number in range(FANNED)
    ]
    (folder / "workbench.toml").write_text("\n".join(['[workspace]\nname = "Trivial"', *schedules]))
    cells = [_code("seed: int = 1  # random seed", "parameters"), _code("1 + 1")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    notebook.write_text(json.dumps(content))
    return folder, notebook


def run_command(workspace: Path, runs: int = 1) -> list[object]:
    command: list[object] = [BIN / "workbench", "run", "trivial", "--workspace", workspace]
    return command if runs == 1 else [*command, "--each", f"seed={','.join(map(str, range(1, runs + 1)))}"]


def cost(command: list[object], runs: int = 1) -> dict[str, float]:
    """Seconds, and CPU seconds of the process and of all that it waited for, by run.

    Raises:
        RuntimeError: If the command fails; with the end of what it said.
    """
    busy, started = _busy(), time.perf_counter()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=ENVIRONMENT, check=False)
    took = {"seconds": time.perf_counter() - started, "cpu": _busy() - busy}
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return {key: value / runs for key, value in took.items()}


def _busy() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _beside(case: str, ours: dict[str, float], theirs: dict[str, float]) -> list[dict]:
    common = {"peer": f"papermill {version('papermill')}"}
    return [
        {
            "case": f"{case}, {unit}",
            "unit": unit,
            "ours": ours[key],
            "theirs": theirs[key],
            "ratio": theirs[key] / ours[key],
            "target": f"≤ {MOST:g}×" if key == "cpu" else None,
            **common,
        }
        for key, unit in (("cpu", "CPU seconds"), ("seconds", "seconds"))
    ]


def _code(text: str, *tags: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": f"cell-{len(text)}",
        "metadata": {"tags": list(tags)},
        "source": text,
        "outputs": [],
        "execution_count": None,
    }
