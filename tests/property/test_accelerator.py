"""The deframer in C against the one in numpy: of any octets both say the same, field by field."""

import struct
import zlib
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import accelerator
from freefall.decode.deframe import Packets, deframe
from freefall.definition import Definition
from freefall_wire import frame
from oracle import codec
from unit.decode.accelerated import in_c, with_tables
from unit.decode.climate import climate_definition
from unit.decode.fake_board import bench_definition

# Streams of different lengths, own times and pads among them; and two alike.
BENCH, CLIMATE = bench_definition(32), climate_definition(vibration=8)
BUFFERS = 3000
STRETCHES = 30

pytestmark = pytest.mark.usefixtures(in_c.__name__)
__all__ = ["in_c", "with_tables"]


def assert_same(octets: bytes, definition: Definition) -> None:
    """Asserts that both deframers say the same of these octets."""
    right, found = deframe(octets, definition), accelerator.deframe_in_c(octets, definition)
    for mine, yours in zip(found.streams, right.streams, strict=True):
        for name in Packets.__slots__:
            a, b = getattr(mine, name), getattr(yours, name)
            assert (a.dtype, a.shape) == (b.dtype, b.shape), name
            assert np.array_equal(a, b), name
    assert found.rejects == sorted(right.rejects)
    assert found.others == right.others
    assert found.idle == right.idle


def assert_judged_the_same(encoded: bytes) -> None:
    """Asserts that both judges say the same of the octets between two delimiters."""
    assert accelerator.judge(encoded) == frame.judge(encoded)


def sealed(octets: bytes) -> bytes:
    """Any octets as a frame with the right CRC; too long for one, some."""
    return codec.cobs_encode(octets + zlib.crc32(octets).to_bytes(4, "big"))


class Hostile:
    """Stretches of all kinds, by a seed."""

    def __init__(self, seed: int, definition: Definition):
        self._random = Random(seed)
        self._definition = definition
        self._kinds = (self.noise, self.codes, self.any_packet, self.any_packet, self.of_a_stream, self.of_a_stream, self.damaged)

    def octets(self, stretches: int) -> bytes:
        """Up to so many stretches and their delimiters, runs of delimiters between them."""
        count = self._random.randrange(stretches + 1)
        stretches = (self._random.choice(self._kinds)() for _ in range(count))
        return b"".join(stretch + b"\0" * self._random.choice((1, 1, 1, 1, 1, 2, 5)) for stretch in stretches)

    def noise(self) -> bytes:
        """Octets of any kind, be there delimiters among them; as many as a frame has, about a frame, or as many as can be."""
        lengths = [stream.packet_len + 5 for stream in self._definition.streams]
        size = self._random.choice((self._random.randrange(261), self._random.choice(lengths), 253, 254))
        few = self._random.choice((range(256), range(1, 256), (1,), (1, 2), (255,), (0, 1, 255), (254, 255)))
        return bytes(self._random.choices(few, k=size))

    def codes(self) -> bytes:
        """Codes that lead from one to the next, to the end or past it; nothing that has a right CRC."""
        size = self._random.choice([stream.packet_len + 5 for stream in self._definition.streams])
        octets = bytearray(self._random.randrange(1, 256) for _ in range(size))
        at = 0
        while at < size:
            octets[at] = self._random.choice((1, 2, 5, min(255, size - at), self._random.randrange(1, 256)))
            at += octets[at]
        return bytes(octets)

    def of_a_stream(self) -> bytes:
        """A packet of a stream, with a count and unused places that may be none of it."""
        stream = self._random.choice(self._definition.streams)
        most = stream.samples_per_packet
        count = self._random.choice((most, most, most, 1, most - 1, self._random.randrange(most + 1), 0, most + 1, 255))
        used = min(18 + count * stream.sample_len, stream.packet_len)
        packet = bytearray(self._header(stream.apid, stream.packet_len) + self._body(used - 18))
        packet += bytes(stream.packet_len - len(packet))
        packet[13] = count
        if self._random.random() < 0.1 and used < stream.packet_len:
            packet[self._random.randrange(used, stream.packet_len)] = self._random.randrange(256)
        return sealed(bytes(packet))

    def any_packet(self) -> bytes:
        """A right CRC, and a header that may be wrong in any field."""
        length = self._random.choice((self._random.randrange(249), *(stream.packet_len for stream in self._definition.streams)))
        packet = bytearray(self._header(self._definition.apid + self._random.randrange(-2, 8), length))
        packet = (packet + self._body(max(0, length - len(packet))))[:length]
        for _ in range(self._random.choice((0, 0, 1, 1, 2))):
            if length:
                packet[self._random.randrange(min(length, 18))] ^= 1 << self._random.randrange(8)
        return sealed(bytes(packet))

    def damaged(self) -> bytes:
        """A frame with octets another, gone or come, zeros among them."""
        octets = bytearray(self.of_a_stream())
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            at = self._random.randrange(len(octets))
            what = self._random.randrange(5)
            if what < 3:
                octets[at] = self._random.choice((0, 1, 255, octets[at] ^ 1 << self._random.randrange(8)))
            elif what == 3:
                del octets[at : at + self._random.randrange(4)]
            else:
                octets[at:at] = self._random.randbytes(self._random.randrange(3))
            octets = octets or bytearray(1)
        return bytes(octets)

    def _header(self, apid: int, length: int) -> bytes:
        primary = struct.pack(">HHH", 0x0800 | apid % 2048, 0xC000 | self._random.randrange(2**14), max(length, 7) - 7)
        return primary + self._random.choice((self._random.randbytes(12), bytes(12), b"\xff" * 12))

    def _body(self, size: int) -> bytes:
        return bytes(self._random.choices(self._random.choice((range(256), range(1, 256), (0,), (0, 0, 0, 7))), k=size))


@pytest.mark.parametrize("definition", [BENCH, CLIMATE], ids=["bench", "climate"])
def test_c_says_what_numpy_says_of_hostile_octets(definition):
    for seed in range(BUFFERS):
        assert_same(Hostile(seed, definition).octets(STRETCHES), definition)


def test_c_says_what_numpy_says_of_all_hostile_octets_at_once():
    octets = b"".join(Hostile(seed, CLIMATE).octets(200) for seed in range(200))
    assert_same(octets, CLIMATE)
    found = accelerator.deframe_in_c(octets, CLIMATE)
    assert {reason for _, _, reason in found.rejects} == {"cobs", "crc", "length", "header", "apid", "size"}
    assert all(len(packets.ends) > 100 for packets in found.streams) and len(found.others) > 100 and found.idle > 100


def test_tables_for_the_crc_say_what_its_products_say(with_tables):
    for seed in range(BUFFERS // 10):
        assert_same(Hostile(seed, CLIMATE).octets(STRETCHES), CLIMATE)


def test_c_judges_each_stretch_as_the_wire_does():
    random, reasons = Random(1), set()
    hostile = Hostile(1, CLIMATE)
    for _ in range(BUFFERS):
        octets = hostile.octets(STRETCHES)
        for encoded in octets.split(b"\0"):
            assert_judged_the_same(encoded)
            reasons.add(frame.judge(encoded)[1])
        # And with delimiters inside, which nobody hands to it.
        at = random.randrange(len(octets) + 1)
        assert_judged_the_same(octets[at : at + random.randrange(256)])
    assert reasons == {"oversize", "cobs", "crc", "length", "header", None}


@settings(deadline=None, max_examples=500)
@given(st.one_of(st.binary(max_size=260), st.binary(max_size=248).map(sealed)))
def test_c_judges_any_octets_as_the_wire_does(encoded):
    assert_judged_the_same(encoded)


@pytest.mark.parametrize("octet", [0, 1, 2, 254, 255])
def test_c_says_what_numpy_says_of_one_octet_over_and_over(octet):
    for size in range(261):
        assert_same(bytes([octet]) * size + b"\0", CLIMATE)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(st.binary(max_size=260), st.binary(min_size=20, max_size=248).map(sealed)), max_size=12))
def test_c_says_what_numpy_says_of_any_octets(stretches):
    assert_same(b"".join(stretch + b"\0" for stretch in stretches), CLIMATE)
