"""The USB host and the controller: the test is the firmware, by registers and shared memory (RP2040 data sheet 4.1.2, 4.1.4)."""

import pytest

pytest.importorskip("rp2040py")

from rp2040py.rp2040 import RP2040

from freefall.board.emulated.usb import fit_usb

US = 1000
DPRAM, REGISTERS = 0x50100000, 0x50110000
EP2_IN_CONTROL, EP2_IN_BUFFERS, EP2_OUT_CONTROL, EP2_OUT_BUFFERS = 0x10, 0x90, 0x14, 0x94
SOF_RD, BUFF_STATUS, INTR, INTE = 0x48, 0x58, 0x8C, 0x90
AVAILABLE, FULL = 1 << 10, 1 << 15
ENABLE, DOUBLE, EACH_BUFFER = 1 << 31, 1 << 30, 1 << 29
EP2_IN_DONE, EP2_OUT_DONE, DEV_SOF = 1 << 4, 1 << 5, 1 << 17
DATA, OUT_DATA = 0x180, 0x200
PACKET_NS = 55 * US  # 64 octets, and 13 of protocol


class Board:
    """Firmware with one bulk endpoint pair, and what its host took: (ns, octets)."""

    def __init__(self, mode: int = EACH_BUFFER):
        self.mcu = RP2040()
        self.host = fit_usb(self.mcu)
        self.usb = self.mcu.usb_ctrl
        self.taken: list[tuple[int, bytes]] = []
        self.usb.on_endpoint_write = lambda endpoint, octets: self.taken.append((self.now_ns, octets))
        self.poke(EP2_IN_CONTROL, ENABLE | mode | DATA)
        self.poke(EP2_OUT_CONTROL, ENABLE | EACH_BUFFER | OUT_DATA)

    @property
    def now_ns(self) -> int:
        return round(self.mcu.clock.nanos)

    def poke(self, offset: int, value: int) -> None:
        self.mcu.write_uint32(DPRAM + offset, value)

    def peek(self, offset: int) -> int:
        return self.mcu.read_uint32(DPRAM + offset)

    def write(self, register: int, value: int) -> None:
        self.mcu.write_uint32(REGISTERS + register, value)

    def read(self, register: int) -> int:
        return self.mcu.read_uint32(REGISTERS + register)

    def offer(self, *packets: bytes) -> None:
        control = 0
        for buffer, octets in enumerate(packets):
            at = DATA + 64 * buffer
            self.mcu.usb_dpram[at : at + len(octets)] = octets
            control |= (FULL | AVAILABLE | len(octets)) << 16 * buffer
        self.poke(EP2_IN_BUFFERS, control)

    def run(self, duration_ns: float) -> None:
        self.mcu.clock.tick(duration_ns)


FULL_PACKET = bytes(range(64))


@pytest.mark.parametrize(("octets", "taken_ns"), [(FULL_PACKET, PACKET_NS), (b"", 9_286), (b"ab", 10_714)])
def test_packet_is_taken_after_its_time_on_the_cable_and_not_before(octets, taken_ns):
    board = Board()
    board.offer(octets)
    board.run(taken_ns - 1)
    assert (board.taken, board.read(BUFF_STATUS)) == ([], 0)
    assert board.peek(EP2_IN_BUFFERS) == FULL | AVAILABLE | len(octets)
    board.run(1)
    assert board.taken == [(taken_ns, octets)]
    assert board.read(BUFF_STATUS) == EP2_IN_DONE
    assert board.peek(EP2_IN_BUFFERS) == len(octets)
    board.run(10_000_000)
    assert len(board.taken) == 1


def test_host_that_stalls_takes_nothing_for_ever_and_everything_once_when_it_resumes():
    board = Board()
    board.usb.stall()
    board.offer(FULL_PACKET)
    board.run(10**10)
    assert (board.taken, board.read(BUFF_STATUS)) == ([], 0)
    board.usb.resume()
    board.run(PACKET_NS)
    assert board.taken == [(10**10 + PACKET_NS, FULL_PACKET)]
    board.run(10**10)
    assert len(board.taken) == 1


@pytest.mark.parametrize("stalled_after_ns", [0, 1, 30_000, 54_999])
def test_stall_within_a_packet_neither_loses_it_nor_takes_it_twice(stalled_after_ns):
    board = Board()
    board.offer(FULL_PACKET)
    board.run(stalled_after_ns)
    board.usb.stall()
    board.run(2_000_000_000)
    assert board.taken == []
    board.usb.resume()
    board.run(2_000_000_000)
    assert [octets for _, octets in board.taken] == [FULL_PACKET]


def test_resume_without_a_stall_does_not_delay_the_packet_on_its_way():
    board = Board()
    board.offer(FULL_PACKET)
    board.run(30 * US)
    board.usb.resume()
    board.run(25 * US)
    assert len(board.taken) == 1


def test_packet_the_firmware_withdraws_is_not_taken():
    board = Board()
    board.offer(FULL_PACKET)
    board.run(30 * US)
    board.poke(EP2_IN_BUFFERS, 0)
    board.run(10_000_000)
    assert board.taken == []


@pytest.mark.parametrize(("mode", "done_after_first"), [(DOUBLE | EACH_BUFFER, EP2_IN_DONE), (DOUBLE, 0)])
def test_two_buffers_are_taken_in_order_one_after_the_other(mode, done_after_first):
    board = Board(mode)
    board.offer(FULL_PACKET, b"second")
    board.run(PACKET_NS)
    assert board.read(BUFF_STATUS) == done_after_first
    board.run(PACKET_NS)
    assert [octets for _, octets in board.taken] == [FULL_PACKET, b"second"]
    assert board.taken[1][0] - board.taken[0][0] == 13_571
    assert board.read(BUFF_STATUS) == EP2_IN_DONE


def test_board_that_listens_hears_nothing_until_the_host_has_something():
    board = Board()
    board.host._out_endpoint = 2
    board.poke(EP2_OUT_BUFFERS, AVAILABLE | 64)
    board.run(10**10)
    assert board.read(BUFF_STATUS) == 0
    assert not board.mcu.clock.has_scheduled_alarm
    board.host.send(b"typed" + bytes(100))
    board.run(PACKET_NS)
    assert board.read(BUFF_STATUS) == EP2_OUT_DONE
    assert board.peek(EP2_OUT_BUFFERS) & 0x3FF == 64
    assert bytes(board.mcu.usb_dpram[OUT_DATA : OUT_DATA + 64]) == b"typed" + bytes(59)
    board.poke(EP2_OUT_BUFFERS, AVAILABLE | 64)
    board.run(PACKET_NS)
    assert board.peek(EP2_OUT_BUFFERS) & 0x3FF == 105 - 64
    board.poke(EP2_OUT_BUFFERS, AVAILABLE | 64)
    board.run(10**9)
    assert not board.mcu.clock.has_scheduled_alarm


def test_frames_start_each_millisecond_and_interrupt_only_while_the_firmware_asks():
    board = Board()
    board.run(4_300 * US)
    assert not board.mcu.clock.has_scheduled_alarm
    assert board.read(SOF_RD) == 4
    board.write(INTE, DEV_SOF)
    board.run(699 * US)
    assert not board.read(INTR) & DEV_SOF
    board.run(1 * US)
    assert board.read(INTR) & DEV_SOF
    assert board.read(SOF_RD) == 5
    assert not board.read(INTR) & DEV_SOF  # reading the number is the acknowledgement
    board.run(1_000 * US)
    assert board.read(INTR) & DEV_SOF
    board.write(INTE, 0)
    board.run(1_000 * US)
    assert not board.mcu.clock.has_scheduled_alarm
    board.run(2**11 * 1_000 * US)
    assert board.read(SOF_RD) == 7


def test_reset_cuts_off_packets_on_their_way_both_ways_and_what_was_still_to_come():
    board = Board()
    board.host._out_endpoint = 2
    board.poke(EP2_OUT_BUFFERS, AVAILABLE | 64)
    board.host.send(bytes(100))
    board.offer(FULL_PACKET)
    board.write(INTE, DEV_SOF)
    board.mcu.enter_reset()
    assert not board.mcu.clock.has_scheduled_alarm
    board.host._out_endpoint = 2
    board.poke(EP2_OUT_BUFFERS, AVAILABLE | 64)
    board.run(10**9)
    assert (board.taken, board.read(BUFF_STATUS)) == ([], 0)
