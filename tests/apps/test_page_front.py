"""The page's own front end: its frames are those of the server, and its widgets keep their values as ipywidgets does."""

import json
from pathlib import Path

import pytest
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

from workbench.publish.settings import PAGE_FILES

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.browser]

MESSAGE = [b'{"msg_type": "comm_msg"}', b"{}", b"{}", '{"text": "größer – ٣"}'.encode(), bytes(range(256)), b""]
SAY = """const said = [];
const models = new front.Models((kind, content, buffers) => {
    said.push(content.data.state ?? content.data.content);
    return String(said.length);
}, () => {});
models.add('a', {index: 0, texts: []});
const model = models.get('IPY_MODEL_a');
const move = (value) => { model.set('index', value); model.save_changes(); };
const hear = (state, answers) => models.hear({
    kind: 'comm_msg', content: {comm_id: 'a', data: {method: 'update', state}}, buffers: [], answers,
});
const done = (answers) => models.hear({kind: 'status', content: {execution_state: 'idle'}, buffers: [], answers});
"""


@pytest.fixture(scope="module")
def page(browser):
    opened = browser.new_page()
    opened.goto("about:blank")
    yield opened
    opened.close()


def run(page, script: str, code: str, given: object = None):
    """What some code makes of one of the page's scripts, which it knows as `front`."""
    source = (Path(PAGE_FILES) / script).read_text(encoding="utf-8")
    load = "const front = await import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})));"
    return page.evaluate(f"async ([source, given]) => {{ {load} {code} }}", [source, given])


def test_the_server_reads_the_frames_that_pages_write(page):
    parts = [list(part) for part in [b"shell", *MESSAGE]]
    written = run(
        page, "kernel_socket.js", "return [...front.packed(given.map((part) => new Uint8Array(part)))];", parts
    )
    assert deserialize_msg_from_ws_v1(bytes(written)) == ("shell", MESSAGE)


def test_pages_read_the_frames_that_the_server_writes(page):
    sent = list(serialize_msg_to_ws_v1(MESSAGE, "iopub"))
    parts = run(
        page,
        "kernel_socket.js",
        "return front.unpacked(new Uint8Array(given).buffer).map("
        "({ buffer, byteOffset, byteLength }) => [...new Uint8Array(buffer, byteOffset, byteLength)]);",
        sent,
    )
    assert [bytes(part) for part in parts] == [b"iopub", *MESSAGE]


def test_while_a_move_is_answered_only_the_last_of_the_next_ones_waits(page):
    said = run(page, "models.js", SAY + "move(1); move(2); move(3); done('other'); done('1'); return said;")
    assert said == [{"index": 1}, {"index": 3}]


def test_an_answer_to_an_earlier_move_does_not_take_back_a_later_one(page):
    code = "move(1); move(2); hear({index: 9, texts: ['new']}, '1'); return [model.get('index'), model.get('texts')];"
    assert run(page, "models.js", SAY + code) == [2, ["new"]]


def test_what_the_process_makes_of_a_move_is_shown(page):
    code = "model.on('change:index', () => told.push(model.get('index'))); move(7); hear({index: 5}, '1'); return told;"
    assert run(page, "models.js", SAY + "const told = [];" + code) == [7, 5]


def test_numbers_come_as_bytes_where_the_message_says(page):
    code = """models.hear({
        kind: 'comm_open', answers: undefined, buffers: [new DataView(new Float64Array([1.5, 2.5]).buffer)],
        content: {comm_id: 'b', data: {state: {data: [{x: {dtype: 'float64'}}]}, buffer_paths: [['data', 0, 'x', 'buffer']]}},
    });
    return [...new Float64Array(models.get('b').get('data')[0].x.buffer.buffer)];"""
    assert run(page, "models.js", SAY + code) == [1.5, 2.5]


def test_a_widget_that_pages_cannot_show_is_told_and_the_rest_is_shown(page):
    state = {
        "box": {
            "_model_name": "VBoxModel",
            "children": ["IPY_MODEL_text", "IPY_MODEL_odd"],
            "_dom_classes": ["wb-page"],
        },
        "text": {"_model_name": "HTMLModel", "value": "<p>Good</p>", "layout": "IPY_MODEL_laid"},
        "laid": {"_model_name": "LayoutModel", "display": "none"},
        "odd": {"_model_name": "IntSliderModel"},
    }
    code = """const models = new Map(Object.entries(given).map(([id, state]) => [`IPY_MODEL_${id}`, {
        state, get: (name) => state[name], on: () => {},
    }]));
    return front.view(models.get('IPY_MODEL_box'), models).outerHTML;"""
    shown = run(page, "views.js", code, json.loads(json.dumps(state)))
    assert 'class="jupyter-widgets widget-box widget-vbox wb-page"' in shown
    assert '<div class="jupyter-widgets widget-html" style="display: none;">' in shown
    assert "<p>Good</p>" in shown
    assert "This part of the page can't be shown." in shown
