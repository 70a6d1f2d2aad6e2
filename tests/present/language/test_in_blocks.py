"""Which texts of a block are said in another language, and which stay as they are."""

from workbench.present.blocks import CheckLine, Column, Figure, Heading, PageOne, Prose, Table
from workbench.present.language.in_blocks import in_language, markdown_in_language


def loud(text: str) -> str:
    return text.upper()


def test_every_text_of_page_one_but_names_and_what_machines_read():
    page = PageOne(
        title="plan",
        workspace="Nordlicht",
        period="1 Jan 2024 – 2 Feb 2024",
        findings=("one", "two"),
        checks=(CheckLine(light="failed", name="it holds", detail="no", brief="n"),),
        provenance=(("Data window", "a day"), ("Code", "abc1"), ("Inputs", "media ff")),
        created_at="2026-01-01t00:00:00",
        stamp="forced",
    )
    said = in_language(page, loud)
    assert isinstance(said, PageOne)
    assert (said.title, said.findings, said.stamp, said.period) == (
        "PLAN",
        ("ONE", "TWO"),
        "FORCED",
        "1 JAN 2024 – 2 FEB 2024",
    )
    assert said.checks == (CheckLine(light="failed", name="IT HOLDS", detail="NO", brief="N"),)
    assert said.provenance == (("DATA WINDOW", "A DAY"), ("CODE", "abc1"), ("INPUTS", "media ff"))
    assert (said.workspace, said.created_at) == ("Nordlicht", page.created_at)


def test_tables_headings_and_words_about_pictures():
    table = Table(columns=(Column(name="who", align="right"),), rows=(("me",), ("you",)), caption="us", total_rows=9)
    assert in_language(table, loud) == Table(
        columns=(Column(name="WHO", align="right"),), rows=(("ME",), ("YOU",)), caption="US", total_rows=9
    )
    assert in_language(Heading(level=2, text="why"), loud) == Heading(level=2, text="WHY")
    drawn = Figure(data="<svg/>", caption="c", alt="a")
    assert in_language(drawn, loud) == Figure(data="<svg/>", caption="C", alt="A")


def test_markdown_keeps_its_marks_and_listings():
    source = "first line\nsecond line\n\n- one\n  more of it\n- two\n1. three\n\n| a | b |\n|---|:--|\n| c | d |\n\n~~~\ncode\n~~~\nend"
    said = markdown_in_language(source, loud)
    assert said == (
        "FIRST LINE SECOND LINE\n\n- ONE MORE OF IT\n- TWO\n1. THREE\n\n| A | B |\n|---|:--|\n| C | D |\n\n~~~\ncode\n~~~\nEND"
    )
    assert in_language(Prose(markdown="a\nb"), loud) == Prose(markdown="A B")
