"""Whether the link, the processor and the buses can carry what the streams ask for.

Sums what is sound: if that is too much, so is the whole.
"""

import math

from .diagnostics import table_name
from .draft import Draft
from .located import Path
from .model import FASTEST_I2C_HZ
from .packing import housekeeping_octets_per_s, read_us
from .pico import UART_PINS

_LINK_SHARE = 0.9  # of what the link carries: the rest is for events and clock tolerance
_BITS_PER_UART_OCTET = 10
# Measured on the emulated RP2040, whose USB runs at an assumed pace (study of the platform, section 5): 840 to 880 kB/s.
_USB_OCTETS_PER_S = 840_000

_BUSY_SHARE = 0.9  # of the processor's time; USB alone takes the rest
# Of one interrupt besides the transfer. Measured on the emulated RP2040: an ADXL355 at 1 MHz takes 252 to 262 us a sample, of
# which the wires take 108 us; rounded up.
_INTERRUPT_US = 160
# Of the foreground loop for one sample: ring, packet, frame and UART, in bytecode. Measured likewise: 444 us at 2 kHz, where the
# board falls behind.
_FOREGROUND_US = 450

# The RP2040's port counts the timeout over the whole transfer, which starts, stops and gaps make longer than its octets.
_TIMEOUT_FACTOR = 1.3


def link_load(draft: Draft):
    """Refuse streams and housekeeping that are more than the link carries."""
    transport, baud = draft.value(("link", "transport")), draft.value(("link", "baud"))
    if transport == "usb":
        key, octets_per_s, whole, remedy = "transport", _USB_OCTETS_PER_S, f"{_USB_OCTETS_PER_S}", "lower a rate"
    elif transport in UART_PINS and baud is not None:
        whole = f"baud / {_BITS_PER_UART_OCTET}"
        key, octets_per_s, remedy = "baud", baud / _BITS_PER_UART_OCTET, "raise baud or lower a rate"
    else:
        return
    housekeeping = draft.table(("housekeeping",))
    if housekeeping is None:
        return
    packings = [packing for _, _, packing in draft.packings()]
    needed = sum(packing.link_octets_per_s for packing in packings)
    needed += housekeeping_octets_per_s(len(packings), housekeeping.period_ms)
    limit = _LINK_SHARE * octets_per_s
    if needed > limit:
        draft.refuse(
            ("link", key),
            f"is too slow: streams and housekeeping need {needed:.0f} bytes/s and the limit is {limit:.0f} "
            f"bytes/s ({_LINK_SHARE:.0%} of {whole}); {remedy}",
        )


def processor_load(draft: Draft):
    """Refuse more samples than the processor can read, in interrupts that block it, and make packets of."""
    busy: dict[Path, float] = {}  # where a stream's rate is given -> share of the processor
    costs: dict[Path, str] = {}
    for stream, sensor, packing in draft.packings():
        freq_hz = draft.value(("bus", sensor.bus, "freq_hz"))
        if freq_hz is None:
            continue
        wire_us = read_us(sensor.SAMPLE_LEN, freq_hz)
        one_us = wire_us + _INTERRUPT_US + _FOREGROUND_US
        by_clock = draft.value((*stream, "trigger")) == "periodic"
        rate = (*stream, "rate_hz") if by_clock else ("sensor", draft.value((*stream, "sensor")), sensor.RATE_KEY)
        busy[rate] = packing.rate_hz * one_us / 1_000_000
        costs[rate] = f"one sample takes {one_us:.0f} us, {wire_us:.0f} us of it on {sensor.bus}; lower a rate"
        if freq_hz < FASTEST_I2C_HZ:
            costs[rate] += f" or raise freq_hz of {table_name(('bus', sensor.bus))}"
    if (total := sum(busy.values())) > _BUSY_SHARE:
        most = max(busy, key=busy.get)
        draft.refuse(
            most,
            f"is too fast: samples keep the processor busy {total:.1%} of the time and the limit is "
            f"{_BUSY_SHARE:.0%}; {costs[most]}",
        )


def timeouts(draft: Draft):
    """Refuse a bus's timeout that its longest read may exceed with nothing wrong."""
    for bus in draft.tables("bus"):
        freq_hz, timeout_us = draft.value((*bus, "freq_hz")), draft.setting((*bus, "timeout_us"))
        sensors = [sensor for sensor in draft.tables("sensor") if draft.value((*sensor, "bus")) == bus[1]]
        reads = [(driver.SAMPLE_LEN, sensor) for sensor in sensors if (driver := draft.driver(sensor[1]))]
        if freq_hz is None or timeout_us is None or not reads:
            continue
        sample_len, sensor = max(reads)
        wire_us = read_us(sample_len, freq_hz)
        least = math.ceil(_TIMEOUT_FACTOR * wire_us)
        if timeout_us < least:
            draft.refuse(
                (*bus, "timeout_us"),
                f"is too short: one read of {table_name(sensor)} takes {wire_us:.0f} us on {bus[1]}; the least is {least}",
            )
