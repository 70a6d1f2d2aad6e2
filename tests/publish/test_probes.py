"""What an attacker tries against a running server, without the password and with it."""

from __future__ import annotations

import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import websocket
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1

from tests.publish.served import PASSWORD, Served, cookies_of, form_token, kernel_of, log_in
from workbench.publish.guesses import FREE
from workbench.publish.publication import published
from workbench.runs.staging import PACKS, RUNS

pytestmark = pytest.mark.slow
STRANGER = str(uuid.UUID(int=7))
PAGES = [
    "/",
    "/app/scenario_planner",
    "/app/nothing",
    "/report/some-run.pdf",
    "/report/some-run.html",
    "/pack/some-pack.pdf",
    "/pack/some-pack.html",
    "/logout",
    "/nothing",
]
PARTS = [
    "/api/kernels",
    f"/api/kernels/{STRANGER}",
    f"/api/kernels/{STRANGER}/channels",
    "/api/contents",
    "/api/sessions",
    "/api/terminals",
    "/api/status",
    "/static/page.js",
    "/static/plotly-basic.min.js",
    "/voila/static/voila.js",
    "/voila/static/require.min.js",
    "/voila/templates/workbench/static/voila-style.js",
    "/voila/templates/lab/static/voila-style.js",
    "/voila/labextensions/@jupyter-widgets/jupyterlab-manager/package.json",
    "/voila/api/themes/@jupyterlab/theme-light-extension/index.css",
    "/voila/api/contents",
    "/voila/api/shutdown/" + STRANGER,
    "/voila/tree",
    "/voila/query/" + STRANGER,
    "/voila/execution/" + STRANGER,
    "/voila/render/Scenario%20planner.ipynb",
    "/voila/files/Scenario%20planner.ipynb",
    "/voila/files/chart.png",
]


@pytest.fixture(scope="module")
def visitor(served: Served) -> httpx.Client:
    """Somebody who knows the password."""
    return served.logged_in()


@pytest.fixture(scope="module")
def page(visitor: httpx.Client) -> httpx.Response:
    """The page that they opened."""
    return visitor.get("/app/scenario_planner")


@pytest.fixture(scope="module")
def other(served: Served) -> httpx.Client:
    """Somebody else who knows the password."""
    return served.logged_in()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_without_login_nothing_answers_but_the_login_page(served, method):
    stranger = served.visitor()
    for path in PAGES:
        answer = stranger.request(method, path)
        if method in {"GET", "HEAD"}:
            assert (answer.status_code, answer.content) == (302, b""), path
            assert answer.headers["Location"].startswith("/login?next="), path
        else:
            assert answer.status_code in {403, 405}, path
    for path in PARTS:
        assert stranger.request(method, path).status_code in {403, 405}, path
    assert stranger.get("/login").status_code == 200


def test_a_page_that_is_there_and_one_that_is_not_look_alike_from_outside(served):
    stranger = served.visitor()
    there, nowhere = (stranger.get(path).headers for path in PAGES[1:3])
    changing = {"date", "location"}
    assert {name: there[name] for name in there if name not in changing} == {
        name: nowhere[name] for name in nowhere if name not in changing
    }


def test_every_answer_tells_the_browser_to_trust_nobody(served, visitor, page):
    stranger = served.visitor()
    answers = [page, stranger.get("/login"), stranger.get("/"), stranger.get("/voila/tree"), visitor.get("/nothing")]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'self'" in policy or "default-src 'none'" in policy
        assert "http" not in policy
        assert "*" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that only code run by a visitor would write."""
    return tmp_path / "code_ran"


def test_the_page_shows_the_app_and_none_of_its_source(page):
    assert page.status_code == 200
    assert "<title>Scenario planner" in page.text
    for secret in ("source_of_the_app", "import ", "Traceback", "jsdelivr", "https://"):
        assert secret not in page.text.replace("https://github.com", ""), secret
    assert page.headers["Cache-Control"] == "no-store"


def test_no_script_that_got_into_a_page_would_run(page):
    (allowed,) = (rule for rule in page.headers["Content-Security-Policy"].split("; ") if rule.startswith("script-src"))
    assert "unsafe" not in allowed
    written = re.findall(r"<script([^>]*)>", page.text)
    assert written
    assert all("src=" in script or 'type="application/json"' in script for script in written)
    assert not re.search(r"\son\w+=", page.text)


def test_files_of_the_page_come_packed_and_are_kept_by_browsers(visitor, page):
    scripts = re.findall(r'(?:src|href)="([^"]+[.]js)"', page.text)
    assert len(scripts) > 2
    assert all(visitor.get(address).status_code == 200 for address in scripts)
    for address in (scripts[0], next(each for each in scripts if "plotly" in each)):
        answer = visitor.get(address)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert int(answer.headers["Content-Length"]) < 0.5 * len(answer.content)
        plain = visitor.get(address, headers={"Accept-Encoding": "identity"})
        assert plain.content == answer.content
        assert plain.headers["Content-Type"] == answer.headers["Content-Type"]
    asked_again = visitor.get("/static/page.js")
    assert asked_again.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": asked_again.headers["Etag"]}
    assert visitor.get("/static/page.js", headers=known).status_code == 304


def test_files_of_the_workspace_and_of_the_machine_are_out_of_reach(served, visitor, published_workspace):
    run = next(iter(published(published_workspace).run_ids))
    climbs = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..\\", "%5c..", "....//", "%00/../"]
    roots = [
        "/static/",
        "/voila/static/",
        "/voila/templates/workbench/static/",
        "/voila/labextensions/",
        "/voila/files/",
        "/app/",
        "/report/",
    ]
    roots += ["/voila/api/themes/", f"/report/{run}/", f"/report/{run}.pdf/", "/"]
    targets = ["etc/passwd", "workbench.toml", "secret.csv", f"{RUNS}/{run}/run.json", "app.py"]
    cookies = cookies_of(visitor)
    for root in roots:
        for climb in climbs:
            for target in targets:
                status, answer = served.raw(f"{root}{climb * 6}{target}", cookies=cookies)
                assert status in {400, 403, 404}, (root, climb, target)
                assert b"root:" not in answer
                assert b"ada,12" not in answer
    for path in (
        "/secret.csv",
        "/voila/files/secret.csv",
        f"/report/{run}/chart.png",
        f"/report/{run}.png",
        f"/report/{run}.json",
    ):
        assert visitor.get(path).status_code == 404, path
    for path in (
        "/static/",
        "/static",
        "/voila/static/voila.js",
        "/voila/labextensions/",
        "/voila/templates/",
        "/app/",
        "/report/",
        "/app",
    ):
        assert visitor.get(path).status_code == 404, path


def test_reports_are_served_of_published_runs_alone(visitor, published_workspace):
    runs = {folder.name for folder in (published_workspace.reports / RUNS).iterdir() if not folder.name.startswith(".")}
    (shown,) = published(published_workspace).run_ids
    (hidden,) = runs - {shown}
    pdf, html = visitor.get(f"/report/{shown}.pdf"), visitor.get(f"/report/{shown}.html")
    assert pdf.content == b"%PDF-1.7 report of " + shown.encode()
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert shown in html.text
    assert "script-src" not in html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert visitor.get(f"/report/{hidden}.pdf").status_code == 404
    assert visitor.get(f"/report/{hidden}.html").status_code == 404


def test_the_published_board_pack_is_served_alone(served, visitor, published_workspace):
    shown = published(published_workspace).pack.pack_id
    (hidden,) = {folder.name for folder in (published_workspace.reports / PACKS).iterdir()} - {shown}
    pdf, html = visitor.get(f"/pack/{shown}.pdf"), visitor.get(f"/pack/{shown}.html")
    assert pdf.content == b"%PDF-1.7 pack " + shown.encode()
    assert shown in html.text
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert served.visitor().get(f"/pack/{shown}.pdf").status_code == 302
    for path in (f"/pack/{hidden}.pdf", f"/pack/{hidden}.html", f"/pack/{shown}.json", f"/pack/{shown}/pack.pdf"):
        assert visitor.get(path).status_code == 404, path


def test_a_visitor_chooses_neither_template_nor_theme(visitor, page):
    chosen = visitor.get("/app/scenario_planner?template=lab&theme=dark&voila-template=reveal")
    end_page(visitor, kernel_of(chosen))
    same = chosen.text.replace(kernel_of(chosen), kernel_of(page))
    assert "jsdelivr" not in chosen.text
    assert same.partition("<style>")[0] == page.text.partition("<style>")[0]


def test_other_peoples_processes_do_not_exist(served, page, other):
    kernel = kernel_of(page)
    assert other.get(f"/api/kernels/{kernel}").status_code == 404
    token = form_token(other.get("/logout"))
    assert other.post(f"/voila/api/shutdown/{kernel}", data={"_xsrf": token}).status_code == 404
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        served.socket(kernel, cookies=cookies_of(other), origin=served.origin)
    assert refused.value.status_code == 404


def test_processes_are_neither_listed_nor_started_nor_restarted_nor_deleted(visitor, page):
    kernel = kernel_of(page)
    token = visitor.cookies["_xsrf"]
    assert visitor.get("/api/kernels").status_code == 404
    assert visitor.post("/api/kernels", headers={"X-XSRFToken": token}, json={}).status_code == 404
    for action in ("restart", "interrupt"):
        answer = visitor.post(f"/api/kernels/{kernel}/{action}", headers={"X-XSRFToken": token})
        assert answer.status_code == 404
    assert visitor.delete(f"/api/kernels/{kernel}", headers={"X-XSRFToken": token}).status_code == 405
    assert visitor.get(f"/api/kernels/{kernel}").json()["id"] == kernel


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
def test_foreign_pages_cannot_open_a_socket(served, visitor, page, origin):
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        served.socket(kernel_of(page), cookies=cookies_of(visitor), origin=origin)
    assert refused.value.status_code == 403


def test_without_login_no_socket_opens(served, page):
    for kernel in (kernel_of(page), STRANGER):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            served.socket(kernel, cookies="", origin=served.origin)
        assert refused.value.status_code == 403


@pytest.mark.parametrize("protocol", ["v1.kernel.websocket.jupyter.org", ""])
def test_no_code_runs_over_the_own_socket(served, visitor, page, marker, protocol):
    code = f"open({str(marker)!r}, 'w').close()"
    execute = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    attempts = [
        ("shell", "execute_request", execute),
        ("control", "execute_request", execute),
        ("shell", "input_reply", {"value": code}),
    ]
    attempts += [
        ("shell", "complete_request", {"code": "op", "cursor_pos": 2}),
        ("shell", "inspect_request", {"code": "open", "cursor_pos": 4, "detail_level": 0}),
    ]
    attempts += [("shell", "comm_open", {"comm_id": "1", "target_name": "jupyter.widget", "data": {"state": {}}})]
    attempts += [
        ("control", "debug_request", {"type": "request", "seq": 1, "command": "evaluate"}),
        ("control", "interrupt_request", {}),
    ]
    talk = served.socket(kernel_of(page), cookies=cookies_of(visitor), origin=served.origin, protocol=protocol)
    for channel, kind, content in attempts:
        send(talk, protocol, channel, kind, content)
    send(talk, protocol, "shell", "kernel_info_request", {})
    seen = replies(talk, until="kernel_info_reply")
    talk.close()
    # What came before the answer to the last message had been looked at before it.
    assert "kernel_info_reply" in seen
    assert (
        not {
            "execute_reply",
            "execute_result",
            "execute_input",
            "stream",
            "complete_reply",
            "inspect_reply",
            "debug_reply",
        }
        & seen
    )
    assert not marker.exists()


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https://evil.example/",
        "https:///evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/%0d%0aLocation:%20//evil.example",
        "evil.example",
        "/app/..//evil.example",
        "//127.0.0.1@evil.example/",
        "/login?next=//evil.example",
    ],
)
def test_login_leads_nowhere_else(served, address):
    stranger = served.visitor()
    answer = log_in(stranger, PASSWORD, then=address)
    assert (answer.status_code, answer.headers["Location"]) in {(303, "/"), (303, "/%0d%0aLocation:%20//evil.example")}
    assert "\n" not in answer.headers["Location"]
    again = stranger.get("/login", params={"next": address})
    assert again.status_code == 302
    assert again.headers["Location"].startswith("/")
    assert not again.headers["Location"].startswith(("//", "/\\"))


def test_login_leads_to_the_page_that_was_asked_for(served):
    stranger = served.visitor()
    asked = stranger.get("/report/some-run.pdf").headers["Location"]
    page = stranger.get(asked)
    assert 'name="next" value="/report/some-run.pdf"' in page.text
    assert log_in(stranger, PASSWORD, then="/report/some-run.pdf").headers["Location"] == "/report/some-run.pdf"


def test_a_login_is_a_new_session_that_the_browser_guards(served):
    fixed = "2|1:0|10:1700000000|9:workbench|8:YXR0YWNr|" + "0" * 64
    victim = served.visitor()
    victim.cookies.set(f"workbench-{served.port}", fixed)
    victim.cookies.set("_xsrf", "chosen-by-the-attacker")
    assert victim.get("/").status_code == 302
    victim.cookies.clear()
    first, second = log_in(victim, PASSWORD), log_in(served.visitor(), PASSWORD)
    cookies = [next(c for c in a.headers.get_list("Set-Cookie") if c.startswith("workbench-")) for a in (first, second)]
    assert cookies[0].partition(";")[0] != cookies[1].partition(";")[0]
    assert fixed not in cookies[0]
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie
        assert PASSWORD not in cookie
    attributes = [c for c in first.headers.get_list("Set-Cookie") if c.startswith("_xsrf=")]
    assert attributes
    assert attributes[0].startswith('_xsrf="";')


def test_a_cookie_that_the_server_did_not_sign_is_worth_nothing(served, visitor):
    name, value = f"workbench-{served.port}", visitor.cookies[f"workbench-{served.port}"]
    for forged in (value[:-2] + "00", value.replace("2|1:0|", "2|1:1|"), "", "x", value.rpartition("|")[0]):
        status, _ = served.raw("/logout", cookies=f"{name}={forged}")
        assert status == 302, forged
    assert served.raw("/logout", cookies=f"{name}={value}")[0] == 200


def test_forms_need_their_token(served, visitor, page):
    stranger = served.visitor()
    stranger.get("/login")
    assert stranger.post("/login", data={"password": PASSWORD}).status_code == 403
    assert visitor.post("/logout").status_code == 403
    assert visitor.post(f"/voila/api/shutdown/{kernel_of(page)}").status_code == 403
    assert visitor.get(f"/api/kernels/{kernel_of(page)}").status_code == 200


def test_a_token_or_password_in_the_address_opens_nothing(served):
    for query in ("?token=", f"?token={PASSWORD}", f"?password={PASSWORD}"):
        assert served.visitor().get("/" + query).status_code == 302
    assert served.visitor(headers={"Authorization": f"token {PASSWORD}"}).get("/").status_code == 302
    named = served.visitor(headers={"X-Forwarded-User": "ada", "X-Remote-User": "ada", "Remote-User": "ada"})
    assert named.get("/").status_code == 302


def test_guessing_is_slowed_down_whoever_the_guesser_claims_to_be(served):
    guesser = served.visitor(address="127.0.0.2")
    answers = []
    for guess in range(7):
        guesser.headers["X-Forwarded-For"] = guesser.headers["X-Real-Ip"] = f"10.0.0.{guess}"
        answers.append(log_in(guesser, f"guess number {guess}"))
    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    slowed = answers[5]
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) >= 1
    assert "Wait" in slowed.text
    assert log_in(guesser, PASSWORD).status_code in {429, 303}
    assert log_in(served.visitor(), PASSWORD).status_code == 303


def test_guesses_sent_all_at_once_are_not_all_looked_at(served):
    guesser = served.visitor(address="127.0.0.4")
    token = form_token(guesser.get("/login"))
    with ThreadPoolExecutor(20) as crowd:
        answers = list(
            crowd.map(lambda guess: guesser.post("/login", data={"_xsrf": token, "password": guess}), "x" * 20)
        )
    assert sum(answer.status_code == 401 for answer in answers) <= FREE + 1
    assert {answer.status_code for answer in answers} == {401, 429}


def test_what_goes_wrong_inside_stays_inside(served, visitor):
    for path in (
        "/static/",
        "/static/x/../../y",
        "/report/%ff.pdf",
        "/app/%00",
    ):
        status, answer = served.raw(path, cookies=cookies_of(visitor))
        assert status in {400, 404}, path
        for inside in (b"Traceback", b"site-packages", b"Jupyter", b"tornado", b"Voil"):
            assert inside not in answer, (path, inside)


def test_logging_out_ends_the_session_and_its_pages(served):
    leaver = served.logged_in()
    kernel = kernel_of(leaver.get("/app/scenario_planner"))
    before = cookies_of(leaver)
    assert leaver.get("/logout").status_code == 200
    assert served.raw("/logout", cookies=before)[0] == 200
    assert leaver.post("/logout", data={"_xsrf": form_token(leaver.get("/logout"))}).status_code == 303
    assert served.raw("/app/scenario_planner", cookies=before)[0] == 302
    assert served.raw(f"/api/kernels/{kernel}", cookies=before)[0] == 403


def test_twenty_visitors_at_once_are_served_or_told_to_wait(served, visitor, page, other):
    """One of the three places is taken by `page`."""
    assert visitor.get(f"/api/kernels/{kernel_of(page)}").status_code == 200
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(other.get, ["/app/scenario_planner"] * 20))
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [503] * 18
    opened = [kernel_of(answer) for answer in answers if answer.status_code == 200]
    assert len({kernel_of(page), *opened}) == 3
    full = next(answer for answer in answers if answer.status_code == 503)
    assert "All places are taken" in full.text
    assert f'http-equiv="refresh" content="{full.headers["Retry-After"]}"' in full.text
    end_page(other, opened.pop())
    again = other.get("/app/scenario_planner")
    assert again.status_code == 200
    for kernel in (*opened, kernel_of(again)):
        end_page(other, kernel)


def test_the_log_holds_no_secret(served):
    told = served.log.read_text(encoding="utf-8")
    assert PASSWORD not in told
    assert "Traceback" not in told


def end_page(visitor: httpx.Client, kernel: str) -> None:
    """As the page's own script does when its tab closes: with the token that the page set."""
    answer = visitor.post(f"/voila/api/shutdown/{kernel}", data={"_xsrf": visitor.cookies["_xsrf"]})
    assert answer.status_code == 204
    assert visitor.get(f"/api/kernels/{kernel}").status_code == 404


def send(talk: websocket.WebSocket, protocol: str, channel: str, kind: str, content: dict) -> None:
    message = Session().msg(kind, content)
    if protocol:
        session = Session()
        frames = [session.pack(message[part]) for part in ("header", "parent_header", "metadata", "content")]
        talk.send_binary(serialize_msg_to_ws_v1(frames, channel))
    else:
        talk.send(json.dumps({**message, "channel": channel, "buffers": []}, default=str))


def replies(talk: websocket.WebSocket, *, until: str) -> set[str]:
    """Kinds of all messages that come back up to the one waited for."""
    kinds: set[str] = set()
    ends = time.monotonic() + 20
    while until not in kinds and time.monotonic() < ends:
        told = talk.recv()
        header = json.loads(told)["header"] if isinstance(told, str) else _header(told)
        kinds.add(header["msg_type"])
    return kinds


def _header(message: bytes) -> dict:
    from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1

    _, frames = deserialize_msg_from_ws_v1(message)
    return json.loads(frames[0])
