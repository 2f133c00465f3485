"""Whether each sample is read, and its time taken, before the next. Models: README.md, "read in time" and "time stamp"."""

import math
from collections.abc import Iterator

from ..draft import Draft, Flow
from ..promises import StallsTable
from .buses import slower
from .margin import Margin
from .work import begins_us, bus_us, period_us, waits_us

_US = 1_000_000
_SHORTER = "lower interrupts_off_ms of [stalls]"


def reads_in_time(draft: Draft) -> Iterator[Margin]:
    """Of every stream without a FIFO the time from a trigger to the end of its read, against the time to the next trigger."""
    flows, stalls = list(draft.flows()), draft.stalls()
    if stalls is None:
        return
    for flow in flows:
        if flow.stream.trigger != "fifo_watermark":
            parts = dict(_parts(flow, stalls, flows))
            value, limit = sum(parts.values()), period_us(flow)
            told = ", ".join(f"{us:.0f} us {what}" for what, us in parts.items() if round(us))
            yield Margin(
                rule="read in time",
                subject=f"[stream.{flow.path[1]}]",
                path=flow.rate_path,
                value=value,
                limit=limit,
                unit="us",
                sentence=f"a sample of {flow.sensor_name} lasts {limit:.0f} us{_fast(flow)}, and its read may take "
                f"{value:.0f} us: {told}",
                complaint="is too fast",
                remedy=_remedy(flow, stalls, flows),
            )


def _parts(flow: Flow, stalls: StallsTable, flows: list[Flow]):
    yield "with interrupts off", 1000 * stalls.interrupts_off_ms
    yield "of interrupts", begins_us(flow, flows)
    yield f"of others on {flow.bus_name}", waits_us(flow, stalls, flows)
    yield "on the wires", bus_us(flow, stalls, flows)


def time_stamps(draft: Draft) -> Iterator[Margin]:
    """By how much a time stamp that an interrupt takes may be late, against half of the time to the next.

    Later than that the board cannot tell it from a sample that was lost, and counts it as late or, with a FIFO, as lost.
    """
    flows, stalls = list(draft.flows()), draft.stalls()
    if stalls is None:
        return
    for flow in flows:
        stamped = getattr(flow.stream, "timestamps", "interrupt") == "hardware" or flow.stream.trigger == "pulse"
        if stamped:
            continue
        value = 1000 * stalls.interrupts_off_ms + begins_us(flow, flows)
        limit = _most_late_us(flow)
        hardware = "timestamps" in type(flow.stream).model_fields
        yield Margin(
            rule="time stamp",
            subject=f"[stream.{flow.path[1]}]",
            path=flow.rate_path,
            value=value,
            limit=limit,
            unit="us",
            sentence=f"interrupts may note a trigger of {flow.sensor_name} {value:.0f} us late, "
            f"{1000 * stalls.interrupts_off_ms:.0f} us of them with interrupts off, and from {limit:.0f} us on it passes for "
            "a lost sample",
            complaint="is too fast",
            remedy=_ways(
                [f'set timestamps = "hardware" in [stream.{flow.path[1]}]'] * hardware
                + ["lower it"]
                + [_SHORTER] * (stalls.interrupts_off_ms > 0)
            ),
        )


def _ways(ways: list[str]) -> str:
    return ways[0] if len(ways) == 1 else f"{', '.join(ways[:-1])}, or {ways[-1]}"


def _most_late_us(flow: Flow) -> float:
    """Microseconds by which a trigger may seem late and still passes for the one that was due."""
    packing = flow.packing
    samples = packing.samples_per_read
    due_us, slow_us = samples * _US / packing.highest_hz, samples * _US / packing.slowest_hz
    # A ring goes by the nominal pace (firmware/freefall_board/core/ring.py).
    most_us = 1.5 * due_us - slow_us
    if flow.stream.trigger == "fifo_watermark":
        # Half a read is lost, to the nearest sample, by the nominal pace at first and by the sensor's own later (watermark.py).
        half = (math.ceil(samples / 2) - 0.5) / samples
        most_us = min(most_us, due_us * (1 + half) - slow_us, period_us(flow) * half)
    return most_us


def _fast(flow: Flow) -> str:
    fast = flow.packing.fastest_hz / flow.packing.highest_hz - 1
    return f" when its clock is {fast:.0%} fast" if fast else ""


def _remedy(flow: Flow, stalls: StallsTable, flows: list[Flow]) -> str:
    ways = []
    if stalls.interrupts_off_ms:
        ways.append(_SHORTER)
    if "fifo_watermark" in flow.sensor.TRIGGERS:
        ways.append("let the sensor's FIFO wait")
    if waits_us(flow, stalls, flows):
        ways.append("give it its own bus")
    return " or ".join([*ways, slower(flow) if flow.bus else "lower it"])
