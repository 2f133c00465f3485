"""freefall export: a recording to files that other programs read."""

import rich_click as click

from ..decode import Collector, SamplePacket
from ..export import EXPORTERS, TableFiles
from .progress import progress_bar
from .sources import definition_option, open_source
from .summary import Summary

# Packets decoded before their table is written: bounds the memory, whatever the recording's length.
_PACKETS_PER_PIECE = 2000


@click.command()
@click.argument("src", metavar="FILE")
@click.option("--to", "form", type=click.Choice(sorted(EXPORTERS)), required=True)
@click.option("-o", "--output", metavar="OUT", type=click.Path(file_okay=False), required=True, help="Folder; one file a stream.")
@definition_option
@click.option("--force", is_flag=True, help="Overwrite files.")
def export(src: str, form: str, output: str, definition: str | None, force: bool) -> int:
    """Export every stream of a recording, raw and in engineering units."""
    with open_source(src, definition) as source:
        checked = source.definition
        summary = Summary(checked)
        collector, waiting, read = Collector(checked), 0, 0
        with (
            TableFiles(form, output, definition=checked, overwrite=force) as files,
            progress_bar("exporting", source.size) as update,
        ):
            for host_ns, octets in source.chunks:
                items = summary.feed(octets, host_ns)
                collector.add(items)
                waiting += sum(isinstance(item, SamplePacket) for item in items)
                if waiting >= _PACKETS_PER_PIECE:
                    _write(files, collector, checked)
                    collector, waiting = Collector(checked), 0
                read += len(octets)
                update(read)
            _write(files, collector, checked)
        if problem := source.problem():
            click.echo(problem, err=True)
    for path in files.paths:
        click.echo(path)
    click.echo(summary.one_line(), err=True)
    return 0


def _write(files: TableFiles, collector: Collector, definition) -> None:
    for stream in definition.streams:
        files.write(collector.table(stream))
