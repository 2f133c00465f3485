"""What a board says about itself: service reports (SPEC 5) as values, not to be written to.

Times are on-board integer nanoseconds; host_ns is the host's time of the feed that completed the frame, or None. Housekeeping
comes over and over: frozen, its reports would be three times as slow to make.
"""

import struct
from dataclasses import dataclass

from freefall_wire import WIRE_FORMAT, packet, reports

from ..definition import Definition, Sensor, Stream

RESET_CAUSES = {
    reports.UNKNOWN: "unknown",
    reports.POWER_ON: "power-on or reset pin",
    reports.WATCHDOG: "watchdog",
    reports.SOFTWARE: "software",
}
ABSENT_REASONS = {
    reports.NO_ANSWER: "no answer",
    reports.WRONG_IDENTITY: "wrong identity",
    reports.NOT_CONFIGURED: "would not take its configuration",
}
SLOTS = {reports.SLOT_A: "a", reports.SLOT_B: "b"}
_EVENT_LAYOUTS = {
    reports.BOOT: reports.BOOT_LAYOUT,
    reports.SENSOR_ABSENT: reports.SENSOR_ABSENT_LAYOUT,
    reports.SENSOR_STOPPED: reports.SENSOR_LAYOUT,
    reports.SENSOR_BACK: reports.SENSOR_LAYOUT,
}
_CUC, _NUMBER, _LEDGER = struct.Struct(">IBH"), struct.Struct(">H"), struct.Struct(reports.LEDGER_LAYOUT)
_SENSOR_KINDS = {reports.SENSOR_STOPPED: "stopped", reports.SENSOR_BACK: "back"}


@dataclass(frozen=True, slots=True)
class BootEvent:
    """The first packet of a boot. firmware: "major.minor.patch"; reset_cause: see RESET_CAUSES.

    slot: "a" or "b", where the payload lies on the board; None where that was not told. failed_boots: of the other slot, before
    the board fell back to this one; 0 if it did not.
    """

    time_ns: int
    host_ns: int | None
    boot_count: int
    firmware: str
    definition_id: int
    reset_cause: int
    slot: str | None = None
    failed_boots: int = 0


@dataclass(frozen=True, slots=True)
class SensorEvent:
    """A sensor is "absent" at start (sensor and reason are set, see ABSENT_REASONS), or has "stopped" answering or is "back"
    (stream and bus_errors so far are set)."""

    time_ns: int
    host_ns: int | None
    kind: str
    sensor: Sensor | None = None
    reason: int | None = None
    stream: Stream | None = None
    bus_errors: int | None = None


@dataclass(slots=True)  # see above
class BoardReport:
    """The board's housekeeping. Counters since boot, modulo 2^30; the fields are those of SPEC 5.2, SID 1, in its order."""

    time_ns: int
    host_ns: int | None
    reset_cause: int
    streams: int
    boot_count: int
    firmware: str
    definition_id: int
    longest_pass_us: int
    most_queued_octets: int
    queue_octets: int
    service_built: int
    service_dropped: int


@dataclass(slots=True)  # see above
class LedgerReport:
    """The board's ledger of one stream, all true at one instant. Counters since boot, modulo 2^30, as SPEC 5.2 names them."""

    time_ns: int
    host_ns: int | None
    stream: Stream
    most_waiting: int
    seen: int
    taken: int
    bus_errors: int
    overruns: int
    framed: int
    pending: int
    samples_sent: int
    samples_dropped: int
    packets_sent: int
    packets_dropped: int
    longest_read_us: int
    late: int


@dataclass(frozen=True, slots=True)
class CoefficientReport:
    """A sensor's coefficients as the board read them from it. boot: the one they hold for, by its ordinal in what was fed."""

    time_ns: int
    host_ns: int | None
    sensor: Sensor
    octets: bytes
    boot: int = 0


ServiceReport = BootEvent | SensorEvent | BoardReport | LedgerReport | CoefficientReport


def reset_cause_text(code: int) -> str:
    """A reset cause in words, unlisted ones too."""
    return RESET_CAUSES.get(code, f"unlisted cause {code}")


def reason_text(code: int) -> str:
    """Why a sensor is absent, in words, unlisted reasons too."""
    return ABSENT_REASONS.get(code, f"unlisted reason {code}")


def time_ns_at(data: bytes, at: int) -> int:
    """The on-board time, in ns, of the CUC at data[at:at + 7]."""
    seconds, high, low = _CUC.unpack_from(data, at)
    micros = (high << 16 | low) * 15625 + (1 << 17) >> 18  # as timecode.get_cuc; 10^6 is the next second
    return (seconds * 1_000_000 + micros) * 1000


def parse_report(data: bytes, definition: Definition, host_ns: int | None = None) -> ServiceReport | None:
    """The report in a service packet of legal framing; None where SPEC 8 says `size`: it breaks a rule of SPEC 5."""
    version_status, service, subtype, _ = packet.service_of(data)
    if version_status >> 4 != 2 or reports.report_len(data) != len(data):
        return None
    times = time_ns_at(data, packet.SERVICE_TIME_AT), host_ns
    if service == reports.PARAMETERS:
        return _coefficients(data, times, definition)
    number = _NUMBER.unpack_from(data, packet.SOURCE_DATA_AT)[0]
    if service == reports.HOUSEKEEPING:
        return _board(data, times) if number == reports.BOARD_SID else _ledger(data, times, definition)
    if reports.EVENT_SUBTYPE.get(number) != subtype:
        return None
    if any(data[packet.SOURCE_DATA_AT + struct.calcsize(_EVENT_LAYOUTS[number]) :]):
        return None
    if number == reports.BOOT:
        return _boot(data, times)
    if number == reports.SENSOR_ABSENT:
        return _sensor_absent(data, times, definition)
    return _sensor_state(data, times, definition)


def _source(layout: str, data: bytes) -> tuple:
    return struct.unpack_from(layout, data, packet.SOURCE_DATA_AT)


def _firmware(version: bytes) -> str | None:
    *numbers, wire_format = version
    return ".".join(map(str, numbers)) if wire_format == WIRE_FORMAT else None


def _boot(data, times):
    _, boot_count, version, definition_id, reset_cause, slot, failed_boots = _source(reports.BOOT_LAYOUT, data)
    if not (firmware := _firmware(version)):
        return None
    return BootEvent(
        *times, boot_count, firmware, int.from_bytes(definition_id, "big"), reset_cause, SLOTS.get(slot), failed_boots
    )


def _sensor_absent(data, times, definition):
    _, number, reason = _source(reports.SENSOR_ABSENT_LAYOUT, data)
    if number >= len(definition.sensors):
        return None
    return SensorEvent(*times, "absent", sensor=definition.sensors[number], reason=reason)


def _sensor_state(data, times, definition):
    event, number, _spare, bus_errors = _source(reports.SENSOR_LAYOUT, data)
    if number >= len(definition.streams):
        return None
    return SensorEvent(*times, _SENSOR_KINDS[event], stream=definition.streams[number], bus_errors=bus_errors)


def _board(data, times):
    _, reset_cause, streams, boot_count, version, definition_id, *counts = _source(reports.BOARD_LAYOUT, data)
    if not (firmware := _firmware(version)):
        return None
    return BoardReport(*times, reset_cause, streams, boot_count, firmware, int.from_bytes(definition_id, "big"), *counts)


def _ledger(data, times, definition):
    sid, *counts = _LEDGER.unpack_from(data, packet.SOURCE_DATA_AT)
    number = sid - reports.LEDGER_SID
    return LedgerReport(*times, definition.streams[number], *counts) if number < len(definition.streams) else None


def _coefficients(data, times, definition):
    parameter, count, _spare, octets = _source(reports.PARAMETER_LAYOUT, data)
    number = parameter - reports.COEFFICIENTS_ID
    if not 0 <= number < len(definition.sensors):
        return None
    sensor = definition.sensors[number]
    if not count or count != sensor.coefficients or any(octets[count:]):
        return None
    return CoefficientReport(*times, sensor, octets[:count])
