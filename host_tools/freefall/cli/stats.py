"""freefall stats: the ledger of a recording, closed or not."""

import json
import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import rich_click as click

from ..decode import METRICS, Pieces, Summary
from ..decode.summary import STREAM_METRICS
from ..definition import Definition
from ..errors import DefinitionError, FreefallError, OutputExists
from ..report import RunReport
from .completion import sources
from .console import complain
from .options import OutputPath, baud_option, definition_option, force_option
from .parts import tell_of_parts
from .progress import progress_bar
from .report import origin_of, print_report
from .runs import grouped, open_group
from .summary import count
from .text import write_text

_OPERATORS = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


class Condition:
    """One `metric op number` of --fail-on, or `stream.metric op number`."""

    def __init__(self, text: str):
        match = re.fullmatch(r"\s*(?:(\w+)\.)?(\w+)\s*(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?)\s*", text)
        if not match:
            raise click.BadParameter(f'"{text}" is no condition like lost>0.')
        self.stream, self.metric, self._symbol, number = match.groups()
        known = STREAM_METRICS if self.stream else METRICS
        if self.metric not in known:
            raise click.BadParameter(f'"{self.metric}" is not counted; there is {", ".join(known)}.')
        self._limit = float(number)
        self.text = text.strip()

    def check(self, definition: Definition) -> None:
        """Raises click.UsageError for a stream that is not there."""
        names = [stream.name for stream in definition.streams]
        if self.stream and self.stream not in names:
            raise click.UsageError(f'there is no stream "{self.stream}"; the definition has {", ".join(names)}.')

    def number(self, summary: Summary) -> int | float:
        """The number that it is about."""
        return summary.metrics(self.stream)[self.metric]

    def holds(self, summary: Summary) -> bool:
        """Whether it is true."""
        return _OPERATORS[self._symbol](self.number(summary), self._limit)


@dataclass(frozen=True, slots=True)
class _Read:
    """A run as it was read; gone: the error that ended it early."""

    report: RunReport
    gone: FreefallError | None


def _conditions(_context, _parameter, text: str | None) -> list[Condition]:
    return [] if text is None else [Condition(part) for part in text.split(",")]


@click.command()
@click.argument("src", metavar="SRC...", nargs=-1, required=True, shell_complete=sources)
@definition_option
@baud_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a run, one a line.")
@click.option(
    "--html", metavar="OUT.html", type=OutputPath(dir_okay=False),
    help="Write a page with plots too: one file that needs no network.",
)  # fmt: skip
@click.option(
    "--fail-on", "conditions", metavar="CONDITIONS", callback=_conditions,
    help="Exit 1 if any holds, e.g. 'missing>0,vibration.jitter_p99_us>200', of a stream where one is named. Counted: "
    f"{', '.join(METRICS)}.",
)  # fmt: skip
@force_option
@click.pass_obj
def stats(
    settings, src: tuple[str, ...], definition: str | None, baud: int, as_json: bool, html: str | None,
    conditions: list[Condition], force: bool,
) -> int:  # fmt: skip
    """What was sampled, how evenly, what became of every sample, and whether the sums close.

    Of several SRC each is told by itself, files of one run together; what is wrong with one does not stop the others, and the
    exit code is the greatest. Jitter is what the time between triggers differs from the nominal period, or where a sensor
    triggers by a clock of its own, from the median: between samples that have times of their own, else between packets.
    """
    if html and Path(html).exists() and not force:
        raise OutputExists(html)
    groups = grouped(src)
    found = _read_each(groups, definition, baud, conditions)
    if html:
        # Before anything is printed: whoever reads that may leave early.
        from ..report import page

        found = list(found)
        if reports := [read.report for _, read in found if isinstance(read, _Read)]:
            write_text(Path(html), page(reports), force)
            click.echo(f"The report is in {html}", err=True)
    code = 0
    for number, (group, read) in enumerate(found):
        if isinstance(read, FreefallError):
            complain(read, prefix="" if isinstance(read, DefinitionError) else "error: ")
            code = max(code, read.exit_code)
            continue
        report = read.report
        failed = [condition for condition in conditions if condition.holds(report.summary)]
        if as_json:
            click.echo(json.dumps(_facts(group, report, failed)))
        else:
            if len(groups) > 1:
                click.echo("\n" * (number > 0) + f"== {report.name}")
            print_report(report.summary, origin_of(report.metadata), details=settings.verbosity > 0)
        code = max(code, _tell(read, failed, f"{report.name}: " if len(groups) > 1 else ""))
    return code


def _read_each(
    groups: Sequence[tuple[str, ...]], definition: str | None, baud: int, conditions: Sequence[Condition]
) -> Iterator[tuple[tuple[str, ...], _Read | FreefallError]]:
    """Each group as it was read, or why it could not be; of one group alone that is raised."""
    for group in groups:
        try:
            yield group, _read(group, definition, baud, conditions)
        except FreefallError as error:
            if len(groups) == 1:
                raise
            yield group, error


def _read(group: tuple[str, ...], definition: str | None, baud: int, conditions: Sequence[Condition]) -> _Read:
    with open_group(group, definition, baud) as (source, link_gaps):
        tell_of_parts(group, several=True)
        for condition in conditions:
            condition.check(source.definition)
        summary = Summary(source.definition)
        pieces = Pieces()
        # When a file of raw octets is read says nothing of when the board sent them.
        has_times = source.live or bool(source.metadata)
        with progress_bar("reading", source.size) as update:

            def take(octets: bytes, host_ns: int) -> None:
                if source.live:
                    summary.feed(octets, host_ns)
                elif piece := pieces.add(octets, host_ns if has_times else None):
                    summary.feed_many(piece)
                update(source.position())

            gone = source.read(take)
            summary.feed_many(pieces.rest())
            update(source.position())
        if other := summary.other_payload:
            raise other from gone
        report = RunReport(", ".join(group), summary, dict(source.metadata), source.problem(), tuple(link_gaps()))
    return _Read(report, gone)


def _facts(group: tuple[str, ...], report: RunReport, failed: Sequence[Condition]) -> dict:
    facts = {"sources": list(group), "recording": report.metadata, "failed": [c.text for c in failed], "problem": report.problem}
    return report.summary.as_dict() | facts | {"link_gaps": [asdict(gap) for gap in report.link_gaps]}


def _tell(read: _Read, failed: Sequence[Condition], name: str) -> int:
    """What is wrong, on standard error; the exit code. Raises what ended the only run early."""
    if gaps := read.report.link_gaps:
        away = [gap.seconds for gap in gaps if gap.seconds is not None]
        ends = [f"away for {sum(away):.1f} s"] * bool(away) + ["not back at the end"] * (len(away) < len(gaps))
        click.echo(f"{name}the link was lost {count(len(gaps), 'time')} and {' and '.join(ends)}", err=True)
    if read.report.problem:
        click.echo(read.report.problem, err=True)
    for condition in failed:
        number = condition.number(read.report.summary)
        shown = number if isinstance(number, int) else f"{number:.3f}"
        click.echo(f"{name}failed: {condition.text} ({condition.metric} is {shown})", err=True)
    if read.gone:
        complain(read.gone)
        return read.gone.exit_code
    return 1 if failed else 0
