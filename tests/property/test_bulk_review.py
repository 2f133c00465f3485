"""feed and feed_many in turn on one decoder against feed alone: hostile links over many boots, however their octets are given.

The board here keeps to no rule but that of its frames: boots with and without an event, clocks and indexes that leap, packets
that come again and in another order, coefficients that change, stream packets as long as service reports.
"""

import math
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np

from freefall.decode import Collector, Decoder, Reboot, Reject
from freefall.decode.summary import Summary
from freefall.definition import Definition
from freefall.errors import WrongDefinition
from freefall_wire import frame, packet
from oracle import codec
from unit.decode.climate import PARTS, climate_definition, settable
from unit.decode.packets import unpacked

CLIMATE = settable(climate_definition(vibration=8))
# (sample_len, places) by stream, sample times in the last: as long as events, board reports, coefficients and ledgers; all of one
# length; and a long one among short ones.
SHAPES = {
    "as climate": [(stream.sample_len, stream.samples_per_packet) for stream in CLIMATE.streams],
    "as reports": [(9, 6), (2, 17), (6, 8), (6, 3)],
    "of one length": [(9, 2), (2, 9), (6, 3), (6, 3)],
    "long and short": [(9, 25), (2, 1), (6, 1), (6, 1)],
}
MOST_S = 2**32 - 1
RUNS = 200


def shaped(shapes) -> Definition:
    """The climate definition with packets of other lengths."""
    streams = (
        replace(stream, sample_len=size, samples_per_packet=places, packet_len=packet.padded(packet.SAMPLES_AT + size * places))
        for stream, (size, places) in zip(CLIMATE.streams, shapes, strict=True)
    )
    return replace(CLIMATE, streams=tuple(streams))


DEFINITIONS = {name: shaped(shapes) for name, shapes in SHAPES.items()}


def test_shapes_are_as_long_as_reports():
    assert [stream.packet_len for stream in DEFINITIONS["as reports"].streams] == [72, 52, 68, 36]
    assert {stream.packet_len for stream in DEFINITIONS["of one length"].streams} == {36}
    assert {stream.sensor_len for stream in DEFINITIONS["of one length"].streams} == {9, 2, 6}


@dataclass
class Board:
    """Frames by command; each with its delimiter, in `frames`. The numbers of the boot under way are only what comes next."""

    definition: Definition
    frames: list[bytes] = field(default_factory=list)
    history: list[bytes] = field(default_factory=list)
    time_us: int = 1000
    boot_count: int = 1
    service_sequence: int = 0
    serial: int = 0

    def __post_init__(self):
        self.indexes = [0] * len(self.definition.streams)
        self.sequences = [0] * len(self.definition.streams)

    def samples(self, number, packets, places, step_us, skipped, lost):
        """Packets of a stream; `lost` of them never come, `skipped` samples were never taken."""
        stream = self.definition.streams[number]
        self.indexes[number] += skipped
        near = 1 + self.serial % 7 / 100
        for at in range(packets + lost):
            count = min(places, stream.samples_per_packet)
            self.time_us += round(count * 1e6 / stream.rate_hz * near) if step_us is None else step_us
            if at >= lost:
                self._send(self._packet(stream, self.indexes[number], count, self.sequences[number]))
            self.indexes[number] += count
            self.sequences[number] = (self.sequences[number] + 1) % packet.SEQUENCE_MODULO

    def boot(self, kind, heard, keeps_time):
        """Another boot; its event may be lost."""
        self.boot_count += {"same": 0, "next": 1, "back": -1}[kind]
        self.boot_count %= 2**32
        self.indexes = [0] * len(self.indexes)
        self.sequences = [0] * len(self.sequences)
        self.service_sequence = 0
        if not keeps_time:
            self.time_us = 100
        if heard:
            values = {"boot_count": self.boot_count, "version_major": 0, "version_minor": 1, "version_patch": 2}
            values |= {"wire_format": 1, "definition_id": self.definition.definition_id, "reset_cause": 1}
            values |= {"slot": 0, "failed_boots": 0}
            self._service(codec.event, 1, values)

    def board(self, strange):
        """A board report; of another boot, if it is strange."""
        values = {"sid": 1, "reset_cause": 2, "streams": 2, "boot_count": (self.boot_count + strange) % 2**32}
        values |= {"version_major": 0, "version_minor": 1, "version_patch": 2, "wire_format": 1}
        values |= {"definition_id": self.definition.definition_id, "longest_pass_us": 900, "most_waiting": 261}
        values |= {"queue_size": 8192, "service_built": self.service_sequence, "service_dropped": 0}
        self._service(codec.housekeeping, values)

    def ledger(self, number, zero):
        """A ledger report of a stream; that nothing was triggered yet, if `zero`."""
        seen = 0 if zero else self.indexes[number] % 2**30
        values = {name: 0 for name, _ in codec.LEDGER} | {"sid": 256 + number, "seen": seen, "taken": seen, "framed": seen}
        self._service(codec.housekeeping, values)

    def coefficients(self, part):
        """A report of the coefficients of the climate sensor."""
        self._service(codec.coefficients, 2, PARTS[part])

    def settings(self, values):
        """A report of the settings in effect."""
        self._service(codec.parameter, codec.SETTINGS, codec.settings(values))

    def verified(self, kind):
        """A report that changes nothing."""
        self._service(codec.verification, kind, {name: self.serial % 9 for name, _ in codec.VERIFICATION})

    def sensor(self, number):
        """An event that forgets nothing."""
        self._service(codec.event, 3, {"stream": number, "spare": 0, "bus_errors": self.serial})

    def again(self, back, count):
        """Frames that have come before, once more."""
        begin = max(0, len(self.history) - back)
        for sent in self.history[begin : begin + count]:
            self.frames.append(sent)

    def swap(self, distance):
        """The last frame comes before others."""
        if len(self.frames) > distance:
            self.frames.insert(len(self.frames) - 1 - distance, self.frames.pop())

    def damage(self, at, value):
        """An octet of the last frame is another; a zero makes two of it."""
        if self.frames and self.frames[-1]:
            octets = bytearray(self.frames[-1])
            octets[at % len(octets)] = value
            self.frames[-1] = bytes(octets)

    def noise(self, size, octet):
        """Octets that no board sent, and perhaps no delimiter after them."""
        self.frames.append(bytes([octet]) * size)

    def odd(self, number, length, count):
        """A sound packet of a stream, or of none, with a length or a count that may not be its own."""
        apid = self.definition.apid + number
        octets = codec.primary_header(apid, self.service_sequence, length) + bytes(6) + b"\1" + bytes([count]) + bytes(length)
        self._send(octets[:length])

    def leap(self, number, kind, near):
        """The index of a stream leaps."""
        to = {"wrap": 2**32, "plain": self.indexes[number] + 2**24, "half": self.indexes[number] + 2**31}[kind]
        self.indexes[number] = max(0, to + near)

    def sequence(self, number, to):
        """The sequence count of a stream leaps."""
        self.sequences[number] = to % packet.SEQUENCE_MODULO

    def clock(self, seconds):
        """The clock leaps."""
        self.time_us = max(0, min(self.time_us + seconds * 10**6, MOST_S * 10**6))

    def _time(self):
        self.time_us = min(self.time_us, MOST_S * 10**6)
        return codec.encode_time(*divmod(self.time_us, 10**6))

    def _packet(self, stream, index, count, sequence):
        self.serial += 1
        samples = [
            ((self.serial * 64 + at) * 0x9E3779B1 % 2**96 >> at % 5 * 8).to_bytes(12, "big")[-stream.sample_len :]
            for at in range(count)
        ]
        at = {"apid": stream.apid, "sequence_count": sequence, "time": self._time()}
        return codec.stream_packet(samples, index % 2**32, samples_per_packet=stream.samples_per_packet, **at)

    def _service(self, make, *values):
        at = {"apid": self.definition.apid, "sequence_count": self.service_sequence, "counter": 0, "time": self._time()}
        self._send(make(*values, **at))
        self.service_sequence = (self.service_sequence + 1) % packet.SEQUENCE_MODULO

    def _send(self, octets):
        self.frames.append(frame.encode(octets) + b"\0")
        self.history.append(self.frames[-1])


# How often each step comes, in five kinds of link; samples far more often than all else, or hardly.
STEPS = {
    "samples": (30, 60, 20, 60, 15),
    "boot": (3, 1, 10, 1, 1),
    "again": (8, 3, 10, 10, 30),
    "board": (3, 1, 5, 1, 1),
    "ledger": (5, 3, 5, 1, 1),
    "coefficients": (3, 4, 5, 8, 1),
    "settings": (3, 4, 5, 8, 1),
    "verified": (1, 1, 2, 0, 0),
    "sensor": (3, 2, 5, 1, 1),
    "swap": (3, 0, 5, 4, 0),
    "damage": (3, 0, 1, 2, 0),
    "noise": (3, 1, 1, 1, 0),
    "odd": (3, 0, 1, 0, 0),
    "leap": (2, 0, 0, 0, 10),
    "sequence": (2, 1, 3, 2, 6),
    "clock": (2, 0, 1, 0, 0),
}
CENTURIES = 1, 3600, 10**7, MOST_S, -1, -3600, -MOST_S


class Script:
    """Steps for a Board, and how their octets are given, by a seed."""

    def __init__(self, seed: int, centuries=CENTURIES):
        """centuries: seconds by which the clock may leap."""
        random = self._random = Random(seed)
        self._centuries = centuries
        weights = random.choice(list(zip(*STEPS.values(), strict=True)))
        names = random.choices(list(STEPS), weights, k=random.choice((5, 15, 30, 30)))
        self.steps = [(name, *getattr(self, f"_{name}")()) for name in names]
        self.timed = random.random() < 0.5
        most = random.choice((7, 300, 2000, 20_000, 10**6))
        sizes = [size for size in (0, 1, 7, 100, 300, 2000, 20_000, 10**6) if size <= most] + [most]
        # Of each call: octets in a piece, pieces, whether they have host times, and whether they go to feed.
        self.plan = [
            (random.choice(sizes), random.randrange(1, 5), random.random() < 0.5, random.random() < 0.25)
            for _ in range(random.randrange(1, 9))
        ]

    def _samples(self):
        # None: at the stream's rate, or near.
        step_us = self._random.choice((None, None, None, 0, 1, 60_000, 10**7))
        skipped, lost = self._random.choice((0, 0, 0, 0, 1, 7)), self._random.choice((0, 0, 0, 1, 3))
        return (
            self._number(),
            self._random.choice((1, 1, 1, 2, 5, 30, 70)),
            self._random.choice((1, 2, 100)),
            step_us,
            skipped,
            lost,
        )

    def _boot(self):
        return self._random.choice(("same", "next", "next", "back")), self._random.random() < 0.6, self._random.random() < 0.5

    def _again(self):
        return self._random.choice((1, 2, 64, 65, self._random.randrange(1, 140))), self._random.choice((1, 1, 1, 2, 20, 140))

    def _board(self):
        return (self._random.choice((0, 0, 0, 1)),)

    def _ledger(self):
        return self._number(), self._random.random() < 0.3

    def _coefficients(self):
        return (self._random.randrange(2),)

    def _settings(self):
        # "temperature" at its own 50 Hz, near enough to it or far from it; and periods that the definition does not allow.
        period_us = (20_000, 20_000, 20_400, 60_000, 1000, 0, 2**32 - 1)
        return ([self._random.choice(period_us), self._random.choice((1, 1, 0)), self._random.choice(period_us)],)

    def _verified(self):
        return (self._random.choice(sorted(codec.VERIFICATIONS.values())),)

    def _sensor(self):
        return (self._number(),)

    def _swap(self):
        return (self._random.randrange(1, 6),)

    def _damage(self):
        return self._random.randrange(254), self._random.choice((0, 1, 2, 128, 255))

    def _noise(self):
        return self._random.choice((1, 1, 3, 57, 253, 254, 700)), self._random.choice((0, 0, 1, 2, 77, 255))

    def _odd(self):
        return (
            self._random.randrange(-1, 7),
            self._random.choice((20, 36, 40, 44, 52, 68, 72, 248)),
            self._random.choice((0, 1, 9)),
        )

    def _leap(self):
        return self._number(), self._random.choice(("wrap", "plain", "half")), self._random.randrange(-20, 6)

    def _sequence(self):
        return self._number(), self._random.choice((0, 1, 16383))

    def _clock(self):
        return (self._random.choice(self._centuries),)

    def _number(self):
        return self._random.randrange(4)


KINDS = bytes, bytearray


def sent(definition, steps) -> bytes:
    """The octets of these steps."""
    board = Board(definition)
    for name, *values in steps:
        getattr(board, name)(*values)
    return b"".join(board.frames)


def given_as(wire: bytes, plan):
    """(pieces, to feed) of each call, by the plan over and over; pieces as (host_ns, octets)."""
    at = turn = 0
    while at < len(wire):
        size, count, timed, to_feed = plan[turn % len(plan)]
        pieces = []
        for _ in range(count):
            end = at + max(size, 1 if turn >= len(plan) else 0)
            pieces.append((10**9 + at if timed else None, KINDS[turn % 2](wire[at:end])))
            at = end
        yield pieces, to_feed
        turn += 1


class Both:
    """One thing that only feeds and one that is given all by plan; `make` makes them, with feed and feed_many."""

    def __init__(self, make):
        self.right, self.mixed = make(), make()

    def take(self, pieces, to_feed):
        """(what feed gave, what the other gave) of these pieces. Raises WrongDefinition if both did, in the same words."""
        right, mixed, refusals = [], [], []
        with suppress(WrongDefinition):
            for host_ns, octets in pieces:
                try:
                    right += self.right.feed(octets, host_ns)
                except WrongDefinition as error:
                    refusals.append(str(error))
                    raise
        try:
            if to_feed:
                for host_ns, octets in pieces:
                    mixed += self.mixed.feed(octets, host_ns)
            else:
                mixed = self.mixed.feed_many(pieces)
        except WrongDefinition as error:
            refusals.append(str(error))
        assert refusals == [] or refusals[1:] == refusals[:1]
        if refusals:
            raise WrongDefinition(0, 1)
        return right, mixed


def places_of_reboots(items) -> list:
    """How many samples of which streams came before each reboot."""
    before, places = {}, []
    for item in items:
        if hasattr(item, "raw"):
            before[item.stream.name] = before.get(item.stream.name, 0) + len(item.raw)
        elif isinstance(item, Reboot):
            places.append(dict(before))
    return places


def assert_tables_equal(definition, right: Collector, mixed: Collector) -> None:
    """Asserts that all columns of all streams are the same, to the bit."""
    for stream in definition.streams:
        a, b = right.table(stream), mixed.table(stream)
        for name in ("index", "time_ns", "boot"):
            assert np.array_equal(getattr(a, name), getattr(b, name)), (stream.name, name)
        for columns in ("raw", "values"):
            for name, values in getattr(a, columns).items():
                assert np.array_equal(values, getattr(b, columns)[name], equal_nan=columns == "values"), (stream.name, name)


def check_decoders(definition, wire, plan, most_waiting=None) -> None:
    """Asserts that what comes of every call is the same, by every account, and what collectors make of it."""
    both, right_items, mixed_items = Both(lambda: Decoder(definition)), [], []
    right_tables, mixed_tables = Collector(definition, most_waiting), Collector(definition, most_waiting)
    for pieces, to_feed in given_as(wire, plan):
        right, mixed = both.take(pieces, to_feed)
        assert unpacked(mixed) == unpacked(right)
        assert both.mixed.counters == both.right.counters
        assert both.mixed.boots == both.right.boots
        right_items += right
        mixed_items += mixed
        right_tables.add(right)
        mixed_tables.add(mixed)
    assert both.mixed.ledger == both.right.ledger
    assert both.mixed.counters.octets_unaccounted == 0
    assert both.mixed.counters.octets_fed == len(wire)
    assert places_of_reboots(mixed_items) == places_of_reboots(right_items)
    assert_tables_equal(definition, right_tables, mixed_tables)


def assert_alike(right, mixed, path=()) -> None:
    """Asserts that two JSON values are the same but for the last digits of numbers that are sums of many."""
    if isinstance(right, dict):
        assert list(right) == list(mixed), path
        for key, value in right.items():
            assert_alike(value, mixed[key], (*path, key))
    elif isinstance(right, list | tuple):
        assert len(right) == len(mixed), path
        for at, (a, b) in enumerate(zip(right, mixed, strict=True)):
            assert_alike(a, b, (*path, at))
    elif isinstance(right, float):
        assert math.isclose(right, mixed, rel_tol=1e-6, abs_tol=1e-3), (path, right, mixed)
    else:
        assert right == mixed, (path, right, mixed)


def check_summaries(definition, wire, plan) -> None:
    """Asserts that a summary says the same of what it is given in one way and in the other."""
    both = Both(lambda: Summary(definition))
    for pieces, to_feed in given_as(wire, plan):
        both.take(pieces, to_feed)
    assert_alike(*(without_times(summary.as_dict()) for summary in (both.right, both.mixed)))


def without_times(summary: dict) -> dict:
    """Less what depends on what of a boot was taken in first: see Summary."""
    for statistics in summary["statistics"].values():
        del statistics["losses"]["by_time"]
    for event in summary["happenings"]["events"]:
        del event["run_ns"]
    return summary


def test_feed_many_and_feed_in_turn_say_what_feed_says():
    for seed in range(RUNS):
        script, definition = Script(seed), list(DEFINITIONS.values())[seed % len(DEFINITIONS)]
        with told(seed):
            check_decoders(definition, sent(definition, script.steps), script.plan, (None, 0, 3)[seed % 3])


def test_summary_says_the_same_of_feed_and_feed_many_in_turn():
    # No clock that leaps by centuries, nor host times that only some have: a summary takes in many packets together.
    for seed in range(RUNS // 8):
        script, definition = Script(seed, centuries=(1, 3600, -1, -3600)), list(DEFINITIONS.values())[seed % len(DEFINITIONS)]
        plan = [(size, count, script.timed, to_feed) for size, count, _, to_feed in script.plan]
        with told(seed):
            check_summaries(definition, sent(definition, script.steps), plan)


@contextmanager
def told(seed: int):
    """What fails inside says of which seed it is."""
    try:
        yield
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise


SCRIPT = [
    ("noise", 3, 77), ("noise", 1, 0), ("samples", 0, 5, 100, 1000, 0, 0), ("coefficients", 0), ("samples", 2, 5, 2, 1000, 0, 0),
    ("noise", 700, 1), ("noise", 1, 0), ("samples", 3, 3, 100, 0, 7, 1), ("again", 2, 2), ("ledger", 3, False), ("again", 1, 1),
    ("board", 0), ("sensor", 1), ("settings", [60_000, 1, 0]), ("verified", "refused"),
    ("samples", 1, 70, 100, 20_000, 0, 0), ("again", 60, 60), ("damage", 0, 255),
    ("samples", 0, 2, 100, 1000, 7, 0), ("boot", "next", True, False), ("samples", 0, 1, 2, 1000, 0, 0), ("damage", 30, 0),
    ("boot", "same", False, False), ("samples", 1, 1, 1, 1000, 0, 0), ("odd", 1, 44, 1), ("odd", 6, 40, 1), ("board", 1),
]  # fmt: skip
# Samples: 5 + 5 + 3 + 70 + 2 + 1. Duplicates: 2 + 1 + 59, the last of 60 having become a reject.
ITEMS = {"SamplePacket": 86, "Gap": 1, "Reboot": 2, "BootEvent": 1, "BoardReport": 2, "LedgerReport": 1, "CoefficientReport": 1}
ITEMS |= {
    "SensorEvent": 1,
    "SettingsReport": 1,
    "Verification": 1,
    "fragment": 1,
    "oversize": 1,
    "cobs": 1,
    "crc": 2,
    "apid": 1,
    "size": 1,
}


def test_script_of_every_step_gives_every_kind_of_item():
    definition = DEFINITIONS["as reports"]
    decoder = Decoder(definition)
    items = decoder.feed(sent(definition, SCRIPT))
    kinds = Counter(item.reason if isinstance(item, Reject) else type(item).__name__ for item in items)
    assert kinds == ITEMS
    assert decoder.duplicates == 62
    check_decoders(definition, sent(definition, SCRIPT), [(300, 3, True, 0), (100, 1, False, 1)])
    check_summaries(definition, sent(definition, SCRIPT), [(300, 3, True, 0), (100, 1, True, 1)])
