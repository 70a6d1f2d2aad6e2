"""The check of translations finds what lacks one, in sentences and in charts, and lets names of a company be."""

from __future__ import annotations

import pytest
from nbformat import write
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.present.conftest import shown
from tests.present.untranslated import untranslated
from workbench.present import display
from workbench.present.style import headline, new_figure

SENTENCE = "Nobody ever said this in German."


def chart(text: str) -> display.Display:
    fig, ax = new_figure()
    ax.plot([1, 2])
    headline(ax, text)
    return display.figure(fig, "Revenue", "Revenue")


@pytest.fixture
def found(tmp_path):
    def look(*cells, own=()):
        write(new_notebook(cells=list(cells)), tmp_path / "notebook.ipynb")
        return untranslated(tmp_path / "notebook.ipynb", own)

    return look


@pytest.mark.parametrize(
    "cell",
    [
        lambda: new_markdown_cell(f"# {SENTENCE}"),
        lambda: new_markdown_cell(f"# Media mix\n\n{SENTENCE}"),
        lambda: shown(display.prose(f"- {SENTENCE}")),
        lambda: shown(chart(SENTENCE)),
    ],
    ids=["title", "paragraph", "item", "chart"],
)
def test_a_text_without_a_translation_is_found_wherever_it_stands(found, cell):
    assert SENTENCE in found(cell())


def test_known_texts_and_names_of_the_company_are_not(found):
    cells = (new_markdown_cell("# Media mix\n\n## revenue"), shown(display.prose("Spring sale Nord-West.")))
    assert found(*cells, own=("spring_sale", "nord west")) == []
    assert found(*cells, own=("spring_sale",)) != []
