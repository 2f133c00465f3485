"""The bench's sensor: what it makes, and what it refuses."""

import pytest
from bench.board.sensor import ADDRESS, SAMPLE_LEN, BenchSensor, sample

from freefall.board.clock import SimulatedClock
from freefall.sensors.part import ModelError

PERIOD_NS = 999_863  # at 1000 samples/s, its clock 137 ppm fast


class Line:
    def __init__(self):
        self.levels = []

    def set(self, level):
        self.levels.append(level)


@pytest.fixture
def clock():
    return SimulatedClock()


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def sensor(clock, line):
    return BenchSensor(clock, line, 1000)


def write(sensor, *octets):
    assert sensor.start(read=False)
    for octet in octets:
        assert sensor.write(octet)
    sensor.stop()


def read(sensor, register, size):
    write(sensor, register)
    assert sensor.start(read=True)
    octets = bytes(sensor.read() for _ in range(size))
    sensor.stop()
    return octets


def test_it_tells_who_it_is_and_that_it_measures(sensor):
    assert sensor.address == ADDRESS
    assert read(sensor, 0x00, 2) == b"\xbe\x9c"
    assert read(sensor, 0x01, 1) == b"\x00"
    write(sensor, 0x01, 1)
    assert read(sensor, 0x01, 1) == b"\x01"


def test_it_makes_numbered_samples_that_differ_in_more_than_their_number(sensor, clock):
    clock.advance_to(10 * PERIOD_NS)
    assert sensor.produced == []
    write(sensor, 0x01, 1)
    clock.advance_to(13 * PERIOD_NS + 1000)
    assert [one.raw for one in sensor.produced] == [sample(0), sample(1), sample(2)]
    assert [one.time_ns // 1000 for one in sensor.produced] == [10_998, 11_998, 12_998]
    assert sample(1)[:4] == b"\x01\0\0\0" and len({sample(n)[4:] for n in range(1000)}) == 1000


def test_its_line_is_high_until_the_read_or_for_half_a_period(sensor, clock, line):
    write(sensor, 0x01, 1)
    clock.advance_to(PERIOD_NS + 10)
    assert line.levels == [False, True]
    assert read(sensor, 0x08, SAMPLE_LEN) == sample(0)
    assert line.levels == [False, True, False]
    clock.advance_to(2 * PERIOD_NS + 10)
    assert line.levels[3:] == [False, True]  # half a period after the first sample, and the second
    clock.advance_to(2 * PERIOD_NS + PERIOD_NS // 2 + 10)
    assert line.levels[5:] == [False]


def test_a_sample_not_read_in_time_is_gone_and_counted(sensor, clock):
    write(sensor, 0x01, 1)
    clock.advance_to(3 * PERIOD_NS + 10)
    assert sensor.replaced == 2
    assert read(sensor, 0x08, SAMPLE_LEN) == sample(2)
    assert [one.raw for one in sensor.read_out] == [sample(2)]


def test_a_read_keeps_the_sample_it_began_with(sensor, clock):
    write(sensor, 0x01, 1)
    clock.advance_to(PERIOD_NS + 10)
    write(sensor, 0x08)
    sensor.start(read=True)
    first = [sensor.read() for _ in range(4)]
    clock.advance_to(2 * PERIOD_NS + 10)
    assert bytes(first + [sensor.read() for _ in range(5)]) == sample(0)
    sensor.stop()


def short_read(sensor):
    read(sensor, 0x08, SAMPLE_LEN - 1)


def long_read(sensor):
    read(sensor, 0x08, SAMPLE_LEN + 1)


def read_again_without_a_register(sensor):
    read(sensor, 0x00, 2)
    sensor.start(read=True)


def unknown_register(sensor):
    write(sensor, 0x02)


def write_to_data(sensor):
    write(sensor, 0x08, 1)


def another_value(sensor):
    write(sensor, 0x01, 2)


@pytest.mark.parametrize(
    "access", [short_read, long_read, read_again_without_a_register, unknown_register, write_to_data, another_value]
)
def test_what_its_driver_does_not_do_is_an_error(sensor, access):
    with pytest.raises(ModelError):
        access(sensor)
