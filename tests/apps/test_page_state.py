"""A page carries its widgets along as their process knows them, in text that no value can break out of."""

import base64
import json
import re
from collections.abc import Iterator

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
import pytest

from workbench.apps.chart import chart
from workbench.apps.controls import toggle
from workbench.apps.page import page, section
from workbench.apps.page_state import page_state


@pytest.fixture(autouse=True)
def _no_others() -> Iterator[None]:
    widgets.Widget.close_all()
    yield
    widgets.Widget.close_all()


def read() -> dict:
    """As a browser reads the script that holds it."""
    found = re.fullmatch(
        r'<script id="page-state" type="application/json">(.*?)</script>', page_state().data, re.DOTALL
    )
    assert found
    return json.loads(found[1], parse_constant=lambda name: pytest.fail(f"browsers read no {name}"))


def test_every_widget_is_there_as_its_process_knows_it():
    on, off = toggle("On", True), toggle("Off", False)
    view = page(None, section("Heading", on, off))
    off.disabled = True
    models = read()["models"]
    assert {model["state"]["label"] for model in models.values() if "label" in model["state"]} == {"On", "Off"}
    assert models[on.model_id]["state"]["value"] is True
    assert models[off.model_id]["state"]["disabled"] is True
    assert models[view.model_id]["state"]["children"] == [f"IPY_MODEL_{child.model_id}" for child in view.children]


def test_widgets_of_one_kind_share_one_front_end():
    many = [toggle(str(number), False) for number in range(5)]
    state = read()
    assert {state["models"][each.model_id]["state"]["_esm"] for each in many} == {0}
    assert state["fronts"] == [str(many[0]._esm)]


def test_a_chart_comes_as_it_is_after_its_last_update_with_its_numbers_as_bytes():
    drawn = chart(go.Figure(go.Bar(y=["a", "b"])), alt="Two bars")
    with drawn.batch_update():
        drawn.data[0].x = np.array([1.5, 2.5])
    model = read()["models"][drawn.model_id]
    (buffer,) = model["buffers"]
    assert buffer["path"] == ["_widget_data", 0, "x", "buffer"]
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(buffer["data"])), [1.5, 2.5])


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028 & é ‮"])
def test_no_text_ends_the_script_that_holds_it(text):
    shown = widgets.HTML(text)
    assert "<" not in page_state().data.removeprefix("<script").removesuffix("</script>")
    assert read()["models"][shown.model_id]["state"]["value"] == text


def test_what_is_no_number_is_told_as_nothing():
    drawn = chart(go.Figure(go.Bar(y=["a"], meta={"most": float("nan")})), alt="A bar")
    assert read()["models"][drawn.model_id]["state"]["_widget_data"][0]["meta"]["most"] is None
