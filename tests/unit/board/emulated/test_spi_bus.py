"""The SPI controller as the RP2040 data sheet (4.4) has the PL022, with targets behind chip-select pins."""

import pytest

from freefall.board.emulated.spi import fit_spi
from freefall.sensors.part import ModelError
from unit.board.emulated.bus_targets import Counter
from unit.board.emulated.wired_chip import BYTE, RAM, Chip

BASE = 0x4003C000
CR0, CR1, DR, SR, CPSR, RIS, ICR, DMACR = BASE, BASE + 4, BASE + 8, BASE + 12, BASE + 0x10, BASE + 0x18, BASE + 0x20, BASE + 0x24
BSY, RNE, TFE = 1 << 4, 1 << 2, 1 << 0
ENABLE, SPO, SPH, OVERRUN = 1 << 1, 1 << 6, 1 << 7, 1 << 0
CS, OTHER_CS = 17, 20
BIT = 125  # 48 MHz / 2 / 3
FRAME = 8 * BIT
GAP = 1.5 * BIT


class SelectingChip(Chip):
    def select(self, pin, selected=True):
        """Drive a chip select as the CPU does: SIO, then the level."""
        self.poke(0x40014004 + 8 * pin, 5)
        self.poke(0xD0000018 if selected else 0xD0000014, 1 << pin)
        self.poke(0xD0000024, 1 << pin)


@pytest.fixture
def chip():
    return SelectingChip()


@pytest.fixture
def counter(chip):
    """On GP17 of SPI0, the controller set up as MicroPython does for 10 MHz, which makes 8."""
    counter = Counter(chip.clock)
    fit_spi(chip.mcu, 0, {CS: counter, OTHER_CS: Counter(chip.clock)})
    for address, value in ((CPSR, 2), (CR0, 2 << 8 | 7), (DMACR, 3), (CR1, ENABLE)):
        chip.poke(address, value)
    return counter


def start_read(chip, length):
    """Channel 0 sends zeros, channel 1 stores at RAM + 0x2000."""
    chip.channel(0, read=RAM, write=DR, count=length, size=BYTE, treq=16)
    chip.channel(1, read=DR, write=RAM + 0x2000, count=length, size=BYTE, treq=17, write_inc=True)
    chip.trigger(0, 1)


@pytest.mark.parametrize("length", [1, 9, 225, 288])
@pytest.mark.parametrize(("phase", "gap"), [(0, GAP), (SPH, 0)])
def test_dma_reads_any_number_of_octets_at_the_pace_of_the_wire(chip, counter, length, phase, gap):
    chip.poke(CR0, 2 << 8 | phase | 7)
    counter.modes = (1 if phase else 0,)
    chip.select(CS)
    start_read(chip, length)
    wire_ns = FRAME * length + gap * (length - 1)
    chip.run(wire_ns - 1)
    assert chip.busy(1) and chip.left(1) == 1
    chip.run(1)
    assert not chip.busy(0) and not chip.busy(1)
    assert chip.ram(0x2000, length + 1) == bytes(count & 0xFF for count in range(1, length + 1)) + b"\0"
    assert len(counter.log) == 1 + length and all(octet == 0 for _, octet in counter.log[1:])


def test_second_controller_has_requests_of_its_own(chip):
    counter = Counter(chip.clock)
    fit_spi(chip.mcu, 1, {CS: counter})
    second = 0x40040000 - BASE
    for address, value in ((CPSR, 2), (CR0, 2 << 8 | 7), (DMACR, 3), (CR1, ENABLE)):
        chip.poke(address + second, value)
    chip.select(CS)
    chip.channel(0, read=RAM, write=DR + second, count=9, size=BYTE, treq=18)
    chip.channel(1, read=DR + second, write=RAM + 0x2000, count=9, size=BYTE, treq=19, write_inc=True)
    chip.trigger(0, 1)
    chip.run(20 * FRAME)
    assert chip.ram(0x2000, 9) == bytes(range(1, 10))


def test_controller_is_busy_until_the_last_bit_has_left(chip, counter):
    chip.select(CS)
    chip.poke(DR, 0xA5)
    chip.run(FRAME - 1)
    assert chip.peek(SR) & (BSY | RNE | TFE) == BSY | TFE
    chip.run(1)
    assert chip.peek(SR) & (BSY | RNE) == RNE
    assert chip.peek(DR) == 1
    assert counter.log[-1] == (0, 0xA5)


def test_pace_follows_prescaler_and_rate(chip, counter):
    chip.poke(CPSR, 4)
    chip.poke(CR0, 11 << 8 | 7)  # 1 MHz
    chip.select(CS)
    chip.poke(DR, 0)
    chip.run(7999)
    assert chip.peek(SR) & BSY
    chip.run(1)
    assert not chip.peek(SR) & BSY


def test_chip_select_picks_the_target_and_bounds_its_transaction(chip, counter):
    chip.select(CS, False)
    chip.poke(DR, 1)
    chip.run(FRAME)
    assert chip.peek(DR) == 0xFF  # nobody drives the line
    chip.select(CS)
    chip.poke(DR, 2)
    chip.run(FRAME)
    chip.select(CS, False)
    chip.select(CS)
    chip.poke(DR, 3)
    chip.run(FRAME)
    chip.select(CS, False)
    assert counter.log == ["select", (FRAME, 2), "deselect", "select", (2 * FRAME, 3), "deselect"]
    assert [chip.peek(DR), chip.peek(DR)] == [1, 1]


def test_chip_select_that_moves_within_an_octet_is_refused(chip, counter):
    chip.select(CS)
    chip.poke(DR, 0)
    chip.run(FRAME - 1)
    with pytest.raises(ModelError, match="GP17 moves within an octet"):
        chip.select(CS, False)


def test_two_targets_selected_at_once_are_refused(chip, counter):
    chip.select(CS)
    chip.select(OTHER_CS)
    with pytest.raises(ModelError, match="GP17 and GP20 are selected at once"):
        chip.poke(DR, 0)


def test_disabled_controller_keeps_its_octets_and_sends_them_once_enabled(chip, counter):
    chip.select(CS)
    chip.poke(CR1, 0)
    chip.poke(DR, 0x11)
    chip.run(1000 * FRAME)
    assert counter.log == ["select"] and chip.peek(SR) & BSY
    chip.poke(CR1, ENABLE)
    chip.run(FRAME)
    assert counter.log[1:] == [(1000 * FRAME, 0x11)]


def test_dma_is_asked_for_octets_only_as_sspdmacr_says(chip, counter):
    chip.poke(DMACR, 0)
    chip.select(CS)
    start_read(chip, 1)
    chip.run(10 * FRAME)
    assert (chip.left(0), chip.left(1)) == (1, 1)
    chip.poke(DMACR, 2)
    chip.run(10 * FRAME)
    assert (chip.left(0), chip.left(1)) == (0, 1)
    chip.poke(DMACR, 3)
    chip.run(10 * FRAME)
    assert (chip.left(0), chip.left(1)) == (0, 0)


def test_ninth_octet_that_nobody_fetches_is_lost_and_flagged(chip, counter):
    chip.select(CS)
    chip.channel(0, read=RAM, write=DR, count=9, size=BYTE, treq=16)
    chip.trigger(0)
    chip.run(20 * FRAME)
    assert chip.peek(RIS) & OVERRUN
    assert [chip.peek(DR) for _ in range(8)] == list(range(1, 9))
    assert not chip.peek(SR) & RNE
    chip.poke(ICR, OVERRUN)
    assert not chip.peek(RIS) & OVERRUN


def test_frames_of_another_length_than_an_octet_are_refused(chip, counter):
    chip.poke(CR0, 2 << 8 | 15)
    with pytest.raises(ModelError, match="frame of 16 bits"):
        chip.poke(DR, 0)


@pytest.mark.parametrize(("bits", "mode"), [(0, 0), (SPH, 1), (SPO, 2), (SPO | SPH, 3)])
def test_target_takes_octets_in_its_own_modes_only(chip, counter, bits, mode):
    counter.modes = (mode,)
    chip.poke(CR0, 2 << 8 | bits | 7)
    chip.select(CS)
    chip.poke(DR, 0x5A)
    chip.run(FRAME)
    assert chip.peek(DR) == 1
    for other in ({0, SPH, SPO, SPO | SPH}) - {bits}:
        chip.poke(CR0, 2 << 8 | other | 7)
        with pytest.raises(ModelError, match=rf"the target takes \({mode},\)"):
            chip.poke(DR, 0x5A)


def test_target_that_names_no_modes_takes_the_two_that_read_at_the_rising_edge(chip, counter):
    chip.select(CS)
    for bits in (0, SPO | SPH):
        chip.poke(CR0, 2 << 8 | bits | 7)
        chip.poke(DR, 0)
        chip.run(FRAME)
    chip.poke(CR0, 2 << 8 | SPH | 7)
    with pytest.raises(ModelError, match="an octet in mode 1"):
        chip.poke(DR, 0)


def test_reset_of_the_chip_cuts_a_frame_and_releases_the_target(chip, counter):
    chip.select(CS)
    start_read(chip, 9)
    chip.run(FRAME + 10)
    chip.mcu.reset(preserve_flash=True)
    assert counter.log[-1] == "deselect"
    chip.run(100 * FRAME)
    assert counter.log[-1] == "deselect" and chip.peek(SR) == 0b00011
    assert not chip.mcu.dma.dreq[16] and not chip.mcu.dma.dreq[17]
