"""freefall export: a recording to files that other programs read."""

import rich_click as click

from ..export import FORMATS, RunExport
from .options import definition_option, folder_path, force_option
from .progress import progress_bar
from .sources import open_source
from .summary import one_line


@click.command()
@click.argument("src", metavar="SRC")
@click.option("--to", "form", type=click.Choice(sorted(FORMATS)), required=True)
@click.option("-o", "--output", metavar="OUT", type=folder_path, required=True, help="Folder; one file a stream.")
@definition_option
@force_option
def export(src: str, form: str, output: str, definition: str | None, force: bool) -> int:
    """Export every stream of a recording, raw and in engineering units."""
    with open_source(src, definition) as source:
        with (
            RunExport(form, output, source.definition, overwrite=force) as run,
            progress_bar("exporting", source.size) as update,
        ):

            def take(octets: bytes, host_ns: int) -> None:
                run.feed(octets, host_ns)
                update(source.position())

            gone = source.read(take)
            update(source.position())
        if problem := source.problem():
            click.echo(problem, err=True)
    for path in run.paths:
        click.echo(path)
    click.echo(one_line(run.summary), err=True)
    if gone:
        raise gone
    return 0
