"""Whether a sensor's FIFO holds what comes until it is read. Model: README.md, "FIFO"."""

import math
from collections.abc import Iterator

from ..draft import Draft, Flow
from .margin import Margin
from .work import begins_us, waits_us

_US = 1_000_000


def fifo_depth(draft: Draft) -> Iterator[Margin]:
    """The samples in a FIFO when its burst begins at the latest, against what it holds."""
    flows, stalls = list(draft.flows()), draft.stalls()
    if stalls is None:
        return
    for flow in flows:
        if flow.stream.trigger != "fifo_watermark":
            continue
        off_us = 1000 * stalls.interrupts_off_ms
        until_us = off_us + begins_us(flow, flows) + waits_us(flow, stalls, flows)
        more, holds, watermark = until_us * flow.packing.fastest_hz / _US, flow.sensor.FIFO_SAMPLES, flow.stream.watermark
        most = math.floor(holds - more)
        yield Margin(
            rule="FIFO",
            subject=f"[stream.{flow.path[1]}]",
            path=(*flow.path, "watermark"),
            value=watermark + more,
            limit=holds,
            unit="samples",
            sentence=f"the FIFO of {flow.sensor_name} holds {holds} samples, and {_samples(more)} more may come in the "
            f"{until_us:.0f} us until a burst begins" + (f", {off_us:.0f} us of them with interrupts off" if off_us else ""),
            complaint="is too large",
            remedy=f"the most is {most}" if most >= flow.sensor.LEAST_WATERMARK else _remedy(flow, off_us > until_us / 2),
        )


def _samples(more: float) -> str:
    return f"{more:.1f}".removesuffix(".0")


def _remedy(flow: Flow, off: bool) -> str:
    way = "write no flash while it samples, for an erase outlives the FIFO" if off else "give the sensor a bus of its own"
    return f"lower {flow.sensor.RATE_KEY} or {way}"
