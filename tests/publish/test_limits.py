"""Guesses, visits and places, by a clock that the test moves."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from workbench.config.publishing import Proxy
from workbench.publish.guesses import FORGIVEN_AFTER_SECONDS, FREE, LONGEST_SECONDS, Guesses
from workbench.publish.places import LEFT_AFTER_SECONDS, Places
from workbench.publish.proxies import TrustedProxy, trusted_proxy
from workbench.publish.visits import Visits


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Kernels:
    """Processes by id, with how many browsers talk to each."""

    def __init__(self, **connections: int) -> None:
        self.connections = connections

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self.connections

    def kernel_model(self, kernel_id: str) -> dict:
        return {"connections": self.connections[kernel_id]}

    async def shutdown_kernel(self, kernel_id: str) -> None:
        del self.connections[kernel_id]


def test_each_wrong_password_after_the_free_ones_doubles_the_wait():
    clock, waits = Clock(), []
    guesses = Guesses(clock)
    for _ in range(FREE + 12):
        waits.append(guesses.wait("10.0.0.1"))
        clock.now += waits[-1]
        guesses.failed("10.0.0.1")
    assert waits[:FREE] == [0] * FREE
    assert waits[FREE:] == [min(2.0**step, LONGEST_SECONDS) for step in range(12)]
    assert guesses.wait("10.0.0.2") == 0
    # In a year of it, a guesser gets through fewer than half a million guesses: 19 bits.
    assert 365 * 86400 / LONGEST_SECONDS < 2**19


def test_wrong_passwords_are_forgotten_in_time_and_by_the_right_one():
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(FREE + 3):
        guesses.failed("10.0.0.1")
    assert guesses.wait("10.0.0.1") == 8
    clock.now += FORGIVEN_AFTER_SECONDS + 1
    guesses.failed("10.0.0.1")
    assert guesses.wait("10.0.0.1") == 0
    for _ in range(FREE + 3):
        guesses.failed("10.0.0.1")
    guesses.succeeded("10.0.0.1")
    assert guesses.wait("10.0.0.1") == 0


def test_a_network_of_the_newer_internet_is_one_guesser():
    guesses = Guesses(Clock())
    for host in range(FREE + 1):
        guesses.failed(f"2001:db8::{host:x}")
    assert guesses.wait("2001:db8::ffff") > 0
    assert guesses.wait("2001:db8:0:1::1") == 0


def test_a_visit_ends_in_time_and_by_logging_out():
    clock = Clock()
    visits = Visits(60, clock)
    first, second = visits.begin("ada"), visits.begin()
    assert visits.user(first) == "ada"
    assert visits.user(second) not in {None, "ada"}
    visits.end(first)
    assert visits.user(first) is None
    clock.now += 60
    assert visits.user(second) is None
    assert visits.user("made up") is None


def test_places_are_counted_owned_and_freed():
    kernels, clock = Kernels(a=1, b=1), Clock()
    places = Places(kernels, 3, clock)
    places.give("a", "ada")
    places.give("b", "ben")
    with places.arriving():
        assert not places.free
    assert places.free
    assert places.belongs("a", "ada")
    assert not places.belongs("a", "ben")
    assert not places.belongs("waiting", "ada")
    asyncio.run(places.end_all("ada"))
    assert kernels.connections == {"b": 1}
    assert places.taken == 1
    assert not places.belongs("a", "ada")


def test_a_page_whose_browser_is_gone_ends_after_a_while():
    kernels, clock = Kernels(here=1, gone=0, back=0), Clock()
    places = Places(kernels, 3, clock)
    for kernel_id in kernels.connections:
        places.give(kernel_id, "ada")
    clock.now += LEFT_AFTER_SECONDS - 1
    kernels.connections["back"] = 1
    asyncio.run(places.sweep())
    kernels.connections["back"] = 0
    clock.now += 2
    asyncio.run(places.sweep())
    assert set(kernels.connections) == {"here", "back"}


def request(peer: str, **headers: str) -> SimpleNamespace:
    from tornado.httputil import HTTPHeaders

    told = HTTPHeaders({name.replace("_", "-"): value for name, value in headers.items()})
    return SimpleNamespace(remote_ip=peer, headers=told, protocol="http")


@pytest.mark.parametrize(
    ("peer", "chain", "address"),
    [
        ("10.0.0.7", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "1.2.3.4, 203.0.113.9, 10.0.0.8", "203.0.113.9"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("203.0.113.50", "1.2.3.4", "203.0.113.50"),
    ],
)
def test_the_visitors_address_is_the_last_that_the_proxy_saw(peer, chain, address, tmp_path):
    proxy = trusted_proxy(Proxy(addresses=("10.0.0.0/24",)), tmp_path)
    assert proxy.visitor_address(request(peer, X_Forwarded_For=chain)) == address


def test_only_the_proxy_says_that_the_browser_speaks_tls(tmp_path):
    proxy = trusted_proxy(Proxy(addresses=("10.0.0.7",)), tmp_path)
    assert proxy.is_https(request("10.0.0.7", X_Forwarded_Proto="https"))
    assert not proxy.is_https(request("10.0.0.8", X_Forwarded_Proto="https"))
    assert not TrustedProxy().is_https(request("127.0.0.1", X_Forwarded_Proto="https"))
