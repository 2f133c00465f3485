"""A recording that ends anywhere gives all that was flushed before, octet for octet."""

import random
from bisect import bisect_right

import pytest

from freefall.recording import LinkBack, LinkLost, Recorder, open_recording, open_run, recover

START_NS = 1_790_000_000_123_456_789
CUTS = 1000


@pytest.fixture(scope="module")
def run_with_flushes(tmp_path_factory):
    """The octets of a recording, the stream in it, and after each flush (octets of the file, octets of the stream)."""
    path = tmp_path_factory.mktemp("run") / "run.mcap"
    rng = random.Random(7)
    stream, now_ns = bytearray(), START_NS
    with Recorder(path, None, "a test", "a note", start_ns=START_NS) as recorder:
        flushes = [(path.stat().st_size, 0)]
        for i in range(700):
            data = rng.randbytes(rng.choice([0, 1, 60, 64, 500, 1500]))
            now_ns += rng.choice([1_000_000, 20_000_000, 300_000_000])
            recorder.write(data, now_ns)
            stream += data
            if i % 150 == 149:
                recorder.mark(LinkLost(now_ns, "it went away"))
                recorder.mark(LinkBack(now_ns + 5))
            if path.stat().st_size > flushes[-1][0]:
                flushes.append((path.stat().st_size, len(stream)))
    return path.read_bytes(), bytes(stream), flushes


def test_everything_flushed_before_the_cut_is_read_at_each_of_a_thousand_offsets(run_with_flushes, tmp_path):
    octets, stream, flushes = run_with_flushes
    header_end = octets.index(b"freefall") + len("freefall")
    path = tmp_path / "cut.mcap"
    sizes = [size for size, _ in flushes]
    read_lengths = []
    for cut in sorted(random.Random(11).choices(range(header_end, len(octets)), k=CUTS)):
        path.write_bytes(octets[:cut])
        recording = open_recording(path)
        read = b"".join(data for _, data in recording.chunks())
        before = bisect_right(sizes, cut)
        flushed = flushes[before - 1][1] if before else 0
        assert len(read) >= flushed, f"cut at {cut}"
        assert read == stream[: len(read)], f"cut at {cut}"
        assert recording.cut_at == cut and not recording.damage_count and not recording.complete
        read_lengths.append(len(read))
    assert read_lengths == sorted(read_lengths)
    assert read_lengths[0] < len(stream) // 20 and read_lengths[-1] > len(stream) // 20 * 19, "the cuts are all over the file"


def test_what_is_rescued_of_a_cut_recording_is_what_was_read_of_it(run_with_flushes, tmp_path):
    octets, _, _ = run_with_flushes
    cut, rescued = tmp_path / "cut.mcap", tmp_path / "rescued.mcap"
    for at in sorted(random.Random(12).choices(range(500, len(octets)), k=25)):
        cut.write_bytes(octets[:at])
        rescue = recover(open_run(cut), rescued, overwrite=True)
        read, whole = open_recording(cut), open_recording(rescued)
        assert list(whole.contents()) == list(read.contents())
        assert rescue.octets == sum(len(data) for _, data in read.chunks())
        assert f"cut at octet {at}" in rescue.problem
        assert whole.complete and whole.problem is None
