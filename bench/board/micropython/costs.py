"""Runs on the board: passes of the firmware's loop over rings filled by hand; the jig is told when each begins and ends."""

import time

import machine

from freefall_board.app import Payload
from freefall_board.boot import Boot
from freefall_board.core import words as at
from freefall_board.ports.rp2_console import Console
from freefall_board.ports.rp2_seal_asm import seal_in_place
from freefall_wire import PLAN_FORMAT, packet

_JIG = 0x40070000
_PERIOD_US = 1000
_PASSES = 8
_DEPTH = 64
# Samples in a packet, octets of a sample, and streams: bench/board/costs.py names the cases by them, in this order.
_CASES = ((0, 9, 1), (1, 9, 1), (5, 9, 1), (25, 9, 1), (1, 2, 1), (50, 2, 1), (1, 30, 1), (7, 30, 1), (0, 9, 4))


class Device:
    """What the bench's driver wants; nothing reads from it."""

    check = None

    def read(self, register, buf):
        """An identity."""
        buf[:] = b"\xbe\x9c"

    def write(self, register, data):
        """Nothing."""

    def reads(self, driver, ring, ended):
        """Nothing."""
        self.ring = ring
        return lambda slot: None


class Bus:
    """One device, and nothing to look after."""

    def __init__(self):
        self.device_ = Device()

    def device(self, sensor, driver):
        """The device."""
        return self.device_

    def arm(self):
        """Nothing."""

    def poll(self):
        """Nothing."""


class Port:
    """The real clock and framing, a bus without a sensor, and a link that takes whatever there is."""

    EDGE_LATENCY_US = TICK_LATENCY_US = 0
    STAMPS_EDGES = False
    ticks_us = staticmethod(time.ticks_us)
    ticks_diff = staticmethod(time.ticks_diff)
    sleep_ms = staticmethod(time.sleep_ms)
    interrupts_off = staticmethod(machine.disable_irq)
    interrupts_on = staticmethod(machine.enable_irq)
    seal = staticmethod(seal_in_place)

    def __init__(self):
        self.bus_ = Bus()

    def idle(self, duration_us):
        """Nothing."""

    def collect(self):
        """Nothing."""

    def free_heap(self):
        """Nothing that counts here."""
        return 0

    def kept_settings(self):
        """None."""

    def uplinks(self):
        """The console, on which nothing comes: twice, as where the link is a UART."""
        return 2 * [(Console().receive, None, None)]

    def reset_cause(self):
        """Power-on."""
        return 1

    def bus(self, plan):
        """The bus."""
        return self.bus_

    def on_edge(self, pin, handler, active_low):
        """Nothing."""

    def link(self, plan):
        """Takes all."""
        return lambda octets, start, size, waiting: size


def plan(samples, sample_len, streams):
    """So many streams of so many samples a packet."""
    return {
        "format": PLAN_FORMAT, "apid": 64, "link": {}, "housekeeping_ms": 60000, "watchdog_ms": 0,
        "buses": [{}], "sensors": [{"driver": "benchsensor", "bus": 0, "config": {}}],
        "streams": streams * [{
            "apid": 65, "sensor": 0, "trigger": {"kind": "data_ready", "pin": 15, "timestamps": "interrupt"},
            "period_us": _PERIOD_US, "sample_len": sample_len, "samples_per_read": 1, "samples_per_packet": max(1, samples),
            "packet_len": packet.padded(packet.SAMPLES_AT + max(1, samples) * sample_len), "sample_times": False,
            "max_latency_ms": 60000, "ring_depth": _DEPTH,
        }],
    }  # fmt: skip


def fill(ring, number, count):
    """Put so many reads into the ring, the first of that number."""
    words = ring.words
    for i in range(count):
        head = words[at.HEAD]
        slot = head & (_DEPTH - 1)
        words[at.SLOTS + 2 * slot] = number + i
        words[at.SLOTS + 1 + 2 * slot] = (number + i) * _PERIOD_US
        words[at.HEAD] = (head + 1) & (2 * _DEPTH - 1)


def passes(samples, sample_len, streams):
    """Marks 2, begin, and 3, end, of passes that send one packet each; 4 and 5 of a look, 6 and 7 of a set of reports."""
    port = Port()
    payload = Payload(plan(samples, sample_len, streams), b"\0\0\0\0", port, Boot(1))
    payload.start()
    ring = port.bus_.device_.ring
    for number in range(_PASSES):
        fill(ring, number * samples, samples)
        payload._looked_at = time.ticks_us()
        machine.mem32[_JIG] = 2
        payload.step()
        machine.mem32[_JIG] = 3
    payload._looks = 3  # the look that also fetches what comes up the link
    machine.mem32[_JIG] = 4
    payload._look(time.ticks_us())
    machine.mem32[_JIG] = 5
    machine.mem32[_JIG] = 6
    payload._report(time.ticks_us())
    machine.mem32[_JIG] = 7


for case in _CASES:
    passes(*case)
machine.mem32[_JIG] = 1
