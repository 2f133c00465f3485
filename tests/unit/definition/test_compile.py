"""The plan, byte for byte; what changes the definition id and what does not; sizes of packets and rings."""

import hashlib
import json
from dataclasses import replace

import pytest

from freefall.definition import Channel, Linear, RawWord, Sensor, parse_definition
from freefall.sensors.catalogue.pulse_counter import PulseCounterTable
from freefall.sensors.pico import spi_hz
from unit.definition.sample import FAST, SOUND, changed

PLAN = (
    b'{"apid":64,"board":"pico",'
    b'"buses":[{"freq_hz":400000,"id":0,"kind":"i2c","scl":5,"sda":4,"timeout_us":1000}],"format":3,'
    b'"housekeeping_ms":1000,"link":{"baud":921600,"rx":1,"transport":"uart0","tx":0},"name":"shaker",'
    b'"sensors":[{"address":29,"bus":0,"config":{"odr_code":2,"range_code":1,"watermark":0},"driver":"adxl355"},'
    b'{"address":72,"bus":0,"config":{"averages_code":1},"driver":"tmp117"}],'
    b'"streams":['
    b'{"apid":65,"channels":["x","y","z"],"max_latency_ms":100,"name":"vibration","packet_len":244,'
    b'"period_us":1000,"ring_depth":256,"sample_len":9,"sample_times":false,"samples_per_packet":25,"samples_per_read":1,"sensor":0,'
    b'"trigger":{"kind":"data_ready","pin":15,"timestamps":"interrupt"}},'
    b'{"apid":66,"channels":["temperature"],"max_latency_ms":1000,"name":"temperature","packet_len":20,'
    b'"period_us":1000000,"ring_depth":8,"sample_len":2,"sample_times":false,"samples_per_packet":1,"samples_per_read":1,"sensor":1,'
    b'"trigger":{"kind":"periodic"}}],"watchdog_ms":0}'
)
FAST_PLAN = (
    b'{"apid":64,"board":"pico",'
    b'"buses":[{"freq_hz":400000,"id":1,"kind":"i2c","scl":7,"sda":6,"timeout_us":1000},'
    b'{"freq_hz":8000000,"id":0,"kind":"spi","miso":16,"mode":0,"mosi":19,"sck":18,"timeout_us":1000}],"format":3,'
    b'"housekeeping_ms":1000,"link":{"baud":921600,"rx":1,"transport":"uart0","tx":0},"name":"fast",'
    b'"sensors":[{"bus":1,"config":{"odr_code":0,"range_code":1,"watermark":25},"cs":17,"driver":"adxl355"},'
    b'{"address":72,"bus":0,"config":{"averages_code":1},"driver":"tmp117"},'
    b'{"bus":null,"config":{"pin":20},"driver":"pulse_counter"}],'
    b'"streams":['
    b'{"apid":65,"channels":["x","y","z"],"max_latency_ms":100,"name":"vibration","packet_len":244,'
    b'"period_us":250,"ring_depth":64,"sample_len":9,"sample_times":false,"samples_per_packet":25,"samples_per_read":25,"sensor":0,'
    b'"trigger":{"kind":"fifo_watermark","pin":15,"timestamps":"hardware"}},'
    b'{"apid":66,"channels":["temperature"],"max_latency_ms":1000,"name":"temperature","packet_len":24,'
    b'"period_us":500000,"ring_depth":8,"sample_len":2,"sample_times":false,"samples_per_packet":2,"samples_per_read":1,"sensor":1,'
    b'"trigger":{"kind":"periodic"}},'
    b'{"apid":67,"channels":'
    + json.dumps(PulseCounterTable.CHANNELS, separators=(",", ":")).encode()
    + b',"max_latency_ms":1000,"name":"dose","packet_len":32,'
    b'"period_us":1000000,"ring_depth":8,"sample_len":12,"sample_times":false,"samples_per_packet":1,"samples_per_read":1,"sensor":2,'
    b'"trigger":{"kind":"periodic"}}],"watchdog_ms":0}'
)
CALIBRATION = "\n[stream.vibration.calibration.y]\nscale = 4.1e-6\noffset = -0.002"


def bare(sensor):
    """A sensor without the table that it comes from."""
    assert sensor.table.driver == sensor.driver
    return replace(sensor, table=None)


def test_the_plan_is_these_octets():
    assert parse_definition(SOUND, "payload.toml").plan == PLAN
    assert parse_definition(FAST, "payload.toml").plan == FAST_PLAN


def test_the_definition_id_is_the_start_of_the_plans_hash():
    definition = parse_definition(SOUND, "payload.toml")
    assert definition.definition_id.to_bytes(4, "big") == hashlib.sha256(PLAN).digest()[:4]
    assert f"{definition.definition_id:08x}" == "4cd2105a"


@pytest.mark.parametrize(
    "edit",
    [
        ("rate_hz = 1.0", "rate_hz = 1.0" + CALIBRATION),
        ("[payload]", "# a comment\n[payload]"),
        ("rate_hz = 1.0", "rate_hz = 1"),
        ("apid = 64", 'apid = 0x40\ndescription = "shakes"\ndiscipline = "any"\nboard = "pico"'),
        ("baud = 921600", "baud = 921_600\ntx = 0\nrx = 1\n[housekeeping]\nperiod_ms = 1000\n[watchdog]"),
    ],
)
def test_what_the_board_does_not_see_keeps_the_definition_id(edit):
    assert changed(edit).plan == PLAN


@pytest.mark.parametrize(
    "edit",
    [
        ("rate_hz = 1.0", "rate_hz = 1.5"),
        ("odr_hz = 1000", "odr_hz = 500"),
        ("range_g = 2", "range_g = 4"),
        ("pin = 15", "pin = 14"),
        ("pin = 15", 'pin = 15\ntimestamps = "hardware"'),
        ('"accel"\ntrigger = "data_ready"\npin = 15', '"warmth"\ntrigger = "periodic"\nrate_hz = 1'),
        ("[stream.vibration]", "[stream.shaking]"),
        ("max_latency_ms = 100", "max_latency_ms = 20"),
        ("baud = 921600", "baud = 460800"),
        ("[link]", "[watchdog]\ntimeout_ms = 500\n[link]"),
        ("[link]", "[housekeeping]\nperiod_ms = 500\n[link]"),
    ],
)
def test_what_the_board_does_changes_the_definition_id(edit):
    assert changed(edit).definition_id != parse_definition(SOUND, "payload.toml").definition_id


def test_names_of_sensors_stay_on_the_host():
    renamed = parse_definition(SOUND.replace("warmth", "thermometer"), "payload.toml")
    assert renamed.plan == PLAN
    assert renamed.stream("temperature").sensor == "thermometer"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('transport = "usb"', {"transport": "usb"}),
        (
            'transport = "uart1"\nbaud = 230400\ntx = 8',
            {"transport": "uart1", "baud": 230400, "tx": 8, "rx": 5},
        ),
    ],
)
def test_links(link, expected):
    edits = [('transport = "uart0"\nbaud = 921600', link), ("scl = 5", "scl = 17"), ("sda = 4", "sda = 16")]
    assert json.loads(changed(*edits).plan)["link"] == expected


def test_a_bus_has_the_number_of_its_peripheral_and_sensors_count_the_buses():
    text = SOUND.replace("i2c0", "i2c1").replace("scl = 5", "scl = 7").replace("sda = 4", "sda = 6")
    plan = json.loads(parse_definition(text, "payload.toml").plan)
    assert [bus["id"] for bus in plan["buses"]] == [1]
    assert [sensor["bus"] for sensor in plan["sensors"]] == [0, 0]


@pytest.mark.parametrize(
    ("rate", "latency", "samples", "packet_len", "ring"),
    [  # of 9 octets: at most 25 in a packet
        (1000, 25, 25, 244, 256),
        (1000, 24, 24, 236, 256),
        (1000, 10, 10, 108, 256),
        (125, 100, 12, 128, 64),
        (62.5, 10, 1, 28, 16),
        (3.906, 10, 1, 28, 8),
        (3.906, 60_000, 25, 244, 64),
    ],
)
def test_sizes_of_packets_and_rings(rate, latency, samples, packet_len, ring):
    edits = [("odr_hz = 1000", f"odr_hz = {rate}"), ("latency_ms = 100", f"latency_ms = {latency}")]
    stream = changed(*edits, infeasible=True).stream("vibration")
    assert (stream.samples_per_packet, stream.packet_len, stream.ring_depth) == (samples, packet_len, ring)
    assert (stream.rate_hz, stream.sample_len, stream.max_latency_ms) == (rate, 9, latency)


@pytest.mark.parametrize(
    ("odr", "watermark", "latency", "samples", "packet_len", "ring"),
    [  # a packet holds whole bursts; a ring holds so many of them
        (4000, 25, 100, 25, 244, 64),
        (4000, 8, 100, 24, 236, 128),
        (4000, 13, 100, 13, 136, 128),
        (4000, 1, 100, 25, 244, 1024),
        (1000, 8, 10, 8, 92, 32),
        (500, 3, 10, 3, 48, 64),
        (3.906, 3, 1000, 3, 48, 8),
    ],
)
def test_sizes_of_packets_and_rings_of_bursts(odr, watermark, latency, samples, packet_len, ring):
    edits = [("odr_hz = 4000", f"odr_hz = {odr}"), ("watermark = 25", f"watermark = {watermark}")]
    definition = changed(*edits, ("latency_ms = 100", f"latency_ms = {latency}"), text=FAST, infeasible=True)
    stream = definition.stream("vibration")
    assert (stream.samples_per_packet, stream.packet_len, stream.ring_depth) == (samples, packet_len, ring)
    assert (stream.samples_per_read, stream.sample_len) == (watermark, 9)
    assert definition.sensors[0].config["watermark"] == watermark


@pytest.mark.parametrize("odr", [4000, 1000, 62.5, 7.813, 3.906])
def test_samples_of_bursts_are_dated_by_the_sensors_nominal_rate(odr):
    edits = [("odr_hz = 4000", f"odr_hz = {odr}"), ("watermark = 25", "watermark = 2"), ("max_latency_ms = 100\n", "")]
    definition = changed(*edits, text=FAST)
    assert definition.stream("vibration").rate_hz == odr
    assert json.loads(definition.plan)["streams"][0]["period_us"] == round(1_000_000 / odr)


def test_time_stamps_are_the_interrupts_unless_asked_for():
    plans = [
        json.loads(changed(edit, text=FAST).plan) for edit in (('"hardware"', '"interrupt"'), ('timestamps = "hardware"\n', ""))
    ]
    assert [plan["streams"][0]["trigger"]["timestamps"] for plan in plans] == ["interrupt"] * 2


def test_a_sensor_on_spi_need_not_use_its_fifo():
    edits = [('"fifo_watermark"', '"data_ready"'), ("watermark = 25\n", "")]
    plan = json.loads(changed(*edits, text=FAST).plan)
    assert plan["sensors"][0]["config"]["watermark"] == 0
    assert plan["streams"][0]["trigger"] == {"kind": "data_ready", "pin": 15, "timestamps": "hardware"}
    assert plan["streams"][0]["samples_per_read"] == 1


def test_a_pulse_counter_counts_on_the_board():
    definition = changed(text=FAST)
    assert bare(definition.sensors[2]) == Sensor(2, "geiger", "pulse_counter", None, {}, {"pin": 20})
    count = definition.stream("dose").channels[0]
    assert count == Channel("count", "1", RawWord(0, 4, "little", 0, 32, False), Linear(1.0, 0.0), transducer=count.transducer)


def sdk_pace_hz(freq_hz):
    """spi_set_baudrate() of the pico-sdk, for 48 MHz, as it is written."""
    prescale = next(p for p in range(2, 255, 2) if (p + 2) * 256 * freq_hz > 48_000_000)
    postdiv = next((d for d in range(256, 1, -1) if 48_000_000 // (prescale * (d - 1)) > freq_hz), 1)
    return 48_000_000 / (prescale * postdiv)


@pytest.mark.parametrize("freq_hz", [100_000, 123_456, 1_000_000, 4_799_999, 4_800_000, 5_000_000, 7_999_999, 10_000_000])
def test_the_pace_of_spi_is_what_the_board_makes(freq_hz):
    assert spi_hz(freq_hz) == pytest.approx(sdk_pace_hz(freq_hz), abs=1)
    assert spi_hz(freq_hz) <= freq_hz


def test_a_ring_may_be_given():
    assert changed(("pin = 15", "pin = 15\nring_depth = 512")).stream("vibration").ring_depth == 512


@pytest.mark.parametrize(("rate", "period_us"), [("1000", 1000), ("3", 333_333), ("0.01", 100_000_000)])
def test_periods_are_whole_microseconds(rate, period_us):
    plan = json.loads(changed(('"data_ready"\npin = 15', f'"periodic"\nrate_hz = {rate}')).plan)
    assert plan["streams"][0]["period_us"] == period_us


def test_an_accelerometer_may_be_sampled_by_the_boards_clock():
    stream = changed(('"data_ready"\npin = 15', '"periodic"\nrate_hz = 10')).stream("vibration")
    assert (stream.trigger, stream.rate_hz) == ("periodic", 10.0)


@pytest.mark.parametrize(("range_g", "code", "scale"), [(2, 1, 3.90625e-6), (4, 2, 7.8125e-6), (8, 3, 15.625e-6)])
def test_adxl355_ranges(range_g, code, scale):
    definition = changed(("range_g = 2", f"range_g = {range_g}"))
    config = {"range_code": code, "odr_code": 2, "watermark": 0}
    assert bare(definition.sensors[0]) == Sensor(0, "accel", "adxl355", "i2c0", {"address": 0x1D}, config)
    assert definition.stream("vibration").channels == tuple(
        Channel(name, "g", RawWord(offset, 3, "big", 4, 20, True), Linear(scale, 0.0))
        for name, offset in (("x", 0), ("y", 3), ("z", 6))
    )


@pytest.mark.parametrize(("odr", "code"), [("1000.0", 2), ("62.5", 6), ("7.813", 9), ("3.906", 10)])
def test_adxl355_rates(odr, code):
    definition = changed(("odr_hz = 1000", f"odr_hz = {odr}"), infeasible=True)
    assert definition.sensors[0].config["odr_code"] == code
    assert definition.stream("vibration").rate_hz == float(odr)


def test_adxl355_may_convert_faster_than_it_is_read():
    definition = changed(("odr_hz = 1000", "odr_hz = 4000"), ('"data_ready"\npin = 15', '"periodic"\nrate_hz = 10'))
    assert definition.sensors[0].config["odr_code"] == 0


@pytest.mark.parametrize(("averages", "code"), [(1, 0), (8, 1), (32, 2), (64, 3)])
def test_tmp117_averages(averages, code):
    definition = changed(("address = 0x48", f"address = 0x48\naverages = {averages}"))
    assert bare(definition.sensors[1]) == Sensor(1, "warmth", "tmp117", "i2c0", {"address": 0x48}, {"averages_code": code})
    assert definition.stream("temperature").channels == (
        Channel("temperature", "degC", RawWord(0, 2, "big", 0, 16, True), Linear(0.0078125, 0.0)),
    )


def test_a_calibration_replaces_the_data_sheets_for_its_channel():
    definition = changed(("rate_hz = 1.0", "rate_hz = 1.0" + CALIBRATION + '\nunit = "m s-2"'))
    x, y, z = definition.stream("vibration").channels
    assert (y.unit, y.calibration) == ("m s-2", Linear(4.1e-6, -0.002))
    assert {c.unit for c in (x, z)} == {"g"}
    assert {c.calibration for c in (x, z)} == {Linear(3.90625e-6, 0.0)}


def test_the_definition_holds_what_the_text_says():
    definition = changed(("apid = 64", 'apid = 64\ndescription = "d"\ndiscipline = "e"'))
    assert (definition.name, definition.apid, definition.board) == ("shaker", 64, "pico")
    assert (definition.description, definition.discipline, definition.housekeeping_ms) == ("d", "e", 1000)
    assert [(s.number, s.name, s.apid, s.driver) for s in definition.streams] == [
        (0, "vibration", 65, "adxl355"),
        (1, "temperature", 66, "tmp117"),
    ]


def test_an_unknown_stream_is_refused_with_the_known_ones():
    with pytest.raises(KeyError, match='no stream "sound" in payload shaker; it has vibration, temperature'):
        parse_definition(SOUND, "payload.toml").stream("sound")
