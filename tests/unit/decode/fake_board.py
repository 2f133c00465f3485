"""A board for decoder tests: the real board core on a tick that the test moves, with faults on order, and the truth kept."""

from dataclasses import replace

from freefall.definition import Definition, parse_definition
from freefall_board.core import words
from freefall_board.core.clock import OnBoardClock
from freefall_board.core.link import LinkQueue
from freefall_board.core.packetizer import Packetizer
from freefall_board.core.reporter import Identity, Reporter
from freefall_board.core.ring import Ring, ring_for
from freefall_board.core.sampler import Sampler
from freefall_board.core.stream import Stream
from freefall_wire import frame, packet

_TICKS = 1 << 30

TOML = """
[payload]
name = "bench"
apid = 100
discipline = "test"
description = "two streams"
board = "pico"
[link]
transport = "usb"
[bus.i2c0]
kind = "i2c"
scl = 5
sda = 4
freq_hz = 1000000
[bus.i2c1]
kind = "i2c"
scl = 7
sda = 6
freq_hz = 400000
[sensor.accel]
driver = "adxl355"
bus = "i2c0"
address = 0x1D
range_g = 2
odr_hz = 1000
[sensor.temperature]
driver = "tmp117"
bus = "i2c1"
address = 0x48
averages = 1
[stream.vibration]
sensor = "accel"
trigger = "data_ready"
pin = 15
max_latency_ms = 10
[stream.temperature]
sensor = "temperature"
trigger = "periodic"
rate_hz = 50.0
max_latency_ms = 60
"""


def bench_definition(vibration: int = 32, temperature: int = 8) -> Definition:
    """The definition in TOML above, but with rings of that depth, for tests to fill; a packet holds at most half a ring."""
    definition = parse_definition(TOML, "payload.toml")
    depths = vibration, temperature
    streams = (_shallower(stream, depth) for stream, depth in zip(definition.streams, depths, strict=True))
    return replace(definition, streams=tuple(streams))


def _shallower(stream, depth: int):
    places = min(stream.samples_per_packet, depth // 2)
    length = packet.padded(packet.SAMPLES_AT + places * stream.sample_len)
    return replace(stream, ring_depth=depth, samples_per_packet=places, packet_len=length)


class FakeBoard:
    """One board over any number of boots. `wire`: all that left it.

    The truth: `sampled[boot, stream number, index]`: what sensors gave; `triggered`: when, in microseconds since boot;
    `coefficients[boot, sensor number]`: what the board reports of its parts, other ones in every boot.
    """

    def __init__(self, definition: Definition, queue_size: int = 1024, reserved: int = 256):
        """queue_size, reserved: octets, as in LinkQueue."""
        self.definition = definition
        self.wire = bytearray()
        self.sampled = {}
        self.triggered = {}
        self.coefficients = {}
        self.boots = 0
        self._queue_room = queue_size, reserved
        self._ticks = 0
        self._serial = 0

    def boot(self, boot_count: int | None = None) -> None:
        """Start anew, with boot event and first reports; what had not left is gone."""
        # The ticks start anywhere: after a reset they need not be zero, and they wrap.
        self._ticks = (self._ticks * 7 + 12345) % _TICKS
        self._budget = 0
        self._up_us = 0
        self.boots += 1
        for sensor in self.definition.sensors:
            if sensor.coefficients:
                self.coefficients[self.boots - 1, sensor.number] = bytes([0x11 * self.boots % 256] * sensor.coefficients)
        self._clock = OnBoardClock(lambda: self._ticks, _ticks_diff)
        self._queue = LinkQueue(self._write, *self._queue_room)
        definition_id = self.definition.definition_id.to_bytes(4, "big")
        identity = Identity(self.boots if boot_count is None else boot_count, "0.1.0", definition_id, 1)
        common = self._clock, frame.seal_in_place, self._queue
        self.reporter = Reporter(self.definition.apid, identity, *common)
        self.streams = [self._stream(_plan(stream), stream.number, *common) for stream in self.definition.streams]
        self._fails = False
        self._queue.put_report(frame.DELIMITER, 0, 1)
        self.reporter.boot()
        self._report_coefficients()
        self.wait(5000 + 17 * self.boots)  # setting sensors up takes its time, never twice the same
        for stream in self.streams:
            stream.armed(self._clock.update())
        self.report()

    def _stream(self, plan: dict, number: int, clock, seal, queue) -> Stream:
        ring = ring_for(plan, 0)
        sampler = Sampler(ring, clock.ticks_us)
        sampler.reads_by(lambda slot: sampler.ended(self._read(number, ring, slot)), lambda: None)
        return Stream(number, plan["period_us"], sampler, Packetizer(plan, ring, clock, seal, queue), clock)

    def wait(self, micros: int) -> None:
        """Let time pass."""
        while micros:
            step = min(micros, 100_000_000)
            self._ticks = (self._ticks + step) % _TICKS
            self._up_us += step
            self._clock.update()
            micros -= step

    def trigger(self, number: int, fails: bool = False) -> None:
        """One interrupt of stream `number`; its sensor read may fail."""
        sampler = self.streams[number].sampler
        self._fails = fails
        sampler.trigger(None)

    def poll(self) -> None:
        """The foreground: pack and frame what is due."""
        now = self._clock.update()
        for stream in self.streams:
            while stream.due(now):
                stream.send()

    def report(self) -> None:
        """A set of housekeeping."""
        self._clock.update()
        self._report_coefficients()
        for stream in self.streams:
            self.reporter.ledger(stream.number, stream.sampler, stream.packetizer)
        self.reporter.board(len(self.streams), 123)

    def _report_coefficients(self) -> None:
        for (boot, sensor), octets in self.coefficients.items():
            if boot == self.boots - 1:
                self.reporter.coefficients(sensor, octets)

    def send(self, octets: int = 1 << 30) -> None:
        """Let the link take up to that many octets."""
        self._budget = octets
        while self._queue.pump():
            pass

    def run(self, number: int, samples: int, period_us: int = 1000) -> None:
        """That many good samples of one stream, all sent."""
        for _ in range(samples):
            self.wait(period_us)
            self.trigger(number)
            self.poll()
            self.send()

    def _read(self, number: int, ring: Ring, slot: int) -> int:
        if self._fails:
            return 0
        self._serial += 1
        length = ring.read_len
        # Every value differs, and zeros are common, as COBS has to move those.
        octets = (self._serial * 2654435761).to_bytes(12, "big")[-length:] if self._serial % 3 else bytes(length)
        ring.octets[slot * length : (slot + 1) * length] = octets
        index = ring.words[words.SEEN] - 1
        self.sampled[self.boots - 1, number, index] = octets
        self.triggered[self.boots - 1, number, index] = self._up_us
        return 1

    def _write(self, octets, start, size, waiting):
        size = min(size, self._budget)
        self.wire += octets[start : start + size]
        self._budget -= size
        return size


def frames_of(wire: bytes) -> list[bytes]:
    """The frames in it, without delimiters."""
    return [piece for piece in bytes(wire).split(b"\0") if piece]


def _ticks_diff(later, earlier):
    return (later - earlier + _TICKS // 2) % _TICKS - _TICKS // 2


def _plan(stream) -> dict:
    fields = "apid", "sample_len", "samples_per_packet", "packet_len", "max_latency_ms", "ring_depth", "samples_per_read"
    plan = {name: getattr(stream, name) for name in fields} | {"period_us": round(1e6 / stream.rate_hz)}
    return plan | {"sample_times": stream.times, "trigger": {"kind": stream.trigger}}
