"""The report of sim and stats: the verdict first, then what was sampled, then what became of every sample."""

import shutil
from math import ceil, log2

import rich_click as click

from ..decode import LEVELS, ChannelStatistics, StreamLedger, StreamStatistics, Summary
from ..report import account, decimals, fixed, micros
from .summary import count, lost
from .text import aligned, say

# Columns of the ledger side by side; a payload with more streams gets several blocks.
_BLOCK = 4
# Of all gaps those shown, the largest; the rest is counted.
_GAPS_SHOWN = 5
_REBOOTS_SHOWN = 4
_LEAST_NS = 1024  # the board's clock tells no less than a microsecond


def print_report(summary: Summary, origin: list[str], details: bool) -> None:
    """All of it, in 60 columns for two streams. origin: lines on where the octets are from.

    details: histograms of jitter, and the ledger with every subtotal, as it is shown anyway when it does not close.
    """
    definition, ledger = summary.decoder.definition, summary.decoder.ledger
    boots = count(ledger.board.boots, "boot")
    _say(f"{summary.verdict}: {definition.name}, {summary.seconds:.1f} s, {boots}, {lost(summary)}.")
    firmware = f"firmware {ledger.board.firmware}, " if ledger.board.firmware else ""
    for line in (f"{firmware}definition {definition.definition_id:08x}", *origin):
        _say(line)
    _section(_rates(summary))
    _section(_jitter(summary.statistics))
    for own in summary.statistics if details else ():
        _section(_histogram(own))
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
    _gaps(summary.statistics)
    _reboots(summary)
    _link(summary)


def origin_of(metadata: dict[str, str]) -> list[str]:
    """A recording's source, start and note, as far as it has them."""
    start = metadata.get("start", "")[: len("2026-11-21T04:47:21")]
    known = [metadata.get("source", ""), f"started {start}Z" if start else ""]
    note = metadata.get("note", "")
    return [line for line in (", ".join(filter(None, known)), f"note: {note}" if note else "") if line]


def _rates(summary: Summary) -> list[list[str]]:
    table = [["", "samples", "rate Hz", "of Hz"]]
    for own, nominal_hz in zip(summary.statistics, summary.rates_hz, strict=True):
        rate = "-" if own.rate_hz is None else f"{own.rate_hz:.3f}"
        table.append([own.stream.name, str(own.samples), rate, f"{nominal_hz:g}" if nominal_hz else "off"])
    return table


def _jitter(statistics: list[StreamStatistics]) -> list[list[str]]:
    """How uneven triggers are; nothing of streams without any to measure between."""
    table = [["jitter", "us p50", "p99", "max"]]
    for own in statistics:
        jitter = own.jitter.triggers
        if jitter.count:
            numbers = jitter.quantile_ns(0.5), jitter.quantile_ns(0.99), jitter.max_ns
            table.append([own.stream.name, *map(micros, numbers)])
    return table if len(table) > 1 else []


def _histogram(own: StreamStatistics) -> list[list[str]]:
    """How many triggers were early and late by how much, in octaves; nothing of a stream without any to measure between."""
    counts: dict[int, list[int]] = {}  # by the octave's end
    for low, high, number in own.jitter.triggers.bins():
        end = max(_LEAST_NS, 1 << ceil(log2(max(abs(low), abs(high)))))
        counts.setdefault(end, [0, 0])[high > 0] += number
    if not counts:
        return []
    table = [[own.stream.name, "us to", "early", "late"]]
    end = min(counts)
    while end <= max(counts):
        early, late = counts.get(end, (0, 0))
        table.append(["", micros(end), str(early or "."), str(late or ".")])
        end *= 2
    return table


def _channels(statistics: list[StreamStatistics]) -> list[list[str]]:
    """Numbers with as many decimals as their calibration is worth, none where no sample has a value; nothing without samples."""
    table = [["", "", "mean", "deviation", "least", "greatest"]]
    for own in statistics:
        for known, channel in zip(own.channels, own.stream.channels, strict=True):
            if known.count:
                places = decimals(known, channel)
                values = (known.mean, known.deviation, known.least, known.greatest)
                numbers = [fixed(value, places) for value in values]
            elif own.samples:
                numbers = ["-"] * 4
            else:
                continue
            table.append([_name(own, known, statistics), known.unit, *numbers])
    return table if len(table) > 1 else []


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
    columns = [account(stream, details, joined_late) for stream in streams]
    table = [["Ledger", *(stream.name for stream in streams)]]
    for rows in zip(*columns, strict=True):
        table.append([rows[0].label, *(str(row.number or ".") for row in rows)])
    return table


def _gaps(statistics: list[StreamStatistics]) -> None:
    """The largest places where samples are missing, on-board time of the sample after each; nothing where none is."""
    places = [(own.stream.name, place) for own in statistics for place in own.losses.largest]
    places.sort(key=lambda named: -named[1].count)
    table = [["Missing", "samples", "from index", "boot from 0", "until s"]]
    for name, place in places[:_GAPS_SHOWN]:
        table.append([name, str(place.count), str(place.index), str(place.boot), f"{place.until_ns / 1e9:.3f}"])
    if len(table) > 1:
        _section(table)
        gaps = sum(own.losses.gaps for own in statistics) - len(table) + 1
        samples = sum(own.losses.samples for own in statistics) - sum(place.count for _, place in places[:_GAPS_SHOWN])
        if gaps:
            _say(f"and {count(samples, 'sample')} in {count(gaps, 'other place')}, see --json or --html.")
        click.echo()


def _reboots(summary: Summary) -> None:
    """When the board booted again, in time of the run; nothing if it did not."""
    more = summary.decoder.boots - 1
    if more:
        times = [f"{event.run_ns / 1e9:.1f} s" for event in summary.happenings.events if event.kind == "reboot"][:_REBOOTS_SHOWN]
        rest = f" and {more - len(times)} times more" if more > len(times) else ""
        _say(f"Booted again at {', '.join(times)}{rest}.")


def _link(summary: Summary) -> None:
    ledger, counters = summary.decoder.ledger, summary.decoder.counters
    reasons = ", ".join(f"{number} {reason}" for reason, number in counters.frames_rejected.items() if number)
    rejected = f"{counters.rejected} rejected" + (f" ({reasons})" if reasons else "")
    first = f" First rejected: octet {summary.happenings.rejects[0].offset}." if summary.happenings.rejects else ""
    _say(f"Link: {counters.octets_fed} octets, {rejected}, {count(counters.duplicates, 'duplicate')}.{first}")
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
