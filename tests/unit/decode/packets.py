"""Frames for decoder tests, made by the oracle: one function a packet, each returning its frame with the delimiter after it.

And what compares the items that come of them.
"""

from unittest import mock

import numpy as np

from freefall.decode import Decoder, Gap, Reboot, Reject, SampleBatch, SamplePacket, accelerator, bulk
from freefall.decode.deframe import deframe
from oracle import codec


def time(time_us: int) -> bytes:
    """Seven octets of on-board time."""
    return codec.encode_time(*divmod(time_us, 1_000_000))


def framed(packet: bytes) -> bytes:
    """The frame of a packet and a delimiter."""
    return codec.encode_frame(packet) + b"\0"


def sample(stream, serial: int) -> bytes:
    """A sample of that stream; different for every serial number, and never 0, which some parts have for no sample."""
    return ((serial + 1) * 0x9E3779B1 % 2**64).to_bytes(12, "big")[-stream.sample_len :]


def samples(stream, index, count, time_us, sequence=0) -> bytes:
    """A stream packet whose samples are `sample(stream, index + i)`."""
    return given(stream, index, [sample(stream, index + i) for i in range(count)], time_us, sequence)


def given(stream, index, places, time_us, sequence=0) -> bytes:
    """A stream packet of these samples, each with its own time before it where the stream has sample times."""
    packet = codec.stream_packet(
        places,
        index % 2**32,
        samples_per_packet=stream.samples_per_packet,
        apid=stream.apid,
        sequence_count=sequence,
        time=time(time_us),
    )
    return framed(packet)


def boot(definition, boot_count=1, sequence=0, time_us=0, definition_id=None, wire_format=1) -> bytes:
    """A boot event."""
    values = {"boot_count": boot_count, "version_major": 0, "version_minor": 1, "version_patch": 2}
    values |= {"wire_format": wire_format, "reset_cause": 1, "slot": 0, "failed_boots": 0}
    values["definition_id"] = definition.definition_id if definition_id is None else definition_id
    return event(definition, 1, values, sequence, time_us)


def event(definition, event_id, values, sequence=0, time_us=0) -> bytes:
    """Any event."""
    packet = codec.event(event_id, values, apid=definition.apid, sequence_count=sequence, counter=0, time=time(time_us))
    return framed(packet)


def board(definition, boot_count=1, sequence=0, time_us=0, built=0, dropped=0, definition_id=None) -> bytes:
    """A board report."""
    values = {"sid": 1, "reset_cause": 2, "streams": 2, "boot_count": boot_count}
    values |= {"version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1}
    values |= {"definition_id": definition.definition_id if definition_id is None else definition_id}
    values |= {"longest_pass_us": 900, "most_waiting": 261, "queue_size": 8192}
    values |= {"service_built": built, "service_dropped": dropped}
    return _housekeeping(definition, values, sequence, time_us)


def ledger(definition, number=0, sequence=0, time_us=0, **counts) -> bytes:
    """A ledger report of stream `number`; counts not given are 0."""
    values = {name: 0 for name, _ in codec.LEDGER} | {"sid": 256 + number} | counts
    return _housekeeping(definition, values, sequence, time_us)


def coefficients(definition, sensor, octets, sequence=0, time_us=0) -> bytes:
    """A report of the coefficients of sensor number `sensor`."""
    at = {"apid": definition.apid, "sequence_count": sequence, "counter": 0, "time": time(time_us)}
    return framed(codec.coefficients(sensor, octets, **at))


def parameter(definition, number, octets, sequence=0, time_us=0) -> bytes:
    """A report of a parameter: platform, name, settings."""
    at = {"apid": definition.apid, "sequence_count": sequence, "counter": 0, "time": time(time_us)}
    return framed(codec.parameter(number, octets, **at))


def settings(definition, values, sequence=0, time_us=0) -> bytes:
    """A report of settings."""
    return parameter(definition, codec.SETTINGS, codec.settings(values), sequence, time_us)


def verification(definition, kind, sequence=0, time_us=0, **values) -> bytes:
    """A verification; values not given are 0."""
    values = {name: 0 for name, _ in codec.VERIFICATION} | values
    at = {"apid": definition.apid, "sequence_count": sequence, "counter": 0, "time": time(time_us)}
    return framed(codec.verification(kind, values, **at))


def alive(definition, sequence=0, time_us=0) -> bytes:
    """The answer to a test of the connection."""
    return framed(codec.alive(apid=definition.apid, sequence_count=sequence, counter=0, time=time(time_us)))


def _housekeeping(definition, values, sequence, time_us):
    packet = codec.housekeeping(values, apid=definition.apid, sequence_count=sequence, counter=0, time=time(time_us))
    return framed(packet)


def plain(items) -> list:
    """Items that compare by value."""
    return [
        (i.stream.name, i.index, i.time_ns, i.raw.tobytes(), len(i.raw), i.boot, i.host_ns, i.period_ns)
        + (i.nominal_ns, i.coefficients, None if i.times_ns is None else tuple(i.times_ns.tolist()))
        if isinstance(i, SamplePacket)
        else i
        for i in items
    ]


def check_cuts(definition, wire, cuts) -> None:
    """Asserts that the same comes out when the octets come in pieces, cut at these places or one octet at a time, and in bulk."""
    whole = plain(Decoder(definition).feed(wire))
    bounds = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for at in (bounds, range(len(wire) + 1)):
        decoder = Decoder(definition)
        pieces = [item for a, b in zip(at, at[1:], strict=False) for item in decoder.feed(wire[a:b])]
        assert plain(pieces) == whole
    check_bulk(definition, [(1000 + a, wire[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)])


def check_bulk(definition, pieces) -> None:
    """Asserts that feed_many gives what feed gives, of all pieces at once and of one after the other, by every account.

    With the deframer in numpy, and with that in C where it was built.
    """
    by_frame = Decoder(definition)
    items = [item for host_ns, octets in pieces for item in by_frame.feed(octets, host_ns)]
    for way in (deframe, *([accelerator.deframe_in_c] if accelerator.active() else [])):
        with mock.patch.object(bulk, "deframe", way):
            at_once, in_turn = Decoder(definition), Decoder(definition)
            batches = at_once.feed_many(pieces)
            assert unpacked(batches) == unpacked(items)
            assert unpacked([item for piece in pieces for item in in_turn.feed_many([piece])]) == unpacked(items)
        for decoder in (at_once, in_turn):
            assert decoder.counters == by_frame.counters
            assert decoder.ledger == by_frame.ledger
        assert told_apart(batches) == told_apart(items)


def unpacked(items) -> dict:
    """Items by what they are of, in order: each stream's packets with the gaps before them, rejects, and all else."""
    found = {"rejects": [], "else": []}
    missing = 0
    for item in items:
        match item:
            case SampleBatch():
                found.setdefault(item.stream.name, []).extend(_packets(item))
            case SamplePacket():
                found.setdefault(item.stream.name, []).append((missing, *plain([item])[0]))
                missing = 0
            case Gap():
                missing = item.count
            case Reject():
                found["rejects"].append(item)
            case _:
                found["else"].append(item)
    return found


def _packets(batch) -> list:
    """A batch's packets as `plain` has them, with what is missing before each."""
    stops = np.cumsum(batch.count).tolist()
    packets = []
    for at, (stop, count) in enumerate(zip(stops, batch.count.tolist(), strict=True)):
        times = None if batch.times_ns is None else tuple(batch.times_ns[stop - count : stop].tolist())
        host_ns = None if batch.host_ns is None else int(batch.host_ns[at])
        packets.append(
            (int(batch.missing[at]), batch.stream.name, int(batch.index[at]), int(batch.time_ns[at]))
            + (batch.raw[stop - count : stop].tobytes(), count, batch.boot, host_ns, float(batch.period_ns[at]))
            + (batch.nominal_ns, batch.coefficients, times)
        )
    return packets


def told_apart(items) -> list:
    """How many packets of which streams came before each reboot."""
    before, places = {}, []
    for item in items:
        match item:
            case SampleBatch():
                before[item.stream.name] = before.get(item.stream.name, 0) + len(item)
            case SamplePacket():
                before[item.stream.name] = before.get(item.stream.name, 0) + 1
            case Reboot():
                places.append(dict(before))
    return places
