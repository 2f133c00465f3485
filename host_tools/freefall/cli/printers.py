"""Decoded items on standard output: for people, as CSV, as JSON Lines."""

import json
import sys
from math import isnan
from typing import TextIO

from ..decode import (
    Alive,
    BoardReport,
    BootEvent,
    CoefficientReport,
    Gap,
    Item,
    LedgerReport,
    NameReport,
    PlatformReport,
    Reboot,
    Reject,
    SamplePacket,
    SensorEvent,
    ServiceReport,
    SettingsReport,
    Verification,
    reason_text,
    reset_cause_text,
    rows,
    slot_text,
    verification_text,
)
from ..definition import Definition, Stream
from ..export import CsvRows


class Printer:
    """Prints items one by one; each form says how it shows the samples of a packet, and any other item."""

    def __init__(self, definition: Definition):
        self.definition = definition

    def show(self, item: Item) -> None:
        """Print it, if this form has words for it."""
        if isinstance(item, SamplePacket):
            self.samples(item)
        else:
            self.other(item)

    def samples(self, packet: SamplePacket) -> None:
        """Print the samples of a packet."""
        raise NotImplementedError

    def other(self, item: Item) -> None:
        """Print what is no sample, if this form has words for it."""
        raise NotImplementedError


class TextPrinter(Printer):
    """For people. Reports that come by the second are left out."""

    def samples(self, packet: SamplePacket) -> None:
        """See Printer."""
        columns = rows(packet)
        units = {channel.name: channel.unit for channel in packet.stream.channels}
        for at, (index, time_ns) in enumerate(zip(columns.index, columns.time_ns, strict=True)):
            values = "  ".join(f"{name} {column[at]:+.6f} {units[name]}" for name, column in columns.values.items())
            print(f"{packet.stream.name} {index} {time_ns / 1e9:.6f} s  {values}")

    def other(self, item: Item) -> None:
        """See Printer."""
        _tell(item, self.definition, sys.stdout)


class CsvPrinter(Printer):
    """One stream's samples as `freefall export` writes them; everything else goes to standard error."""

    def __init__(self, definition: Definition, stream: Stream):
        super().__init__(definition)
        self._rows = CsvRows(sys.stdout, stream)

    def samples(self, packet: SamplePacket) -> None:
        """See Printer."""
        self._rows.write(rows(packet))

    def other(self, item: Item) -> None:
        """See Printer."""
        _tell(item, self.definition, sys.stderr)


class JsonPrinter(Printer):
    """One object a line, with stable keys; undecodable octets are output, never dropped. A value that nobody can tell is null.

    boot: the ordinal of a boot in what was fed, from 0; boot_count: the board's own, None where it has not said it.
    """

    def samples(self, packet: SamplePacket) -> None:
        """See Printer."""
        columns = rows(packet)
        for at, (index, time_ns) in enumerate(zip(columns.index, columns.time_ns, strict=True)):
            _print_object(
                type="sample", stream=packet.stream.name, boot=packet.boot, index=int(index), time_ns=int(time_ns),
                values={name: _number(column[at]) for name, column in columns.values.items()},
                raw={name: int(column[at]) for name, column in columns.raw.items()},
            )  # fmt: skip

    def other(self, item: Item) -> None:
        """See Printer."""
        match item:
            case Gap():
                place = {"stream": item.stream.name, "boot": item.boot, "index": item.index}
                _print_object(type="gap", ok=False, error="gap", **place, missing=item.count)
            case Reject():
                place = {"offset": item.offset, "size": item.size}
                _print_object(type="reject", ok=False, error=item.reason, **place, octets=item.octets.hex())
            case Reboot():
                _print_object(type="reboot", boot=item.boot, boot_count=item.boot_count)
            case BootEvent():
                _print_object(
                    type="boot", time_ns=item.time_ns, boot_count=item.boot_count, firmware=item.firmware,
                    definition_id=f"{item.definition_id:08x}", **_cause(item), slot=item.slot, failed_boots=item.failed_boots,
                )  # fmt: skip
            case SensorEvent():
                _print_object(
                    type="sensor", time_ns=item.time_ns, kind=item.kind, sensor=item.sensor and item.sensor.name,
                    reason=item.reason, reason_text=None if item.reason is None else reason_text(item.reason),
                    stream=item.stream and item.stream.name, bus_errors=item.bus_errors,
                )  # fmt: skip
            case LedgerReport():
                _print_object(type="ledger", stream=item.stream.name, **_numbers(item))
            case CoefficientReport():
                place = {"time_ns": item.time_ns, "boot": item.boot, "sensor": item.sensor.name}
                _print_object(type="coefficients", **place, octets=item.octets.hex())
            case SettingsReport():
                place = {"time_ns": item.time_ns, "boot": item.boot}
                named = zip(self.definition.settings, item.values, strict=True)
                _print_object(type="settings", **place, values={setting.name: value for setting, value in named})
            case PlatformReport() | NameReport() | Alive():
                _print_object(type=_TYPES[type(item)], **_numbers(item))
            case Verification():
                words = {"reason": item.reason, "text": verification_text(item, self.definition)}
                _print_object(type="verification", **_numbers(item) | {"request": item.request.hex()} | words)
            case BoardReport():
                _print_object(type="board", definition_id=f"{item.definition_id:08x}", **_numbers(item) | _cause(item))


_TYPES = {PlatformReport: "platform", NameReport: "name", Alive: "alive"}


def _tell(item: Item, definition: Definition, file: TextIO) -> None:
    """One line for people; nothing of what comes by the second."""
    match item:
        case Gap():
            line = f"{item.stream.name} {item.index} {item.count} samples missing"
        case Reject():
            line = f"{item.size} octets at {item.offset} rejected: {item.reason}"
        case Reboot():
            number = "unknown" if item.boot_count is None else item.boot_count
            line = f"the board has booted again, boot count {number}"
        case BootEvent():
            cause = reset_cause_text(item.reset_cause)
            line = f"boot count {item.boot_count} ({cause}), firmware {item.firmware}, definition {item.definition_id:08x}"
            line += slot_text(item)
        case SensorEvent(kind="absent"):
            line = f"sensor {item.sensor.name} is absent: {reason_text(item.reason)}"
        case SensorEvent():
            what = "answers again" if item.kind == "back" else "has stopped answering"
            line = f"sensor {item.stream.sensor} {what}, {item.bus_errors} bus errors so far"
        case Verification():
            line = verification_text(item, definition)
        case PlatformReport():
            line = f"platform {item.text}, {item.free_heap} octets of heap free, began {item.begun_ms} ms after the reset"
            line += f" and sampled {item.sampling_ms} ms after it"
        case NameReport():
            line = f"payload {item.name}"
        case Alive():
            line = "the board is alive"
        case _:
            return
    time = f"{item.time_ns / 1e9:.6f} s  " if hasattr(item, "time_ns") else ""
    print(f"{time}{line}", file=file)


def _print_object(**fields) -> None:
    print(json.dumps({"schema": "freefall/1", **fields}))


def _number(value) -> float | None:
    # JSON has no nan.
    return None if isnan(value) else float(value)


def _cause(report: BootEvent | BoardReport) -> dict:
    return {"reset_cause": report.reset_cause, "reset_cause_text": reset_cause_text(report.reset_cause)}


def _numbers(report: ServiceReport) -> dict:
    names = (name for name in report.__dataclass_fields__ if name not in ("stream", "host_ns", "definition_id"))
    return {name: getattr(report, name) for name in names}
