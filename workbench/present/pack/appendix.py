"""The appendix of a pack: every check with its light, and where each number comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.present.blocks import Block, Column, Heading, Table
from workbench.present.check_titles import check_title
from workbench.present.html_writer import LIGHT_WORDS
from workbench.present.pack.failures import called, carried_failures, own_failures, subject_of
from workbench.present.pack.material import Material
from workbench.present.page_one import page_one_block, period
from workbench.wording import DASH

TITLE = "Appendix: checks and sources"


def appendix_section(material: Material) -> Iterator[Block]:
    """Checks, runs, and what those read."""
    yield Heading(level=2, text=TITLE)
    yield _checks_table(material)
    yield _runs_table(material)
    yield _inputs_table(material)


def verdicts(material: Material) -> dict[str, dict[str, bool | None]]:
    """By analysis and subject, of each check whether it passed."""
    return {
        f"{used.result.analysis} {subject_of(used)}".strip(): {check.name: check.passed for check in used.result.checks}
        for used in material.runs()
    }


def _checks_table(material: Material) -> Table:
    """Failed checks in full; those that passed, or only inform, by name."""
    rows: list[tuple[str, ...]] = []
    for used in material.runs():
        lines = page_one_block(used.result).checks
        rows += [
            (called(used), LIGHT_WORDS["failed"], f"{line.name}: {line.detail}")
            for line in own_failures(material, used)
        ]
        if carried := carried_failures(material, used):
            told = ", ".join(check_title(name, used.result.analysis) or name for name in sorted(carried))
            rows.append((called(used), LIGHT_WORDS["failed"], f"{told}: told of the media mix."))
        for light in ("passed", "info"):
            names = [line.name for line in lines if line.light == light]
            if names:
                rows.append((called(used), LIGHT_WORDS[light], ", ".join(names)))
    return Table(
        columns=(Column(name="Analysis"), Column(name="Light"), Column(name="Checks")),
        rows=tuple(rows),
        caption="Every check; what those that passed looked at stands in the report of each run.",
        total_rows=len(rows),
    )


def _runs_table(material: Material) -> Table:
    rows = tuple(
        (
            called(used),
            used.run_id,
            period(used.result.provenance.window) or DASH,
            f"{made:%Y-%m-%d %H:%M}" if (made := used.result.provenance.created_at) else DASH,
            used.result.provenance.commit[:8] or DASH,
            used.digest[:12] or DASH,
        )
        for used in material.runs()
    )
    names = ("Analysis", "Run", "Data", "Made (UTC)", "Code", "Result")
    return Table(
        columns=tuple(Column(name=name) for name in names),
        rows=rows,
        caption="Runs behind this pack: data window, commit of the code, and hash over the files of the result.",
        total_rows=len(rows),
    )


def _inputs_table(material: Material) -> Table:
    read: dict[tuple[str, str], list[str]] = {}
    for used in material.runs():
        for name, fingerprint in used.result.provenance.inputs.items():
            read.setdefault((name, fingerprint[:12]), []).append(called(used))
    rows = tuple((name, fingerprint, ", ".join(who)) for (name, fingerprint), who in sorted(read.items()))
    return Table(
        columns=(Column(name="Input"), Column(name="Hash"), Column(name="Read by")),
        rows=rows,
        caption="What the runs read. A name with two hashes was read in two states.",
        total_rows=len(rows),
    )


def versions(material: Material) -> Mapping[str, str]:
    """Packages behind the runs; several versions of one where runs differ."""
    found: dict[str, set[str]] = {}
    for used in material.runs():
        for name, version in used.result.provenance.versions.items():
            found.setdefault(name, set()).add(version)
    return {name: " and ".join(sorted(those)) for name, those in sorted(found.items())}
