"""Frames for decoder tests, made by the oracle: one function a packet, each returning its frame with the delimiter after it.

And what compares the items that come of them.
"""

from freefall.decode import Decoder, SamplePacket
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
    values |= {"wire_format": wire_format, "reset_cause": 1}
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


def _housekeeping(definition, values, sequence, time_us):
    packet = codec.housekeeping(values, apid=definition.apid, sequence_count=sequence, counter=0, time=time(time_us))
    return framed(packet)


def plain(items) -> list:
    """Items that compare by value."""
    return [
        (i.stream.name, i.index, i.time_ns, i.raw.tobytes(), len(i.raw), i.boot, i.host_ns, i.period_ns)
        + (i.coefficients, None if i.times_ns is None else tuple(i.times_ns.tolist()))
        if isinstance(i, SamplePacket)
        else i
        for i in items
    ]


def check_cuts(definition, wire, cuts) -> None:
    """Asserts that the items are the same when the octets come in pieces, cut at these places or one octet at a time."""
    whole = plain(Decoder(definition).feed(wire))
    bounds = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for at in (bounds, range(len(wire) + 1)):
        decoder = Decoder(definition)
        pieces = [item for a, b in zip(at, at[1:], strict=False) for item in decoder.feed(wire[a:b])]
        assert plain(pieces) == whole
