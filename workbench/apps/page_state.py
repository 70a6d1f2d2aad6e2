"""What a published page carries along: its widgets as its notebook left them, to be shown before their process is asked."""

from __future__ import annotations

import json
from typing import Any

import ipywidgets as widgets
from IPython.display import HTML

PLACE = "page-state"
# What a page without JupyterLab has no use for: who would show it there, and what was said to it before it was there.
_UNUSED = ("_model_module", "_view_", "_py2js_", "_js2py_", "_anywidget_id")


def page_state() -> HTML:
    """The last thing that a page's notebook shows; visitors see nothing of it."""
    text = _json(carried()).replace("<", "\\u003c")
    return HTML(f'<script id="{PLACE}" type="application/json">{text}</script>')


def carried() -> dict[str, Any]:
    """All widgets of the process.

    Returns:
        `models`: values and buffers (base64) by the widget's id, where `_esm` is a number; `fronts`: the front ends so numbered,
        as many widgets share one.
    """
    fronts: dict[str, int] = {}
    models = {
        name: _values(each, fronts)
        for name, each in widgets.Widget.get_manager_state()["state"].items()
        if _shown(each)
    }
    return {"models": models, "fronts": list(fronts)}


def _json(values: dict[str, Any]) -> str:
    """As browsers read it, which know no number that isn't one."""
    try:
        return json.dumps(values, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(json.loads(json.dumps(values), parse_constant=lambda _name: None), separators=(",", ":"))


def _shown(embedded: dict[str, Any]) -> bool:
    """Pages style texts by their own sheet."""
    return not embedded["model_name"].endswith("StyleModel")


def _values(embedded: dict[str, Any], fronts: dict[str, int]) -> dict[str, Any]:
    state = {
        name: value for name, value in embedded["state"].items() if value is not None and not name.startswith(_UNUSED)
    }
    if "_esm" in state:
        state["_esm"] = fronts.setdefault(state["_esm"], len(fronts))
    buffers = [{"path": each["path"], "data": each["data"]} for each in embedded.get("buffers", [])]
    return {"state": state, "buffers": buffers} if buffers else {"state": state}
