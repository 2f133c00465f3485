"""A link counts to the sample and to the board's nanosecond, and says what it waited for in vain."""

import re
import traceback
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import freefall
from freefall.board.virtual import VirtualBoard
from freefall.decode import BoardReport, CoefficientReport, Decoder, SamplePacket, Summary
from freefall.definition import load_definition
from freefall.errors import DefinitionNeeded, DeviceError, FreefallError, WrongDefinition
from freefall.port.open import open_port
from freefall.recording import open_recording
from freefall.testing import BenchBoard, FakePort, LiveLink, NotInTime, open_link, record_board

PLANT_GROWTH = Path(freefall.__file__).parents[2] / "payload_defs" / "plant_growth"


class FakeTime:
    """Stands still until it is moved; look_s: what a look costs."""

    def __init__(self, look_s=0.0):
        self.now_s = 0.0
        self.look_s = look_s

    def clock(self):
        self.now_s += self.look_s
        return self.now_s

    def now_ns(self):
        return round(self.now_s * 1e9)


def pieces(octets, size):
    return [octets[at : at + size] for at in range(0, len(octets), size)]


def truth(board, sensor):
    """Octets of every sample the sensor made."""
    return [sample.raw for sample in board.sensors[sensor].produced]


def raw_octets(items, stream):
    return [row.tobytes() for item in items if isinstance(item, SamplePacket) and item.stream.name == stream for row in item.raw]


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 3000), n=st.integers(1, 3000))
def test_taken_samples_are_so_many_and_the_sensors_own_however_octets_come(ten_seconds, definition, size, n):
    board, octets = ten_seconds
    link = LiveLink(FakePort(pieces(octets, size), definition))
    taken = link.take("vibration", n)
    assert len(taken) == n and taken.lost == 0
    assert taken.table.index.tolist() == list(range(n))
    assert raw_octets(link.items, "vibration")[:n] == truth(board, "accel")[:n]


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 3000), ms=st.integers(1, 4000))
def test_taken_seconds_hold_every_sample_in_them_and_none_after(ten_seconds, definition, size, ms):
    _, octets = ten_seconds
    taken = LiveLink(FakePort(pieces(octets, size), definition)).take("vibration", seconds=ms / 1000)
    time_ns = taken.table.time_ns - taken.table.time_ns[0]
    assert time_ns[-1] < ms * 1_000_000
    assert len(taken) in (ms, ms + 1)  # a time is cut to the microsecond


def test_what_is_taken_next_comes_after_what_was_taken_before(ten_seconds, definition):
    with LiveLink(FakePort(pieces(ten_seconds[1], 40), definition)) as link:
        first, second = link.take("vibration", 500), link.take("vibration", seconds=1)
        assert second.table.index[0] >= first.table.index[-1]
        link.wait(samples=3, stream="temperature")
        everything = link.stream("vibration")
        assert everything.table.index[0] == 0 and everything.lost == 0
        assert np.array_equal(everything.values["x"][:500], first.values["x"])


def test_seconds_of_a_wait_are_the_boards(definition):
    with open_link("sim://" + str(Path(freefall.__file__).parents[2] / "payload_defs" / "vibration") + "?speed=max") as link:
        for _ in range(3):
            before = link.summary.seconds
            items = link.wait(seconds=1.5)
            assert 1.5 <= link.summary.seconds - before < 1.6
            assert items == link.items[-len(items) :]
        assert link.ledger.closed and not link.ledger.lost
        assert repr(link).startswith("<link of vibration on sim://")


def test_wait_for_a_recording_takes_no_more_of_it_than_asked_for(definition, tmp_path):
    path = record_board(tmp_path / "run.mcap", definition, 9)
    with open_link(f"replay:{path}?speed=max") as link:
        link.wait(seconds=3)
        assert 3 <= link.summary.seconds < 3.1
        assert link.take("vibration", n=50).table.index[0] < 3100
        link.finish()
        assert link.ledger.counters.octets_fed == sum(len(octets) for _, octets in open_recording(path).chunks())


def test_wait_for_samples_of_all_streams_counts_them_together(ten_seconds, definition):
    link = LiveLink(FakePort(pieces(ten_seconds[1], 30), definition))
    items = link.wait(samples=1200)
    came = sum(len(item.raw) for item in items if isinstance(item, SamplePacket))
    assert 1200 <= came < 1200 + 25  # a packet holds that many
    assert {item.stream.name for item in items if isinstance(item, SamplePacket)} == {"vibration", "temperature"}


def test_what_came_before_a_wait_is_decoded_and_not_counted(ten_seconds, definition):
    """As on a wire that was read ahead while the test did something else."""
    octets = pieces(ten_seconds[1], 1000)
    time = FakeTime()
    stale, fresh = octets[:40], octets[40:]

    class ReadAheadPort(FakePort):
        def chunks(self):
            yield from ((10, piece) for piece in stale)
            yield from ((20, piece) for piece in fresh)

    link = LiveLink(ReadAheadPort(b"", definition), clock=time.clock, now_ns=lambda: 15)
    taken = link.take("vibration", n=100)
    before = Summary(definition)
    skipped = sum(len(item.raw) for piece in stale for item in before.feed(piece)
                  if isinstance(item, SamplePacket) and item.stream.name == "vibration")  # fmt: skip
    assert taken.table.index.tolist() == list(range(skipped, skipped + 100))
    assert link.stream("vibration").table.index[0] == 0

    link = LiveLink(ReadAheadPort(b"", definition), clock=time.clock, now_ns=lambda: 15)
    items = link.wait(seconds=1)
    assert link.summary.seconds - before.seconds >= 1
    assert all(item.host_ns == 20 for item in items if isinstance(item, SamplePacket))


def test_reboot_in_the_middle_costs_no_count(definition):
    first, second = BenchBoard(definition).run(1.35), VirtualBoard(definition, boot_count=2).advance(3_000_000_000)
    link = LiveLink(FakePort(pieces(first + second, 50), definition))
    taken = link.take("vibration", n=2500)
    assert len(taken) == 2500 and taken.lost == 0
    assert set(taken.table.boot.tolist()) == {0, 1}
    assert taken.rate_hz == pytest.approx(1000, rel=1e-4)
    assert taken.stream is definition.stream("vibration")
    # Seconds go on in the next boot; there are not so many in either.
    taken = LiveLink(FakePort(pieces(first + second, 50), definition)).take("vibration", seconds=3.5)
    assert len(taken) == pytest.approx(3500, abs=2) and set(taken.table.boot.tolist()) == {0, 1}


def test_values_wait_for_the_coefficients_of_their_sensor():
    definition = load_definition(PLANT_GROWTH)
    stream = definition.streams[0]
    octets = BenchBoard(definition).run(60)
    kept, dropped = [], 0
    for piece in octets.split(b"\0"):
        told = Decoder(definition).feed(b"\0" + piece + b"\0")
        if piece and not dropped and isinstance(told[-1], CoefficientReport):
            dropped += 1
        else:
            kept.append(piece + b"\0")
    assert dropped == 1
    link = LiveLink(FakePort(kept, definition))
    taken = link.take(stream.name, n=2)
    assert len(taken) == 2 and not any(np.isnan(values).any() for values in taken.values.values())
    silent = [piece for piece in kept
              if not any(isinstance(item, CoefficientReport) for item in Decoder(definition).feed(b"\0" + piece))]  # fmt: skip
    with pytest.raises(NotInTime, match=r"waited for 2 samples of \w+, and \d+ came \(without the sensor's coefficients\) in 1"):
        LiveLink(FakePort(silent, definition)).take(stream.name, n=2)


# In vain --------------------------------------------------------------------------------------------------------


def test_stream_that_is_silent_while_the_board_speaks_is_told_by_the_boards_time(definition):
    board = BenchBoard(definition)
    board.sensors["accel"].absent = True

    def running():
        while True:
            yield board.run(0.05)

    link = LiveLink(FakePort(running(), definition))
    with pytest.raises(NotInTime) as told:
        link.take("vibration", n=100)
    # Ten seconds, two of its reports, and twice what a hundred samples take; it speaks once a second.
    assert 12.2 <= board.seconds <= 13.4
    assert re.fullmatch(
        r"waited for 100 samples of vibration, and 0 came in 1[23]\.\d s of the board's time\. "
        r"On fake port altogether: \d+ octets, 0 samples of vibration, 1\d samples of temperature, \d+ good frames, 0 rejected\.",
        str(told.value),
    )


def test_board_that_is_silent_is_told_by_the_clock(definition):
    def noise():
        while True:
            yield b"noise\0"

    time = FakeTime(look_s=0.25)
    link = LiveLink(FakePort(noise(), definition), clock=time.clock)
    with pytest.raises(NotInTime) as told:
        link.wait(seconds=1)
    assert time.now_s == pytest.approx(12.5, abs=0.5)
    assert "waited for 1 s of the board's time, and 0.000 s came; nothing that decodes has come for 12." in str(told.value)
    assert re.search(r"0 good frames, \d+ rejected \(1 fragment, \d+ cobs\)\.$", str(told.value))


@pytest.mark.parametrize("wait", [{"seconds": 1}, {"samples": 10}, {"samples": 10, "stream": "vibration"}])
def test_timeout_of_ones_own_stands_for_both_limits(definition, wait):
    time = FakeTime(look_s=0.25)
    link = LiveLink(FakePort(iter(lambda: b"", None), definition), clock=time.clock)
    with pytest.raises(NotInTime, match="nothing that decodes has come for 3"):
        link.wait(**wait, timeout_s=3)
    assert time.now_s == pytest.approx(3.25, abs=0.3)


def test_port_that_ends_too_early_says_how_far_it_came(ten_seconds, definition):
    link = LiveLink(FakePort(pieces(ten_seconds[1], 100), definition))
    with pytest.raises(NotInTime, match="waited for 20 s of the board's time, and 9.9.. s came; then fake port ended"):
        link.wait(seconds=20)


def test_port_is_read_to_its_end(ten_seconds, definition):
    link = LiveLink(FakePort(pieces(ten_seconds[1], 1000), definition))
    items = link.finish()
    assert items == link.items and sum(isinstance(item, BoardReport) for item in items) == 10
    assert link.ledger.counters.octets_fed == len(ten_seconds[1])
    assert link.finish() == []
    endless = LiveLink(FakePort(iter(lambda: b"", None), definition), clock=FakeTime(look_s=1).clock)
    with pytest.raises(NotInTime, match="fake port had not ended after 5 s"):
        endless.finish(timeout_s=5)


@pytest.mark.parametrize("call", [lambda link: link.wait(seconds=1), lambda link: link.take("vibration", 5), LiveLink.finish])
def test_error_of_the_port_comes_through_without_the_way_it_took(definition, call):
    def gone():
        yield b""
        raise DeviceError("the port went away")

    link = LiveLink(FakePort(gone(), definition))
    with pytest.raises(DeviceError, match="^the port went away$") as raised:
        call(link)
    way = {Path(step.filename).name for step in traceback.extract_tb(raised.value.__traceback__)}
    assert way == {"test_link.py", "link.py"}
    assert raised.value.__cause__ is None and raised.value.__suppress_context__


def test_foreign_definition_is_refused_by_id(definition, vibration):
    text = (vibration / "payload.toml").read_text().replace("odr_hz = 1000", "odr_hz = 500")
    foreign = freefall.definition.parse_definition(text, "foreign.toml")
    with pytest.raises(WrongDefinition, match=f"{foreign.definition_id:08x}.*{definition.definition_id:08x}"):
        LiveLink(FakePort([BenchBoard(foreign).run(1)], definition)).wait(seconds=1)


def test_wrong_use_is_told(definition):
    link = LiveLink(FakePort(b"", definition))
    for wrong in ({}, {"seconds": 1, "samples": 1}):
        with pytest.raises(TypeError, match="either seconds or samples"):
            link.wait(**wrong)
    for wrong in ({}, {"n": 1, "seconds": 1}):
        with pytest.raises(TypeError, match="either n or seconds"):
            link.take("vibration", **wrong)
    for call in (link.take, link.stream, lambda name, n=1: link.wait(samples=n, stream=name)):
        with pytest.raises(KeyError, match='no stream "vibrations" in payload vibration; it has vibration, temperature'):
            call(*["vibrations", 1][: 1 if call == link.stream else 2])
    with pytest.raises(DefinitionNeeded, match="fake port carries no payload definition"):
        LiveLink(FakePort(b""))


def test_nothing_is_read_before_a_wait_and_nothing_after_the_end():
    url = f"sim://{PLANT_GROWTH}?speed=max"
    with open_link(url) as link:
        assert link.items == [] and link.ledger.counters.octets_fed == 0
    with open_port(url) as port, LiveLink(port) as link:
        link.wait(seconds=1)
    with pytest.raises((NotInTime, FreefallError), match="then sim://.* ended"):
        link.wait(seconds=1)


def test_frames_are_what_the_link_counts(ten_seconds, definition):
    link = LiveLink(FakePort(ten_seconds[1], definition))
    link.finish()
    assert link.ledger.counters.frames_accepted == len(list(filter(None, ten_seconds[1].split(b"\0"))))
