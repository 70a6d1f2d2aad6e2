"""Single sign-on by a reverse proxy's header: a real proxy in front, and visitors who go around it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil
import pytest
import websocket

from tests.publish.served import Served, cookies_of, kernel_of, serving
from workbench.config import load_config
from workbench.errors import ConfigError
from workbench.workspace import Workspace

pytestmark = pytest.mark.slow
SECRET = "between the two of us"
SIGNED_ON = {"session-of-ada": "ada@example.com", "session-of-ben": "ben@example.com"}


@pytest.fixture(scope="module")
def behind_proxy(
    published_workspace: Workspace, notebooks: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server that believes 127.0.0.3, where the proxy with the secret is."""
    config = published_workspace.root / "workbench.toml"
    before = config.read_text(encoding="utf-8")
    config.write_text(
        before
        + '[publish]\nlogin = "proxy"\n[publish.proxy]\naddresses = ["127.0.0.3"]\nuser_header = "X-Forwarded-Email"\n'
        'secret_header = "X-Proxy-Secret"\nsecret = "env:TEST_PROXY_SECRET"\n',
        encoding="utf-8",
    )
    log = tmp_path_factory.mktemp("behind_proxy") / "log"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEST_PROXY_SECRET", SECRET)
        try:
            with serving(published_workspace, notebooks, log, prefix="/reports/") as site:
                yield site
        finally:
            config.write_text(before, encoding="utf-8")


@pytest.fixture(scope="module")
def proxy(behind_proxy: Served) -> Iterator[str]:
    """A reverse proxy that signs visitors on by a cookie and replaces what they say of themselves."""

    class SignOn(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kept = {name: value for name, value in self.headers.items() if not name.lower().startswith("x-")}
            session = self.headers.get("Cookie", "").partition("sso=")[2].partition(";")[0]
            kept |= {"X-Proxy-Secret": SECRET, "X-Forwarded-For": self.client_address[0], "X-Forwarded-Proto": "https"}
            if session in SIGNED_ON:
                kept["X-Forwarded-Email"] = SIGNED_ON[session]
            upstream = HTTPConnection("127.0.0.1", behind_proxy.port, source_address=("127.0.0.3", 0), timeout=60)
            size = int(self.headers.get("Content-Length", 0))
            upstream.request(self.command, self.path, body=self.rfile.read(size) or None, headers=kept)
            reply = upstream.getresponse()
            body = reply.read()
            self.send_response(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_told: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), SignOn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_whom_the_proxy_names_comes_in_and_owns_their_pages(behind_proxy, proxy):
    ada, ben = (
        httpx.Client(base_url=proxy, cookies={"sso": f"session-of-{name}"}, timeout=60) for name in ("ada", "ben")
    )
    page = ada.get("/reports/app/scenario_planner")
    kernel = kernel_of(page)
    assert 'href="/reports/"' in page.text
    assert ada.get(f"/reports/api/kernels/{kernel}").status_code == 200
    assert ben.get(f"/reports/api/kernels/{kernel}").status_code == 404
    token = ada.cookies["_xsrf"]
    assert ada.post(f"/reports/voila/api/shutdown/{kernel}", data={"_xsrf": token}).status_code == 204


def test_whom_the_proxy_does_not_name_stays_out(proxy):
    for cookies in ({}, {"sso": "made up"}):
        nobody = httpx.Client(
            base_url=proxy, cookies=cookies, headers={"X-Forwarded-Email": "ada@example.com"}, timeout=60
        )
        for path in ("/reports/", "/reports/app/scenario_planner", "/reports/static/page.js", "/reports/login"):
            assert nobody.get(path).status_code == 403, path


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("127.0.0.1", [("X-Forwarded-Email", "ada@example.com")]),
        ("127.0.0.1", [("X-Forwarded-Email", "ada@example.com"), ("X-Proxy-Secret", SECRET)]),
        (
            "127.0.0.1",
            [("X-Forwarded-Email", "ada@example.com"), ("X-Forwarded-For", "127.0.0.3"), ("X-Proxy-Secret", SECRET)],
        ),
        ("127.0.0.3", [("X-Forwarded-Email", "ada@example.com")]),
        ("127.0.0.3", [("X-Forwarded-Email", "ada@example.com"), ("X-Proxy-Secret", SECRET + "!")]),
        (
            "127.0.0.3",
            [("X-Forwarded-Email", "eve"), ("X-Forwarded-Email", "ada@example.com"), ("X-Proxy-Secret", SECRET)],
        ),
        ("127.0.0.3", [("X-Forwarded-Email", ""), ("X-Proxy-Secret", SECRET)]),
        ("127.0.0.3", [("X-Forwarded-User", "ada@example.com"), ("X-Proxy-Secret", SECRET)]),
    ],
)
def test_who_goes_around_the_proxy_stays_out(behind_proxy, address, headers):
    intruder = behind_proxy.visitor(address=address)
    answer = intruder.get("/reports/app/scenario_planner", headers=headers)
    assert answer.status_code == 403
    assert intruder.get("/reports/static/page.js", headers=headers).status_code == 403
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        behind_proxy.socket("0-0-0-0-0", cookies=cookies_of(intruder), origin=behind_proxy.origin)
    assert refused.value.status_code == 403


def test_the_processes_of_pages_do_not_know_the_secret(behind_proxy):
    server, deadline = psutil.Process(behind_proxy.process.pid), time.monotonic() + 60
    while not (processes := server.children(recursive=True)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes
    assert not [child for child in processes if SECRET in child.environ().values()]


def test_outside_the_prefix_there_is_nothing(proxy):
    ada = httpx.Client(base_url=proxy, cookies={"sso": "session-of-ada"}, timeout=60)
    for path in ("/", "/app/scenario_planner", "/reportsx/", "/static/page.js"):
        assert ada.get(path).status_code == 404, path


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('login = "proxy"', "needs addresses and user_header"),
        ('proxy = { addresses = ["10.0.0"] }', "neither an address nor a network"),
        (
            'proxy = { addresses = ["10.0.0.1"], secret_header = "X-A", secret = "plain" }',
            "secret must not stand in this file",
        ),
        ('proxy = { addresses = ["10.0.0.1"], secret_header = "X-A" }', "belong together"),
        ('certificate = "a.pem"', "belong together"),
    ],
)
def test_settings_that_would_let_strangers_in_are_refused(tmp_path, lines, told):
    path = tmp_path / "workbench.toml"
    path.write_text(f'[workspace]\nname = "A"\n[publish]\n{lines}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        load_config(path)
