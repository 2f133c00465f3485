"""freefall export: a recording to files that other programs read."""

import rich_click as click

from ..decode import MOST_WAITING, Collector, SamplePacket, Summary
from ..definition import Definition
from ..export import EXPORTERS, TableFiles
from .options import definition_option, folder_path, force_option
from .progress import progress_bar
from .sources import open_source
from .summary import one_line

# Packets decoded before their table is written: bounds the memory, whatever the recording's length.
_PACKETS_PER_PIECE = 2000


@click.command()
@click.argument("src", metavar="SRC")
@click.option("--to", "form", type=click.Choice(sorted(EXPORTERS)), required=True)
@click.option("-o", "--output", metavar="OUT", type=folder_path, required=True, help="Folder; one file a stream.")
@definition_option
@force_option
def export(src: str, form: str, output: str, definition: str | None, force: bool) -> int:
    """Export every stream of a recording, raw and in engineering units."""
    with open_source(src, definition) as source:
        summary = Summary(source.definition)
        with (
            TableFiles(form, output, definition=source.definition, overwrite=force) as files,
            progress_bar("exporting", source.size) as update,
        ):
            waiting = _Waiting(files, source.definition)

            def take(octets: bytes, host_ns: int) -> None:
                waiting.add(summary.feed(octets, host_ns))
                update(source.position())

            gone = source.read(take)
            update(source.position())
            waiting.write(at_end=True)
        if problem := source.problem():
            click.echo(problem, err=True)
    for path in files.paths:
        click.echo(path)
    click.echo(one_line(summary), err=True)
    if gone:
        raise gone
    return 0


class _Waiting:
    """Packets decoded and not yet written."""

    def __init__(self, files: TableFiles, definition: Definition):
        self._files = files
        self._collector, self._packets = Collector(definition, MOST_WAITING), 0

    def add(self, items: list) -> None:
        self._collector.add(items)
        self._packets += sum(isinstance(item, SamplePacket) for item in items)
        if self._packets >= _PACKETS_PER_PIECE:
            self.write()

    def write(self, at_end: bool = False) -> None:
        for table in self._collector.drain(at_end):
            self._files.write(table)
        self._packets = 0
