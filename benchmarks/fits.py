"""Fits of the published sets: each in a fresh process of its model's environment, its findings kept under `.bench/fits`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from peers import BENCH, Model
from sets import REPOSITORY

SETTINGS = {"draws": 1000, "tune": 1000, "chains": 4, "seed": 1}
KEPT = BENCH / "fits"


def fit(model: Model, name: str) -> dict:
    """Fit the set called `name`, and keep what was found.

    Raises:
        RuntimeError: If the fit breaks off; with the end of what it said.
    """
    model.set_up()
    warm = model.warm
    script = REPOSITORY / "benchmarks" / model.script
    options = [text for key, value in SETTINGS.items() for text in (f"--{key}", str(value))]
    found = {
        "set": name,
        "model": model.name,
        "warm": warm,
        **SETTINGS,
        **run([str(model.python), str(script), name, *options], **model.variables),
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    _place(model, name).write_text(json.dumps(found, indent=1))
    return found


def kept(model: Model, name: str) -> dict | None:
    """What the last fit of that set by that model found, None before the first."""
    place = _place(model, name)
    return json.loads(place.read_text()) if place.exists() else None


def run(command: list[str], **variables: str) -> dict:
    """The last line that a command prints, as JSON."""
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, env={**os.environ, **variables}, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _place(model: Model, name: str) -> Path:
    return KEPT / f"{name}-{model.name}.json"
