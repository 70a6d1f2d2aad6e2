"""What notebooks call: each function returns an object that JupyterLab shows and reports are made from."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.present.blocks import BLOCK_MIME, Block, PageOne, Prose, Table, to_json
from workbench.present.blocks import Figure as FigureBlock
from workbench.present.html_writer import fragment
from workbench.present.page_one import estimates_block, page_one_block, table_block
from workbench.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ROWS_IN_NOTEBOOK = 20


@dataclass(frozen=True)
class Display:
    """A block on show: rich in JupyterLab, readable as text, exact in PDF and HTML."""

    block: Block

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            BLOCK_MIME: to_json(self.block),
            "text/html": fragment(self.block, most_rows=ROWS_IN_NOTEBOOK),
            "text/plain": _plain(self.block),
        }


def page_one(result: Result, workspace_name: str = "") -> Display:
    """What an executive reads: title, period, findings, checks."""
    return Display(page_one_block(result, workspace_name))


def estimates_table(
    result: Result, quantity: str | Sequence[str] | None = None, caption: str = "", entity: str = ""
) -> Display:
    """Estimates with their intervals; see `page_one.estimates_block`."""
    return Display(estimates_block(result, quantity, caption, entity))


def table(frame: pd.DataFrame, caption: str = "", formats: Mapping[str, str] | None = None) -> Display:
    """A data frame; `formats` gives a column's unit: a currency's code, `%`, `int`; see `page_one.table_block`."""
    return Display(table_block(frame, caption, formats))


def figure(fig: Figure, caption: str = "", alt: str = "") -> Display:
    """A chart as vector graphics; without `alt`, its headlines and caption describe it."""
    words = alt or _headlines(fig) or caption or "Chart"
    return Display(FigureBlock(data=_svg(fig), caption=caption, alt=words))


def prose(markdown: str) -> Display:
    """A paragraph that depends on what was found."""
    return Display(Prose(markdown=markdown))


def listed(sentences: Iterable[str]) -> Display:
    """Sentences below each other: what a section has to say before it shows it."""
    return prose("\n".join(f"- {sentence}" for sentence in sentences))


def show_figures(figures: Iterable[Figure]) -> None:
    """Show several charts under each other, for reports whose charts depend on what was found."""
    show(figure(fig) for fig in figures)


def show(displays: Iterable[Display]) -> None:
    """Show several blocks under each other."""
    from IPython.display import display

    for each in displays:
        display(each)


def _svg(fig: Figure) -> str:
    import matplotlib

    from workbench.present.language.in_charts import say_in_chart
    from workbench.present.legible import make_legible
    from workbench.present.style import unheard_of_letters

    say_in_chart(fig)
    make_legible(fig)
    buffer = io.StringIO()
    # Text stays text, so that it can be searched and read aloud; the salt makes the same chart the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "workbench"}), unheard_of_letters():
        fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    _close(fig)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _close(fig: Figure) -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(fig)


def _headlines(fig: Figure) -> str:
    titles = [ax.get_title(loc=loc) for ax in fig.axes for loc in ("left", "center")]
    return ". ".join(" ".join(title.split()) for title in titles if title)


def _plain(block: Block) -> str:
    if isinstance(block, PageOne):
        checks = (f"[{line.light}] {line.name}: {line.detail}" for line in block.checks)
        return "\n".join((block.title, *block.findings, *checks))
    if isinstance(block, Table):
        return block.caption or f"Table of {len(block.rows)} rows"
    if isinstance(block, FigureBlock):
        return block.alt
    if isinstance(block, Prose):
        return block.markdown
    return repr(block)
