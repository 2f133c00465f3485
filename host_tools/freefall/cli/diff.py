"""freefall diff: two recordings, by packet and field."""

import json
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import InputUnreadable
from .completion import recordings
from .options import definition_option
from .parts import tell_of_parts
from .progress import progress_bar
from .runs import open_group
from .summary import count
from .text import aligned, say

if TYPE_CHECKING:
    from ..compare import Comparison, CounterDifference, Difference, EventDifference, StreamComparison, Tolerances
    from ..compare.events import Event

_SHOWN = 5


def _tolerances(_context, _parameter, texts: tuple[str, ...]) -> "Tolerances":
    from ..compare import Tolerances

    try:
        return Tolerances.parse(texts)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


@click.command()
@click.argument("a", metavar="A", type=click.Path(), shell_complete=recordings)
@click.argument("b", metavar="B", type=click.Path(), shell_complete=recordings)
@definition_option
@click.option(
    "--tolerance", "tolerances", metavar="CHANNEL=NUMBER", multiple=True, callback=_tolerances,
    help="How much a channel may differ, in its unit; patterns ('acc_*=0.05', 'imu.*=1', '*=0.1'), the last that matches "
    "holds. time=SECONDS is for on-board times.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def diff(a: str, b: str, definition: str | None, tolerances: "Tolerances", as_json: bool) -> int:
    """Compare two recordings: every sample, event and counter; exit code 0 if they are the same, 1 if they differ.

    Samples are matched by stream, by boot (the first of A with the first of B) and by index. Values, on-board times and events
    must be equal where no --tolerance is given; times of arrival, boot counts and reports that come by the second are not
    compared. Of other definitions it is exit code 3, unless the samples of both are laid out alike.
    """
    from ..compare import Run, compare

    with open_group((a,), definition) as (first, _), open_group((b,), definition) as (second, _):
        if first.live or second.live:
            raise click.UsageError("diff compares files; record what a port sends first.")
        for name in (a, b):
            tell_of_parts((name,))
        size = first.size + second.size if first.size and second.size else None
        with progress_bar("comparing", size) as update:
            try:
                found = compare(
                    Run(a, first.definition, first.chunks),
                    Run(b, second.definition, second.chunks),
                    tolerances,
                    lambda: update(first.position() + second.position()),
                )
            except ValueError as error:
                raise click.UsageError(f"{error}.") from error
        problems = [problem for source in (first, second) if (problem := source.problem())]
    if not any(sum(stream.samples) for stream in found.streams):
        # Not the same: with the definition of another payload all of both is rejected.
        raise InputUnreadable(
            f"there is nothing to compare: neither {a} nor {b} has a sample of {first.definition.name}; "
            "give the definition that they were made with (-d DEF)"
        )
    if as_json:
        click.echo(json.dumps(found.as_dict() | {"problems": problems}))
    else:
        _print(found)
    for problem in problems:
        click.echo(problem, err=True)
    if found.definition_ids[0] != found.definition_ids[1]:
        ids = " and ".join(f"{number:08x}" for number in found.definition_ids)
        click.echo(f"the definitions are two, {ids}; their samples are laid out alike", err=True)
    return 0 if found.same else 1


def _print(found: "Comparison") -> None:
    columns = shutil.get_terminal_size().columns
    say(f"{'SAME' if found.same else 'DIFFERENT'}: {found.names[0]} (A) and {found.names[1]} (B)", columns)
    _table(["samples", "in A", "in B", "in both", "only A", "only B"], map(_samples, found.streams), words=1)
    values = [
        (stream, own) for stream in found.streams for own in (*stream.channels, stream.times) if own.differ
    ]
    head = ["values that differ", "", "samples", "beyond", "allowed", "greatest", "boot", "index"]
    _table(head, (_values(*value) for value in values), words=2)
    lines = [line for stream in found.streams for line in _places(stream)]
    lines += [*_events(found.events), *_beyond(found.events_beyond), *map(_counter, found.counters)]
    if lines:
        click.echo()
    for line in lines:
        say(line, columns)


def _table(head: list[str], rows, words: int) -> None:
    table = [head, *rows]
    if len(table) > 1:
        click.echo()
        for line in aligned(table, [column >= words for column in range(len(head))]):
            click.echo(line)


def _samples(stream: "StreamComparison") -> list[str]:
    numbers = *stream.samples, stream.both, *(only.samples for only in stream.only)
    return [stream.name, *(str(number or ".") for number in numbers)]


def _values(stream: "StreamComparison", own: "Difference") -> list[str]:
    numbers = str(own.differ), str(own.beyond or "."), f"{own.tolerance:g}", f"{own.greatest:.6g}"
    at = own.greatest_at
    place = (str(at.boot), str(at.index)) if at else ("-", "-")
    return [f"{stream.name}.{own.name}", own.unit, *numbers, *place]


def _places(stream: "StreamComparison") -> Iterator[str]:
    for run, only in zip("AB", stream.only, strict=True):
        for stretch in only.first[:_SHOWN]:
            place = f"boot {stretch.boot}, index {stretch.index}, {stretch.time_ns / 1e9:.6f} s"
            yield f"only in {run}: {count(stretch.count, 'sample')} of {stream.name} from {place}"
        if (more := only.stretches - _SHOWN) > 0:
            yield f"only in {run}: samples of {stream.name} at {count(more, 'other place')}"
    for own in (*stream.channels, stream.times):
        if place := own.first_at:
            where = f"boot {place.boot}, index {place.index}, {place.time_ns / 1e9:.6f} s"
            values = " and ".join("no value" if value is None else f"{value:.9g}" for value in (place.a, place.b))
            yield f"{stream.name}.{own.name}: first at {where}: {values} {own.unit}"
    if stream.unread:
        yield f"{stream.name}: {count(stream.unread, 'sample')} with other octets where no channel reads them"


def _events(events: "tuple[EventDifference, ...]") -> Iterator[str]:
    for event in events[:_SHOWN]:
        if event.a and event.b:
            yield f"at another time: {_event(event.a)}; in B at {event.b.time_ns / 1e9:.6f} s"
        else:
            yield f"only in {'A' if event.a else 'B'}: {_event(event.a or event.b)}"
    if len(events) > _SHOWN:
        yield f"and {count(len(events) - _SHOWN, 'other event')} that differ, see --json"


def _event(event: "Event") -> str:
    time = "" if event.time_ns is None else f", {event.time_ns / 1e9:.6f} s"
    return f"event {event.number}, boot {event.boot}{time}: {event.text}"


def _beyond(numbers: tuple[int, int]) -> Iterator[str]:
    if any(numbers):
        yield f"too many events: the last {numbers[0]} of A and {numbers[1]} of B were counted and not compared"


def _counter(counter: "CounterDifference") -> str:
    return f"counter {counter.name}: {counter.a} in A, {counter.b} in B"
