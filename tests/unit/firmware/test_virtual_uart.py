"""The virtual board's UART: requests and answers in the time of their octets, and a part that says nothing."""

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.part import ModelError
from freefall.sensors.uart import UARTPart
from freefall_board.core.ring import Ring
from freefall_board.ports.virtual_interrupts import InterruptController
from freefall_board.ports.virtual_uart import UARTBus

_OCTET_NS = 1_000_000  # 10 bits at 10 000 baud
_DELAY_NS = 2_000_000
_TIMEOUT_US = 20_000
_PLAN = {"baud": 10_000, "timeout_us": _TIMEOUT_US}


class Part(UARTPart):
    """Answers two octets with both of them plus one, after 2 ms; nothing else is a request."""

    def _on_request(self, octets):
        if len(octets) != 2:
            raise ModelError(self.part, "a request is two octets", "test")
        return bytes(octet + 1 for octet in octets), _DELAY_NS

    def _on_power_cycle(self, off_ns):
        pass


class Driver:
    """What a bus wants to know of one; reads: its sample_reads."""

    def __init__(self, *reads):
        self.sample_reads = reads


class Bench:
    """A bus with a part, and reads of it that note (good, when in ns) as they end."""

    def __init__(self):
        self.clock = SimulatedClock()
        self.part = Part(self.clock)
        self.bus = UARTBus(self.clock, InterruptController(), _PLAN, self.part)
        self.device = self.bus.device({}, Driver)
        self.ended = []

    def reads(self, count=2):
        self.ring = Ring(2, count, 1, 1000)
        return self.device.reads(Driver((b"\x10\x20", count)), self.ring, lambda good: self.ended.append((good, self.now_ns)))

    @property
    def now_ns(self):
        return self.clock.now_ns()

    def wait(self, duration_ns):
        self.clock.advance_to(self.now_ns + duration_ns)


@pytest.fixture
def bench():
    return Bench()


def test_exchange_takes_the_time_of_all_octets_and_of_the_parts_thought(bench):
    buf = bytearray(2)
    bench.device.exchange(b"\x10\x20", buf)
    assert (buf, bench.now_ns) == (b"\x11\x21", 4 * _OCTET_NS + _DELAY_NS)


def test_answer_to_what_was_sent_is_received_as_it_comes(bench):
    first, second = bytearray(1), bytearray(1)
    bench.device.send(b"\x10\x20")
    assert bench.now_ns == 2 * _OCTET_NS
    bench.device.receive(first)
    assert (first, bench.now_ns) == (b"\x11", 3 * _OCTET_NS + _DELAY_NS)
    bench.wait(10 * _OCTET_NS)
    bench.device.receive(second)
    assert (second, bench.now_ns) == (b"\x21", 13 * _OCTET_NS + _DELAY_NS), "it waited in the receiver"


def test_octets_that_do_not_come_are_an_os_error_after_the_timeout(bench):
    bench.device.send(b"\x10\x20")
    begun_ns = bench.now_ns
    with pytest.raises(OSError, match="timeout"):
        bench.device.receive(bytearray(3))
    assert bench.now_ns == begun_ns + _TIMEOUT_US * 1000


def test_exchange_forgets_what_came_before_it(bench):
    bench.device.send(b"\x30\x40")
    bench.wait(10 * _OCTET_NS)
    buf = bytearray(2)
    bench.device.exchange(b"\x10\x20", buf)
    assert buf == b"\x11\x21"
    with pytest.raises(OSError, match="timeout"):
        bench.device.receive(buf)


def test_exchange_that_asks_for_less_than_the_part_answers_is_refused(bench):
    with pytest.raises(ValueError, match="1 octets are asked for, and 2 answered"):
        bench.device.exchange(b"\x10\x20", bytearray(1))


def test_read_by_interrupt_ends_after_request_thought_and_answer(bench):
    start = bench.reads()
    start(1)
    assert (bench.now_ns, bench.ended) == (0, [])
    bench.wait(100 * _OCTET_NS)
    assert bench.ended == [(1, 4 * _OCTET_NS + _DELAY_NS)]
    assert bench.ring.octets == b"\0\0\x11\x21"
    start(0)
    bench.wait(100 * _OCTET_NS)
    assert (bench.ended[1][0], bench.ring.octets) == (1, b"\x11\x21\x11\x21")


@pytest.mark.parametrize("absent", [False, True])
def test_read_without_an_answer_is_found_by_poll_after_the_timeout(bench, absent):
    bench.part.absent = absent
    if not absent:
        bench.part.fail_next(1)
    start = bench.reads()
    start(0)
    bench.wait(_TIMEOUT_US * 1000)
    bench.bus.poll()
    assert bench.ended == []
    bench.wait(1000)
    bench.bus.poll()
    assert bench.ended == [(-1, _TIMEOUT_US * 1000 + 1000)]
    bench.part.absent = False
    start(0)
    bench.wait(100 * _OCTET_NS)
    assert bench.ended[1][0] == 1


def test_read_whose_answer_is_too_short_is_found_by_poll(bench):
    bench.reads(count=3)(0)
    bench.wait(_TIMEOUT_US * 1000 + 1)
    bench.bus.poll()
    assert [good for good, _ in bench.ended] == [-1]


def test_line_with_nobody_on_it_answers_nothing():
    clock = SimulatedClock()
    device = UARTBus(clock, InterruptController(), _PLAN, None).device({}, Driver)
    with pytest.raises(OSError, match="timeout"):
        device.exchange(b"\x10\x20", bytearray(2))


def test_part_refuses_what_is_no_request_and_sleeps_through_a_power_cycle(bench):
    with pytest.raises(ModelError, match="two octets"):
        bench.part.request(b"\x10")
    with pytest.raises(ModelError, match="a request has octets"):
        bench.part.request(b"")
    bench.part.power_cycle(1000)
    assert bench.part.request(b"\x10\x20") is None
    bench.wait(1000)
    assert bench.part.request(b"\x10\x20") == (b"\x11\x21", _DELAY_NS)
