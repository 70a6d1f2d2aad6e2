"""The experiments app: running and finished tests, how each went, and what all of them taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any

import ipywidgets as widgets

from workbench.apps.answering import follow
from workbench.apps.cards import cards
from workbench.apps.chart import Chart, chart
from workbench.apps.controls import Control, Picker, TextField, picker, text_field
from workbench.apps.experiments_charts import course_figure, effects_figure, fill_course, fill_effects
from workbench.apps.experiments_course import Course, course_of, metrics, no_course, treatments
from workbench.apps.experiments_saved import ReadTest, SavedReadout, known_learnings, read_tests, unread
from workbench.apps.experiments_words import (
    ARM_HEADINGS,
    GATE_HEADINGS,
    KINDS,
    TEST_HEADINGS,
    Search,
    arm_rows,
    choices,
    effects,
    found,
    gate_rows,
    gates_sentence,
    learning_lines,
    level_of,
    overview_rows,
    verdict_cards,
)
from workbench.apps.page import html, page, row, section, table
from workbench.apps.published import Published


@dataclass
class TestDetail:
    """One test: its verdict, its course, what moved, and its gates."""

    __test__ = False

    tests: Sequence[ReadTest]
    test: Picker = field(init=False)
    treatment: Picker = field(init=False)
    metric: Picker = field(init=False)
    headline: widgets.HTML = field(init=False)
    course: Chart = field(init=False)
    place: widgets.VBox = field(init=False)
    course_text: widgets.HTML = field(init=False)
    effects: Chart = field(init=False)
    gates: widgets.HTML = field(init=False)
    _offering: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        first = opening(self.tests)
        self.test = picker("Test", {f"{test.name}: {test.state}": test for test in self.tests}, first)
        self.treatment = picker("Treatment", _offered(treatments(first)), _first(treatments(first)))
        self.metric = picker("Measure", _offered(metrics(first)), _first(metrics(first)))
        self.headline, self.course_text, self.gates = html(), html(), html()
        figure, known = course_figure(), self._course()
        self.course = chart(figure, alt=fill_course(figure, known) if known else no_course(first))
        self.place = widgets.VBox([self.course])
        self.effects = chart(effects_figure(effects(first), level_of(first)), alt="")
        self._show_verdict()
        self._show_course()
        self._show_grounds()
        follow((self.test,), self._choose_test)
        follow((self.treatment, self.metric), self._choose_course)

    @property
    def chosen(self) -> ReadTest:
        test: ReadTest = self.test.value
        return test

    def _course(self) -> Course | None:
        return course_of(self.chosen, self.treatment.value, self.metric.value)

    def _choose_test(self) -> None:
        """Another test has other treatments and measures; its numbers come before its charts."""
        self._show_verdict()
        self._offering = True
        for control, names in ((self.treatment, treatments(self.chosen)), (self.metric, metrics(self.chosen))):
            control.offer(_offered(names), _first(names))
            control.disabled = len(names) < 2
        self._offering = False
        self._show_course()
        self._show_grounds()

    def _choose_course(self) -> None:
        if not self._offering:
            self._show_course()

    def _show_verdict(self) -> None:
        test = self.chosen
        told = test.readout.findings[0] if test.readout.findings else ""
        hypothesis = str(test.record.get("hypothesis") or "")
        asked = f"<p><strong>Asked:</strong> {escape(hypothesis)}</p>" if hypothesis else ""
        self.headline.value = f"{asked}<p>{escape(told)}</p>{cards(verdict_cards(test))}"

    def _show_grounds(self) -> None:
        test = self.chosen
        self.effects.alt = fill_effects(self.effects, effects(test), level_of(test))
        self.gates.value = _gates(test)

    def _show_course(self) -> None:
        course = self._course()
        self.place.layout.display = "none" if course is None else ""
        if course is not None:
            self.course.alt = fill_course(self.course, course)
        self.course_text.value = f"<p>{escape(course.told if course else no_course(self.chosen))}</p>"


@dataclass
class Learnings:
    """What all tests taught, by what a visitor looks for."""

    records: list[dict[str, Any]]
    text: TextField = field(init=False)
    channel: Picker = field(init=False)
    audience: Picker = field(init=False)
    market: Picker = field(init=False)
    kind: Picker = field(init=False)
    verdict: Picker = field(init=False)
    shown: widgets.HTML = field(init=False)

    def __post_init__(self) -> None:
        self.text = text_field("Words", hint="Each must occur somewhere in the record.")
        self.channel = picker("Channel", choices(self.records, "channel", "Any channel"), "")
        self.audience = picker("Audience", choices(self.records, "audience", "Any audience"), "")
        self.market = picker("Market", choices(self.records, "markets", "Any market"), "")
        kinds = {"Any kind": ""} | {f"Tests {name}": kind for kind, name in KINDS.items()}
        self.kind = picker("Kind", kinds, "")
        self.verdict = picker("Verdict", choices(self.records, "verdict", "Any verdict"), "")
        self.shown = html()
        self._look_up()
        follow(self.controls, self._look_up)

    @property
    def controls(self) -> tuple[Control, ...]:
        return self.text, self.channel, self.audience, self.market, self.kind, self.verdict

    @property
    def search(self) -> Search:
        """What is looked for now."""
        return Search(
            text=self.text.value,
            channel=self.channel.value,
            audience=self.audience.value,
            market=self.market.value,
            kind=self.kind.value,
            verdict=self.verdict.value,
        )

    def _look_up(self) -> None:
        fitting = found(self.records, self.search)
        said = f"{len(fitting)} of {len(self.records)} tests fit."
        self.shown.value = f'<p role="status">{said}</p>{"".join(map(_learning, fitting))}'


def experiments(published: Sequence[Published[SavedReadout]], today: date | None = None) -> widgets.VBox:
    """The page of all saved readouts; `today` tells which tests still run, None for the present day."""
    tests = read_tests(published, today or date.today())
    detail, learnt = TestDetail(tests), Learnings(known_learnings(published))
    return page(
        published[0],
        section("All tests", html(_all_tests(tests, unread(published, tests)))),
        section("One test", row(detail.test), detail.headline),
        section("How it went", row(detail.treatment, detail.metric), detail.place, detail.course_text),
        section("What moved", detail.effects),
        section("Gates", detail.gates, lead="What must hold before an effect may be believed."),
        section("What tests have taught", row(*learnt.controls), learnt.shown),
    )


def _all_tests(tests: Sequence[ReadTest], waiting: Sequence[str]) -> str:
    rows = table(
        TEST_HEADINGS,
        overview_rows(tests),
        caption="Every test by its newest readout, running ones first.",
        numbers=(4, 5),
    )
    names = ", ".join(name.replace("_", " ") for name in waiting)
    return rows + (f"<p>Declared and not read out yet: {escape(names)}.</p>" if waiting else "")


def _gates(test: ReadTest) -> str:
    arms = (
        table(ARM_HEADINGS, arm_rows(test), caption="Units of each arm.", numbers=(1, 2, 3))
        if len(test.readout.arms)
        else ""
    )
    gates = table(GATE_HEADINGS, gate_rows(test), caption="Gates, failed ones first.")
    return f'<p role="status">{escape(gates_sentence(test))}</p>{gates}{arms}'


def opening(tests: Sequence[ReadTest]) -> ReadTest:
    """The test that is shown first: the first one that has a course."""
    return next((test for test in tests if treatments(test)), tests[0])


def _learning(record: Mapping[str, Any]) -> str:
    title, *lines = learning_lines(record)
    return f"<article><h3>{escape(title)}</h3>{''.join(f'<p>{escape(line)}</p>' for line in lines if line)}</article>"


def _offered(names: Sequence[str]) -> dict[str, str]:
    return {name.replace("_", " "): name for name in names} or {"–": ""}


def _first(names: Sequence[str]) -> str:
    return names[0] if names else ""
