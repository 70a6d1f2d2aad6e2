"""A language's catalogue: English sentences with blanks, each with its translation, and the search for the one that a text was made from.

Sentences are looked up as readers would read them, so that analyses write plain English and nothing else; a test holds the
catalogue to every report that tests make. Blanks say what fills them: `{n…}` amounts, `{d…}` days, `{x…}` a name or words of the catalogue,
`{k…}` words of the catalogue alone, `{l…}` names in a row, each with an amount.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from workbench.present.language.numbers import AMOUNTS, DAYS, MANNERS, ORDINAL, Manner

_BLANK = re.compile(r"\{([ndxkl]\w*)\}")
_SENTENCE_END = re.compile(r"(?<=[.!?:]) (?=\S)")
_LIST = re.compile(r"(, and | and | or |, | & )")
_COMMAS = re.compile("(, )")
_FILLS = {"n": AMOUNTS, "d": DAYS, "x": r".+?", "k": r".+?", "l": rf".+? {AMOUNTS}"}
_WITH_AMOUNT = re.compile(rf"(.+) ({AMOUNTS})")
_WORD = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True)
class Phrase:
    """One entry of a catalogue.

    Attributes:
        english: With blanks.
        own: The same in another language.
    """

    english: str
    own: str

    @cached_property
    def literals(self) -> list[str]:
        """What stands between the blanks."""
        return _BLANK.split(self.english)[::2]

    @cached_property
    def longest(self) -> str:
        """The longest of those, which is quick to look for."""
        return max(self.literals, key=len)

    @cached_property
    def letters(self) -> int:
        """How many letters are the entry's own."""
        return sum(map(len, self.literals))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Of the texts that are made from it; a blank that comes twice holds the same twice."""
        blanks = _BLANK.split(self.english)[1::2]
        pattern, seen = "", set[str]()
        for literal, blank, after in zip(self.literals, [*blanks, ""], [*self.literals[1:], ""], strict=True):
            pattern += re.escape(literal)
            if blank:
                fill = ORDINAL if blank[0] == "n" and after[:1].isalpha() else _FILLS[blank[0]]
                pattern += f"(?P={blank})" if blank in seen else f"(?P<{blank}>{fill})"
                seen.add(blank)
        return re.compile(pattern)


@dataclass(frozen=True)
class Told:
    """A text in another language.

    Attributes:
        text: As far as the catalogue knows it.
        unknown: What of it the catalogue doesn't know: names of the company's own, or sentences that lack a translation.
    """

    text: str
    unknown: tuple[str, ...] = ()


class Catalogue:
    """What a language knows to say."""

    def __init__(self, entries: dict[str, str], manner: Manner) -> None:
        self.manner = manner
        self._whole = {english: own for english, own in entries.items() if not _BLANK.search(english)}
        phrases = [Phrase(english, own) for english, own in entries.items() if _BLANK.search(english)]
        self._phrases = sorted(phrases, key=lambda phrase: -phrase.letters)
        # Reports say the same words in many sentences, whose parts are tried in many ways: each is looked up once.
        self._known: dict[str, Told] = {}
        self._entries: dict[str, Told | None] = {}

    def say(self, text: str) -> str:
        """A text in this language; what is unknown stays as it is."""
        return self.told(text).text

    def told(self, text: str) -> Told:
        """A text in this language, with what is unknown: as a whole, else sentence by sentence, else clause by clause."""
        if text not in self._known:
            self._known[text] = self._looked_up(text)
        return self._known[text]

    def _looked_up(self, text: str) -> Told:
        core = text.strip()
        if not core:
            return Told(text)
        # As a whole where that leaves no more unknown than its parts do: a blank may have swallowed a sentence.
        found = min((self._simple(core), self._parts(core), self._listed(core)), key=_unknown_letters)
        # An abbreviation ends with a full stop of its own.
        own = f"{found.text[:-2]}." if found.text.endswith("..") else found.text
        return Told(text.replace(core, own, 1), found.unknown)

    def _simple(self, text: str) -> Told:
        fits = [found for found in (self._entry(text), self._numbers(text)) if found]
        if text.endswith(".") and (found := self._entry(text[:-1]) or self._numbers(text[:-1])):
            fits.append(Told(f"{found.text}.", found.unknown))
        return min(fits, key=_unknown_letters, default=_left(text))

    def _parts(self, text: str) -> Told:
        for split, joint in ((_SENTENCE_END.split(text), " "), (text.split("; "), "; ")):
            if len(split) > 1:
                return _joined([self.told(part) for part in split], joint)
        return _left(text)

    def _listed(self, text: str) -> Told:
        """Names in a row, if the catalogue has an entry for each of them; a name may hold an "and" of its own."""
        end = "." if text.endswith(".") else ""
        for split in (_LIST, _COMMAS):
            if row := self._row(split.split(text.removesuffix(".")), self._entry):
                return _joined([row, Told(end)], "")
        return _left(text)

    def _row(self, names: Sequence[str], say: Callable[[str], Told | None]) -> Told | None:
        """Several names with what stands between them, if `say` knows each."""
        if len(names) == 1:
            return None
        parts = [say(name) if i % 2 == 0 else self._joint(name) for i, name in enumerate(names)]
        known = [told for told in parts if told]
        return _joined(known, "") if len(known) == len(names) else None

    def _entry(self, text: str) -> Told | None:
        """The entry that leaves least unknown, of those the one with most letters of its own."""
        if text not in self._entries:
            self._entries[text] = self._entry_found(text)
        return self._entries[text]

    def _entry_found(self, text: str) -> Told | None:
        if text in self._whole:
            return Told(self._whole[text])
        matches = ((phrase, phrase.pattern.fullmatch(text)) for phrase in self._phrases if phrase.longest in text)
        fits = [self._filled(phrase, match) for phrase, match in matches if match]
        found = min((told for told in fits if told), key=_unknown_letters, default=None)
        # Titles stand within sentences, too; a single word may be a name of the code.
        if found is None and text[:1].islower() and " " in text:
            return self._entry(text[:1].upper() + text[1:])
        return found

    def _filled(self, phrase: Phrase, match: re.Match[str]) -> Told | None:
        fills = {name: self._fill(name, text) for name, text in match.groupdict().items()}
        if any(name[0] == "k" and told.unknown for name, told in fills.items()):
            return None
        text = _BLANK.sub(lambda blank: fills[blank[1]].text, phrase.own)
        return Told(text, tuple(piece for told in fills.values() for piece in told.unknown))

    def _fill(self, name: str, text: str) -> Told:
        match name[0]:
            case "n":
                return Told(self.manner.amounts(text))
            case "d":
                return Told(self.manner.days(text))
            case "l":
                return self._row(_COMMAS.split(text), self._with_amount) or self._with_amount(text)
        return self._name(text)

    def _with_amount(self, text: str) -> Told:
        found = _WITH_AMOUNT.fullmatch(text)
        return _joined([self._name(found[1]), Told(self.manner.amounts(found[2]))], " ") if found else self._name(text)

    def _name(self, text: str) -> Told:
        found = self._entry(text) or self._numbers(text) or _left(text)
        # Names that may hold commas stand apart from each other by semicolons.
        if found.unknown and "; " in text:
            return _joined([self._name(name) for name in text.split("; ")], "; ")
        row = self._row(_LIST.split(text), self._name) if found.unknown else None
        return min((found, row), key=_unknown_letters) if row else found

    def _joint(self, text: str) -> Told:
        return Told(self.manner.between.get(text.replace(",", ""), text) if text.strip(" ,") else text)

    def _numbers(self, text: str) -> Told | None:
        if re.fullmatch(DAYS, text):
            return Told(self.manner.days(text))
        return Told(self.manner.amounts(text)) if re.fullmatch(AMOUNTS, text) else None


def _left(text: str) -> Told:
    return Told(text, (text,) if _WORD.search(text) else ())


def _unknown_letters(told: Told) -> int:
    return sum(len(piece.replace(" ", "")) for piece in told.unknown)


def _joined(parts: Sequence[Told], joint: str) -> Told:
    return Told(joint.join(part.text for part in parts), tuple(piece for part in parts for piece in part.unknown))


@cache
def catalogue(language: str) -> Catalogue | None:
    """What a language knows to say; None for English, in which everything is written."""
    if language == "en":
        return None
    return Catalogue(dict(_entries(language)), MANNERS[language])


def _entries(language: str) -> Iterator[tuple[str, str]]:
    folder = files("workbench.present.language").joinpath(language)
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            yield from tomllib.loads(file.read_text(encoding="utf-8")).items()
