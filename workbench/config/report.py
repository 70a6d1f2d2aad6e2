"""`[report]`: how reports look."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from workbench.config.base import Section
from workbench.config.contrast import contrast

READABLE = 4.5
WHITE = "#FFFFFF"


class ReportStyle(Section):
    """`[report]`.

    Attributes:
        paper: Size of a page.
        logo: SVG or PNG file, relative to the workspace, for the first page; empty for none.
        language: In which reports and board packs are written: English, or German. Names, labels and notes of your own stay as you write them.
        accent: Colour of headlines' rules, amounts and links, as `#RRGGBB`; empty for the house's blue. Charts keep the house's colours, which
            are told apart by colour-blind readers too.
    """

    paper: Literal["a4", "letter"] = "a4"
    logo: str = ""
    language: Literal["en", "de"] = "en"
    accent: str = Field(default="", pattern=r"^(#[0-9A-Fa-f]{6})?$")

    @field_validator("accent")
    @classmethod
    def _readable(cls, accent: str) -> str:
        """WCAG 2.2, success criterion 1.4.3."""
        if accent and (found := contrast(accent, WHITE)) < READABLE:
            raise ValueError(
                f"{accent} on white has a contrast of {found:.1f} : 1, text needs {READABLE} : 1; choose a darker colour"
            )
        return accent
