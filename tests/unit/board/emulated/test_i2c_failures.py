"""The I2C controller when a transfer fails, is cut off or cannot go on, as the RP2040 data sheet (4.3) has it."""

import pytest

from unit.board.emulated.i2c_chip import (
    ABORT,
    ABRT_SOURCE,
    BIT,
    CLR_TX_ABRT,
    CON,
    DATA_CMD,
    ENABLE,
    ENABLE_STATUS,
    FAST_MASTER,
    HOLD_WHEN_FULL,
    RAW_INTR_STAT,
    READ,
    RESTART,
    RX_OVER,
    RXFLR,
    STOP,
    STOP_DET,
    TX_ABRT,
    TXFLR,
    I2CChip,
    commands,
)
from unit.board.emulated.wired_chip import CHAN_ABORT, DMA, RAM, WORD


@pytest.fixture
def chip():
    return I2CChip()


@pytest.fixture
def memory(chip):
    return chip.memory


def test_disabling_changes_nothing_while_the_clock_is_held(chip, memory):
    chip.poke(DATA_CMD, 5)
    chip.run(100 * BIT)
    chip.poke(ENABLE, 0)
    chip.run(100 * BIT)
    assert [what for _, what in memory.log] == ["W"] and chip.peek(ENABLE_STATUS) & 1
    chip.poke(ENABLE, 1)
    chip.poke(DATA_CMD, READ | RESTART | STOP)  # as pico-sdk reads after a write without stop
    chip.run(100 * BIT)
    assert [what for _, what in memory.log] == ["W", "R", "P"]


def test_disabling_within_an_octet_ends_the_transfer_after_it_with_empty_fifos(chip, memory):
    for command in commands(0, 10):
        chip.poke(DATA_CMD, command)
    chip.run((1 + 9 + 9 + 1 + 9 + 13) * BIT)  # in the second octet
    chip.poke(ENABLE, 0)
    assert (chip.peek(TXFLR), chip.peek(RXFLR)) == (0, 0)
    assert chip.peek(ENABLE_STATUS) & 1
    chip.run(100 * BIT)
    assert memory.log[-1] == ((29 + 18) * BIT, "P")
    assert (chip.peek(RXFLR), chip.peek(ENABLE_STATUS) & 1) == (0, 0)


def test_abort_ends_a_held_transfer_with_a_stop_and_clears_itself(chip, memory):
    chip.poke(DATA_CMD, 5)
    chip.run(100 * BIT)
    chip.poke(ENABLE, 1 | ABORT)
    assert memory.log[-1] == (100 * BIT, "P")
    assert chip.peek(ENABLE) == 1 | ABORT
    chip.run(1 * BIT)
    assert chip.peek(ENABLE) == 1
    assert chip.peek(RAW_INTR_STAT) & TX_ABRT and chip.peek(ABRT_SOURCE) == 1 << 16


def test_abort_within_an_octet_waits_for_its_end(chip, memory):
    chip.start_read(0, 20)
    chip.run((29 + 4) * BIT)
    chip.poke(CHAN_ABORT, 3)
    chip.poke(ENABLE, 1 | ABORT)
    chip.run(100 * BIT)
    assert memory.log[-1] == ((29 + 9) * BIT, "P")
    chip.peek(CLR_TX_ABRT)
    chip.start_read(40, 9)
    chip.run(200 * BIT)
    assert chip.ram(0x2000, 9) == memory.octets[40:49]


def test_abort_is_ignored_when_there_is_nothing_to_abort_or_the_controller_was_not_enabled(chip, memory):
    chip.poke(ENABLE, 1 | ABORT)
    assert chip.peek(ENABLE) == 1 and not chip.peek(RAW_INTR_STAT) & TX_ABRT
    chip.poke(DATA_CMD, 5)
    chip.run(100 * BIT)
    chip.poke(ENABLE, 0)
    chip.poke(ENABLE, 1 | ABORT)
    assert chip.peek(ENABLE) == 1 and [what for _, what in memory.log] == ["W"]


def test_commands_for_a_disabled_controller_are_discarded(chip, memory):
    chip.poke(ENABLE, 0)
    chip.poke(DATA_CMD, 5)
    chip.poke(ENABLE, 1)
    chip.run(100 * BIT)
    assert memory.log == [] and chip.peek(TXFLR) == 0


def test_missing_acknowledge_of_the_address_aborts_and_holds_the_fifos_empty_until_it_is_cleared(chip, memory):
    memory.absent = True
    chip.start_read(3, 9)
    chip.run(11 * BIT)
    assert chip.peek(RAW_INTR_STAT) & (TX_ABRT | STOP_DET) == TX_ABRT | STOP_DET
    assert chip.peek(ABRT_SOURCE) & 0xFFFF == 1 << 0
    assert chip.peek(ABRT_SOURCE) >> 23 == 9  # flushed commands
    # The rest of the commands were written, and discarded.
    assert (chip.left(0), chip.peek(TXFLR), chip.left(1)) == (0, 0, 9)
    memory.absent = False
    chip.poke(DATA_CMD, 3)
    chip.run(100 * BIT)
    assert [what for _, what in memory.log] == []
    chip.poke(CHAN_ABORT, 3)
    chip.peek(CLR_TX_ABRT)
    assert chip.peek(ABRT_SOURCE) == 0
    chip.start_read(3, 9)
    chip.run(200 * BIT)
    assert chip.ram(0x2000, 9) == memory.octets[3:12]


def test_missing_acknowledge_of_data_aborts_with_a_stop(chip, memory):
    memory.refuses_data = True
    chip.start_read(3, 9)
    chip.run(200 * BIT)
    assert memory.log[1:] == [(19 * BIT, "P")]
    assert chip.peek(ABRT_SOURCE) & 0xFFFF == 1 << 3


def test_hung_target_holds_the_clock_and_the_transfer_ends_well_when_it_lets_go(chip, memory):
    chip.start_read(3, 9)
    chip.clock.call_at(50 * BIT, lambda: setattr(memory, "hung", True))
    chip.run(1000 * BIT)
    assert chip.busy(1) and memory.log[-1][1] == "R"
    memory.hung = False
    chip.run(200 * BIT)
    assert chip.ram(0x2000, 9) == memory.octets[3:12] and not chip.busy(1)


def test_abort_of_a_hung_transfer_takes_effect_when_the_target_lets_go(chip, memory):
    memory.hung = True
    chip.start_read(3, 9)
    chip.run(1000 * BIT)
    chip.poke(CHAN_ABORT, 3)
    chip.poke(ENABLE, 1 | ABORT)
    chip.poke(ENABLE, 0)
    chip.poke(ENABLE, 1)
    chip.run(1000 * BIT)
    assert chip.peek(ENABLE) == 1 | ABORT
    memory.hung = False
    chip.run(30 * BIT)
    assert chip.peek(ENABLE) == 1 and chip.peek(RAW_INTR_STAT) & TX_ABRT
    chip.peek(CLR_TX_ABRT)
    chip.start_read(3, 9)
    chip.run(200 * BIT)
    assert chip.ram(0x2000, 9) == memory.octets[3:12]
    assert memory.written == bytes([3])  # nothing but the register of the second read


@pytest.mark.parametrize(("control", "kept", "over"), [(0, 16, RX_OVER), (HOLD_WHEN_FULL, 20, 0)])
def test_full_receive_fifo_loses_octets_unless_told_to_hold_the_bus(chip, memory, control, kept, over):
    chip.poke(ENABLE, 0)
    chip.poke(CON, FAST_MASTER | control)
    chip.poke(ENABLE, 1)
    chip.load(0, commands(0, 20))
    chip.channel(0, read=RAM, write=DATA_CMD, count=21, size=WORD, treq=32, read_inc=True)
    chip.trigger(0)
    chip.run(1000 * BIT)
    assert chip.peek(RAW_INTR_STAT) & RX_OVER == over
    received = bytearray()
    while chip.peek(RXFLR):
        received.append(chip.peek(DATA_CMD) & 0xFF)
        chip.run(20 * BIT)
    assert received == memory.octets[:kept]


def test_reset_of_the_chip_ends_a_transfer_and_its_requests(chip, memory):
    chip.start_read(3, 9)
    chip.run(60 * BIT)
    chip.mcu.reset(preserve_flash=True)
    assert memory.log[-1][1] == "P"
    chip.run(1000 * BIT)
    assert memory.log[-1][0] == 60 * BIT
    assert chip.peek(DMA + 0x40 + 0x10) >> 24 & 1 == 0
    assert not chip.mcu.dma.dreq.get(32) and not chip.mcu.dma.dreq.get(33)
    chip.mcu.reset(preserve_flash=True)
    assert memory.log[-2][1] == "R"  # one stop, whatever follows


def test_reset_of_the_chip_between_transfers_is_no_stop(chip, memory):
    chip.start_read(3, 9)
    chip.run(200 * BIT)
    chip.mcu.reset(preserve_flash=True)
    assert [what for _, what in memory.log] == ["W", "R", "P"]
