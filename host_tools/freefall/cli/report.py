"""The report of sim and stats: the verdict first, then what was sampled, then what became of every sample."""

import shutil
from math import floor, log10

import rich_click as click

from ..decode import LEVELS, ChannelStatistics, Ledger, StreamLedger, StreamStatistics, Summary
from ..definition import Channel, Linear
from .summary import count, lost
from .text import aligned, say

# Columns of the ledger side by side; a payload with more streams gets several blocks.
_BLOCK = 4


def print_report(summary: Summary, origin: list[str], details: bool) -> None:
    """All of it, in 60 columns for two streams. origin: lines on where the octets are from.

    details: the ledger with every subtotal, as it is shown anyway when it does not close.
    """
    definition, ledger = summary.decoder.definition, summary.decoder.ledger
    boots = count(ledger.board.boots, "boot")
    _say(f"{summary.verdict}: {definition.name}, {summary.seconds:.1f} s, {boots}, {lost(summary)}.")
    firmware = f"firmware {ledger.board.firmware}, " if ledger.board.firmware else ""
    for line in (f"{firmware}definition {definition.definition_id:08x}", *origin):
        _say(line)
    _section(_rates(summary.statistics))
    _section(_channels(summary.statistics))
    _section(_limits(summary.statistics))
    _invalid(summary.statistics)
    for at in range(0, len(ledger.streams), _BLOCK):
        _section(_accounts(ledger.streams[at : at + _BLOCK], details or not ledger.closed))
    click.echo()
    if ledger.closed:
        _say("Ledger closes, difference 0.")
    else:
        _say("Ledger does not close:")
        for reason in ledger.reasons:
            _say(f"  {reason}")
    _link(ledger)


def origin_of(metadata: dict[str, str]) -> list[str]:
    """A recording's source, start and note, as far as it has them."""
    start = metadata.get("start", "")[: len("2026-11-21T04:47:21")]
    known = [metadata.get("source", ""), f"started {start}Z" if start else ""]
    note = metadata.get("note", "")
    return [line for line in (", ".join(filter(None, known)), f"note: {note}" if note else "") if line]


def _rates(statistics: list[StreamStatistics]) -> list[list[str]]:
    table = [["", "samples", "rate Hz", "of Hz"]]
    for own in statistics:
        rate = "-" if own.rate_hz is None else f"{own.rate_hz:.3f}"
        table.append([own.stream.name, str(own.samples), rate, f"{own.stream.rate_hz:g}"])
    return table


def _channels(statistics: list[StreamStatistics]) -> list[list[str]]:
    """Numbers with as many decimals as their calibration is worth, none where no sample has a value; nothing without samples."""
    table = [["", "", "mean", "deviation", "least", "greatest"]]
    for own in statistics:
        for known, channel in zip(own.channels, own.stream.channels, strict=True):
            if known.count:
                decimals = _decimals(known, channel)
                values = (known.mean, known.deviation, known.least, known.greatest)
                numbers = [f"{round(value, decimals) + 0.0:.{decimals}f}" for value in values]
            elif own.samples:
                numbers = ["-"] * 4
            else:
                continue
            table.append([_name(own, known, statistics), known.unit, *numbers])
    return table if len(table) > 1 else []


def _decimals(known: ChannelStatistics, channel: Channel) -> int:
    """Those of one step of the raw value; where steps differ, six digits of the greatest value and two of the deviation."""
    if isinstance(channel.calibration, Linear):
        digits = [(abs(channel.calibration.scale), 1)]
    else:
        digits = [(max(abs(known.least), abs(known.greatest)), 6), (known.deviation, 2)]
    needed = [count - 1 - floor(log10(value)) for value, count in digits if value]
    return min(9, max(0, *needed)) if needed else 9


def _name(own: StreamStatistics, channel: ChannelStatistics, statistics: list[StreamStatistics]) -> str:
    """The channel's, with the stream's before it where it is not the only one of that name."""
    names = [other.name for stream in statistics for other in stream.channels]
    return channel.name if names.count(channel.name) == 1 else f"{own.stream.name}.{channel.name}"


def _limits(statistics: list[StreamStatistics]) -> list[list[str]]:
    """How many values were outside each range, `-` where none is given; nothing without limits."""
    table = [["outside", "", *LEVELS]]
    for own in statistics:
        for channel in own.channels:
            if channel.outside:
                numbers = (channel.outside.get(level, "-") or "." for level in LEVELS)
                table.append([_name(own, channel, statistics), channel.unit, *map(str, numbers)])
    return table if len(table) > 1 else []


def _invalid(statistics: list[StreamStatistics]) -> None:
    """Streams that have samples without a value, and why."""
    lines = []
    for own in statistics:
        if own.invalid_samples:
            reasons = ", ".join(f"{number} {reason}" for reason, number in own.invalid.items() if number)
            lines.append(f"Invalid in {own.stream.name}: {own.invalid_samples} of {count(own.samples, 'sample')} ({reasons}).")
    if lines:
        click.echo()
    for line in lines:
        _say(line)


def _accounts(streams: tuple[StreamLedger, ...], details: bool) -> list[list[str]]:
    joined_late = any(stream.totals.pending_before for stream in streams)
    columns = [_account(stream, details, joined_late) for stream in streams]
    table = [["Ledger", *(stream.name for stream in streams)]]
    for rows in zip(*columns, strict=True):
        table.append([rows[0][0], *(str(number or ".") for _, number in rows)])
    return table


def _account(stream: StreamLedger, details: bool, joined_late: bool) -> list[tuple[str, int]]:
    """From the trigger to the host, each figure what the signed ones above it add up to; then what is in no sum."""
    totals = stream.totals
    rows = [
        ("samples announced", totals.seen, True),
        (" - bus errors", totals.bus_errors, True),
        (" - not read in time", totals.overruns, True),
        ("= taken", totals.taken, details),
        (" + on the board at first", totals.pending_before, joined_late),
        (" - still on the board", totals.pending, True),
        ("= framed", totals.framed, details),
        (" - dropped, link full", totals.samples_dropped, True),
        ("= sent", totals.samples_sent, details),
        (" - lost on the way", totals.lost, True),
        ("= received", totals.received, True),
        ("difference of all sums", sum(abs(line.difference) for line in stream.lines), details),
        (" + before first report", stream.samples - totals.received - totals.after_report, True),
        (" + after last report", totals.after_report, True),
        ("= samples above", stream.samples, True),
        ("missing after report", totals.missing_after_report, True),
        ("late triggers", totals.late, True),
    ]
    return [(label, number) for label, number, shown in rows if shown]


def _link(ledger: Ledger) -> None:
    counters = ledger.counters
    reasons = ", ".join(f"{number} {reason}" for reason, number in counters.frames_rejected.items() if number)
    rejected = f"{counters.rejected} rejected" + (f" ({reasons})" if reasons else "")
    _say(f"Link: {counters.octets_fed} octets, {rejected}, {count(counters.duplicates, 'duplicate')}.")
    reports = f"{ledger.board.service_received} received"
    for line in ledger.board.lines:
        terms = dict(line.terms)
        reports = f"{terms.pop('received')} of {line.left}"
        reports += "".join(f", {number} {name}" for name, number in terms.items() if number)
    _say(f"Reports: {reports}.")


def _section(table: list[list[str]]) -> None:
    """A blank line and the table: one or two columns of words, then numbers."""
    if not table:
        return
    click.echo()
    words = 2 if len(table) > 1 and table[0][1] == "" else 1
    for line in aligned(table, [column >= words for column in range(len(table[0]))]):
        click.echo(line)


def _say(sentence: str) -> None:
    say(sentence, shutil.get_terminal_size().columns)
