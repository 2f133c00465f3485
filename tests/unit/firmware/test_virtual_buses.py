"""The virtual board's buses: transfers take their time, reads end by an interrupt, failures are found by poll."""

import pytest

from freefall.board.clock import SimulatedClock
from freefall_board.core.ring import Ring
from freefall_board.ports.virtual_buses import I2CBus, SPIBus
from freefall_board.ports.virtual_interrupts import InterruptController

_ADDRESS, _OTHER = 0x1D, 0x48
_OCTET_NS = 9 * 2500  # 400 kHz
_SPI_OCTET_NS = 8 * 1000  # 1 MHz
_TIMEOUT_US = 1000
_CS = 17


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


class SPITarget:
    """An SPI target that gives 1, 2, 3, ... while it is selected; `seen` is what it was told."""

    def __init__(self):
        self.seen = []
        self._selected = False

    def select(self):
        assert not self._selected
        self._selected = True
        self.seen.append("select")

    def exchange(self, octet):
        assert self._selected
        self.seen.append(octet)
        return len(self.seen) - 2

    def deselect(self):
        assert self._selected
        self._selected = False
        self.seen.append("deselect")


class Driver:
    SPI_SHIFT, SPI_READ = 2, 0x80


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
            device.reads(0x08 + who, ring, lambda good, who=who: self._on_end(who, good))
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
    assert [good for _, good, _ in bench.ended] == [0] * found


def test_bus_is_free_after_a_hung_read(bench):
    bench.targets[0].hung = True
    bench.starts[0](0)
    bench.wait(100)
    bench.bus.poll()
    bench.targets[0].hung = False
    bench.starts[0](1)
    bench.wait(6)
    assert [good for _, good, _ in bench.ended] == [0, 1]


def test_read_too_long_for_the_timeout_is_given_up_and_its_end_is_nobodys(bench):
    ring = Ring(2, 60, 1, 1000)
    long = []
    start = bench.devices[0].reads(0x08, ring, long.append)
    start(0)
    bench.wait(45)
    bench.bus.poll()
    assert long == [0]
    start(1)
    bench.wait(63 - 45)
    assert long == [0], "what ends now was given up"
    bench.wait(44)
    bench.bus.poll()
    assert long == [0, 0]


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


# SPI


@pytest.fixture
def spi():
    """(clock, target, device, its bus)."""
    clock, target = SimulatedClock(), SPITarget()
    bus = SPIBus(clock, InterruptController(), {"freq_hz": 1_000_000, "timeout_us": _TIMEOUT_US}, {_CS: target})
    return clock, target, bus.device({"cs": _CS}, Driver), bus


def test_spi_read_sends_the_drivers_command_octet_and_zeros(spi):
    clock, target, device, _ = spi
    buf = bytearray(3)
    device.read(0x11, buf)
    assert target.seen == ["select", 0x11 << 2 | 0x80, 0, 0, 0, "deselect"]
    assert (buf, clock.now_ns()) == (bytes((1, 2, 3)), 4 * _SPI_OCTET_NS)


def test_spi_write_sends_the_drivers_command_octet_and_the_data(spi):
    clock, target, device, _ = spi
    device.write(0x11, b"\x55\x66")
    assert target.seen == ["select", 0x11 << 2, 0x55, 0x66, "deselect"]
    assert clock.now_ns() == 3 * _SPI_OCTET_NS


def test_spi_read_by_interrupt_fills_its_slot_and_ends_after_its_time(spi):
    clock, target, device, _ = spi
    ring, ended = Ring(2, 3, 1, 1000), []
    device.reads(0x08, ring, lambda good: ended.append((good, clock.now_ns())))(1)
    clock.advance_to(10 * _SPI_OCTET_NS)
    assert (ring.octets, ended) == (bytes((0, 0, 0, 1, 2, 3)), [(1, 4 * _SPI_OCTET_NS)])
    assert target.seen == ["select", 0x08 << 2 | 0x80, 0, 0, 0, "deselect"]


def test_spi_chip_select_of_nobody_reads_ones_and_no_error(spi):
    clock, target, _, bus = spi
    nobody = bus.device({"cs": 5}, Driver)
    buf = bytearray(2)
    nobody.read(0, buf)
    nobody.write(0, b"\1")
    assert (buf, target.seen) == (b"\xff\xff", [])
    assert clock.now_ns() == 5 * _SPI_OCTET_NS
