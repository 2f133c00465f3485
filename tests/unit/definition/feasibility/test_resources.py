"""What the chip has only so many of: the last there is, and one more."""

from unit.definition.feasibility.lines import line, lines, refusals
from unit.definition.sample import FAST, SOUND, spoiled

TICKS = '[stream.s{0}]\nsensor = "warmth"\ntrigger = "periodic"\nrate_hz = 0.1\nmax_latency_ms = 10000\n'
USB = ('transport = "uart0"\nbaud = 921600', 'transport = "usb"')


def test_pins_that_are_used_are_counted_once():
    # GP0 and GP1 of the UART, GP4 and GP5 of the bus, GP15.
    told = line(SOUND, "pins", "board")
    assert (told.value, told.limit) == (5, 26)
    assert line(spoiled(USB), "pins", "board").value == 3
    assert line(FAST, "pins", "board").value == 2 + 3 + 2 + 1 + 1 + 1


def test_addresses_are_counted_by_bus():
    assert {bus: told.value for bus, told in lines(SOUND, "addresses").items()} == {"i2c0": 2}
    assert {bus: told.value for bus, told in lines(FAST, "addresses").items()} == {"i2c1": 1}
    assert line(SOUND, "addresses", "i2c0").limit == 112


def test_eight_state_machines_are_the_limit():
    # The thermometer's stream takes one; 6 more, and the accelerometer's with hardware time stamps.
    text = spoiled(("pin = 15", 'pin = 15\ntimestamps = "hardware"'), ("freq_hz = 400000", "freq_hz = 400000\ntimeout_us = 500"))
    text = text.replace("odr_hz = 1000", "odr_hz = 125") + "".join(map(TICKS.format, range(6)))
    assert line(text, "state machines", "board").value == 8
    assert refusals(text, "state machines") == []
    counter = '[sensor.tube]\ndriver = "pulse_counter"\npin = 20\n'
    assert refusals(text + counter, "state machines") == [
        "63:9: [sensor.tube] is one too many: the chip has 8 PIO state machines, and every periodic stream, stream with hardware "
        "time stamps and pulse counter takes one, 9 in all; remove [sensor.tube] or another",
    ]


def test_dma_channels_are_those_of_buses_stamps_and_a_uart():
    assert line(SOUND, "DMA channels", "board").value == 2 + 1
    assert line(spoiled(USB), "DMA channels", "board").value == 2
    assert line(FAST, "DMA channels", "board").value == 2 + 2 + 2 + 1
    uart = '[bus.uart1]\nkind = "uart"\ntx = 8\nrx = 9\nbaud = 9600\n'
    assert line(FAST + uart, "DMA channels", "board").value == 8


def test_twelve_dma_channels_are_the_limit():
    buses = '[bus.i2c0]\nkind = "i2c"\nscl = 5\nsda = 4\nfreq_hz = 400000\n'
    second = (
        '[bus.spi1]\nkind = "spi"\nsck = 10\nmosi = 11\nmiso = 12\nfreq_hz = 8000000\n'
        '[sensor.second]\ndriver = "adxl355"\nbus = "spi1"\ncs = 13\nrange_g = 2\nodr_hz = 125\n'
        '[stream.second]\nsensor = "second"\ntrigger = "data_ready"\npin = 14\ntimestamps = "hardware"\n'
    )
    text = FAST + buses + second + "[stalls]\nforeground_ms = 50\n"
    on_usb = spoiled(USB, text=text)
    assert line(on_usb, "DMA channels", "board").value == 12
    assert refusals(on_usb, "DMA channels") == []
    (finding,) = refusals(text, "DMA channels")
    assert 'timestamps = "hardware" is too much: 13 DMA channels are needed, ' in finding
