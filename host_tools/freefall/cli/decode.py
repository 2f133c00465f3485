"""freefall decode: octets to samples, one line each."""

import json
import sys

import rich_click as click

from ..decode import (
    ABSENT_REASONS,
    RESET_CAUSES,
    BoardReport,
    BootEvent,
    Collector,
    Gap,
    LedgerReport,
    Reboot,
    Reject,
    SamplePacket,
    SensorEvent,
    rows,
)
from ..definition import Definition
from ..export import CsvRows
from .sources import baud_option, definition_option, open_source
from .summary import Summary, describe_reject


@click.command()
@click.argument("src", metavar="SRC")
@definition_option
@baud_option
@click.option("--json", "form", flag_value="json", help="JSON Lines: samples, gaps, rejects and events.")
@click.option("--csv", "form", flag_value="csv", help="CSV of one stream.")
@click.option("-a", "--stream", metavar="STREAM", help="Only this stream's samples.")
def decode(src: str, definition: str | None, baud: int, form: str | None, stream: str | None) -> int:
    """Decode a recording, a file of raw octets, a port, or standard input (-)."""
    with open_source(src, definition, baud) as source:
        names = [known.name for known in source.definition.streams]
        if stream is None and form == "csv" and len(names) == 1:
            stream = names[0]
        if stream is not None and stream not in names:
            raise click.UsageError(f'there is no stream "{stream}"; the definition has {", ".join(names)}.')
        if stream is None and form == "csv":
            raise click.UsageError(f"--csv writes one stream: choose one of {', '.join(names)} with -a.")
        summary = Summary(source.definition)
        printer = _Csv(stream, source.definition) if form == "csv" else {"json": _Json, None: _Text}[form](stream)
        try:
            for host_ns, octets in source.chunks:
                for item in summary.feed(octets, host_ns):
                    printer.show(item)
                sys.stdout.flush()
        except KeyboardInterrupt:
            pass  # the way to end decoding a port; the summary still counts
        if problem := source.problem():
            click.echo(problem, err=True)
        click.echo(summary.one_line(), err=True)
    return 0


class _Text:
    """For people."""

    def __init__(self, stream: str | None):
        self._stream = stream

    def show(self, item) -> None:
        if isinstance(item, SamplePacket):
            if self._stream in (None, item.stream.name):
                self.samples(item)
        else:
            self.other(item)

    def samples(self, packet: SamplePacket) -> None:
        columns = rows(packet)
        units = {channel.name: channel.unit for channel in packet.stream.channels}
        for at, (index, time_ns) in enumerate(zip(columns.index, columns.time_ns, strict=True)):
            values = "  ".join(f"{name} {column[at]:+.6f} {units[name]}" for name, column in columns.values.items())
            print(f"{packet.stream.name} {index} {time_ns / 1e9:.6f} s  {values}")

    def other(self, item) -> None:
        match item:
            case Gap(stream, index, count, _):
                if self._stream in (None, stream.name):
                    print(f"{stream.name} {index} {count} samples missing")
            case Reject():
                print(describe_reject(item))
            case Reboot(_, boot_count):
                print(f"the board has booted again, boot {boot_count or 'unknown'}")
            case BootEvent():
                cause = RESET_CAUSES.get(item.reset_cause, f"unlisted cause {item.reset_cause}")
                print(
                    f"{item.time_ns / 1e9:.6f} s  boot {item.boot_count} ({cause}), firmware {item.firmware}, "
                    f"definition {item.definition_id:08x}"
                )
            case SensorEvent(kind="absent"):
                reason = ABSENT_REASONS.get(item.reason, f"unlisted reason {item.reason}")
                print(f"{item.time_ns / 1e9:.6f} s  sensor {item.sensor.name} is absent: {reason}")
            case SensorEvent():
                what = "answers again" if item.kind == "back" else "has stopped answering"
                print(f"{item.time_ns / 1e9:.6f} s  sensor {item.stream.sensor} {what}, {item.bus_errors} bus errors so far")


class _Csv(_Text):
    """One stream's samples as `freefall export` writes them; everything else goes to standard error."""

    def __init__(self, stream: str, definition: Definition):
        super().__init__(stream)
        self._definition = definition
        self._rows = CsvRows(sys.stdout, definition.stream(stream))

    def samples(self, packet: SamplePacket) -> None:
        collector = Collector(self._definition)
        collector.add([packet])
        self._rows.write(collector.table(packet.stream))

    def other(self, item) -> None:
        match item:
            case Gap():
                print(f"{item.stream.name}: {item.count} samples missing from {item.index}", file=sys.stderr)
            case Reject():
                print(describe_reject(item), file=sys.stderr)


class _Json(_Text):
    """One object a line, with stable keys; undecodable octets are output, never dropped."""

    def samples(self, packet: SamplePacket) -> None:
        columns = rows(packet)
        for at, (index, time_ns) in enumerate(zip(columns.index, columns.time_ns, strict=True)):
            self._print(
                type="sample", stream=packet.stream.name, boot=packet.boot, index=int(index), time_ns=int(time_ns),
                values={name: float(column[at]) for name, column in columns.values.items()},
                raw={name: int(column[at]) for name, column in columns.raw.items()},
            )  # fmt: skip

    def other(self, item) -> None:
        match item:
            case Gap():
                place = {"stream": item.stream.name, "boot": item.boot, "index": item.index}
                self._print(type="gap", ok=False, error="gap", **place, missing=item.count)
            case Reject():
                place = {"offset": item.offset, "size": item.size}
                self._print(type="reject", ok=False, error=item.reason, **place, octets=item.octets.hex())
            case Reboot():
                self._print(type="reboot", boot=item.boot, boot_count=item.boot_count)
            case BootEvent():
                self._print(
                    type="boot", time_ns=item.time_ns, boot_count=item.boot_count, firmware=item.firmware,
                    definition_id=f"{item.definition_id:08x}", reset_cause=RESET_CAUSES.get(item.reset_cause, item.reset_cause),
                )  # fmt: skip
            case SensorEvent():
                self._print(
                    type="sensor", time_ns=item.time_ns, kind=item.kind, sensor=item.sensor and item.sensor.name,
                    reason=item.reason and ABSENT_REASONS.get(item.reason, item.reason),
                    stream=item.stream and item.stream.name, bus_errors=item.bus_errors,
                )  # fmt: skip
            case LedgerReport():
                self._print(type="ledger", stream=item.stream.name, **_numbers(item))
            case BoardReport():
                self._print(type="board", definition_id=f"{item.definition_id:08x}", **_numbers(item))

    def _print(self, **fields) -> None:
        print(json.dumps({"schema": "freefall/1", **fields}))


def _numbers(report) -> dict:
    names = (name for name in report.__dataclass_fields__ if name not in ("stream", "host_ns", "definition_id"))
    return {name: getattr(report, name) for name in names}
