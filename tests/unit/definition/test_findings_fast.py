"""Every fault of SPI buses, FIFOs, time stamps and pulse counters is told once, where it stands; and how many the chip has."""

import pytest

from unit.definition.sample import FAST, drivers_with, findings, spoiled

# What is spoiled: (edits of FAST, findings)
FAULTS = {
    "bus of another kind than its name": (
        [('kind = "spi"', 'kind = "i2c"')],
        ['8:8: kind = "i2c" is not possible; it must be "spi"'],
    ),
    "bus of another kind than its name, with other faults": (
        [('kind = "spi"\nsck = 18\nmosi = 19', 'kind = "i2c"\nsck = []\nmosi = 99\nspeed = 1')],
        ['8:8: kind = "i2c" is not possible; it must be "spi"'],
    ),
    "bus of another name than its kind": (
        [("[bus.spi0]", "[bus.i2c0]"), ('"spi0"', '"i2c0"'), ("cs = 17", "address = 0x1D")],
        ['8:8: kind = "spi" is not possible; it must be "i2c"'],
    ),
    "key of another kind of bus": (
        [("sck = 18", "sck = 18\nsda = 4")],
        ['10:1: unknown key "sda" in [bus.spi0]; known keys: kind, sck, mosi, miso, freq_hz, timeout_us'],
    ),
    "pins of the other SPI": (
        [("[bus.spi0]", "[bus.spi1]"), ('"spi0"', '"spi1"')],
        [
            "9:7: sck = 18 cannot be sck of spi1; use one of 10, 14, 26",
            "10:8: mosi = 19 cannot be mosi of spi1; use one of 11, 15, 27",
            "11:8: miso = 16 cannot be miso of spi1; use one of 8, 12, 28",
        ],
    ),
    "SPI faster than the sensor": (
        [("freq_hz = 8000000", "freq_hz = 10000001")],
        ["12:11: freq_hz = 10000001 is too large; the most is 10000000"],
    ),
    "SPI slower than the sensor": (
        [("freq_hz = 8000000", "freq_hz = 99999")],
        ["12:11: freq_hz = 99999 is too small; the least is 100000"],
    ),
    "address on SPI": (
        [("cs = 17", "cs = 17\naddress = 0x1D")],
        ['22:1: address = 0x1D does not go with bus = "spi0": it is for an I2C bus; remove it'],
    ),
    "address on SPI in place of a chip select": (
        [("cs = 17", "address = 0x1D")],
        [
            '18:9: [sensor.accel] needs cs with bus = "spi0": the pin that its chip select is wired to',
            '21:1: address = 0x1D does not go with bus = "spi0": it is for an I2C bus; remove it',
        ],
    ),
    "chip select on I2C in place of an address": (
        [('bus = "spi0"', 'bus = "i2c1"'), ("odr_hz = 4000", "odr_hz = 125"), ("watermark = 25", "watermark = 2")],
        [
            '18:9: [sensor.accel] needs address with bus = "i2c1": its I2C address, by the sensor\'s ASEL pin',
            '21:1: cs = 17 does not go with bus = "i2c1": it is for an SPI bus; remove it',
        ],
    ),
    "misspelt chip select is not missing as well": (
        [("cs = 17", "css = 17")],
        ['21:1: unknown key "css" in [sensor.accel]; did you mean "cs"?'],
    ),
    "sensor without SPI on SPI": (
        [('bus = "i2c1"', 'bus = "spi0"')],
        ['26:7: bus = "spi0" is not possible: tmp117 has no SPI; use an I2C bus'],
    ),
    "chip select of a sensor without SPI": (
        [("address = 0x48", "address = 0x48\ncs = 22")],
        [f'28:1: cs = 22 does not go with driver = "tmp117": it is for {drivers_with("cs")}; remove it'],
    ),
    "chip select used for the bus": (
        [("cs = 17", "cs = 16")],
        ["21:6: cs = 16 is already used by miso of [bus.spi0]"],
    ),
    "chip select used for an interrupt": (
        [("cs = 17", "cs = 15")],
        ["34:7: pin = 15 is already used by cs of [sensor.accel]"],
    ),
    "pulse counter on a pin in use": (
        [("pin = 20", "pin = 7")],
        ["30:7: pin = 7 is already used by scl of [bus.i2c1]"],
    ),
    "pulse counter without a pin": (
        [("pin = 20\n", "")],
        ['28:9: [sensor.geiger] needs pin with driver = "pulse_counter": the pin that the pulses come to'],
    ),
    "pulse counter on a bus": (
        [("pin = 20", 'pin = 20\nbus = "i2c1"')],
        [f'31:1: bus = "i2c1" does not go with driver = "pulse_counter": it is for {drivers_with("bus")}; remove it'],
    ),
    "pulse counter that says when": (
        [('"geiger"\ntrigger = "periodic"\nrate_hz = 1.0', '"geiger"\ntrigger = "data_ready"\npin = 21')],
        [
            '44:11: trigger = "data_ready" is not supported for pulse_counter; use trigger = "periodic" with rate_hz '
            "and without pin",
        ],
    ),
    "FIFO of a sensor without": (
        [('"periodic"\nrate_hz = 2.0', '"fifo_watermark"\npin = 21\nwatermark = 4')],
        [
            '40:11: trigger = "fifo_watermark" is not supported for tmp117; use trigger = "periodic" with rate_hz '
            "and without pin",
        ],
    ),
    "FIFO without watermark": (
        [("watermark = 25\n", "")],
        ['31:9: [stream.vibration] needs watermark with trigger = "fifo_watermark": samples in one burst from the FIFO'],
    ),
    "watermark without FIFO": (
        [('"fifo_watermark"', '"data_ready"')],
        ['35:1: watermark = 25 does not go with trigger = "data_ready": it is for trigger = "fifo_watermark"; remove it'],
    ),
    "watermark of nothing": (
        [("watermark = 25", "watermark = 0")],
        ["35:13: watermark = 0 is too small; the least is 1"],
    ),
    "FIFO read for one stream, and the sensor for another by the clock": (
        [('"warmth"', '"accel"')],
        [
            '40:11: trigger = "periodic" is not possible: [stream.vibration] reads the FIFO of [sensor.accel], '
            "which then has no other stream; remove one of the two",
        ],
    ),
    "FIFO read for one stream, and the sensor for another when data is ready": (
        [('"warmth"\ntrigger = "periodic"\nrate_hz = 2.0', '"accel"\ntrigger = "data_ready"\npin = 15')],
        [
            '40:11: trigger = "data_ready" is not possible: [stream.vibration] reads the FIFO of [sensor.accel], '
            "which then has no other stream; remove one of the two",
        ],
    ),
    "FIFO read for two streams": (
        [('"warmth"\ntrigger = "periodic"\nrate_hz = 2.0', '"accel"\ntrigger = "fifo_watermark"\npin = 15\nwatermark = 8')],
        [
            '40:11: trigger = "fifo_watermark" is not possible: [stream.vibration] reads the FIFO of [sensor.accel], '
            "which then has no other stream; remove one of the two",
        ],
    ),
    "time stamps that are none": (
        [('"hardware"', '"dma"')],
        ['36:14: timestamps = "dma" is not possible; it must be one of "interrupt", "hardware"'],
    ),
    "time stamps of the board's own clock": (
        [("rate_hz = 2.0", 'rate_hz = 2.0\ntimestamps = "hardware"')],
        [
            '42:1: timestamps = "hardware" does not go with trigger = "periodic": it is for trigger = "data_ready" or '
            '"fifo_watermark"; remove it',
        ],
    ),
    "trigger that is none": (
        [('"fifo_watermark"', '"fifo"')],
        ['33:11: trigger = "fifo" is not possible; it must be one of "data_ready", "fifo_watermark", "periodic", "pulse"'],
    ),
    "trigger that is not even text": (
        [('"fifo_watermark"\npin = 15', "[]\npin = {}")],
        ["33:11: trigger = [] must be text in quotes"],
    ),
    "no trigger": (
        [('trigger = "fifo_watermark"\n', "")],
        ['31:9: [stream.vibration] needs trigger: one of "data_ready", "fifo_watermark", "periodic", "pulse"'],
    ),
    "misspelt trigger key": (
        [('trigger = "fifo', 'triger = "fifo')],
        ['33:1: unknown key "triger" in [stream.vibration]; did you mean "trigger"?'],
    ),
    "no transport": (
        [('transport = "uart0"\n', "")],
        ['4:2: [link] needs transport: one of "uart0", "uart1", "usb"'],
    ),
}

SLOWER = spoiled(("odr_hz = 4000", "odr_hz = 1000"), text=FAST)  # leaves the link time for more


@pytest.mark.parametrize(("edits", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_fast_payload_is_told_once_where_it_stands(edits, expected):
    assert findings(spoiled(*edits, text=FAST)) == expected


@pytest.mark.parametrize(
    ("bus", "pins"),  # all there are on the header (RP2040 data sheet, section 1.4.3)
    [("spi0", ((2, 6, 18, 22), (3, 7, 19), (0, 4, 16, 20))), ("spi1", ((10, 14, 26), (11, 15, 27), (8, 12, 28)))],
)
def test_spi_has_the_pins_of_the_data_sheet(bus, pins):
    free = spoiled(('transport = "uart0"\nbaud = 921600', 'transport = "usb"'), ("[bus.spi0]", f"[bus.{bus}]"), text=FAST)
    for wire, written, possible in zip(("sck", "mosi", "miso"), (18, 19, 16), pins, strict=True):
        for pin in (*range(23), 26, 27, 28):
            told = findings(free.replace(f"{wire} = {written}", f"{wire} = {pin}").replace('"spi0"', f'"{bus}"'))
            refused = [finding for finding in told if f" {wire} = {pin} cannot be {wire} of {bus}; " in finding]
            assert bool(refused) == (pin not in possible), (wire, pin)


def test_two_sensors_share_an_spi_bus_by_chip_selects():
    other = '[sensor.other]\ndriver = "adxl355"\nbus = "spi0"\ncs = {}\nrange_g = 2\nodr_hz = 125\n'
    assert findings(FAST + other.format(21)) == []
    assert findings(FAST + other.format(17)) == ["49:6: cs = 17 is already used by cs of [sensor.accel]"]


def test_a_fifo_comes_before_the_stream_that_cannot_have_its_sensor_wherever_it_stands():
    fifo = FAST[FAST.index("[stream.vibration]") : FAST.index("[stream.temperature]")]
    text = spoiled(('"warmth"', '"accel"'), text=FAST).replace(fifo, "") + fifo
    (finding,) = findings(text)
    assert finding.startswith(
        '33:11: trigger = "periodic" is not possible: [stream.vibration] reads the FIFO of [sensor.accel], '
    )


def test_eight_state_machines_are_the_limit():
    stream = '[stream.s{}]\nsensor = "warmth"\ntrigger = "periodic"\nrate_hz = 1\n'
    counter = '[sensor.c{}]\ndriver = "pulse_counter"\npin = {}\n'
    # Two periodic streams, one with hardware stamps and one counter, and four more.
    eight = SLOWER + stream.format(0) + stream.format(1) + counter.format(0, 21) + counter.format(1, 22)
    assert findings(eight) == []
    message = (
        "is one too many: the chip has 8 PIO state machines, and every periodic stream, stream with hardware time stamps and "
        "pulse counter takes one, 9 in all"
    )
    for name, ninth in (("sensor.c2", counter.format(2, 26)), ("stream.s2", stream.format(2))):
        (finding,) = findings(eight + ninth)
        assert finding.startswith(f"60:9: [{name}] {message}")
    assert findings(spoiled(('"hardware"', '"interrupt"'), text=eight) + stream.format(2)) == []


def test_twelve_dma_channels_are_the_limit():
    sensor = '[sensor.a{}]\ndriver = "adxl355"\nbus = "spi0"\ncs = {}\nrange_g = 2\nodr_hz = 125\n'
    stream = '[stream.a{}]\nsensor = "a{}"\ntrigger = "data_ready"\npin = {}\ntimestamps = "{}"\n'
    # 2 for each of two buses, 2 for each of three stamped streams, 1 for the UART: 11, and then 13.
    text = SLOWER + "".join(sensor.format(n, 8 + n) for n in range(3))
    text += "".join(stream.format(n, n, 11 + n, "hardware") for n in range(2))
    assert findings(text + stream.format(2, 2, 13, "interrupt")) == []
    (finding,) = findings(text + stream.format(2, 2, 13, "hardware"))
    assert finding.startswith('78:14: timestamps = "hardware" is too much: 13 DMA channels are needed, ')
    on_usb = ('transport = "uart0"\nbaud = 921600', 'transport = "usb"')
    assert findings(spoiled(on_usb, text=text) + stream.format(2, 2, 13, "hardware")) == []
