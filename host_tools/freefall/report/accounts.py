"""The ledger of a stream in the words of people."""

from ..decode import StreamLedger


def account(stream: StreamLedger, details: bool, joined_late: bool) -> list[tuple[str, int]]:
    """From the trigger to the host, each figure what the signed ones above it add up to; then what is in no sum.

    details: with subtotals. joined_late: with what was on the board already when the books began.
    """
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
