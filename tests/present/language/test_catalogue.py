"""How a text finds its translation, and that what is written in the catalogues can be used."""

import re
import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from workbench.present.language.catalogue import Catalogue, catalogue
from workbench.present.language.numbers import GERMAN, MANNERS

LANGUAGES = sorted(MANNERS)
BLANK = re.compile(r"\{(\w+)\}")

SMALL = Catalogue(
    {
        "orders": "Bestellungen",
        "{x} caused {n} of revenue ({n_level} interval {n_low}).": "{x} verursachte {n} Umsatz ({n_level}-Intervall {n_low}).",
        "{x} caused nothing.": "{x} verursachte nichts.",
        "{n} {x} came until {d}.": "Bis {d} kamen {n} {x}.",
        "the week was short": "die Woche war kurz",
        "{x} is half of {x}.": "{x} ist die Hälfte von {x}.",
        "{k_what} by {x}": "{k_what} nach {x}",
        "Shares: {l}.": "Anteile: {l}.",
        "too small: {x}": "zu klein: {x}",
        "{n} more": "{n} weitere",
    },
    GERMAN,
)


def plain(text: str) -> str:
    return SMALL.say(text).replace("\u00a0", " ")


def test_amounts_days_and_names_fill_the_blanks():
    english = "TV and search caused €1.23m of revenue (90% interval €1m to €1.5m)."
    assert plain(english) == "TV und search verursachte 1,23 Mio. € Umsatz (90 %-Intervall 1 Mio. € bis 1,5 Mio. €)."
    assert plain("1,200 orders came until 6 Jul 2026.") == "Bis 6. Juli 2026 kamen 1.200 Bestellungen."


def test_sentences_and_clauses_are_looked_up_one_by_one():
    assert plain("tv caused nothing. Radio caused nothing.") == "tv verursachte nichts. Radio verursachte nichts."
    assert plain("the week was short; the week was short.") == "die Woche war kurz; die Woche war kurz."


def test_what_is_unknown_stays_english_and_is_told():
    told = SMALL.told("tv caused nothing. This was never translated: €1,200.50.")
    assert told.text == "tv verursachte nichts. This was never translated: 1.200,50\u00a0€."
    assert told.unknown == ("tv", "This was never translated:")


def test_a_blank_that_comes_twice_holds_the_same_twice():
    assert plain("tv is half of tv.") == "tv ist die Hälfte von tv."
    assert SMALL.told("tv is half of radio.").unknown == ("tv is half of radio.",)


def test_names_are_left_as_they_are():
    assert plain("Kampagne 2.0 / Jan caused nothing.") == "Kampagne 2.0 / Jan verursachte nichts."


def test_names_that_read_like_an_entry_are_left_as_they_are():
    assert plain("orders by region") == "Bestellungen nach region"
    assert SMALL.told("Voucher by mail").unknown == ("Voucher by mail",)


def test_names_that_may_hold_commas_stand_apart_by_semicolons():
    told = SMALL.told("too small: Nord and Mitte; West; 25 more")
    assert told.text == "zu klein: Nord und Mitte; West; 25 weitere"
    assert set(told.unknown) == {"Nord", "Mitte", "West"}


@pytest.mark.parametrize("channels", [1, 2, 40])
def test_a_row_of_names_with_amounts_may_have_any_length(channels):
    names = [f"Kanal {chr(65 + i % 26)}{i // 26}" for i in range(channels)]
    english, own = (", ".join(f"{name} {share}" for name in names) for share in ("1,200.5%", "1.200,5 %"))
    assert plain(f"Shares: {english}.") == f"Anteile: {own}."
    assert set(SMALL.told(f"Shares: {english}.").unknown) == set(names)


def test_english_needs_no_catalogue():
    assert catalogue("en") is None


def entries(language: str) -> list[tuple[str, str, str]]:
    folder = files("workbench.present.language").joinpath(language)
    return [
        (file.name, english, own)
        for file in folder.iterdir()
        for english, own in tomllib.loads(file.read_text(encoding="utf-8")).items()
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_translated_twice(language: str):
    times = Counter(english for _, english, _ in entries(language))
    assert [english for english, count in times.items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_say_all_that_the_sentence_says(language: str):
    """Every amount, day and name of the English text, and nothing made up."""
    wrong = [
        (file, english)
        for file, english, own in entries(language)
        if set(BLANK.findall(english)) != set(BLANK.findall(own))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_end_as_the_sentence_ends(language: str):
    ends = (".", ":", "?", "!", "…")
    wrong = [
        (file, english, own)
        for file, english, own in entries(language)
        if (english[-1] if english.endswith(ends) else "") != (own[-1] if own.endswith(ends) else "")
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_is_found_by_a_text_made_from_it(language: str):
    """An entry that another one always takes the place of would be dead."""
    known = catalogue(language)
    assert known is not None
    fills = {"n": "€1,234", "d": "6 Jul 2026", "x": "Qxyz", "k": "revenue", "l": "Qxyz 12%, Qxyz 34%"}
    lost = []
    for file, english, _own in entries(language):
        text = BLANK.sub(lambda blank: fills[blank[1][0]], re.sub(r"\{n\w*\}(?=[a-z])", "95", english))
        if set(known.told(text).unknown) - {"Qxyz"}:
            lost.append((file, english))
    assert lost == []
