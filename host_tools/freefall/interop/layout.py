"""Every packet of a payload as a list of items with their bits: what all the formats of this folder are written from."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from freefall_wire import packet, reports

from ..definition import Definition, Stream
from ..sensors.channels import Calibration, Channel, Limits


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a packet. at: its first octet; shift and width pick its bits out of `octets` octets in byte order `order`.

    kind: "integer" or "signed". fixed: the value by which the packet is known. channel: of a stream's sample, with sample its
    place in the packet, from 0. Where other tools cannot make the channel's value of its bits, the item is the whole word, and
    `note` says what to do with it.
    """

    name: str
    at: int
    octets: int
    meaning: str
    kind: str = "integer"
    order: str = "big"
    shift: int = 0
    width: int = 0
    unit: str = ""
    fixed: int | None = None
    calibration: Calibration | None = None
    limits: Limits | None = None
    channel: str = ""
    sample: int = 0
    note: str = ""

    @property
    def bits(self) -> int:
        """How many it has."""
        return self.width or 8 * self.octets

    @property
    def bit(self) -> int:
        """Where it begins in the packet, in bits, most significant first; of a little-endian item, where its first octet does."""
        return 8 * self.at + (8 * self.octets - self.shift - self.bits if self.order == "big" else 0)


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet of fixed length. Its items are in the order of their octets; those of the primary header are not among them.

    adjustable: of a stream whose rate can be set: the definition's holds until packet SETTINGS tells another.
    """

    name: str
    apid: int
    length: int
    meaning: str
    items: tuple[Item, ...] = field(repr=False)
    stream: Stream | None = None
    adjustable: bool = False


def packets(definition: Definition) -> list[Packet]:
    """All packets of a payload: service packets first, then one a stream."""
    adjustable = {setting.stream for setting in definition.settings if setting.what == "rate_hz"}
    return [*_services(definition), *(_stream(stream, stream.number in adjustable) for stream in definition.streams)]


def primary_header() -> tuple[Item, ...]:
    """The items of the CCSDS primary header, the same in every packet (CCSDS 133.0-B-2)."""
    return (
        Item("VERSION", 0, 1, "packet version number", shift=5, width=3),
        Item("TYPE", 0, 1, "0 telemetry, 1 telecommand", shift=4, width=1),
        Item("SECONDARY_HEADER", 0, 1, "1: there is a secondary header", shift=3, width=1),
        Item("APID", 0, 2, "application process identifier: which packet this is", width=11),
        Item("SEQUENCE_FLAGS", 2, 1, "3: unsegmented", shift=6, width=2),
        Item("SEQUENCE_COUNT", 2, 2, "per APID, modulo 16384", width=14),
        Item("LENGTH", 4, 2, "octets after the primary header, minus 1"),
    )


def _time(at: int) -> tuple[Item, Item]:
    return (
        Item("TIME_SECONDS", at, 4, "on-board time: whole seconds since boot", unit="s"),
        Item("TIME_FRACTION", at + 4, 3, "on-board time: fraction of a second, in 2^-24 s"),
    )


def _service_header(service: int, subtype: int) -> tuple[Item, ...]:
    return (
        Item("PUS_VERSION", 6, 1, "2: PUS-C", shift=4, width=4),
        Item("TIME_STATUS", 6, 1, "0: not synchronised", width=4),
        Item("SERVICE", 7, 1, "service type", fixed=service),
        Item("SUBTYPE", 8, 1, "message subtype", fixed=subtype),
        Item("TYPE_COUNT", 9, 2, "message type counter"),
        Item("DESTINATION", 11, 2, "destination id"),
        *_time(packet.SERVICE_TIME_AT),
    )


def _identity() -> tuple[tuple[str, int, str], ...]:
    return (
        ("BOOT_COUNT", 4, "this boot's number"),
        ("FIRMWARE_MAJOR", 1, "firmware version"),
        ("FIRMWARE_MINOR", 1, "firmware version"),
        ("FIRMWARE_PATCH", 1, "firmware version"),
        ("WIRE_FORMAT", 1, "format of these packets"),
        ("DEFINITION_ID", 4, "first 4 octets of the SHA-256 of the compiled plan"),
    )


def _row(at: int, items: tuple[tuple[str, int, str], ...]) -> Iterator[Item]:
    """Unsigned items one after another from octet `at`."""
    for name, octets, meaning in items:
        yield Item(name, at, octets, meaning)
        at += octets


def _report(definition, name, service, subtype, number, length, meaning, items) -> Packet:
    """number: which report of its service and subtype it is; None of those that there is one of."""
    what = "event id, structure id or parameter id: which report this is"
    known = () if number is None else (Item("REPORT_ID", packet.SOURCE_DATA_AT, 2, what, fixed=number),)
    rest = _row(packet.SOURCE_DATA_AT + 2 * len(known), items)
    return Packet(name, definition.apid, length, meaning, (*_service_header(service, subtype), *known, *rest))


def _services(definition: Definition) -> Iterator[Packet]:
    def event(name, number, meaning, items):
        subtype = reports.EVENT_SUBTYPE[number]
        return _report(definition, name, reports.EVENT, subtype, number, reports.EVENT_LEN, meaning, items)

    def housekeeping(name, sid, length, meaning, items):
        subtype = reports.PARAMETER_REPORT
        return _report(definition, name, reports.HOUSEKEEPING, subtype, sid, length, meaning, items)

    cause = ("RESET_CAUSE", 1, "0 unknown, 1 power-on or reset pin, 2 watchdog, 3 software")
    slot = (
        ("SLOT", 1, "where on the board the payload lies: 0 not told, 1 A, 2 B"),
        ("FAILED_BOOTS", 1, "of the other slot, before the board fell back to this one; 0: it did not"),
    )
    yield event("BOOT", reports.BOOT, "the first packet of a boot", (*_identity(), cause, *slot))
    yield event(
        "SENSOR_ABSENT", reports.SENSOR_ABSENT, "a sensor is absent at start; its streams do not run",
        (("SENSOR", 1, "its number"), ("REASON", 1, "1 no answer, 2 wrong identity, 3 would not take its configuration")),
    )  # fmt: skip
    stopped = (("STREAM", 1, "its number"), ("SPARE", 1, "0"), ("BUS_ERRORS", 4, "of this stream so far"))
    yield event("SENSOR_STOPPED", reports.SENSOR_STOPPED, "a sensor stopped answering", stopped)
    yield event("SENSOR_BACK", reports.SENSOR_BACK, "a sensor answers again", stopped)
    board = (
        cause, ("STREAMS", 1, "number of streams"), *_identity(),
        ("LONGEST_PASS_US", 4, "longest pass of the foreground loop, in microseconds"),
        ("MOST_QUEUED", 2, "most octets that ever waited for the link"), ("QUEUE_SIZE", 2, "octets that can wait for the link"),
        ("BUILT", 4, "service packets built before this one"), ("DROPPED", 4, "service packets the link did not accept"),
    )  # fmt: skip
    yield housekeeping("BOARD", reports.BOARD_SID, reports.BOARD_LEN, "the board's housekeeping; closes a set of reports", board)
    for stream in definition.streams:
        sid, what = reports.LEDGER_SID + stream.number, f"what became of the samples of stream {stream.name}"
        yield housekeeping(f"LEDGER_{stream.name.upper()}", sid, reports.LEDGER_LEN, what, _LEDGER)
    yield from _parameters(definition)
    yield from _answers(definition)


def _parameters(definition: Definition) -> Iterator[Packet]:
    def parameter(name, number, meaning, items):
        head = ("COUNT", 1, "valid octets after SPARE; those after them are zero"), ("SPARE", 1, "0")
        at = reports.PARAMETERS, reports.VALUE_REPORT, number, reports.PARAMETER_LEN
        return _report(definition, name, *at, meaning, (*head, *items))

    for sensor in definition.sensors:
        if sensor.coefficients:
            what = f"what sensor {sensor.name} ({sensor.driver}) says of its own calibration"
            octets = _octets("OCTET", sensor.coefficients, "as the part has it")
            yield parameter(f"COEFFICIENTS_{sensor.name.upper()}", reports.COEFFICIENTS_ID + sensor.number, what, octets)
    board = (
        ("BEGUN_MS", 2, "milliseconds from the reset to the begin of the payload; 65535: that or longer"),
        ("SAMPLING_MS", 2, "milliseconds from the reset to the begin of sampling; 65535: that or longer"),
        ("FREE_HEAP", 4, "octets of heap then free"),
    )
    text = _octets("CHARACTER", reports.MAX_PARAMETER - sum(octets for _, octets, _ in board), "of a text in ASCII")
    yield parameter("PLATFORM", reports.PLATFORM_ID, "what the board runs on, when it was asked", (*board, *text))
    text = _octets("CHARACTER", reports.MAX_PARAMETER, "of a text in ASCII")
    yield parameter("NAME", reports.NAME_ID, "the payload's name, when the board was asked", text)
    if definition.settings:
        yield parameter("SETTINGS", reports.SETTINGS_ID, "the settings in effect", _settings(definition))


def _octets(name: str, count: int, meaning: str) -> tuple[tuple[str, int, str], ...]:
    return tuple((f"{name}_{n}", 1, meaning) for n in range(count))


def _settings(definition: Definition) -> Iterator[tuple[str, int, str]]:
    for own in definition.settings:
        if own.what == "rate_hz":
            meaning = f"microseconds from sample to sample of stream {own.stream_name}, {own.least} to {own.most}"
            meaning += f"; {own.value} as defined"
        else:
            meaning = f"1: stream {own.stream_name} is on, as defined; 0: it is switched off"
        yield f"{own.stream_name.upper()}_{own.key.upper()}", 4, meaning


def _answers(definition: Definition) -> Iterator[Packet]:
    """What a board says to a telecommand."""
    items = (
        ("REQUEST", 4, "the first four octets of the telecommand"),
        ("CODE", 2, "why: 0 no reason; else see SPEC.md, 5.4"),
        ("NUMBER", 2, "of the setting or of the function"),
        ("VALUE", 4, "that was asked for"),
        ("LIMIT", 4, "that it breaks"),
    )
    subtypes = reports.ACCEPTED, reports.REFUSED, reports.COMPLETED, reports.FAILED
    for subtype, kind in zip(subtypes, ("accepted", "refused", "completed", "failed"), strict=True):
        name, length = f"TELECOMMAND_{kind.upper()}", reports.VERIFICATION_LEN
        yield _report(definition, name, reports.VERIFICATION, subtype, None, length, f"a telecommand {kind}", items)
    meaning = "the answer to a test of the connection"
    yield _report(definition, "ALIVE", reports.TEST, reports.ALIVE_REPORT, None, reports.ALIVE_LEN, meaning, ())


_LEDGER = tuple(
    (name, 2 if name == "MOST_WAITING" else 4, meaning)
    for name, meaning in (
        ("MOST_WAITING", "most samples ever found waiting in the ring"),
        ("SEEN", "samples announced by triggers"),
        ("TAKEN", "samples read from the sensor into the ring"),
        ("BUS_ERRORS", "samples whose read failed"),
        ("OVERRUNS", "samples not read, for want of room or time"),
        ("FRAMED", "samples in packets built"),
        ("PENDING", "samples taken and not yet in a packet"),
        ("SAMPLES_SENT", "samples in packets the link accepted"),
        ("SAMPLES_DROPPED", "samples in packets the link did not accept"),
        ("PACKETS_SENT", "packets the link accepted"),
        ("PACKETS_DROPPED", "packets the link did not accept"),
        ("LONGEST_READ_US", "longest time from a trigger to the end of its read, in microseconds"),
        ("LATE", "triggers more than half a period late"),
    )
)


def _stream(stream: Stream, adjustable: bool) -> Packet:
    items = [
        *_time(packet.STREAM_TIME_AT),
        Item("COUNT", packet.COUNT_AT, 1, "number of valid samples in this packet; places after them are zero"),
        Item("INDEX", packet.INDEX_AT, 4, "index of the first sample since boot"),
    ]
    for sample in range(stream.samples_per_packet):
        at = packet.SAMPLES_AT + sample * stream.sample_len
        if stream.times:
            meaning = "microseconds from the packet's time to this sample"
            items.append(Item(f"OFFSET_{sample}", at, packet.SAMPLE_TIME_LEN, meaning, unit="us", sample=sample))
            at += packet.SAMPLE_TIME_LEN
        items += sorted((_channel(channel, at, sample) for channel in stream.channels), key=lambda item: item.bit)
    what = f"samples of {stream.driver} {stream.sensor} at {stream.rate_hz:g} Hz"
    what += ", or what SETTINGS tells" if adjustable else ""
    return Packet(f"STREAM_{stream.name.upper()}", stream.apid, stream.packet_len, what, tuple(items), stream, adjustable)


def _channel(channel: Channel, at: int, sample: int) -> Item:
    raw = channel.raw
    # A little-endian item of some bits of a word means something else in every tool; the whole word is the same in all.
    whole = raw.order == "big" or (raw.shift == 0 and raw.width == 8 * raw.octets)
    simple = hasattr(channel.calibration, "apply")
    note = ""
    if not whole:
        note = f"raw value: bits {raw.shift + raw.width - 1}..{raw.shift} of the word{', signed' if raw.signed else ''}"
    elif not simple:
        note = "raw value; freefall computes the value with the part's own compensation"
    return Item(
        f"{channel.name.upper()}_{sample}",
        at + raw.offset,
        raw.octets,
        f"{channel.name} of sample {sample}",
        kind="signed" if raw.signed and whole else "integer",
        order=raw.order,
        shift=raw.shift if whole else 0,
        width=raw.width if whole else 0,
        unit=channel.unit if whole and simple else "",
        calibration=channel.calibration if whole and simple else None,
        limits=channel.limits if whole and simple else None,
        channel=channel.name,
        sample=sample,
        note=note,
    )
