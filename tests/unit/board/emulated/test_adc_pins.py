"""The ADC as the RP2040 data sheet (4.9) has it, with sources on its pins."""

import pytest

from freefall.board.emulated.adc import fit_adc
from freefall.sensors.part import ModelError
from unit.board.emulated.wired_chip import US, Chip

CS, RESULT = 0x4004C000, 0x4004C004
ENABLE, START_ONCE, READY = 1 << 0, 1 << 2, 1 << 8
INPUT_1 = 1 << 12
PADS, ALL_OFF = 0x4001C004, 1 << 7


class AnalogChip(Chip):
    def __init__(self):
        super().__init__()
        self.level = 100
        fit_adc(self.mcu, {27: lambda: self.level})
        self.pad(27, ALL_OFF)

    def pad(self, pin, value):
        self.poke(PADS + 4 * pin, value)


@pytest.fixture
def chip():
    return AnalogChip()


def test_conversion_takes_2_us_and_gives_what_there_was_when_it_began(chip):
    chip.poke(CS, ENABLE | START_ONCE | INPUT_1)
    chip.level = 200
    chip.run(2 * US - 1)
    assert not chip.peek(CS) & READY
    chip.run(1)
    assert chip.peek(CS) & READY and chip.peek(RESULT) == 100


def test_start_once_starts_once(chip):
    chip.poke(CS, ENABLE | START_ONCE | INPUT_1)
    chip.run(3 * US)
    assert chip.peek(CS) == ENABLE | INPUT_1 | READY
    chip.level = 200
    chip.poke(CS, chip.peek(CS))
    chip.run(3 * US)
    assert chip.peek(RESULT) == 100
    chip.poke(CS, ENABLE | START_ONCE | INPUT_1)
    chip.run(3 * US)
    assert chip.peek(RESULT) == 200


@pytest.mark.parametrize(("number", "why"), [(0, "nothing is wired to GP26"), (5, "there is no input 5")])
def test_input_that_is_not_there_is_refused(chip, number, why):
    with pytest.raises(ModelError, match=why):
        chip.poke(CS, ENABLE | START_ONCE | number << 12)


@pytest.mark.parametrize("left_on", [1 << 2, 1 << 3, 1 << 6])
def test_pin_that_is_pulled_or_still_a_digital_input_is_refused(chip, left_on):
    chip.pad(27, ALL_OFF | left_on)
    with pytest.raises(ModelError, match="GP27 is pulled or its digital input is on"):
        chip.poke(CS, ENABLE | START_ONCE | INPUT_1)
