"""A board's driver at work on the strict model of its part, without a board: the device it is given, and the host's half."""

import math
from types import MappingProxyType

import numpy as np

from freefall.board.clock import SimulatedClock
from freefall.sensors.channels import Compensated
from freefall.sensors.part import Wiring
from freefall.sensors.spi import SPIPart
from freefall.sensors.table import driver_name

MS = 1_000_000


class ModelDevice:
    """A device as drivers/__init__.py has it, of one model alone on its bus; octets take no time.

    Where on I2C nobody acknowledges, OSError is raised after a stop; on SPI nobody is told. A part that could be on either bus is
    on I2C if it has an address.
    """

    def __init__(self, model, driver):
        """driver: the driver's class, for how it names registers on SPI."""
        self._model = model
        self._driver = driver
        self._spi = isinstance(model, SPIPart) and getattr(model, "address", None) is None
        self._uart = hasattr(model, "request")

    def read(self, register, buf):
        self.exchange(self._command(register, "SPI_READ"), buf)

    def write(self, register, data):
        self.send(self._command(register, "SPI_WRITE") + bytes(data))

    def send(self, octets):
        if self._uart:
            self._requested(octets, bytearray())
        elif self._spi:
            self._selected(octets, b"")
        else:
            self._transaction((octets, None))

    def receive(self, buf):
        if self._spi:
            self._selected(b"", buf)
        else:
            self._transaction((None, buf))

    def exchange(self, command, buf):
        if self._uart:
            self._requested(command, buf)
        elif self._spi:
            self._selected(command, buf)
        else:
            self._transaction((command, buf))

    def read_sample(self, driver, samples=1):
        """What one trigger reads by driver.sample_reads, its READ_HEAD dropped; `samples` of them for a FIFO."""
        reads = [(command, bytearray(count)) for command, count in driver.sample_reads]
        last_command, last = reads.pop()
        reads.append((last_command, bytearray(len(last) * samples)))
        settle_us = getattr(driver, "SETTLE_US", 0)
        if self._uart:
            ((command, buf),) = reads
            self.exchange(command, buf)
        elif self._spi:
            ((command, buf),) = reads
            assert len(command) <= 1, "on SPI a command is a register or nothing"
            self.exchange(self._command(command[0], "SPI_READ") if command else b"", buf)
        elif settle_us:
            ((command, buf),) = reads
            self.send(command)
            self._model.clock.advance_to(self._model.clock.now_ns() + settle_us * 1000)
            self.receive(buf)
        else:
            self._transaction(*((command or None, buf) for command, buf in reads))
        return b"".join(bytes(buf) for _, buf in reads)[getattr(driver, "READ_HEAD", 0) :]

    def _command(self, register, mark):
        if not self._spi:
            return bytes((register,))
        return bytes((register << getattr(self._driver, "SPI_SHIFT", 0) | getattr(self._driver, mark, 0),))

    def _transaction(self, *phases):
        """Pairs (octets written or None, buffer read or None), with one stop at the end of all."""
        model = self._model
        try:
            for octets, buf in phases:
                if octets is not None:
                    self._acknowledged(model.start(read=False))
                    for octet in octets:
                        self._acknowledged(model.write(octet))
                if buf is not None:
                    self._acknowledged(model.start(read=True))
                    for at in range(len(buf)):
                        buf[at] = model.read()
        except OSError:
            model.stop()
            raise
        model.stop()

    def _requested(self, octets, buf):
        answer, delay_ns = self._model.request(bytes(octets)) or (b"", 0)
        self._model.clock.advance_to(self._model.clock.now_ns() + delay_ns)
        if len(answer) < len(buf):
            raise OSError("timeout")
        buf[:] = answer[: len(buf)]

    @staticmethod
    def _acknowledged(acknowledged):
        if not acknowledged:
            raise OSError("no acknowledge")

    def _selected(self, octets, buf):
        self._model.select()
        try:
            for octet in octets:
                self._model.exchange(octet)
            for at in range(len(buf)):
                buf[at] = self._model.exchange(0)
        finally:
            self._model.deselect()


class Bench:
    """A sensor as a definition would have it: its table, its model, and its driver on a ModelDevice.

    sensor: a Sensor; driver: the board's class; table: the [sensor.NAME] table but for driver and bus; signals: over the Sensor's
    own; lines: see Wiring.
    """

    def __init__(self, sensor, driver, table, *, signals=MappingProxyType({}), lines=MappingProxyType({}), seed=1, watermark=0):
        self.clock = SimulatedClock()
        place = {"bus": "bus0"} if "bus" in sensor.table.model_fields else {}
        self.table = sensor.table.model_validate({"driver": driver_name(sensor.table), **place, **table})
        address = getattr(self.table, "address", None)
        wiring = Wiring(self.clock, address, lines, seed, {**sensor.signals, **signals}, self.table)
        self.model = sensor.model(wiring)
        self.device = ModelDevice(self.model, driver)
        self.driver = driver(self.device, self.table.config(watermark))

    def sleep_ms(self, duration_ms):
        self.clock.advance_to(self.clock.now_ns() + round(duration_ms * MS))

    def halt(self):
        if hasattr(self.driver, "halt"):
            self.driver.halt(self.sleep_ms)

    def configure(self):
        return self.driver.configure(self.sleep_ms)

    def run(self):
        """As the board does before it arms a trigger; True when the part takes part."""
        self.halt()
        if not (self.driver.identify() and self.configure()):
            return False
        self.driver.start()
        return True

    def read(self, samples=1):
        return self.device.read_sample(self.driver, samples)

    def register(self, number):
        """A register of one octet."""
        value = bytearray(1)
        self.device.read(number, value)
        return value[0]

    @property
    def coefficients(self):
        """What the board would send to the host."""
        return bytes(getattr(self.driver, "coefficients", b""))

    def values(self, *samples):
        """The engineering values of sample octets, an array by channel, as the host makes them."""
        return engineering_values(self.table, samples, self.coefficients)

    def value(self, sample):
        """The engineering values of one sample, a number by channel; None where it is worth nothing."""
        numbers = {name: float(values[0]) for name, values in self.values(sample).items()}
        return {name: None if math.isnan(number) else number for name, number in numbers.items()}


def engineering_values(table, samples, coefficients):
    """Calibrated and checked by a sensor's table; nan where the part itself says that a sample is worth nothing."""
    octets = np.frombuffer(b"".join(samples), np.uint8).reshape(len(samples), table.sample_len())
    channels = table.channels()
    raw = {channel.name: channel.raw.values(octets) for channel in channels}
    compensated = {}
    if any(isinstance(channel.calibration, Compensated) for channel in channels):
        compensated = table.compensate(raw, coefficients)
    values = {}
    for channel in channels:
        own = isinstance(channel.calibration, Compensated)
        value = compensated[channel.name] if own else channel.calibration.apply(raw[channel.name])
        values[channel.name] = np.array(value, np.float64)
    for check in table.checks():
        for name in check.channels:
            values[name][~check.valid(octets)] = np.nan
    return values


def assert_halves_agree(bench):
    """The host's table and the board's driver say the same of a read."""
    table, driver = bench.table, bench.driver
    reads = table.reads()
    assert tuple((len(command), count) for command, count in driver.sample_reads) == reads.parts
    assert getattr(driver, "READ_HEAD", 0) == reads.head
    assert getattr(driver, "SETTLE_US", 0) == reads.settle_us
    assert getattr(driver, "FIFO_SAMPLES", 0) == table.FIFO_SAMPLES
    assert getattr(driver, "SPI_MODE", 0) == table.SPI_MODE
    assert reads.octets(1) - reads.head == table.sample_len()
    assert tuple(channel.name for channel in table.channels()) == table.CHANNELS
    assert len(bench.coefficients) == table.COEFFICIENTS
