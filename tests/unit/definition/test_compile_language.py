"""What the rest of the language becomes: channels for the host, and what the plan says of times, pulses, UARTs and modes."""

import json

import pytest

from freefall.definition import Channel, Linear, RawWord, parse_definition
from freefall.definition.compiled import Claim, Stalls
from freefall.sensors.channels import Compensated, Limits, Polynomial, Table
from unit.definition.sample import FAST, SOUND, changed, spoiled
from unit.definition.test_findings_places import CO2, HITS, RTD, SLOWER

AIR = """\
[sensor.air]
driver = "bme280"
bus = "i2c1"
address = 0x76
[stream.air]
sensor = "air"
trigger = "periodic"
rate_hz = 1
"""


def with_sections(*sections: str, text: str = SOUND):
    return parse_definition(text + "\n".join(sections), "payload.toml")


def plan(definition):
    return json.loads(definition.plan)


@pytest.mark.parametrize(
    ("body", "calibration"),
    [
        ("scale = 2", Linear(2.0, 0.0)),
        ("scale = -2\noffset = 1", Linear(-2.0, 1.0)),
        ("coefficients = [1, 2, 0.5]", Polynomial((1.0, 2.0, 0.5))),
        ("points = [[0, 1], [10, 5.5]]", Table((0.0, 10.0), (1.0, 5.5))),
    ],
)
def test_a_calibration_is_of_one_of_three_kinds(body, calibration):
    channels = with_sections(f"[stream.vibration.calibration.y]\n{body}\nunit = 'mg'").stream("vibration").channels
    assert (channels[1].calibration, channels[1].unit) == (calibration, "mg")
    assert channels[0].unit == "g" and channels[0].calibration != calibration


def test_a_calibration_goes_on_from_what_the_driver_compensates():
    text = SLOWER + AIR
    stream = parse_definition(text, "payload.toml").stream("air")
    compensated = {channel.name: channel for channel in stream.channels if isinstance(channel.calibration, Compensated)}
    assert "pressure" in compensated and compensated["pressure"].calibration.after is None
    assert stream.compensation is not None
    stream = with_sections("[stream.air.calibration.pressure]\nscale = 1.001\noffset = -20", text=text).stream("air")
    assert {c.name: c.calibration for c in stream.channels}["pressure"] == Compensated(after=Linear(1.001, -20.0))
    assert stream.compensation is not None


def test_the_sensor_tells_what_the_board_reads_of_it_at_boot_and_its_own_table():
    sensor = parse_definition(SLOWER + AIR, "payload.toml").sensors[-1]
    assert sensor.coefficients == type(sensor.table).COEFFICIENTS > 0
    assert (sensor.table.driver, sensor.table.address) == ("bme280", 0x76)


def test_a_stream_without_compensation_or_times_has_none():
    stream = parse_definition(SOUND, "payload.toml").stream("vibration")
    assert (stream.compensation, stream.times) == (None, False)


def test_own_fields_are_channels_after_the_drivers():
    field = "[stream.vibration.field.marks]\noctet = 2\noctets = 2\norder = 'little'\nshift = 3\nwidth = 5\nsigned = true\n"
    whole = "[stream.vibration.field.octet]\noctet = 8\nunit = 'V'\noffset = 1"
    definition = with_sections(field + "scale = 0.5", whole)
    assert definition.stream("vibration").channels[3:] == (
        Channel("marks", "1", RawWord(2, 2, "little", 3, 5, True), Linear(0.5, 0.0), transducer=True),
        Channel("octet", "V", RawWord(8, 1, "big", 0, 8, False), Linear(1.0, 1.0), transducer=True),
    )


def test_a_field_without_a_width_is_the_rest_of_its_word():
    stream = with_sections("[stream.vibration.field.rest]\noctet = 0\noctets = 3\nshift = 4").stream("vibration")
    assert stream.channels[3].raw == RawWord(0, 3, "big", 4, 20, False)


@pytest.mark.parametrize(
    "section",
    [
        "[stream.vibration.field.mark]\noctet = 0",
        "[stream.vibration.calibration.x]\npoints = [[0, 1], [1, 2]]",
        "[stream.vibration.claim.x]\namplitude = 1\nlow_hz = 1\nhigh_hz = 50",
        "[limits.vibration.x]\nwatch = [-1, 1]",
        "[stalls]\ninterrupts_off_ms = 0.01",
    ],
)
def test_what_only_the_host_makes_of_samples_keeps_the_definition_id(section):
    assert with_sections(section).plan == parse_definition(SOUND, "payload.toml").plan


def test_limits_come_with_their_channels():
    definition = with_sections(
        "[limits.vibration.x]\nwatch = [-1, 1]\ncritical = [-2, 2.5]", "[limits.temperature.temperature]\nwarning = [10, 40]"
    )
    x, y, _ = definition.stream("vibration").channels
    assert x.limits == Limits(watch=(-1.0, 1.0), critical=(-2.0, 2.5)) and y.limits is None
    assert definition.limits == {
        ("vibration", "x"): x.limits,
        ("temperature", "temperature"): Limits(warning=(10.0, 40.0)),
    }


def test_claims_are_in_the_channels_unit():
    claim = "[stream.vibration.claim.x]\namplitude = 250\nunit = 'mg'\nlow_hz = 1\nhigh_hz = 100\nstandard = 'iss'"
    (made,) = with_sections(claim).claims
    assert made == Claim("vibration", "x", pytest.approx(0.25), "g", 1.0, 100.0, "iss")


def test_a_claim_without_a_unit_is_in_that_of_the_calibration():
    calibration = "[stream.vibration.calibration.x]\nscale = 1e-3\nunit = 'm/s^2'"
    (made,) = with_sections(calibration, "[stream.vibration.claim.x]\namplitude = 9.8\nlow_hz = 1\nhigh_hz = 100").claims
    assert (made.amplitude, made.unit, made.standard) == (9.8, "m/s^2", None)


def test_stalls_are_what_the_definition_says_or_the_usual_ones():
    assert parse_definition(SOUND, "payload.toml").stalls == Stalls(interrupts_off_ms=0.0, foreground_ms=200.0)
    given = with_sections("[stalls]\ninterrupts_off_ms = 0.05\nforeground_ms = 400")
    assert given.stalls == Stalls(interrupts_off_ms=0.05, foreground_ms=400.0)
    assert given.stream("vibration").ring_depth == 512  # and the ring rides them out


@pytest.mark.parametrize(
    "edit", [("pin = 15", "pin = 15\nsample_times = true"), ("rate_hz = 1.0", "rate_hz = 1.0\nsample_times = true")]
)
def test_a_samples_own_time_travels_before_it(edit):
    definition, without = changed(edit), changed()
    (stream,) = (stream for stream in definition.streams if stream.times)
    assert stream.sample_len == without.stream(stream.name).sample_len + 4 and stream.sensor_len == stream.sample_len - 4
    planned = plan(definition)["streams"][stream.number]
    assert (planned["sample_times"], planned["sample_len"]) == (True, stream.sample_len)
    assert stream.channels == without.stream(stream.name).channels  # which count from the sensor's own octets
    assert planned["packet_len"] == stream.packet_len >= 18 + stream.samples_per_packet * stream.sample_len


def test_pulses_make_samples_with_times_at_most_so_often():
    definition = parse_definition(SLOWER + HITS, "payload.toml")
    stream, planned = definition.stream("hits"), plan(definition)["streams"][-1]
    assert (stream.trigger, stream.times, stream.rate_hz) == ("pulse", True, 50.0)
    assert planned["trigger"] == {"kind": "pulse"}
    assert (planned["period_us"], planned["sample_times"]) == (20_000, True)


def test_a_uart_is_a_bus_of_one_sensor():
    planned = plan(parse_definition(SOUND + CO2, "payload.toml"))
    assert planned["buses"][1] == {"id": 1, "kind": "uart", "tx": 8, "rx": 9, "baud": 9600, "timeout_us": 100_000}
    sensor = planned["sensors"][-1]
    assert (sensor["driver"], sensor["bus"]) == ("mhz19b", 1) and not {"address", "cs"} & set(sensor)


def test_an_spi_bus_has_the_mode_of_its_sensors():
    alone = (
        spoiled(('"spi0"', '"spi1"'), text=RTD) + "[bus.spi1]\nkind = 'spi'\nsck = 10\nmosi = 11\nmiso = 12\nfreq_hz = 1000000\n"
    )
    buses = plan(parse_definition(FAST + alone, "payload.toml"))["buses"]
    assert {(bus["id"], bus["mode"]) for bus in buses if bus["kind"] == "spi"} == {(0, 0), (1, 1)}


def test_an_spi_bus_without_sensors_has_the_first_mode():
    text = FAST + "[bus.spi1]\nkind = 'spi'\nsck = 10\nmosi = 11\nmiso = 12\nfreq_hz = 1000000\n"
    assert [bus["mode"] for bus in plan(parse_definition(text, "payload.toml"))["buses"] if bus["kind"] == "spi"] == [0, 0]


def test_a_sensor_of_the_board_itself_has_no_bus():
    light = '[sensor.light]\ndriver = "adc"\npin = 26\n[stream.light]\nsensor = "light"\ntrigger = "periodic"\nrate_hz = 10\n'
    definition = parse_definition(SOUND + light, "payload.toml")
    assert plan(definition)["sensors"][-1] == {"bus": None, "config": {"pin": 26}, "driver": "adc"}
    assert (definition.sensors[-1].bus, definition.sensors[-1].place) == (None, {})
