"""What a watermark must be, however much time the board has: told of by the FIFO, in a packet, and not waiting too long."""

from .draft import Draft, Flow
from .packing import samples_in_packet, samples_in_time


def watermarks(draft: Draft):
    """Refuse a watermark that a FIFO cannot tell of, or whose burst waits too long or fits no packet."""
    for flow in draft.flows():
        if flow.stream.trigger != "fifo_watermark":
            continue
        most, why, remedy = min(_most(flow))
        least = flow.sensor.LEAST_WATERMARK
        if flow.stream.watermark < least:
            why = f"the FIFO of {flow.sensor_name} tells of {least} samples or more"
            draft.refuse((*flow.path, "watermark"), f"is too small: {why}; the least is {least}")
        elif flow.stream.watermark > most:
            draft.refuse((*flow.path, "watermark"), f"is too large: {why}; {f'the most is {most}' if most >= least else remedy}")


def _most(flow: Flow):
    """(the largest watermark, why, what to do when that is none), for each thing that limits it."""
    sensor, rate_hz, latency_ms = flow.sensor, flow.packing.rate_hz, flow.stream.max_latency_ms
    in_packet, in_time = samples_in_packet(flow.stream, sensor), samples_in_time(rate_hz, flow.stream)
    holds = sensor.FIFO_SAMPLES
    yield in_packet, f"a packet holds {in_packet} samples", ""
    yield in_time, f"so many samples at {rate_hz:g} Hz take longer than max_latency_ms, {latency_ms}", "raise max_latency_ms"
    yield holds, f"the FIFO of {flow.sensor_name} holds {holds} samples", ""
