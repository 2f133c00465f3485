"""Octets of a board in; samples, gaps, reports and a ledger that closes out.

    decoder, collector = Decoder(definition), Collector(definition)
    while data := port.read():
        collector.add(decoder.feed(data, host_ns=time.time_ns()))
    collector.table("vibration").values["x"]    # float64, in the channel's unit
    decoder.ledger.closed, decoder.ledger.lost, decoder.counters

Decoder: octets -> items. feed, for octets as they come: SamplePacket, Gap, Reject, Reboot and the service reports BootEvent,
SensorEvent, BoardReport, LedgerReport, CoefficientReport, SettingsReport, PlatformReport, NameReport, Verification, Alive.
feed_many, for recordings and many times faster: the same with SampleBatch in the place of SamplePacket and Gap, by the piece, as
Pieces makes them of what is read. Collector: samples -> a Table per stream; rows: one packet -> its Table. Ledger,
StreamLedger, BoardLedger, Line: what became of every sample. Counters: where every octet went. Summary: octets -> all that is
known of the run, with StreamStatistics and ChannelStatistics, a verdict and METRICS.

A packet's way: FrameDecoder (or deframe.py, by the thousand) -> intake.py (or bulk.py) -> items.py (or batch.py) -> table.py.

A value that nobody can tell is nan, and counted with the reason; see Columns and StreamStatistics.
"""

from .batch import SampleBatch
from .codes import ABSENT_REASONS, RESET_CAUSES, VERIFICATION_CODES, reason_text, reset_cause_text, verification_reason
from .columns import Columns
from .counters import Counters
from .decoder import Decoder
from .items import Gap, Item, Reboot, Reject, SamplePacket
from .ledger import BoardLedger, Ledger
from .pieces import Pieces
from .reports import (
    Alive,
    BoardReport,
    BootEvent,
    CoefficientReport,
    LedgerReport,
    NameReport,
    PlatformReport,
    SensorEvent,
    ServiceReport,
    SettingsReport,
    Verification,
)
from .sentences import outcome_text, settings_text, slot_text, verification_text
from .statistics import LEVELS, MOST_WAITING, ChannelStatistics, StreamStatistics
from .stream_ledger import Line, StreamLedger, Totals
from .summary import METRICS, Summary
from .table import Collector, Table, rows

__all__ = [
    "ABSENT_REASONS",
    "Alive",
    "BoardLedger",
    "BoardReport",
    "BootEvent",
    "ChannelStatistics",
    "CoefficientReport",
    "Collector",
    "Columns",
    "Counters",
    "Decoder",
    "Gap",
    "Item",
    "LEVELS",
    "Ledger",
    "LedgerReport",
    "Line",
    "METRICS",
    "MOST_WAITING",
    "NameReport",
    "Pieces",
    "PlatformReport",
    "RESET_CAUSES",
    "Reboot",
    "Reject",
    "SampleBatch",
    "SamplePacket",
    "SensorEvent",
    "ServiceReport",
    "SettingsReport",
    "StreamLedger",
    "StreamStatistics",
    "Summary",
    "Table",
    "Totals",
    "VERIFICATION_CODES",
    "Verification",
    "outcome_text",
    "reason_text",
    "reset_cause_text",
    "rows",
    "settings_text",
    "slot_text",
    "verification_reason",
    "verification_text",
]
