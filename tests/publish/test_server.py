"""What a visitor can and cannot get from a served app."""

import http.client
import re
import socket

import pytest

from workbench.config.publishing import Publish
from workbench.errors import RunError
from workbench.publish.publishing import publish
from workbench.publish.settings import SHARE
from workbench.workspace import open_workspace


def test_an_unknown_app_a_missing_result_and_a_taken_port_are_refused(planned_workspace, tmp_path):
    with pytest.raises(RunError, match="no app 'planner'; known apps: scenario_planner"):
        publish(planned_workspace, Publish(), app="planner")
    (tmp_path / "workbench.toml").write_text('[workspace]\nname = "Empty"\n', encoding="utf-8")
    with pytest.raises(RunError, match="no finished run"):
        publish(open_workspace(tmp_path), Publish(), app="scenario_planner")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=f"port {port} of 127.0.0.1 can't be used"):
            publish(planned_workspace, Publish(port=port), app="scenario_planner")


def test_the_template_asks_for_nothing_outside():
    sources = [path.read_text(encoding="utf-8") for path in SHARE.rglob("*") if path.suffix in {".j2", ".html", ".css"}]
    assert sources
    assert not any(re.search(r"https?://|//cdn", source) for source in sources)


@pytest.mark.slow
def test_a_visitor_gets_the_app_and_nothing_else(served):
    page = get(served, "/")
    body = page.read().decode()
    assert page.status == 200
    assert "<title>Scenario planner</title>" in body
    assert "jsdelivr" not in body
    assert "open_workspace" not in body
    policy = page.getheader("Content-Security-Policy")
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    for path in (
        "/voila/api/contents",
        "/voila/tree",
        "/api/contents",
        "/api/kernels",
        "/api/terminals",
        "/api/sessions",
    ):
        assert not re.search(r"(?i)scenario.planner|\"id\"", get(served, path).read().decode()), path
    for path in ("/voila/files/Scenario%20planner.ipynb", "/voila/files/secret.png", "/voila/files/../workbench.toml"):
        assert get(served, path).status in (403, 404), path
    assert "jsdelivr" not in get(served, "/?template=lab&theme=dark").read().decode()


def get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path)
    return connection.getresponse()
