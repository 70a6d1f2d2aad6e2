"""Numbers, amounts of money and dates, as another language writes them: read from how `workbench.wording` does."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NO_BREAK = "\u00a0"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
)  # fmt: skip
_MONTH = rf"(?:(?:{'|'.join((*_LONG_MONTHS, *_MONTHS))})\b)"
_SIZE = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_ALONE = r"(?![\w])"
_AMOUNT = rf"[−+±]?(?:[€$£¥]|\b[A-Z]{{3}} )?{_SIZE}(?:bn|m|k)?%?{_ALONE}"
_DAY = rf"\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH}(?: \d{{4}})?"
_BETWEEN = r"(?: to | and | or |–| – |, | ± |/)"
# As parts of patterns: one or several amounts or days, as sentences string them together.
AMOUNTS = rf"(?:[<>≤≥] ?)?(?:{_AMOUNT}|–)(?:{_BETWEEN}(?:{_AMOUNT}|–))*"
# As in 95th.
ORDINAL = r"\d+"
DAYS = rf"(?:{_DAY})(?:{_BETWEEN}(?:{_DAY}))*"
_ONE_AMOUNT = re.compile(
    r"(?P<sign>[−+±]?)(?P<unit>[€$£¥]|\b[A-Z]{3} )?"
    rf"(?P<size>{_SIZE})(?P<scale>bn|m|k)?(?P<percent>%?)(?![\w])"
)
_ONE_DAY = re.compile(
    rf"(?P<iso>(?P<y>\d{{4}})-(?P<m>\d{{2}})-(?P<d>\d{{2}}))|(?:(?P<day>\d{{1,2}}) )?(?P<month>{_MONTH})\b(?P<year> \d{{4}})?"
)


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a language writes numbers and dates.

    Attributes:
        decimal: Between a number's whole part and its decimals.
        thousands: Between its groups of three digits.
        scales: For k, m and bn.
        between: For the words that stand between amounts and days, such as ` to `.
        months: Twelve names, short.
        long_months: The same in full.
        after_day: What follows the number of a day, such as a full stop.
        iso: A whole day, of `{d}`, `{m}` and `{y}`.
    """

    decimal: str
    thousands: str
    scales: dict[str, str]
    between: dict[str, str]
    months: tuple[str, ...]
    long_months: tuple[str, ...]
    after_day: str
    iso: str

    def amounts(self, text: str) -> str:
        """The amounts of an English text, written this way; units follow their number, and no line breaks between them.

        >>> GERMAN.amounts("€1.23m to €2,500.50").replace("\u00a0", "_")
        '1,23_Mio._€ bis 2.500,50_€'
        """
        return self._joined(_ONE_AMOUNT.sub(self._amount, text))

    def days(self, text: str) -> str:
        """The days of an English text, written this way.

        >>> GERMAN.days("6 Jul 2026 – 2 Aug 2026"), GERMAN.days("2026-07-06"), GERMAN.days("28 December 2025")
        ('6. Juli 2026 – 2. Aug. 2026', '06.07.2026', '28. Dezember 2025')
        """
        return self._joined(_ONE_DAY.sub(self._day, text))

    def _joined(self, text: str) -> str:
        for english, own in self.between.items():
            text = text.replace(english, own)
        return text

    def _amount(self, found: re.Match[str]) -> str:
        size = found["size"].translate({ord(","): self.thousands, ord("."): self.decimal})
        scale = _NO_BREAK + self.scales[found["scale"]] if found["scale"] else ""
        unit = _NO_BREAK + (found["unit"] or found["percent"]).strip() if found["unit"] or found["percent"] else ""
        return f"{found['sign']}{size}{scale}{unit}"

    def _day(self, found: re.Match[str]) -> str:
        if found["iso"]:
            return self.iso.format(d=found["d"], m=found["m"], y=found["y"])
        day = f"{found['day']}{self.after_day} " if found["day"] else ""
        return f"{day}{self._month(found['month'])}{found['year'] or ''}"

    def _month(self, english: str) -> str:
        if english in _MONTHS:
            return self.months[_MONTHS.index(english)]
        return self.long_months[_LONG_MONTHS.index(english)]


GERMAN = Manner(
    decimal=",",
    thousands=".",
    scales={"k": "Tsd.", "m": "Mio.", "bn": "Mrd."},
    between={" to ": " bis ", " and ": " und ", " or ": " oder "},
    months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    long_months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    after_day=".",
    iso="{d}.{m}.{y}",
)
MANNERS = {"de": GERMAN}
