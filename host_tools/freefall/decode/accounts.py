"""The books of one boot: what the board's reports say, and what had arrived here when each of them arrived.

The link keeps order, so at the moment a report arrives everything sent before it has arrived or never will; that moment is
the only one at which both sides can be compared exactly.

Books begin at zero when the start of the boot was seen, else with the first report that arrived: what the board counted
before is not ours, and every figure is what was added since (`pending` at that report is what we begin with).
"""

from collections import namedtuple
from collections.abc import Iterable
from operator import attrgetter

from freefall_wire import packet
from freefall_wire.reports import COUNTER_MASK

from ..definition import Definition, Stream
from .continuity import Continuity
from .reports import BoardReport, LedgerReport
from .settings import rates_hz

_COUNTERS = (
    "seen", "taken", "bus_errors", "overruns", "framed", "samples_sent", "samples_dropped", "packets_sent", "packets_dropped",
    "late",
)  # fmt: skip
# received, packets_received, missing, duplicates, next_index: of our side, when the report arrived.
Entry = namedtuple(
    "Entry",
    (*_COUNTERS, "pending", "most_waiting", "longest_read_us")
    + ("received", "packets_received", "missing", "duplicates", "next_index"),
)
_ZERO = Entry(*[0] * len(Entry._fields))
_counters = attrgetter(*_COUNTERS)


class StreamAccount:
    """One stream in one boot. base, last: the Entry to count from and the newest; None when there is none (yet)."""

    def __init__(self, stream: Stream, from_start: bool, adjustable: bool):
        self.continuity = Continuity(stream, from_start, adjustable)
        self.base = _ZERO if from_start else None
        self.last = None
        self._confirmed = self.base, None

    def report(self, report: LedgerReport) -> None:
        """Enter a report that arrives now."""
        arrived = self.continuity
        if report.seen == 0:
            arrived.begins_at_zero()
        before = self.last or self.base or _ZERO
        self.last = Entry(
            *_unwrapped(before, _counters(report)),
            report.pending,
            report.most_waiting,
            report.longest_read_us,
            arrived.samples,
            arrived.packets,
            arrived.missing,
            arrived.duplicates,
            arrived.next_index,
        )
        self.base = self.base or self.last

    def confirm(self) -> None:
        """The reports so far were of this boot."""
        self._confirmed = self.base, self.last

    def withdraw(self) -> None:
        """Reports since the last confirmation were of another boot."""
        self.base, self.last = self._confirmed


class ServiceAccount:
    """The service packets of one boot. Counts of the board as in BoardReport, of this side by packet."""

    Entry = namedtuple("Entry", ("built", "dropped", "received"))

    def __init__(self, from_start: bool):
        self.received = 0
        self.duplicates = 0
        self.time_ns = 0  # of the newest packet
        self.next_sequence = 0 if from_start else None  # of the next packet if none is lost
        self.base = self.Entry(0, 0, 0) if from_start else None
        self.last = None

    def take(self, time_ns: int, sequence: int) -> None:
        """Count a packet."""
        self.received += 1
        self.time_ns = time_ns
        self.next_sequence = (sequence + 1) % packet.SEQUENCE_MODULO

    def report(self, report: BoardReport) -> None:
        """Enter a board report that arrives now, itself not yet counted as received: it does not count itself either."""
        before = self.last or self.base or (0, 0)
        self.last = self.Entry(*_unwrapped(before, (report.service_built, report.service_dropped)), self.received)
        self.base = self.base or self.last


class Boot:
    """One boot of the board. ordinal: among the boots in what was fed, from 0; boot_count: the board's, None if it never said.

    rates_hz: see settings.rates_hz; those of the definition until the board has told its settings.
    """

    def __init__(self, ordinal: int, definition: Definition, boot_count: int | None = None, from_start: bool = False):
        self.ordinal = ordinal
        self.boot_count = boot_count
        self.from_start = from_start
        self.firmware: str | None = None
        self.board: BoardReport | None = None  # the newest
        adjustable = {setting.stream for setting in definition.settings if setting.what == "rate_hz"}
        self.streams = [StreamAccount(stream, from_start, stream.number in adjustable) for stream in definition.streams]
        self.service = ServiceAccount(from_start)
        self.coefficients: dict[str, bytes] = {}  # the newest, by sensor
        self.unconfirmed: dict[str, bytes] = {}  # those that came since the board report before
        self.rates_hz = rates_hz(definition)
        self.unconfirmed_rates: tuple[float, ...] | None = None  # as unconfirmed

    def set_to(self, rates: tuple[float, ...]) -> None:
        """The board has told the rates that its streams are set to."""
        self.rates_hz = rates
        for account, rate_hz in zip(self.streams, rates, strict=True):
            account.continuity.runs_at(rate_hz)

    @property
    def untouched(self) -> bool:
        """Whether nothing of it has arrived."""
        return not self.service.received and not any(account.continuity.packets for account in self.streams)


def _unwrapped(before: Iterable[int], counters: Iterable[int]) -> list[int]:
    # The least totals from those before on, the first of an entry, that the counters, modulo 2^30, can stand for.
    return [total + (counter - total & COUNTER_MASK) for total, counter in zip(before, counters, strict=False)]
