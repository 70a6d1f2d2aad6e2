"""A report in the language of its house, with its glossary and the fixed words of its pages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.present.document import Report
from workbench.present.glossary import glossary
from workbench.present.language.catalogue import catalogue
from workbench.present.language.in_blocks import Say, in_language, page_one_in_language
from workbench.present.language.numbers import MANNERS

POINT = "."


@dataclass(frozen=True)
class SaidReport:
    """What PDF and HTML are written from.

    Attributes:
        report: In its language.
        glossary: Name and meaning of the terms that it uses.
        say: For the words that pages have of their own.
        language: ISO 639-1.
        decimal: What stands between a number's whole part and its decimals.
    """

    report: Report
    glossary: tuple[tuple[str, str], ...]
    say: Say
    language: str
    decimal: str


def said(report: Report) -> SaidReport:
    """A report, written in English, in the language of its house."""
    language, terms = report.house.language, glossary(report)
    known = catalogue(language)
    if known is None:
        return SaidReport(report, terms, str, language, POINT)
    say = known.say
    own = replace(
        report,
        title=say(report.title),
        period=say(report.period),
        page_one=page_one_in_language(report.page_one, say) if report.page_one else None,
        blocks=tuple(in_language(block, say) for block in report.blocks),
    )
    meanings = sorted(((say(name), say(meaning)) for name, meaning in terms), key=lambda term: term[0].casefold())
    return SaidReport(own, tuple(meanings), say, language, MANNERS[language].decimal)
