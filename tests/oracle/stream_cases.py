"""The streams of tests/vectors/wire.json: octets for every outcome of SPEC.md section 8."""

from oracle import codec, packet_cases


def _event_packet() -> bytes:
    values = {"sensor": 0, "reason": 1}
    return codec.event(2, values, apid=64, sequence_count=9, counter=0, time=codec.encode_time(1, 2))


def _sample_packet() -> bytes:
    return codec.stream_packet([b"\x0c\x80"], 5, samples_per_packet=1, apid=66, sequence_count=5, time=bytes(7))


def changed(packet: bytes, at: int, value: int) -> bytes:
    """The packet with one octet set."""
    return packet[:at] + bytes([value]) + packet[at + 1 :]


def link_cases() -> list[tuple[str, bytes]]:
    """Streams for every outcome that needs no payload."""
    event, sample = _event_packet(), _sample_packet()
    one, two = codec.encode_frame(event), codec.encode_frame(sample)
    bad_crc = one[:-1] + bytes([one[-1] ^ 0x01 or 0x03])
    raw = _encoded
    long_zeroless = codec.encode_frame(bytes(range(1, 249)))
    z = b"\x00"
    return [
        ("empty", b""),
        ("one delimiter", z),
        ("delimiters only", z * 5),
        ("two frames", z + one + z + two + z),
        ("several delimiters between", z * 3 + one + z * 4 + two + z * 2),
        ("last frame not ended", z + one + z + two),
        ("nothing but an unended fragment", one),
        ("first delimiter lost, frame whole", one + z + two + z),
        ("fragment: joined in mid-frame", one[7:] + z + two + z),
        ("fragment: too long", b"\x55" * 300 + z + two + z),
        ("fragment: CRC", bad_crc + z + two + z),
        ("before the first delimiter, but length", raw(changed(sample, 5, 14)) + z + two + z),
        ("before the first delimiter, but header", raw(changed(sample, 0, 0x28)) + z + two + z),
        ("a delimiter first, so no fragment", z + one[7:] + z + two + z),
        ("longest legal frame: not oversize", z + long_zeroless + z + two + z),
        ("oversize by one", z + b"\x01" * 254 + z + two + z),
        ("oversize: two frames whose delimiter was lost", z + long_zeroless + one + z + two + z),
        ("oversize: 1000 octets", z + b"\x55" * 1000 + z + two + z),
        ("oversize, not ended", z + b"\x55" * 600),
        ("253 octets, not oversize: cobs", z + b"\xff" * 253 + z + two + z),
        ("253 octets, not oversize: crc", z + b"\x01" * 253 + z + two + z),
        ("cobs: code past the end", z + b"\x05\x11\x22" + z + two + z),
        ("cobs: last octet of a frame lost", z + one[:-1] + z + two + z),
        ("cobs: code 0xFF", z + b"\xff" + b"\x11" * 40 + z + two + z),
        ("crc: a single 0x01", z + b"\x01" + z + two + z),
        ("crc: one bit", z + bad_crc + z + two + z),
        ("crc: decodes to 23 octets with a right CRC", z + raw(sample[:19]) + z + two + z),
        ("crc: decodes to four octets, the CRC of nothing", z + b"\x01" * 5 + z + two + z),
        ("length: field one too small", z + raw(changed(sample, 5, 12)) + z + two + z),
        ("length: field one too large", z + raw(changed(sample, 5, 14)) + z + two + z),
        ("length: high octet set", z + raw(changed(sample, 4, 1)) + z + two + z),
        ("length: field right, 21 octets", z + raw(changed(sample, 5, 14) + z) + z + two + z),
        ("length: field right, 22 octets", z + raw(changed(sample, 5, 15) + z * 2) + z + two + z),
        ("length before header", z + raw(changed(changed(sample, 5, 14), 0, 0xFF)) + z + two + z),
        ("header: version 1", z + raw(changed(sample, 0, 0x28)) + z + two + z),
        ("header: version 4", z + raw(changed(sample, 0, 0x88)) + z + two + z),
        ("header: telecommand", z + raw(changed(sample, 0, 0x18)) + z + two + z),
        ("header: no secondary header", z + raw(changed(sample, 0, 0x00)) + z + two + z),
        ("header: first segment", z + raw(changed(sample, 2, 0x40)) + z + two + z),
        ("header: continuation", z + raw(changed(sample, 2, 0x00)) + z + two + z),
        ("header: last segment", z + raw(changed(sample, 2, 0x80)) + z + two + z),
        ("any APID passes without a payload", z + raw(changed(changed(sample, 0, 0x0F), 1, 0xFF)) + z),
        ("a delimiter inside a frame", z + one[:10] + z + one[10:] + z + two + z),
        ("rejects of every kind in a row", _every_kind(one, sample, bad_crc)),
    ]


def _encoded(packet: bytes) -> bytes:
    """As encode_frame, for packets of any length."""
    return codec.cobs_encode(packet + codec.octets(codec.crc32(packet), 4))


def _every_kind(one: bytes, sample: bytes, bad_crc: bytes) -> bytes:
    parts = [one[5:], b"\x22" * 254, b"\x09", bad_crc, _encoded(changed(sample, 5, 9)), b""]
    parts += [_encoded(changed(sample, 2, 0)), one, one[:-2], one]
    return b"\x00".join(parts)


def _packet(name: str) -> bytes:
    """The packet of packet_cases that has this name."""
    (found,) = (case["packet"] for case in packet_cases.packets() if case["name"] == name)
    return bytes.fromhex(found)


def between(packet: bytes) -> bytes:
    """A stream of this packet, whatever it is, and a legal one after it."""
    return b"\x00" + _encoded(packet) + b"\x00" + _encoded(_sample_packet()) + b"\x00"


def _longer(packet: bytes) -> bytes:
    return changed(packet, 5, packet[5] + 4) + bytes(4)


def _shorter(packet: bytes) -> bytes:
    return changed(packet, 5, packet[5] - 4)[:-4]


def payload_cases() -> list[tuple[str, bytes]]:
    """Streams for `apid` and `size`, with everything the page lists accepted beside them."""
    event, sample = _event_packet(), _sample_packet()
    board, ledger = (_packet(name) for name in ("board", "ledger of stream 0"))
    full = _packet("244 octets, counting")

    everything = b"".join(bytes.fromhex(case["frame"]) + b"\x00" for case in packet_cases.packets())
    cases = [
        ("everything this page lists", b"\x00" + everything),
        ("apid: below", between(changed(sample, 1, 63))),
        ("apid: above", between(changed(sample, 1, 70))),
        ("apid: high bits", between(changed(sample, 0, 0x09))),
        ("apid: idle packet", between(changed(changed(sample, 0, 0x0F), 1, 0xFF))),
        ("apid before size", between(changed(changed(event, 1, 70), 39, 1))),
        ("size: too short for the stream", between(changed(sample, 1, 65))),
        ("size: too long for the stream", between(_longer(sample))),
        ("size: stream packet four octets short", between(_shorter(full))),
        ("size: no sample", between(changed(sample, 13, 0))),
        ("size: one sample too many", between(changed(full, 13, 26))),
        ("size: 255 samples", between(changed(full, 13, 255))),
        ("size: event too long", between(_longer(event))),
        ("size: event too short", between(_shorter(event))),
        ("size: event 0", between(changed(event, 21, 0))),
        ("size: event 5", between(changed(event, 21, 5))),
        ("size: event 0x0102", between(changed(event, 20, 1))),
        ("size: board report too short", between(_shorter(board))),
        ("size: board report too long", between(_longer(board))),
        ("size: ledger too short", between(_shorter(ledger))),
        ("size: ledger too long", between(_longer(ledger))),
        ("size: SID 0", between(changed(board, 21, 0))),
        ("size: SID 2", between(changed(board, 21, 2))),
        ("size: ledger of a stream there is not", between(changed(ledger, 21, 5))),
        ("size: ledger with SID 512", between(changed(ledger, 20, 2))),
        ("size: service 1", between(changed(event, 7, 1))),
        ("size: service 3 subtype 26", between(changed(board, 8, 26))),
        ("size: service 5 subtype 5", between(changed(event, 8, 5))),
        ("size: service 5 subtype 0", between(changed(event, 8, 0))),
        ("header before apid", between(changed(changed(sample, 1, 63), 2, 0))),
    ]
    rules = report_rule_cases() + coefficient_rule_cases() + parameter_rule_cases() + verification_rule_cases()
    return cases + rules + stream_rule_cases() + unchecked_cases()


def report_rule_cases() -> list[tuple[str, bytes]]:
    """Service reports of the right length that break one rule of section 5."""
    boot, absent, stopped, back = (_packet(name) for name in ("boot", "sensor absent", "sensor stopped", "sensor answers again"))
    board, ledger = _packet("board"), _packet("ledger of stream 0")
    cases = [
        ("size: PUS version 0 in an event", between(changed(absent, 6, 0x00))),
        ("size: PUS version 1 in a board report", between(changed(board, 6, 0x10))),
        ("size: PUS version 3 in a ledger", between(changed(ledger, 6, 0x30))),
        ("size: PUS version 10 in a boot event", between(changed(boot, 6, 0xA0))),
        ("size: boot of wire format 0", between(changed(boot, 29, 0))),
        ("size: boot of wire format 2", between(changed(boot, 29, 2))),
        ("size: board report of wire format 0", between(changed(board, 31, 0))),
        ("size: board report of wire format 129", between(changed(board, 31, 129))),
        ("size: a sensor there is not is absent", between(changed(absent, 22, 5))),
        ("size: sensor 255 is absent", between(changed(absent, 22, 255))),
        ("size: sensor of a stream there is not stopped", between(changed(stopped, 22, 5))),
        ("size: sensor of stream 255 answers again", between(changed(back, 22, 255))),
        ("size: ledger with SID 263, the eighth of at most eight streams", between(changed(ledger, 21, 7))),
    ]
    listed = {"boot": (boot, 1), "absent": (absent, 3), "stopped": (stopped, 3), "back": (back, 1)}
    for name, (packet, severity) in listed.items():
        for other in {1, 2, 3, 4} - {severity}:
            cases.append((f"size: {name} event of severity {other}", between(changed(packet, 8, other))))
    # first and last octet of the padding after the auxiliary data
    for name, packet, first in (("boot", boot, 37), ("absent", absent, 24), ("stopped", stopped, 28), ("back", back, 28)):
        cases.append((f"size: padding begins with 1 in the {name} event", between(changed(packet, first, 1))))
        cases.append((f"size: padding ends with 0x80 in the {name} event", between(changed(packet, 39, 0x80))))
    return cases


def coefficient_rule_cases() -> list[tuple[str, bytes]]:
    """Coefficient reports that break a rule of section 5.3, and those that look as if they did."""
    one, some, most = (_packet(f"coefficients, {count}") for count in ("one octet", "24 octets", "44 octets"))
    return [
        ("size: coefficients of a sensor that has none", between(changed(one, 21, 0))),
        ("size: coefficients of a sensor whose number of them nobody gave", between(changed(one, 21, 4))),
        ("size: coefficients of a sensor there is not", between(changed(one, 21, 5))),
        ("size: coefficients of sensor 255", between(changed(one, 21, 255))),
        ("size: parameter 511", between(changed(changed(one, 20, 1), 21, 255))),
        ("size: parameter 769, of an octet that is not ASCII", between(changed(one, 20, 3))),
        ("size: parameter 1", between(changed(one, 20, 0))),
        ("size: no coefficient", between(changed(one, 22, 0))),
        ("size: one octet of coefficients too many", between(changed(one, 22, 2))),
        ("size: one octet of coefficients too few", between(changed(some, 22, 23))),
        ("size: 45 octets of coefficients", between(changed(most, 22, 45))),
        ("size: coefficients of another sensor's number", between(changed(some, 21, 2))),
        ("size: padding after one coefficient begins with 1", between(changed(one, 25, 1))),
        ("size: padding after 24 coefficients ends with 0x80", between(changed(some, 67, 0x80))),
        ("size: coefficient report too long", between(_longer(some))),
        ("size: coefficient report too short", between(_shorter(some))),
        ("size: PUS version 1 in a coefficient report", between(changed(some, 6, 0x10))),
        ("size: service 20 subtype 1", between(changed(some, 8, 1))),
        ("size: service 21 subtype 2", between(changed(some, 7, 21))),
        ("coefficients with spare 255", between(changed(some, 23, 255))),
        ("coefficients that are all 0xFF", between(some[:24] + b"\xff" * 24 + some[48:])),
    ]


def parameter_rule_cases() -> list[tuple[str, bytes]]:
    """Reports of platform, name and settings that break a rule of section 5.3, and those that look as if they did."""
    platform, bare, longest = (_packet(name) for name in ("platform", "platform, numbers full, no text", "platform, 36 letters"))
    name, settings = _packet("name"), _packet("settings")
    return [
        ("size: platform of 7 octets", between(changed(_packet("platform, numbers zero"), 22, 7)[:32] + bytes(36))),
        ("size: platform without an octet", between(changed(platform, 22, 0))),
        ("size: platform whose text begins with 0x80", between(changed(platform, 32, 0x80))),
        ("size: platform whose text ends with 0xFF", between(changed(longest, 67, 0xFF))),
        ("size: padding after the platform is not zero", between(changed(bare, 32, 1))),
        ("size: padding after the platform ends with 1", between(changed(platform, 67, 1))),
        ("size: platform of 45 octets", between(changed(longest, 22, 45))),
        ("size: platform too long", between(_longer(platform))),
        ("size: platform too short", between(_shorter(bare))),
        ("size: no name", between(changed(name, 22, 0)[:24] + bytes(44))),
        ("size: name with an octet of 0x80", between(changed(name, 25, 0x80))),
        ("size: name whose padding is not zero", between(changed(name, 22, 8))),
        ("name that ends in a zero", between(changed(name, 22, 10))),
        ("name with spare 255", between(changed(name, 23, 255))),
        ("size: PUS version 1 in a name", between(changed(name, 6, 0x10))),
        ("size: one setting too few", between(changed(settings, 22, 8)[:32] + bytes(36))),
        ("size: one setting too many", between(changed(settings, 22, 16))),
        ("size: an octet of settings too few", between(changed(_packet("settings, all zero"), 22, 11))),
        ("size: no setting", between(changed(_packet("settings, all zero"), 22, 0))),
        ("size: padding after settings is not zero", between(changed(settings, 36, 1))),
        ("size: parameter 767", between(changed(changed(name, 20, 2), 21, 255))),
        ("size: parameter 770", between(changed(name, 21, 2))),
        ("size: parameter 1023", between(changed(changed(settings, 20, 3), 21, 255))),
        ("size: parameter 1025", between(changed(settings, 21, 1))),
    ]


def verification_rule_cases() -> list[tuple[str, bytes]]:
    """Reports of sections 5.4 and 5.5 that break a rule of theirs, and codes that the page does not list."""
    refused, alive = _packet("telecommand refused, value below the least"), _packet("alive")
    cases = [(f"size: service 1 subtype {other}", between(changed(refused, 8, other))) for other in (0, 3, 4, 5, 6, 9, 255)]
    return [
        *cases,
        ("size: verification too short", between(_shorter(refused))),
        ("size: verification too long", between(_longer(refused))),
        ("size: PUS version 1 in a verification", between(changed(refused, 6, 0x10))),
        ("telecommand refused for reason 8", between(changed(refused, 25, 8))),
        ("telecommand completed, though with a reason", between(changed(refused, 8, 7))),
        ("size: service 17 subtype 1", between(changed(alive, 8, 1))),
        ("size: service 17 subtype 3", between(changed(alive, 8, 3))),
        ("size: alive too long", between(_longer(alive))),
        ("size: PUS version 3 in an alive", between(changed(alive, 6, 0x30))),
    ]


def stream_rule_cases() -> list[tuple[str, bytes]]:
    """Stream packets of the right length and sample count whose unused octets are not zero."""
    full, one = _packet("244 octets, counting"), _packet("244 octets, one sample")
    without_pad, last = _packet("24 octets, zeros at the ends"), _packet("248 octets, one sample")
    timed = _packet("sample times, one sample")
    return [
        ("size: pad octet of a full packet not zero", between(changed(full, 243, 1))),
        ("size: pad octet not zero after unused places", between(changed(one, 243, 0xFF))),
        ("size: first octet of an unused place not zero", between(changed(one, 27, 1))),
        ("size: an octet amid unused places not zero", between(changed(one, 130, 0x55))),
        ("size: last octet of the last unused place not zero", between(changed(one, 242, 0x80))),
        ("size: no sample, every place zero", between(changed(_packet("20 octets, zeros"), 13, 0))),
        ("size: one sample too few counted", between(changed(full, 13, 24))),
        ("size: first unused place not zero, no pad", between(changed(without_pad, 21, 1))),
        ("size: last octet of 24 not zero, no pad", between(changed(without_pad, 23, 1))),
        ("size: last octet of 248 not zero, no pad", between(changed(last, 247, 1))),
        ("zeros counted as samples", between(changed(one, 13, 25))),
        ("size: own time in an unused place not zero", between(changed(timed, 27, 1))),
        ("size: pad octet after samples with times not zero", between(changed(timed, 247, 1))),
        ("first own time not zero", between(changed(timed, 21, 9))),
    ]


def unchecked_cases() -> list[tuple[str, bytes]]:
    """What section 8 says is not checked, and fields at the ends of what their rules allow: all accepted."""
    boot, absent, stopped, back = (_packet(name) for name in ("boot", "sensor absent", "sensor stopped", "sensor answers again"))
    board, ledger = _packet("board"), _packet("ledger of stream 0")
    return [
        ("destination id 0xFFFF", between(changed(changed(absent, 11, 0xFF), 12, 0xFF))),
        ("time reference status 15", between(changed(ledger, 6, 0x2F))),
        ("boot with reset cause 4", between(changed(boot, 34, 4))),
        ("boot from slot 3", between(changed(boot, 35, 3))),
        ("boot after 255 failed ones", between(changed(boot, 36, 255))),
        ("board report with reset cause 255", between(changed(board, 22, 255))),
        ("sensor absent for reason 0", between(changed(absent, 23, 0))),
        ("sensor absent for reason 255", between(changed(absent, 23, 255))),
        ("the last sensor is absent", between(changed(absent, 22, packet_cases.PAYLOAD.sensors - 1))),
        ("sensor of the last stream stopped", between(changed(stopped, 22, 4))),
        ("sensor of the last stream answers again", between(changed(back, 22, 4))),
        ("ledger of the last stream", between(changed(ledger, 21, 4))),
        ("sensor stopped, spare 255", between(changed(stopped, 23, 255))),
        ("sensor answers again, spare 1", between(changed(back, 23, 1))),
    ]
