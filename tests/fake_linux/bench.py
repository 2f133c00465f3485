"""A payload on a fake Linux computer in simulated time: its board, its models, and what the host makes of its octets."""

import json

from fake_linux.gpio import PATH, FakeGPIO
from fake_linux.i2c import Adapter, FakeI2C
from fake_linux.spi import FakeSPI
from fake_linux.time import SimulatedTime
from fake_linux.uart import FakeUART
from freefall.board.linux import LinuxBoard
from freefall.board.linux_devices import devices_of
from freefall.board.simulated import attach_models
from freefall.decode import Collector, Decoder, SamplePacket

MS = 1_000_000


class LinuxBench:
    """adapter: keyword arguments for every adapter. Context manager."""

    def __init__(self, definition, monkeypatch, state, seed=1, **adapter):
        self.definition = definition
        self.time = SimulatedTime()
        self.gpio = FakeGPIO(self.time)
        found = attach_models(definition, self.time.clock, self.gpio.line, seed)
        self.models = found.all
        self.adapters = {number: Adapter(targets, **adapter) for number, targets in found.i2c.items()}
        spi = FakeSPI(self.time, self.gpio, found.spi).install(monkeypatch)
        ports = {f"/dev/serial{number}": part for number, part in found.uart.items()}
        FakeUART(self.time, ports).install(monkeypatch, self.gpio.install(monkeypatch))
        kernel = FakeI2C(self.time, self.adapters).install(monkeypatch)
        kernel.others = {PATH, *spi.paths(), *ports}
        self.board = LinuxBoard(definition, devices_of(json.loads(definition.plan), {}), state, self.time)
        self.decoder = Decoder(definition)
        self.collector = Collector(definition)
        self.items = []

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.board.close()

    def run(self, duration_ns):
        self.take(self.board.advance(duration_ns))
        return self

    def leave(self):
        self.take(self.board.leave())
        return self

    def take(self, octets):
        items = self.decoder.feed(octets, self.time.now_ns())
        self.collector.add(items)
        self.items += items

    def of(self, kind):
        return [item for item in self.items if isinstance(item, kind)]

    def samples(self, stream):
        """The octets of every sample of a stream."""
        packets = [item for item in self.of(SamplePacket) if item.stream.name == stream]
        return [sample.tobytes() for packet in packets for sample in packet.raw]

    def totals(self, stream):
        return self.decoder.ledger.stream(stream).totals
