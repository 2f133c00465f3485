"""How a stream's samples fill packets, and what that costs the link and the bus."""

from dataclasses import dataclass

from freefall_wire import frame, packet, reports

from .model import StreamTable
from .sensors import SensorTable

_RING_SECONDS = 0.25  # the longest pause of the foreground loop that a default ring rides out
_LEAST_RING = 8
_BITS_PER_I2C_OCTET = 9  # eight and the acknowledge
_I2C_READ_OVERHEAD = 3  # address, register, address again


@dataclass(frozen=True, slots=True)
class Packing:
    """Sizes of one stream. Lengths in octets; ring_depth in samples."""

    rate_hz: float
    sample_len: int
    samples_per_packet: int
    packet_len: int
    ring_depth: int

    @property
    def link_octets_per_s(self) -> float:
        """Octets per second on the link, framing included, when no packet is wasted."""
        # `pack` lets no packet take longer to fill than max_latency: all leave full, and no more often than this.
        return self.rate_hz / self.samples_per_packet * (self.packet_len + frame.FRAME_OVERHEAD)


def pack(stream: StreamTable, sensor: SensorTable) -> Packing:
    """The sizes of a stream that the checks have passed."""
    rate_hz = sensor.data_rate_hz() if stream.trigger == "data_ready" else stream.rate_hz
    in_packet = (packet.MAX_LEN - packet.SAMPLES_AT) // sensor.SAMPLE_LEN
    in_time = int(rate_hz * stream.max_latency_ms / 1000)
    samples_per_packet = max(1, min(in_packet, in_time))
    return Packing(
        rate_hz=float(rate_hz),
        sample_len=sensor.SAMPLE_LEN,
        samples_per_packet=samples_per_packet,
        packet_len=packet.padded(packet.SAMPLES_AT + samples_per_packet * sensor.SAMPLE_LEN),
        ring_depth=stream.ring_depth or _power_of_two(max(_LEAST_RING, rate_hz * _RING_SECONDS)),
    )


def read_us(sample_len: int, freq_hz: int) -> float:
    """Microseconds that an I2C bus takes to read a sample of `sample_len` octets."""
    return _BITS_PER_I2C_OCTET * (sample_len + _I2C_READ_OVERHEAD) * 1_000_000 / freq_hz


def housekeeping_octets_per_s(streams: int, period_ms: int) -> float:
    """Octets per second on the link of the housekeeping of that many streams, framing included."""
    octets = reports.BOARD_LEN + frame.FRAME_OVERHEAD + streams * (reports.LEDGER_LEN + frame.FRAME_OVERHEAD)
    return octets * 1000 / period_ms


def _power_of_two(least: float) -> int:
    power = 1
    while power < least:
        power *= 2
    return power
