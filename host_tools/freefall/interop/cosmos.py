"""OpenC3 COSMOS telemetry definition: a target's tlm.txt.

Packets are known by APID and, among service packets, by service, subtype and report id; since these lie in service packets only,
the target needs TLM_UNIQUE_ID_MODE in its target.txt.
"""

import json
from collections.abc import Iterator

from ..definition import Definition
from ..sensors.channels import Calibration, Limits, Linear, Polynomial, Table
from .layout import Item, Packet, packets, primary_header

_NO_LIMIT = 1e300


def cosmos(definition: Definition) -> str:
    """The text of a tlm.txt."""
    target = definition.name.upper()
    head = [
        f"# {definition.name}: definition {definition.definition_id:08x}, written by freefall.",
        "# target.txt of this target needs the line TLM_UNIQUE_ID_MODE.",
        "# Names end in the number of the sample within its packet; only the first COUNT samples of a packet are valid.",
    ]
    return "\n".join([*head, *(line for packet in packets(definition) for line in _packet(target, packet))]) + "\n"


def _packet(target: str, packet: Packet) -> Iterator[str]:
    yield ""
    yield f"TELEMETRY {target} {packet.name} BIG_ENDIAN {_quoted(packet.meaning)}"
    for item in primary_header():
        yield from _item(item, packet.apid if item.name == "APID" else None)
    for item in packet.items:
        yield from _item(item, item.fixed)


def _item(item: Item, known_by: int | None) -> Iterator[str]:
    meaning = f"{item.meaning}{'; ' + item.note if item.note else ''}"
    kind = "INT" if item.kind == "signed" else "UINT"
    # Of a little-endian item that is no whole machine word COSMOS wants the place of its most significant octet.
    little = item.order == "little"
    bit = 8 * (item.at + item.octets - 1) if little and item.octets not in (1, 2, 4, 8) else item.bit
    end = " LITTLE_ENDIAN" if little else ""
    if known_by is None:
        yield f"  ITEM {item.name} {bit} {item.bits} {kind} {_quoted(meaning)}{end}"
    else:
        yield f"  ID_ITEM {item.name} {bit} {item.bits} {kind} {known_by} {_quoted(meaning)}{end}"
    if item.unit:
        yield f"    UNITS {_quoted(item.unit)} {_quoted(item.unit)}"
    if item.calibration:
        yield from _conversion(item.calibration)
    if item.limits:
        yield from _limits(item.limits)


def _conversion(calibration: Calibration) -> Iterator[str]:
    match calibration:
        case Linear():
            yield f"    POLY_READ_CONVERSION {calibration.offset!r} {calibration.scale!r}"
        case Polynomial():
            yield "    POLY_READ_CONVERSION " + " ".join(map(repr, calibration.coefficients))
        case Table():
            points = list(zip(calibration.raw, calibration.value, strict=True))
            for (raw, value), (next_raw, next_value) in zip(points, points[1:], strict=False):
                slope = (next_value - value) / (next_raw - raw)
                yield f"    SEG_POLY_READ_CONVERSION {float(raw)!r} {value - slope * raw!r} {slope!r}"


def _limits(limits: Limits) -> Iterator[str]:
    """COSMOS has two: yellow is the warning (or else the watch), red the critical range."""
    yellow = limits.warning or limits.watch
    red = limits.critical or (-_NO_LIMIT, _NO_LIMIT)
    yellow = yellow or red
    yield f"    LIMITS DEFAULT 3 ENABLED {red[0]!r} {yellow[0]!r} {yellow[1]!r} {red[1]!r}"


def _quoted(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
