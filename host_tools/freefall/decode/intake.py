"""Packets in, in order; items out. What is new, what came again, what is missing, and when the board has booted again."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from struct import Struct

from freefall_wire import packet
from freefall_wire.frame import FrameDecoder, Stretch

from ..definition import Definition, Stream
from ..errors import WrongDefinition
from .accounts import Boot
from .counters import Counters
from .items import Gap, Item, Reboot, Reject, SamplePacket
from .ledger import Ledger
from .reports import BoardReport, BootEvent, CoefficientReport, LedgerReport, SettingsReport, parse_report
from .settings import rates_hz

# Packets of each APID remembered to tell a duplicate from a reboot, which both look like a step back. A packet whose
# sequence count is the next one is new without looking: boots of a board may well begin with equal packets. What is remembered
# is the frame without its delimiter, which says the same as the packet: COBS has one form for each.
REMEMBERED = 64

# The header of a stream packet (SPEC 3, 4, 6) in one step: the words of APID and of sequence count, seconds, fraction in two
# parts, sample count, index. Functions of freefall_wire for each would take as long as all that is left.
_HEADER = Struct(">HH2xIBHBI")


class Intake:
    """Takes packets of legal framing; all state that a decoder keeps beyond frames.

    boot: the books of the one under way. foreign_id: of the definition that the board runs, if it said that it is another one.
    """

    def __init__(self, definition: Definition, frames: FrameDecoder):
        """frames: counts what is rejected here, for its APID or its size."""
        self.definition = definition
        self.boot = Boot(0, definition)
        self.duplicates = 0
        self._frames = frames
        self._past: Ledger | None = None  # of the boots before it
        self._newest: bytes | None = None  # frame taken
        self._remembered = [deque(maxlen=REMEMBERED) for _ in range(1 + len(definition.streams))]
        self.foreign_id: int | None = None

    def take(self, stretch: Stretch, host_ns: int | None, items: list[Item]) -> None:
        """Take the packet of a stretch, or what was rejected; append what it means. Raises WrongDefinition."""
        offset, size, encoded, data, reason = stretch
        if data is None:
            items.append(Reject(offset, size, reason, encoded))
            return
        header = _HEADER.unpack_from(data)
        number = (header[0] & 0x7FF) - self.definition.apid
        if number == 0:
            self._service(stretch, host_ns, items)
        elif 0 < number <= len(self.definition.streams):
            self._samples(stretch, number - 1, header, host_ns, items)
        else:
            self._reject(stretch, "apid", items)

    @property
    def ledger(self) -> Ledger:
        """What became of every sample, as of now."""
        return Ledger.of(self.definition, self.boot, self._past, Counters.of(self._frames, self.duplicates))

    def no_doubt(self, stream: Stream) -> bool:
        """Whether all packets remembered of a stream are of this boot, and near: one that goes forward is then new."""
        continuity = self.boot.streams[stream.number].continuity
        return continuity.packets - continuity.leapt >= len(self._remembered[1 + stream.number])

    def remember(self, stream: Stream, frames: Iterable[bytes]) -> None:
        """Remember packets that bulk.py has counted, by their frames: the newest of the stream."""
        self._remembered[1 + stream.number].extend(frames)

    def samples_passed(self) -> None:
        """Take note that bulk.py has counted packets of samples: the newest packet is none of the board's own."""
        self._newest = b""

    def _samples(self, stretch: Stretch, number: int, header: tuple, host_ns: int | None, items: list[Item]) -> None:
        _, _, encoded, data, _ = stretch
        stream = self.definition.streams[number]
        _, sequence, seconds, fraction_high, fraction_low, count, wire_index = header
        if not _fits(data, stream, count):
            self._reject(stretch, "size", items)
            return
        # As timecode.get_cuc; 10^6 microseconds are the next second.
        time_ns = seconds * 1_000_000_000 + ((fraction_high << 16 | fraction_low) * 15625 + (1 << 17) >> 18) * 1000
        boot = self.boot
        continuity = boot.streams[number].continuity
        index = continuity.unwrap(wire_index, time_ns)
        sequence &= packet.SEQUENCE_MODULO - 1
        remembered = self._remembered[1 + number]
        if (index is None or sequence != continuity.next_sequence) and encoded in remembered:
            self.duplicates += 1
            continuity.duplicates += 1
            return
        if index is None:
            boot = self._reboot(items)
            continuity = boot.streams[number].continuity
            index = wire_index
        remembered.append(encoded)
        self._newest = encoded
        missing, period_ns = continuity.take(index, time_ns, count, sequence)
        if missing:
            items.append(Gap(stream, index - missing, missing, boot.ordinal))
        coefficients = boot.coefficients.get(stream.sensor)
        items.append(
            SamplePacket(
                stream, index, time_ns, count, data, boot.ordinal, host_ns, period_ns, continuity.nominal_ns, coefficients
            )
        )

    def _service(self, stretch: Stretch, host_ns: int | None, items: list[Item]) -> None:
        data = stretch.packet
        report = parse_report(data, self.definition, host_ns)
        if report is None:
            self._reject(stretch, "size", items)
            return
        service = self.boot.service
        sequence = packet.sequence_of(data)
        remembered = self._remembered[0]
        past = (self._newest,) if isinstance(report, BootEvent) else remembered
        if sequence != service.next_sequence and stretch.encoded in past:
            self.duplicates += 1
            service.duplicates += 1
            return
        if isinstance(report, BootEvent | BoardReport) and report.definition_id != self.definition.definition_id:
            self.foreign_id = report.definition_id
            self.refuse_foreign()
        boot = self._boot_of(report, items)
        remembered.append(stretch.encoded)
        self._newest = stretch.encoded
        if isinstance(report, LedgerReport):
            boot.streams[report.stream.number].report(report)
        elif isinstance(report, BoardReport):
            boot.service.report(report)
            boot.board = report
        elif isinstance(report, CoefficientReport):
            report = replace(report, boot=boot.ordinal)
            boot.coefficients[report.sensor.name] = boot.unconfirmed[report.sensor.name] = report.octets
        elif isinstance(report, SettingsReport):
            report = replace(report, boot=boot.ordinal)
            boot.unconfirmed_rates = rates_hz(self.definition, report.values)
            boot.set_to(boot.unconfirmed_rates)
        boot.service.take(report.time_ns, sequence)
        items.append(report)

    def _boot_of(self, report, items: list[Item]) -> Boot:
        """The boot that a new report belongs to, with what the report says about it entered."""
        boot = self.boot
        if isinstance(report, BootEvent):
            # The first packet of a boot, whatever its count: a board that lost its boot count begins with 1 again.
            if boot.boot_count is None or report.boot_count <= boot.boot_count:
                # Or another run begins, which may well repeat the one before octet for octet.
                for packets in self._remembered:
                    packets.clear()
            if boot.untouched:
                boot = self.boot = Boot(boot.ordinal, self.definition, report.boot_count, from_start=True)
            else:
                boot = self._reboot(items, report.boot_count, from_start=True)
        elif isinstance(report, BoardReport):
            if boot.boot_count not in (None, report.boot_count):
                # Not noticed when it happened: the reports of this set were not of the boot they were entered in.
                for account in boot.streams:
                    account.withdraw()
                coefficients, rates = boot.unconfirmed, boot.unconfirmed_rates
                boot = self._reboot(items, report.boot_count)
                boot.coefficients = coefficients
                if rates:
                    boot.set_to(rates)
            elif report.time_ns < boot.service.time_ns:
                boot = self._reboot(items, report.boot_count)
            boot.boot_count = report.boot_count
            boot.unconfirmed, boot.unconfirmed_rates = {}, None
            for account in boot.streams:
                account.confirm()
        elif report.time_ns < boot.service.time_ns:
            boot = self._reboot(items)
        if isinstance(report, BootEvent | BoardReport):
            boot.firmware = report.firmware
        return boot

    def _reboot(self, items: list[Item], boot_count: int | None = None, from_start: bool = False) -> Boot:
        self._past = self.ledger
        self.boot = Boot(self.boot.ordinal + 1, self.definition, boot_count, from_start)
        items.append(Reboot(self.boot.ordinal, boot_count))
        return self.boot

    def _reject(self, stretch: Stretch, reason: str, items: list[Item]) -> None:
        self._frames.reject(stretch, reason)
        items.append(Reject(stretch.offset, stretch.size, reason, stretch.encoded))

    def refuse_foreign(self) -> None:
        """Raises WrongDefinition once the board has said that it runs another one."""
        if self.foreign_id is not None:
            raise WrongDefinition(self.definition.definition_id, self.foreign_id)


def _fits(data: bytes, stream: Stream, count: int) -> bool:
    """Whether a stream packet is as SPEC 6 has it: its length, its sample count, and zeros after its last sample."""
    if len(data) != stream.packet_len or not 1 <= count <= stream.samples_per_packet:
        return False
    stop = packet.SAMPLES_AT + count * stream.sample_len
    return stop == len(data) or not any(data[stop:])
