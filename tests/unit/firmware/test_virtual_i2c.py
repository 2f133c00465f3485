"""The virtual board's I2C bus: transfers take their time, reads end by an interrupt, failures are found by poll."""

import pytest

from freefall.board.clock import SimulatedClock
from freefall_board.core.ring import Ring
from freefall_board.ports.virtual_i2c import I2CBus
from freefall_board.ports.virtual_interrupts import InterruptController

_ADDRESS, _OTHER = 0x1D, 0x48
_OCTET_NS = 9 * 2500  # 400 kHz
_TIMEOUT_US = 1000


class Target:
    """An I2C target that acknowledges all but what `refuses` names and gives 1, 2, 3, ...; `seen` is what it was told."""

    def __init__(self, address=_ADDRESS):
        self.address = address
        self.hung = False
        self.refuses = ()
        self.seen = []

    def start(self, read):
        self._given = 0
        return self._acknowledges("read" if read else "write")

    def write(self, octet):
        return self._acknowledges(octet)

    def read(self):
        self._given += 1
        return self._given

    def stop(self):
        self.seen.append("stop")

    def _acknowledges(self, what):
        self.seen.append(what)
        return what not in self.refuses


class Driver:
    """What a bus wants to know of one; reads: its sample_reads."""

    def __init__(self, *reads, settle_us=0):
        self.sample_reads = reads
        self.SETTLE_US = settle_us


class Bench:
    """An I2C bus with two targets, and rings whose reads note (who, good, when) as they end."""

    def __init__(self):
        self.clock = SimulatedClock()
        self.interrupts = InterruptController()
        self.targets = [Target(_ADDRESS), Target(_OTHER)]
        plan = {"freq_hz": 400_000, "timeout_us": _TIMEOUT_US}
        self.bus = I2CBus(self.clock, self.interrupts, plan, self.targets)
        self.devices = [self.bus.device({"address": target.address}, Driver) for target in self.targets]
        self.rings = [Ring(4, 3, 1, 1000) for _ in self.targets]
        self.ended = []
        self.starts = [
            device.reads(Driver((bytes((0x08 + who,)), 3)), ring, lambda good, who=who: self._on_end(who, good))
            for who, (device, ring) in enumerate(zip(self.devices, self.rings, strict=True))
        ]
        self.on_end = lambda who: None

    def _on_end(self, who, good):
        self.ended.append((who, good, self.clock.now_ns()))
        self.on_end(who)

    def wait(self, octets):
        """The time that so many octets take."""
        self.clock.advance_to(self.clock.now_ns() + octets * _OCTET_NS)


@pytest.fixture
def bench():
    return Bench()


# Blocking transfers


def test_read_takes_the_time_of_its_octets_and_the_parts_phases(bench):
    buf = bytearray(4)
    bench.devices[0].read(0x2A, buf)
    assert buf == bytes((1, 2, 3, 4))
    assert bench.targets[0].seen == ["write", 0x2A, "read", "stop"]
    assert bench.targets[1].seen == []
    assert bench.clock.now_ns() == 7 * _OCTET_NS, "two addresses, a register, four octets"


def test_write_takes_the_time_of_its_octets(bench):
    bench.devices[1].write(0x01, b"\xab\xcd")
    assert bench.targets[1].seen == ["write", 1, 0xAB, 0xCD, "stop"]
    assert bench.clock.now_ns() == 4 * _OCTET_NS


@pytest.mark.parametrize(("refuses", "octets"), [("write", 1), (0x2A, 2), ("read", 3)])
def test_what_is_not_acknowledged_is_an_os_error_and_ends_with_a_stop(bench, refuses, octets):
    bench.targets[0].refuses = (refuses,)
    with pytest.raises(OSError, match="0x1d did not acknowledge"):
        bench.devices[0].read(0x2A, bytearray(4))
    assert bench.targets[0].seen[-2:] == [refuses, "stop"]
    assert bench.clock.now_ns() == octets * _OCTET_NS


def test_address_of_nobody_is_not_acknowledged(bench):
    with pytest.raises(OSError, match="0x50 did not acknowledge"):
        bench.bus.device({"address": 0x50}, Driver).write(0, b"")
    assert bench.clock.now_ns() == _OCTET_NS


def test_transfer_of_a_hung_target_is_an_os_error_after_the_timeout(bench):
    bench.targets[0].hung = True
    with pytest.raises(OSError, match="timeout"):
        bench.devices[0].read(0x2A, bytearray(4))
    assert bench.clock.now_ns() == _TIMEOUT_US * 1000
    assert bench.targets[0].seen[-1] == "stop"


def test_transfer_too_long_for_the_timeout_is_an_os_error_though_nothing_hangs(bench):
    bench.devices[0].read(0x2A, bytearray(41))
    assert bench.clock.now_ns() == 44 * _OCTET_NS
    with pytest.raises(OSError, match="timeout"):
        bench.devices[0].read(0x2A, bytearray(42))
    assert bench.clock.now_ns() == 44 * _OCTET_NS + _TIMEOUT_US * 1000


# Reads by interrupts


def test_read_waits_for_nothing_and_ends_after_its_time_on_the_wires(bench):
    bench.starts[0](2)
    assert (bench.clock.now_ns(), bench.ended) == (0, [])
    bench.wait(5)
    bench.bus.poll()
    assert bench.ended == []
    bench.wait(1)
    assert bench.ended == [(0, 1, 6 * _OCTET_NS)]
    assert bench.rings[0].octets == bytes(6) + bytes((1, 2, 3)) + bytes(3)
    assert bench.targets[0].seen == ["write", 0x08, "read", "stop"]


def test_end_of_a_read_waits_for_the_handler_that_runs(bench):
    bench.starts[0](0)
    order = []

    def handler(line):
        bench.clock.advance_to(20 * _OCTET_NS)
        order.append(len(bench.ended))

    line = bench.interrupts.line(handler)
    bench.clock.call_at(5 * _OCTET_NS, line.request)
    bench.wait(20)
    assert (order, bench.ended) == ([0], [(0, 1, 20 * _OCTET_NS)])


@pytest.mark.parametrize("refuses", ["write", 0x08, "read"])
def test_failed_read_ends_when_polled_and_not_by_itself(bench, refuses):
    bench.targets[0].refuses = (refuses,)
    bench.starts[0](0)
    bench.wait(100)
    assert bench.ended == []
    bench.bus.poll()
    bench.bus.poll()
    assert bench.ended == [(0, 0, 100 * _OCTET_NS)]
    assert bench.rings[0].octets == bytes(12)


def test_failed_read_ends_when_its_device_is_checked(bench):
    bench.targets[0].refuses = ("write",)
    bench.starts[0](0)
    bench.devices[0].check()
    assert bench.ended == [(0, 0, 0)]


@pytest.mark.parametrize(("after_us", "found"), [(_TIMEOUT_US, 0), (_TIMEOUT_US + 1, 1)])
def test_hung_read_ends_when_polled_after_the_timeout(bench, after_us, found):
    bench.targets[0].hung = True
    bench.starts[0](0)
    bench.clock.advance_to(after_us * 1000)
    bench.bus.poll()
    assert [good for _, good, _ in bench.ended] == [-1] * found


def test_bus_is_free_after_a_hung_read(bench):
    bench.targets[0].hung = True
    bench.starts[0](0)
    bench.wait(100)
    bench.bus.poll()
    bench.targets[0].hung = False
    bench.starts[0](1)
    bench.wait(6)
    assert [good for _, good, _ in bench.ended] == [-1, 1]


def test_read_too_long_for_the_timeout_is_given_up_and_its_end_is_nobodys(bench):
    ring = Ring(2, 60, 1, 1000)
    long = []
    start = bench.devices[0].reads(Driver((b"\x08", 60)), ring, long.append)
    start(0)
    bench.wait(45)
    bench.bus.poll()
    assert long == [-1]
    start(1)
    bench.wait(63 - 45)
    assert long == [-1], "what ends now was given up"
    bench.wait(44)
    bench.bus.poll()
    assert long == [-1, -1]


def test_reads_of_a_shared_bus_wait_and_are_made_in_their_order(bench):
    bench.starts[1](0)
    bench.starts[0](0)
    bench.wait(30)
    assert bench.ended == [(1, 1, 6 * _OCTET_NS), (0, 1, 12 * _OCTET_NS)]


def test_who_waits_comes_before_who_wants_to_read_again(bench):
    bench.on_end = lambda who: who == 0 and len(bench.ended) < 4 and bench.starts[0](0)
    bench.starts[0](0)
    bench.starts[1](0)
    bench.wait(30)
    assert [who for who, _, _ in bench.ended] == [0, 1, 0, 0]


def test_read_that_meets_a_failed_one_finds_that_out_and_is_made(bench):
    bench.targets[0].refuses = ("write",)
    bench.starts[0](0)
    bench.wait(50)
    assert bench.ended == []
    bench.starts[1](0)
    bench.wait(6)
    assert bench.ended == [(0, 0, 50 * _OCTET_NS), (1, 1, 56 * _OCTET_NS)]


def test_read_that_waits_beyond_its_next_trigger_is_not_made_and_one_under_way_is_not_good(bench):
    bench.starts[0](0)
    bench.starts[1](0)
    bench.devices[1].check()
    assert bench.ended == [(1, 0, 0)]
    bench.devices[0].check()
    bench.wait(30)
    assert bench.ended == [(1, 0, 0), (0, 0, 6 * _OCTET_NS)]
    bench.starts[0](1)
    bench.wait(30)
    assert bench.ended[2:] == [(0, 1, 36 * _OCTET_NS)]


# What a driver may ask for


class Sampled:
    """One read, into slot 1 of a ring, of a driver on a bus that its target has to itself."""

    def __init__(self, driver, sample_len, samples=1, head_len=0):
        self.clock = SimulatedClock()
        self.target = Target()
        plan = {"freq_hz": 400_000, "timeout_us": _TIMEOUT_US}
        self.bus = I2CBus(self.clock, InterruptController(), plan, [self.target])
        self.device = self.bus.device({"address": _ADDRESS}, Driver)
        self.ring = Ring(2, sample_len, samples, 1000, head_len)
        self.ended = []
        self.start = self.device.reads(driver, self.ring, lambda good: self.ended.append((good, self.octets)))

    @property
    def octets(self):
        """Time so far, in octets."""
        return self.clock.now_ns() / _OCTET_NS

    @property
    def slot(self):
        assert not any(self.ring.octets[: self.ring.read_len])
        return bytes(self.ring.octets[self.ring.read_len :])

    def wait(self, octets):
        self.clock.advance_to(self.clock.now_ns() + octets * _OCTET_NS)

    def wait_us(self, duration_us):
        self.clock.advance_to(self.clock.now_ns() + duration_us * 1000)


def test_reads_of_one_sample_are_one_transaction_with_repeated_starts():
    bench = Sampled(Driver((b"\x3b", 2), (b"\x41\x42", 1), (b"", 3)), 6)
    bench.start(1)
    bench.wait(99)
    assert bench.ended == [(1, 2 + 1 + 2 + 3 + 1 + 1 + 1 + 3)]
    assert bench.slot == bytes((1, 2, 1, 1, 2, 3))
    assert bench.target.seen == ["write", 0x3B, "read", "write", 0x41, 0x42, "read", "read", "stop"]


def test_plain_read_sends_nothing():
    bench = Sampled(Driver((b"", 3)), 3)
    bench.start(1)
    bench.wait(99)
    assert (bench.ended, bench.target.seen) == ([(1, 4)], ["read", "stop"])


def test_read_of_a_fifo_asks_its_last_part_for_every_sample_after_the_head():
    bench = Sampled(Driver((b"\x00", 1), (b"\x07", 6)), 6, samples=4, head_len=1)
    bench.start(1)
    bench.wait(99)
    assert bench.ended == [(1, 3 + 1 + 3 + 24)]
    assert bench.slot == bytes((1, *range(1, 25)))


@pytest.mark.parametrize("head_len", [0, 2])
def test_read_that_is_not_as_long_as_the_plans_sample_is_refused(head_len):
    with pytest.raises(ValueError, match=f"7 octets a sample, the plan {head_len} \\+ 6"):
        Sampled(Driver((b"\x00", 1), (b"\x07", 6)), 6, head_len=head_len)


def test_second_command_that_is_not_acknowledged_fails_the_read():
    bench = Sampled(Driver((b"\x3b", 2), (b"\x41", 1)), 3)
    bench.target.refuses = (0x41,)
    bench.start(1)
    bench.wait(99)
    bench.bus.poll()
    assert bench.ended == [(0, 99)]
    assert bench.target.seen[-2:] == [0x41, "stop"]


def test_send_receive_and_exchange_are_transactions_of_their_own():
    bench = Sampled(Driver((b"", 1)), 1)
    received, answer = bytearray(2), bytearray(3)
    bench.device.send(b"\x21\x96")
    bench.device.receive(received)
    bench.device.exchange(b"\xe6", answer)
    assert bench.target.seen == ["write", 0x21, 0x96, "stop", "read", "stop", "write", 0xE6, "read", "stop"]
    assert (received, answer, bench.octets) == (b"\1\2", b"\1\2\3", 3 + 3 + 6)


# Parts that need time to answer

_SETTLE_US = 4000


def make_settling():
    return Sampled(Driver((b"\xec\x05", 3), settle_us=_SETTLE_US), 3)


def test_part_is_asked_in_one_transaction_and_answers_in_another_begun_by_a_poll_when_it_has_settled():
    bench = make_settling()
    bench.start(1)
    assert bench.target.seen == ["write", 0xEC, 0x05, "stop"]
    bench.wait(3)
    bench.bus.poll()
    bench.wait_us(_SETTLE_US - 1)
    bench.bus.poll()
    bench.wait_us(1)
    assert len(bench.target.seen) == 4
    bench.bus.poll()
    assert bench.target.seen == ["write", 0xEC, 0x05, "stop", "read", "stop"]
    begun = bench.octets
    bench.wait(3)
    assert bench.ended == []
    bench.wait(1)
    assert (bench.ended, bench.slot) == ([(1, begun + 4)], b"\1\2\3")


def test_time_to_settle_counts_from_the_poll_that_sees_the_command_over():
    bench = make_settling()
    bench.start(1)
    bench.bus.poll()
    bench.wait_us(10 * _SETTLE_US)
    bench.bus.poll()
    bench.wait_us(_SETTLE_US - 1)
    bench.bus.poll()
    assert len(bench.target.seen) == 4
    bench.wait_us(1)
    bench.bus.poll()
    assert len(bench.target.seen) > 4


def test_part_may_settle_for_longer_than_the_timeout_and_its_answer_has_a_timeout_of_its_own():
    bench = make_settling()
    bench.start(1)
    for _ in range(8):
        bench.wait_us(500)
        bench.bus.poll()
        bench.device._bus._give_up()  # as a neighbour's trigger
    assert bench.ended == []
    bench.target.hung = True
    bench.wait_us(500)
    bench.bus.poll()
    bench.wait_us(_TIMEOUT_US)
    bench.bus.poll()
    assert bench.ended == []
    bench.wait_us(1)
    bench.bus.poll()
    assert [good for good, _ in bench.ended] == [-1]


@pytest.mark.parametrize("refuses", ["write", 0xEC, 0x05])
def test_command_that_is_not_acknowledged_is_a_failed_read(refuses):
    bench = make_settling()
    bench.target.refuses = (refuses,)
    bench.start(1)
    bench.wait(50)
    bench.bus.poll()
    assert bench.ended == [(0, 50)]


def test_part_that_is_not_ready_after_all_is_a_failed_read():
    bench = make_settling()
    bench.target.refuses = ("read",)
    bench.start(1)
    for _ in range(2):
        bench.wait_us(5000)
        bench.bus.poll()
    assert bench.ended == []
    bench.wait_us(5000)
    bench.bus.poll()
    assert [good for good, _ in bench.ended] == [0]


def test_bus_belongs_to_the_read_while_its_part_settles(bench):
    ring, ended = Ring(2, 3, 1, 1000), []
    start = bench.devices[0].reads(Driver((b"\xec", 3), settle_us=_SETTLE_US), ring, ended.append)
    start(0)
    bench.starts[1](0)
    bench.clock.advance_to(5_000_000)
    assert (ended, bench.ended) == ([], [])
    bench.bus.poll()
    bench.clock.advance_to(10_000_000)
    bench.bus.poll()
    bench.wait(20)
    assert (ended, bench.ended) == ([1], [(1, 1, 10_000_000 + 10 * _OCTET_NS)])


def test_next_trigger_while_the_part_settles_spoils_the_read():
    bench = make_settling()
    bench.start(1)
    bench.wait_us(2000)
    bench.device.check()
    for _ in range(2):
        bench.bus.poll()
        bench.wait_us(5000)
    assert [good for good, _ in bench.ended] == [0]


def test_part_that_settles_is_read_by_one_command_or_refused():
    with pytest.raises(ValueError, match="7 octets"):
        Sampled(Driver((b"\x00", 1), (b"\x07", 6), settle_us=_SETTLE_US), 7)
