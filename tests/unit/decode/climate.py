"""The bench with two streams more: one whose values need everything but a line, and one with sample times.

"climate" (stream 2, 5 places of 6 octets) has a temperature (u16) with its CRC-8, a pressure (u16, little-endian) and a level (7
bits below a fault flag). Its sensor has 4 octets of coefficients, a gain in thousandths and an offset. "light" (stream 3, 6
places of 2 octets and their times) has 12 bits.
"""

import struct
from dataclasses import replace

import crcmod
import numpy as np

from freefall.definition import Channel, Definition, Linear, RawWord
from freefall.definition.settings import Setting
from freefall.sensors.channels import Compensated, Limits, Polynomial, Table
from freefall.sensors.validity import Crc8, Expected
from freefall_wire import packet
from unit.decode.fake_board import bench_definition

PARTS = struct.pack(">Hh", 2000, -10), struct.pack(">Hh", 500, 7)  # coefficients of two of a kind
CHECKS = (
    Crc8(0, 2, ("temperature",)),
    Expected(RawWord(5, 1, "big", 7, 1, False), (0,), ("pressure", "level"), "fault flag"),
)
LIMITS = Limits(watch=(0, 50), warning=None, critical=(0, 200))
CHANNELS = (
    Channel("temperature", "degC", RawWord(0, 2, "big", 0, 16, False), Compensated()),
    Channel("pressure", "Pa", RawWord(3, 2, "little", 0, 16, False), Polynomial((1.0, 2.0, 0.5)), limits=LIMITS),
    Channel("level", "mm", RawWord(5, 1, "big", 0, 7, False), Table((0.0, 10.0, 100.0), (0.0, 1.0, 4.0))),
)

_crc8 = crcmod.mkCrcFun(0x131, initCrc=0xFF, rev=False, xorOut=0)


def compensation(raw, coefficients):
    """Temperature by gain and offset of the part."""
    if coefficients is None:
        return {"temperature": np.full(len(raw["temperature"]), np.nan)}
    gain, offset = struct.unpack(">Hh", coefficients)
    return {"temperature": raw["temperature"] * gain / 1000 + offset}


def climate_definition(vibration: int = 32) -> Definition:
    """The definition; what the bench has stays as it is."""
    bench = bench_definition(vibration)
    model = bench.streams[1]
    sensors = bench.sensors
    sensors += (
        replace(sensors[1], number=2, name="climate", coefficients=len(PARTS[0])),
        replace(sensors[1], number=3, name="light"),
    )
    place = _place(bench, 2, "climate", 6, 5)
    climate = replace(model, **place, channels=CHANNELS, checks=CHECKS, compensation=compensation)
    light = (Channel("light", "1", RawWord(0, 2, "little", 0, 12, False), Linear(1.0, 0.0)),)
    light = replace(model, **_place(bench, 3, "light", 6, 6), channels=light, checks=(), times=True)
    return replace(bench, sensors=sensors, streams=(*bench.streams, climate, light))


def settable(definition: Definition) -> Definition:
    """The same, of which the rates of "temperature" and "light" can be set, from 1 to 1000 Hz, and "climate" be switched off."""
    temperature, climate, light = (definition.stream(name) for name in ("temperature", "climate", "light"))
    rates = [(stream.number, stream.name, "rate_hz", 1000, 10**6, round(1e6 / stream.rate_hz)) for stream in (temperature, light)]
    rows = rates[0], (climate.number, climate.name, "on", 0, 1, 1), rates[1]
    return replace(definition, settings=tuple(Setting(number, *row) for number, row in enumerate(rows)))


def climate_sample(temperature: int, pressure: int = 0, level: int = 0, fault: int = 0, damage: int = 0) -> bytes:
    """A sample of "climate"; damage is what its CRC differs by."""
    word = temperature.to_bytes(2, "big")
    return word + bytes([_crc8(word) ^ damage]) + pressure.to_bytes(2, "little") + bytes([fault << 7 | level])


def _place(bench, number, name, sample_len, places):
    length = packet.padded(packet.SAMPLES_AT + places * sample_len)
    at = {"number": number, "name": name, "sensor": name, "apid": bench.apid + 1 + number}
    return at | {"sample_len": sample_len, "samples_per_packet": places, "packet_len": length, "ring_depth": 16}
