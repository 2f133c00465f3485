"""What a board says about itself: service reports (SPEC 5) as values, not to be written to.

Times are on-board integer nanoseconds; host_ns is the host's time of the feed that completed the frame, or None. Housekeeping
comes over and over: frozen, its reports would be three times as slow to make.
"""

import struct
from dataclasses import dataclass

from freefall_wire import WIRE_FORMAT, packet, reports

from ..definition import Definition, Sensor, Stream
from .codes import SLOTS, VERIFICATIONS, verification_reason

_EVENT_LAYOUTS = {
    reports.BOOT: reports.BOOT_LAYOUT,
    reports.SENSOR_ABSENT: reports.SENSOR_ABSENT_LAYOUT,
    reports.SENSOR_STOPPED: reports.SENSOR_LAYOUT,
    reports.SENSOR_BACK: reports.SENSOR_LAYOUT,
}
_CUC, _NUMBER, _LEDGER = struct.Struct(">IBH"), struct.Struct(">H"), struct.Struct(reports.LEDGER_LAYOUT)
_PLATFORM_LEN = struct.calcsize(reports.PLATFORM_LAYOUT)
_SENSOR_KINDS = {reports.SENSOR_STOPPED: "stopped", reports.SENSOR_BACK: "back"}


@dataclass(frozen=True, slots=True)
class BootEvent:
    """The first packet of a boot. firmware: "major.minor.patch"; reset_cause: see codes.RESET_CAUSES.

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
    """A sensor is "absent" at start (sensor and reason are set, see codes.ABSENT_REASONS), or has "stopped" answering or is
    "back" (stream and bus_errors so far are set)."""

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


@dataclass(frozen=True, slots=True)
class SettingsReport:
    """The settings in effect, as the board has them, in the order of definition.settings. boot: as in CoefficientReport."""

    time_ns: int
    host_ns: int | None
    values: tuple[int, ...]
    boot: int = 0


@dataclass(frozen=True, slots=True)
class PlatformReport:
    """What the board runs on, in words.

    begun_ms, sampling_ms: from the reset until the payload began, and until it sampled; 65535: that or longer. free_heap: octets,
    just before it sampled.
    """

    time_ns: int
    host_ns: int | None
    begun_ms: int
    sampling_ms: int
    free_heap: int
    text: str


@dataclass(frozen=True, slots=True)
class NameReport:
    """The name of the payload, as the board has it."""

    time_ns: int
    host_ns: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What becomes of a telecommand. kind: "accepted" or "refused", and of one that was accepted "completed" or "failed".

    request: its first four octets. code: why, see codes.VERIFICATION_CODES. number: of the setting or function, value: that was
    asked for, limit: that it breaks; each 0 where the code has none.
    """

    time_ns: int
    host_ns: int | None
    kind: str
    request: bytes
    code: int
    number: int
    value: int
    limit: int

    @property
    def reason(self) -> str:
        """The code in words, unlisted ones too."""
        return verification_reason(self.code)


@dataclass(frozen=True, slots=True)
class Alive:
    """The answer to a test of the connection."""

    time_ns: int
    host_ns: int | None


ServiceReport = (
    BootEvent | SensorEvent | BoardReport | LedgerReport | CoefficientReport
    | SettingsReport | PlatformReport | NameReport | Verification | Alive
)  # fmt: skip


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
        return _parameters(data, times, definition)
    if service == reports.VERIFICATION:
        return Verification(*times, VERIFICATIONS[subtype], *_source(reports.VERIFICATION_LAYOUT, data))
    if service == reports.TEST:
        return Alive(*times)
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


def _parameters(data, times, definition):
    parameter, count, _spare, octets = _source(reports.PARAMETER_LAYOUT, data)
    if not 1 <= count <= reports.MAX_PARAMETER or any(octets[count:]):
        return None
    octets = octets[:count]
    match parameter:
        case reports.PLATFORM_ID:
            return _platform(octets, times)
        case reports.NAME_ID:
            return NameReport(*times, octets.decode("ascii")) if octets.isascii() else None
        case reports.SETTINGS_ID:
            return _settings(octets, times, definition)
    return _coefficients(parameter - reports.COEFFICIENTS_ID, octets, times, definition)


def _platform(octets, times):
    text = octets[_PLATFORM_LEN:]
    if len(octets) < _PLATFORM_LEN or not text.isascii():
        return None
    return PlatformReport(*times, *struct.unpack_from(reports.PLATFORM_LAYOUT, octets), text.decode("ascii"))


def _settings(octets, times, definition):
    count = len(definition.settings)
    return SettingsReport(*times, struct.unpack(f">{count}I", octets)) if len(octets) == 4 * count else None


def _coefficients(number, octets, times, definition):
    if not 0 <= number < len(definition.sensors):
        return None
    sensor = definition.sensors[number]
    return CoefficientReport(*times, sensor, octets) if len(octets) == sensor.coefficients else None
