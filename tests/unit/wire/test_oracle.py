"""The oracle against what it did not come from: SPEC.md's tables, zlib, crcmod and spacepackets."""

import random
import zlib
from dataclasses import replace
from fractions import Fraction

import crcmod.predefined
import pytest
from spacepackets.ccsds.spacepacket import PacketType, SequenceFlags, SpHeader

from oracle import codec, frames, make_vectors, packet_cases, receiver

AT = {"apid": 64, "sequence_count": 0, "counter": 0, "time": bytes(7)}
SAMPLE = codec.stream_packet([b"\x0c\x80"], 5, samples_per_packet=1, apid=66, sequence_count=5, time=bytes(7))


@pytest.mark.parametrize("data, crc", [("313233343536373839", "cbf43926"), ("", "00000000")])
def test_oracle_makes_the_crcs_of_the_page(data, crc):
    assert frames.octets(codec.crc32(bytes.fromhex(data)), 4).hex() == crc


def test_oracle_zlib_and_crcmod_make_the_same_crc():
    crcmod_crc32 = crcmod.predefined.mkCrcFun("crc-32")
    source = random.Random(1)
    for length in [*range(0, 253), 1000]:
        data = source.randbytes(length)
        assert codec.crc32(data) == zlib.crc32(data) == crcmod_crc32(data)


@pytest.mark.parametrize(
    "data, encoded", [("112233", "04112233"), ("00", "0101"), ("11000022", "0211010222"), ("1100", "021101")]
)
def test_oracle_encodes_and_decodes_the_cobs_of_the_page(data, encoded):
    assert codec.cobs_encode(bytes.fromhex(data)).hex() == encoded
    assert codec.cobs_decode(bytes.fromhex(encoded)).hex() == data


def test_oracle_cobs_keeps_its_promises_at_every_length():
    source = random.Random(2)
    for length in range(1, 253):
        for alphabet in (b"\x00", b"\xff", b"\x00\x01", bytes(range(256))):
            data = bytes(source.choice(alphabet) for _ in range(length))
            encoded = codec.cobs_encode(data)
            assert len(encoded) == length + 1
            assert 0 not in encoded
            assert codec.cobs_decode(encoded) == data


def test_oracle_cobs_is_a_bijection_on_short_octet_strings():
    """Every zero-free string of up to four small octets either decodes and encodes back to itself, or is refused."""
    for length in range(1, 5):
        for number in range(6**length):
            encoded = bytes(1 + number // 6**place % 6 for place in range(length))
            try:
                data = codec.cobs_decode(encoded)
            except codec.NotCobs:
                continue
            assert (codec.cobs_encode(data) if data else b"\x01") == encoded


@pytest.mark.parametrize("length", [0, 253])
def test_oracle_refuses_to_encode_what_no_frame_holds(length):
    with pytest.raises(ValueError, match=r"not 1\.\.252"):
        codec.cobs_encode(bytes(length))


@pytest.mark.parametrize("length", [0, 16, 19, 21, 22, 23, 247, 249, 252])
def test_oracle_refuses_to_frame_a_packet_of_illegal_length(length):
    with pytest.raises(ValueError, match="steps of 4"):
        codec.encode_frame(bytes(length))


@pytest.mark.parametrize(
    "seconds, microseconds, octets",
    [(0, 0, "00000000000000"), (0, 1, "00000000000011"), (1, 500000, "00000001800000"), (305419896, 999999, "12345678ffffef")],
)
def test_oracle_makes_and_reads_the_times_of_the_page(seconds, microseconds, octets):
    assert codec.encode_time(seconds, microseconds).hex() == octets
    assert codec.decode_time(bytes.fromhex(octets)) == (seconds, microseconds)


def test_oracle_returns_every_thousandth_microsecond_and_its_neighbours_unchanged():
    marks = {mark + step for mark in range(0, 1_000_000, 1000) for step in (-1, 0, 1)}
    for microseconds in sorted(marks & set(range(1_000_000))):
        octets = codec.encode_time(9, microseconds)
        assert abs(Fraction(frames.integer(octets[4:]), 2**24) - Fraction(microseconds, 10**6)) <= Fraction(1, 2**25)
        assert codec.decode_time(octets) == (9, microseconds)


def test_spacepackets_reads_the_same_header_from_every_packet():
    for case in packet_cases.packets():
        packet = bytes.fromhex(case["packet"])
        theirs, ours = SpHeader.unpack(packet), codec.parse_primary_header(packet)
        assert theirs.packet_len == len(packet)
        assert ours == {
            "version": theirs.ccsds_version,
            "type": theirs.packet_type.value,
            "secondary_header_flag": int(theirs.sec_header_flag),
            "apid": theirs.apid,
            "sequence_flags": theirs.seq_flags.value,
            "sequence_count": theirs.seq_count,
            "length_field": theirs.data_len,
        }


@pytest.mark.parametrize("apid", [0, 1, 64, 255, 256, 2046])
@pytest.mark.parametrize("sequence_count", [0, 1, 255, 256, 16383])
@pytest.mark.parametrize("packet_type", [0, 1])
def test_spacepackets_writes_the_same_header(apid, sequence_count, packet_type):
    for length in (20, 24, 244, 248):
        theirs = SpHeader(
            packet_type=PacketType(packet_type),
            apid=apid,
            seq_count=sequence_count,
            data_len=length - 7,
            sec_header_flag=True,
            seq_flags=SequenceFlags.UNSEGMENTED,
        )
        assert bytes(theirs.pack()) == codec.primary_header(apid, sequence_count, length, packet_type)


def test_oracle_lays_a_boot_event_out_as_written_by_hand():
    values = {"boot_count": 0x01020304, "version_major": 5, "version_minor": 6, "version_patch": 7, "wire_format": 1}
    packet = codec.event(
        1,
        {**values, "definition_id": 0xA1A2A3A4, "reset_cause": 2, "slot": 1, "failed_boots": 3},
        apid=0x123,
        sequence_count=0x2345,
        counter=0x6789,
        time=codec.encode_time(305419896, 999999),
    )
    header = "0923" + "e345" + "0021" + "20" + "05" + "01" + "6789" + "0000" + "12345678ffffef"
    assert packet.hex() == header + "0001" + "01020304" + "050607" + "01" + "a1a2a3a4" + "02" + "01" + "03" + "000000"


def test_oracle_lays_a_ledger_out_as_written_by_hand():
    # each field the number of the source octet it begins at
    at = [4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48]
    names = ["seen", "taken", "bus_errors", "overruns", "framed", "pending", "samples_sent", "samples_dropped"]
    names += ["packets_sent", "packets_dropped", "longest_interrupt_us", "late"]
    values = {"sid": 263, "most_waiting": 2, **dict(zip(names, at, strict=True))}
    packet = codec.housekeeping(values, apid=64, sequence_count=1, counter=2, time=codec.encode_time(1, 500000))
    header = "0840" + "c001" + "0041" + "20" + "03" + "19" + "0002" + "0000" + "00000001800000"
    assert packet.hex() == header + "0107" + "0002" + "".join(f"{octet:08x}" for octet in at)


def test_oracle_lays_a_stream_packet_out_as_written_by_hand():
    packet = codec.stream_packet(
        [b"\xa1\xa2\xa3", b"\xb1\xb2\xb3"],
        0xC1C2C3C4,
        samples_per_packet=3,
        apid=65,
        sequence_count=1,
        time=codec.encode_time(1, 500000),
    )
    assert packet.hex() == "0841c0010015" + "00000001800000" + "02" + "c1c2c3c4" + "a1a2a3b1b2b3" + "00" * 4
    stated = {"seconds": 1, "microseconds": 500000, "index": 0xC1C2C3C4, "samples": [b"\xa1\xa2\xa3", b"\xb1\xb2\xb3"]}
    assert codec.parse_stream_packet(packet, 3) == stated


def test_oracle_lays_a_coefficient_report_out_as_written_by_hand():
    at = {"apid": 64, "sequence_count": 1, "counter": 2, "time": codec.encode_time(1, 500000)}
    header = "0840" + "c001" + "003d" + "20" + "14" + "02" + "0002" + "0000" + "00000001800000"
    assert codec.coefficients(3, b"\xa1\xa2", **at).hex() == header + "0203" + "02" + "00" + "a1a2" + "00" * 42
    most = bytes(range(1, 45))
    assert codec.coefficients(7, most, **at, spare=9).hex() == header + "0207" + "2c" + "09" + most.hex()
    for count in (0, 45):
        with pytest.raises(ValueError, match=f"{count} coefficients"):
            codec.coefficients(0, bytes(count), **at)


def test_oracle_lays_platform_name_and_settings_out_as_written_by_hand():
    at = {"apid": 64, "sequence_count": 1, "counter": 2, "time": codec.encode_time(1, 500000)}
    header = "0840" + "c001" + "003d" + "20" + "14" + "02" + "0002" + "0000" + "00000001800000"
    octets = codec.platform({"begun_ms": 0x0102, "sampling_ms": 0x0304, "free_heap": 0x05060708}, "rp2")
    assert (
        codec.parameter(768, octets, **at).hex()
        == header + "0300" + "0b" + "00" + "0102" + "0304" + "05060708" + "727032" + "00" * 33
    )
    assert codec.parameter(769, b"demo", **at).hex() == header + "0301" + "04" + "00" + "64656d6f" + "00" * 40
    octets = codec.settings([0x01020304, 1])
    assert codec.parameter(1024, octets, **at).hex() == header + "0400" + "08" + "00" + "01020304" + "00000001" + "00" * 36


def test_oracle_lays_a_verification_and_an_alive_out_as_written_by_hand():
    at = {"apid": 64, "sequence_count": 1, "counter": 2, "time": codec.encode_time(1, 500000)}
    values = {"request": 0x1840C001, "code": 0x0102, "number": 0x0304, "value": 0x05060708, "limit": 0x090A0B0C}
    for kind, subtype in (("accepted", "01"), ("refused", "02"), ("completed", "07"), ("failed", "08")):
        header = "0840" + "c001" + "001d" + "20" + "01" + subtype + "0002" + "0000" + "00000001800000"
        assert codec.verification(kind, values, **at).hex() == header + "1840c001" + "0102" + "0304" + "05060708" + "090a0b0c"
    assert codec.alive(**at).hex() == "0840" + "c001" + "000d" + "20" + "11" + "02" + "0002" + "0000" + "00000001800000"


def test_oracle_lays_sample_times_out_as_written_by_hand():
    samples = [codec.timed_sample(0, b"\xa1\xa2"), codec.timed_sample(500_001, b"\xb1\xb2")]
    at = {"apid": 65, "sequence_count": 1, "time": codec.encode_time(1, 500000)}
    packet = codec.stream_packet(samples, 7, samples_per_packet=3, **at)
    body = "00000001800000" + "02" + "00000007" + "00000000a1a2" + "0007a121b1b2" + "00" * 6
    assert packet.hex() == "0841c001001d" + body
    read = codec.parse_timed_samples(packet, 6)
    assert (read["times"], read["samples"]) == ([1_500_000, 2_000_001], [b"\xa1\xa2", b"\xb1\xb2"])


def test_source_data_of_reports_is_as_long_as_the_tables_say():
    assert sum(count for _, count in codec.BOARD) == codec.BOARD_LENGTH - 20 == 32
    assert sum(count for _, count in codec.LEDGER) == codec.LEDGER_LENGTH - 20 == 52
    assert all(sum(count for _, count in layout) <= 18 for _, layout in codec.EVENTS.values())
    assert sum(count for _, count in codec.PARAMETER) + codec.MOST_PARAMETER == codec.PARAMETER_LENGTH - 20 == 48


def test_oracle_reads_back_every_report_it_makes():
    for case in packet_cases.events() + packet_cases.housekeeping():
        packet, fields = bytes.fromhex(case["packet"]), case["fields"]
        header = codec.parse_primary_header(packet) | codec.parse_pus_header(packet)
        read = header | codec.parse_report(packet, streams=4)
        assert {name: read[name] for name in fields} == fields
        assert (read["pus_version"], read["time_status"], read["destination"]) == (2, 0, 0)


def test_oracle_reads_back_every_coefficient_report_it_makes():
    for case in packet_cases.coefficient_reports():
        packet, fields = bytes.fromhex(case["packet"]), case["fields"]
        header = codec.parse_primary_header(packet) | codec.parse_pus_header(packet)
        read = header | codec.parse_report(packet, 5, 5, packet_cases.PAYLOAD.coefficients)
        read["octets"] = read["octets"].hex()
        assert {name: read[name] for name in fields} == fields


def test_oracle_reads_back_every_parameter_and_verification_it_makes():
    for case in packet_cases.parameter_reports() + packet_cases.verification_reports() + packet_cases.alive_reports():
        packet, fields = bytes.fromhex(case["packet"]), case["fields"]
        header = codec.parse_primary_header(packet) | codec.parse_pus_header(packet)
        read = header | codec.parse_report(packet, 5, settings=packet_cases.PAYLOAD.settings)
        if "octets" in read:
            read["octets"] = read["octets"].hex()
        assert {name: read[name] for name in fields} == fields


@pytest.mark.parametrize("settings, accepted", [(0, False), (1, False), (2, False), (3, True), (4, False), (11, False)])
def test_receiver_takes_three_settings_only_from_a_payload_that_has_three(settings, accepted):
    packet = codec.parameter(codec.SETTINGS, bytes(12), **AT)
    payload = replace(packet_cases.PAYLOAD, settings=settings)
    assert receiver.judge_packet(packet, payload) == (None if accepted else "size")


def test_oracle_reads_back_the_times_of_every_sample():
    for case in packet_cases.timed_packets():
        packet, fields = bytes.fromhex(case["packet"]), case["fields"]
        assert codec.parse_timed_samples(packet, fields["sample_size"])["times"] == fields["times"]


def test_oracle_reads_back_every_stream_packet_it_makes():
    for case in packet_cases.stream_packets() + packet_cases.timed_packets():
        packet, fields = bytes.fromhex(case["packet"]), case["fields"]
        read = codec.parse_primary_header(packet) | codec.parse_stream_packet(packet, fields["sample_size"])
        read |= {"count": len(read["samples"]), "samples": b"".join(read["samples"]).hex()}
        wanted = {name: value for name, value in fields.items() if name not in ("stream", "sample_size", "times")}
        assert {name: read[name] for name in wanted} == wanted


def test_ledgers_in_the_vectors_close_modulo_2_to_the_30():
    ledgers = [case["fields"] for case in packet_cases.housekeeping() if case["kind"] == "ledger"]
    assert len(ledgers) == 3
    for ledger in ledgers:
        assert (ledger["taken"] + ledger["bus_errors"] + ledger["overruns"] - ledger["seen"]) % 2**30 == 0
        assert (ledger["framed"] + ledger["pending"] - ledger["taken"]) % 2**30 == 0
        assert (ledger["samples_sent"] + ledger["samples_dropped"] - ledger["framed"]) % 2**30 == 0


def test_oracle_refuses_fields_that_do_not_belong_to_the_report():
    with pytest.raises(ValueError, match="fields"):
        codec.event(2, {"sensor": 1}, **AT)
    with pytest.raises(ValueError, match="fields"):
        codec.event(2, {"sensor": 1, "reason": 1, "spare": 0}, **AT)
    with pytest.raises(ValueError, match="does not fit"):
        codec.event(2, {"sensor": 256, "reason": 1}, **AT)


def test_receiver_counts_every_octet_once_and_names_every_reason():
    seen = set()
    for name, data in make_vectors.stream_cases.link_cases():
        received = receiver.receive(data)
        assert received.total == len(data), name
        seen |= {stretch.reason for stretch in received.stretches}
    for name, data in make_vectors.stream_cases.payload_cases():
        received = receiver.receive(data, packet_cases.PAYLOAD)
        assert received.total == len(data), name
        seen |= {stretch.reason for stretch in received.stretches}
    assert seen == {None, *receiver.REASONS}


@pytest.mark.parametrize("payload", [None, packet_cases.PAYLOAD])
def test_receiver_gives_the_reason_that_the_name_of_the_stream_says(payload):
    cases = make_vectors.stream_cases
    for name, data in cases.link_cases() if payload is None else cases.payload_cases():
        reason = name.split(":")[0]
        if reason in receiver.REASONS:
            assert receiver.receive(data, payload).stretches[0].reason == reason, name


def test_receiver_accepts_every_packet_the_page_lists():
    packets = [bytes.fromhex(case["packet"]) for case in packet_cases.packets()]
    data = b"\x00" + b"".join(codec.encode_frame(packet) + b"\x00" for packet in packets)
    received = receiver.receive(data, packet_cases.PAYLOAD)
    assert received.packets == packets
    assert (received.accepted, received.idle, received.pending) == (len(data) - 1, 1, 0)


def test_receiver_accepts_what_the_page_does_not_check_and_fields_at_the_ends_of_their_range():
    for name, data in make_vectors.stream_cases.unchecked_cases():
        received = receiver.receive(data, packet_cases.PAYLOAD)
        assert len(received.packets) == 2, name


@pytest.mark.parametrize("sensors, accepted", [(1, False), (4, False), (5, True), (8, True)])
def test_receiver_takes_an_event_of_sensor_4_only_from_a_payload_of_five_sensors(sensors, accepted):
    packet = codec.event(2, {"sensor": 4, "reason": 1}, **AT)
    payload = replace(packet_cases.PAYLOAD, sensors=sensors)
    assert receiver.judge_packet(packet, payload) == (None if accepted else "size")


def test_only_the_octets_before_the_first_delimiter_are_a_fragment():
    frame = codec.encode_frame(SAMPLE)
    cut = frame[3:]
    assert [s.reason for s in receiver.receive(cut + b"\0" + cut + b"\0").stretches] == ["fragment", "cobs"]
    assert [s.reason for s in receiver.receive(b"\0" + cut + b"\0").stretches] == ["cobs"]
    assert receiver.receive(frame + b"\0").packets == [SAMPLE]


def test_wire_json_is_what_the_script_makes():
    # after a change of the page: PYTHONPATH=tests python -m oracle.make_vectors
    assert make_vectors.PATH.read_text(encoding="utf-8") == make_vectors.text()
    assert make_vectors.PATH.stat().st_size < 200_000
