"""Which parts sample a stream: a ring, a sampler for its kind of trigger, and the reads of its sensor's device."""

from .core.packetizer import Packetizer
from .core.ring import Ring
from .core.sampler import Sampler, StampedSampler
from .core.stream import Stream
from .core.watermark import WatermarkSampler


def build_stream(number, plan, driver, device, port, clock, queue):
    """The Stream of one stream of a plan; its sampler reads by `device` once the trigger is armed."""
    step = plan["samples_per_read"]
    ring = Ring(plan["ring_depth"], plan["sample_len"], step, plan["period_us"])
    sampler = _sampler(plan, ring, driver, port)
    sampler.reads_by(device.reads(driver.sample_register, ring, sampler.ended), device.check)
    return Stream(number, step * plan["period_us"], sampler, Packetizer(plan, ring, clock, port.seal, queue), clock)


def arm(plan, stream, port):
    """Let the triggers of a stream come."""
    trigger = plan["trigger"]
    if trigger["kind"] == "periodic":
        port.on_tick(plan["period_us"], stream.sampler.trigger)
    else:
        port.on_edge(trigger["pin"], stream.sampler.trigger)


def _sampler(plan, ring, driver, port):
    trigger = plan["trigger"]
    if trigger["kind"] == "periodic":
        return Sampler(ring, port.ticks_us, port.TICK_LATENCY_US)
    pin = trigger["pin"]
    stamps = port.edge_stamps(pin) if trigger["timestamps"] == "hardware" else None
    if trigger["kind"] == "fifo_watermark":
        backlog_us = (driver.FIFO_SAMPLES - plan["samples_per_read"]) * plan["period_us"]
        stamp, latency_us = (stamps.newest, 0) if stamps else (port.ticks_us, port.EDGE_LATENCY_US)
        return WatermarkSampler(ring, port, stamp, port.level(pin), backlog_us, latency_us)
    if stamps:
        return StampedSampler(ring, port.ticks_us, stamps)
    return Sampler(ring, port.ticks_us, port.EDGE_LATENCY_US)
