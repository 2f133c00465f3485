"""A first definition for somebody's experiment: sound, with comments that teach, from the sensors they name.

Pins and buses are given out in turn; every option of a sensor is shown, those with a default behind a #.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import floor, log10

from ..sensors.sensor import Sensor
from ..sensors.table import SensorTable

_WIDTH = 30  # of a key and its value, before the comment

_I2C = {"i2c0": {"scl": 5, "sda": 4}, "i2c1": {"scl": 7, "sda": 6}}
_SPI = {"spi0": {"sck": 18, "mosi": 19, "miso": 16}, "spi1": {"sck": 10, "mosi": 11, "miso": 12}}
_UART = {"uart1": {"tx": 8, "rx": 9}}
_SELECTS = (17, 13, 20, 21)
_LINES = (15, 14, 22, 2, 3, 13)
_ANALOG = (26, 27, 28)
_PLACE = ("bus", "address", "cs", "pin")  # keys that say where a sensor is
_SLOW_HZ = 1.0
_MODEST_HZ = 100
_FIRST_APID = 1024


class CannotPlace(Exception):
    """The board has no place for so many sensors of these kinds; str() is the sentence."""


@dataclass(slots=True)
class _Board:
    """What is given out already."""

    addresses: dict[str, set[int]] = field(default_factory=dict)  # by I2C bus
    modes: dict[str, int] = field(default_factory=dict)  # by SPI bus
    clocks: dict[str, int] = field(default_factory=dict)  # of buses, in Hz
    uarts: set[str] = field(default_factory=set)
    pins: set[int] = field(default_factory=lambda: {0, 1})  # the link's

    def pin(self, choices: tuple[int, ...], what: str) -> int:
        """The first of `choices` that is free."""
        for pin in choices:
            if pin not in self.pins:
                self.pins.add(pin)
                return pin
        raise CannotPlace(f"there is no pin left for {what}; name fewer sensors, or write the definition by hand")

    def clock(self, bus: str, usual_hz: int, fastest_hz: int) -> None:
        """Let a bus be no faster than one more sensor on it can."""
        self.clocks[bus] = min(self.clocks.get(bus, usual_hz), fastest_hz)

    def wires(self, name: str, wires: dict[str, int]) -> bool:
        """Whether the wires of a bus are its own or free; then they are taken."""
        if name not in self.addresses and name not in self.modes and not self.pins.isdisjoint(wires.values()):
            return False
        self.pins.update(wires.values())
        return True


def template(name: str, sensors: dict[str, tuple[str, Sensor]], discipline: str = "") -> str:
    """The text of a payload.toml called `name`, with a section for each of `sensors`: name -> (driver, what is known of it).

    Raises CannotPlace.
    """
    board = _Board()
    sections, streams = [], []
    for key, (driver, sensor) in sensors.items():
        table, text = _sensor(board, key, driver, sensor)
        sections.append(text)
        streams.append(_stream(board, key, table))
    return "\n".join([_head(name, discipline), *_buses(board), *sections, *streams, _TAIL])


def _head(name: str, discipline: str) -> str:
    return f"""\
# {name}: say here what is measured, and why.
#
# Change a value, then run "freefall check {name}": it says whether the change can work, and if not, where and why; then
# "freefall sim {name}" rehearses it without hardware. Every word of this language is in payload_defs/SPEC.md.

[payload]
name = "{name}"
{_line("apid", _FIRST_APID, "identifies this payload on its link; its streams use the numbers after it")}
{_line("discipline", discipline, '"biology", "fluids", "materials", ...')}
description = ""
board = "pico"

# How telemetry leaves the board.
[link]
{_line("transport", "uart0", '"uart0", "uart1" or "usb" (usb: remove baud, tx and rx)')}
{_line("baud", 921600, "bits per second")}
{_line("tx", 0, "GP0, to the receiver's RX")}
{_line("rx", 1, "GP1, to the receiver's TX")}

# How often the board reports its own health and what became of every sample.
[housekeeping]
{_line("period_ms", 1000, "100..60000")}

# After how long without progress the board restarts itself.
[watchdog]
{_line("timeout_ms", 0, "0 is never, good for the bench; in flight 500..8388")}
"""


_TAIL = """\
# A calibration of your own, in place of the data sheet's, for one channel of a stream:
#
# [stream.NAME.calibration.CHANNEL]
# scale = 1.0                   # engineering value = raw value * scale + offset
# offset = 0.0
#
# Ranges that a value should stay in; outside them it is marked:
#
# [limits.NAME.CHANNEL]
# watch = [0.0, 1.0]
# critical = [-1.0, 2.0]
#
# What the experiment wants to see; "freefall check" then says whether the sensor can:
#
# [stream.NAME.claim.CHANNEL]
# amplitude = 1.0               # rms, in the channel's unit
# low_hz = 0.01
# high_hz = 0.5
"""


def _buses(board: _Board) -> Iterator[str]:
    for bus in board.addresses:
        yield _section(f"bus.{bus}", "Two wires that sensors of different addresses share, each with a pull-up to 3V3.", {
            "kind": ("i2c", ""), **{key: (pin, f"GP{pin}") for key, pin in _I2C[bus].items()},
            "freq_hz": (board.clocks[bus], "as fast as all sensors on it can, up to 400000"),
            "timeout_us": (5000, "a read that takes longer is a bus error"),
        })  # fmt: skip
    for bus in board.modes:
        yield _section(f"bus.{bus}", "Wires that sensors share, each with a chip select of its own.", {
            "kind": ("spi", ""), **{key: (pin, f"GP{pin}") for key, pin in _SPI[bus].items()},
            "freq_hz": (board.clocks[bus], "up to 10000000, and no more than all sensors on it can"),
        })  # fmt: skip
    for bus in board.uarts:
        yield _section(f"bus.{bus}", "A serial line to one sensor.", {
            "kind": ("uart", ""), **{key: (pin, f"GP{pin}") for key, pin in _UART[bus].items()},
            "baud": (9600, "as the sensor has it"), "timeout_us": (100_000, "how long an answer may take"),
        })  # fmt: skip


def _sensor(board: _Board, name: str, driver: str, sensor: Sensor) -> tuple[SensorTable, str]:
    """Its table, and the text of it."""
    table = sensor.table
    schema = table.model_json_schema()["properties"]
    for key, about in schema.items():
        needed = table.model_fields[key].is_required() and key not in ("driver", *_PLACE)
        if needed and not (about.get("examples") or _choices(about)):
            raise CannotPlace(f"{driver} needs {key}, which only you know; SPEC.md shows how to write its section by hand")
    place = _place(board, name, driver, sensor, schema)
    values: dict[str, tuple] = {"driver": (driver, ""), **place}
    optional = {}
    for key, about in schema.items():
        if key in values or key in _PLACE:
            continue
        comment = _about(about)
        if table.model_fields[key].is_required():
            values[key] = (_rate(about) if key == table.RATE_KEY else _first(about), comment)
        else:
            optional[key] = (about.get("default"), comment)
    made = table.model_validate({key: value for key, (value, _) in values.items()})
    return made, _section(f"sensor.{name}", _sentence(table), values, optional)


def _place(board: _Board, name: str, driver: str, sensor: Sensor, schema: dict) -> dict[str, tuple]:
    """Where the sensor is: its bus and address or chip select, or its pin."""
    kinds = getattr(sensor.table, "BUSES", ())
    for kind in kinds:
        if kind == "i2c":
            for bus, wires in _I2C.items():
                for address in _choices(schema["address"]):
                    if address not in board.addresses.get(bus, ()) and board.wires(bus, wires):
                        board.addresses.setdefault(bus, set()).add(address)
                        board.clock(bus, 400_000, sensor.table.FASTEST_HZ["i2c"])
                        return {"bus": (bus, ""), "address": (_Hex(address), schema["address"].get("description", ""))}
        elif kind == "spi":
            for bus, wires in _SPI.items():
                if board.modes.get(bus, sensor.table.SPI_MODE) == sensor.table.SPI_MODE and board.wires(bus, wires):
                    board.modes[bus] = sensor.table.SPI_MODE
                    board.clock(bus, 1_000_000, sensor.table.FASTEST_HZ["spi"])
                    cs = board.pin(_SELECTS, f"the chip select of {name}")
                    return {"bus": (bus, ""), "cs": (cs, f"GP{cs}, to the sensor's chip select")}
        else:
            for bus, wires in _UART.items():
                if bus not in board.uarts and board.wires(bus, wires):
                    board.uarts.add(bus)
                    return {"bus": (bus, "")}
    if kinds:
        raise CannotPlace(f"there is no bus left for {name} ({driver}), which needs {' or '.join(kinds)}; name fewer sensors")
    if "pin" not in schema:
        return {}
    possible = tuple(_choices(schema["pin"]))
    pin = board.pin(tuple(p for p in (*_LINES, *_ANALOG) if p in possible), f"{name} ({driver})")
    return {"pin": (pin, f"GP{pin}; {schema['pin'].get('description', '')}")}


def _stream(board: _Board, name: str, table: SensorTable) -> str:
    if "periodic" in table.TRIGGERS:
        rate_hz = _short(min(_SLOW_HZ, table.data_rate_hz()))
        others = " and ".join(f'"{trigger}"' for trigger in table.TRIGGERS if trigger != "periodic")
        see = f"; see SPEC.md for {others}" if others else ""
        trigger = {
            "trigger": ("periodic", f"the board's clock says when{see}"),
            "rate_hz": (rate_hz, "samples per second"),
        }
    else:
        pin = board.pin(_LINES, f"the data-ready line of {name}")
        trigger = {
            "trigger": ("data_ready", "the sensor says when: its own rate is the rate"),
            "pin": (pin, f"GP{pin}, wired to the sensor's data-ready line"),
        }
    latency = {"max_latency_ms": (1000, "a sample waits at most this long on the board for its packet to fill")}
    return _section(f"stream.{name}", f"Samples of [sensor.{name}].", {"sensor": (name, ""), **trigger, **latency})


def _short(rate_hz: float) -> float:
    """A rate of two digits, no higher."""
    step = 10.0 ** (floor(log10(rate_hz)) - 1)
    return float(f"{floor(rate_hz / step * (1 + 1e-9)) * step:.2g}")


def _sentence(table: type[SensorTable]) -> str:
    """The first of its docstring."""
    return " ".join((table.__doc__ or "").split("\n\n")[0].split())


class _Hex(int):
    """An integer that is written in hexadecimal."""


def _section(name: str, what: str, values: dict[str, tuple], optional: dict[str, tuple] | None = None) -> str:
    lines = [f"# {what}", f"[{name}]"]
    lines += [_line(key, *value) for key, value in values.items()]
    for key, (value, comment) in (optional or {}).items():
        lines.append(f"# {key}: {comment}" if value is None else "# " + _line(key, value, comment))
    return "\n".join(lines) + "\n"


def _line(key: str, value, comment: str) -> str:
    written = f"0x{value:02X}" if isinstance(value, _Hex) else json.dumps(value, ensure_ascii=False)
    text = f"{key} = {written}"
    return f"{text.ljust(_WIDTH)}  # {comment}" if comment else text


def _choices(about: dict) -> list:
    """The values that a key may have, where they are few."""
    for variant in (about, *about.get("anyOf", ())):
        if "enum" in variant:
            return variant["enum"]
    return []


def _first(about: dict):
    """A value for a key that needs one: the first of its examples, or of those it may have."""
    return (about.get("examples") or _choices(about))[0]


def _rate(about: dict):
    """A rate that leaves room for others: the one nearest to 100 a second."""
    return min(_choices(about), key=lambda hz: abs(hz - _MODEST_HZ))


def _about(about: dict) -> str:
    choices = _choices(about)
    what = about.get("description", "")
    possible = ", ".join(json.dumps(choice) for choice in choices) if 0 < len(choices) <= 12 else ""
    return "; ".join(filter(None, (what, possible)))
