"""The DMA controller as the RP2040 data sheet (2.5) has it."""

import pytest

from unit.board.emulated.wired_chip import CHAN_ABORT, DMA, INTE0, INTR, PERMANENT, RAM, WORD, Chip

DREQ = 35  # nobody's but this test's: no I2C1 is fitted here
CYCLE_NS = 8


@pytest.fixture
def chip():
    return Chip()


def requested(chip, count=1, number=0, **options):
    chip.channel(number, read=RAM, write=chip.PORT, count=count, size=WORD, treq=DREQ, **options)
    chip.trigger(number)


def test_transfer_happens_at_the_instant_of_its_request(chip):
    requested(chip)
    chip.clock.call_at(12_345, lambda: chip.mcu.dma.set_dreq(DREQ))
    chip.run(20_000)
    assert chip.port_writes == [(12_345, 0)]
    assert not chip.busy(0)


def test_channel_waits_while_nothing_is_requested_and_goes_on_with_the_next_request(chip):
    requested(chip, count=3)
    for at_ns in (1000, 2000):
        chip.clock.call_at(at_ns, lambda: chip.mcu.dma.set_dreq(DREQ))
        chip.clock.call_at(at_ns, lambda: chip.clock.call_at(chip.clock.now_ns(), lambda: chip.mcu.dma.clear_dreq(DREQ)))
    chip.run(10_000)
    assert [at_ns for at_ns, _ in chip.port_writes] == [1000, 2000]
    assert chip.busy(0) and chip.left(0) == 1


def test_request_that_is_taken_back_before_the_transfer_is_not_served(chip):
    requested(chip)
    chip.mcu.dma.set_dreq(DREQ)
    chip.mcu.dma.clear_dreq(DREQ)
    chip.run(1000)
    assert chip.port_writes == [] and chip.busy(0)
    chip.mcu.dma.set_dreq(DREQ)
    chip.run(1000)
    assert len(chip.port_writes) == 1


def test_transfers_without_pacing_take_a_cycle_each(chip):
    chip.load(0, list(range(10, 20)))
    chip.channel(0, read=RAM, write=chip.PORT, count=10, size=WORD, treq=PERMANENT, read_inc=True)
    chip.trigger(0)
    chip.run(1000)
    assert chip.port_writes == [(CYCLE_NS * (1 + index), 10 + index) for index in range(10)]


@pytest.mark.parametrize("number", range(4))
def test_pacing_timer_runs_at_x_over_y_of_the_clock(chip, number):
    chip.poke(DMA + 0x420 + 4 * number, 2 << 16 | 250)  # 1 MHz
    chip.channel(0, read=RAM, write=chip.PORT, count=3, size=WORD, treq=0x3B + number)
    chip.trigger(0)
    chip.run(5000)
    assert [at_ns for at_ns, _ in chip.port_writes] == [1000, 2000, 3000]


def test_pacing_timer_at_rest_paces_nothing(chip):
    chip.channel(0, read=RAM, write=chip.PORT, count=1, size=WORD, treq=0x3B)
    chip.trigger(0)
    chip.run(5000)
    assert chip.port_writes == [] and chip.busy(0)


def test_two_channels_that_chain_to_each_other_go_round_once_per_request(chip):
    chip.channel(0, read=chip.PORT, write=RAM, count=1, size=WORD, treq=DREQ, chain=1)
    chip.channel(1, read=RAM, write=RAM + 256, count=1, size=WORD, treq=PERMANENT, write_inc=True, ring=3, chain=0)
    chip.trigger(0)

    def request():
        chip.mcu.dma.set_dreq(DREQ)
        chip.clock.call_at(chip.clock.now_ns(), lambda: chip.mcu.dma.clear_dreq(DREQ))

    for at_ns in (1000, 2000, 3000):
        chip.clock.call_at(at_ns, request)
    chip.run(10_000)
    # A ring of 8 octets: the third word lies where the first was.
    assert [chip.peek(RAM + 256), chip.peek(RAM + 260), chip.peek(RAM + 264)] == [2, 1, 0]
    assert chip.busy(0) and not chip.busy(1)


def test_trigger_with_a_count_of_0_leaves_the_channel_idle(chip):
    requested(chip, count=0)
    assert not chip.busy(0)


def test_abort_ends_a_waiting_channel_without_interrupt_and_its_register_reads_0(chip):
    requested(chip, count=2, number=3)
    chip.poke(CHAN_ABORT, 1 << 3)
    assert chip.peek(CHAN_ABORT) == 0
    chip.mcu.dma.set_dreq(DREQ)
    chip.run(1000)
    assert not chip.busy(3)
    assert chip.port_writes == [] and chip.peek(INTR) == 0
    requested(chip, count=2, number=3)
    chip.run(1000)
    assert len(chip.port_writes) == 2


def test_disabling_pauses_a_channel_that_stays_busy(chip):
    requested(chip)
    ctrl = chip.peek(DMA + 0x10)
    chip.poke(DMA + 0x10, ctrl & ~1)
    chip.mcu.dma.set_dreq(DREQ)
    chip.run(1000)
    assert chip.port_writes == [] and chip.busy(0)
    chip.poke(DMA + 0x10, ctrl)
    chip.run(1000)
    assert len(chip.port_writes) == 1 and not chip.busy(0)


def test_completion_raises_the_interrupt_until_its_bit_is_written(chip):
    chip.poke(INTE0, 1 << 2)
    for number, quiet in ((1, False), (2, False), (4, True)):
        chip.channel(number, read=RAM, write=chip.PORT, count=1, size=WORD, treq=PERMANENT, quiet=quiet)
    chip.trigger(1, 2, 4)
    chip.run(1000)
    assert chip.peek(INTR) == 1 << 1 | 1 << 2
    assert chip.mcu.core.pending_interrupts == 1 << 11
    chip.poke(INTR, 1 << 2)
    assert chip.peek(INTR) == 1 << 1
    assert chip.mcu.core.pending_interrupts == 0


def test_requests_made_before_the_controller_was_fitted_are_known_to_it(chip):
    chip.channel(0, read=RAM, write=chip.PORT, count=2, size=WORD, treq=0)  # PIO0's first transmit FIFO is empty from the start
    chip.trigger(0)
    chip.run(1000)
    assert len(chip.port_writes) == 2


def test_reset_of_the_chip_frees_a_busy_channel(chip):
    requested(chip)
    chip.mcu.reset(preserve_flash=True)
    assert [chip.peek(DMA + offset) for offset in (0x00, 0x04, 0x08, 0x10, 0x804)] == [0] * 5
    chip.mcu.dma.set_dreq(DREQ)
    chip.run(1000)
    assert chip.port_writes == []
    requested(chip)
    chip.run(1000)
    assert len(chip.port_writes) == 1
