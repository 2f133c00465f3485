"""A part of one-octet registers that no driver knows, by what its data sheet says: which to check, to write and to read."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Channel
from ..fields import Table
from ..part import ModelError, Produced, Wiring
from ..periods import Line, Paced, Periods
from ..reads import Reads
from ..registers import RegisterTarget
from ..sensor import Sensor
from ..table import BusSensorTable

__all__ = ["SENSOR", "RegisterFile", "RegistersTable"]

_ADDRESSES = range(0x08, 0x78)  # the others are reserved (UM10204, 3.1.12)
_PULSE_NS = 20_000

Register = Annotated[int, Field(ge=0, le=0xFF, description="the number of the register, as the part takes it in one octet")]
Octets = Annotated[list[Annotated[int, Field(ge=0, le=0xFF)]], Field(min_length=1, max_length=16)]


class IdentityTable(Table):
    """What says which part it is."""

    at: Register
    octets: Annotated[Octets, Field(description="what it reads, from this register on; another part reads something else")]


class WriteTable(Table):
    """What sets the part up."""

    at: Register
    octets: Annotated[Octets, Field(description="what is written, from this register on")]
    verify: Annotated[bool, Field(description="whether it must read back as written; not so for a reset or a command")] = True


class ReadTable(Table):
    """What is a sample."""

    at: Register
    octets: Annotated[int, Field(ge=1, le=64, description="octets of one sample, read from this register on")]


class RegistersTable(BusSensorTable):
    """A part on I2C that is set up by writing registers and read from one on; what its octets mean, the stream's fields say."""

    driver: Literal["registers"]
    address: Annotated[int, Field(ge=_ADDRESSES[0], le=_ADDRESSES[-1], description="its I2C address")]
    identity: Annotated[
        IdentityTable | None, Field(description="{at, octets}: how the right part is known; not checked if not given")
    ] = None
    setup: Annotated[
        list[WriteTable], Field(max_length=64, description="[{at, octets}, ...]: what is written before it measures")
    ] = []
    read: Annotated[ReadTable, Field(description="{at, octets}: what is read for a sample")]
    rate_hz: Annotated[float, Field(ge=0.01, le=4000, description="samples per second that the part makes once it is set up")]
    active_low: Annotated[bool, Field(description="whether its data-ready line is low when there is a sample")] = False
    line_holds: Annotated[
        bool, Field(description="whether its data-ready line stays active until the sample is read, and is no short pulse")
    ] = False

    CHANNELS: ClassVar[tuple[str, ...]] = ()
    RATE_KEY: ClassVar[str] = "rate_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "periodic")

    def sample_len(self) -> int:
        """See SensorTable."""
        return self.read.octets

    def reads(self) -> Reads:
        """See SensorTable."""
        return Reads(((1, self.read.octets),))

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable: the definition has them, as fields of the stream."""
        return ()

    def config(self, watermark: int) -> dict[str, int | list]:
        """See SensorTable: each register with its octets, in setup with whether they read back in between."""
        identity = self.identity
        return {
            "identity": [identity.at, *identity.octets] if identity else [],
            "setup": [[write.at, int(write.verify), *write.octets] for write in self.setup],
            "read": [self.read.at, self.read.octets],
            "active_low": int(self.active_low),
            "line_holds": int(self.line_holds),
        }

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return float(self.rate_hz)


class RegisterFile(Paced, RegisterTarget):
    """The registers that a definition tells of, and no others. A sample is the number of samples made so far, big-endian.

    It measures from power-up on, once a period. The registers of setup read 0 until they are written, those that are not verified
    always. The line is active from a sample on, until that is read or for 20 us. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "registers"
    addresses = tuple(_ADDRESSES)
    I2C_SECTION = "the definition"

    def __init__(self, wiring: Wiring):
        super().__init__(wiring.address, wiring.clock)
        table = self._table = wiring.options
        self.SAMPLE_REGISTERS = range(table.read.at, table.read.at + table.read.octets)
        self._kept = {register for write in table.setup if write.verify for register in _written(write)}
        self._writable = {register for write in table.setup for register in _written(write)}
        self._fixed = dict(zip(_written(table.identity), table.identity.octets, strict=True)) if table.identity else {}
        self._line = Line(wiring.clock, wiring.lines.get("data_ready"), table.active_low)
        self._periods = Periods(wiring.clock, self._make)
        self._on_power_cycle(0)

    def _on_power_cycle(self, off_ns: int) -> None:
        self._values = dict.fromkeys(self._writable, 0)
        self._pointer = None
        self._made = 0
        self._sample = self._shadow = bytes(len(self.SAMPLE_REGISTERS))
        self._line.set(self._table.active_low)
        self._periods.begin(self._paced(1e9 / self._table.rate_hz), began_ns=self.clock.now_ns() + off_ns)

    def _make(self, time_ns: int) -> None:
        self._made += 1
        octets = len(self._sample)
        self._sample = (self._made % (1 << 8 * octets)).to_bytes(octets, "big")
        self.produced.append(Produced(time_ns, self._sample))
        active = not self._table.active_low
        if self._table.line_holds:
            self._line.set(active)
        else:
            self._line.pulse(active, self.clock.now_ns() + _PULSE_NS)

    def _on_burst(self, register: int) -> None:
        self._shadow = self._sample  # what is read in one burst is of one instant

    def _on_sample_read(self) -> None:
        if self._table.line_holds:
            self._line.set(self._table.active_low)

    def _read_register(self, register: int) -> int:
        if register in self.SAMPLE_REGISTERS:
            return self._shadow[register - self.SAMPLE_REGISTERS.start]
        if register in self._values:
            return self._values[register]
        if register not in self._fixed:
            raise self._error("the definition does not say what it reads", self.I2C_SECTION)
        return self._fixed[register]

    def _write_register(self, register: int, value: int) -> None:
        if register not in self._writable:
            raise self._error("the definition does not write it", self.I2C_SECTION, value)
        if register in self._kept:
            self._values[register] = value


def _written(table: IdentityTable | WriteTable) -> range:
    return range(table.at, table.at + len(table.octets))


def _model(wiring: Wiring) -> RegisterFile:
    if wiring.address is None:
        raise ModelError("registers", "it is on I2C", "the definition")
    return RegisterFile(wiring)


SENSOR = Sensor(RegistersTable, _model)
