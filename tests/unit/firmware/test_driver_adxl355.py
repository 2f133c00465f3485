"""The accelerometer's driver against the strict register model: its registers, its FIFO, both of its buses."""

import pytest

from freefall.sensors.catalogue import adxl355 as adxl355_model
from freefall_board.drivers.adxl355 import Adxl355
from unit.firmware.driver_bench import MS, make_adxl355, make_adxl355_on_spi

either_bus = pytest.mark.parametrize("bus", ["i2c", "spi"])


@pytest.mark.parametrize("range_code", [1, 2, 3])
@pytest.mark.parametrize("odr_code", range(11))
@either_bus
def test_accelerometer_has_its_range_and_rate_and_measures_only_when_started(range_code, odr_code, bus):
    bench = make_adxl355(range_code, odr_code, bus=bus)
    assert bench.configure()
    # RANGE: I2C_HS as after a reset, interrupts active high, the range; no interrupt is mapped to a pin.
    assert [bench.register(number) for number in (0x2C, 0x28, 0x2D, 0x2A)] == [0xC0 | range_code, odr_code, 0x01, 0x00]
    period_ns = 250_000 << odr_code
    bench.clock.advance_to(bench.clock.now_ns() + 2 * period_ns)
    assert not bench.model.produced
    bench.driver.start()
    started_ns = bench.clock.now_ns()
    bench.clock.advance_to(started_ns + 3 * period_ns)
    assert len(bench.model.produced) in (2, 3)
    gaps = [
        later.time_ns - earlier.time_ns for earlier, later in zip(bench.model.produced, bench.model.produced[1:], strict=False)
    ]
    assert set(gaps) == {period_ns}


@pytest.mark.parametrize("register_number", [0x00, 0x01, 0x02])
def test_accelerometer_with_another_identity_is_refused(register_number):
    class Other(adxl355_model.Adxl355):
        def _read_register(self, register):
            return super()._read_register(register) ^ (register == register_number)

    assert not make_adxl355(model=Other).driver.identify()


@pytest.mark.parametrize(("spoiled", "taken"), [(0, True), (1, True), (2, True), (3, False)])
def test_accelerometer_whose_reset_spoils_its_trim_is_reset_three_times_at_most(spoiled, taken):
    bench = make_adxl355()
    bench.model.spoil_resets(spoiled)
    assert bench.configure() == taken
    bench.model.spoil_resets(0)
    if taken:
        assert bench.model._shadow == bench.model._trim


def test_accelerometer_that_nobody_drives_the_bus_for_is_refused():
    bench = make_adxl355_on_spi()
    bench.model.absent = True
    assert not bench.driver.identify(), "an SPI bus reads ones where nobody answers"


@pytest.mark.parametrize("register_number", [0x28, 0x2C, 0x29, 0x2A])
def test_accelerometer_that_does_not_take_a_setting_is_refused(register_number):
    class Deaf(adxl355_model.Adxl355):
        def _write_register(self, register, value):
            if register != register_number:
                super()._write_register(register, value)

    assert not make_adxl355(range_code=2, odr_code=3, watermark=25, model=Deaf).configure()


def test_accelerometer_is_configured_within_60_ms():
    bench = make_adxl355()
    bench.model.spoil_resets(2)
    bench.configure()
    assert bench.clock.now_ns() < 60 * MS


# --- its FIFO ---


@pytest.mark.parametrize("watermark", [1, 25, 32])
@either_bus
def test_watermark_is_counted_in_entries_of_one_axis_and_mapped_to_the_first_interrupt_pin(watermark, bus):
    bench = make_adxl355(watermark=watermark, bus=bus)
    assert bench.configure()
    assert [bench.register(number) for number in (0x29, 0x2A)] == [3 * watermark, 0x02]


@pytest.mark.parametrize(("watermark", "register"), [(0, 0x08), (1, 0x11), (25, 0x11)])
def test_samples_are_read_where_the_plan_has_them_made_ready(watermark, register):
    assert make_adxl355(watermark=watermark).driver.sample_reads == ((bytes((register,)), 9),)


@either_bus
def test_burst_of_the_fifo_is_the_samples_made_with_their_marks(bus):
    bench = make_adxl355(watermark=4, odr_code=4, bus=bus)
    assert bench.configure()
    bench.driver.start()
    bench.sleep_ms(18)
    burst = bench.read(samples=4)
    made = [sample.raw for sample in bench.model.produced]
    assert len(made) == 4
    # Bit 0 marks an x entry; otherwise an entry is the sample's octets.
    marked = [bytes(octet | (i == 2) for i, octet in enumerate(raw)) for raw in made]
    assert burst == b"".join(marked)


def test_driver_knows_how_many_samples_the_fifo_holds():
    bench = make_adxl355(watermark=1, odr_code=0)
    assert bench.configure()
    bench.driver.start()
    bench.sleep_ms(100)
    assert bench.register(0x05) == 3 * Adxl355.FIFO_SAMPLES


# --- SPI ---


def test_accelerometers_command_octet_is_the_register_shifted_and_a_read_bit():
    bench = make_adxl355_on_spi()
    commands = []
    exchange, bench.model.exchange = bench.model.exchange, lambda octet: commands.append(octet) or exchange(octet)
    bench.register(0x2D)
    bench.device.write(0x28, b"\x05")
    bench.read()
    assert commands == [0x2D << 1 | 1, 0, 0x28 << 1, 5, 0x08 << 1 | 1, *[0] * 9]
