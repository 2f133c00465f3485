"""Sensors of a definition on fake buses, and the accesses that a probe asks them by."""

import json
from contextlib import ExitStack

from fake_linux.i2c import Adapter, FakeI2C
from fake_linux.time import SimulatedTime
from freefall.device.probe import probe
from freefall.device.probe.linux import LinuxI2C
from freefall.sensors.part import ModelError, Wiring
from freefall.sensors.registry import SENSORS


class Stranger:
    """A part asked for what only other parts have: it answers zeros there, as parts do, where its model is strict."""

    def __init__(self, model):
        self.address = model.address
        self.hung = False
        self._model = model
        self.longest_write = 0
        self._lost = False
        self._written = 0

    def start(self, read):
        self._lost = False
        self._written = 0
        return self._guarded(self._model.start, True, read)

    def write(self, octet):
        self._written += 1
        self.longest_write = max(self.longest_write, self._written)
        return self._guarded(self._model.write, True, octet)

    def read(self):
        return self._guarded(self._model.read, 0)

    def stop(self):
        self._guarded(self._model.stop, None)

    def _guarded(self, call, otherwise, *arguments):
        if self._lost:
            return otherwise
        try:
            return call(*arguments)
        except (ModelError, KeyError):
            self._lost = True
            return otherwise


class ProbeBench:
    """parts: (bus number, driver, address, options of its table) of what is really there."""

    def __init__(self, monkeypatch, definition, parts, strange=False, **adapter):
        self.definition = definition
        self.time = SimulatedTime()
        monkeypatch.setattr("time.sleep", lambda seconds: self.time.take(round(seconds * 1e9)))
        buses = [bus["id"] for bus in json.loads(definition.plan)["buses"] if bus["kind"] == "i2c"]
        self.adapters = {number: Adapter(**adapter) for number in buses}
        self.models = []
        for bus, driver, address, options in parts:
            kind = SENSORS[driver]
            table = kind.table.model_validate({"driver": driver, "bus": f"i2c{bus}", "address": address, **options})
            model = kind.model(Wiring(self.time.clock, address, {}, 1, kind.signals, table))
            self.models.append(model)
            self.adapters[bus].targets.append(Stranger(model) if strange else model)
        FakeI2C(self.time, self.adapters).install(monkeypatch)

    def probe(self, lines=None, **others):
        """The verdicts by sensor; lines: what the accesses say of their buses."""
        with ExitStack() as stack:
            accesses = {f"i2c{number}": stack.enter_context(LinuxI2C(str(number))) for number in self.adapters}
            if lines:
                for access in accesses.values():
                    access.lines = lambda: lines
            return {verdict.sensor: verdict for verdict in probe(self.definition, accesses | others)}
