"""Service packets, octet for octet what the oracle makes of the same values."""

import pytest

from freefall_board.core import words as at
from freefall_board.core.clock import OnBoardClock
from freefall_board.core.reporter import Identity, Reporter
from freefall_wire import frame, reports
from oracle import codec
from unit.firmware.parts import TICKS_MODULO, Frames, Ticks

_APID = 64
_MOST = TICKS_MODULO - 1
_BOOT = {
    "boot_count": 7, "version_major": 1, "version_minor": 22, "version_patch": 255, "wire_format": 1,
    "definition_id": 0xF1E2D3C4, "reset_cause": 2,
}  # fmt: skip
_SECONDS, _MICROS = 3, 141_592


class Bench:
    """A reporter at 3.141592 s of on-board time, and the packets it made."""

    def __init__(self):
        ticks = Ticks()
        clock = OnBoardClock(ticks.now, ticks.diff)
        ticks.true_us = _SECONDS * 1_000_000 + _MICROS
        clock.update()
        ticks.true_us += 999  # not yet taken: a report is dated with the pass it belongs to
        self.frames = Frames()
        self.reporter = Reporter(
            _APID, Identity(7, "1.22.255", bytes.fromhex("f1e2d3c4"), 2, 2, 3), clock, frame.seal_in_place, self.frames
        )

    @property
    def packets(self):
        return self.frames.packets


@pytest.fixture
def bench():
    return Bench()


def header(sequence_count, counter):
    """The oracle's arguments for the bench's time."""
    time = codec.encode_time(_SECONDS, _MICROS)
    return {"apid": _APID, "sequence_count": sequence_count, "counter": counter, "time": time}


_HEAD = 5  # of the ring, in every snapshot here


class Sampler:
    """A sampler that counted what a ledger's fields say, and has a read of so many samples under way."""

    def __init__(self, values, reading=0):
        self._values = values
        self._reading = reading

    def snapshot(self, into):
        """See Sampler."""
        assert len(into) == at.SNAPSHOT_LEN
        values = self._values
        into[at.SEEN] = (values["seen"] + self._reading) % TICKS_MODULO
        into[at.READING] = self._reading
        into[at.TAKEN], into[at.BUS_ERRORS], into[at.OVERRUNS] = values["taken"], values["bus_errors"], values["overruns"]
        into[at.LONGEST_US] = values["longest_interrupt_us"]
        into[at.HEAD] = _HEAD


class Packetizer:
    """A packetizer that counted what a ledger's fields say."""

    def __init__(self, values):
        self._values = values
        for name in ("most_waiting", "framed", "samples_sent", "samples_dropped", "packets_sent", "packets_dropped"):
            setattr(self, name, values[name])

    def pending(self, head):
        """See Packetizer."""
        assert head == _HEAD, "what the ring held when the counters were what they are"
        return self._values["pending"]

    def late(self):
        """See Packetizer."""
        return self._values["late"]


_COUNTED = {
    name: number * 1_000_003 for number, (name, _) in enumerate(codec.LEDGER) if name not in ("sid", "most_waiting")
}  # fmt: skip
_ORDINARY = {"most_waiting": 300, **_COUNTED}
_FULL = {**dict.fromkeys(_COUNTED, _MOST), "most_waiting": 65535}
_EMPTY = dict.fromkeys(_ORDINARY, 0)


def test_boot_event_is_the_oracles(bench):
    bench.reporter.boot()
    assert bench.packets == [codec.event(1, {**_BOOT, "slot": 2, "failed_boots": 3}, **header(0, 0))]


@pytest.mark.parametrize("reason", [reports.NO_ANSWER, reports.WRONG_IDENTITY, reports.NOT_CONFIGURED])
@pytest.mark.parametrize("sensor", [0, 7])
def test_sensor_absent_is_the_oracles(bench, sensor, reason):
    bench.reporter.sensor_absent(sensor, reason)
    assert bench.packets == [codec.event(2, {"sensor": sensor, "reason": reason}, **header(0, 0))]


@pytest.mark.parametrize("event", [reports.SENSOR_STOPPED, reports.SENSOR_BACK])
@pytest.mark.parametrize(("stream", "bus_errors"), [(0, 0), (7, _MOST)])
def test_sensor_state_is_the_oracles(bench, event, stream, bus_errors):
    bench.reporter.sensor_state(event, stream, bus_errors)
    values = {"stream": stream, "spare": 0, "bus_errors": bus_errors}
    assert bench.packets == [codec.event(event, values, **header(0, 0))]


@pytest.mark.parametrize("values", [_ORDINARY, _FULL, _EMPTY], ids=["ordinary", "full", "empty"])
@pytest.mark.parametrize("stream", [0, 7])
def test_ledger_is_the_oracles(bench, stream, values):
    bench.reporter.ledger(stream, Sampler(values), Packetizer(values))
    assert bench.packets == [codec.housekeeping({"sid": 256 + stream, **values}, **header(0, 0))]


@pytest.mark.parametrize("longest_us", [0, 12_345, _MOST])
def test_board_report_is_the_oracles(bench, longest_us):
    bench.frames.most_waiting, bench.frames.size = 8000, 8192
    bench.reporter.built, bench.reporter.dropped = _MOST, 5
    bench.reporter.board(8, longest_us)
    values = {"sid": 1, "streams": 8, **_BOOT, "longest_pass_us": longest_us, "most_waiting": 8000, "queue_size": 8192}
    values |= {"service_built": _MOST, "service_dropped": 5}
    assert bench.packets == [codec.housekeeping(values, **header(0, 0))]
    assert bench.reporter.built == 0, "the counter wraps at 2^30"


@pytest.mark.parametrize("count", [1, 26, 44])
@pytest.mark.parametrize("sensor", [0, 7])
def test_coefficients_are_the_oracles(bench, sensor, count):
    octets = bytes(range(200, 200 + count))
    bench.reporter.coefficients(sensor, octets)
    bench.reporter.coefficients(sensor, octets)
    assert bench.packets == [codec.coefficients(sensor, octets, **header(n, n)) for n in range(2)]
    assert (bench.reporter.built, len(bench.packets[0])) == (2, reports.PARAMETER_LEN)


def test_coefficients_after_a_long_report_are_padded_with_zeros(bench):
    bench.reporter.ledger(0, Sampler(_FULL), Packetizer(_FULL))
    bench.reporter.coefficients(3, b"\xff")
    assert bench.packets[1] == codec.coefficients(3, b"\xff", **header(1, 0))


def test_short_report_after_a_long_one_is_padded_with_zeros(bench):
    bench.reporter.ledger(0, Sampler(_FULL), Packetizer(_FULL))
    bench.reporter.sensor_absent(1, 1)
    assert bench.packets[1] == codec.event(2, {"sensor": 1, "reason": 1}, **header(1, 0))


def test_reports_share_a_sequence_and_count_by_their_own_type(bench):
    reporter = bench.reporter
    reporter.boot()
    reporter.sensor_absent(0, 1)
    reporter.ledger(0, Sampler(_EMPTY), Packetizer(_EMPTY))
    reporter.sensor_state(reports.SENSOR_BACK, 0, 0)
    reporter.board(1, 0)
    reporter.sensor_state(reports.SENSOR_STOPPED, 0, 0)
    headers = [(codec.parse_primary_header(p), codec.parse_pus_header(p)) for p in bench.packets]
    counted = [(h["sequence_count"], p["service"], p["subtype"], p["counter"]) for h, p in headers]
    # Type counters go by service and subtype: boot and answers-again share one, absent and stopped another.
    assert counted == [(0, 5, 1, 0), (1, 5, 3, 0), (2, 3, 25, 0), (3, 5, 1, 1), (4, 3, 25, 1), (5, 5, 3, 1)]
    assert (reporter.built, reporter.dropped) == (6, 0)


def test_counters_of_headers_wrap(bench):
    bench.reporter._sequence = 16383
    bench.reporter._event_counts = [65535] * 5
    bench.reporter._housekeeping_count = bench.reporter._parameter_count = 65535
    for _ in range(2):
        bench.reporter.boot()
        bench.reporter.ledger(0, Sampler(_EMPTY), Packetizer(_EMPTY))
        bench.reporter.coefficients(0, b"a")
    counters = [codec.parse_pus_header(packet)["counter"] for packet in bench.packets]
    sequence = [codec.parse_primary_header(packet)["sequence_count"] for packet in bench.packets]
    assert (counters, sequence) == ([65535] * 3 + [0] * 3, [16383, 0, 1, 2, 3, 4])
    # 16384 would do for the two bits that hide it, 65536 would not fit its field.
    assert bench.reporter._sequence == 5


def test_report_the_queue_refuses_is_counted_and_leaves_a_hole_in_the_sequence(bench):
    for bench.frames.full in (False, True, False):
        bench.reporter.boot()
    assert (bench.reporter.built, bench.reporter.dropped) == (3, 1)
    assert [codec.parse_primary_header(packet)["sequence_count"] for packet in bench.packets] == [0, 2]


@pytest.mark.parametrize("seen", [0, 100, _MOST])
@pytest.mark.parametrize("reading", [1, 25])
def test_read_under_way_is_not_yet_seen(bench, reading, seen):
    values = {**_ORDINARY, "seen": seen}
    bench.reporter.ledger(3, Sampler(values, reading), Packetizer(values))
    assert bench.packets == [codec.housekeeping({"sid": 259, **values}, **header(0, 0))]
