"""What changed since the last pack: headline numbers beside those of then, new and closed tests, and checks that turned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.present.blocks import Block, Column, Heading, Prose, Table
from workbench.present.check_titles import check_title
from workbench.present.pack.amounts import counted, listed
from workbench.present.pack.headline import spoken
from workbench.present.pack.material import CALLED, Material
from workbench.present.pack.record import Headline, PackRecord
from workbench.present.page_one import in_words
from workbench.wording import DASH, in_unit, interval, is_currency, number, percent, signed

TITLE = "What changed since the last pack"
SAME = "no change"
CLEARLY, WITHIN = "clearly", "within"
SAME_TO = 1e-9
RUN_LETTERS = 4
SETTLED = ("ship", "stop", "inconclusive", "invalid")


@dataclass(frozen=True)
class Turned:
    """A check that passed in one pack and failed in the other.

    Attributes:
        subject: The analysis, and of which test or score.
        name: The check's name.
        passed: Whether it passes now.
    """

    subject: str
    name: str
    passed: bool


def changed_section(
    material: Material,
    now: Sequence[Headline],
    checks: Mapping[str, Mapping[str, bool | None]],
    last: PackRecord | None,
) -> Iterator[Block]:
    """Headlines with those of the last pack; the first pack says that it is the first."""
    yield Heading(level=2, text=TITLE)
    if last is None:
        yield Prose(
            markdown="This is the first pack, so there is nothing to compare with yet. The next one sets its numbers beside these."
        )
    else:
        yield Prose(markdown="\n".join(f"- {sentence}" for sentence in what_changed(material, now, checks, last)))
    if now:
        yield _headline_table(now, last)


def what_changed(
    material: Material, now: Sequence[Headline], checks: Mapping[str, Mapping[str, bool | None]], last: PackRecord
) -> Iterator[str]:
    """Sentences: numbers that moved more than chance explains, tests, and checks that turned."""
    clear = [headline.label for headline in moved_clearly(now, last)]
    if clear:
        yield f"{counted(len(clear), 'number')} moved beyond what was uncertain: {listed(clear)}."
    else:
        yield "No headline number moved beyond what was uncertain in either pack."
    yield _tests_since(material, last)
    turned = turned_checks(checks, last)
    for passed, verb in ((False, "failed that did not fail"), (True, "passed that failed")):
        names = [_called(check) for check in turned if check.passed is passed]
        if names:
            yield f"{counted(len(names), 'check')} {verb} in the last pack: {'; '.join(names)}."
    if not turned:
        yield "No check turned from passed to failed or back."


def moved_clearly(now: Sequence[Headline], last: PackRecord) -> list[Headline]:
    """Numbers each of which lies outside the other pack's interval."""
    before = {headline.key: headline for headline in last.headlines}
    return [headline for headline in now if moved(headline, before.get(headline.key)) == CLEARLY]


def moved(now: Headline, then: Headline | None) -> str:
    """Whether a number moved more than its uncertainty; empty where that can't be told."""
    if then is None or now.estimate is None or then.estimate is None:
        return ""
    if math.isclose(now.estimate, then.estimate, rel_tol=SAME_TO):
        return SAME
    if now.lower is None or now.upper is None or then.lower is None or then.upper is None:
        return ""
    apart = not now.lower <= then.estimate <= now.upper and not then.lower <= now.estimate <= then.upper
    return CLEARLY if apart else WITHIN


def turned_checks(checks: Mapping[str, Mapping[str, bool | None]], last: PackRecord) -> list[Turned]:
    """Checks of the same subject that passed and now fail, or the other way round, and new ones that fail."""
    turned = []
    for subject, verdicts in checks.items():
        before = last.checks.get(subject, {})
        for name, passed in verdicts.items():
            if (passed is not None and before.get(name) is not None and before[name] is not passed) or (
                passed is False and subject in last.checks and before.get(name) is None
            ):
                turned.append(Turned(subject, name, passed))
    return turned


def _tests_since(material: Material, last: PackRecord) -> str:
    fresh = [record for record in material.learnings if record["run_id"] not in last.learnings]
    if not fresh:
        return "No test was read out since."
    closed = [spoken(str(record["experiment_id"])) for record in fresh if record.get("verdict") in SETTLED]
    running = [spoken(str(record["experiment_id"])) for record in fresh if record.get("verdict") not in SETTLED]
    told = [f"{counted(len(closed), 'test')} closed ({listed(closed)})"] if closed else []
    told += [f"{counted(len(running), 'test')} still running ({listed(running)})"] if running else []
    return f"Read out since: {' and '.join(told)}."


def _called(check: Turned) -> str:
    analysis, _, subject = check.subject.partition(" ")
    name = check_title(check.name, analysis) or in_words(check.name)
    of = CALLED.get(analysis, analysis) + (f" {subject}" if subject else "")
    return f"{of}, {name[:1].lower()}{name[1:]}"


def _headline_table(now: Sequence[Headline], last: PackRecord | None) -> Table:
    before = {headline.key: headline for headline in last.headlines} if last else {}
    names = ["Number", "This pack", "Interval"]
    names += ["Last pack", "Its interval", "Change", "Moved"] if last else []
    names.append("Run")
    aligned = [Column(name=name, align="left" if name in ("Number", "Moved", "Run") else "right") for name in names]
    gone = [headline for key, headline in before.items() if key not in {each.key for each in now}]
    rows = [_row(headline, before.get(headline.key), with_last=last is not None) for headline in now]
    rows += [(each.label, DASH, DASH, _value(each), _limits(each), DASH, "no longer told", DASH) for each in gone]
    return Table(columns=tuple(aligned), rows=tuple(rows), caption=_caption(now, last), total_rows=len(rows))


def _caption(now: Sequence[Headline], last: PackRecord | None) -> str:
    text = f"Headline numbers. {_levels(now)} Run: the last letters of its id, which stands in full in the appendix."
    if last is None:
        return text
    return (
        f"{text} Last pack: {last.pack_id}. Moved clearly: each number lies outside the other's interval; within: one of them lies "
        "inside."
    )


def _levels(now: Sequence[Headline]) -> str:
    """Probability of the intervals of each group."""
    levels: dict[str, set[float]] = {}
    for headline in now:
        if headline.level is not None:
            levels.setdefault(headline.group, set()).add(headline.level)
    told = [f"{group} {' or '.join(percent(level, 0) for level in sorted(those))}" for group, those in levels.items()]
    return f"Intervals: {', '.join(told)}." if told else ""


def _row(now: Headline, then: Headline | None, *, with_last: bool) -> tuple[str, ...]:
    told = (now.label, _value(now), _limits(now))
    run = now.run_id[-RUN_LETTERS:]
    if not with_last:
        return (*told, run)
    if then is None:
        return (*told, DASH, DASH, DASH, "new", run)
    return (*told, _value(then), _limits(then), _difference(now, then), moved(now, then) or DASH, run)


def _value(headline: Headline) -> str:
    return DASH if headline.estimate is None else in_unit(headline.estimate, headline.unit)


def _limits(headline: Headline) -> str:
    if headline.lower is None or headline.upper is None:
        return DASH
    return interval(headline.lower, headline.upper, headline.unit)


def _difference(now: Headline, then: Headline) -> str:
    if now.estimate is None or then.estimate is None or math.isclose(now.estimate, then.estimate, rel_tol=SAME_TO):
        return DASH
    away = now.estimate - then.estimate
    if is_currency(now.unit):
        return signed(away, now.unit)
    sign = "+" if away > 0 else ""
    return f"{sign}{percent(away).rstrip('%')} points" if now.unit == "%" else f"{sign}{number(away)}"
