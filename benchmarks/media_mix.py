"""Effective samples per second of the media-mix model beside pymc-marketing's, on Meridian's published sets.

`python benchmarks/media_mix.py [--quick] [--json]`: both models fit the same set in the same run, each in a fresh
process of its own environment, 4 chains × 1000 + 1000. `--quick` leaves out the 20 markets.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.data.panel import Panel

REPOSITORY = Path(__file__).resolve().parents[1]
PEER_HOME = REPOSITORY / ".bench" / "pymc-marketing"
PEER_PACKAGES = ("pymc-marketing>=1.3,<1.4", "nutpie>=0.16.11,<0.17")
PEER_COMPILED = REPOSITORY / ".bench" / "pytensor"
SETTINGS = {"draws": 1000, "tune": 1000, "chains": 4, "seed": 1}
SETS = {"national": "national, 156 weeks × 4 channels", "geo": "20 markets × 156 weeks × 4 channels"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the national set only")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    parser.add_argument("--measure", choices=tuple(SETS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        json.dump(measure_ours(arguments.measure), sys.stdout)
        return
    if not data_folder().is_dir():
        parser.exit(2, "Meridian's sets are not here; set WORKBENCH_SHARED_DATA to the folder that holds mix/\n")
    rows = [row for name in (["national"] if arguments.quick else SETS) for row in compare(name)]
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def compare(name: str) -> list[dict[str, object]]:
    """Fit one set with both models and put their effective samples per second side by side."""
    set_up_peer()
    warm = {"ours": ours_is_compiled(), "theirs": PEER_COMPILED.exists()}
    ours = run([sys.executable, __file__, "--measure", name])
    options = [text for key, value in SETTINGS.items() for text in (f"--{key}", str(value))]
    peer = [str(peer_python()), str(REPOSITORY / "benchmarks" / "media_mix_peer.py"), str(data_file(name)), *options]
    theirs = run(peer, PYTENSOR_FLAGS=f"base_compiledir={PEER_COMPILED}")
    return [row(SETS[name], part, ours, theirs, warm) for part in ("sampling", "whole")]


def row(case: str, part: str, ours: dict, theirs: dict, warm: dict[str, bool]) -> dict[str, object]:
    speed = [found["min_ess"] / found[f"{part}_seconds"] for found in (ours, theirs)]
    return {
        "case": f"{case}, {part}",
        "ours": speed[0],
        "peer": f"pymc-marketing {theirs['versions']['pymc-marketing']}",
        "theirs": speed[1],
        "ratio": speed[0] / speed[1],
        "unit": "minimum bulk ESS per second",
        "seconds": {"ours": ours[f"{part}_seconds"], "theirs": theirs[f"{part}_seconds"]},
        "min_ess": {"ours": ours["min_ess"], "theirs": theirs["min_ess"]},
        "divergences": {"ours": ours["divergences"], "theirs": theirs["divergences"]},
        "r_hat": {"ours": ours["r_hat"], "theirs": theirs["r_hat"]},
        "warm": warm,
        "cores": os.cpu_count(),
        "versions": {"ours": ours["versions"], "theirs": theirs["versions"]},
    }


def measure_ours(name: str) -> dict[str, object]:
    """One fit, from the panel to the posterior draws."""
    import numpy as np
    from arviz_stats.base import array_stats

    from workbench.config import MediaMix
    from workbench.mmm.density.likelihood import rotate
    from workbench.mmm.density.log_density import density_data, density_layout
    from workbench.mmm.density.sample import sample_posterior
    from workbench.mmm.fit import priors_of
    from workbench.mmm.inputs.design import build_design
    from workbench.mmm.inputs.lift_tests import build_lift_tests

    panel, config = meridian_panel(name), MediaMix()
    started = time.perf_counter()
    design = build_design(panel, config, {})
    data = density_data(design, priors_of(panel, config, {}), rotate(design.baseline), build_lift_tests(None, design))
    sample = sample_posterior(data, density_layout(design), **SETTINGS)
    whole = time.perf_counter() - started
    axes = {"chain_axis": 0, "draw_axis": 1}
    return {
        "whole_seconds": whole,
        "sampling_seconds": sample.sampling_seconds,
        "min_ess": float(np.min(array_stats.ess(sample.position, method="bulk", **axes))),
        "r_hat": float(np.max(array_stats.rhat(sample.position, **axes))),
        "divergences": sample.divergences,
        "versions": {package: version(package) for package in ("marketing-workbench", "nutpie", "numba")},
    }


def meridian_panel(name: str) -> Panel:
    """The set as its mapping under `tests/real` describes it."""
    from workbench.workspace import open_workspace

    mapping = (REPOSITORY / "tests" / "real" / f"meridian_{name}" / "workbench.toml").read_text()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "workbench.toml").write_text(mapping.replace("../../../../shared/data", str(data_folder())))
        return open_workspace(folder).panel()


def set_up_peer() -> None:
    """Make the peer's environment once."""
    if peer_python().exists() and (PEER_HOME / "complete").exists():
        return
    venv.create(PEER_HOME, with_pip=True, clear=True)
    install = [str(peer_python()), "-m", "pip", "install", "--quiet", *PEER_PACKAGES]
    subprocess.run(install, check=True, stdout=sys.stderr)
    (PEER_HOME / "complete").touch()


def run(command: list[str], **environment: str) -> dict:
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env={**os.environ, **environment}
    )
    return json.loads(done.stdout.splitlines()[-1])


def as_table(rows: list[dict]) -> str:
    lines = ["case | ours | theirs | ratio | seconds | min ESS | divergences | R-hat | warm", "--- | " * 8 + "---"]
    for found in rows:
        pairs = [found["seconds"], found["min_ess"], found["divergences"], found["r_hat"]]
        formats = ("{:.1f}", "{:,.0f}", "{:d}", "{:.3f}")
        cells = [
            f"{form.format(pair['ours'])} / {form.format(pair['theirs'])}"
            for form, pair in zip(formats, pairs, strict=True)
        ]
        warm = " / ".join("yes" if found["warm"][who] else "no" for who in ("ours", "theirs"))
        lines.append(
            f"{found['case']} | {found['ours']:.1f} | {found['theirs']:.1f} | {found['ratio']:.1f}× | "
            f"{' | '.join(cells)} | {warm}"
        )
    return "\n".join([*lines, "", f"{rows[0]['unit']}; {rows[0]['cores']} cores; {rows[0]['versions']}"])


def data_folder() -> Path:
    return Path(os.environ.get("WORKBENCH_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


def data_file(name: str) -> Path:
    return data_folder() / "mix" / f"meridian_{name}_media.csv"


def peer_python() -> Path:
    return PEER_HOME / "bin" / "python"


def ours_is_compiled() -> bool:
    return any((REPOSITORY / "workbench" / "mmm" / "density" / "__pycache__").glob("*.nbc"))


if __name__ == "__main__":
    main()
