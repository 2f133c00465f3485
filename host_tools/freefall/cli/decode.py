"""freefall decode: octets to samples, one line each."""

import sys

import rich_click as click

from ..decode import CoefficientReport, Item, SensorEvent, Summary
from ..definition import Definition, Stream
from .completion import sources, streams
from .options import baud_option, definition_option
from .printers import CsvPrinter, JsonPrinter, TextPrinter
from .sources import open_source
from .summary import one_line


@click.command()
@click.argument("src", metavar="SRC", shell_complete=sources)
@definition_option
@baud_option
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: samples, gaps, rejects and events.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV of one stream.")
@click.option("-a", "--stream", "name", metavar="STREAM", shell_complete=streams, help="Nothing of the other streams.")
def decode(src: str, definition: str | None, baud: int, as_json: bool, as_csv: bool, name: str | None) -> int:
    """Decode a recording, a file of raw octets, a port, or standard input (-).

    Samples are shown as they come. Where the report of their sensor's coefficients was lost, those before the next one have no
    values here, but in what freefall export writes.

    In JSON and CSV, boot numbers the boots in what is read, from 0; it is not boot_count, the board's own count of its boots.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    with open_source(src, definition, baud) as source:
        stream = _chosen(source.definition, name, as_csv)
        summary = Summary(source.definition)
        printer = (
            CsvPrinter(source.definition, stream) if as_csv
            else (JsonPrinter if as_json else TextPrinter)(source.definition)
        )  # fmt: skip

        def take(octets: bytes, host_ns: int) -> None:
            for item in summary.feed(octets, host_ns):
                if stream is None or _concerns(item, stream):
                    printer.show(item)
            sys.stdout.flush()

        gone = source.read(take)
        if problem := source.problem():
            click.echo(problem, err=True)
        click.echo(one_line(summary), err=True)
    if other := summary.other_payload:
        raise other from gone
    if gone:
        raise gone
    return 0


def _chosen(definition: Definition, name: str | None, needed: bool) -> Stream | None:
    """The stream of that name, or the only one where one is needed; None means all."""
    names = [stream.name for stream in definition.streams]
    if name is None and needed:
        if len(names) > 1:
            raise click.UsageError(f"--csv writes one stream: choose one of {', '.join(names)} with -a.")
        name = names[0]
    if name is not None and name not in names:
        raise click.UsageError(f'there is no stream "{name}"; the definition has {", ".join(names)}.')
    return None if name is None else definition.stream(name)


def _concerns(item: Item, stream: Stream) -> bool:
    """Whether an item is of this stream, or of no stream in particular."""
    if isinstance(item, SensorEvent | CoefficientReport) and item.sensor:
        return item.sensor.name == stream.sensor
    return getattr(item, "stream", stream) == stream
