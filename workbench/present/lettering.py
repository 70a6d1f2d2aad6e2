"""Letters that the PDF's own fonts lack: fonts of the machine that have them, and what is left without any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BOX = "\u25a1"
# Spaces, marks of direction and joiners take no ink.
_INKLESS = re.compile(r"[\s\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_MOST_TOLD = 12
# Of these blocks the house's font has every letter: Latin, Greek, Cyrillic, punctuation, currencies, arrows and mathematics. Reading fonts
# takes longer than typesetting a short report in them.
_BLOCKS = ((0x20, 0x2E9), (0x384, 0x525), (0x2010, 0x205E), (0x20A0, 0x20B5), (0x2190, 0x22FF))
SURELY_THERE = frozenset(chr(code) for first, last in _BLOCKS for code in range(first, last + 1))


@dataclass(frozen=True)
class Lettering:
    """What a report's letters need beyond the house's font.

    Attributes:
        fonts: Files of this machine's fonts that have letters which the house's font lacks.
        families: What they are called.
        without: Letters that no font has, in the order of their code points.
    """

    fonts: tuple[Path, ...] = ()
    families: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def told(self) -> str:
        """A sentence on the letters that no font has; empty where there are none."""
        if not self.without:
            return ""
        shown = " ".join(f"{letter} (U+{ord(letter):04X})" for letter in self.without[:_MOST_TOLD])
        more = f" and {len(self.without) - _MOST_TOLD} more" if len(self.without) > _MOST_TOLD else ""
        return (
            f"No font of the machine that made this PDF has the letters {shown}{more}: they are shown as boxes. Install a font that "
            "has them, such as one of the Noto family, and make the PDF again; the HTML report shows them with its reader's fonts."
        )

    def drawable(self, svg: str) -> str:
        """A picture whose texts hold no letter without a font: one such letter would turn the whole text into boxes."""
        return svg.translate({ord(letter): BOX for letter in self.without})


def lettering_of(texts: Iterable[str]) -> Lettering:
    """Which fonts of this machine the letters of a report need, the fewest that have most of them."""
    used = {letter for text in texts for letter in set(_INKLESS.sub("", text))} - SURELY_THERE
    missing = {letter for letter in used - _house_letters() if letter.isprintable()} if used else set()
    fonts: list[tuple[str, Path]] = []
    while missing and (best := _best_font(frozenset(missing))):
        family, file, has = best
        fonts.append((family, file))
        missing -= has
    return Lettering(
        fonts=tuple(file for _, file in fonts),
        families=tuple(family for family, _ in fonts),
        without=tuple(sorted(missing)),
    )


def texts_in(data: Any) -> Iterator[str]:
    """Every text of nested plain data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from texts_in(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from texts_in(value)


def house_fonts() -> Path:
    """The folder of the fonts that matplotlib carries; it need not be imported for them."""
    package = find_spec("matplotlib")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"


@cache
def _house_letters() -> frozenset[str]:
    return _letters_of(house_fonts() / "DejaVuSans.ttf")


@cache
def _best_font(missing: frozenset[str]) -> tuple[str, Path, frozenset[str]] | None:
    """The upright font of this machine that has most of the letters; None if none has any."""
    found = ((family, file, _letters_of(file) & missing) for family, file in _machine_fonts())
    best = max(found, key=lambda font: len(font[2]), default=None)
    return best if best and best[2] else None


def _machine_fonts() -> list[tuple[str, Path]]:
    from matplotlib.font_manager import fontManager

    own = str(house_fonts())
    return sorted(
        {
            (font.name, Path(font.fname))
            for font in fontManager.ttflist
            if not font.fname.startswith(own) and font.style == "normal" and font.weight in (400, "normal", "regular")
        }
    )


@cache
def _letters_of(file: Path) -> frozenset[str]:
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(map(chr, FT2Font(str(file)).get_charmap()))
    except (OSError, RuntimeError):
        return frozenset()
