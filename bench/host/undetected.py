"""Measures how often damage to a frame is taken for another packet.

    python bench/host/undetected.py [--count N] [--seed N] [--workers N] [--json]

A trial damages the octets of `0x00 frame 0x00`, delimiters included, between two intact frames. Every pattern of 1 and 2
flipped bits is tried; 3 flipped bits and bursts (2..64 bits, first and last flipped, any between) are drawn at random. Columns:

undetected    a packet came out that nobody sent: the rate looked for
zeros moved   stretches where a code octet or a delimiter was hit or made and that still are COBS of at least 24 octets: here
              a CRC's Hamming distance promises nothing and each is missed with a chance of about 2^-32
caught later  of those, how many the checks after the CRC (length, header, apid, size) would catch had the CRC agreed
crc16 hits    of those, how many leave a CRC difference whose low 16 bits are zero; chance says one in 65536
estimate      undetected rate to expect: (zeros moved - caught later) / trials x 2^-32

Trials that leave the delimiters alone go through freefall_wire's `cobs`, `crc32` and `judge`; others through FrameDecoder with
the neighbours. Every 5000th trial and every undetected one is also judged by FrameDecoder and by the oracle; they must agree.
"""

import argparse
import itertools
import json
import os
import random
import sys
import time
from multiprocessing import Pool
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "firmware"), str(ROOT / "tests")]

from freefall_wire import cobs, frame, packet  # noqa: E402
from freefall_wire.crc import crc32  # noqa: E402
from oracle import codec, receiver  # noqa: E402

PAYLOAD = receiver.Payload(base_apid=64, streams=((9, 25), (2, 10)))
CHECK_EVERY = 5000
# "intact": the packet came out as it was sent. In JSON only, for it never does.
COUNTS = ("trials", "undetected", "intact", "zeros_moved", "caught_later", "crc16_hits", "checked_by_oracle")
CHUNK = 20_000  # random trials with a seed of their own, so that the figures do not depend on the number of workers


def contents():
    """name -> packet: a vibration packet of 244 octets and an event of 40, with many zeros and with few."""
    source = random.Random(0)
    rest = [source.randint(0, 200).to_bytes(3, "big") for _ in range(75)]  # at rest, near 0 g: most high octets are zero
    shaking = [bytes(source.randint(1, 255) for _ in range(3)) for _ in range(75)]
    at = {"apid": 64, "sequence_count": 77, "counter": 3, "time": codec.encode_time(1234, 567_891)}
    full = {"version_major": 1, "version_minor": 2, "version_patch": 3, "wire_format": 1, "reset_cause": 1}
    return {
        "stream 244, zero-rich": samples(rest),
        "stream 244, zero-poor": samples(shaking),
        "event 40, zero-rich": codec.event(3, {"stream": 0, "spare": 0, "bus_errors": 1}, **at),
        "event 40, zero-poor": codec.event(1, {"boot_count": 0x01020304, "definition_id": 0x1A2B3C4D, **full}, **at),
    }


def samples(words):
    """A full stream packet of 25 samples of three words."""
    octets = b"".join(words)
    parts = [octets[at : at + 9] for at in range(0, 225, 9)]
    at = {"apid": 65, "sequence_count": 4242, "time": codec.encode_time(1234, 567_891)}
    return codec.stream_packet(parts, 30_864, samples_per_packet=25, **at)


class Target:
    """One packet on the wire and what became of every trial on it."""

    def __init__(self, sent):
        self.sent = sent
        encoded = codec.encode_frame(sent)
        self.wire = b"\x00" + encoded + b"\x00"
        self.before = b"\x00" + codec.encode_frame(BEFORE)
        self.after = codec.encode_frame(AFTER) + b"\x00"
        self.expected = {sent, BEFORE, AFTER}
        self.is_code = [False] * len(self.wire)
        at = 1
        while at <= len(encoded):
            self.is_code[at] = True
            at += self.wire[at]
        self.counts = dict.fromkeys(COUNTS, 0)

    def trial(self, wire, octets_hit):
        """Judge the wire after damage to these octets."""
        counts = self.counts
        counts["trials"] += 1
        inner = wire[1:-1]
        if wire[0] or wire[-1]:
            delivered = self.decoded(wire, count=True)
        elif 0 in inner:
            delivered = [found for part in inner.split(b"\x00") if part and (found := self.judged(part, moved=True))]
        else:
            found = self.judged(inner, moved=any(self.is_code[at] for at in octets_hit))
            delivered = [found] if found else []
        wrong = any(found not in self.expected for found in delivered)
        counts["undetected"] += wrong
        counts["intact"] += self.sent in delivered
        if wrong or counts["trials"] % CHECK_EVERY == 0:
            self.check(wire, delivered)

    def judged(self, part, moved):
        """The packet that a stretch is taken for, or None; counted as exposed if damage may have moved its zeros."""
        data = cobs.decode(part)
        if data is None or len(data) < packet.MIN_LEN + frame.CRC_LEN:
            return None
        found = data[:-4]
        difference = crc32(found) ^ int.from_bytes(data[-4:], "big")
        if moved:
            self.counts["zeros_moved"] += 1
            self.counts["caught_later"] += not plausible(found)
            self.counts["crc16_hits"] += difference & 0xFFFF == 0
        return None if difference else frame.judge(part)[0]

    def decoded(self, wire, count=False):
        """Packets that FrameDecoder delivers, less the neighbours that came through."""
        delivered = []
        for one in frame.FrameDecoder().feed(self.before + wire + self.after):
            if one.packet not in (BEFORE, AFTER, None):
                delivered.append(one.packet)
            if count and one.encoded and one.packet not in (BEFORE, AFTER):
                self.judged(one.encoded, moved=True)
        return delivered

    def check(self, wire, delivered):
        """Raise AssertionError unless FrameDecoder and the oracle deliver the same."""
        self.counts["checked_by_oracle"] += 1
        heard = receiver.receive(self.before + wire + self.after).packets
        oracle = [one for one in heard if one not in (BEFORE, AFTER)]
        assert delivered == self.decoded(wire) == oracle, wire.hex()


PACKETS = contents()
BEFORE = codec.event(2, {"sensor": 1, "reason": 2}, apid=64, sequence_count=1, counter=0, time=bytes(7))
AFTER = codec.event(2, {"sensor": 2, "reason": 1}, apid=64, sequence_count=2, counter=1, time=bytes(7))


def plausible(found):
    """Whether the checks after the CRC let this packet through."""
    return receiver.judge_packet(bytes(found), PAYLOAD) is None


def flips_with_first(job):
    """All patterns of `flips` bits (1 or 2) whose first bit is one of these."""
    name, flips, firsts = job
    target = Target(PACKETS[name])
    wire = bytearray(target.wire)
    bits = 8 * len(wire)
    for first in firsts:
        wire[first // 8] ^= 0x80 >> first % 8
        if flips == 1:
            target.trial(bytes(wire), (first // 8,))
        else:
            for second in range(first + 1, bits):
                at, mask = second // 8, 0x80 >> second % 8
                wire[at] ^= mask
                target.trial(bytes(wire), (first // 8, at))
                wire[at] ^= mask
        wire[first // 8] ^= 0x80 >> first % 8
    return name, f"{flips} bit" + "s" * (flips > 1), target.counts


def random_damage(job):
    """`count` patterns of three bits or of one burst, from this seed."""
    name, kind, seed, count = job
    target = Target(PACKETS[name])
    source = random.Random(seed)
    length = len(target.wire)
    value = int.from_bytes(target.wire, "big")
    for _ in range(count):
        if kind == "3 bits":
            places = source.sample(range(8 * length), 3)
            pattern = sum(1 << place for place in places)
        else:
            size = source.randint(2, 64)
            pattern = (1 << size - 1 | source.getrandbits(size) | 1) << source.randint(0, 8 * length - size)
        hit = [at for at, octet in enumerate(pattern.to_bytes(length, "big")) if octet]
        target.trial((value ^ pattern).to_bytes(length, "big"), hit)
    return name, kind, target.counts


def jobs(count, seed):
    """(function, argument) of every piece of the work."""
    for name, sent in PACKETS.items():
        bits = 8 * (len(codec.encode_frame(sent)) + 2)
        yield flips_with_first, (name, 1, range(bits))
        for start in range(16):
            yield flips_with_first, (name, 2, range(start, bits, 16))
        for kind, chunk in itertools.product(("3 bits", "burst"), range(-(-count // CHUNK))):
            many = min(CHUNK, count - chunk * CHUNK)
            yield random_damage, (name, kind, f"{seed} {name} {kind} {chunk}", many)


def run(job):
    """One piece of the work, in a worker."""
    function, argument = job
    return function(argument)


def measure(count, seed, workers):
    """Rows of the table, one per frame and kind of damage."""
    rows = {}
    with Pool(workers) as pool:
        for name, kind, counts in pool.imap_unordered(run, list(jobs(count, seed))):
            row = rows.setdefault((name, kind), dict.fromkeys(COUNTS, 0))
            for key, value in counts.items():
                row[key] += value
    table = []
    for name, kind in itertools.product(PACKETS, ("1 bit", "2 bits", "3 bits", "burst")):
        row = rows.get((name, kind))
        if row:
            exposed = row["zeros_moved"] - row["caught_later"]
            table.append({"frame": name, "damage": kind, **row, "estimate": exposed / row["trials"] / 2**32})
    return table


def main():
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200_000, help="random trials per frame and kind (default 200000)")
    parser.add_argument("--seed", type=int, default=1, help="of the random trials (default 1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes (default: one per processor)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args()
    started = time.monotonic()
    table = measure(options.count, options.seed, options.workers)
    seconds = time.monotonic() - started
    if options.json:
        print(json.dumps({"seed": options.seed, "count": options.count, "seconds": round(seconds, 1), "rows": table}, indent=1))
        return
    columns = ("undetected", "zeros_moved", "caught_later", "crc16_hits")
    print(f"{'frame':22} {'damage':7} {'trials':>9} " + " ".join(f"{c.replace('_', ' '):>12}" for c in columns) + "  estimate")
    for row in table:
        numbers = " ".join(f"{row[column]:12}" for column in columns)
        print(f"{row['frame']:22} {row['damage']:7} {row['trials']:9} {numbers}  {row['estimate']:.1e}")
    trials, moved = (sum(row[key] for row in table) for key in ("trials", "zeros_moved"))
    hits, checked = (sum(row[key] for row in table) for key in ("crc16_hits", "checked_by_oracle"))
    print(f"\n{trials} trials in {seconds:.0f} s, {checked} of them also judged by the oracle.")
    print(f"CRC differences with 16 low zeros: {hits}, {moved / 65536:.1f} by chance.")


if __name__ == "__main__":
    main()
