"""Service packets: events and housekeeping, built in one buffer and sent at once."""

import struct
from array import array

from freefall_wire import WIRE_FORMAT, frame, packet, reports
from freefall_wire.native import micropython

from . import words as at

_PACKET_AT = frame.PACKET_AT
_SOURCE_AT = frame.PACKET_AT + packet.SOURCE_DATA_AT


class Identity:
    """What every boot event and board report says about this board and this boot."""

    def __init__(self, boot_count, version, definition_id, reset_cause, slot=reports.NO_SLOT, failed=0):
        """version: "major.minor.patch"; definition_id: 4 octets (bytes), as 32 bits do not fit a small integer.

        slot, failed: see boot.py.
        """
        self.boot_count = boot_count
        self.slot = slot
        self.failed = failed
        self.version = bytes([int(part) for part in version.split(".")] + [WIRE_FORMAT])
        self.definition_id = definition_id
        self.reset_cause = reset_cause


class Reporter:
    """Builds the service packets of SPEC 5 on one APID. Allocates nothing after construction."""

    def __init__(self, apid, identity, clock, seal, queue):
        self.built = 0
        self.dropped = 0
        self._apid = apid
        self._identity = identity
        self._clock = clock
        self._seal = seal
        self._queue = queue
        self._sequence = 0
        self._event_counts = [0] * (reports.HIGH + 1)  # message type counters, by subtype
        self._housekeeping_count = 0
        self._parameter_count = 0
        self._verification_counts = [0] * (reports.FAILED + 1)  # by subtype
        self._alive_count = 0
        self._echo = None
        self._words = array("i", bytes(4 * at.SNAPSHOT_LEN))
        self._buf = frame.frame_buffer()

    def boot(self):
        """Report the boot event; the first packet of a boot."""
        identity = self._identity
        self._clear(reports.EVENT_LEN)
        struct.pack_into(
            reports.BOOT_LAYOUT,
            self._buf,
            _SOURCE_AT,
            reports.BOOT,
            identity.boot_count,
            identity.version,
            identity.definition_id,
            identity.reset_cause,
            identity.slot,
            identity.failed,
        )
        self._send_event(reports.BOOT)

    def sensor_absent(self, sensor, reason):
        """Report that sensor number `sensor` cannot be used; its streams do not run."""
        self._clear(reports.EVENT_LEN)
        struct.pack_into(reports.SENSOR_ABSENT_LAYOUT, self._buf, _SOURCE_AT, reports.SENSOR_ABSENT, sensor, reason)
        self._send_event(reports.SENSOR_ABSENT)

    @micropython.native
    def sensor_state(self, event, stream, bus_errors):
        """Report SENSOR_STOPPED or SENSOR_BACK for the sensor of a stream; False if the queue refused it."""
        self._clear(reports.EVENT_LEN)
        struct.pack_into(reports.SENSOR_LAYOUT, self._buf, _SOURCE_AT, event, stream, 0, bus_errors)
        return self._send_event(event)

    @micropython.native
    def coefficients(self, sensor, octets):
        """Report what sensor number `sensor` said of itself: at most MAX_PARAMETER octets."""
        self._parameter(reports.COEFFICIENTS_ID + sensor, octets)

    @micropython.native
    def settings(self, octets):
        """Report the settings in effect, u32 each in the plan's order."""
        self._parameter(reports.SETTINGS_ID, octets)

    def identify(self, platform, name):
        """Report what runs here, PLATFORM_LAYOUT and text, and the payload's name; each is cut at MAX_PARAMETER octets."""
        self._parameter(reports.NAME_ID, name[: reports.MAX_PARAMETER])
        self._parameter(reports.PLATFORM_ID, platform[: reports.MAX_PARAMETER])

    def alive(self):
        """Report that a test of the connection has arrived."""
        count = self._alive_count
        self._alive_count = (count + 1) & 0xFFFF
        self._send(reports.TEST, reports.ALIVE_REPORT, count, reports.ALIVE_LEN)

    def verification(self, subtype, request, code=0, number=0, value=0, limit=0):
        """Report what becomes of a telecommand. request: its first four octets; code, number, value, limit: why not."""
        count = self._verification_counts[subtype]
        self._verification_counts[subtype] = (count + 1) & 0xFFFF
        struct.pack_into(reports.VERIFICATION_LAYOUT, self._buf, _SOURCE_AT, request, code, number, value, limit)
        self._send(reports.VERIFICATION, subtype, count, reports.VERIFICATION_LEN)

    def echo_to(self, write):
        """Give every report also to write(octets), besides the link; None: no longer. write may allocate and wait for 10 ms."""
        self._echo = write

    @micropython.native
    def _parameter(self, parameter, octets):
        count = self._parameter_count
        self._parameter_count = (count + 1) & 0xFFFF
        self._clear(reports.PARAMETER_LEN)
        struct.pack_into(reports.PARAMETER_LAYOUT, self._buf, _SOURCE_AT, parameter, len(octets), 0, octets)
        self._send(reports.PARAMETERS, reports.VALUE_REPORT, count, reports.PARAMETER_LEN)

    @micropython.native
    def ledger(self, number, sampler, packetizer):
        """Report the ledger of stream `number`, all of it true at one instant."""
        words = self._words
        sampler.snapshot(words)
        self._clear(reports.LEDGER_LEN)
        struct.pack_into(
            reports.LEDGER_LAYOUT,
            self._buf,
            _SOURCE_AT,
            reports.LEDGER_SID + number,
            packetizer.most_waiting,
            # What becomes of a read under way is not known yet.
            (words[at.SEEN] - words[at.READING]) & reports.COUNTER_MASK,
            words[at.TAKEN],
            words[at.BUS_ERRORS],
            words[at.OVERRUNS],
            packetizer.framed,
            packetizer.pending(words[at.HEAD]),
            packetizer.samples_sent,
            packetizer.samples_dropped,
            packetizer.packets_sent,
            packetizer.packets_dropped,
            words[at.LONGEST_US],
            packetizer.late(),
        )
        self._send_housekeeping(reports.LEDGER_LEN)

    @micropython.native
    def board(self, streams, longest_pass_us):
        """Report the board's housekeeping; closes a set of reports."""
        identity = self._identity
        self._clear(reports.BOARD_LEN)
        struct.pack_into(
            reports.BOARD_LAYOUT,
            self._buf,
            _SOURCE_AT,
            reports.BOARD_SID,
            identity.reset_cause,
            streams,
            identity.boot_count,
            identity.version,
            identity.definition_id,
            longest_pass_us,
            self._queue.most_waiting,
            self._queue.size,
            self.built,
            self.dropped,
        )
        self._send_housekeeping(reports.BOARD_LEN)

    @micropython.native
    def _clear(self, packet_len):
        # Sealing overwrote whatever the buffer held.
        for i in range(_SOURCE_AT, _PACKET_AT + packet_len):
            self._buf[i] = 0

    @micropython.native
    def _send_event(self, event):
        subtype = reports.EVENT_SUBTYPE[event]
        count = self._event_counts[subtype]
        self._event_counts[subtype] = (count + 1) & 0xFFFF
        return self._send(reports.EVENT, subtype, count, reports.EVENT_LEN)

    @micropython.native
    def _send_housekeeping(self, packet_len):
        count = self._housekeeping_count
        self._housekeeping_count = (count + 1) & 0xFFFF
        self._send(reports.HOUSEKEEPING, reports.PARAMETER_REPORT, count, packet_len)

    @micropython.native
    def _send(self, service, subtype, type_count, packet_len):
        buf = self._buf
        packet.put_primary(buf, _PACKET_AT, self._apid, self._sequence, packet_len)
        packet.put_service(buf, _PACKET_AT, service, subtype, type_count)
        self._clock.put(buf, _PACKET_AT + packet.SERVICE_TIME_AT, self._clock.now)
        self._seal(buf, packet_len)
        self._sequence = (self._sequence + 1) % packet.SEQUENCE_MODULO
        self.built = (self.built + 1) & reports.COUNTER_MASK
        if self._echo:
            self._echo(frame.DELIMITER + buf[frame.FRAME_AT : frame.FRAME_AT + packet_len + frame.FRAME_OVERHEAD])
        if self._queue.put_report(buf, frame.FRAME_AT, packet_len + frame.FRAME_OVERHEAD):
            return True
        self.dropped = (self.dropped + 1) & reports.COUNTER_MASK
        return False
