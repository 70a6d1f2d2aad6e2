"""Charts in another language: all their texts are said, headlines break anew, ticks follow."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from tests.present.svg_text import unreadable
from workbench.present.blocks import Figure
from workbench.present.display import figure
from workbench.present.language import speech
from workbench.present.language.catalogue import Catalogue
from workbench.present.language.numbers import GERMAN
from workbench.present.style import axis_units, direct_label, headline, money_ticks, new_figure

WORDS = Catalogue(
    {
        "Revenue grew in {d}": "Der Umsatz ist im Monat {d} deutlich und weit über jede Erwartung hinaus gewachsen",
        "Spend a week (EUR)": "Ausgaben je Woche (EUR)",
        "Revenue": "Umsatz",
        "plan": "Plan",
        "low": "niedrig",
        "high": "hoch",
    },
    GERMAN,
)


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_spoken", [WORDS])


def drawn() -> Figure:
    fig, (left, right) = new_figure(columns=2)
    left.plot([0, 1500], [0, 2500.5])
    money_ticks(left, "EUR", "x")
    headline(left, "Revenue grew in Jul 2026")
    axis_units(left, "Spend a week (EUR)", "Revenue")
    direct_label(left, 1000, 1200, "plan")
    right.barh(["low", "high"], [1.5, 2.5])
    fig_block = figure(fig).block
    assert isinstance(fig_block, Figure)
    return fig_block


@pytest.mark.usefixtures("german")
def test_every_text_is_said():
    picture = drawn()
    texts = re.sub(r"</text>\s*<text[^>]*>", " ", picture.data)
    for word in (
        "Der Umsatz",
        "Juli 2026",
        "Ausgaben je Woche (EUR)",
        ">Umsatz<",
        ">Plan<",
        ">niedrig<",
        "1\u00a0Tsd.\u00a0€",
    ):
        assert word in texts
    for word in ("Revenue", "Spend", ">plan<", ">low<", "€1.5k"):
        assert word not in texts
    assert unreadable(picture.data) == []
    assert picture.alt == "Revenue grew in Jul 2026"


def test_without_another_language_nothing_changes():
    assert ">plan<" in drawn().data


@pytest.mark.usefixtures("german")
def test_dates_on_an_axis_follow():
    fig, ax = new_figure()
    ax.xaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    ax.plot(pd.date_range("2026-01-05", periods=40, freq="7D"), range(40))
    block = figure(fig).block
    assert isinstance(block, Figure)
    assert "Mai" in block.data
    assert "May" not in block.data
