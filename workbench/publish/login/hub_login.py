"""Login at JupyterHub, of which the server is a service: the hub asks who it is and tells whether they may come in.

References:
    JupyterHub, "Services" and "The hub as an OAuth provider".
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import User
from tornado.httpclient import AsyncHTTPClient, HTTPError, HTTPRequest
from tornado.web import HTTPError as Refused

from workbench.errors import ConfigError
from workbench.publish.login.cookie import VisitCookie
from workbench.publish.login.redirects import safe_next
from workbench.publish.login.visitors import Visitors
from workbench.publish.page_handler import PageHandler

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from workbench.config.publishing import Publish

_STATE_MINUTES = 10
_STATE_COOKIE = "workbench-hub-state"


@dataclass(frozen=True, kw_only=True)
class HubService:
    """What the hub tells a service of itself, in the service's environment.

    Attributes:
        client_id: Name of the service at the hub's login.
        token: The service's own secret.
        api_url: The hub's programming interface, as this machine reaches it.
        hub_url: The hub, as browsers reach it.
        prefix: Path under which the hub's proxy shows the service.
        url: Where the hub's proxy looks for the service.
        scopes: What a user must be allowed one of.
    """

    client_id: str
    token: str
    api_url: str
    hub_url: str
    prefix: str
    url: str
    scopes: frozenset[str]

    @property
    def callback(self) -> str:
        """Path to which the hub sends a visitor back."""
        return f"{self.prefix}oauth_callback"


def hub_service() -> HubService:
    """Read the environment that a hub gives its services.

    Raises:
        ConfigError: If no hub started this process.
    """
    told = os.environ
    try:
        name = told["JUPYTERHUB_SERVICE_NAME"]
        host = told.get("JUPYTERHUB_HOST", "")
        scopes = json.loads(told.get("JUPYTERHUB_OAUTH_ACCESS_SCOPES") or "[]")
        return HubService(
            client_id=told.get("JUPYTERHUB_CLIENT_ID") or f"service-{name}",
            token=told["JUPYTERHUB_API_TOKEN"],
            api_url=told["JUPYTERHUB_API_URL"].rstrip("/"),
            hub_url=f"{host}{told.get('JUPYTERHUB_BASE_URL', '/')}hub",
            prefix=told["JUPYTERHUB_SERVICE_PREFIX"],
            url=told["JUPYTERHUB_SERVICE_URL"],
            scopes=frozenset(scopes) or frozenset({"access:services", f"access:services!service={name}"}),
        )
    except KeyError as missing:
        raise ConfigError(
            f'publish.login = "jupyterhub" and the variable {missing.args[0]} is not set; let JupyterHub start '
            "`workbench publish` as a service with a url, or use another login"
        ) from None


def under_hub(config: Publish) -> Publish:
    """The settings with address and path as the hub gave them.

    Raises:
        ConfigError: If no hub started this process.
    """
    service = hub_service()
    place = urlsplit(service.url)
    given = {"host": place.hostname or config.host, "port": place.port or config.port, "url_prefix": service.prefix}
    return config.model_copy(update=given)


class HubLogin(Visitors):
    """Lets in whom the hub knows and allows to use the service."""

    def __init__(self, service: HubService, cookie: VisitCookie, **traits: Any) -> None:
        super().__init__(**traits)
        self.service, self.cookie = service, cookie

    def find_user(self, handler: RequestHandler) -> User | None:
        user = self.cookie.user(handler)
        return User(user, user, user) if user else None

    def login_url(self, handler: RequestHandler) -> str:
        return f"{handler.settings['base_url']}login?{urlencode({'next': handler.request.uri or '/'})}"

    def free_handlers(self) -> list[tuple[Any, ...]]:
        return [("login", ToHub, {"login": self}), ("oauth_callback", FromHub, {"login": self})]

    def forget(self, handler: RequestHandler) -> None:
        self.cookie.end(handler)

    async def allowed_user(self, code: str) -> str | None:
        """The name of whom the hub sent back with this code, None where they may not use the service."""
        service = self.service
        asked = {
            "client_id": service.client_id,
            "client_secret": service.token,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": service.callback,
        }
        token = (await _answer(f"{service.api_url}/oauth2/token", body=urlencode(asked)))["access_token"]
        user = await _answer(f"{service.api_url}/user", headers={"Authorization": f"Bearer {token}"})
        return str(user["name"]) if service.scopes & set(user.get("scopes", ())) else None


class ToHub(PageHandler):
    """Send the visitor to the hub, with a mark that shows on return that it was this browser that was sent."""

    def initialize(self, login: HubLogin) -> None:
        self.login = login

    @allow_unauthenticated
    def get(self) -> None:
        service, mark = self.login.service, secrets.token_urlsafe(24)
        then = safe_next(self.get_argument("next", ""), self.base_url)
        self.set_signed_cookie(
            _STATE_COOKIE,
            json.dumps([mark, then]),
            expires_days=_STATE_MINUTES / 1440,
            path=service.callback,
            httponly=True,
            samesite="Lax",
            secure=self.login.cookie.proxy.is_https(self.request),
        )
        asked = {
            "client_id": service.client_id,
            "redirect_uri": service.callback,
            "response_type": "code",
            "state": mark,
        }
        self.redirect(f"{service.hub_url}/api/oauth2/authorize?{urlencode(asked)}")


class FromHub(PageHandler):
    """The visitor is back from the hub."""

    def initialize(self, login: HubLogin) -> None:
        self.login = login

    @allow_unauthenticated
    async def get(self) -> None:
        kept = self.get_signed_cookie(_STATE_COOKIE, max_age_days=_STATE_MINUTES / 1440)
        mark, then = json.loads(kept) if kept else ("", "")
        if not mark or not secrets.compare_digest(mark.encode(), self.get_argument("state", "").encode()):
            raise Refused(403)
        self.clear_cookie(_STATE_COOKIE, path=self.login.service.callback)
        try:
            user = await self.login.allowed_user(self.get_argument("code", ""))
        except (HTTPError, OSError, KeyError, ValueError) as problem:
            self.log.warning("the hub did not confirm a login: %s", problem)
            raise Refused(403) from None
        if user is None:
            raise Refused(403)
        self.login.cookie.begin(self, user)
        self.redirect(safe_next(then, self.base_url))


def hub_login(cookie: VisitCookie) -> HubLogin:
    """The login of a server that a hub started.

    Raises:
        ConfigError: If no hub started this process.
    """
    return HubLogin(hub_service(), cookie)


async def _answer(url: str, *, body: str | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    request = HTTPRequest(url, method="GET" if body is None else "POST", body=body, headers=headers, request_timeout=20)
    reply = await AsyncHTTPClient().fetch(request)
    told: dict[str, Any] = json.loads(reply.body)
    return told
