"""What the page's server answers, to whom, and what its websocket pushes."""

import json
import socket
import time
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from freefall.errors import DeviceError, OutputUnwritable
from freefall.monitor import SPANS_S, uplot, web
from unit.monitor.boards import PIECE_NS, START_NS, octets_of, run


def websocket(url, **headers):
    return connect(url.replace("http:", "ws:") + "boards", origin=headers.pop("origin", None), additional_headers=headers)


def message(socket, span=None):
    while True:
        got = json.loads(socket.recv(timeout=20))
        if span in (None, got["span"]):
            return got


def read(url, path=""):
    with urllib.request.urlopen(url + path) as answer:
        return answer.read().decode(), answer.headers


def test_page_and_all_it_needs_are_served_and_nothing_from_elsewhere_is_named(serve, feed_of):
    url, _ = serve([feed_of(run(1))])
    page, headers = read(url)
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    for path in ("static/page.js", "static/page.css", "static/uplot/uPlot.iife.min.js", "static/uplot/uPlot.min.css"):
        assert f"/{path}" in page
        text, _ = read(url, path)
        assert len(text) > 500
    own = page + read(url, "static/page.js")[0] + read(url, "static/page.css")[0]
    assert "http://" not in own and "https://" not in own
    with pytest.raises(urllib.error.HTTPError):
        read(url, "static/../web.py")


def test_first_message_is_whole_and_the_next_ones_only_what_is_new(serve, feed_of):
    pieces = iter(run(5))
    go_on = []

    def chunks():
        yield from (next(pieces) for _ in range(300))
        while not go_on:
            yield START_NS + 300 * PIECE_NS, b""
            time.sleep(0.01)
        yield from pieces

    feed = feed_of(chunks())
    while feed.snapshot().octets < len(octets_of(run(5)[:300])):
        time.sleep(0.01)
    url, _ = serve([feed])
    with websocket(url) as page:
        first = message(page)
        assert (first["schema"], first["span"], first["whole"]) == ("freefall/1", 1, True)
        assert first["spans"] == list(SPANS_S)
        (board,) = first["boards"]
        assert board["payload"] == "vibration" and board["events"][0]["text"].startswith("boot count 1, firmware ")
        before = board["points"][0]
        assert len(before["bucket"]) > 100 and len(before["low"]) == len(before["high"]) == 3
        second = message(page)
        assert not second["whole"] and second["boards"][0]["events"] == []
        assert second["boards"][0]["points"][0]["bucket"] == before["bucket"][-1:]
        go_on.append(True)
        buckets = set(before["bucket"])
        while True:
            points = message(page)["boards"][0]["points"][0]
            assert max(buckets) in points["bucket"], "the newest bucket sent before comes again, it may have grown"
            buckets.update(points["bucket"])
            if feed.ended:
                break
        buckets.update(message(page)["boards"][0]["points"][0]["bucket"])
        with feed.look() as model:
            assert set(model.points(0, 1).bucket.tolist()) <= buckets


def test_another_span_is_sent_whole_and_nonsense_is_overheard(serve, feed_of):
    feed = feed_of(run(3))
    url, _ = serve([feed, feed_of(run(2), source="other")])
    with websocket(url) as page:
        assert [board["source"] for board in message(page)["boards"]] == ["test", "other"]
        for nonsense in ("", "[]", '{"span": 99}', '{"span": "x"}', "{}", "null"):
            page.send(nonsense)
        assert message(page)["span"] == 1
        page.send('{"span": 3}')
        whole = message(page, 3)
        assert whole["whole"] and whole["boards"][0]["points"][0]["width"] == 1.2
        assert not message(page, 3)["whole"]


def test_messages_come_ten_times_a_second_at_most(serve, feed_of):
    url, _ = serve([feed_of(run(1))])
    with websocket(url) as page:
        message(page)
        begin = time.monotonic()
        for _ in range(8):
            message(page)
        assert time.monotonic() - begin > 0.7


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"origin": "own"}, True),
        ({"origin": "http://elsewhere.example"}, False),
        ({"origin": "http://elsewhere.example", "Host": "elsewhere.example"}, False),
        ({"Host": "elsewhere.example"}, False),
        ({"Host": "localhost"}, True),
    ],
)
def test_only_our_own_page_may_look(serve, feed_of, headers, allowed):
    url, _ = serve([feed_of(run(1))])
    if headers.get("origin") == "own":
        headers = headers | {"origin": url.rstrip("/")}
    host = headers.get("Host")
    if host:
        # websockets writes a Host of its own; say another in plain HTTP.
        origin = f"Origin: {headers['origin']}\r\n" if "origin" in headers else ""
        address = url.split("/")[2].split(":")
        with socket.create_connection((address[0], int(address[1])), 20) as line:
            line.sendall(
                f"GET /boards HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
            )
            assert (b" 101 " in line.recv(4096).split(b"\r\n")[0]) == allowed
    elif allowed:
        with websocket(url, **headers) as page:
            assert message(page)
    else:
        with pytest.raises((InvalidStatus, ConnectionClosed)), websocket(url, **headers) as page:
            message(page)


def test_a_port_in_use_and_a_missing_uplot_are_sentences(serve, feed_of, monkeypatch):
    url, _ = serve([feed_of(run(1))])
    port = int(url.rstrip("/").rpartition(":")[2])
    with pytest.raises(DeviceError, match=f"cannot serve at 127.0.0.1:{port}: Address already in use"):
        web.serve([], "127.0.0.1", port, lambda: True, print)
    with pytest.raises(DeviceError, match="cannot serve at no.such.host.invalid:0"):
        web.serve([], "no.such.host.invalid", 0, lambda: True, print)
    monkeypatch.setattr(uplot, "is_there", lambda: False)
    with pytest.raises(OutputUnwritable, match="python -m freefall.monitor.uplot"):
        web.serve([], "127.0.0.1", 0, lambda: True, print)


def test_server_ends_though_a_page_is_open(serve, feed_of):
    url, end = serve([feed_of(run(1))])
    with websocket(url) as page:
        message(page)
        end()
        with pytest.raises(ConnectionClosed):
            while True:
                page.recv(timeout=20)
