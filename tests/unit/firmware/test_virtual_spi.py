"""The virtual board's SPI bus: what a driver class says of its part, and chip selects that frame everything."""

import pytest

from freefall.board.clock import SimulatedClock
from freefall_board.core.ring import Ring
from freefall_board.ports.virtual_interrupts import InterruptController
from freefall_board.ports.virtual_spi import SPIBus

_OCTET_NS = 8 * 1000  # 1 MHz
_CS = 17
_PLAN = {"freq_hz": 1_000_000, "timeout_us": 1000, "mode": 3}


class Target:
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
    """What a bus wants to know of one; reads: its sample_reads."""

    SPI_SHIFT, SPI_READ, SPI_WRITE, SPI_MODE = 2, 0x80, 0x40, 3

    def __init__(self, *reads):
        self.sample_reads = reads


class PlainDriver(Driver):
    SPI_SHIFT = SPI_READ = SPI_WRITE = SPI_MODE = 0


class Bench:
    """A bus with one target, its device, and one read into slot 1 of a ring at a time."""

    def __init__(self, plan=_PLAN, driver=Driver):
        self.clock, self.target = SimulatedClock(), Target()
        self.bus = SPIBus(self.clock, InterruptController(), plan, {_CS: self.target})
        self.device = self.bus.device({"cs": _CS}, driver)

    @property
    def octets_ns(self):
        """Time so far, in octets."""
        octets, rest = divmod(self.clock.now_ns(), _OCTET_NS)
        assert rest == 0
        return octets

    def sample(self, driver, ring):
        ended = []
        self.device.reads(driver, ring, lambda good: ended.append((good, self.octets_ns)))(1)
        self.clock.advance_to(100 * _OCTET_NS)
        return ended


@pytest.fixture
def bench():
    return Bench()


def test_read_sends_the_drivers_command_octet_and_zeros(bench):
    buf = bytearray(3)
    bench.device.read(0x11, buf)
    assert bench.target.seen == ["select", 0x11 << 2 | 0x80, 0, 0, 0, "deselect"]
    assert (buf, bench.octets_ns) == (bytes((1, 2, 3)), 4)


def test_write_sends_the_drivers_command_octet_and_the_data(bench):
    bench.device.write(0x11, b"\x55\x66")
    assert bench.target.seen == ["select", 0x11 << 2 | 0x40, 0x55, 0x66, "deselect"]
    assert bench.octets_ns == 3


def test_send_receive_and_exchange_frame_their_octets_and_mark_none(bench):
    received, answer = bytearray(2), bytearray(1)
    bench.device.send(b"\x01\x02")
    bench.device.receive(received)
    bench.device.exchange(b"\x03\x04", answer)
    assert bench.target.seen == [
        "select", 1, 2, "deselect", "select", 0, 0, "deselect", "select", 3, 4, 0, "deselect",
    ]  # fmt: skip
    assert (received, answer, bench.octets_ns) == (bytes((4, 5)), bytes((10,)), 7)


@pytest.mark.parametrize(
    ("command", "sent"), [(b"\x08", [0x08 << 2 | 0x80]), (b"", []), (b"\x08\x09", [8, 9])], ids=["register", "none", "octets"]
)
def test_read_by_interrupt_fills_its_slot_and_ends_after_its_time(bench, command, sent):
    ring = Ring(2, 3, 1, 1000)
    ended = bench.sample(Driver((command, 3)), ring)
    assert ended == [(1, len(sent) + 3)]
    assert ring.octets == bytes(3) + bytes(len(sent) + i for i in range(3))
    assert bench.target.seen == ["select", *sent, 0, 0, 0, "deselect"]


def test_burst_of_a_fifo_is_read_by_one_command(bench):
    ring = Ring(2, 2, 3, 1000)
    assert bench.sample(Driver((b"\x11", 2)), ring) == [(1, 7)]
    assert bench.target.seen == ["select", 0x11 << 2 | 0x80, *bytes(6), "deselect"]


def test_read_of_two_transfers_is_refused(bench):
    with pytest.raises(ValueError, match="1"):
        bench.sample(Driver((b"\x11", 2), (b"\x12", 2)), Ring(2, 4, 1, 1000))


def test_chip_select_of_nobody_reads_ones_and_no_error(bench):
    nobody = bench.bus.device({"cs": 5}, Driver)
    buf = bytearray(2)
    nobody.read(0, buf)
    nobody.write(0, b"\1")
    assert (buf, bench.target.seen) == (b"\xff\xff", [])
    assert bench.octets_ns == 5


@pytest.mark.parametrize(("mode", "driver"), [(0, Driver), (1, Driver), (3, PlainDriver)])
def test_part_of_another_mode_is_refused(mode, driver):
    with pytest.raises(ValueError, match=f"part is in SPI mode {driver.SPI_MODE}, its bus in mode {mode}"):
        Bench(_PLAN | {"mode": mode}, driver)


def test_driver_that_says_nothing_of_spi_has_plain_registers_in_mode_0():
    bench = Bench(_PLAN | {"mode": 0}, object)
    bench.device.write(0x11, b"\1")
    bench.device.read(0x11, bytearray(1))
    assert bench.target.seen == ["select", 0x11, 1, "deselect", "select", 0x11, 0, "deselect"]
