"""The I2C controller in good transfers, as the RP2040 data sheet (4.3) has it, fed by DMA where the firmware does that."""

import pytest

from freefall.board.emulated.i2c import fit_i2c
from unit.board.emulated.bus_targets import Memory
from unit.board.emulated.i2c_chip import (
    BIT,
    CON,
    DATA_CMD,
    DMA_CR,
    ENABLE,
    FAST_MASTER,
    HCNT,
    INTR_MASK,
    LCNT,
    RAW_INTR_STAT,
    RDLR,
    READ,
    RX_FULL,
    RX_TL,
    RX_UNDER,
    RXFLR,
    SDA_HOLD,
    START_DET,
    STATUS,
    STOP,
    STOP_DET,
    TAR,
    TX_EMPTY,
    TX_EMPTY_CTRL,
    TX_OVER,
    TXFLR,
    I2CChip,
    commands,
)


@pytest.fixture
def chip():
    return I2CChip()


@pytest.fixture
def memory(chip):
    return chip.memory


@pytest.mark.parametrize("length", [1, 9, 225, 288])
def test_dma_reads_any_number_of_octets_in_nine_bits_each(chip, memory, length):
    chip.start_read(3, length)
    # Start, address, register, start, address, octets.
    wire_ns = (1 + 9 + 9 + 1 + 9 + 9 * length) * BIT
    chip.run(wire_ns - 1)
    assert chip.busy(1) and chip.left(1) == 1
    chip.run(1 + BIT)
    assert not chip.busy(0) and not chip.busy(1)
    assert chip.ram(0x2000, length + 1) == memory.octets[3 : 3 + length] + b"\0"
    assert memory.log == [(1 * BIT, "W"), (20 * BIT, "R"), (wire_ns, "P")]
    assert chip.peek(RAW_INTR_STAT) & STOP_DET and not chip.peek(STATUS) & 1


def test_commands_are_requested_while_eight_or_fewer_wait(chip, memory):
    chip.start_read(0, 100)
    chip.run(500)
    assert (chip.left(0), chip.peek(TXFLR)) == (101 - 9, 9)
    chip.run(19 * BIT)  # start, address, register: the first command is gone
    assert (chip.left(0), chip.peek(TXFLR)) == (101 - 10, 9)


def test_octets_are_requested_from_one_more_than_the_receive_level(chip, memory):
    chip.poke(RDLR, 3)
    chip.start_read(0, 10)
    chip.run((29 + 9 * 4) * BIT - 1)
    assert (chip.left(1), chip.peek(RXFLR)) == (10, 3)
    chip.run(1 + 9 * 3 * BIT)
    assert (chip.left(1), chip.peek(RXFLR)) == (6, 3)


def test_second_controller_has_requests_of_its_own(chip):
    target = Memory(0x1D, chip.clock)
    fit_i2c(chip.mcu, 1, [target])
    chip.set_up_i2c(1)
    chip.start_read(3, 9, number=1)
    chip.run(200 * BIT)
    assert chip.ram(0x2000, 9) == target.octets[3:12]


def test_dma_makes_no_requests_unless_asked_to(chip, memory):
    chip.poke(DMA_CR, 0)
    chip.start_read(0, 1)
    chip.run(100 * BIT)
    assert memory.log == [] and chip.left(0) == 2
    chip.poke(DMA_CR, 2)
    chip.run(100 * BIT)
    assert (chip.left(0), chip.left(1), chip.peek(RXFLR)) == (0, 1, 1)


def test_clock_is_held_without_a_stop_while_there_are_no_commands(chip, memory):
    chip.poke(DATA_CMD, 5)
    chip.run(1000 * BIT)
    assert [what for _, what in memory.log] == ["W"]
    assert chip.peek(STATUS) & 1 and chip.peek(RAW_INTR_STAT) & TX_EMPTY
    chip.poke(DATA_CMD, READ | STOP)  # the change of direction restarts by itself
    chip.run(21 * BIT)
    assert memory.log[1:] == [(1001 * BIT, "R"), (1019 * BIT, "P")]
    assert chip.peek(DATA_CMD) & 0xFF == memory.octets[5]


@pytest.mark.parametrize("controlled", [TX_EMPTY_CTRL, 0])
def test_tx_empty_comes_when_the_octet_has_left_or_else_when_its_command_was_taken(chip, memory, controlled):
    chip.poke(ENABLE, 0)
    assert not chip.peek(RAW_INTR_STAT) & TX_EMPTY
    chip.poke(CON, FAST_MASTER & ~TX_EMPTY_CTRL | controlled)
    chip.poke(ENABLE, 1)
    assert chip.peek(RAW_INTR_STAT) & TX_EMPTY
    chip.poke(DATA_CMD, 5)
    assert not chip.peek(RAW_INTR_STAT) & TX_EMPTY
    chip.run(19 * BIT - 1)
    assert chip.peek(TXFLR) == 0 and bool(chip.peek(RAW_INTR_STAT) & TX_EMPTY) == (not controlled)
    chip.run(1)
    assert chip.peek(RAW_INTR_STAT) & TX_EMPTY


def test_interrupts_follow_what_happens_and_the_line_follows_the_mask(chip, memory):
    def raised(bit):
        return bool(chip.peek(RAW_INTR_STAT) & bit)

    assert chip.peek(DATA_CMD) == 0 and raised(RX_UNDER)
    chip.poke(INTR_MASK, RX_FULL)
    chip.poke(RX_TL, 1)
    for command in commands(0, 16):
        assert not raised(TX_OVER)
        chip.poke(DATA_CMD, command)
    assert raised(TX_OVER) and chip.peek(TXFLR) == 16  # the last is lost
    assert not raised(START_DET)
    chip.run(1 * BIT)
    assert raised(START_DET)
    chip.run((28 + 2 * 9) * BIT - 1)
    assert not raised(RX_FULL) and not chip.mcu.core.pending_interrupts
    chip.run(1)
    assert raised(RX_FULL) and chip.mcu.core.pending_interrupts == 1 << 23
    chip.peek(DATA_CMD)
    assert not raised(RX_FULL) and not chip.mcu.core.pending_interrupts


def test_first_octet_after_an_address_is_marked(chip, memory):
    for command in commands(0, 2):
        chip.poke(DATA_CMD, command)
    chip.run(100 * BIT)
    assert [chip.peek(DATA_CMD) >> 8 for _ in range(2)] == [1 << 3, 0]


def test_transfer_registers_are_locked_while_the_controller_is_enabled(chip, memory):
    for address in (CON, TAR, HCNT, LCNT):
        before = chip.peek(address)
        chip.poke(address, 0x55)
        assert chip.peek(address) == before
    chip.poke(SDA_HOLD, 16)
    assert chip.peek(SDA_HOLD) == 16
    chip.poke(ENABLE, 0)
    chip.poke(TAR, 0x55)
    assert chip.peek(TAR) == 0x55
