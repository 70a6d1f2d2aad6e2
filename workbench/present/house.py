"""The company's own look of its reports: paper, logo, colour."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree

from workbench.config import find_config
from workbench.errors import ConfigError
from workbench.present.palette import PALETTE, Palette

if TYPE_CHECKING:
    from workbench.workspace import Workspace

LARGEST_LOGO = 1_000_000
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Logo:
    """A picture for the first page.

    Attributes:
        content: The file.
        format: What it is.
        alt: What it says to those who don't see it.
    """

    content: bytes
    format: Literal["svg", "png"]
    alt: str


@dataclass(frozen=True)
class House:
    """How a report looks.

    Attributes:
        paper: Size of a page.
        palette: Colours; the accent is the company's.
        logo: None for a report without one.
        language: ISO 639-1.
    """

    paper: Literal["a4", "letter"] = "a4"
    palette: Palette = PALETTE
    logo: Logo | None = None
    language: Literal["en", "de"] = "en"


OWN = House()


def house_of(workspace: Workspace) -> House:
    """The look that `[report]` of a workspace asks for.

    Raises:
        ConfigError: If the logo can't be read or is neither SVG nor PNG.
    """
    style = workspace.config.report
    palette = replace(PALETTE, accent=style.accent) if style.accent else PALETTE
    logo = _logo(workspace.root / style.logo, workspace.config.workspace.name) if style.logo else None
    return House(style.paper, palette, logo, style.language)


def house_around(folder: Path) -> House:
    """The look of the workspace that a folder lies in; the house's own where it lies in none.

    Raises:
        ConfigError: If that workspace's `workbench.toml` or its logo can't be read.
    """
    from workbench.workspace import open_workspace

    try:
        root = find_config(folder).parent
    except ConfigError:
        return OWN
    return house_of(open_workspace(root))


def _logo(path: Path, company: str) -> Logo:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"report.logo: {path} can't be read ({error.strerror}); name an SVG or PNG file of the workspace"
        ) from None
    if len(content) > LARGEST_LOGO:
        raise ConfigError(
            f"report.logo: {path} has {len(content):,} bytes; a logo may have {LARGEST_LOGO:,}, save it smaller"
        )
    return Logo(content, _format(content, path), f"Logo of {company}" if company else "Logo")


def _format(content: bytes, path: Path) -> Literal["svg", "png"]:
    if content.startswith(_PNG) and len(content) > 24 and min(struct.unpack(">II", content[16:24])) > 0:
        return "png"
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        root = None
    if root is None or not root.tag.endswith("svg"):
        raise ConfigError(f"report.logo: {path} is neither an SVG nor a PNG file; save the logo as one of them")
    return "svg"
