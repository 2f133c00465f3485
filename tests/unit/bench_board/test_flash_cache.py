"""The model of the flash cache: two ways, the least recently used one replaced, every miss charged."""

from bench.board.xip import MISS_CYCLES, FlashCache

FLASH = 0x10000000
SAME_SET = 8 * 1024  # octets from a line to the next of its set


class Clock:
    def __init__(self):
        self.nanos = 0.0

    def tick(self, nanos):
        self.nanos += nanos


class Core:
    cycles = 0


class Chip:
    def __init__(self):
        self.core, self.clock = Core(), Clock()

    def read_uint8(self, address):
        return address & 0xFF

    read_uint16 = read_uint32 = read_uint8


def misses(chip, *addresses):
    before = chip.core.cycles
    for address in addresses:
        assert chip.read_uint16(address) == address & 0xFF
    assert chip.clock.nanos == 8 * chip.core.cycles
    return (chip.core.cycles - before) / MISS_CYCLES


def test_a_line_of_eight_octets_misses_once():
    chip = Chip()
    FlashCache(chip)
    assert misses(chip, *range(FLASH, FLASH + 8)) == 1
    assert misses(chip, FLASH + 8, FLASH, FLASH + 8) == 1


def test_two_lines_of_a_set_stay_and_the_third_takes_the_place_of_the_one_used_longest_ago():
    chip = Chip()
    FlashCache(chip)
    first, second, third = FLASH, FLASH + SAME_SET, FLASH + 2 * SAME_SET
    assert misses(chip, first, second, first, second, first) == 2
    assert misses(chip, third, first) == 1
    assert misses(chip, second) == 1


def test_memory_that_is_not_cached_costs_nothing_and_a_flush_forgets_everything():
    chip = Chip()
    cache = FlashCache(chip)
    assert misses(chip, 0x20000000, 0x40054028, FLASH + 0x0100_0000, FLASH - 2) == 0
    assert misses(chip, FLASH) == 1
    cache.flush()
    assert misses(chip, FLASH) == 1
