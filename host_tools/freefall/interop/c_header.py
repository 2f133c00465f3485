"""A C header: constants and functions that take a payload's packets apart, for C99 or C++ without a library."""

from collections.abc import Iterator

from freefall_wire.packet import SAMPLE_TIME_LEN, SAMPLES_AT, SOURCE_DATA_AT

from ..definition import Definition, Stream
from ..sensors.channels import Channel, Linear, Polynomial, Table
from .layout import Item, Packet, packets, primary_header

_HEAD = """\
/* {name}: packets of definition {id}, written by freefall from the payload definition; do not edit.
 *
 * A packet is what is left of a frame after COBS and CRC-32: an array of octets. Functions that end in _raw return a raw
 * value, those in _value the engineering value in the unit beside them; `sample` counts from 0 and must be less than the
 * packet's count. */
#ifndef FREEFALL_{guard}_H
#define FREEFALL_{guard}_H

#include <stdint.h>

#define {guard}_DEFINITION_ID 0x{id}u

static inline uint32_t freefall_{name}_big(const uint8_t *at, unsigned octets)
{{
    uint32_t word = 0;
    for (unsigned i = 0; i < octets; i++)
        word = word << 8 | at[i];
    return word;
}}

static inline uint32_t freefall_{name}_little(const uint8_t *at, unsigned octets)
{{
    uint32_t word = 0;
    while (octets-- > 0)
        word = word << 8 | at[octets];
    return word;
}}
"""


def c_header(definition: Definition) -> str:
    """The text of the header."""
    name, guard = definition.name, definition.name.upper()
    parts = [_HEAD.format(name=name, guard=guard, id=f"{definition.definition_id:08x}")]
    parts += [_function(name, name, item) for item in primary_header()]
    seen: set[str] = set()
    for packet in packets(definition):
        parts.append(_packet(guard, packet))
        for item in packet.items:
            if item.channel or item.sample:
                continue
            if own := _owner(name, item, seen, packet):
                parts.append(_function(name, own, item))
        if packet.stream:
            parts += _stream(name, packet)
    parts.append(f"#endif /* FREEFALL_{guard}_H */\n")
    return "\n".join(parts)


def _owner(name: str, item: Item, seen: set[str], packet: Packet) -> str:
    """Whose an item is, as its function's prefix: this packet's or, once, all service packets'."""
    shared = not packet.stream and (item.at < SOURCE_DATA_AT or item.name == "REPORT_ID")
    if shared and item.name in seen:
        return ""
    if not shared:
        return f"{name}_{packet.name.lower()}"
    seen.add(item.name)
    return f"{name}_service"


def _packet(guard: str, packet: Packet) -> str:
    lines = [f"/* {packet.name}: {packet.meaning} */"]
    prefix = f"{guard}_{packet.name}"
    lines.append(f"#define {prefix}_APID {packet.apid}")
    lines.append(f"#define {prefix}_LENGTH {packet.length}")
    lines += [f"#define {prefix}_{item.name} {item.fixed}" for item in packet.items if item.fixed is not None]
    if packet.stream:
        lines.append(f"#define {prefix}_SAMPLES {packet.stream.samples_per_packet} /* places for samples in a packet */")
        until = " /* unless SETTINGS tells another */" if packet.adjustable else ""
        lines.append(f"#define {prefix}_PERIOD_S {1 / packet.stream.rate_hz!r}{until}")
    return "\n".join(lines) + "\n"


def _function(name: str, owner: str, item: Item) -> str:
    word = f"freefall_{name}_{item.order}(packet + {item.at}, {item.octets})"
    return (
        f"static inline uint32_t {owner}_{item.name.lower()}(const uint8_t *packet) /* {item.meaning} */\n"
        f"{{\n    return {_bits(word, item.shift, item.bits, 8 * item.octets)};\n}}\n"
    )


def _stream(name: str, packet: Packet) -> Iterator[str]:
    stream = packet.stream
    own = f"{name}_{packet.name.lower()}"
    if stream.times:
        yield (
            f"static inline uint32_t {own}_offset_us(const uint8_t *packet, unsigned sample) /* from the packet's time */\n"
            f"{{\n    return freefall_{name}_big(packet + {SAMPLES_AT} + {stream.sample_len} * sample, 4);\n}}\n"
        )
    for channel in stream.channels:
        yield _raw(name, own, stream, channel)
        if text := _value(own, channel):
            yield text


def _raw(name: str, own: str, stream: Stream, channel: Channel) -> str:
    raw = channel.raw
    at = SAMPLES_AT + (SAMPLE_TIME_LEN if stream.times else 0) + raw.offset
    word = f"freefall_{name}_{raw.order}(packet + {at} + {stream.sample_len} * sample, {raw.octets})"
    bits = _bits(word, raw.shift, raw.width, 8 * raw.octets)
    if raw.signed:
        # The sign bit moved to the top and back: no shift of a negative number, which C leaves open.
        sign = 1 << raw.width - 1
        body = (
            f"    const int64_t bits = {bits};\n"
            f"    return (int32_t)(bits >= INT64_C({sign}) ? bits - INT64_C({2 * sign}) : bits);"
        )
    else:
        body = f"    return {bits};"
    kind = "int32_t" if raw.signed else "uint32_t"
    return f"static inline {kind} {own}_{channel.name}_raw(const uint8_t *packet, unsigned sample)\n{{\n{body}\n}}\n"


def _bits(word: str, shift: int, bits: int, of: int) -> str:
    if shift:
        word = f"({word} >> {shift})"
    return word if bits == of else f"{word} & 0x{(1 << bits) - 1:x}u"


def _value(own: str, channel: Channel) -> str | None:
    head = f"static inline double {own}_{channel.name}_value(const uint8_t *packet, unsigned sample) /* {channel.unit} */\n{{\n"
    raw = f"    const double raw = {own}_{channel.name}_raw(packet, sample);\n"
    match channel.calibration:
        case Linear(scale, offset):
            return f"{head}{raw}    return raw * {scale!r} + {offset!r};\n}}\n"
        case Polynomial(coefficients):
            horner = repr(coefficients[-1])
            for coefficient in reversed(coefficients[:-1]):
                horner = f"({horner} * raw + {coefficient!r})"
            return f"{head}{raw}    return {horner};\n}}\n"
        case Table():
            return head + raw + _interpolation(channel.calibration) + "}\n"
        case _:
            return f"/* {channel.name}: the part's own compensation, by freefall */\n"


def _interpolation(table: Table) -> str:
    points = ", ".join(f"{{{float(r)!r}, {float(v)!r}}}" for r, v in zip(table.raw, table.value, strict=True))
    return (
        f"    static const double points[][2] = {{{points}}};\n"
        f"    const unsigned last = {len(table.raw) - 1};\n"
        "    if (!(raw >= points[0][0] && raw <= points[last][0]))\n"
        "        return (double)(0.0f / 0.0f); /* nobody measured there */\n"
        "    unsigned i = 1;\n"
        "    while (raw > points[i][0])\n"
        "        i++;\n"
        "    return points[i - 1][1] + (raw - points[i - 1][0]) * (points[i][1] - points[i - 1][1])\n"
        "        / (points[i][0] - points[i - 1][0]);\n"
    )
