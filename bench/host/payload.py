"""A payload of four streams of one word each: signed and unsigned, 16 and 32 bits, both byte orders; packets as long as asked."""

import math

from freefall.definition import Definition, parse_definition
from freefall_wire import packet

# name, octets, order, whether signed
WORDS = (("i16", 2, "big", True), ("u16", 2, "little", False), ("i32", 4, "big", True), ("u32", 4, "little", False))
_LEAST_PERIOD_US = 5000  # of a sample: what two buses of 400 kHz read with ease

_PAYLOAD = """
[payload]
name = "words"
apid = 64

[link]
transport = "usb"
"""
_BUS = """
[bus.i2c{bus}]
kind = "i2c"
scl = {scl}
sda = {sda}
freq_hz = 400000
"""
_STREAM = """
[sensor.{name}]
driver = "registers"
bus = "i2c{bus}"
address = {address}
read = {{at = 0, octets = {octets}}}
rate_hz = 1000

[stream.{name}]
sensor = "{name}"
trigger = "periodic"
rate_hz = {rate_hz!r}
max_latency_ms = {max_latency_ms}
ring_depth = 512
field.value = {{octet = 0, octets = {octets}, order = "{order}", signed = {signed}}}
"""


def definition(*packet_lens: int) -> Definition:
    """With packets of one length, or of one for each stream: octets, multiples of 4 from 24 to 248.

    All streams fill a packet in the same time, and a sample's period is a whole number of microseconds. ValueError for a length
    that no packet has.
    """
    lens = packet_lens * len(WORDS) if len(packet_lens) == 1 else packet_lens
    places = [(length - packet.SAMPLES_AT) // octets for length, (_, octets, _, _) in zip(lens, WORDS, strict=True)]
    together = math.lcm(*places)
    packet_us = together * math.ceil(_LEAST_PERIOD_US * max(places) / together)
    text = _PAYLOAD + _BUS.format(bus=0, scl=5, sda=4) + _BUS.format(bus=1, scl=7, sda=6)
    for number, ((name, octets, order, signed), samples) in enumerate(zip(WORDS, places, strict=True)):
        text += _STREAM.format(
            name=name,
            bus=number % 2,
            address=0x20 + number,
            octets=octets,
            order=order,
            signed=str(signed).lower(),
            rate_hz=1e6 * samples / packet_us,
            max_latency_ms=math.ceil(packet_us / 1000),  # less than a sample more than the packet takes
        )
    made = parse_definition(text, "payload.toml")
    if tuple(stream.packet_len for stream in made.streams) != tuple(lens):
        raise ValueError(f"packets of {lens} octets were asked for, these have {[s.packet_len for s in made.streams]}")
    return made
