"""Serve what is published, until interrupted.

Voila runs whatever notebook lies under its root, shows it to whoever asks, and lets the visitor choose templates. So the
root is a folder made for the purpose, everything that a visitor could choose is off, and Voila's own handlers are replaced
by a list of the few that pages need, all behind one door.
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.ioloop import IOLoop, PeriodicCallback
from voila.app import Voila

from workbench.apps.published import PUBLISHED_VARIABLE
from workbench.errors import RunError
from workbench.publish.assets import files_version
from workbench.publish.folder import INDEX, app_title
from workbench.publish.headers import HEADERS, STRICT_TRANSPORT
from workbench.publish.places import Places
from workbench.publish.routes import routes
from workbench.publish.server_log import PlainLog, log_request
from workbench.publish.settings import PAGE_FILES, SHARE, listening, voila_config
from workbench.publish.shown import Shown
from workbench.runs.staging import PACKS, RUNS
from workbench.workspace import WORKSPACE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.config.publishing import Publish
    from workbench.publish.login.visitors import Visitors
    from workbench.workspace import Workspace

_LOOK_EVERY_MS = 5_000


@dataclass(frozen=True, kw_only=True)
class Site:
    """What is served.

    Attributes:
        workspace: Whose results.
        config: Where, and how many at once.
        visitors: Who comes in.
        record: The record of what is published.
        root: Folder of the notebooks.
        notebooks: Notebook in `root` by app.
        told: Called with the running server when its waiting processes are ready and whenever places changed.
    """

    workspace: Workspace
    config: Publish
    visitors: Visitors
    record: Path
    root: Path
    notebooks: Mapping[str, str]
    told: Callable[[PublishingServer], None]

    @property
    def frame(self) -> dict[str, object]:
        """What every page's header shows: whose site it is, its apps, and the way out where somebody logged in."""
        apps = [{"path": f"app/{app}", "title": app_title(app)} for app in self.notebooks if app != INDEX]
        return {
            "workspace": self.workspace.config.workspace.name,
            "apps": apps if len(self.notebooks) > 1 else [],
            "logout": "logout" if self.visitors.can_log_out else "",
            "files": files_version(PAGE_FILES),
        }


class PublishingServer(Voila):
    """Voila with other routes and without the configuration files that lie around on a machine."""

    site: Site
    places: Places
    shown: Shown
    is_ready = False

    def load_config_file(self, *_names: object, **_options: object) -> None:
        return None

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, with the site's own login, pages and limits."""
        site, settings = self.site, super().init_settings()
        self.identity_provider = site.visitors
        self.places = Places(self.kernel_manager, site.config.max_sessions)
        reports = site.workspace.reports
        self.shown = Shown(site.record, reports / RUNS, reports / PACKS)
        secure = bool(site.config.certificate)
        return settings | {
            "identity_provider": site.visitors,
            "headers": HEADERS | (STRICT_TRANSPORT if secure else {}),
            "allow_remote_access": site.visitors.allows_other_hosts,
            "xsrf_cookie_kwargs": {"samesite": "Lax", "secure": secure, "path": self.base_url},
            "websocket_compression_options": {},
            "site_name": site.workspace.config.workspace.name,
            "places": self.places,
            "shown": self.shown,
            "packed_folder": self._packed_folder(),
            "log_function": log_request,
        }

    def init_handlers(self) -> list[tuple[Any, ...]]:
        """Our own list in place of Voila's."""
        return routes(self, self.site.visitors, self.site.notebooks)

    def listen(self) -> None:
        """Listen and serve until interrupted."""
        site = self.site
        options = listening(site.config, site.workspace)
        try:
            self.app.listen(self.port, self.ip, **options)
        except OSError as error:
            raise RunError(_taken(self.port, self.ip, error)) from None
        self.ioloop = IOLoop.current()
        self.ioloop.spawn_callback(self._tell_when_ready)
        PeriodicCallback(self._look_around, _LOOK_EVERY_MS).start()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    async def _tell_when_ready(self) -> None:
        waiting = [task for pool in self.kernel_manager._pools.values() for task in pool]
        started = await asyncio.gather(*waiting, return_exceptions=True)
        pages = [one["task"] for one in started if isinstance(one, dict)]
        await asyncio.gather(*pages, return_exceptions=True)
        self.is_ready = True
        self.site.told(self)

    async def _look_around(self) -> None:
        """End pages whose browser is gone; show what was published since."""
        await self.places.sweep()
        if self.shown.changed():
            await self._renew_waiting()
        self.site.told(self)

    async def _renew_waiting(self) -> None:
        """Processes that wait have loaded what was published before: open pages keep theirs, new ones get the new."""
        kernels, old = self.kernel_manager, []
        for notebook in self.site.notebooks.values():
            old += kernels._pools.pop(notebook, [])
            kernels.fill_if_needed(delay=0, notebook_name=notebook)
        for one in await asyncio.gather(*old, return_exceptions=True):
            if isinstance(one, dict):
                one["task"].cancel()
                await kernels.shutdown_kernel(one["kernel_id"], now=True)

    def _packed_folder(self) -> Path:
        folder = Path(self.connection_dir) / "packed"
        folder.mkdir()
        return folder


# Voila reads its settings from the section of its class's name.
PublishingServer.__name__ = "Voila"


def serve(site: Site) -> None:
    """Serve until interrupted.

    Raises:
        RunError: If the port is taken.
        ConfigError: If the certificate can't be used.
    """
    listening(site.config, site.workspace)
    refuse_taken(site.config.port, site.config.host)
    _prepare_environment(site)
    PublishingServer.clear_instance()
    server = PublishingServer.instance(config=voila_config(site.config, site.root, site.frame))
    server.site = site
    server.initialize([])
    for log in (server.log, logging.getLogger("tornado.general")):
        log.addFilter(PlainLog())
    server.start()


def _prepare_environment(site: Site) -> None:
    """What pages' processes inherit: where the results are, and none of the server's own secrets."""
    for secret in ("JUPYTERHUB_API_TOKEN", site.config.proxy.secret.removeprefix("env:")):
        os.environ.pop(secret, None)
    os.environ[WORKSPACE_VARIABLE] = str(site.workspace.root)
    os.environ[PUBLISHED_VARIABLE] = str(site.record)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(SHARE), os.environ.get("JUPYTER_PATH", "")]))


def refuse_taken(port: int, host: str) -> None:
    """Before anything is started.

    Raises:
        RunError: If nothing can listen there.
    """
    import socket

    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise RunError(_taken(port, host, error)) from None


def _taken(port: int, host: str, error: OSError) -> str:
    return f"port {port} of {host} can't be used ({error.strerror}); choose another with --port or --host"
