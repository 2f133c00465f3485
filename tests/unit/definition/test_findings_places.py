"""Every fault of places is told once, where it stands: UARTs, clock modes of SPI, names of the wrong kind; and of pulses."""

import pytest

from unit.definition.sample import FAST, SOUND, findings, spoiled

USB = ('transport = "uart0"\nbaud = 921600', 'transport = "usb"')
SLOWER = spoiled(("odr_hz = 4000", "odr_hz = 1000"), text=FAST)
UART = '[bus.uart1]\nkind = "uart"\ntx = 8\nrx = 9\nbaud = 9600\n'
AIR = '[sensor.air]\ndriver = "mhz19b"\nbus = "uart1"\n'
CO2 = UART + AIR + '[stream.co2]\nsensor = "air"\ntrigger = "periodic"\nrate_hz = 0.2\n'
CO2_ON_0 = spoiled(("uart1", "uart0"), ("tx = 8", "tx = 12"), ("rx = 9", "rx = 13"), ("uart1", "uart0"), text=CO2)
RTD = '[sensor.furnace]\ndriver = "max31865"\nbus = "spi0"\ncs = 21\nrtd_ohm = 100\nreference_ohm = 430\nwires = 4\n'
HITS = '[stream.hits]\nsensor = "geiger"\ntrigger = "pulse"\nmax_rate_hz = 50\n'

# What is told: (definition, findings)
FAULTS = {
    "UART of the link": (
        SOUND + CO2_ON_0,
        ['31:6: [bus.uart0] is not possible: [link] has transport = "uart0"; use uart1 for one of the two, or usb for the link'],
    ),
    "pin of the other UART": (
        SOUND + CO2.replace("tx = 8", "tx = 12"),
        ["33:6: tx = 12 cannot be tx of uart1; use one of 4, 8, 20"],
    ),
    "two sensors on one UART": (
        SOUND + CO2 + AIR.replace("air", "more"),
        ['45:7: bus = "uart1" is already used by [sensor.air], and a UART has one sensor'],
    ),
    "baud rate that the sensor does not talk at": (
        SOUND + CO2.replace("9600", "115200"),
        ["35:8: baud = 115200 is not possible: [sensor.air], a mhz19b, talks at 9600"],
    ),
    "bus faster than its slowest sensor": (
        spoiled(("freq_hz = 400000", "freq_hz = 1000000")),
        [
            "11:11: freq_hz = 1000000 is too fast for [sensor.warmth]: the most that a tmp117 follows is 400000; lower it, or "
            "give the sensor a bus of its own"
        ],
    ),
    "sensor of a UART on I2C": (
        SOUND + CO2.replace('bus = "uart1"', 'bus = "i2c0"'),
        ['38:7: bus = "i2c0" is not possible: mhz19b has no I2C; use a UART bus'],
    ),
    "sensor of I2C on a UART": (
        spoiled(('bus = "i2c0"\naddress = 0x48', 'bus = "uart1"\naddress = 0x48')) + UART,
        ['20:7: bus = "uart1" is not possible: tmp117 has no UART; use an I2C bus'],
    ),
    "UART without a pin, too slow": (
        SOUND + CO2.replace("tx = 8\n", "").replace("9600", "100"),
        [
            "31:6: [bus.uart1] needs tx: the board's pin that the sensor listens to",
            "34:8: baud = 100 is too small; the least is 1200",
        ],
    ),
    "two modes of one SPI bus": (
        FAST + RTD,
        [
            '48:7: bus = "spi0" is not possible: [sensor.furnace] needs SPI mode 1, and [sensor.accel] on it mode 0; put one of '
            "the two on spi1"
        ],
    ),
    "sensor of SPI on I2C": (
        FAST + RTD.replace("spi0", "i2c1"),
        ['48:7: bus = "i2c1" is not possible: max31865 has no I2C; use an SPI bus'],
    ),
    "two parts that have one address only": (
        FAST + "".join(f'[sensor.{name}]\ndriver = "tsl2591"\nbus = "i2c1"\n' for name in ("air", "more")),
        ["49:9: address (by default 41) is already used by [sensor.air] on i2c1"],
    ),
    "stream for a sensor": (
        spoiled(('sensor = "warmth"', 'sensor = "vibration"')),
        ['28:10: sensor = "vibration" is a stream, not a sensor; defined sensors: accel, warmth'],
    ),
    "stream for its own sensor": (
        spoiled(('sensor = "warmth"', 'sensor = "temperature"')),
        ['28:10: sensor = "temperature" is a stream, not a sensor; defined sensors: accel, warmth'],
    ),
    "bus for a sensor": (
        spoiled(('sensor = "warmth"', 'sensor = "i2c0"')),
        ['28:10: sensor = "i2c0" is a bus, not a sensor; defined sensors: accel, warmth'],
    ),
    "sensor for a bus": (
        spoiled(('bus = "i2c0"\naddress = 0x48', 'bus = "accel"\naddress = 0x48')),
        ['20:7: bus = "accel" is a sensor, not a bus; defined buses: i2c0'],
    ),
    "sensor for its own bus": (
        spoiled(('bus = "i2c0"\naddress = 0x48', 'bus = "warmth"\naddress = 0x48')),
        ['20:7: bus = "warmth" is a sensor, not a bus; defined buses: i2c0'],
    ),
    "pin without a converter": (
        SOUND + '[sensor.light]\ndriver = "adc"\npin = 22\n',
        ["33:7: pin = 22 is not possible; it must be one of 26, 27, 28"],
    ),
    "analog input that says when": (
        SOUND + '[sensor.light]\ndriver = "adc"\npin = 26\n[stream.light]\nsensor = "light"\ntrigger = "data_ready"\npin = 3\n',
        ['36:11: trigger = "data_ready" is not supported for adc; use trigger = "periodic" with rate_hz and without pin'],
    ),
    "pulses without their own times": (
        SLOWER + HITS + "sample_times = false\n",
        ["50:16: sample_times = false is not possible; it must be true"],
    ),
    "pulses at the clock's rate": (
        SLOWER + HITS + "rate_hz = 1\n",
        ['50:1: rate_hz = 1 does not go with trigger = "pulse": it is for trigger = "periodic"; remove it'],
    ),
    "pulses of any rate": (
        SLOWER + HITS.replace("max_rate_hz = 50\n", ""),
        [
            '46:9: [stream.hits] needs max_rate_hz with trigger = "pulse": pulses per second that there is room for; more are '
            "lost, and counted"
        ],
    ),
    "pulses for two streams": (
        SLOWER + HITS + HITS.replace("hits", "more"),
        [
            '52:11: trigger = "pulse" is not possible: the pulses of [sensor.geiger] already trigger [stream.hits]; use '
            'trigger = "periodic" with rate_hz and without pin'
        ],
    ),
    "pulses of a thermometer": (
        SLOWER + HITS.replace("geiger", "warmth"),
        ['48:11: trigger = "pulse" is not supported for tmp117; use trigger = "periodic" with rate_hz and without pin'],
    ),
    "own times of a burst": (
        spoiled(("watermark = 25", "watermark = 25\nsample_times = true"), text=FAST),
        [
            '36:1: sample_times = true does not go with trigger = "fifo_watermark": it is for trigger = "data_ready" or '
            '"periodic" or "pulse"; remove it'
        ],
    ),
    "own times that are a number": (
        spoiled(("rate_hz = 2.0", "rate_hz = 2.0\nsample_times = 1"), text=FAST),
        ["42:16: sample_times = 1 must be true or false"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_once_where_it_stands(text, expected):
    assert findings(text) == expected


@pytest.mark.parametrize("text", [SOUND + CO2, spoiled(USB) + CO2_ON_0, SLOWER + HITS])
def test_what_may_be_is_not_refused(text):
    assert findings(text) == []


def test_a_pulse_counter_may_tell_of_every_pulse_and_count_them_by_the_clock():
    assert findings(SLOWER + HITS) == []
    assert '[stream.dose]\nsensor = "geiger"\ntrigger = "periodic"' in SLOWER


LOOKALIKE = 'the character "\N{CYRILLIC SMALL LETTER A}" (U+0430, cyrillic small letter a)'
NO_TEXT = 'cannot stand here; outside of text in "quotes" there are only plain letters, digits and signs, and plain blanks'


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            ('"shaker"', '"sh\N{CYRILLIC SMALL LETTER A}ker"'),
            '2:8: name = "sh\N{CYRILLIC SMALL LETTER A}ker" must be a name: a small letter, then up to 31 small letters, digits '
            f"or underscores; {LOOKALIKE} is in it",
        ),
        (("name", "n\N{CYRILLIC SMALL LETTER A}me"), f"2:2: not TOML: {LOOKALIKE} {NO_TEXT}"),
        (
            ("name", '"n\N{CYRILLIC SMALL LETTER A}me"'),
            f'2:1: unknown key "n\N{CYRILLIC SMALL LETTER A}me" in [payload]; {LOOKALIKE} is in it; did you mean "name"?',
        ),
        (
            ('"warmth"', '"w\N{CYRILLIC SMALL LETTER A}rmth"'),
            f'28:10: sensor = "w\N{CYRILLIC SMALL LETTER A}rmth" is not defined; {LOOKALIKE} is in it; did you mean "warmth"?',
        ),
        (
            ("adxl355", "\N{CYRILLIC SMALL LETTER A}dxl355"),
            f'13:10: driver = "\N{CYRILLIC SMALL LETTER A}dxl355" is not in the catalogue of sensors; {LOOKALIKE} is in it; '
            'did you mean "adxl355"?',
        ),
        (
            ("[sensor.accel]", "[sensor.acc\N{LATIN SMALL LETTER E WITH ACUTE}l]"),
            '12:12: not TOML: the character "\N{LATIN SMALL LETTER E WITH ACUTE}" (U+00E9, latin small letter e with acute) '
            + NO_TEXT,
        ),
        (
            ('"shaker"', "\N{LEFT DOUBLE QUOTATION MARK}shaker\N{RIGHT DOUBLE QUOTATION MARK}"),
            '2:8: not TOML: the character "\N{LEFT DOUBLE QUOTATION MARK}" (U+201C, left double quotation mark) is no quotation '
            'mark here; text stands between two plain "',
        ),
        (("name = ", "name =\N{NO-BREAK SPACE}"), f"2:7: not TOML: the character (U+00A0, no-break space) {NO_TEXT}"),
    ],
)
def test_a_character_that_is_not_ascii_is_named_where_it_cannot_be(edit, expected):
    assert findings(spoiled(edit)) == [expected]


def test_words_for_people_may_have_any_character():
    assert (
        findings(spoiled(("apid = 64", 'apid = 64\ndescription = "Messung in µg, 测量"\ndiscipline = "Schwerelosigkeit – ξ"')))
        == []
    )
