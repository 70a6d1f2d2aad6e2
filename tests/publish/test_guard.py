"""No handler of the server answers without asking who comes, those that are added later included."""

from types import SimpleNamespace

import pytest

from workbench.config.publishing import Proxy, Publish
from workbench.publish.guard import Guard
from workbench.publish.publishing import visitors_of
from workbench.publish.routes import routes
from workbench.publish.settings import Entrance

VOILA = SimpleNamespace(
    base_url="/",
    static_paths=["/nowhere"],
    themes_dir="/nowhere",
    voila_configuration=SimpleNamespace(extra_labextensions_path=[]),
)
NOTEBOOKS = {"index": "Index.ipynb", "media_mix": "Media mix.ipynb"}
BEHIND_PROXY = Publish(login="proxy", proxy=Proxy(addresses=("10.0.0.1",), user_header="X-User"))


@pytest.mark.parametrize(
    ("config", "login", "free"),
    [(Publish(), "none", set()), (Publish(), "password", {"/login"}), (BEHIND_PROXY, "proxy", set())],
)
def test_all_routes_but_the_login_are_guarded(config, login, free, tmp_path):
    listed = routes(VOILA, visitors_of(Entrance(login=login, hashed="argon2:x"), config, tmp_path), NOTEBOOKS)
    assert {pattern for pattern, handler, *_ in listed if not issubclass(handler, Guard)} == free
    assert listed[-1][0] == r".*"
    assert all(handler.__mro__.index(Guard) == 1 for _, handler, *_ in listed if issubclass(handler, Guard))
