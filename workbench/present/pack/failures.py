"""Failed checks of a run, each told once: a plan and its review carry those of their media mix."""

from __future__ import annotations

from typing import Any

from workbench.present.blocks import CheckLine
from workbench.present.check_titles import CARRIED
from workbench.present.pack.material import CALLED, Material, Used
from workbench.present.page_one import page_one_block


def own_failures(material: Material, used: Used[Any]) -> list[CheckLine]:
    """Failed checks of a run, without those that the pack's media mix tells itself."""
    carried = carried_failures(material, used)
    lines = failures(used)
    return [line for line, check in zip(lines, used.result.failed_checks, strict=True) if check.name not in carried]


def carried_failures(material: Material, used: Used[Any]) -> set[str]:
    """Names of failed checks that are the media mix's own, where the pack holds a media mix that fails them too."""
    told = {check.name for check in material.media_mix.result.failed_checks} if material.media_mix else set()
    names = {check.name for check in used.result.failed_checks}
    return {name for name in names if name.startswith(CARRIED) and name.removeprefix(CARRIED) in told}


def failures(used: Used[Any]) -> list[CheckLine]:
    """Failed checks of a run, as page one tells them, in the order of `failed_checks`."""
    return [line for line in page_one_block(used.result).checks if line.light == "failed"]


def subject_of(used: Used[Any]) -> str:
    """Which of several runs of an analysis: the test's or the score's name, else empty."""
    if used.result.analysis in ("experiment_readout", "experiment_design"):
        return str(used.result.experiment_id)
    return str(used.result.title) if used.result.analysis == "propensity" else ""


def called(used: Used[Any]) -> str:
    """How a pack calls a run."""
    subject = subject_of(used).replace("_", " ")
    return f"{CALLED[used.result.analysis]}: {subject}" if subject else CALLED[used.result.analysis]
