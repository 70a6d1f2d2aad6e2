"""Login at JupyterHub: a hub that answers as the real one does, and those who come back from it without having been sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.publish.served import Served, free_port, kernel_of, serving
from workbench.config.publishing import Publish
from workbench.errors import ConfigError
from workbench.publish.login.hub_login import under_hub
from workbench.workspace import Workspace

PREFIX = "/services/workbench/"
TOKEN = "secret of the service"
# Code that the hub gives a browser, the token it gives the service for it, and what that token may do.
USERS = {
    "code-of-ada": ("token-of-ada", {"name": "ada", "scopes": ["self", "access:services!service=workbench"]}),
    "code-of-ben": ("token-of-ben", {"name": "ben", "scopes": ["self", "access:services!service=another"]}),
}


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    class Hub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            told = {name: values[0] for name, values in sent.items()}
            is_service = (told.get("client_id"), told.get("client_secret")) == ("service-workbench", TOKEN)
            known = is_service and told.get("redirect_uri") == f"{PREFIX}oauth_callback" and told.get("code") in USERS
            answer = {"access_token": USERS[told["code"]][0]} if known else {"error": "invalid_grant"}
            self._answer(200 if known else 400, answer)

        def do_GET(self) -> None:
            shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
            user = next((user for token, user in USERS.values() if token == shown), None)
            self._answer(200 if user else 403, user or {})

        def _answer(self, status: int, content: dict) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_told: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hub/api"
    server.shutdown()


@pytest.fixture(scope="module")
def service(
    hub: str, published_workspace: Workspace, notebooks: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The server as a hub starts it."""
    config = published_workspace.root / "workbench.toml"
    before = config.read_text(encoding="utf-8")
    config.write_text(before + '[publish]\nlogin = "jupyterhub"\n', encoding="utf-8")
    port = free_port()
    told = {
        "JUPYTERHUB_SERVICE_NAME": "workbench",
        "JUPYTERHUB_API_TOKEN": TOKEN,
        "JUPYTERHUB_API_URL": hub,
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services", "access:services!service=workbench"]',
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in told.items():
            environment.setenv(name, value)
        log = tmp_path_factory.mktemp("hub") / "log"
        try:
            with serving(published_workspace, notebooks, log, prefix=PREFIX, port=port) as site:
                yield site
        finally:
            config.write_text(before, encoding="utf-8")


@pytest.mark.slow
def test_whom_the_hub_allows_comes_in(service):
    ada = service.visitor()
    page = f"{PREFIX}app/scenario_planner"
    to_hub = ada.get(ada.get(page).headers["Location"])
    asked = urlsplit(to_hub.headers["Location"])
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert asked.path == "/hub/api/oauth2/authorize"
    assert query["client_id"] == "service-workbench"
    assert query["redirect_uri"] == f"{PREFIX}oauth_callback"
    back = ada.get(f"{PREFIX}oauth_callback", params={"code": "code-of-ada", "state": query["state"]})
    assert (back.status_code, back.headers["Location"]) == (302, page)
    kernel_of(ada.get(page))
    # The mark is worth one login: who finds the address of the return comes in with it never again.
    again = ada.get(f"{PREFIX}oauth_callback", params={"code": "code-of-ada", "state": query["state"]})
    assert again.status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize("code", ["code-of-ben", "made-up", ""])
def test_whom_the_hub_does_not_allow_stays_out(service, code):
    visitor = service.visitor()
    state = parse_qs(urlsplit(visitor.get(f"{PREFIX}login").headers["Location"]).query)["state"][0]
    assert visitor.get(f"{PREFIX}oauth_callback", params={"code": code, "state": state}).status_code == 403
    assert visitor.get(PREFIX).status_code == 302


@pytest.mark.slow
def test_a_login_that_this_browser_did_not_begin_is_refused(service):
    """Else an attacker could log a victim in as somebody else."""
    attacker = service.visitor()
    state = parse_qs(urlsplit(attacker.get(f"{PREFIX}login").headers["Location"]).query)["state"][0]
    victim = service.visitor()
    for chosen in (state, "", "x"):
        assert victim.get(f"{PREFIX}oauth_callback", params={"code": "code-of-ada", "state": chosen}).status_code == 403
    assert victim.get(PREFIX).status_code == 302


@pytest.mark.slow
def test_without_login_nothing_answers_but_the_way_to_the_hub(service):
    stranger = service.visitor()
    assert stranger.get(PREFIX).headers["Location"].startswith(f"{PREFIX}login?next=")
    for path in ("static/page.js", "api/kernels", "voila/tree"):
        assert stranger.get(PREFIX + path).status_code == 403
    assert (
        stranger.get(f"{PREFIX}login?next=//evil.example").headers["Location"].startswith("/hub/api/oauth2/authorize?")
    )


def test_a_server_that_no_hub_started_says_so(monkeypatch):
    monkeypatch.delenv("JUPYTERHUB_SERVICE_NAME", raising=False)
    with pytest.raises(ConfigError, match="JUPYTERHUB_SERVICE_NAME is not set; let JupyterHub start"):
        under_hub(Publish(login="jupyterhub"))
