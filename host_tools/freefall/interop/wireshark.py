"""A Wireshark dissector in Lua, for frames of a payload in a pcap file of link type USER0, as export writes it."""

from importlib.resources import files

from ..definition import Definition, Stream
from ..sensors.channels import Calibration, Channel, Compensated, Limits, Linear, Polynomial, RawWord, Table
from ..sensors.validity import Blank, Check, Crc8, Expected, Forbidden, Saturated, Sum8, affects
from .layout import Item, Packet, packets, primary_header

_HEAD = """\
-- {name}: packets of definition {id}, written by freefall from the payload definition; do not edit.
--
-- tshark -X lua_script:FILE -r run.pcap; for Wireshark put it into the folder of personal Lua plugins (Help, About, Folders).
-- Filters: freefall_{name}.<stream>.<channel> is the value, with .raw after it the raw value; freefall_{name}.reject a bad frame.

local payload = {payload}

"""


def wireshark(definition: Definition) -> str:
    """The text of the dissector."""
    payload = {
        "name": definition.name,
        "apid": definition.apid,
        "header": [_item(item) for item in primary_header()],
        "packets": [_packet(packet) for packet in packets(definition)],
    }
    head = _HEAD.format(name=definition.name, id=f"{definition.definition_id:08x}", payload=_lua(payload))
    return head + (files(__package__) / "wireshark.lua").read_text(encoding="utf-8")


def _packet(packet: Packet) -> dict:
    if packet.stream is None:
        own = {"items": [_item(item) for item in packet.items if not item.name.startswith("TIME_")]}
    else:
        own = _stream(packet.stream)
    return {
        "name": (packet.stream.name if packet.stream else packet.name.lower()),
        "apid": packet.apid,
        "length": packet.length,
        "meaning": packet.meaning,
        **own,
    }


def _item(item: Item) -> dict:
    return {
        "name": item.name.lower(), "at": item.at, "octets": item.octets, "order": item.order, "shift": item.shift,
        "width": item.bits, "signed": item.kind == "signed", "fixed": item.fixed, "meaning": item.meaning,
    }  # fmt: skip


def _stream(stream: Stream) -> dict:
    return {
        "samples": stream.samples_per_packet,
        "sample_len": stream.sample_len,
        "times": stream.times,
        "channels": [_channel(channel) for channel in stream.channels],
        "checks": [_check(check, stream) for check in stream.checks],
    }


def _channel(channel: Channel) -> dict:
    limits = channel.limits or Limits()
    return {
        "name": channel.name,
        "unit": channel.unit,
        "value": _calibration(channel.calibration),
        "limits": {"watch": limits.watch, "warning": limits.warning, "critical": limits.critical},
        "at": channel.raw.offset,
        **_word(channel.raw),
    }


def _word(raw: RawWord) -> dict:
    return {"octets": raw.octets, "order": raw.order, "shift": raw.shift, "width": raw.width, "signed": raw.signed}


def _calibration(calibration: Calibration) -> dict | list | None:
    match calibration:
        case Linear(scale, offset):
            return {"kind": "linear", "scale": float(scale), "offset": float(offset)}
        case Polynomial(coefficients):
            return {"kind": "polynomial", "coefficients": [float(c) for c in coefficients]}
        case Table(raw, value):
            return {"kind": "table", "raw": [float(r) for r in raw], "value": [float(v) for v in value]}
        case Compensated():
            return None


def _check(check: Check, stream: Stream) -> dict:
    own = {"reason": check.reason, "channels": [channel.name for channel in stream.channels if affects(check, channel)]}
    match check:
        case Crc8():
            own |= {"kind": "crc8", "offset": check.offset, "octets": check.octets}
            own |= {"polynomial": check.polynomial, "initial": check.initial}
        case Sum8():
            own |= {"kind": "sum8", "offset": check.offset, "octets": check.octets}
        case Expected() | Forbidden():
            kind = "expected" if isinstance(check, Expected) else "forbidden"
            own |= {"kind": kind, "word": _word(check.word), "at": check.word.offset, "values": check.values}
        case Saturated():
            own |= {"kind": "saturated", "word": _word(check.word), "at": check.word.offset, "limit": check.limit}
        case Blank():
            own |= {"kind": "blank", "offset": check.offset, "values": list(check.octets)}
    return own


def _lua(value: object, indent: str = "") -> str:
    """A value as Lua writes it; what is None is left out of its table."""
    inner = indent + "    "
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return '"' + "".join(_character(character) for character in value) + '"'
        case dict():
            pairs = [f"{key} = {_lua(part, inner)}" for key, part in value.items() if part is not None]
        case _:
            pairs = [_lua(part, inner) for part in value]
    text = "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    if len(indent + text) <= 180 and "\n" not in text:
        return text
    return "{\n" + "".join(f"{inner}{pair},\n" for pair in pairs) + indent + "}"


def _character(character: str) -> str:
    """Wireshark's texts are UTF-8; a control character would end the line."""
    return "\\" + character if character in '"\\' else character if character >= " " else " "
