"""What a visitor moves: the browser's own inputs, each with its label and its value in words.

The browser's inputs work by keyboard, touch and screen reader as people know them. A slider runs over a list of values whose
words are made here, so that numbers on it are rounded as everywhere else. ipywidgets sends nothing new while an earlier change is
answered, and then only the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
from traitlets import Any as Anything
from traitlets import Bool, Float, Int, List, Unicode, observe, validate

_FRONT = Path(__file__).parent / "front"


class Control(anywidget.AnyWidget):
    """A labelled input.

    Attributes:
        label: What it sets.
        hint: One short sentence below it; may be empty.
        disabled: Whether it can't be moved now.
    """

    label = Unicode().tag(sync=True)
    hint = Unicode().tag(sync=True)
    disabled = Bool(False).tag(sync=True)


class Slider(Control):
    """A slider over a list of values; observe and set `value`, which snaps to the nearest of them."""

    _esm = _FRONT / "slider.js"
    texts = List(Unicode()).tag(sync=True)
    index = Int().tag(sync=True)
    value = Float()

    def __init__(self, values: np.ndarray, texts: list[str], value: float, **labels: str) -> None:
        self.values = np.asarray(values, dtype=float)
        nearest = self._nearest(value)
        super().__init__(texts=texts, index=nearest, value=float(self.values[nearest]), **labels)

    def _nearest(self, value: float) -> int:
        return int(np.argmin(np.abs(self.values - value)))

    @observe("index")
    def _moved(self, _change: object) -> None:
        self.value = float(self.values[min(max(self.index, 0), len(self.values) - 1)])

    @validate("value")
    def _snapped(self, proposal: dict[str, float]) -> float:
        return float(self.values[self._nearest(proposal["value"])])

    @observe("value")
    def _set(self, _change: object) -> None:
        self.index = self._nearest(self.value)


class Picker(Control):
    """One of several things by name; observe and set `value`."""

    _esm = _FRONT / "picker.js"
    texts = List(Unicode()).tag(sync=True)
    index = Int().tag(sync=True)
    value = Anything()

    def __init__(self, options: Mapping[str, Any], value: Any, **labels: str) -> None:
        self.options = list(options.values())
        super().__init__(texts=list(options), index=self.options.index(value), value=value, **labels)

    def offer(self, options: Mapping[str, Any], value: Any) -> None:
        """Other things to choose from."""
        self.options = list(options.values())
        self.texts = list(options)
        self.index = self.options.index(value)
        self.value = value

    @observe("index")
    def _moved(self, _change: object) -> None:
        self.value = self.options[min(max(self.index, 0), len(self.options) - 1)]

    @observe("value")
    def _set(self, _change: object) -> None:
        self.index = self.options.index(self.value)


class Toggle(Control):
    """On or off; observe and set `value`."""

    _esm = _FRONT / "toggle.js"
    value = Bool().tag(sync=True)


class TextField(Control):
    """A line of text, at most 120 characters; observe and set `value`."""

    _esm = _FRONT / "text_field.js"
    value = Unicode().tag(sync=True)


class Button(Control):
    """Does something when pressed."""

    _esm = _FRONT / "button.js"

    def __init__(self, action: Callable[[Button], None], **labels: str) -> None:
        super().__init__(**labels)
        self._action = action
        self.on_msg(self._pressed)

    def press(self) -> None:
        """What a visitor's click does."""
        self._action(self)

    def hand_over(self, name: str, content: bytes, media_type: str) -> None:
        """Let the visitor's browser save a file."""
        self.send({"kind": "file", "name": name, "type": media_type}, buffers=[content])

    def _pressed(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "click":
            self.press()


def slider(
    label: str, values: Sequence[float] | np.ndarray, value: float, text: Callable[[float], str], *, hint: str = ""
) -> Slider:
    """A slider over `values`; `text` says each in words with its unit, as in `lambda euros: money(euros, currency)`."""
    return Slider(
        np.asarray(values, dtype=float), [text(float(each)) for each in values], value, label=label, hint=hint
    )


def picker(label: str, options: Mapping[str, Any] | Sequence[str], value: Any, *, hint: str = "") -> Picker:
    """A list to choose one from: names with what each stands for, or names alone."""
    named = options if isinstance(options, Mapping) else {name: name for name in options}
    return Picker(named, value, label=label, hint=hint)


def toggle(label: str, value: bool, *, hint: str = "") -> Toggle:
    """A box to tick."""
    return Toggle(label=label, value=value, hint=hint)


def text_field(label: str, value: str = "", *, hint: str = "") -> TextField:
    """A line to type into."""
    return TextField(label=label, value=value, hint=hint)


def button(label: str, action: Callable[[], None], *, hint: str = "") -> Button:
    """A button that does something in the kernel."""
    return Button(lambda _self: action(), label=label, hint=hint)


def download(
    label: str, name: Callable[[], str], content: Callable[[], bytes], *, media_type: str = "text/csv", hint: str = ""
) -> Button:
    """A button that hands over a file made when it is pressed."""
    return Button(lambda self: self.hand_over(name(), content(), media_type), label=label, hint=hint)
