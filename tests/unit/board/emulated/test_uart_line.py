"""The UART as the RP2040 data sheet (4.2) has the PL011: pace, FIFOs, interrupts and DMA requests, and a target on its line."""

import pytest

from freefall.board.emulated.uart import fit_uart
from freefall.board.emulated.uart_target import fit_uart_target
from freefall.sensors.part import ModelError
from unit.board.emulated.wired_chip import BYTE, RAM, Chip

BASE = 0x40034000
DR, FR, IBRD, FBRD, CR, IFLS, IMSC, RIS, ICR, DMACR = (
    BASE + at for at in (0x00, 0x18, 0x24, 0x28, 0x30, 0x34, 0x38, 0x3C, 0x44, 0x48)
)
BUSY, RX_EMPTY, TX_FULL, RX_FULL, TX_EMPTY = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
RX_INTERRUPT, TX_INTERRUPT, TIMEOUT, FRAMING, OVERRUN = 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 10
UART0_IRQ = 20


@pytest.fixture
def chip():
    return Chip()


@pytest.fixture
def line(chip):
    """(ns, octet) of all that left UART0, set up as MicroPython does for 3 Mbaud with DMA."""
    sent = []
    fit_uart(chip.mcu, 0, lambda octet: sent.append((chip.clock.now_ns(), octet)))
    for address, value in ((IBRD, 1), (FBRD, 0), (CR, 0x301), (DMACR, 2)):
        chip.poke(address, value)
    return sent


def send(chip, count):
    chip.channel(0, read=RAM, write=DR, count=count, size=BYTE, treq=20, read_inc=True)
    chip.trigger(0)


@pytest.mark.parametrize(("divider", "octet_ns"), [((1, 0), 10e9 / 3e6), ((3, 16), 10 * 16 * 3.25 * 1e9 / 48e6)])
def test_dma_keeps_the_line_full_with_every_octet_at_its_time(chip, line, divider, octet_ns):
    chip.poke(IBRD, divider[0])
    chip.poke(FBRD, divider[1])
    for index in range(8192):
        chip.mcu.write_uint8(RAM + index, (index * 5 + (index >> 8)) & 0xFF)
    send(chip, 8192)
    chip.run(8193 * octet_ns)
    assert line == [(round((1 + index) * octet_ns), (index * 5 + (index >> 8)) & 0xFF) for index in range(8192)]
    assert not chip.busy(0)


def test_channel_is_done_when_fifo_and_shift_register_hold_the_rest(chip, line):
    send(chip, 33)
    chip.run(100)
    assert not chip.busy(0) and chip.peek(FR) & (BUSY | TX_FULL) == BUSY | TX_FULL
    assert line == []


def test_dma_is_asked_for_octets_only_while_uartdmacr_says_so(chip, line):
    chip.poke(DMACR, 0)
    send(chip, 100)
    chip.run(100_000)
    assert line == [] and chip.left(0) == 100
    chip.poke(DMACR, 2)
    assert chip.peek(DMACR) == 2
    chip.run(100)
    assert chip.left(0) == 100 - 33
    chip.poke(DMACR, 0)
    chip.run(1_000_000)
    assert len(line) == 33


def test_uart_is_busy_until_the_stop_bit_has_left(chip, line):
    chip.poke(DR, 0x55)
    assert chip.peek(FR) & (BUSY | TX_EMPTY) == BUSY | TX_EMPTY
    chip.run(3333)
    assert chip.peek(FR) & BUSY and line == []
    chip.run(1)
    assert not chip.peek(FR) & BUSY and line == [(3333, 0x55)]


def test_octet_for_a_full_fifo_is_lost(chip, line):
    for octet in range(34):
        chip.poke(DR, octet)
    chip.run(1_000_000)
    assert [octet for _, octet in line] == list(range(33))


def test_transmit_interrupt_comes_as_the_fifo_falls_to_four_and_goes_as_it_fills(chip, line):
    chip.poke(IFLS, 0)
    chip.poke(IMSC, TX_INTERRUPT)
    for octet in range(7):
        chip.poke(DR, octet)
    assert not chip.peek(RIS) & TX_INTERRUPT
    chip.run(3334)  # one sent, one in the shift register, five wait
    assert not chip.mcu.core.pending_interrupts
    chip.run(3334)
    assert chip.mcu.core.pending_interrupts == 1 << UART0_IRQ
    chip.run(3334)
    chip.poke(DR, 7)
    assert chip.mcu.core.pending_interrupts == 1 << UART0_IRQ
    chip.poke(DR, 8)
    assert not chip.mcu.core.pending_interrupts


def test_masked_transmit_interrupt_stays_away(chip, line):
    send(chip, 100)
    chip.run(1_000_000)
    assert len(line) == 100 and chip.peek(RIS) & TX_INTERRUPT
    assert not chip.mcu.core.pending_interrupts


def test_reset_of_the_chip_cuts_the_line(chip, line):
    send(chip, 5)
    chip.run(4000)
    chip.mcu.reset(preserve_flash=True)
    assert chip.peek(FR) & (BUSY | TX_EMPTY) == TX_EMPTY and chip.peek(DMACR) == 0
    chip.run(1_000_000)
    assert len(line) == 1 and not chip.mcu.dma.dreq[20]


# Receiving -------------------------------------------------------------------------------------------------------

OCTET_NS = 10e9 / 3e6


def receive(chip, octets, **how):
    for octet in octets:
        chip.mcu.uart[0].receive(octet, **how)


def test_received_octets_wait_in_their_order_and_one_for_a_full_fifo_is_lost_and_flagged(chip, line):
    assert chip.peek(FR) & (RX_EMPTY | RX_FULL) == RX_EMPTY
    receive(chip, range(1, 33))
    assert chip.peek(FR) & (RX_EMPTY | RX_FULL) == RX_FULL and not chip.peek(RIS) & OVERRUN
    receive(chip, [99])
    assert chip.peek(RIS) & OVERRUN
    assert [chip.peek(DR) for _ in range(32)] == list(range(1, 33))
    assert chip.peek(FR) & RX_EMPTY
    chip.poke(ICR, OVERRUN)
    assert not chip.peek(RIS) & OVERRUN


def test_dma_is_asked_for_each_received_octet_only_while_uartdmacr_says_so(chip, line):
    chip.channel(1, read=DR, write=RAM + 0x2000, count=5, size=BYTE, treq=21, write_inc=True)
    chip.trigger(1)
    receive(chip, b"abc")
    chip.run(1000)
    assert chip.left(1) == 5
    chip.poke(DMACR, 1)
    chip.run(1000)
    assert chip.left(1) == 2
    receive(chip, b"de")
    chip.run(1000)
    assert not chip.busy(1) and chip.ram(0x2000, 6) == b"abcde\0"


def test_receive_interrupt_comes_as_the_fifo_grows_to_its_level_and_goes_as_it_is_read(chip, line):
    chip.poke(IFLS, 0)
    chip.poke(IMSC, RX_INTERRUPT)
    receive(chip, b"abc")
    assert not chip.mcu.core.pending_interrupts
    receive(chip, b"d")
    assert chip.mcu.core.pending_interrupts == 1 << UART0_IRQ
    chip.peek(DR)
    assert not chip.mcu.core.pending_interrupts


def test_octets_below_the_level_are_an_interrupt_after_32_bits_of_silence(chip, line):
    chip.poke(IMSC, RX_INTERRUPT | TIMEOUT)
    receive(chip, b"ab")
    chip.run(3.2 * OCTET_NS - 2)
    assert not chip.mcu.core.pending_interrupts
    chip.run(2)
    assert chip.peek(RIS) & TIMEOUT and chip.mcu.core.pending_interrupts == 1 << UART0_IRQ
    chip.peek(DR)
    assert chip.peek(RIS) & TIMEOUT
    chip.peek(DR)
    assert not chip.peek(RIS) & TIMEOUT and not chip.mcu.core.pending_interrupts


def test_octet_without_its_stop_bit_is_flagged_until_cleared(chip, line):
    receive(chip, b"a", framed=False)
    assert chip.peek(RIS) & FRAMING
    chip.poke(ICR, FRAMING)
    assert not chip.peek(RIS) & FRAMING


def test_receiver_that_is_off_hears_nothing(chip, line):
    chip.poke(CR, 0x101)
    receive(chip, b"a")
    assert chip.peek(FR) & RX_EMPTY


# A target --------------------------------------------------------------------------------------------------------


class Parrot:
    """Answers a request of three octets with them reversed, 50 us later; to others says nothing."""

    def __init__(self):
        self.requests = []

    def request(self, octets):
        self.requests.append(octets)
        return (octets[::-1], 50_000) if len(octets) == 3 else None


@pytest.fixture
def parrot(chip):
    parrot = Parrot()
    fit_uart_target(chip.mcu, 0, parrot)
    for address, value in ((IBRD, 1), (FBRD, 0), (CR, 0x301), (DMACR, 1)):
        chip.poke(address, value)
    return parrot


def test_target_answers_a_whole_request_octet_by_octet_when_its_time_has_passed(chip, parrot):
    for octet in b"abc":
        chip.poke(DR, octet)
    chip.run(3 * OCTET_NS + 50_000 + OCTET_NS - 2)
    assert chip.peek(FR) & RX_EMPTY
    chip.run(4)
    assert chip.peek(DR) == ord("c") and chip.peek(FR) & RX_EMPTY
    chip.run(OCTET_NS)
    assert chip.peek(DR) == ord("b")
    chip.run(OCTET_NS)
    assert chip.peek(DR) == ord("a")
    chip.run(1_000_000)
    assert chip.peek(FR) & RX_EMPTY and parrot.requests == [b"abc"]


def test_pause_ends_a_request(chip, parrot):
    chip.poke(DR, 1)
    chip.run(3 * OCTET_NS)
    for octet in (2, 3):
        chip.poke(DR, octet)
    chip.run(1_000_000)
    assert parrot.requests == [b"\x01", b"\x02\x03"]


@pytest.mark.parametrize(("baud", "refused"), [(3_000_000, False), (2_960_000, False), (2_900_000, True)])
def test_target_refuses_to_listen_at_another_pace_than_its_own(chip, parrot, baud, refused):
    parrot.baud = baud
    chip.poke(DR, 1)
    if refused:
        with pytest.raises(ModelError, match="3000000 baud, and the target listens at 2900000"):
            chip.run(1_000_000)
    else:
        chip.run(1_000_000)
        assert parrot.requests == [b"\x01"]
