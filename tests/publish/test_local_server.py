"""A server for this machine alone: no password, and what is published while it runs is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import nbformat
import psutil
import pytest

from tests.publish.conftest import finished_run
from tests.publish.served import Served, kernel_of, serving
from workbench.publish.publication import publish_newest
from workbench.publish.status import measure, read_status
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.slow
SHOWS_ITS_RUN = (
    "import json, os, pathlib\n"
    "json.loads(pathlib.Path(os.environ['WORKBENCH_PUBLISHED']).read_text())['current']['runs']['scenario_planning']"
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("local")
    (root / "workbench.toml").write_text('[workspace]\nname = "Small company"\n', encoding="utf-8")
    opened = open_workspace(root)
    finished_run(opened, "scenario_planning", days_ago=1)
    publish_newest(opened)
    return opened


@pytest.fixture(scope="module")
def local(workspace: Workspace, notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("apps")
    notebook = nbformat.read(notebooks / "scenario_planner.ipynb", as_version=4)
    notebook.cells = [notebook.cells[0], nbformat.v4.new_code_cell(SHOWS_ITS_RUN)]
    nbformat.write(notebook, folder / "scenario_planner.ipynb")
    notebook.cells = [notebook.cells[0], nbformat.v4.new_code_cell("secret_of_the_machine = 1\n1 / 0")]
    nbformat.write(notebook, folder / "media_mix.ipynb")
    finished_run(workspace, "media_mix", days_ago=1)
    publish_newest(workspace)
    with serving(workspace, folder, folder / "log", "--idle-minutes", "0.1") as site:
        yield site


def test_a_name_that_points_here_from_elsewhere_is_refused(local):
    """Else a page elsewhere could have its own name point to this machine, and read what is open to it."""
    for host in ("evil.example", f"evil.example:{local.port}"):
        assert local.visitor(headers={"Host": host}).get("/").status_code == 403
    assert local.visitor(headers={"Host": f"localhost:{local.port}"}).get("/static/page.js").status_code == 200


def test_without_a_password_there_is_nothing_to_log_in_to_or_out_of(local):
    assert local.visitor().get("/login").status_code == 404


def test_an_app_that_fails_says_so_and_nothing_of_why(local):
    page = local.visitor().get("/app/media_mix")
    assert "This app can&#39;t be shown now" in page.text or "This app can't be shown now" in page.text
    for inside in ("secret_of_the_machine", "ZeroDivisionError", "Traceback", "show_tracebacks"):
        assert inside not in page.text
    told = local.log.read_text(encoding="utf-8")
    assert "an app's notebook failed: ZeroDivisionError: division by zero" in told
    assert "Traceback" not in told


def test_what_is_published_meanwhile_is_shown_to_the_next_visitor(local, workspace):
    visitor = local.visitor()
    before = visitor.get("/app/scenario_planner")
    newer = finished_run(workspace, "scenario_planning")
    assert newer not in before.text
    assert visitor.get(f"/report/{newer}.pdf").status_code == 404
    publish_newest(workspace)
    wait_until(lambda: visitor.get(f"/report/{newer}.pdf").status_code == 200)
    assert newer in visitor.get("/app/scenario_planner").text


def test_a_page_that_nobody_touches_ends(local):
    visitor = local.visitor()
    kernel = kernel_of(visitor.get("/app/scenario_planner"))
    assert visitor.get(f"/api/kernels/{kernel}").status_code == 200
    wait_until(lambda: visitor.get(f"/api/kernels/{kernel}").status_code == 404)


def test_the_status_tells_what_pages_take(local, workspace):
    status = read_status(workspace)
    assert status.pid == local.process.pid
    assert status.url == f"{local.origin}/"
    assert status.max_sessions == 12
    (largest, *_), server = measure(status.pid).each, psutil.Process(status.pid)
    kernels = [child.memory_full_info().rss for child in server.children(recursive=True)]
    assert 10e6 < largest <= max(kernels)
    told = local.log.read_text(encoding="utf-8")
    assert "an open page takes" in told


def wait_until(is_so: Callable[[], bool], *, seconds: float = 40) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it never came to be"
        time.sleep(0.3)


def test_over_https_the_cookie_is_sent_encrypted_only(
    published_workspace: Workspace, notebooks: Path, tmp_path: Path, certificate: tuple[Path, Path]
):
    from tests.publish.served import PASSWORD, log_in

    chain, key = certificate
    options = ("--certificate", str(chain), "--key", str(key), "--host", "0.0.0.0")
    with serving(published_workspace, notebooks, tmp_path / "log", *options) as site:
        visitor = httpx.Client(base_url=f"https://127.0.0.1:{site.port}", verify=False, timeout=60)
        answer = log_in(visitor, PASSWORD)
        session = next(c for c in answer.headers.get_list("Set-Cookie") if c.startswith("workbench-"))
        assert "Secure" in session
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        assert visitor.get("/static/page.js").status_code == 200
        with pytest.raises(httpx.TransportError):
            site.visitor().get("/")
