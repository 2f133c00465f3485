"""Octets to whoever is connected: from then on, without waiting for anybody; and what they send."""

import socket
import time

import pytest

from freefall.board.live_server import LiveServer
from freefall.errors import DeviceError


@pytest.fixture
def events():
    return []


@pytest.fixture
def server(events):
    with LiveServer("127.0.0.1", 0, events.append) as server:
        yield server


def client_of(server):
    host, _, port = server.url.removeprefix("socket://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def exchange_until(server, octets, done):
    """Exchange for at most 5 s; all that came."""
    came = b""
    deadline = time.monotonic() + 5
    while not done(came) and time.monotonic() < deadline:
        came += server.exchange(octets)
    return came


def test_each_client_gets_what_is_sent_from_then_on(server, events):
    assert server.exchange(b"before") == b""
    with client_of(server) as one:
        exchange_until(server, b"", lambda came: len(events) == 1)
        server.exchange(b"first ")
        with client_of(server) as two:
            exchange_until(server, b"", lambda came: len(events) == 2)
            server.exchange(b"both")
            assert two.recv(100) == b"both"
        heard = b""
        while len(heard) < len(b"first both"):
            heard += one.recv(100)
        assert heard == b"first both"
    exchange_until(server, b"x", lambda came: len(events) == 4)
    assert [event.split()[-1] for event in events] == ["connected", "connected", "left", "left"]


def test_what_clients_send_goes_up(server):
    with client_of(server) as one:
        one.sendall(b"\0telecommand\0")
        assert exchange_until(server, b"", lambda came: came.endswith(b"d\0")) == b"\0telecommand\0"


def test_client_that_does_not_read_is_let_go_of_and_waited_for_by_nobody(server, events):
    with client_of(server):
        begun = time.monotonic()
        exchange_until(server, bytes(65536), lambda came: any("let go of" in event for event in events))
        assert events[-1].endswith("does not read, and is let go of") and time.monotonic() - begun < 5


def test_end_gives_clients_what_waits(events):
    server = LiveServer("127.0.0.1", 0, events.append)
    with client_of(server) as one:
        exchange_until(server, b"", lambda came: events)
        server.exchange(b"the last")
        server.close()
        assert one.recv(100) == b"the last" and one.recv(100) == b""


def test_address_where_nobody_can_listen_is_one_sentence(server):
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(DeviceError, match=f"cannot listen at 127.0.0.1:{port}: Address already in use"):
        LiveServer("127.0.0.1", port)
