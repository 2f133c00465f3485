"""Gaps of the link: what is written is read, whatever else befalls the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.recording import LinkBack, LinkGap, LinkLost, Recorder, open_recording
from freefall.recording.link import from_metadata, gaps_in, to_metadata
from freefall.recording.times import from_rfc3339, rfc3339

START_NS = 1_790_000_000_123_456_789
TIMES = st.integers(0, 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
EVENTS = st.one_of(
    st.builds(LinkLost, TIMES, TEXT),
    st.builds(LinkBack, TIMES),
    st.tuples(TIMES, st.binary(min_size=1, max_size=100)),
)


@given(TIMES)
def test_time_as_text_is_the_same_time(time_ns):
    assert from_rfc3339(rfc3339(time_ns)) == time_ns


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-11-21T04:47:21Z", "2026-13-21T04:47:21.000000000Z", "1969-12-31T23:59:59.999999999Z",
     "2262-04-11T23:47:16.854775808Z", "2026-11-21T04:47:21.000000000+00:00", "0000-00-00T00:00:00.000000000Z"],
)  # fmt: skip
def test_text_that_is_no_time_of_a_recording_is_none(text):
    assert from_rfc3339(text) is None


@given(st.one_of(st.builds(LinkLost, TIMES, TEXT), st.builds(LinkBack, TIMES)))
def test_event_survives_its_metadata(event):
    assert from_metadata(*to_metadata(event)) == event


@pytest.mark.parametrize(("name", "content"), [("link.lost", {}), ("link.back", {"time": "now"}), ("freefall", {"time": "x"})])
def test_record_that_makes_no_sense_is_no_event(name, content):
    assert from_metadata(name, content) is None


def test_record_of_another_name_is_no_event():
    assert from_metadata("link.lot", to_metadata(LinkBack(5))[1]) is None


@given(st.lists(EVENTS, max_size=15))
def test_whatever_is_written_is_read_in_its_order(tmp_path_factory, events):
    path = tmp_path_factory.mktemp("link") / "run.mcap"
    with Recorder(path, None, "test", start_ns=START_NS) as recorder:
        for event in events:
            if isinstance(event, tuple):
                recorder.write(event[1], event[0])
            else:
                recorder.mark(event)
    recording = open_recording(path)
    assert list(recording.contents()) == events
    assert list(recording.chunks()) == [event for event in events if isinstance(event, tuple)]
    assert recording.complete, recording.problem
    assert recording.gaps == gaps_in(event for event in events if not isinstance(event, tuple))


def test_gaps_are_losses_with_their_returns():
    events = [LinkBack(1), LinkLost(2, "a"), LinkBack(5), LinkBack(6), LinkLost(7, "b"), LinkLost(8, "c")]
    assert gaps_in(events) == [LinkGap(2, 5, "a"), LinkGap(7, None, "b"), LinkGap(8, None, "c")]
    assert gaps_in([LinkLost(10**9, "a"), LinkBack(3 * 10**9)])[0].seconds == 2.0
    assert gaps_in([LinkLost(0, "a")])[0].seconds is None


def test_mark_is_flushed_at_once_with_all_before_it(tmp_path):
    recorder = Recorder(tmp_path / "run.mcap", None, "test", start_ns=START_NS)
    recorder.write(b"last words", START_NS)
    recorder.mark(LinkLost(START_NS, "it went away"))
    recording = open_recording(tmp_path / "run.mcap")
    assert list(recording.contents()) == [(START_NS, b"last words"), LinkLost(START_NS, "it went away")]
    assert not recording.complete
    recorder.close()


def test_damaged_mark_costs_no_octet_and_cut_one_is_left_out(tmp_path):
    path = tmp_path / "run.mcap"
    with Recorder(path, None, "test", start_ns=START_NS) as recorder:
        recorder.write(b"A" * 50, START_NS)
        recorder.mark(LinkLost(START_NS, "it went away"))
        recorder.mark(LinkBack(START_NS + 1))
        recorder.write(b"B" * 50, START_NS + 2)
    octets = path.read_bytes()
    begin, end = octets.index(b"link.lost") - 13, octets.index(b"B" * 50)
    for at in range(begin, end):
        path.write_bytes(octets[:at] + bytes([octets[at] ^ 0x81]) + octets[at + 1 :])
        recording = open_recording(path)
        read = b"".join(data for _, data in recording.chunks())
        assert b"A" * 50 in read and b"B" * 50 in read, f"octet {at}"
        assert not recording.complete
    for cut in range(begin, end):
        path.write_bytes(octets[:cut])
        recording = open_recording(path)
        assert b"".join(data for _, data in recording.chunks()) == b"A" * 50
        assert len(recording.gaps) <= 1
