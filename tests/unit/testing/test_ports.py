"""Ports for tests: nothing is lost but what shall be, and everything is closed."""

import threading
import time

import pytest

from freefall.errors import DeviceError
from freefall.port.faults import Faults, FaultyStream
from freefall.port.serial import SerialPort
from freefall.testing import FakePort, FaultyLink
from freefall.testing.ports import Portioned, ReadAhead, SharedPort, open_shared


class WatchedPort(FakePort):
    """Counts how often it was opened and closed."""

    opened = closed = 0

    def __enter__(self):
        self.opened += 1
        return self

    def __exit__(self, *exc):
        self.closed += 1


def octets_of(port):
    return b"".join(octets for _, octets in port.chunks())


def until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_fake_port_gives_its_octets_at_the_clock_and_ends_as_told(definition):
    port = FakePort([b"ab", b"", b"c"], definition, now_ns=lambda: 7)
    assert list(port.chunks()) == [(7, b"ab"), (7, b""), (7, b"c")]
    assert port.definition is definition and FakePort(b"x").definition is None
    before = time.time_ns()
    with pytest.raises(DeviceError, match="gone"), FakePort(b"abc", error=DeviceError("gone")) as port:
        for host_ns, octets in port.chunks():
            assert before <= host_ns <= time.time_ns() and octets == b"abc"


def test_faulty_link_does_what_its_faults_say_and_counts_it(ten_seconds, definition):
    _, octets = ten_seconds
    faults = Faults(drop=0.05, flip=1e-4, duplicate=0.05, cut=0.05, seed=3)
    alone = FaultyStream(faults)
    expected = alone.feed(octets + b"rest") + alone.finish()
    inner = WatchedPort([octets[:1000], octets[1000:], b"rest"], definition)
    with FaultyLink(inner, faults) as link:
        assert octets_of(link) == expected != octets
        assert link.counts == alone.counts
        assert min(alone.counts.dropped, alone.counts.duplicated, alone.counts.cut, alone.counts.bits) > 0
    assert (inner.opened, inner.closed) == (1, 1)
    assert (link.url, link.definition, link.definition_problem) == (inner.url, definition, None)


def test_wire_is_read_while_nobody_asks():
    read = []

    def wire():
        for number in range(100):
            read.append(number)
            yield bytes([number])

    with ReadAhead(FakePort(wire())) as port:
        until(lambda: len(read) == 100)
        assert octets_of(port) == bytes(range(100))


def test_host_times_are_those_of_the_reading():
    with ReadAhead(FakePort([b"a", b"b"], now_ns=iter([11, 22]).__next__)) as port:
        assert list(port.chunks()) == [(11, b"a"), (22, b"b")]


def test_silent_wire_gives_its_reader_a_turn():
    silent = threading.Event()

    def wire():
        yield b"a"
        silent.wait(5)

    with ReadAhead(FakePort(wire())) as port:
        chunks = port.chunks()
        assert next(chunks)[1] == b"a"
        assert next(chunks)[1] == next(chunks)[1] == b""
        silent.set()


def test_error_of_a_wire_is_raised_after_what_came_before_it():
    with ReadAhead(FakePort([b"a", b"b"], error=DeviceError("went away"))) as port:
        chunks = port.chunks()
        assert next(chunks)[1] + next(chunks)[1] == b"ab"
        with pytest.raises(DeviceError, match="went away"):
            next(chunks)


def test_wire_is_left_and_closed_at_the_end():
    inner = WatchedPort(iter(lambda: time.sleep(0.01) or b"", None))
    with ReadAhead(inner) as port:
        thread = port._thread
        assert thread.is_alive() and not inner.closed
    assert not thread.is_alive() and inner.closed == 1


def test_portions_are_small_and_at_the_time_they_are_handed_on():
    before = time.time_ns()
    times, pieces = zip(*Portioned(FakePort([b"", b"x" * 700, b"y"], now_ns=iter([1, 2, 3]).__next__)).chunks(), strict=True)
    assert pieces == (b"", b"x" * 512, b"x" * 188, b"y")
    assert (times[0], times[1], times[3]) == (1, 2, 3) and before <= times[2] <= time.time_ns()


def test_readers_of_a_port_go_on_where_the_one_before_stopped():
    port = SharedPort(WatchedPort([b"a", b"b", b"c", b"d"]))
    with port:
        first, second = port.chunks(), port.chunks()
        assert next(first)[1] == b"a" and next(second)[1] == b"b"
        with pytest.raises(RuntimeError, match="fake port has been read by another link since"):
            next(first)
        assert [octets for _, octets in second] == [b"c", b"d"]
    assert port._port.closed == 1


def test_port_that_is_left_is_read_no_further():
    ended = []

    def wire():
        try:
            yield b"a"
            yield b"b"
        finally:
            ended.append(True)

    class Wired(FakePort):
        def chunks(self):
            for piece in wire():
                yield 0, piece

    with SharedPort(Wired(b"")) as port:
        chunks = port.chunks()
        next(chunks)
        assert not ended
    assert next(chunks, None) is None


def test_wires_alone_are_read_ahead(vibration):
    with open_shared("loop://") as port:
        assert isinstance(port._port, ReadAhead) and isinstance(port._port._port, SerialPort)
    with open_shared(f"sim://{vibration}?speed=max") as port:
        assert isinstance(port._port, Portioned)
    with pytest.raises(ValueError, match="cannot open gopher://x"):
        open_shared("gopher://x")
