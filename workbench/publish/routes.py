"""Everything that the server answers, in one list; what isn't here does not exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.publish.app_pages import AppPage, LogoutPage
from workbench.publish.assets import PageFiles
from workbench.publish.folder import INDEX
from workbench.publish.guard import NoSuchPage, behind_the_door
from workbench.publish.kernel_handlers import EndIt, IsItThere, WidgetSocket
from workbench.publish.report_files import PACK_PATTERN, REPORT_PATTERN, PackFile, ReportFile
from workbench.publish.settings import PAGE_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voila.app import Voila

    from workbench.publish.login.visitors import Visitors

_KERNEL = r"(?P<kernel_id>[0-9a-f]+(?:-[0-9a-f]+){4})"


def routes(voila: Voila, visitors: Visitors, notebooks: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """All routes: the login's own, and behind the door the pages, their processes and their files.

    Args:
        notebooks: Notebook below the root folder by app.
    """
    base = re.escape(voila.base_url)
    inside = [*_pages(notebooks), *_processes(), *_FILES, *visitors.guarded_handlers(), (r".*", NoSuchPage)]
    free = [(base + path, *handler) for path, *handler in visitors.free_handlers()]
    return free + behind_the_door((base + pattern, *rest) for pattern, *rest in inside) + behind_the_door(_OUTSIDE)


def _pages(notebooks: Mapping[str, str]) -> list[tuple[Any, ...]]:
    apps = [app for app in notebooks if app != INDEX]
    return [
        ("", AppPage, {"notebook": notebooks[INDEX if INDEX in notebooks else apps[0]]}),
        *((f"app/{app}/?", AppPage, {"notebook": notebooks[app]}) for app in apps),
        (REPORT_PATTERN, ReportFile),
        (PACK_PATTERN, PackFile),
        ("logout", LogoutPage),
    ]


def _processes() -> list[tuple[Any, ...]]:
    return [
        (rf"api/kernels/{_KERNEL}", IsItThere),
        (rf"api/kernels/{_KERNEL}/channels", WidgetSocket),
        (rf"voila/api/shutdown/{_KERNEL}", EndIt),
    ]


_FILES: list[tuple[Any, ...]] = [(r"static/(?:v-[0-9a-f]{16}/)?(.+)", PageFiles, {"path": str(PAGE_FILES)})]
_OUTSIDE: list[tuple[Any, ...]] = [(r".*", NoSuchPage)]
