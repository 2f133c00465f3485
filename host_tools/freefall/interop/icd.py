"""The interface control document: every packet and item for people, as Markdown, and for spreadsheets, as CSV."""

import csv
import io
from collections.abc import Iterator

from ..definition import Definition
from ..sensors.channels import Calibration, Channel, Linear, Polynomial, Table
from .layout import Item, Packet, packets, primary_header

_COLUMNS = (
    "packet", "apid", "length", "item", "octet", "bit", "bits", "type", "byte_order", "fixed", "unit", "calibration", "watch",
    "warning", "critical", "meaning",
)  # fmt: skip


def icd_markdown(definition: Definition) -> str:
    """The document as Markdown; of a stream's samples the first is described, and how the others follow."""
    lines = [
        f"# {definition.name}: interface control document",
        "",
        *([definition.description, ""] if definition.description else []),
        f"Definition {definition.definition_id:08x}. Written by freefall from the payload definition; do not edit.",
        "",
        "Frames are COBS (packet, CRC-32 IEEE 802.3 big-endian) between `0x00`. Packets are CCSDS Space Packets (133.0-B-2) of",
        "fixed length, padded with zeros. Integers are big-endian unless said otherwise; octets and bits count from 0, bit 0 the",
        "most significant of the item's first octet.",
        "",
        "| packet | APID | octets | |",
        "| --- | --- | --- | --- |",
    ]
    all_packets = packets(definition)
    lines += [f"| {packet.name} | {packet.apid} | {packet.length} | {packet.meaning} |" for packet in all_packets]
    lines += ["", "## Primary header, in every packet", "", *_table(primary_header())]
    for packet in all_packets:
        lines += ["", f"## {packet.name}", "", f"{packet.meaning[0].upper()}{packet.meaning[1:]}. APID {packet.apid}.", ""]
        lines += _table(item for item in packet.items if item.sample == 0)
        if packet.stream:
            lines += ["", *_stream(packet)]
    return "\n".join(lines) + "\n"


def icd_csv(definition: Definition) -> str:
    """One line an item, all samples of a packet among them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for packet in packets(definition):
        for item in (*primary_header(), *packet.items):
            writer.writerow(_row(packet, item))
    return text.getvalue()


def _row(packet: Packet, item: Item) -> list:
    limits = item.limits
    ranges = (limits.watch, limits.warning, limits.critical) if limits else (None, None, None)
    return [
        packet.name, packet.apid, packet.length, item.name, item.at, item.bit % 8, item.bits, item.kind, item.order,
        "" if item.fixed is None else item.fixed, item.unit, "" if item.calibration is None else _formula(item.calibration),
        *("" if pair is None else f"{pair[0]:g}..{pair[1]:g}" for pair in ranges), _meaning(item),
    ]  # fmt: skip


def _table(items) -> Iterator[str]:
    yield "| octet | bits | item | type | unit | |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for item in items:
        octets = str(item.at) if item.octets == 1 else f"{item.at}..{item.at + item.octets - 1}"
        bits = "" if item.bits == 8 * item.octets else f"{item.bit % 8}..{item.bit % 8 + item.bits - 1}"
        kind = {"integer": "unsigned", "signed": "signed"}[item.kind] + (", little-endian" if item.order == "little" else "")
        fixed = "" if item.fixed is None else f" = {item.fixed}"
        yield f"| {octets} | {bits} | {item.name}{fixed} | {kind} | {item.unit} | {_meaning(item)} |"


def _stream(packet: Packet) -> Iterator[str]:
    stream, unless = packet.stream, ", unless SETTINGS tells another period" if packet.adjustable else ""
    if stream.samples_per_packet > 1:
        yield (
            f"Sample k (0..{stream.samples_per_packet - 1}) lies {stream.sample_len} octets x k further on. "
            + ("" if stream.times else f"Samples are {1 / stream.rate_hz:g} s apart{unless}, the first at the packet's time.")
        ).rstrip()
        yield ""
    yield "| channel | unit | value from the raw value | watch | warning | critical |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for channel in stream.channels:
        yield f"| {channel.name} | {channel.unit} | {_formula(channel.calibration)} | {' | '.join(_limits(channel))} |"
    for check in stream.checks:
        yield ""
        yield f"A sample with this fault has no value of {', '.join(check.channels)}: {check.reason}."


def _limits(channel: Channel) -> list[str]:
    limits = channel.limits
    pairs = (limits.watch, limits.warning, limits.critical) if limits else (None, None, None)
    return ["" if pair is None else f"{pair[0]:g} to {pair[1]:g}" for pair in pairs]


def _formula(calibration: Calibration) -> str:
    match calibration:
        case Linear():
            return f"raw * {calibration.scale!r} + {calibration.offset!r}"
        case Polynomial():
            return " + ".join(f"{c!r} * raw^{n}" if n else repr(c) for n, c in enumerate(calibration.coefficients))
        case Table():
            return "table: " + ", ".join(f"{r:g} -> {v:g}" for r, v in zip(calibration.raw, calibration.value, strict=True))
        case _:
            return "the part's own compensation, by freefall"


def _meaning(item: Item) -> str:
    return item.meaning + ("; " + item.note if item.note else "")
