"""Whether the rings hold what comes while the loop stands still, and the board the rings. Models: README.md, "ring", "memory"."""

from collections.abc import Iterator

from ..draft import Draft, Flow
from .margin import Margin
from .work import pass_us, reads_per_s

_US = 1_000_000
_DEEPEST = 1024

# What of the memory that MicroPython has on this chip can be in use, and what of it the firmware needs, by itself and for each
# stream beside its ring: on the emulated RP2040 six streams with 82 kB of rings started, with up to 196 kB in use.
HEAP_OCTETS = 200_000
FIRMWARE_OCTETS = 100_000
STREAM_OCTETS = 2_500
_WORDS = 28  # of a stream, beside those of its ring
_WORD_OCTETS = 4
_WORDS_PER_READ = 2  # number and time stamp


def ring_depth(draft: Draft) -> Iterator[Margin]:
    """The reads that wait at the end of the longest pause of the loop, against those that the ring holds."""
    flows, stalls = list(draft.flows()), draft.stalls()
    if stalls is None:
        return
    passes_us = pass_us(flows)
    for flow in flows:
        packing = flow.packing
        full = packing.samples_per_packet // packing.samples_per_read
        pause_us = 1000 * stalls.foreground_ms + passes_us
        value, limit = full + reads_per_s(flow) * pause_us / _US, packing.ring_depth + _in_fifo(flow)
        yield Margin(
            rule="ring",
            subject=f"[stream.{flow.path[1]}]",
            path=(*flow.path, "ring_depth"),
            value=value,
            limit=limit,
            unit="reads",
            sentence=f"{full} reads may wait when the loop pauses, {value - full:.0f} more come in {pause_us / 1000:.0f} ms, and "
            f"there is room for {limit:.4g}",
            complaint="is too small",
            remedy=_remedy(value - _in_fifo(flow)),
            default=packing.ring_depth,
        )


def _in_fifo(flow: Flow) -> float:
    """Reads that wait in the sensor itself when the ring is full."""
    if flow.stream.trigger != "fifo_watermark":
        return 0.0
    return max(0.0, flow.sensor.FIFO_SAMPLES / flow.stream.watermark - 1)


def _remedy(reads: float) -> str:
    deep = next((1 << bits for bits in range(2, 11) if 1 << bits >= reads), None)
    pause = "lower foreground_ms of [stalls] or the rate"
    return f"set it to {deep}, or {pause}" if deep else f"the deepest is {_DEEPEST}; {pause}"


def memory(draft: Draft) -> Iterator[Margin]:
    """Octets of the firmware and of all rings, against what there is."""
    flows = list(draft.flows())
    if not flows:
        return
    rings = sum(map(_octets, flows))
    total = FIRMWARE_OCTETS + STREAM_OCTETS * len(flows) + rings
    largest = max(flows, key=_octets)
    yield Margin(
        rule="memory",
        subject="board",
        path=(*largest.path, "ring_depth"),
        value=total,
        limit=HEAP_OCTETS,
        unit="bytes",
        sentence=f"the rings of all streams take {rings} bytes, with the firmware {total}, and the board has {HEAP_OCTETS}",
        complaint="is too large",
        remedy="lower it",
        default=largest.packing.ring_depth,
    )


def _octets(flow: Flow) -> int:
    """Octets of a stream's ring."""
    return flow.packing.ring_depth * (flow.packing.read_len + _WORDS_PER_READ * _WORD_OCTETS) + _WORDS * _WORD_OCTETS
