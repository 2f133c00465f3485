"""Decoder.feed_many where a short cut would go wrong: what feed says of the same octets is the measure."""

import pytest

from freefall.decode import Decoder, SampleBatch, deframe
from freefall.decode.batch import batched
from freefall.decode.summary import Summary
from freefall_wire.frame import FrameDecoder
from unit.decode import packets
from unit.decode.climate import climate_definition

BENCH = climate_definition(vibration=8)
VIBRATION = BENCH.streams[0]
MOST_US = (2**32 - 1) * 10**6


def samples(index, time_us, sequence, count=4):
    return packets.samples(VIBRATION, index, count, time_us, sequence)


EARLY = samples(16, 3000, 2)
CASES = {
    "a packet of the boot before comes again among those of the next": [
        *(samples(0, 1000, 0), samples(8, 2000, 1), EARLY),
        *(samples(1, 500, 7), EARLY, samples(40, 9000, 30)),
    ],
    "a gap so large that an index comes again": [
        *(samples(0, 1000, 0), samples(2**31, 1000, 1), samples(0, 1000, 0), samples(4, 1000, 1)),
    ],
    "a boot event comes again after samples": [
        packets.boot(BENCH, 3),
        samples(0, 1000, 0),
        packets.boot(BENCH, 3),
        packets.boot(BENCH, 3),
        samples(0, 1000, 0),
    ],
    "a boot event comes again at once, after samples": [samples(9, 5, 4), packets.boot(BENCH, 3), packets.boot(BENCH, 3)],
    "every packet twice": [packet for at in range(200) for packet in [samples(4 * at, 1000 * at, at)] * 2],
    "time goes back": [samples(0, 9000, 0), samples(4, 8000, 1), samples(8, 9500, 2)],
    "an index of 32 bits wraps": [samples(2**32 - 4, 1000, 0), samples(0, 2000, 1), samples(8, 4000, 3)],
    "a board report of another boot": [
        *(packets.boot(BENCH, 1), samples(0, 1000, 0), packets.ledger(BENCH, 0, 1, 1500, seen=4, taken=4, framed=4)),
        *(packets.board(BENCH, 2, 2, 1600), samples(4, 2000, 1), packets.board(BENCH, 2, 3, 2600)),
    ],
}
# The first packet of a stream joined late is taken alone, and so are some after it.
MANY = [samples(4 * at, 1000 * at, at) for at in range(150)]
CASES |= {
    "of many at once the 64th last comes again": [*MANY, MANY[-64], samples(800, 199_000, 190)],
    "of many at once the 65th last comes again": [*MANY, MANY[-65], samples(800, 199_000, 190)],
    "of many before another boot, which a report tells, two come again": [
        *(packets.board(BENCH, 1, 0, 500), *MANY, packets.board(BENCH, 2, 0, 400)),
        *(MANY[-2], MANY[-64], samples(800, 199_000, 190), MANY[-1]),
    ],
}


CASES["gaps lead round to an index that was"] = [
    *(samples(0, 1000, 0), samples(2**31 - 10, 1000, 5), samples(2**32 - 100, 1000, 9)),
    *(packets.samples(BENCH.streams[1], at, 1, 1000, at) for at in range(70)),
    samples(0, 1000, 0),
]


@pytest.mark.parametrize("case", CASES)
def test_many_at_once_say_what_they_say_one_by_one(case):
    wire = b"\0" + b"".join(CASES[case])
    packets.check_bulk(BENCH, [(1, wire)])
    packets.check_bulk(BENCH, [(at, wire[at : at + 50]) for at in range(0, len(wire), 50)])
    packets.check_bulk(BENCH, [(1, b"\0"), *((at, frame) for at, frame in enumerate(CASES[case]))])


@pytest.mark.parametrize("together", [1, 7, 149, 150])
def test_frames_whose_codes_are_followed_in_parts_are_judged_alike(together, monkeypatch):
    wire = bytearray(b"".join(MANY))
    wire[3 :: len(MANY[0]) * 5] = b"\xfe" * 30  # a code, or an octet that none leads to
    monkeypatch.setattr(deframe, "_FOLLOWED_TOGETHER", together)
    found = deframe.deframe(bytes(wire), BENCH)
    counted = FrameDecoder()
    good = [stretch.offset + stretch.size for stretch in counted.feed(bytes(wire)) if stretch.packet]
    assert found.streams[0].ends.tolist() == good
    assert len(found.rejects) == len(MANY) - len(good) == 30


@pytest.mark.parametrize("step", [0, 4], ids=["from index 0", "with an index that goes on"])
def test_batches_of_many_boots_keep_no_more_memory_than_they_fill(step):
    boots = [(packets.boot(BENCH, at + 1), samples(step * at, 1000, 0)) for at in range(300)]
    items = Decoder(BENCH).feed_many([(1, b"\0" + b"".join(frame for boot in boots for frame in boot))])
    found = [item for item in items if isinstance(item, SampleBatch)]
    kept = [column if column.base is None else column.base for b in found for column in (b.index, b.missing, b.period_ns)]
    assert len(found) == 300
    assert sum({id(array): array.nbytes for array in kept}.values()) <= 2 * 300 * 3 * 8


@pytest.mark.parametrize("hosts", [(5, None), (None, 5)], ids=str)
def test_packets_with_a_host_time_and_without_one_are_of_two_batches(hosts):
    decoder = Decoder(BENCH)
    frames = b"\0" + samples(0, 1000, 0), samples(4, 2000, 1)
    items = [item for host_ns, octets in zip(hosts, frames, strict=True) for item in decoder.feed(octets, host_ns)]
    assert [batch.host_ns and batch.host_ns.tolist() for batch in batched(items)] == [host_ns and [host_ns] for host_ns in hosts]


@pytest.mark.parametrize(
    "frames",
    [
        [frame for at in range(4) for frame in (packets.boot(BENCH, at), samples(0, 0, 0), samples(4, MOST_US, 1))],
        [samples(0, 0, 0), samples(4, MOST_US, 1), samples(2**31, MOST_US, 2)],
    ],
    ids=["boots of a century each", "a period of a century, and half of all indexes missing"],
)
def test_summary_takes_whatever_clocks_and_indexes_say(frames):
    boots = [packets.boot(BENCH, at) for at in range(4)]
    summary = Summary(BENCH)
    summary.feed_many([(1, b"\0" + b"".join(frames))])
    assert summary.as_dict()["statistics"]["vibration"]["samples"] == 4 * (len(frames) - sum(map(boots.__contains__, frames)))
