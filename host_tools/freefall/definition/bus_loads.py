"""Whether the buses can carry the reads that the streams ask for, and each of them in time.

Judges what is sound: if that is too much, so is the whole.
"""

import math

from .diagnostics import table_name
from .draft import Draft, Flow
from .packing import samples_in_packet, samples_in_time

_BUS_SHARE = 0.9  # of a bus's time; starts, stops and what the processor does between two reads take the rest
# From the edge of a watermark until its burst has begun, on a bus that is free: an interrupt that waits for others. Assumed.
_BURST_BEGINS_US = 1000
# The board counts the timeout over the whole transfer, which starts, stops and gaps make longer than its octets.
_TIMEOUT_FACTOR = 1.3


def watermarks(draft: Draft):
    """Refuse a watermark that a FIFO cannot tell of, or that loses samples in it, waits too long or fits no packet."""
    by_bus = _by_bus(draft)
    for flow in draft.flows():
        if flow.stream.trigger == "fifo_watermark":
            most, why, remedy = min(_most(flow, _others_us(flow, by_bus)))
            least = flow.sensor.LEAST_WATERMARK
            if flow.stream.watermark < least:
                why = f"the FIFO of {flow.sensor_name} tells of {least} samples or more"
                draft.refuse((*flow.path, "watermark"), f"is too small: {why}; the least is {least}")
            elif flow.stream.watermark > most:
                draft.refuse((*flow.path, "watermark"), f"is too large: {why}; {f'the most is {most}' if most > 0 else remedy}")


def _most(flow: Flow, others_us: float):
    """(the largest watermark, why, what to do when that is none), for each thing that limits it."""
    sensor, rate_hz, latency_ms = flow.sensor, flow.packing.rate_hz, flow.stream.max_latency_ms
    in_packet, in_time = samples_in_packet(flow.stream, sensor), samples_in_time(rate_hz, flow.stream)
    begins_us = _BURST_BEGINS_US + others_us
    left = math.ceil(begins_us * rate_hz / 1_000_000)
    yield in_packet, f"a packet holds {in_packet} samples", ""
    yield in_time, f"so many samples at {rate_hz:g} Hz take longer than max_latency_ms, {latency_ms}", "raise max_latency_ms"
    yield (
        sensor.FIFO_SAMPLES - left,
        f"the FIFO of {flow.sensor_name} holds {sensor.FIFO_SAMPLES} samples, and {left} more may come in the {begins_us:.0f} us "
        "until a burst begins",
        f"lower {sensor.RATE_KEY} or give the sensor a bus of its own",
    )


def timeouts(draft: Draft):
    """Refuse a bus's timeout that its longest read may exceed with nothing wrong."""
    longest: dict[str, tuple[float, str]] = {}  # bus -> (us, sensor) of its longest read
    for path in draft.tables("sensor"):
        sensor = draft.table(path) if draft.driver(path[1]) else None
        bus = getattr(sensor, "bus", None)
        if bus is not None and (table := draft.bus(bus)):
            longest[bus] = max(longest.get(bus, (0.0, "")), (table.read_us(sensor.reads()), table_name(path)))
    for bus, flows in _by_bus(draft).items():
        longest[bus] = max(longest.get(bus, (0.0, "")), *((flow.read_us, flow.sensor_name) for flow in flows))
    for name, (wire_us, sensor) in longest.items():
        bus = draft.bus(name)
        least = math.ceil(_TIMEOUT_FACTOR * wire_us)
        if bus.timeout_us < least:
            draft.refuse(
                ("bus", name, "timeout_us"),
                f"is too short: one read of {sensor} takes {wire_us:.0f} us on {name}; the least is {least}",
            )


def bus_load(draft: Draft):
    """Refuse more reads than a bus has time for."""
    for name, flows in _by_bus(draft).items():
        busy = {flow.rate_path: flow.packing.reads_per_s * flow.read_us / 1_000_000 for flow in flows}
        if (total := sum(busy.values())) > _BUS_SHARE:
            most = max(flows, key=lambda flow: busy[flow.rate_path])
            draft.refuse(
                most.rate_path,
                f"is too fast: reads keep {name} busy {total:.1%} of the time and the limit is {_BUS_SHARE:.0%}; "
                f"one read of {most.sensor_name} takes {most.read_us:.0f} us; {_remedy(most)}",
            )


def reads_in_time(draft: Draft):
    """Refuse a data-ready stream whose sensor may make its next sample before the last is read, when others use the bus too."""
    by_bus = _by_bus(draft)
    for flow in (flow for flows in by_bus.values() for flow in flows if flow.stream.trigger == "data_ready"):
        others_us, period_us = _others_us(flow, by_bus), 1_000_000 / flow.packing.rate_hz
        if others_us + flow.read_us > period_us:
            draft.refuse(
                flow.rate_path,
                f"is too fast: a sample of {flow.sensor_name} lasts {period_us:.0f} us, and its read takes {flow.read_us:.0f} us "
                f"and may have to wait for {others_us:.0f} us of others on {flow.bus_name}; give it its own bus, {_remedy(flow)}",
            )


def _by_bus(draft: Draft) -> dict[str, list[Flow]]:
    by_bus: dict[str, list[Flow]] = {}
    for flow in draft.flows():
        if flow.bus:
            by_bus.setdefault(flow.bus_name, []).append(flow)
    return by_bus


def _others_us(flow: Flow, by_bus: dict[str, list[Flow]]) -> float:
    """Microseconds of one read of each other stream on the bus: so long it may be busy with what came first."""
    return sum(other.read_us for other in by_bus.get(flow.bus_name, ()) if other.path != flow.path)


def _remedy(flow: Flow) -> str:
    return "lower a rate" + ("" if flow.bus.is_fastest() else f" or raise freq_hz of {table_name(('bus', flow.bus_name))}")
