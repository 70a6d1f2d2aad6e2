"""Which board pack goes along with the published runs: the newest, unless it draws on a run that visitors may not see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.apps.published import PublishedPack
from workbench.runs.staging import PACKS
from workbench.wording import count

if TYPE_CHECKING:
    from workbench.present.pack import PackRecord

MOST_NAMED = 3
MAKE = "`workbench report --pack` makes one of the newest runs"


@dataclass(frozen=True, kw_only=True)
class PackChoice:
    """What became of the board packs.

    Attributes:
        pack: The one that goes along, None for none.
        why_not: Why none does and what mends that; empty where one does.
        unreadable: What is wrong with packs that can't be read, each with its mend.
    """

    pack: PublishedPack | None = None
    why_not: str = ""
    unreadable: tuple[str, ...] = ()

    def told(self) -> Iterator[str]:
        """Which pack went along, or why none did, and which were left out, a sentence each."""
        if self.pack:
            yield f"the board pack {self.pack.pack_id} went along: all runs that it draws on are published"
        else:
            yield f"no board pack went along: {self.why_not}"
        for sentence in self.unreadable:
            yield f"a board pack was left out: {sentence}"


def choose_pack(run_ids: frozenset[str], reports: Path) -> PackChoice:
    """Look at the newest pack that can be read.

    Args:
        run_ids: Of the published runs.
    """
    if not (reports / PACKS).is_dir():
        return PackChoice(why_not=f"there is none in {reports / PACKS}; {MAKE}")
    # Whatever writes packs takes seconds to import, and most workspaces have none.
    from workbench.runs.board_pack import readable_packs

    packs, damaged = readable_packs(reports)
    unreadable = tuple(str(error) for error in damaged.values())
    if not packs:
        return PackChoice(why_not=f"there is none to read in {reports / PACKS}; {MAKE}", unreadable=unreadable)
    newest = packs[0]
    if why_not := _why_not(newest, run_ids):
        return PackChoice(why_not=f"the newest, {newest.pack_id}, {why_not}; {MAKE}", unreadable=unreadable)
    return PackChoice(pack=PublishedPack(pack_id=newest.pack_id, made_at=newest.made_at), unreadable=unreadable)


def _why_not(pack: PackRecord, run_ids: frozenset[str]) -> str:
    """Empty where visitors may see it."""
    unseen = sorted({run.run_id for run in pack.runs} - run_ids)
    if not pack.runs:
        return "names no run that it draws on"
    if not unseen:
        return ""
    more = f" and {count(len(unseen) - MOST_NAMED)} more" if len(unseen) > MOST_NAMED else ""
    several = f"{count(len(unseen))} runs that aren't" if len(unseen) > 1 else "a run that isn't"
    return f"draws on {several} published ({', '.join(unseen[:MOST_NAMED])}{more})"
