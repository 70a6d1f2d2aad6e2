"""`workbench publish`: choose what is shown, settle who comes in, serve."""

from __future__ import annotations

import os
import tempfile
import webbrowser
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from workbench.errors import RunError
from workbench.publish.folder import fill_folder, known_apps
from workbench.publish.publication import ANALYSIS_OF_APP, apps_of, publish_newest, published, record_path
from workbench.publish.settings import Entrance, base_url, entrance, is_local
from workbench.publish.status import Status, forget_status, measure, memory_sentence, write_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.config.publishing import Publish
    from workbench.publish.login.visitors import Visitors
    from workbench.publish.server import PublishingServer
    from workbench.workspace import Workspace


def publish(
    workspace: Workspace,
    config: Publish,
    *,
    app: str = "",
    as_published: bool = False,
    open_browser: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Publish the newest finished runs and serve them until interrupted.

    Args:
        app: The only app to serve; empty for all that have something to show.
        as_published: Serve what was published last instead of the newest runs.
        say: Told one sentence at a time.

    Raises:
        ConfigError: If the settings would let strangers in, or contradict each other.
        RunError: If there is nothing to show, no such app, or the port is taken.
    """
    if config.login == "jupyterhub":
        from workbench.publish.login.hub_login import under_hub

        config = under_hub(config)
    entry = entrance(config, workspace)
    apps = _asked(app)
    found = apps_of(published(workspace) if as_published else publish_newest(workspace, say=None if app else say))
    shown = tuple(name for name in apps if name in found)
    if not shown:
        analysis = ANALYSIS_OF_APP[apps[0]]
        raise RunError(
            f"there is no finished {analysis} run in {workspace.reports}; run `workbench run {analysis}` first"
        )
    progress = _Progress(workspace, config, entry, open_browser, say)
    if warning := _warning(config, entry):
        say(warning)
    say(f"{progress.url} is being made ready (Ctrl-C ends it)")
    _serve(workspace, config, entry, shown, with_index=not app, told=progress)


def site_url(config: Publish) -> str:
    """The address that a browser of this machine opens."""
    scheme = "https" if config.certificate else "http"
    host = "127.0.0.1" if config.host in {"0.0.0.0", "::"} else config.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{config.port}{base_url(config)}"


@dataclass
class _Progress:
    """Says once that the server is ready and what a page costs, and keeps its status up to date."""

    workspace: Workspace
    config: Publish
    entry: Entrance
    open_browser: bool
    say: Callable[[str], None]
    ready: bool = field(default=False)

    @property
    def url(self) -> str:
        return site_url(self.config)

    def __call__(self, server: PublishingServer) -> None:
        write_status(self.workspace, self._status(server))
        if not self.ready and server.is_ready:
            self.ready = True
            self.say(f"{self.url} is ready")
            self.say(memory_sentence(measure(os.getpid()), self.config.max_sessions))
            if self.open_browser:
                webbrowser.open(self.url)

    def _status(self, server: PublishingServer) -> Status:
        return Status(
            pid=os.getpid(),
            started=psutil.Process().create_time(),
            url=self.url,
            login=self.entry.login,
            apps=tuple(server.site.notebooks),
            published_at=server.shown.publication.published_at.isoformat(),
            open_pages=server.places.taken,
            max_sessions=self.config.max_sessions,
            ready=self.config.ready,
        )


def _asked(app: str) -> tuple[str, ...]:
    if app and app not in known_apps():
        raise RunError(f"there is no app {app!r}; known apps: {', '.join(known_apps())}")
    return (app,) if app else known_apps()


def _warning(config: Publish, entry: Entrance) -> str:
    if is_local(config.host) or config.certificate or config.proxy.addresses or entry.login == "jupyterhub":
        return ""
    return (
        "passwords and pages travel unencrypted; set publish.certificate and publish.key, "
        "or put a proxy with TLS in front and name it in [publish.proxy]"
    )


def _serve(
    workspace: Workspace,
    config: Publish,
    entry: Entrance,
    apps: tuple[str, ...],
    *,
    with_index: bool,
    told: Callable[[PublishingServer], None],
) -> None:
    from workbench.publish.server import Site, serve

    with tempfile.TemporaryDirectory(prefix="workbench-publish-") as name:
        root = Path(name)
        notebooks = fill_folder(root, apps, with_index=with_index)
        site = Site(
            workspace=workspace,
            config=config,
            visitors=visitors_of(entry, config, workspace.root),
            record=record_path(workspace),
            root=root,
            notebooks=notebooks,
            told=told,
        )
        try:
            serve(site)
        finally:
            forget_status(workspace)


def visitors_of(entry: Entrance, config: Publish, root: Path) -> Visitors:
    """The login that was settled on.

    Raises:
        ConfigError: If a secret that it needs isn't there.
    """
    from workbench.publish.login.cookie import VisitCookie
    from workbench.publish.login.hub_login import hub_login
    from workbench.publish.login.password_login import PasswordLogin
    from workbench.publish.login.proxy_login import ProxyLogin
    from workbench.publish.login.visitors import OpenToThisMachine
    from workbench.publish.proxies import trusted_proxy
    from workbench.publish.visits import Visits

    proxy = trusted_proxy(config.proxy, root)
    cookie = VisitCookie(Visits(3600 * config.session_hours), f"workbench-{config.port}", proxy)
    if entry.login == "none":
        return OpenToThisMachine()
    if entry.login == "password":
        return PasswordLogin(hashed=entry.hashed, cookie=cookie, proxy=proxy)
    if entry.login == "proxy":
        return ProxyLogin(user_header=config.proxy.user_header, proxy=proxy)
    return hub_login(cookie)
