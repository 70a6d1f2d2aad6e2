"""Fit one set with this repository and print what it took and found."""

from __future__ import annotations

import tempfile
from pathlib import Path

from measured import report
from ours import watched_fit
from sets import REPOSITORY, MixSet, shared_data

from workbench.workspace import Workspace, open_workspace


def measure(mix: MixSet, *, draws: int, tune: int, chains: int, seed: int) -> dict[str, object]:
    """Seconds, effective sample size over all sampled parameters, R-hat, divergences and ROAS of one fit."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = open_set(mix, Path(folder))
        panel, config = workspace.panel(), workspace.config
    fitted = watched_fit(panel, config.media_mix, config.channels, draws=draws, tune=tune, chains=chains, seed=seed)
    found = {name: fitted.result.estimate("roas", name) for name in mix.channels}
    spend = {name: fitted.result.estimate("spend", name).estimate for name in mix.channels}
    returns = {
        name: {"mean": roas.estimate, "lower": roas.lower, "upper": roas.upper, "spend": spend[name]}
        for name, roas in found.items()
    }
    return {**fitted.took, "returns": returns}


def open_set(mix: MixSet, folder: Path) -> Workspace:
    """The set as its mapping under `tests/real` describes it, written to `folder` with the data's true place."""
    mapping = (REPOSITORY / "tests" / "real" / mix.mapping / "workbench.toml").read_text()
    (folder / "workbench.toml").write_text(mapping.replace("../../../../shared/data", str(shared_data())))
    return open_workspace(folder)


if __name__ == "__main__":
    report(measure, __doc__, ("marketing-workbench", "nutpie", "numba"))
