"""The UART's sending side as the RP2040 data sheet (4.2) has the PL011: pace, FIFO, interrupt and DMA requests."""

import pytest

from freefall.board.emulated.uart import fit_uart
from unit.board.emulated.wired_chip import BYTE, RAM, Chip

BASE = 0x40034000
DR, FR, IBRD, FBRD, CR, IFLS, IMSC, RIS, ICR, DMACR = (
    BASE + at for at in (0x00, 0x18, 0x24, 0x28, 0x30, 0x34, 0x38, 0x3C, 0x44, 0x48)
)
BUSY, TX_FULL, TX_EMPTY, TX_INTERRUPT = 1 << 3, 1 << 5, 1 << 7, 1 << 5
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
