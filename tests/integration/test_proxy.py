"""The proxy does to a connection what it says, and nothing else."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.servers import Proxy
from tests.servers.proxy import Direction
from tests.waiting import WaitedTooLong, wait_until

HEARD: list[bytes] = []


class Echo(socketserver.BaseRequestHandler):
    open = 0

    def handle(self) -> None:
        Echo.open += 1
        try:
            while data := self.request.recv(65536):
                HEARD.append(data)
                self.request.sendall(data)
        finally:
            Echo.open -= 1


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of a connection that was broken; that is what is tried here."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Server(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        with Proxy("127.0.0.1", server.server_address[1]) as made:
            yield made
        server.shutdown()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((proxy.host, proxy.port), timeout=5)


def echo(client: socket.socket, data: bytes) -> bytes:
    client.sendall(data)
    heard = b""
    while len(heard) < len(data):
        piece = client.recv(65536)
        if not piece:
            break
        heard += piece
    return heard


def heard_to_the_end(client: socket.socket) -> bytes:
    """Answer what still comes before the connection is broken or closed."""
    heard = b""
    try:
        while piece := client.recv(65536):
            heard += piece
    except ConnectionResetError:
        return heard
    return heard


def test_it_carries_everything_in_order(proxy: Proxy) -> None:
    data = bytes(range(256)) * 4000
    with connect(proxy) as client:
        assert echo(client, data) == data


def test_latency_is_added_each_way(proxy: Proxy) -> None:
    proxy.latency = 0.1
    with connect(proxy) as client:
        begun = time.monotonic()
        assert echo(client, b"x") == b"x"
        assert time.monotonic() - begun >= 0.2


def test_a_cut_comes_after_so_many_bytes_and_only_once(proxy: Proxy) -> None:
    proxy.cut_after(150)
    with connect(proxy) as client:
        assert echo(client, b"x" * 70) == b"x" * 70
        client.sendall(b"y" * 70)
        assert len(heard_to_the_end(client)) < 70
    with connect(proxy) as client:
        assert echo(client, b"z" * 5000) == b"z" * 5000


def test_what_is_frozen_goes_on_when_it_thaws(proxy: Proxy) -> None:
    with connect(proxy) as client:
        echo(client, b"warm")
        proxy.freeze()
        client.sendall(b"kept")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(10)
        client.settimeout(5)
        proxy.thaw()
        assert client.recv(10) == b"kept"


@pytest.mark.parametrize(("direction", "hears"), [("there", False), ("back", True)])
def test_one_direction_falls_silent_and_the_other_does_not(proxy: Proxy, direction: Direction, hears: bool) -> None:
    with connect(proxy) as client:
        echo(client, b"warm")
        proxy.freeze(direction)
        client.sendall(b"kept")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(10)
        assert (HEARD[-1] == b"kept") is hears
        client.settimeout(5)
        proxy.thaw()
        assert client.recv(10) == b"kept"


def test_a_side_that_closes_into_silence_is_not_heard_of(proxy: Proxy) -> None:
    client = connect(proxy)
    echo(client, b"warm")
    proxy.freeze("there")
    open_before = Echo.open
    client.close()
    with pytest.raises(WaitedTooLong):
        wait_until(lambda: Echo.open < open_before, limit=0.3, what="the server to hear of it")
    proxy.thaw()
    wait_until(lambda: Echo.open < open_before, limit=5, what="the server to hear of it")


def test_a_thin_line_takes_its_time(proxy: Proxy) -> None:
    proxy.rate = 20_000
    with connect(proxy) as client:
        begun = time.monotonic()
        assert echo(client, b"x" * 4000) == b"x" * 4000
        assert time.monotonic() - begun >= 0.2


def test_each_connection_is_cut_and_open_ones_break(proxy: Proxy) -> None:
    with connect(proxy) as client:
        echo(client, b"warm")
        proxy.break_all()
        assert heard_to_the_end(client) == b""
    proxy.cut_each_after = 50
    for _ in range(3):
        with connect(proxy) as client:
            client.sendall(b"y" * 100)
            assert len(heard_to_the_end(client)) <= 50
    proxy.heal()
    with connect(proxy) as client:
        assert echo(client, b"z" * 5000) == b"z" * 5000


def test_a_half_open_connection_never_hears_again_and_a_new_one_works(proxy: Proxy) -> None:
    with connect(proxy) as lost, connect(proxy) as other:
        echo(lost, b"warm")
        echo(other, b"warm")
        proxy.half_open()
        lost.sendall(b"into the void")
        lost.settimeout(0.5)
        with pytest.raises(TimeoutError):
            lost.recv(10)
        with connect(proxy) as client:
            assert echo(client, b"x") == b"x"


def test_a_refused_connection_ends_at_once(proxy: Proxy) -> None:
    proxy.refuse()
    with connect(proxy) as client:
        assert heard_to_the_end(client) == b""
    proxy.accept()
    with connect(proxy) as client:
        assert echo(client, b"x") == b"x"
