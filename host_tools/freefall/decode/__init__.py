"""The live path: octets of a board in; samples, gaps, reports and a ledger that closes out.

    decoder, collector = Decoder(definition), Collector(definition)
    while data := port.read():
        collector.add(decoder.feed(data, host_ns=time.time_ns()))
    collector.table("vibration").values["x"]    # float64, in the channel's unit
    decoder.ledger.closed, decoder.ledger.lost, decoder.counters

Decoder: octets -> items. Items: SamplePacket, Gap, Reject, Reboot and the service reports BootEvent, SensorEvent,
BoardReport, LedgerReport. rows: one packet -> Columns. Collector: packets -> a Table per stream. Ledger, StreamLedger,
BoardLedger, Line: what became of every sample. Counters: where every octet went.
"""

from .columns import Columns, rows
from .counters import Counters
from .decoder import Decoder
from .items import Gap, Item, Reboot, Reject, SamplePacket
from .ledger import BoardLedger, Ledger
from .reports import (
    ABSENT_REASONS,
    RESET_CAUSES,
    BoardReport,
    BootEvent,
    LedgerReport,
    SensorEvent,
    ServiceReport,
)
from .stream_ledger import Line, StreamLedger, Totals
from .table import Collector, Table

__all__ = [
    "ABSENT_REASONS",
    "BoardLedger",
    "BoardReport",
    "BootEvent",
    "Collector",
    "Columns",
    "Counters",
    "Decoder",
    "Gap",
    "Item",
    "Ledger",
    "LedgerReport",
    "Line",
    "RESET_CAUSES",
    "Reboot",
    "Reject",
    "SamplePacket",
    "SensorEvent",
    "ServiceReport",
    "StreamLedger",
    "Table",
    "Totals",
    "rows",
]
