"""Plans the firmware gets from the bench, made by hand where no payload definition can say it."""

import json

from freefall_wire import PLAN_FORMAT, packet

from .sensor import ADDRESS, SAMPLE_LEN

APID = 64
_SAMPLES_PER_PACKET = 25


def bench_plan(rate_hz: int, timestamps: str, baud: int = 921600, samples_per_packet: int = _SAMPLES_PER_PACKET) -> bytes:
    """One stream of the bench's sensor by its data-ready line, timestamps "interrupt" or "hardware"; out on UART 0.

    Housekeeping is a minute away, so that nothing but samples is on the link of a short run.
    """
    stream = {
        "name": "bench",
        "apid": APID + 1,
        "sensor": 0,
        "trigger": {"kind": "data_ready", "pin": 15, "timestamps": timestamps},
        "period_us": round(1_000_000 / rate_hz),
        "channels": ["octets"],
        "sample_len": SAMPLE_LEN,
        "samples_per_read": 1,
        "samples_per_packet": samples_per_packet,
        "packet_len": packet.padded(packet.SAMPLES_AT + samples_per_packet * SAMPLE_LEN),
        "sample_times": False,
        "max_latency_ms": 100,
        "ring_depth": 256,
    }
    plan = {
        "format": PLAN_FORMAT,
        "name": "bench",
        "apid": APID,
        "board": "pico",
        "link": {"transport": "uart0", "baud": baud, "tx": 0, "rx": 1},
        "housekeeping_ms": 60_000,
        "watchdog_ms": 0,
        "buses": [{"kind": "i2c", "id": 0, "scl": 5, "sda": 4, "freq_hz": 1_000_000, "timeout_us": 500}],
        "sensors": [{"driver": "benchsensor", "bus": 0, "config": {}, "address": ADDRESS}],
        "streams": [stream],
    }
    return json.dumps(plan).encode()
