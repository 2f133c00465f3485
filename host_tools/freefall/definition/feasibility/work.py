"""What the streams of a definition ask of bus, processor and link, at the fastest that the sensors' clocks may be."""

from collections.abc import Iterable
from dataclasses import dataclass

from freefall_wire import frame, reports

from ...sensors.pico import CONTROLLERS, UART_PINS
from ...sensors.reads import Reads
from ..buses import BITS_PER_UART_OCTET, BusTable
from ..draft import Draft, Flow
from ..located import Path
from ..promises import StallsTable
from . import costs
from .costs import ReadCost

# Stalls of either kind come no closer together than ten times their length, so that they take this much of the time.
STALL_SHARE = 0.1
USB_OCTETS_PER_S = 600_000  # measured in writes of 64 octets: the chip leaves out a fifth of each USB frame (erratum 15)
_US = 1_000_000


def read_cost(flow: Flow) -> ReadCost:
    """What a read of this stream takes of the processor."""
    kind = flow.bus_name and CONTROLLERS[flow.bus_name].kind
    return costs.read_cost(kind, flow.stream.trigger, getattr(flow.stream, "timestamps", None))


def reads_per_s(flow: Flow) -> float:
    """Reads per second at most."""
    return flow.packing.fastest_hz / flow.packing.samples_per_read


def packets_per_s(flow: Flow) -> float:
    """Packets per second at most, when none is wasted."""
    # `pack` lets no packet take longer to fill than max_latency: all leave full, and no more often than this.
    return flow.packing.fastest_hz / flow.packing.samples_per_packet


def frame_len(flow: Flow) -> int:
    """Octets on the link of one packet."""
    return flow.packing.packet_len + frame.FRAME_OVERHEAD


def packet_us(flow: Flow) -> float:
    """Microseconds of the foreground for one packet, handing it to USB not among them."""
    return costs.packet_us(flow.packing.samples_per_packet, flow.packing.sample_len)


def period_us(flow: Flow) -> float:
    """Microseconds from one read's trigger to the next at least."""
    return _US / reads_per_s(flow)


def others(flow: Flow, flows: Iterable[Flow]) -> list[Flow]:
    """The other streams."""
    return [other for other in flows if other.path != flow.path]


def neighbours(flow: Flow, flows: Iterable[Flow]) -> list[Flow]:
    """The other streams on its bus."""
    return [other for other in others(flow, flows) if flow.bus_name and other.bus_name == flow.bus_name]


def begins_us(flow: Flow, flows: list[Flow]) -> float:
    """Microseconds from a trigger until its read is asked for at the latest, interrupts being on.

    Handlers run one after another in the order of their causes, and a line that waits to run waits once: at worst each of the
    others' handlers goes first.
    """
    return sum(read_cost(other).total_us for other in others(flow, flows)) + costs.BEGIN_US


def on_the_loop_us(flow: Flow, stalls: StallsTable, flows: list[Flow]) -> float:
    """Microseconds that the bus waits for the loop in a read of this stream: a part that has settled is asked by it."""
    return costs.SETTLING_US + pause_us(stalls, flows) if flow.bus and flow.sensor.reads().settle_us else 0.0


def wires_us(bus: BusTable, reads: Reads, samples: int = 1) -> float:
    """Microseconds on the wires of a read of so many samples at most; what the part settles for is not among them."""
    return costs.STRETCH[bus.kind] * bus.read_us(reads, samples)


def read_us(flow: Flow) -> float:
    """Microseconds that a read takes on its bus at most, the part's own time included; 0 without a bus."""
    if not flow.bus:
        return 0.0
    reads = flow.sensor.reads()
    return wires_us(flow.bus, reads, flow.packing.samples_per_read) + len(reads.parts) * reads.settle_us


def bus_us(flow: Flow, stalls: StallsTable, flows: list[Flow]) -> float:
    """Microseconds that the bus is taken by a read of this stream at most; 0 for one without a bus."""
    return read_us(flow) + on_the_loop_us(flow, stalls, flows)


def waits_us(flow: Flow, stalls: StallsTable, flows: list[Flow]) -> float:
    """Microseconds that a read waits for its bus at most: one read of each other stream there."""
    return sum(bus_us(other, stalls, flows) + costs.NEXT_US for other in neighbours(flow, flows))


def interrupts_share(flows: Iterable[Flow]) -> float:
    """The processor's share that interrupts take."""
    return sum(reads_per_s(flow) * read_cost(flow).total_us for flow in flows) / _US


def pass_us(flows: list[Flow]) -> float:
    """Microseconds of the longest pass of the loop: a packet of each stream, and a set of reports."""
    own_us = sum(map(packet_us, flows)) + (len(flows) + 1) * costs.REPORT_US + costs.look_us(len(flows))
    # Interrupts break in.
    return own_us / max(0.1, 1 - interrupts_share(flows))


def pause_us(stalls: StallsTable, flows: list[Flow]) -> float:
    """Microseconds for which the loop does not come to a stream at most: a pause, and a pass."""
    return 1000 * stalls.longest_ms + pass_us(flows)


@dataclass(frozen=True, slots=True)
class Link:
    """How telemetry leaves: where the definition decides how fast, and how fast that is."""

    path: Path
    octets_per_s: float
    whole: str
    remedy: str
    block_us: float = 0.0  # of the foreground for a block, where it takes such

    @classmethod
    def of(cls, draft: Draft) -> "Link | None":
        """The link of a definition; None if it is in doubt."""
        transport, baud = draft.value(("link", "transport")), draft.value(("link", "baud"))
        if transport == "usb":
            return cls(("link", "transport"), USB_OCTETS_PER_S, "what USB carries", "lower a rate", costs.USB_BLOCK_US)
        if transport not in UART_PINS or baud is None:
            return None
        return cls(("link", "baud"), baud / BITS_PER_UART_OCTET, f"baud / {BITS_PER_UART_OCTET}", "raise baud or lower a rate")

    def foreground_us(self, octets: float) -> float:
        """Microseconds of the foreground to hand over so many octets."""
        return octets * self.block_us / costs.USB_BLOCK_OCTETS


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """A set of reports: packets, octets on the link, and how often."""

    packets: int
    octets: int
    sets_per_s: float

    @classmethod
    def of(cls, draft: Draft) -> "Housekeeping | None":
        """The housekeeping of a definition's sound streams and sensors; None if it is in doubt."""
        table = draft.table(("housekeeping",))
        if table is None:
            return None
        streams = len(list(draft.flows()))
        drivers = (draft.driver(name) for name in draft.names("sensor"))
        coefficients = sum(1 for driver in drivers if driver and driver.COEFFICIENTS)
        octets = reports.BOARD_LEN + streams * reports.LEDGER_LEN + coefficients * reports.PARAMETER_LEN
        packets = 1 + streams + coefficients
        return cls(packets, octets + packets * frame.FRAME_OVERHEAD, 1000 / table.period_ms)

    @property
    def octets_per_s(self) -> float:
        """On the link."""
        return self.octets * self.sets_per_s
