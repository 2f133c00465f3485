"""The oracle of sensor values against what it did not come from: numbers that data sheets and standards print."""

import pytest

from oracle.bosch_values import bme280_fine_temperature, bme280_pressure, bme280_temperature
from oracle.calibrations import calibrated
from oracle.sensor_values import PARTS, platinum_degc, platinum_ohm, sample_values
from oracle.words import checked_word

# (driver, options, octets, values) from the parts' data sheets; the CRC of 500 ppm is computed, its neighbours are printed.
PRINTED = [
    ("tmp117", {}, "0c80", {"temperature": 25.0}),
    ("tmp117", {}, "ffff", {"temperature": -0.0078125}),
    ("ads1115", {"range_v": 2.048}, "4000", {"voltage": 1.024}),
    ("ads1256", {"gain": 1}, "000001", {"voltage": 2 * 2.5 / (2**23 - 1)}),
    ("ina226", {"shunt_ohm": 0.002}, "83002570", {"current": -40.0, "bus_voltage": 11.98, "shunt_voltage": -0.08}),
    (
        "ina219",
        {"shunt_ohm": 0.1, "shunt_range_mv": 80},
        "f060f9a2",
        {"current": -0.4, "shunt_voltage": -0.04, "bus_voltage": 31.952},
    ),
    ("max31865", {"rtd_ohm": 100, "reference_ohm": 400.0}, "4000", {"resistance": 100.0, "temperature": 0.0}),
    ("scd41", {}, "01f4336667a25eb93c", {"co2": 500, "temperature": 25.0, "humidity": 37.0}),
    ("mhz19b", {}, "ff86026047000000d1", {"co2": 608}),
    ("max30102", {"adc_range_na": 2048}, "000001000080", {"red": 0.00781, "ir": 1.0}),
    ("adxl355", {"range_g": 2}, "3e8000c1800000000f", {"x": 1.0, "y": -1.0, "z": 0.0}),
    ("lsm6dso", {"range_g": 2, "range_dps": 125}, "6400" * 6, {"gx": 0.4375, "x": 0.0061}),
]


@pytest.mark.parametrize(("driver", "options", "octets", "values"), PRINTED)
def test_oracle_gives_the_numbers_of_the_data_sheet(driver, options, octets, values):
    found = sample_values(driver, bytes.fromhex(octets), options)
    assert {name: found[name] for name in values} == pytest.approx(values, rel=2e-3, abs=2e-3 if driver == "scd41" else 1e-9)


def test_oracle_gives_the_example_of_bosch():
    # BMP280's data sheet, 3.12; the BME280 has the same algorithm for temperature and pressure.
    dig = {"T1": 27504, "T2": 26435, "T3": -1000, "P1": 36477, "P2": -10685, "P3": 3024, "P4": 2855, "P5": 140, "P6": -7}
    dig |= {"P7": 15500, "P8": -14600, "P9": 6000}
    fine = bme280_fine_temperature(519888, dig)
    assert (fine, bme280_temperature(fine)) == (128422, 25.08)
    assert bme280_pressure(415148, fine, dig) == pytest.approx(100653.27, abs=0.05)


def test_oracle_gives_the_resistances_of_the_standard():
    # IEC 60751, table 1
    for degc, ohm in ((-200, 18.52), (-100, 60.26), (0, 100.0), (100, 138.51), (400, 247.09), (850, 390.48)):
        assert platinum_ohm(degc, 100) == pytest.approx(ohm, abs=0.006)
        assert platinum_degc(platinum_ohm(degc, 1000), 1000) == pytest.approx(degc, abs=1e-9)
    assert platinum_degc(18.0, 100) is None and platinum_degc(391.0, 100) is None


def test_oracle_takes_a_word_with_its_crc_alone():
    assert checked_word(b"\xbe\xef\x92") == 0xBEEF  # Sensirion's own example
    assert all(checked_word(bytes((0xBE, 0xEF, crc))) is None for crc in range(256) if crc != 0x92)


def test_oracle_has_no_value_where_the_part_says_so():
    air = "01f4" + "{:02x}" + "1388" + "{:02x}" + "0001" + "{:02x}"
    crcs = [
        next(crc for crc in range(256) if checked_word(word + bytes((crc,))) is not None)
        for word in (b"\x01\xf4", b"\x13\x88", b"\x00\x01")
    ]
    assert sample_values("slf3s", bytes.fromhex(air.format(*crcs)), {"variant": "1300F"}) == {
        "flow": None,
        "temperature": 25.0,
        "flags": 1,
    }
    nothing = {
        "ads1115": ("7fff", {"range_v": 2.048}),
        "adc": ("ff0f", {}),
        "as7341": ("80" + "0100" * 6, {"gain": 1, "atime": 0, "astep": 999}),
        "adxl355": ("000001" * 3, {"range_g": 2, "trigger": "fifo_watermark"}),
        "bmp390": ("000080000080", {}),
        "ina219": ("00010000", {"shunt_ohm": 1}),
        "max31865": ("4001", {"rtd_ohm": 100, "reference_ohm": 400}),
        "lsm6dso": ("ff" * 12, {"range_g": 2, "range_dps": 125}),
        "mhz19b": ("ff86026047000000d2", {}),
        "rm3100": ("00" * 9, {"cycle_count": 200}),
        "scd41": ("0000816667a25eb93c", {}),
        "tsl2591": ("00" + "01000100", {"gain": 1, "integration_ms": 100}),
        "veml7700": ("ffffffff", {"gain": 1, "integration_ms": 100}),
    }
    for driver, (octets, options) in nothing.items():
        coefficients = bytes(PARTS[driver][2]) or None
        assert set(sample_values(driver, bytes.fromhex(octets), options, coefficients).values()) == {None}, driver


def test_oracle_corrects_for_dead_time_and_knows_where_it_cannot():
    def rate(pulses, dead_time_us):
        sample = (7).to_bytes(4, "little") + pulses.to_bytes(4, "little") + (1_000_000).to_bytes(4, "little")
        return sample_values("pulse_counter", sample, {"dead_time_us": dead_time_us})["rate"]

    assert rate(1000, 0.0) == 1000.0
    assert rate(1000, 100.0) == pytest.approx(1000 / 0.9)
    assert rate(10_000, 100.0) is None


def test_oracle_calibrates_by_lines_powers_and_points():
    assert calibrated({"scale": 2.0, "offset": -1.0, "unit": "V"}, 3) == 5.0
    assert calibrated({"coefficients": [1.0, 0.0, 2.0], "unit": "V"}, 3) == 19.0
    points = {"points": [[0, 10.0], [10, 20.0], [20, 0.0]], "unit": "degC"}
    assert [calibrated(points, code) for code in (-1, 0, 5, 10, 15, 20, 21)] == [None, 10.0, 15.0, 20.0, 10.0, 0.0, None]
    assert calibrated(points, None) is None
