"""`[publish]`: where the published apps are served, who comes in, and how many at once."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Literal

from pydantic import Field, field_validator, model_validator

from workbench.config.base import Section
from workbench.config.references import KINDS, is_reference

type Login = Literal["auto", "none", "password", "proxy", "jupyterhub"]


class Proxy(Section):
    """`[publish.proxy]`: the reverse proxy in front, the only one whose headers are believed.

    Attributes:
        addresses: Its addresses or networks, such as `10.0.0.7` or `10.0.0.0/24`.
        user_header: Header in which its single sign-on names the visitor, such as `X-Forwarded-Email`.
        secret_header: Header in which it proves itself.
        secret: Where what that header must hold is kept, such as `env:NAME`.
    """

    addresses: tuple[str, ...] = ()
    user_header: str = ""
    secret_header: str = ""
    secret: str = ""

    @field_validator("addresses")
    @classmethod
    def _are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            try:
                ip_network(address)
            except ValueError:
                raise ValueError(
                    f"{address!r} is neither an address nor a network; write 10.0.0.7 or 10.0.0.0/24"
                ) from None
        return addresses

    @model_validator(mode="after")
    def _secret_is_whole(self) -> Proxy:
        if bool(self.secret_header) != bool(self.secret):
            raise ValueError("secret_header and secret belong together; set both or neither")
        if self.secret and not is_reference(self.secret):
            raise ValueError(f"secret must not stand in this file; write where it is kept: {KINDS}")
        return self


class Publish(Section):
    """`[publish]`.

    Attributes:
        host: Address to listen at; with the default only this machine reaches it.
        port: Port to listen at.
        url_prefix: Path under which everything lies, where other sites share the host.
        login: Who comes in: `auto` asks for the password where one is set and refuses to start without one on
            other addresses than this machine's own.
        session_hours: After so long a visitor logs in again.
        max_sessions: Open pages at once; each is a process of its own.
        ready: Processes of each app that wait started for the next visitor.
        idle_minutes: A page that nobody touches for so long ends.
        fresh_days: The first page calls data old whose last day lies further back.
        certificate: PEM file with the certificate chain, relative to the workspace; empty for plain HTTP.
        key: PEM file with its key.
        proxy: The reverse proxy in front.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8866, ge=1, le=65535)
    url_prefix: str = Field(default="/", pattern=r"^/([A-Za-z0-9_.~-]+/)*([A-Za-z0-9_.~-]+)?$")
    login: Login = "auto"
    session_hours: float = Field(default=12.0, gt=0, le=24 * 30)
    max_sessions: int = Field(default=12, ge=1, le=500)
    ready: int = Field(default=1, ge=1, le=20)
    idle_minutes: float = Field(default=30.0, gt=0, le=24 * 60)
    # A month's tables come in once a month and take some days.
    fresh_days: int = Field(default=35, ge=1, strict=True)
    certificate: str = ""
    key: str = ""
    proxy: Proxy = Proxy()

    @model_validator(mode="after")
    def _fits_together(self) -> Publish:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key belong together; set both or neither")
        if self.login == "proxy" and not (self.proxy.addresses and self.proxy.user_header):
            raise ValueError('login = "proxy" needs addresses and user_header in [publish.proxy]')
        return self
