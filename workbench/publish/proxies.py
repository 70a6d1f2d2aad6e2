"""Whose headers are believed: those of the configured reverse proxy and of nobody else."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from workbench.config.references import resolved
from workbench.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tornado.httputil import HTTPServerRequest

    from workbench.config.publishing import Proxy


@dataclass(frozen=True)
class TrustedProxy:
    """A reverse proxy in front of the server.

    Attributes:
        networks: Where it is.
        secret_header: Header in which it proves itself, empty where its address is proof enough.
        secret: What that header holds.
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    secret_header: str = ""
    secret: str = ""

    def sent(self, request: HTTPServerRequest) -> bool:
        """Whether the request came through it."""
        if not self._holds(str(request.remote_ip)):
            return False
        shown = request.headers.get_list(self.secret_header) if self.secret_header else [""]
        return len(shown) == 1 and hmac.compare_digest(shown[0].encode(), self.secret.encode())

    def visitor_address(self, request: HTTPServerRequest) -> str:
        """Where the visitor is: the last address of the forwarding chain that isn't the proxy's own."""
        peer = str(request.remote_ip)
        if not self.sent(request):
            return peer
        hops = [hop.strip() for hop in ",".join(request.headers.get_list("X-Forwarded-For")).split(",")]
        foreign = [hop for hop in hops if hop and not self._holds(hop)]
        return foreign[-1] if foreign else peer

    def is_https(self, request: HTTPServerRequest) -> bool:
        """Whether the visitor's browser speaks TLS, to this server or to the proxy."""
        told = request.headers.get("X-Forwarded-Proto", "") if self.sent(request) else ""
        return request.protocol == "https" or told.strip().lower() == "https"

    def _holds(self, address: str) -> bool:
        try:
            known = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(known in network for network in self.networks)


def trusted_proxy(config: Proxy, root: Path) -> TrustedProxy:
    """The configured proxy, its secret looked up.

    Args:
        config: `[publish.proxy]`.
        root: The workspace's folder.

    Raises:
        ConfigError: If there is no secret where its reference points.
    """
    try:
        secret = resolved(config.secret, root)
    except ConfigError as error:
        raise ConfigError(f"publish.proxy.secret: {error}") from None
    return TrustedProxy(tuple(ip_network(address) for address in config.addresses), config.secret_header, secret)
