"""Whether the link, the processor and the memory can carry what the streams ask for.

Sums what is sound: if that is too much, so is the whole.
"""

from ..sensors.pico import UART_PINS
from .draft import Draft, Flow
from .located import Path
from .packing import housekeeping_octets_per_s

_LINK_SHARE = 0.9  # of what the link carries: the rest is for events and clock tolerance
_BITS_PER_UART_OCTET = 10
# Measured on the emulated RP2040 at 641 kB/s, in writes of 64 octets: the chip leaves out a fifth of each USB frame (erratum 15).
_USB_OCTETS_PER_S = 600_000

_BUSY_SHARE = 0.9  # of the processor's time; USB alone takes the rest
# What the processor is busy with, bus transfers not among it: they are the DMA's. Measured on the emulated RP2040 at 125 MHz
# (bench/board), rounded up.
_READ_US = 55  # the two interrupts of one read
_SAMPLE_US = 10  # copying one sample into its packet
_PACKET_US = 900  # header, CRC, queue, and the pass of the loop

# For all rings, of the 246 kB that MicroPython has on this chip: the firmware itself, its buffers and what it reads at start take
# the rest.
_RING_OCTETS = 100_000
_RING_READ_OVERHEAD = 8  # number and time stamp


def link_load(draft: Draft):
    """Refuse streams and housekeeping that are more than the link carries."""
    transport, baud = draft.value(("link", "transport")), draft.value(("link", "baud"))
    if transport == "usb":
        key, octets_per_s, whole, remedy = "transport", _USB_OCTETS_PER_S, f"{_USB_OCTETS_PER_S}", "lower a rate"
    elif transport in UART_PINS and baud is not None:
        whole = f"baud / {_BITS_PER_UART_OCTET}"
        key, octets_per_s, remedy = "baud", baud / _BITS_PER_UART_OCTET, "raise baud or lower a rate"
    else:
        return
    housekeeping = draft.table(("housekeeping",))
    if housekeeping is None:
        return
    packings = [flow.packing for flow in draft.flows()]
    needed = sum(packing.link_octets_per_s for packing in packings)
    needed += housekeeping_octets_per_s(len(packings), housekeeping.period_ms)
    limit = _LINK_SHARE * octets_per_s
    if needed > limit:
        draft.refuse(
            ("link", key),
            f"is too slow: streams and housekeeping need {needed:.0f} bytes/s and the limit is {limit:.0f} "
            f"bytes/s ({_LINK_SHARE:.0%} of {whole}); {remedy}",
        )


def processor_load(draft: Draft):
    """Refuse more reads, samples and packets than the processor has time for."""
    busy: dict[Path, float] = {}  # where a stream's rate is given -> share of the processor
    for flow in draft.flows():
        packing = flow.packing
        us_per_s = packing.reads_per_s * _READ_US + packing.rate_hz * _SAMPLE_US + packing.packets_per_s * _PACKET_US
        busy[flow.rate_path] = us_per_s / 1_000_000
    if (total := sum(busy.values())) > _BUSY_SHARE:
        draft.refuse(
            max(busy, key=busy.get),
            f"is too fast: samples keep the processor busy {total:.1%} of the time and the limit is {_BUSY_SHARE:.0%} "
            f"({_READ_US} us a read, {_SAMPLE_US} us a sample, {_PACKET_US} us a packet); lower a rate, or let a FIFO make fewer "
            "reads or max_latency_ms fewer packets",
        )


def ring_memory(draft: Draft):
    """Refuse rings that are more than the board's memory has room for."""
    flows = list(draft.flows())
    if (total := sum(map(_ring_octets, flows))) > _RING_OCTETS:
        largest = max(flows, key=_ring_octets)
        draft.refuse(
            (*largest.path, "ring_depth"),
            f"is too large: the rings of all streams take {total} bytes and the limit is {_RING_OCTETS}; lower it",
            default=largest.packing.ring_depth,
        )


def _ring_octets(flow: Flow) -> int:
    return flow.packing.ring_depth * (flow.packing.read_len + _RING_READ_OVERHEAD)
