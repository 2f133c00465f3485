"""How a stream's samples fill reads, packets and rings, and what that costs the link."""

from dataclasses import dataclass

from freefall_wire import frame, packet, reports

from ..sensors.table import SensorTable
from .promises import StallsTable
from .streams import PeriodicStream, PulseStream, StreamTable

_LEAST_RING = 8
_RING_RESERVE_S = 0.005  # that a default ring rides out beyond the declared pause, for the loop's own passes


@dataclass(frozen=True, slots=True)
class Packing:
    """Sizes of one stream. Lengths in octets; ring_depth in reads.

    sample_len is that of a sample in a packet, with its own time if it has one; read_len what one read brings from the sensor.
    highest_hz: what rate_hz may be set to; all sizes are made for it. fastest_hz and slowest_hz: the rates that the sensor's own
    clock may make of that.
    """

    rate_hz: float
    highest_hz: float
    fastest_hz: float
    slowest_hz: float
    sample_len: int
    samples_per_read: int
    samples_per_packet: int
    packet_len: int
    ring_depth: int
    read_len: int

    @property
    def reads_per_s(self) -> float:
        """Reads of the sensor per second."""
        return self.highest_hz / self.samples_per_read

    @property
    def packets_per_s(self) -> float:
        """Packets per second, when none is wasted."""
        # `pack` lets no packet take longer to fill than max_latency: all leave full, and no more often than this.
        return self.highest_hz / self.samples_per_packet

    @property
    def link_octets_per_s(self) -> float:
        """Octets per second on the link, framing included."""
        return self.packets_per_s * (self.packet_len + frame.FRAME_OVERHEAD)


def sample_len(stream: StreamTable, sensor: SensorTable) -> int:
    """Octets of a sample in a packet: the sensor's, and its own time if it has one."""
    return sensor.sample_len() + packet.SAMPLE_TIME_LEN * stream.times()


def samples_in_packet(stream: StreamTable, sensor: SensorTable) -> int:
    """The samples of a stream that one packet has room for."""
    return (packet.MAX_LEN - packet.SAMPLES_AT) // sample_len(stream, sensor)


def samples_in_time(rate_hz: float, stream: StreamTable) -> int:
    """The samples that come before the first of them has waited as long as the stream lets it."""
    return int(rate_hz * stream.max_latency_ms / 1000)


def rate_of(stream: StreamTable, sensor: SensorTable) -> float:
    """Samples per second of a stream, of pulses at most: the board's clock sets them, or else the sensor's."""
    if isinstance(stream, PulseStream):
        return float(stream.max_rate_hz)
    return float(stream.rate_hz if isinstance(stream, PeriodicStream) else sensor.data_rate_hz())


def pack(stream: StreamTable, sensor: SensorTable, stalls: StallsTable) -> Packing:
    """The sizes of a stream that the checks have passed; a ring that is not given rides out the foreground's stalls."""
    rate_hz = rate_of(stream, sensor)
    highest_hz = max(getattr(stream.adjustable, "rate_hz", None) or [rate_hz])
    step = stream.samples_per_read()
    octets = sample_len(stream, sensor)
    most = min(samples_in_packet(stream, sensor), samples_in_time(highest_hz, stream))
    if stream.ring_depth:
        # The board sends what waits as soon as the ring is half full.
        most = min(most, stream.ring_depth // 2 * step)
    reads_per_packet = max(1, most // step)
    samples_per_packet = reads_per_packet * step
    tolerance = _tolerance(stream, sensor)
    fastest_hz = highest_hz * (1 + tolerance)
    pause_s = stalls.foreground_ms / 1000 + _RING_RESERVE_S
    least_ring = max(_LEAST_RING, 2 * reads_per_packet, reads_per_packet + fastest_hz / step * pause_s)
    return Packing(
        rate_hz=rate_hz,
        highest_hz=highest_hz,
        fastest_hz=fastest_hz,
        slowest_hz=highest_hz * (1 - tolerance),
        sample_len=octets,
        samples_per_read=step,
        samples_per_packet=samples_per_packet,
        packet_len=packet.padded(packet.SAMPLES_AT + samples_per_packet * octets),
        ring_depth=stream.ring_depth or _power_of_two(least_ring),
        read_len=sensor.reads().octets(step),
    )


def housekeeping_octets_per_s(streams: int, period_ms: int) -> float:
    """Octets per second on the link of the housekeeping of that many streams, framing included."""
    octets = reports.BOARD_LEN + frame.FRAME_OVERHEAD + streams * (reports.LEDGER_LEN + frame.FRAME_OVERHEAD)
    return octets * 1000 / period_ms


def _tolerance(stream: StreamTable, sensor: SensorTable) -> float:
    # The board's clock is a crystal; a pulse counter's rate is the most there is room for.
    return 0.0 if isinstance(stream, PeriodicStream | PulseStream) else sensor.RATE_TOLERANCE


def _power_of_two(least: float) -> int:
    power = 1
    while power < least:
        power *= 2
    return power
