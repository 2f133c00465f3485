"""Values that need more than a line, through the command line: coefficients that come late, limits, samples' own times.

The BME280's part is that of the example in the BMP280's data sheet (section 3.12): 25.08 degC and 100653.27 Pa.
"""

import csv
import json

import pytest

from freefall.definition import load_definition
from freefall.sensors.catalogue.bme280.compensation import Trimming
from oracle import codec
from unit.decode import packets

TOML = """
[payload]
name = "cabin"
apid = 300
[link]
transport = "usb"
[bus.i2c0]
kind = "i2c"
scl = 5
sda = 4
freq_hz = 400000
[sensor.air]
driver = "bme280"
bus = "i2c0"
address = 0x76
[sensor.light]
driver = "adc"
pin = 26
[stream.air]
sensor = "air"
trigger = "periodic"
rate_hz = 10.0
[stream.light]
sensor = "light"
trigger = "periodic"
rate_hz = 10.0
sample_times = true
[limits.air.pressure]
watch = [100700.0, 102000.0]
critical = [90000.0, 110000.0]
[limits.air.temperature]
watch = [10.0, 30.0]
"""
TRIMMING = Trimming(
    27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000, h1=75, h2=360, h3=0, h4=300, h5=0, h6=30
).octets()
GOOD = (415148 << 4).to_bytes(3, "big") + (519888 << 4).to_bytes(3, "big") + b"\x70\x00"
BLANK = bytes.fromhex("8000008000008000")


@pytest.fixture
def cabin(tmp_path):
    path = tmp_path / "payload.toml"
    path.write_text(TOML)
    return path


@pytest.fixture
def sent(cabin, tmp_path):
    """sent(pieces): a file of what a board of that definition sent, its boot event first."""
    definition = load_definition(cabin)

    def write(*pieces):
        path = tmp_path / "octets.bin"
        path.write_bytes(b"\0" + packets.boot(definition) + b"".join(piece(definition) for piece in pieces))
        return path

    return write


def air(index, *samples):
    return lambda d: packets.given(d.stream("air"), index, list(samples), 10_000 + 100_000 * index, index)


def coefficients(sequence):
    return lambda d: packets.coefficients(d, 0, TRIMMING, sequence, 1000 * sequence)


def light(index, *own_us):
    samples = [codec.timed_sample(own, (1000 + n).to_bytes(2, "little")) for n, own in enumerate(own_us)]
    return lambda d: packets.given(d.stream("light"), index, samples, 123_457, index)


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_export_has_the_values_of_samples_from_before_the_coefficients(freefall, sent, cabin, tmp_path):
    path = sent(air(0, GOOD), air(1, GOOD, BLANK), coefficients(2), air(3, GOOD))
    assert freefall("export", path, "-d", cabin, "--to", "csv", "-o", tmp_path / "out").code == 0
    table = rows(tmp_path / "out" / "air.csv")
    assert [row["index"] for row in table] == ["0", "1", "2", "3"]
    assert table[2]["temperature [degC]"] == table[2]["pressure [Pa]"] == table[2]["humidity [%RH]"] == "nan"
    assert table[2]["temperature_raw"] == str(0x80000)
    for row in table[:2] + table[3:]:
        assert float(row["temperature [degC]"]) == pytest.approx(25.08, abs=0.005)
        assert float(row["pressure [Pa]"]) == pytest.approx(100653.27, abs=0.02)


def test_decode_shows_the_values_as_they_come(freefall, sent, cabin):
    path = sent(air(0, GOOD), coefficients(2), air(1, GOOD))
    done = freefall("decode", path, "-d", cabin, "--json")
    lines = [json.loads(line, parse_constant=pytest.fail) for line in done.out.splitlines()]
    assert [line["type"] for line in lines] == ["boot", "sample", "coefficients", "sample"]
    assert lines[1]["values"] == {"temperature": None, "pressure": None, "humidity": None}
    assert lines[3]["values"]["temperature"] == pytest.approx(25.08, abs=0.005)
    assert lines[2]["octets"] == TRIMMING.hex() and lines[2]["sensor"] == "air"
    only = freefall("decode", path, "-d", cabin, "--json", "-a", "light")
    assert [json.loads(line)["type"] for line in only.out.splitlines()] == ["boot"]


def test_decode_numbers_boots_in_what_is_read_whatever_the_board_counts(freefall, sent, cabin):
    path = sent(air(0, GOOD), lambda d: packets.boot(d, boot_count=9), air(0, GOOD))
    lines = [json.loads(line) for line in freefall("decode", path, "-d", cabin, "--json").out.splitlines()]
    assert [line["boot"] for line in lines if line["type"] == "sample"] == [0, 1]
    assert [line["boot_count"] for line in lines if line["type"] == "boot"] == [1, 9]
    assert [(line["boot"], line["boot_count"]) for line in lines if line["type"] == "reboot"] == [(1, 9)]
    shown = freefall("decode", path, "-d", cabin, "--csv", "-a", "air").out.splitlines()
    assert [row["boot"] for row in csv.DictReader(shown)] == ["0", "1"]
    assert "boot numbers the boots in what is read, from 0" in " ".join(freefall("decode", "--help").out.split())


def test_stats_count_invalid_samples_and_values_outside_limits(freefall, sent, cabin):
    path = sent(air(0, GOOD, BLANK), coefficients(2), air(2, GOOD))
    facts = json.loads(freefall("stats", path, "-d", cabin, "--json").out)
    own = facts["statistics"]["air"]
    assert own["invalid"] == {"not measured": 1, "no coefficients": 0, "no value": 0} and own["invalid_samples"] == 1
    assert own["channels"]["pressure"]["outside"] == {"watch": 2, "critical": 0}
    assert own["channels"]["temperature"]["outside"] == {"watch": 0} and "outside" not in own["channels"]["humidity"]
    assert own["channels"]["temperature"]["count"] == 2
    assert facts["metrics"] | {"invalid": 1, "watch": 2, "warning": 0, "critical": 0} == facts["metrics"]


@pytest.mark.parametrize(
    "condition, code", [("invalid>0", 1), ("invalid>1", 0), ("watch>1", 1), ("warning>0", 0), ("critical>0", 0), ("watch>2", 0)]
)
def test_stats_fail_on_them_when_asked(freefall, sent, cabin, condition, code):
    path = sent(air(0, GOOD, BLANK), coefficients(2), air(2, GOOD))
    assert freefall("stats", path, "-d", cabin, "--fail-on", condition).code == code


def test_report_says_what_is_worth_a_look(freefall, sent, cabin):
    out = freefall("stats", sent(coefficients(1), air(0, GOOD, BLANK)), "-d", cabin).out
    assert "Invalid in air: 1 of 2 samples (1 not measured)." in out
    assert "INVALID 1" in out.splitlines()[0] + out.splitlines()[1]
    words = [line.split() for line in out.splitlines()]
    assert ["temperature", "degC", "25.0825", "0.0000", "25.0825", "25.0825"] in words
    assert ["pressure", "Pa", "100653", "0", "100653", "100653"] in words
    assert ["pressure", "Pa", "1", "-", "."] in words and ["temperature", "degC", ".", "-", "-"] in words


def test_times_of_samples_are_exported_to_the_microsecond(freefall, sent, cabin, tmp_path):
    path = sent(light(0, 0, 99_999, 200_001))
    assert freefall("export", path, "-d", cabin, "--to", "csv", "-o", tmp_path / "out").code == 0
    table = rows(tmp_path / "out" / "light.csv")
    assert [int(row["time_ns"]) for row in table] == [123_457_000, 223_456_000, 323_458_000]
    assert [row["voltage_raw"] for row in table] == ["1000", "1001", "1002"]


def test_export_leaves_no_sample_out_whose_coefficients_never_came(freefall, sent, cabin, tmp_path):
    path = sent(air(0, GOOD), air(1, GOOD))
    assert freefall("export", path, "-d", cabin, "--to", "csv", "-o", tmp_path / "out").code == 0
    table = rows(tmp_path / "out" / "air.csv")
    assert [(row["index"], row["temperature [degC]"], row["temperature_raw"]) for row in table] == [
        ("0", "nan", "519888"),
        ("1", "nan", "519888"),
    ]
    assert freefall("stats", path, "-d", cabin, "--fail-on", "invalid==2").code == 1
