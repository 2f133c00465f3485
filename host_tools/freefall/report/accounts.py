"""The ledger of a stream, in the words that JSON and --fail-on have for it, and what they mean."""

from typing import NamedTuple

from ..decode import StreamLedger


class Entry(NamedTuple):
    """A line of the account. bad: samples that are gone, if there are any. meaning: for a reader who has room for it."""

    label: str
    number: int
    meaning: str
    bad: bool = False


def account(stream: StreamLedger, details: bool, joined_late: bool) -> list[Entry]:
    """From the trigger to the host, each figure what the signed ones above it add up to; then what is in no sum.

    details: with subtotals. joined_late: with what was on the board already when the books began.
    """
    totals = stream.totals
    before = stream.samples - totals.received - totals.after_report
    difference = sum(abs(line.difference) for line in stream.lines)
    rows = [
        (True, Entry("seen", totals.seen, "announced by triggers")),
        (True, Entry(" - bus errors", totals.bus_errors, "the sensor did not answer", True)),
        (True, Entry(" - overruns", totals.overruns, "not read in time", True)),
        (details, Entry("= taken", totals.taken, "read from the sensor")),
        (joined_late, Entry(" + pending before", totals.pending_before, "on the board when the books began")),
        (True, Entry(" - pending", totals.pending, "still on the board")),
        (details, Entry("= framed", totals.framed, "put into packets")),
        (True, Entry(" - dropped", totals.samples_dropped, "on the board, as the link was full", True)),
        (details, Entry("= sent", totals.samples_sent, "given to the link")),
        (True, Entry(" - lost", totals.lost, "on the way to the host", True)),
        (True, Entry("= received", totals.received, "up to the last report")),
        (details, Entry("difference of all sums", difference, "what the sums leave unexplained", True)),
        (True, Entry(" + before first report", before, "received before the books began")),
        (True, Entry(" + after last report", totals.after_report, "received since; no sum has them yet")),
        (True, Entry("= samples", stream.samples, "all that arrived, as above")),
        (True, Entry("missing after report", totals.missing_after_report, "in gaps since the last report", True)),
        (True, Entry("late", totals.late, "triggers later than half a period")),
    ]
    return [entry for shown, entry in rows if shown]
