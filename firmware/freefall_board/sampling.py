"""Which parts sample a stream: a ring, a sampler for its kind of trigger and of line, and the reads of its sensor's device."""

from .core.packetizer import Packetizer
from .core.ring import ring_for
from .core.sampler import Sampler, StampedSampler
from .core.stream import Stream


def build_stream(number, plan, sensor, port, clock, queue):
    """The Stream of one stream of a plan; its sampler reads by the device of `sensor` (app.py) once the trigger is armed.

    Raises ValueError where plan and driver do not fit.
    """
    driver = sensor.driver
    ring = ring_for(plan, getattr(driver, "READ_HEAD", 0))
    sampler = _sampler(plan, ring, sensor, port)
    sampler.reads_by(sensor.device.reads(driver, ring, sampler.ended), sensor.device.check)
    period_us = None if plan["trigger"]["kind"] == "pulse" else plan["samples_per_read"] * plan["period_us"]
    return Stream(number, period_us, sampler, Packetizer(plan, ring, clock, port.seal, queue), clock)


def arm(plan, stream, sensor, port):
    """Let the triggers of a stream come."""
    trigger = plan["trigger"]
    if trigger["kind"] == "periodic":
        port.on_tick(plan["period_us"], stream.sampler.trigger)
    else:
        port.on_edge(_pin(trigger, sensor), stream.sampler.trigger, _active_low(sensor))


def _sampler(plan, ring, sensor, port):
    trigger = plan["trigger"]
    if trigger["kind"] == "periodic":
        return Sampler(ring, port.ticks_us, port.TICK_LATENCY_US)
    driver = sensor.driver
    pin, active_low = _pin(trigger, sensor), _active_low(sensor)
    stamped = port.STAMPS_EDGES or trigger.get("timestamps") == "hardware"
    stamps = port.edge_stamps(pin, active_low) if stamped else None
    stamp, latency_us = (stamps.newest, 0) if stamps else (port.ticks_us, port.EDGE_LATENCY_US)
    rises_once = getattr(driver, "RISES_ONCE", False)
    if trigger["kind"] == "fifo_watermark" or rises_once:
        backlog_us = (driver.FIFO_SAMPLES - plan["samples_per_read"]) * plan["period_us"]
        return _fifo_sampler(rises_once)(ring, port, stamp, port.level(pin, active_low), backlog_us, latency_us)
    if getattr(driver, "LINE_HOLDS", False):
        from .core.held import HeldSampler

        return HeldSampler(ring, port, stamp, port.level(pin, active_low), latency_us)
    if stamps:
        return StampedSampler(ring, port.ticks_us, stamps)
    return Sampler(ring, port.ticks_us, latency_us)


# What not every payload needs is loaded by those that do.


def _fifo_sampler(rises_once):
    if rises_once:
        from .core.rising import RisingSampler

        return RisingSampler
    from .core.watermark import WatermarkSampler

    return WatermarkSampler


def _pin(trigger, sensor):
    # Pulses come where the sensor counts them.
    return sensor.config["pin"] if trigger["kind"] == "pulse" else trigger["pin"]


def _active_low(sensor):
    return getattr(sensor.driver, "ACTIVE_LOW", False)
