"""The fast generator against the oracle: each octet it sends is what SPEC.md has, and each truth is what the octets say."""

import numpy as np
import pytest
from bench.host.payload import WORDS, definition
from bench.host.stream import Board, Sent
from bench.host.words import ADC, UNI

from oracle import codec, receiver

LENS = [(24,), (64,), (248,), (32, 64, 128, 248)]


def sent(lens, words, hiccups=0.05):
    payload = definition(*lens)
    board = Board(payload, words, np.random.default_rng(1), hiccups)
    parts = [board.boot(), board.run(40), board.report(), board.run(1), board.report()]
    parts += [board.boot(), board.run(30)]
    board.jump(5_000_000)
    parts.append(board.run(7))
    board.jump(-2_000_000)
    return payload, Sent.joined([*parts, board.run(20), board.report()])


def received(payload, wire):
    streams = tuple((stream.sample_len, stream.samples_per_packet) for stream in payload.streams)
    return receiver.receive(wire.tobytes(), receiver.Payload(payload.apid, streams, len(payload.sensors)))


def value(octets, word):
    _, size, order, signed = word
    assert len(octets) == size
    return int.from_bytes(octets, order, signed=signed)


@pytest.mark.parametrize("words", [ADC, UNI], ids=["adc", "uni"])
@pytest.mark.parametrize("lens", LENS, ids=str)
def test_oracle_takes_every_frame_and_reads_the_truth_in_it(lens, words):
    payload, made = sent(lens, words)
    heard = received(payload, made.wire)
    assert (sum(heard.rejected.values()), heard.pending, heard.idle) == (0, 0, 2)
    assert len(heard.packets) == len(made.frames)
    sequences = {}
    for number, (octets, frame) in enumerate(zip(heard.packets, made.frames, strict=True)):
        header = codec.parse_primary_header(octets)
        stream = header["apid"] - payload.apid - 1
        assert stream == frame["stream"]
        if number in made.boots:
            sequences = {}
        before = sequences.get(stream, -1)
        sequences[stream] = header["sequence_count"]
        if stream < 0:
            assert header["sequence_count"] == before + 1
            continue
        # More than one forward is a packet that the board's link did not accept.
        assert before + 1 <= header["sequence_count"] <= before + 10
        fields = codec.parse_stream_packet(octets, payload.streams[stream].sample_len)
        assert (fields["index"], len(fields["samples"])) == (frame["index"], frame["count"])
        assert fields["seconds"] * 1_000_000 + fields["microseconds"] == frame["time_us"]
        index = np.arange(frame["index"], frame["index"] + frame["count"])
        right = words.of(payload.streams[stream], int(frame["boot"]), index)
        assert [value(octets, WORDS[stream]) for octets in fields["samples"]] == right.tolist()


def test_board_counts_in_its_ledger_what_it_did_not_send():
    payload, made = sent((64,), ADC, hiccups=0.3)
    packets = received(payload, made.wire).packets
    boot, ended, counted = -1, {}, 0
    said = {report.frame: report for report in made.ledgers}
    for number, (octets, frame) in enumerate(zip(packets, made.frames, strict=True)):
        if number in made.boots:
            boot, ended, samples = boot + 1, {}, {}
        if frame["stream"] >= 0:
            ended[frame["stream"]] = frame["index"] + frame["count"]
            samples[frame["stream"]] = samples.get(frame["stream"], 0) + frame["count"]
        if number in said:
            report, values = said[number], codec.parse_report(octets, len(payload.streams), len(payload.sensors))
            stream = report.stream
            assert (values["seen"], values["samples_sent"]) == (report.seen, report.samples_sent)
            assert values["samples_sent"] == samples.get(stream, 0)
            assert values["seen"] == values["taken"] + values["bus_errors"] + values["overruns"]
            assert values["taken"] == values["framed"] == values["samples_sent"] + values["samples_dropped"]
            # Of the last packet no frame says what came after it.
            assert 0 <= values["seen"] - ended.get(stream, 0) <= 5 + 2 * payload.streams[stream].samples_per_packet
            counted += values["bus_errors"] > 0 and values["overruns"] > 0 and values["samples_dropped"] > 0
    assert boot == 1 and counted > 4


def test_truth_takes_a_clock_set_back_for_another_boot_and_one_set_forward_for_none():
    _, made = sent((64,), ADC)
    stream = made.frames[made.frames["stream"] == 2]
    back = np.flatnonzero(np.diff(stream["time_us"]) < 0)
    assert np.array_equal(back, np.flatnonzero(np.diff(stream["boot"])))
    assert len(back) == 2 and (np.diff(stream["time_us"]) > 5_000_000).sum() == 1


def test_a_clock_is_not_set_back_before_zero():
    board = Board(definition(64), ADC, np.random.default_rng(1))
    board.boot()
    board.jump(-board.now_us)
    with pytest.raises(ValueError, match="a clock at 0 us cannot be set back by 1 us"):
        board.jump(-1)


def test_adc_words_have_an_octet_in_six_or_seven_zero():
    payload = definition(248)
    octets = Board(payload, ADC, np.random.default_rng(1))
    octets.boot()
    packets = b"".join(received(payload, np.concatenate(([np.uint8(0)], octets.run(50).wire))).packets)
    assert 0.14 < packets.count(0) / len(packets) < 0.17


def test_words_of_different_streams_boots_and_indexes_differ():
    payload = definition(64)
    index = np.arange(5000)
    signed, unsigned = payload.streams[2:]
    words = [UNI.of(stream, boot, index).astype(np.int64) for stream in (signed, unsigned) for boot in range(3)]
    assert len(np.unique(np.concatenate(words))) > 0.999 * 6 * 5000
    assert np.array_equal(UNI.of(signed, 1, index + 2**32), UNI.of(signed, 1, index))


def test_a_payload_whose_packets_cannot_be_as_long_is_refused():
    with pytest.raises(ValueError, match="were asked for"):
        definition(26)
