"""freefall export: recordings to files that other programs read."""

import contextlib
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import rich_click as click

from ..errors import MissingExtra
from ..export import FORMATS, RunExport
from ..export.jobs import Job, Outcome, in_processes, in_turn, on_dask
from ..export.sources import expanded, folders, runs
from ..export.urls import is_url
from ..port.open import is_port_url
from . import EXIT_INTERRUPTED
from .completion import sources
from .console import complain
from .interrupt import held_interrupt
from .options import baud_option, definition_option, folder_path, force_option
from .parts import tell_of_parts
from .progress import progress_bar
from .sources import choose_definition, open_source
from .summary import one_line

_SCHEDULER_ANSWERS_WITHIN_S = 10


@click.command()
@click.argument("src", metavar="SRC...", nargs=-1, required=True, shell_complete=sources)
@click.option(
    "--to", "form", metavar="FORMAT", type=click.Choice(sorted(FORMATS)), required=True,
    help="csv, parquet, nc (NetCDF-4 after CF), h5 (HDF5), ccsds (space packets), pcap (frames, good and bad, for Wireshark).",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="OUT", type=folder_path, required=True,
    help="Folder, or a URL of one: a file a stream (of ccsds and pcap, one file); of patterns and of several SRC, a folder in it "
    "for each recording.",
)  # fmt: skip
@definition_option
@baud_option
@click.option("-j", "--jobs", "processes", type=click.IntRange(1), default=1, show_default=True, help="Recordings at a time.")
@click.option("--dask", metavar="ADDRESS", help="Have the workers of the Dask scheduler at tcp://HOST:PORT export them.")
@force_option
def export(
    src: tuple[str, ...], form: str, output: str, definition: str | None, baud: int, processes: int, dask: str | None, force: bool
) -> int:
    """Export recordings: every stream, raw and in engineering units; or as ccsds and pcap the packets as they came.

    SRC... are files, patterns ('runs/**/*.mcap'), URLs that fsspec reads (s3://bucket/runs/*.mcap); or one port, or -. The files
    of one run are exported as one. What is wrong with one recording does not stop the others.
    """
    if any(source == "-" or _is_port(source) for source in src):
        if len(src) > 1 or dask:
            raise click.UsageError("a port or standard input is exported by itself; only files are exported together.")
        return _export_live(src[0], form, output, definition, baud, force)
    found = runs(expanded(src))
    # By what was asked, not by how many there are: a pattern that matches one file today may match two tomorrow.
    alone = len(src) == 1 and found == [src]
    outs = [output] if alone else [f"{output.rstrip('/')}/{folder}" for folder in folders(found)]
    given = choose_definition(definition) if definition else None
    for run in found:
        tell_of_parts(run, several=True)
    otherwise = os.environ.get("FREEFALL_DEF") or None
    jobs = [Job(run, form, out, given, otherwise, force) for run, out in zip(found, outs, strict=True)]
    if dask:
        with _cluster(dask) as client, progress_bar("exporting", len(jobs)) as update:
            outcomes = list(on_dask(jobs, client, one_line, update))
        return _tell(jobs, outcomes)
    with progress_bar("exporting", _octets(jobs)) as update, held_interrupt() as pressed:
        if len(jobs) == 1:
            outcomes = [Outcome(jobs[0], jobs[0].do(one_line, update, pressed))]
        elif processes == 1:
            outcomes = list(in_turn(jobs, one_line, update, pressed))
        else:
            outcomes = list(in_processes(jobs, processes, one_line, update, pressed))
    return _tell(jobs, outcomes)


def _tell(jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> int:
    """Files on standard output, all else beside it, in the order of the jobs; the worst exit code.

    A job without an outcome was not begun, as somebody interrupted those before it.
    """
    order = {job.sources: number for number, job in enumerate(jobs)}
    outcomes = sorted(outcomes, key=lambda outcome: order[outcome.job.sources])
    for outcome in outcomes:
        name = f"{outcome.job.sources[0]}: " if len(jobs) > 1 else ""
        if outcome.exported:
            for file in outcome.exported.files:
                click.echo(file)
            if outcome.exported.problem:
                click.echo(outcome.exported.problem, err=True)
            click.echo(name + outcome.exported.told, err=True)
    failed = [outcome for outcome in outcomes if not outcome.exported]
    for outcome in failed:
        name = outcome.job.sources[0]
        complain(outcome.error if name in outcome.error else f"{name}: {outcome.error}")
    not_begun = len(jobs) - len(outcomes)
    told = f"{len(failed) + not_begun} of {len(jobs)} recordings were not exported"
    if not_begun:
        complain(f"{told}, {not_begun} of them not begun", prefix="interrupted: ")
        return EXIT_INTERRUPTED
    if failed:
        complain(told, prefix="")
    return max((outcome.exit_code for outcome in failed), default=0)


def _export_live(src: str, form: str, output: str, definition: str | None, baud: int, force: bool) -> int:
    with (
        open_source(src, definition, baud) as source,
        RunExport(form, output, source.definition, overwrite=force) as run,
        progress_bar("exporting", None) as update,
    ):

        def take(octets: bytes, host_ns: int) -> None:
            run.feed(octets, host_ns)
            update(0)

        gone = source.read(take)
    for path in run.paths:
        click.echo(path)
    click.echo(one_line(run.summary), err=True)
    if gone:
        raise gone
    return 0


def _is_port(src: str) -> bool:
    """Whether it is the URL of a port, and not of a file."""
    if not is_url(src) or not is_port_url(src):
        return is_port_url(src)
    scheme = src.partition("://")[0]
    # How pyserial finds what opens a URL.
    return scheme == "sim" or (scheme.isidentifier() and find_spec(f"serial.urlhandler.protocol_{scheme}") is not None)


def _octets(jobs: Sequence[Job]) -> int | None:
    """Of all files; None when some are behind URLs."""
    with contextlib.suppress(OSError):
        return sum(Path(source).stat().st_size for job in jobs for source in job.sources)
    return None


def _cluster(address: str):
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtra("--dask", "archive") from error
    try:
        return Client(address, timeout=_SCHEDULER_ANSWERS_WITHIN_S)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"no Dask scheduler answers at {address}: {error}.") from error
