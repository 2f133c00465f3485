"""Every fault is told once, where it stands, in words an experimenter knows; none hides another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.definition import parse_definition
from freefall.definition.drivers import DRIVERS
from freefall.errors import DefinitionError
from unit.definition.sample import FAST, RICH, SOUND, changed, findings, spoiled

# What is spoiled: (edits of SOUND, findings)
FAULTS = {
    "key nobody knows": (
        [("apid = 64", 'apid = 64\ndisciplin = "x"')],
        ['4:1: unknown key "disciplin" in [payload]; did you mean "discipline"?'],
    ),
    "key like no other": (
        [("baud = 921600", "baud = 921600\nzzz = 1")],
        ['7:1: unknown key "zzz" in [link]; known keys: transport, baud, tx, rx'],
    ),
    "section nobody knows": (
        [("[payload]", "[shelf]\n[payload]")],
        [
            '1:2: unknown section "shelf" in the definition; known sections: payload, link, '
            "housekeeping, watchdog, stalls, bus, sensor, stream, limits",
        ],
    ),
    "misspelt section is not missing as well": (
        [("[bus.i2c0]", "[buss.i2c0]")],
        ['7:2: unknown section "buss" in the definition; did you mean "bus"?'],
    ),
    "misspelt key is not missing as well": (
        [("address = 0x1D", "adress = 0x1D")],
        ['15:1: unknown key "adress" in [sensor.accel]; did you mean "address"?'],
    ),
    "misspelt driver key": (
        [('driver = "adxl355"', 'drivr = "adxl355"')],
        ['13:1: unknown key "drivr" in [sensor.accel]; did you mean "driver"?'],
    ),
    "missing key": (
        [("range_g = 2\n", "")],
        ['12:9: [sensor.accel] needs range_g with driver = "adxl355": full scale in g; less is finer'],
    ),
    "missing driver": (
        [('driver = "tmp117"\n', "")],
        ["18:9: [sensor.warmth] needs driver"],
    ),
    "missing section": (
        [('[payload]\nname = "shaker"\napid = 64\n', "")],
        ["1:1: the definition has no [payload] section"],
    ),
    "fraction for a whole number": (
        [("apid = 64", "apid = 64.5")],
        ["3:8: apid = 64.5 must be a whole number"],
    ),
    "text for a whole number": (
        [("apid = 64", 'apid = "64"')],
        ['3:8: apid = "64" must be a whole number, without quotes'],
    ),
    "truth value for a whole number": (
        [("max_latency_ms = 100", "max_latency_ms = true")],
        ["26:18: max_latency_ms = true must be a whole number"],
    ),
    "text for a number": (
        [("rate_hz = 1.0", 'rate_hz = "fast"')],
        ['30:11: rate_hz = "fast" must be a number'],
    ),
    "not a number": (
        [("rate_hz = 1.0", "rate_hz = nan")],
        ["30:11: rate_hz = nan must be a finite number"],
    ),
    "infinity": (
        [("rate_hz = 1.0", "rate_hz = inf")],
        ["30:11: rate_hz = inf must be a finite number"],
    ),
    "number for text": (
        [('sensor = "accel"', "sensor = 1")],
        ["23:10: sensor = 1 must be text in quotes"],
    ),
    "empty text": (
        [("rate_hz = 1.0", 'rate_hz = 1.0\ncalibration.temperature = {scale = 1, unit = ""}')],
        ['31:46: unit = "" must be text of at least one character'],
    ),
    "payload name with a space": (
        [('"shaker"', '"Shaker 1"')],
        [
            '2:8: name = "Shaker 1" must be a name: a small letter, then up to 31 small letters, digits or underscores',
        ],
    ),
    "stream name with a space": (
        [("[stream.vibration]", '[stream."no good"]')],
        [
            '22:9: stream name "no good" must be a name: a small letter, then up to 31 small letters, digits or underscores',
        ],
    ),
    "value for a section": (
        [("[payload]", "watchdog = 5\n[payload]")],
        ["1:12: watchdog = 5 must be a section: [watchdog]"],
    ),
    "array of sections": (
        [("[stream.temperature]", "[[stream.temperature]]")],
        ["27:10: [[stream.temperature]] must be a section: [stream.temperature]"],
    ),
    "value for a sensor": (
        [("[sensor.warmth]", "[sensor]\nspare = 1\n[sensor.warmth]")],
        ["19:9: spare = 1 must be a section: [sensor.spare]; keys stand in such sections, [sensor.NAME]"],
    ),
    "value for all buses": (
        [
            (
                "[payload]",
                "bus = 1\n[payload]",
            ),
            (
                "[bus.i2c0]\n",
                "[watchdog]\n",
            ),
            (
                'kind = "i2c"\nscl = 5\nsda = 4\nfreq_hz = 400000\n',
                "",
            ),
        ],
        ["1:7: bus = 1 must be a section: [bus]"],
    ),
    "section for a value": (
        [("[link]", "[payload.description]\n[link]")],
        ["4:10: [payload.description] must be text in quotes"],
    ),
    "too small": (
        [("max_latency_ms = 100", "max_latency_ms = 9")],
        ["26:18: max_latency_ms = 9 is too small; the least is 10"],
    ),
    "too large": (
        [("921600", "9_216_000")],
        ["6:8: baud = 9_216_000 is too large; the most is 3000000"],
    ),
    "not among the whole numbers": (
        [("range_g = 2", "range_g = 3")],
        ["16:11: range_g = 3 is not possible; it must be one of 2, 4, 8"],
    ),
    "not among the numbers": (
        [("odr_hz = 1000", "odr_hz = 62")],
        [
            "17:10: odr_hz = 62 is not possible; it must be one of 4000, 2000, 1000, 500, 250, 125, "
            "62.5, 31.25, 15.625, 7.813, 3.906",
        ],
    ),
    "address the sensor cannot have": (
        [("0x1D", "0x1E")],
        ["15:11: address = 0x1E is not possible; it must be one of 0x1D, 0x53"],
    ),
    "transport that is none": (
        [('"uart0"', '"uart3"')],
        ['5:13: transport = "uart3" is not possible; it must be one of "uart0", "uart1", "usb"'],
    ),
    "board that is not the only one": (
        [("apid = 64", 'apid = 64\nboard = "pica"')],
        ['4:9: board = "pica" is not possible; it must be "pico"'],
    ),
    "kind of bus that is not the only one": (
        [('kind = "i2c"', 'kind = "i2d"')],
        ['8:8: kind = "i2d" is not possible; it must be "i2c"'],
    ),
    "watchdog between off and its least": (
        [("[link]", "[watchdog]\ntimeout_ms = 100\n[link]")],
        ["5:14: timeout_ms = 100 is not possible; it must be 0 (off) or 500..8388"],
    ),
    "pin not on the header": (
        [("pin = 15", "pin = 25")],
        ["25:7: pin = 25 is not possible; it must be a pin on the pico's header: 0..22, 26, 27 or 28"],
    ),
    "ring that is no power of two": (
        [("pin = 15", "pin = 15\nring_depth = 100")],
        [
            "26:14: ring_depth = 100 is not possible; it must be one of 4, 8, 16, 32, 64, 128, 256, 512, 1024",
        ],
    ),
    "misspelt driver": (
        [("adxl355", "adxl35")],
        ['13:10: driver = "adxl35" is not in the catalogue of sensors; did you mean "adxl355"?'],
    ),
    "driver like no other": (
        [("adxl355", "zzz")],
        [f'13:10: driver = "zzz" is not in the catalogue of sensors; known drivers: {", ".join(DRIVERS)}'],
    ),
    "number for a driver": (
        [('"adxl355"', "355")],
        ["13:10: driver = 355 must be text in quotes"],
    ),
    "bus the board does not have": (
        [("[bus.i2c0]", "[bus.i2c2]"), ('"i2c0"', '"i2c2"'), ('"i2c0"', '"i2c2"')],
        ['7:6: bus name "i2c2" is not possible; it must be one of i2c0, i2c1, spi0, spi1, uart0, uart1'],
    ),
    "bus the board does not have, and the one that is meant": (
        [("[bus.i2c0]", "[bus.i2c2]"), ('"i2c0"', '"i2c1"'), ('"i2c0"', '"i2c1"')],
        ['7:6: bus name "i2c2" is not possible; it must be one of i2c0, i2c1, spi0, spi1, uart0, uart1'],
    ),
    "sensor by no name, and the one that is meant": (
        [("[sensor.accel]", "[sensor.Accel]")],
        [
            '12:9: sensor name "Accel" must be a name: a small letter, then up to 31 small letters, digits or underscores',
        ],
    ),
    "bus not defined": (
        [('bus = "i2c0"', 'bus = "i2c1"')],
        ['14:7: bus = "i2c1" is not defined; did you mean "i2c0"?'],
    ),
    "sensor not defined": (
        [('"accel"', '"acel"')],
        ['23:10: sensor = "acel" is not defined; did you mean "accel"?'],
    ),
    "address used twice": (
        [
            (
                "[stream.vibration]",
                '[sensor.other]\ndriver="tmp117"\nbus="i2c0"\naddress=0x48\n[stream.vibration]',
            ),
        ],
        ["25:9: address = 0x48 is already used by [sensor.warmth] on i2c0"],
    ),
    "pin used twice": (
        [("pin = 15", "pin = 5")],
        ["25:7: pin = 5 is already used by scl of [bus.i2c0]"],
    ),
    "pin used by default": (
        [("scl = 5", "scl = 1")],
        ["9:7: scl = 1 is already used by rx of [link], by default"],
    ),
    "default pin used": (
        [
            (
                '[link]\ntransport = "uart0"\nbaud = 921600\n',
                "",
            ),
            (
                "rate_hz = 1.0",
                'rate_hz = 1.0\n[link]\ntransport="uart1"\nbaud = 921600',
            ),
        ],
        [
            "28:2: rx (by default 5) is already used by scl of [bus.i2c0]",
            "28:2: tx (by default 4) is already used by sda of [bus.i2c0]",
        ],
    ),
    "pin that is not of the bus": (
        [("scl = 5", "scl = 7")],
        ["9:7: scl = 7 cannot be scl of i2c0; use one of 1, 5, 9, 13, 17, 21"],
    ),
    "pin that is not of the UART": (
        [("baud = 921600", "baud = 921600\ntx = 4")],
        ["7:6: tx = 4 cannot be tx of uart0; use one of 0, 12, 16, 28"],
    ),
    "baud for USB": (
        [('"uart0"', '"usb"')],
        ['6:1: baud = 921600 does not go with transport = "usb": it is for transport = "uart0" or "uart1"; remove it'],
    ),
    "UART without baud": (
        [("baud = 921600\n", "")],
        ['4:2: [link] needs baud with transport = "uart0": bits per second'],
    ),
    "data ready without pin": (
        [("pin = 15\n", "")],
        [
            '22:9: [stream.vibration] needs pin with trigger = "data_ready": the pin that the '
            "sensor's data-ready line is wired to",
        ],
    ),
    "data ready with a rate": (
        [("pin = 15", "pin = 15\nrate_hz = 10")],
        [
            '26:1: rate_hz = 10 does not go with trigger = "data_ready": it is for trigger = "periodic"; remove it',
        ],
    ),
    "periodic with a pin": (
        [("rate_hz = 1.0", "rate_hz = 1.0\npin = 14")],
        [
            '31:1: pin = 14 does not go with trigger = "periodic": it is for trigger = "data_ready" or "fifo_watermark"; '
            "remove it",
        ],
    ),
    "periodic without rate": (
        [("rate_hz = 1.0", "")],
        ['27:9: [stream.temperature] needs rate_hz with trigger = "periodic": samples per second'],
    ),
    "data ready of a sensor without": (
        [('trigger = "periodic"\nrate_hz = 1.0', 'trigger = "data_ready"\npin = 14')],
        [
            '29:11: trigger = "data_ready" is not supported for tmp117; use trigger = "periodic" with rate_hz and without pin',
        ],
    ),
    "one data-ready line for two streams": (
        [('"warmth"\ntrigger = "periodic"\nrate_hz = 1.0', '"accel"\ntrigger = "data_ready"\npin = 15')],
        [
            '29:11: trigger = "data_ready" is not possible: the one data-ready line of [sensor.accel] already triggers '
            '[stream.vibration]; use trigger = "periodic" with rate_hz and without pin',
        ],
    ),
    "rate faster than the sensor": (
        [("rate_hz = 1.0", "rate_hz = 8.1")],
        [
            "30:11: rate_hz = 8.1 is too fast: one conversion of [sensor.warmth] takes 125 ms, so the most is 8; "
            "lower it or change averages",
        ],
    ),
    "calibration that forgets the sample": (
        [("rate_hz = 1.0", "rate_hz = 1.0\n[stream.vibration.calibration.x]\nscale = 0")],
        ["32:9: scale = 0 is not possible; it must be a number other than 0, which would make every sample the same"],
    ),
    "calibration of a channel like no other": (
        [("rate_hz = 1.0", "rate_hz = 1.0\n[stream.vibration.calibration.w]\nscale = 1")],
        ['31:31: calibration for "w", which is not a channel of the sensor; its channels: x, y, z'],
    ),
    "calibration of a misspelt channel": (
        [("rate_hz = 1.0", "rate_hz = 1.0\n[stream.temperature.calibration.temprature]\nscale = 1")],
        [
            '31:33: calibration for "temprature", which is not a channel of the sensor; did you mean "temperature"?',
        ],
    ),
    "APID too large for the streams": (
        [("apid = 64", "apid = 2045")],
        ["3:8: apid = 2045 leaves no APIDs for 2 streams; the most is 2044"],
    ),
    "APID too large": (
        [("apid = 64", "apid = 2047")],
        ["3:8: apid = 2047 is too large; the most is 2046"],
    ),
    "APID too small": (
        [("apid = 64", "apid = -1")],
        ["3:8: apid = -1 is too small; the least is 0"],
    ),
}


@pytest.mark.parametrize(("edits", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_once_where_it_stands(edits, expected):
    assert findings(spoiled(*edits)) == expected


@pytest.mark.parametrize("text", [SOUND, FAST, RICH])
def test_the_samples_have_no_fault(text):
    assert findings(text) == []


def test_five_planted_faults_are_five_findings():
    text = spoiled(
        ("apid = 64", 'apid = "64"'),
        ("freq_hz = 400000", "freq_hz = 4000000"),
        ("range_g = 2", "range_g = 3"),
        ("pin = 15", 'pin = 15\ntimestamp = "hardware"'),
        ('"warmth"', '"warmht"'),
    )
    assert findings(text) == [
        '3:8: apid = "64" must be a whole number, without quotes',
        "11:11: freq_hz = 4000000 is too large; the most is 1000000",
        "16:11: range_g = 3 is not possible; it must be one of 2, 4, 8",
        '26:1: unknown key "timestamp" in [stream.vibration]; did you mean "timestamps"?',
        '29:10: sensor = "warmht" is not defined; did you mean "warmth"?',
    ]


def test_a_fault_in_one_section_hides_none_between_others():
    text = spoiled(
        ('"shaker"', '""'),
        ("921600", "38400"),
        ("scl = 5", "scl = 3"),
        ("address = 0x48", "address = 0x50"),
        ("pin = 15", "pin = 4"),
    )
    assert [finding.split(";")[0] for finding in findings(text)] == [
        '2:8: name = "" must be a name: a small letter, then up to 31 small letters, digits or underscores',
        "6:8: baud = 38400 is too slow: streams and housekeeping need 11136 bytes/s and the limit is 3840 bytes/s (baud / 10)",
        "9:7: scl = 3 cannot be scl of i2c0",
        "21:11: address = 0x50 is not possible",
        "25:7: pin = 4 is already used by sda of [bus.i2c0]",
    ]


def test_a_section_by_another_name_is_not_also_missing():
    assert findings(SOUND.replace("[stream.", "[streams.").replace("[sensor.", "[sensors.")) == [
        '12:2: unknown section "sensors" in the definition; did you mean "sensor"?',
        '22:2: unknown section "streams" in the definition; did you mean "stream"?',
    ]


def test_a_section_by_another_name_makes_no_reference_to_it_wrong():
    assert findings(spoiled(("[sensor.warmth]", "[sensors.warmth]"))) == [
        '18:2: unknown section "sensors" in the definition; did you mean "sensor"?'
    ]


def test_a_key_of_another_section_is_told_where_it_belongs():
    text = spoiled(
        ("baud = 921600", "baud = 921600\ntimeout_ms = 1000\nlimits = 1"), ("address = 0x48", "address = 0x48\ntrigger = 1")
    )
    assert [finding.partition(" ")[2] for finding in findings(text)] == [
        'unknown key "timeout_ms" in [link]; it belongs into [watchdog]',
        'unknown key "limits" in [link]; it is a section of its own: [limits.STREAM.CHANNEL]',
        'unknown key "trigger" in [sensor.warmth]; it belongs into [stream.NAME]',
    ]


def test_a_trigger_that_the_part_does_not_make_needs_no_keys_of_its_own():
    (finding,) = findings(spoiled(('trigger = "periodic"', 'trigger = "data_ready"')))
    assert finding.startswith('29:11: trigger = "data_ready" is not supported for tmp117; use trigger = "periodic" with rate_hz')


@pytest.mark.parametrize("driver", ["ADXL355", "ADXL-355", "Adxl_355"])
def test_a_part_by_the_name_on_its_package_is_recognised(driver):
    assert findings(spoiled(("adxl355", driver))) == [
        f'13:10: driver = "{driver}" is not in the catalogue of sensors; did you mean "adxl355"?'
    ]


def test_a_bus_that_is_not_there_is_told_with_the_section_to_add():
    text = spoiled(('[bus.i2c0]\nkind = "i2c"\nscl = 5\nsda = 4\nfreq_hz = 400000\n', ""))
    assert [finding.partition(" ")[2] for finding in findings(text)] == [
        'bus = "i2c0" is not defined; add a section [bus.i2c0]'
    ] * 2


def test_quotes_are_told_of_where_a_number_is_in_them_and_not_where_a_word_is():
    for word, end in (("1 Hz", ", without quotes"), ("fast", "")):
        assert findings(spoiled(("rate_hz = 1.0", f'rate_hz = "{word}"'))) == [f'30:11: rate_hz = "{word}" must be a number{end}']


def test_decimal_commas_in_a_range_are_told_of():
    (finding,) = findings(SOUND + "[limits.temperature.temperature]\nwatch = [28,0, 32,5]\n")
    assert finding.endswith("it must be two numbers: [low, high], with decimal points")


def test_a_definition_needs_a_stream():
    text = SOUND[: SOUND.index("[stream.vibration]")]
    assert findings(text) == ["1:1: the definition has no stream; add a [stream.NAME] section"]


def test_streams_without_any_sensor():
    text = SOUND[: SOUND.index("[sensor.accel]")] + SOUND[SOUND.index("[stream.vibration]") :]
    assert findings(text) == [
        '13:10: sensor = "accel" is not defined; there are no defined sensors',
        '18:10: sensor = "warmth" is not defined; there are no defined sensors',
    ]


def test_eight_streams_are_the_limit():
    stream = '[stream.s{}]\nsensor = "warmth"\ntrigger = "periodic"\nrate_hz = 1\n'
    eight = spoiled(("odr_hz = 1000", "odr_hz = 62.5")) + "".join(
        stream.format(number) for number in range(6)
    )
    assert findings(eight) == []
    assert findings(eight + stream.format(6)) == ["55:9: there are 9 streams; the limit is 8"]


def test_eight_sensors_are_the_limit():
    sensor = '[sensor.s{}]\ndriver = "tmp117"\nbus = "i2c{}"\naddress = 0x{:02x}\n'
    other_bus = '[bus.i2c1]\nkind = "i2c"\nscl = 7\nsda = 6\nfreq_hz = 400000\n'
    places = [(0, 0x49), (0, 0x4A), (0, 0x4B), (1, 0x48), (1, 0x49), (1, 0x4A), (1, 0x4B)]
    sensors = [sensor.format(number, *place) for number, place in enumerate(places)]
    assert findings(SOUND + other_bus + "".join(sensors[:6])) == []
    assert findings(SOUND + other_bus + "".join(sensors)) == ["60:9: there are 9 sensors; the limit is 8"]


def test_the_last_apids_can_be_used():
    assert [stream.apid for stream in changed(("apid = 64", "apid = 2044")).streams] == [2045, 2046]


def test_streams_of_two_sensors_have_a_data_ready_line_each():
    other = '[sensor.other]\ndriver = "adxl355"\nbus = "i2c0"\naddress = 0x53\nrange_g = 2\nodr_hz = 15.625\n'
    stream = '[stream.other]\nsensor = "other"\ntrigger = "data_ready"\npin = 16\n'
    assert findings(spoiled(("odr_hz = 1000", "odr_hz = 125")) + other + stream) == []


def test_a_data_ready_stream_and_periodic_ones_share_a_sensor():
    stream = '[stream.{}]\nsensor = "accel"\ntrigger = "periodic"\nrate_hz = 10\n'
    slower = spoiled(("odr_hz = 1000", "odr_hz = 125"))
    assert findings(slower + stream.format("slow") + stream.format("slower")) == []


@pytest.mark.parametrize(
    ("option", "most", "more"),
    [
        ("averages = 1", "64.51", "64.52"),  # one in 15.5 ms
        ("averages = 8", "8", "8.01"),
        ("averages = 32", "2", "2.01"),
        ("averages = 64", "1", "1.01"),
    ],
)
def test_a_thermometers_conversions_limit_its_rate(option, most, more):
    averages = ("address = 0x48", f"address = 0x48\n{option}")
    slower = ("odr_hz = 1000", "odr_hz = 500")  # leaves the processor time
    assert findings(spoiled(averages, slower, ("rate_hz = 1.0", f"rate_hz = {most}"))) == []
    (finding,) = findings(spoiled(averages, slower, ("rate_hz = 1.0", f"rate_hz = {more}")))
    assert finding.startswith(f"31:11: rate_hz = {more} is too fast: one conversion of [sensor.warmth] takes ")


@pytest.mark.parametrize("odr", ["62.5", "7.813", "3.906"])
def test_an_accelerometers_rate_limits_that_of_a_periodic_stream(odr):
    edits = [("odr_hz = 1000", f"odr_hz = {odr}"), ('"data_ready"\npin = 15', '"periodic"\nrate_hz = RATE')]
    text = spoiled(*edits)
    assert findings(text.replace("RATE", odr)) == []
    (finding,) = findings(text.replace("RATE", odr + "1"))
    assert finding.endswith(f"so the most is {odr}; lower it or change odr_hz")


@pytest.mark.parametrize("scale", ["-1e-9", "1e-9"])
def test_any_scale_but_zero_calibrates(scale):
    assert findings(SOUND + f"[stream.vibration.calibration.x]\nscale = {scale}") == []
    assert len(findings(SOUND + "[stream.vibration.calibration.x]\nscale = -0.0")) == 1


def test_a_sensor_of_no_known_driver_is_not_judged_further():
    text = spoiled(("adxl355", "zzz"), ('bus = "i2c0"\naddress = 0x1D', "bus = []\naddress = {}"))
    assert findings(text) == [f'13:10: driver = "zzz" is not in the catalogue of sensors; known drivers: {", ".join(DRIVERS)}']


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[payload]\nname = shaker", '2:8: not TOML: this is not a TOML value; text needs quotes: "shaker"'),
        ("[payload]\nname", "2:5: not TOML: a key must be followed by = and a value"),
        ("a = 1 b = 2", "1:7: not TOML: this line goes on after its value; a comment begins with #"),
        ("[a]\naddress = 1D  # ASEL low", "2:11: not TOML: 1D is not a number; write 0x1D"),
        ("a = 1 b = 2D", "1:7: not TOML: this line goes on after its value; a comment begins with #"),
        ("a = 1G", '1:6: not TOML: a number stands alone; remove "G"'),
        ("a = 1\n=", "2:1: not TOML: this line is neither key = value nor a [section]"),
        ("[a]\n  b = 1\n  b = 2", "3:3: not TOML: this key is given twice; remove one"),
        (
            "[s.a]\n[s.b]\n[s.a]",
            "3:1: not TOML: section [s.a] is given twice, first in line 1; give one of them another name, or remove it",
        ),
        ('a = """\n', "2:1: not TOML: the text is not closed: its last \"\"\" or ''' is missing"),
        ("a = " + "[" * 5000, "1:1: not TOML: nested too deeply"),
        ("a = 1\nb = " + "9" * 5000, "2:5: not TOML: a whole number has at most 64 bits"),
        ("a = [1,\n0x" + "f" * 5000 + "]", "2:1: not TOML: a whole number has at most 64 bits"),
        ("a = -9_223_372_036_854_775_809", "1:5: not TOML: a whole number has at most 64 bits"),
    ],
)
def test_text_that_is_not_toml_is_refused_with_its_place(text, expected):
    assert findings(text) == [expected]


def test_a_long_value_is_quoted_short():
    (finding,) = findings(spoiled(("apid = 64", f"apid = '{'f' * 9000}'")))
    assert finding == f"3:8: apid = '{'f' * 36}... must be a whole number"


VALUES = st.sampled_from(
    ["1", "-1", "0.5", "1e400", "nan", "true", "[]", "[[1]]", "[2, 1]", "[{}]", "{}", "{a = 1}", '""', '"x"', "1979-05-27"]
    + [str((1 << 63) - 1), "0x" + "f" * 9000]
)
KEYS = st.sampled_from(sorted({line.split(" = ")[0] for line in (SOUND + FAST + RICH).splitlines()}))


@given(st.sampled_from([SOUND, FAST, RICH]), st.lists(st.tuples(KEYS, VALUES), max_size=4))
def test_any_value_anywhere_gives_findings_and_nothing_else(text, changes):
    lines = text.splitlines()
    for key, value in changes:
        lines = [f"{key} = {value}" if line.startswith((f"{key} = ", key + "]")) else line for line in lines]
    findings("\n".join(lines))


@given(st.sampled_from([SOUND, FAST, RICH]), st.data())
def test_text_with_any_piece_replaced_gives_findings_and_nothing_else(text, data):
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 60)))
    piece = data.draw(st.text(max_size=20) | st.text("[]{}.=#'\"\\\n abi2c01", max_size=20))
    findings(text[:start] + piece + text[stop:])


@given(st.text())
def test_any_text_gives_findings_and_nothing_else(text):
    with pytest.raises(DefinitionError) as caught:
        parse_definition(text, "payload.toml")
    assert caught.value.diagnostics


CROWDS = {
    "streams": '[stream.s{0}]\nsensor = "warmth"\ntrigger = "periodic"\nrate_hz = 1\n',
    "sensors": '[sensor.s{0}]\ndriver = "tmp117"\nbus = "i2c0"\naddress = 0x48\n',
    "fields": "[stream.vibration.field.f{0}]\noctet = 1\n[stream.vibration.claim.f{0}]\namplitude = 1\nlow_hz = 1\nhigh_hz = 2\n",
    "limits": "[limits.s{0}.x]\nwatch = [1, 0]\n",
    "keys": "zz{0} = {0}\n",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("crowd", CROWDS)
def test_a_definition_of_thousands_of_sections_is_refused_before_one_loses_patience(crowd):
    assert findings(SOUND + "".join(CROWDS[crowd].format(number) for number in range(4000)))
