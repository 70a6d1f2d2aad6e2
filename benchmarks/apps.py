"""What a visitor of the published apps waits for, in a real browser: first paint, answers to a control, bytes, and memory.

`python benchmarks/apps.py [--workspace DIR] [--quick] [--json]`: serves a workspace whose analyses ran, and opens each app in Debian's
Chromium. *Warm* is a page whose process was ready, *cold* one whose process had to be started. Beside it stands the planner's own charts
on the page that Voila makes by default: template `lab`, plotly's own widget, ipywidgets' sliders. `--quick` opens the planner alone.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import nbformat
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from workbench.publish.memory import process_memory

REPOSITORY = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PAINTED = {"": ".wb-page h2", "experiments": ".wb-page h2"}
MARKS = ".wb-chart .bars .point > path, .wb-chart .scatterlayer path"
PEER_MARKS = ".js-plotly-plot .bars .point > path"
APPS = ("scenario_planner", "media_mix", "segments", "experiments", "")
MOVES, PATIENCE = 30, 180_000
SECONDS_WARM, SECONDS_COLD, ANSWER, SLOW_ANSWER = 3.0, 8.0, 0.1, 0.2
COLUMNS = ("app", "what", "unit", "ours", "target", "peer", "ratio")
# Which controls of an app are moved, by turns, and what shows their answer first.
CONTROLS = {
    "scenario_planner": (["input[type=range] 0", "input[type=range] 1"], ".wb-cards"),
    "media_mix": (["input[type=range] 0"], ".wb-cards"),
    "segments": (["select 0"], ".wb-chart"),
    "experiments": (["select 0"], ".wb-cards"),
}
# The page's own clock, from the key to the first frame after the answer has changed.
ANSWERED = """([control, step, answer]) => new Promise((done) => {
    const [kind, at] = [control.slice(0, control.lastIndexOf(' ')), Number(control.split(' ').at(-1))];
    const moved = document.querySelectorAll(kind)[at];
    const place = document.querySelector(answer) ?? document.querySelector('.widget-html');
    const watch = new MutationObserver(() => { watch.disconnect(); requestAnimationFrame(() => done(performance.now() - started)); });
    const all = {childList: true, subtree: true, characterData: true, attributes: answer === '.wb-chart'};
    watch.observe(place.closest('.widget-html') ?? place, all);
    if (kind === 'select') moved.selectedIndex = (moved.selectedIndex + 1) % moved.options.length;
    else moved.value = Number(moved.value) + step;
    const started = performance.now();
    moved.dispatchEvent(new Event(kind === 'select' ? 'change' : 'input', {bubbles: true}));
})"""
PEER = """
import ipywidgets as widgets
import plotly.graph_objects as go
from workbench.apps.planner_answer import Answers
from workbench.apps.planner_charts import _revenue_figure, _spend_figure
from workbench.apps.published import published_result
from workbench.scenarios.prepared import PreparedPlan
result = published_result(PreparedPlan, {workspace!r}).result
shown = Answers(result).shown(1.0, result.risk, Answers(result).saved)
first, second = go.Figure(_spend_figure(result)), go.Figure(_revenue_figure(result))
for trace in (*first.data, *second.data):
    trace.x = shown.answered.channel_spend
widgets.VBox([widgets.FloatSlider(), go.FigureWidget(first), go.FigureWidget(second)])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=REPOSITORY, help="whose finished runs are published")
    parser.add_argument("--quick", action="store_true", help="the planner alone")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        rows = measured(browser, arguments.workspace.resolve(), APPS[:1] if arguments.quick else APPS)
        browser.close()
    print(json.dumps(rows, indent=1) if arguments.json else as_table(rows))


def measured(browser: Browser, workspace: Path, apps: tuple[str, ...]) -> list[dict]:
    with our_server(workspace) as (origin, server):
        ours = {
            app: visit(browser, f"{origin}/app/{app}" if app else origin, PAINTED.get(app, MARKS), server)
            for app in apps
        }
        answers = {app: moves(browser, f"{origin}/app/{app}", *CONTROLS[app]) for app in apps if app in CONTROLS}
    with peer_server(workspace) as (origin, server):
        peer = visit(browser, origin, PEER_MARKS, server)
    rows = [row for app in apps for row in _rows(app, ours[app], peer if app == "scenario_planner" else {})]
    for app, seconds in answers.items():
        for what, share, target in (("median", 0.5, ANSWER), ("95th percentile", 0.95, SLOW_ANSWER)):
            value = float(np.quantile(seconds, share))
            rows.append(_row(app, f"control to repaint, {what}", "seconds", value, target, None))
    return rows


def visit(browser: Browser, url: str, painted: str, server: int) -> dict[str, float]:
    """Open a page twice with processes ready, then as often as it takes for one to be started; a new browser cache each time."""
    found: dict[str, float] = {}
    warm = [_opened(browser, url, painted, found) for _ in range(2) if not time.sleep(25)]
    # Opened in a row, faster than processes are made ready.
    cold = [_opened(browser, url, painted, {}) for _ in range(4)]
    return found | {"warm": median(warm), "cold": max(cold), "memory": median(process_memory(server)) / 1e6}


def _opened(browser: Browser, url: str, painted: str, found: dict[str, float]) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    moved = {"bytes": 0.0, "requests": 0}
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Performance.enable")

    def ended(event: dict) -> None:
        moved["bytes"] += event["encodedDataLength"]
        moved["requests"] += 1

    def received(event: dict) -> None:
        moved["bytes"] += len(event["response"]["payloadData"])

    session.on("Network.loadingFinished", ended)
    session.on("Network.webSocketFrameReceived", received)
    started = time.perf_counter()
    page.goto(url, timeout=PATIENCE)
    page.wait_for_selector(painted, timeout=PATIENCE)
    seconds = time.perf_counter() - started
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    found |= {**moved, "cpu": metrics["TaskDuration"]}
    _leave(page)
    return seconds


def moves(browser: Browser, url: str, controls: list[str], answer: str) -> list[float]:
    """Seconds from a move of a control to the frame with what it changed."""
    page = browser.new_context().new_page()
    page.goto(url, timeout=PATIENCE)
    page.wait_for_selector(MARKS, timeout=PATIENCE)
    page.wait_for_timeout(2000)
    seconds = []
    for move in range(MOVES):
        control, step = controls[move % len(controls)], 1 if move // len(controls) % 2 == 0 else -1
        seconds.append(page.evaluate(ANSWERED, [control, step, answer]) / 1000)
        # People look before they move on; what follows the answer is drawn meanwhile.
        page.wait_for_timeout(600)
    _leave(page)
    return seconds


def _leave(page: Page) -> None:
    page.goto("about:blank")
    page.context.close()


@contextmanager
def our_server(workspace: Path) -> Iterator[tuple[str, int]]:
    command = [
        sys.executable,
        "-c",
        "from workbench.cli import main; main()",
        "publish",
        "--workspace",
        str(workspace),
        "--max-sessions",
        "12",
    ]
    port = _free_port()
    with _running([*command, "--port", str(port)], f"http://127.0.0.1:{port}", os.environ.copy()) as found:
        yield found


@contextmanager
def peer_server(workspace: Path) -> Iterator[tuple[str, int]]:
    """The same charts as Voila shows them by default, its processes made ready as ours are."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PEER.format(workspace=str(workspace)))])
        notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        nbformat.write(notebook, Path(folder) / "peer.ipynb")
        options = ["--no-browser", f"--port={port}", "--preheat_kernel=True", "--pool_size=2"]
        command = [sys.executable, "-m", "voila", str(Path(folder) / "peer.ipynb"), *options]
        with _running(command, f"http://127.0.0.1:{port}", os.environ.copy()) as found:
            yield found


@contextmanager
def _running(command: list[str], origin: str, variables: dict[str, str]) -> Iterator[tuple[str, int]]:
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, env=variables, stdout=silent, stderr=silent, start_new_session=True)
    try:
        _wait_for(int(origin.rsplit(":", 1)[1]), process)
        time.sleep(20)
        yield origin, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen) -> None:
    for _ in range(1800):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("the server did not start; `workbench publish` says why")


def _rows(app: str, ours: dict[str, float], peer: dict[str, float]) -> list[dict]:
    name = app or "index"
    return [
        _row(name, "first paint, warm", "seconds", ours["warm"], SECONDS_WARM, peer.get("warm")),
        _row(name, "first paint, cold", "seconds", ours["cold"], SECONDS_COLD, peer.get("cold")),
        _row(name, "moved to first paint", "MB", ours["bytes"] / 1e6, None, peer.get("bytes", 0.0) / 1e6 or None),
        _row(name, "requests", "", ours["requests"], None, peer.get("requests")),
        _row(name, "browser's work to first paint", "CPU seconds", ours["cpu"], None, peer.get("cpu")),
        _row(name, "memory of a page's process", "MB", ours["memory"], None, peer.get("memory")),
    ]


def _row(app: str, what: str, unit: str, ours: float, target: float | None, peer: float | None) -> dict:
    ratio = None if peer is None else peer / ours
    values = {"ours": ours, "target": target, "peer": peer, "ratio": ratio}
    told = {name: None if value is None else round(value, 3) for name, value in values.items()}
    return {"app": app, "what": what, "unit": unit, **told}


def as_table(rows: list[dict]) -> str:
    head = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"
    body = [
        "| " + " | ".join("" if row[column] is None else str(row[column]) for column in COLUMNS) + " |" for row in rows
    ]
    return "\n".join([head, *body])


if __name__ == "__main__":
    main()
