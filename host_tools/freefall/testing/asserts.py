"""Checks that say what is wrong, and where. They raise AssertionError with numbers, not with a comparison."""

from typing import Protocol

from ..decode import Ledger, StreamLedger
from ..definition import Stream


class Rated(Protocol):
    """A DecodedStream, or a StreamStatistics."""

    @property
    def stream(self) -> Stream:
        """As the definition has it."""
        ...

    @property
    def rate_hz(self) -> float | None:
        """Samples a second; None when too few came."""
        ...


def assert_closed(ledger: Ledger) -> None:
    """Every sum of the ledger closes: what is missing, somebody has said where it was lost."""
    __tracebackhide__ = True
    if not ledger.closed:
        raise AssertionError(_listed(f"the ledger does not close, for {ledger.unclosed} reasons", ledger.reasons))


def assert_nothing_missing(ledger: Ledger) -> None:
    """The ledger closes, and every sample that was triggered has arrived, but for those the board still holds."""
    __tracebackhide__ = True
    assert_closed(ledger)
    missing = [words for stream in ledger.streams if (words := _missing(stream))]
    if missing:
        rejected = [f"{number} frames rejected ({why})" for why, number in ledger.counters.frames_rejected.items() if number]
        raise AssertionError(_listed("samples are missing", [*missing, *rejected]))


def assert_rate(stream: Rated, hz: float, ppm: float = 100.0) -> None:
    """The stream's rate by the board's clock is hz, within so many millionths."""
    __tracebackhide__ = True
    name, rate_hz = stream.stream.name, stream.rate_hz
    if rate_hz is None:
        raise AssertionError(f"{name} has no rate: fewer than two samples of one boot came")
    off_ppm = (rate_hz / hz - 1) * 1e6
    if not abs(off_ppm) <= ppm:
        raise AssertionError(f"{name} has {rate_hz:.6f} Hz instead of {hz:g}: {off_ppm:+.1f} ppm, the limit is {ppm:g}")


def _missing(stream: StreamLedger) -> str:
    totals = stream.totals
    missing = totals.gaps + totals.tail + totals.missing_after_report
    if not missing:
        return ""
    places = {
        "lost on the way": totals.lost,
        "bus errors": totals.bus_errors,
        "overruns": totals.overruns,
        "dropped by the board's link": totals.samples_dropped,
        "after the newest report": totals.missing_after_report,
    }
    where = ", ".join(f"{number} {place}" for place, number in places.items() if number)
    return f"{stream.name}: {missing} missing, {stream.samples} arrived ({where})"


def _listed(head: str, lines) -> str:
    return "\n  ".join([f"{head}:", *lines])
