"""freefall info: what a recording is, and a whole one out of what is left of it."""

import json
from pathlib import Path

import rich_click as click

from ..errors import InputUnreadable
from ..export.sources import expanded
from ..recording import LinkGap, Run, Survey, open_recording, recover, survey
from ..recording.times import rfc3339
from .completion import recordings
from .console import complain
from .options import force_option, recording_path
from .progress import progress_bar
from .summary import count
from .text import aligned

_DAMAGES_SHOWN = 10


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=recordings)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, one a line.")
@click.option(
    "--recover", "output", metavar="OUT.mcap", type=recording_path,
    help="Write a whole recording of all that is readable; of several files of one run, one of all.",
)  # fmt: skip
@force_option
def info(files: tuple[str, ...], as_json: bool, output: str | None, force: bool) -> int:
    """What a recording is: of which payload, from when to when, whole or cut or damaged, and where the link was away."""
    recordings, unreadable = [], None
    for at, file in enumerate(files := expanded(files)):
        try:
            recording = open_recording(file)
            with progress_bar("reading", Path(file).stat().st_size) as update:
                found = survey(recording, update)
        except InputUnreadable as error:
            if output or len(files) == 1:
                raise
            complain(error)
            unreadable = error
            continue
        recordings.append(recording)
        if as_json:
            click.echo(json.dumps({"schema": "freefall/1", "type": "recording"} | found.as_dict()))
        else:
            click.echo("\n" * (at > 0) + "\n".join(_lines(found)))
    if output:
        run = Run(recordings)
        with progress_bar("rescuing", run.size) as update:
            rescue = recover(run, output, overwrite=force, progress=update)
        if rescue.problem:
            click.echo(rescue.problem, err=True)
        click.echo(f"Rescued {rescue.octets} octets in {count(rescue.blocks, 'block')} into {output}", err=True)
    return unreadable.exit_code if unreadable else 0


def _lines(found: Survey) -> list[str]:
    metadata = found.recording.metadata
    rows = [
        ("octets", f"{found.octets} in {count(found.blocks, 'block')}, the file has {found.file_octets}"),
        ("definition", _definition(found)),
        ("source", metadata.get("source", "")),
        ("note", metadata.get("note", "")),
        ("start", "" if found.start_ns is None else rfc3339(found.start_ns)),
        ("part", _part(metadata)),
        ("recovered", metadata.get("recovered_from", "")),
        *((f"gap {number}", _gap(gap)) for number, gap in enumerate(found.gaps, 1)),
        *(("damage", f"at octet {damage.offset}: {damage.reason}") for damage in found.damages[:_DAMAGES_SHOWN]),
    ]
    if found.damage_count > _DAMAGES_SHOWN:
        rows.append(("damage", f"at {found.damage_count - _DAMAGES_SHOWN} more places"))
    return [_verdict(found), *aligned([row for row in rows if row[1]], [False, False])]


def _verdict(found: Survey) -> str:
    payload = found.recording.metadata.get("payload") or "a payload not named"
    seconds = "" if found.seconds is None else f", {found.seconds:.1f} s"
    states = [
        f"cut at octet {found.cut_at}" if found.cut_at is not None else "",
        f"damaged at {count(found.damage_count, 'place')}" if found.damage_count else "",
    ]
    return f"{found.recording.path}: {' and '.join(filter(None, states)) or 'whole'}, of {payload}{seconds}"


def _definition(found: Survey) -> str:
    if found.recording.definition_problem:
        return found.recording.definition_problem
    return found.recording.metadata.get("definition_id") or "none; decode it with -d DEF"


def _part(metadata: dict[str, str]) -> str:
    if "run" not in metadata:
        return ""
    number, before = metadata.get("part"), metadata.get("octets_before")
    return f"{number} of the run of {metadata['run']}{f', {before} octets before it' if before != '0' else ''}"


def _gap(gap: LinkGap) -> str:
    end = "not back" if gap.seconds is None else f"back after {gap.seconds:.3f} s"
    return f"lost {rfc3339(gap.lost_ns)}, {end}: {gap.reason}"
