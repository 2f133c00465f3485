"""The composition root on the virtual port: the order of what it says, start-up with sensors missing, limits of a plan."""

import copy
import json
from hashlib import sha256

import pytest

from freefall.board.clock import SimulatedClock
from freefall.board.sensors import MODELS
from freefall_board import app
from freefall_board.app import Payload, build
from freefall_board.ports.virtual import Port
from freefall_board.version import __version__
from oracle import codec

_MS = 1_000_000
_APID = 64
_DEFINITION_ID = bytes.fromhex("f1e2d3c4")
_ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
NO_ANSWER, WRONG_IDENTITY, NOT_CONFIGURED = 1, 2, 3
BOOT, SENSOR_ABSENT = 1, 2
BOARD = 1


def make_plan(thermometers=1, accelerometer=True, period_us=10_000, **changes):
    """A plan: an ADXL355 at 1 kHz on bus 0 if wanted, then so many TMP117 at period_us, four a bus from bus 1 on."""
    buses = [{"freq_hz": 400_000, "id": number, "kind": "i2c", "timeout_us": 1000} for number in range(3)]
    sensors, streams = [], []

    def add(sensor, sample_len, samples, period_us, trigger):
        streams.append(
            {
                "apid": _APID + 1 + len(streams), "sensor": len(sensors), "sample_len": sample_len, "samples_per_packet": samples,
                "packet_len": codec.stream_packet_length(samples, sample_len), "period_us": period_us, "ring_depth": 64,
                "max_latency_ms": 50, "trigger": trigger,
            }
        )  # fmt: skip
        sensors.append(sensor)

    if accelerometer:
        sensor = {"driver": "adxl355", "address": 0x1D, "bus": 0, "config": {"range_code": 1, "odr_code": 2}}
        add(sensor, 9, 10, 1000, {"kind": "data_ready", "pin": 15})
    for number in range(thermometers):
        address, bus = _ADDRESSES[number % 4], 1 + number // 4
        sensor = {"driver": "tmp117", "address": address, "bus": bus, "config": {"averages_code": 0}}
        add(sensor, 2, 1, period_us, {"kind": "periodic"})
    plan = {
        "format": 1, "apid": _APID, "buses": buses, "sensors": sensors, "streams": streams, "housekeeping_ms": 1000,
        "link": {"transport": "uart0", "baud": 921_600}, "watchdog_ms": 0,
    }  # fmt: skip
    return {**plan, **changes}


class Bench:
    """A payload on the virtual port; `reports` and `stream_packets` are what left by its link."""

    def __init__(self, plan, boot_count=9):
        self.clock = SimulatedClock()
        self.octets = bytearray()
        self.port = Port(self.clock, self.octets.extend, boot_count)
        targets = {bus["id"]: [] for bus in plan["buses"]}
        self.models = []
        for sensor in plan["sensors"]:
            pin = self.port.line(15) if sensor["driver"] == "adxl355" else None
            self.models.append(MODELS[sensor["driver"]](sensor["address"], self.clock, pin, 1))
            targets[plan["buses"][sensor["bus"]]["id"]].append(self.models[-1])
        self.port.connect(targets)
        self.streams = len(plan["streams"])
        self._packets = []  # decoded so far
        self.payload = Payload(copy.deepcopy(plan), _DEFINITION_ID, self.port)

    def run(self, duration_ms):
        end_ns = self.clock.now_ns() + duration_ms * _MS
        while self.clock.now_ns() < end_ns:
            if not self.payload.step():
                self.port.idle()

    @property
    def packets(self):
        assert self.octets[:1] == b"\0", "a delimiter before the first frame"
        for encoded in self.octets[1:].split(b"\0")[len(self._packets) : -1]:
            packet, reason = codec.judge_frame(bytes(encoded))
            assert reason is None
            self._packets.append(packet)
        return self._packets

    @property
    def service_packets(self):
        return [packet for packet in self.packets if codec.parse_primary_header(packet)["apid"] == _APID]

    @property
    def reports(self):
        """(kind, fields) of every service packet, where kind is the event's number or the SID."""
        found = []
        for packet in self.service_packets:
            fields = codec.parse_report(packet, self.streams)
            assert fields is not None
            found.append((("event", fields["event"]) if "event" in fields else ("sid", fields["sid"]), fields))
        return found

    @property
    def kinds(self):
        return [kind for kind, _ in self.reports]

    def of(self, *kind):
        return [fields for found, fields in self.reports if found == kind]

    @property
    def stream_apids(self):
        return {codec.parse_primary_header(packet)["apid"] for packet in self.packets} - {_APID}


def one_set(streams):
    """The kinds of one set of housekeeping reports: SID 1 closes it."""
    return [*(("sid", 256 + number) for number in range(streams)), ("sid", BOARD)]


def test_boot_event_is_the_first_packet_and_says_what_booted():
    bench = Bench(make_plan())
    bench.payload.start()
    bench.run(100)
    major, minor, patch = (int(part) for part in __version__.split("."))
    boot = {"event": BOOT, "boot_count": 9, "version_major": major, "version_minor": minor, "version_patch": patch}
    boot |= {"wire_format": 1, "definition_id": 0xF1E2D3C4, "reset_cause": 1}
    assert bench.reports[0] == (("event", BOOT), boot)
    header = codec.parse_primary_header(bench.packets[0])
    assert (header["apid"], header["sequence_count"]) == (_APID, 0)


def test_boot_event_leaves_before_any_sensor_is_waited_for():
    bench = Bench(make_plan())
    sent_ns = []
    on_octets = bench.port.wire._on_octets
    bench.port.wire._on_octets = lambda octets: (sent_ns.append(bench.clock.now_ns()), on_octets(octets))
    bench.payload.start()
    assert sent_ns == [0, 0], "the delimiter and the boot event"
    assert bench.clock.now_ns() > 5 * _MS


def test_reports_come_at_the_start_and_every_period_each_stream_before_the_board():
    bench = Bench(make_plan(thermometers=2, housekeeping_ms=200))
    bench.payload.start()
    bench.run(1020)
    assert bench.kinds == [("event", BOOT), *one_set(3) * 6]
    headers = [codec.parse_pus_header(packet) for packet in bench.service_packets]
    times_us = [header["seconds"] * 10**6 + header["microseconds"] for header in headers]
    # A set has one time, and the next is due a period later, seen by the first pass after that.
    assert times_us[1::4] == times_us[4::4]
    periods = [later - earlier for earlier, later in zip(times_us[4::4], times_us[8::4], strict=False)]
    assert len(periods) == 5
    assert all(200_000 <= period < 202_000 for period in periods)


def test_first_reports_are_from_before_the_first_sample_is_framed():
    bench = Bench(make_plan())
    bench.payload.start()
    bench.run(50)
    first = bench.of("sid", 256)[0]
    assert (first["framed"], first["samples_sent"], first["packets_sent"]) == (0, 0, 0)
    assert first["seen"] == first["taken"] == first["pending"]


def test_board_report_counts_the_service_packets_before_it():
    bench = Bench(make_plan())
    bench.payload.start()
    bench.run(2500)
    built = [fields["service_built"] for fields in bench.of("sid", BOARD)]
    assert built == [3, 6, 9]
    assert bench.of("sid", BOARD)[0]["queue_size"] == 32
    assert bench.of("sid", BOARD)[0]["streams"] == 2


def test_absent_sensor_is_an_event_its_stream_stays_empty_and_the_others_run():
    bench = Bench(make_plan(thermometers=2))
    bench.models[1].absent = True
    bench.payload.start()
    bench.run(1100)
    assert bench.kinds[:2] == [("event", BOOT), ("event", SENSOR_ABSENT)]
    assert bench.of("event", SENSOR_ABSENT) == [{"event": SENSOR_ABSENT, "sensor": 1, "reason": NO_ANSWER}]
    assert bench.stream_apids == {_APID + 1, _APID + 3}
    assert {fields["seen"] for fields in bench.of("sid", 257)} == {0}
    assert {fields["streams"] for fields in bench.of("sid", BOARD)} == {3}, "its ledger is reported all the same"
    assert len(bench.port.ticks) == 1, "no trigger is armed for it"
    # A stream that does not run has not stopped: no other event.
    assert len([kind for kind in bench.kinds if kind[0] == "event"]) == 2


def test_reason_tells_why_a_sensor_is_absent():
    bench = Bench(make_plan(thermometers=2))
    bench.models[0].spoil_resets(3)
    bench.models[1]._read_register = lambda: 0x0075
    bench.models[2].fail_next(1)
    bench.payload.start()
    bench.run(100)
    reasons = {fields["sensor"]: fields["reason"] for fields in bench.of("event", SENSOR_ABSENT)}
    assert reasons == {0: NOT_CONFIGURED, 1: WRONG_IDENTITY, 2: NO_ANSWER}


def test_sensor_that_fails_between_identity_and_measuring_is_absent():
    bench = Bench(make_plan())
    bench.models[0].stop, stop = lambda: (stop(), setattr(bench.models[0], "absent", True)), bench.models[0].stop
    bench.payload.start()
    bench.run(100)
    assert bench.of("event", SENSOR_ABSENT) == [{"event": SENSOR_ABSENT, "sensor": 0, "reason": NO_ANSWER}]


def test_triggers_are_armed_only_when_every_sensor_is_set_up():
    bench = Bench(make_plan(thermometers=3))
    armed_ns, transfers_ns = [], []
    on_edge, on_tick = bench.port.on_edge, bench.port.on_tick
    bench.port.on_edge = lambda *arguments: (armed_ns.append(bench.clock.now_ns()), on_edge(*arguments))
    bench.port.on_tick = lambda *arguments: (armed_ns.append(bench.clock.now_ns()), on_tick(*arguments))
    for model in bench.models:
        model.stop = lambda stop=model.stop: (transfers_ns.append(bench.clock.now_ns()), stop())
    bench.payload.start()
    assert len(armed_ns) == 4
    assert max(transfers_ns) <= min(armed_ns)


def test_plan_of_another_format_is_refused_and_both_are_named():
    plan = make_plan(format=2)
    with pytest.raises(ValueError, match="runs plan format 1, not 2"):
        Bench(plan)


def test_driver_the_firmware_does_not_have_is_an_import_error():
    plan = make_plan()
    plan["sensors"][1]["driver"] = "abacus"
    port = Port(SimulatedClock(), bytearray().extend)
    port.connect({bus["id"]: [] for bus in plan["buses"]})
    with pytest.raises(ImportError):
        Payload(plan, _DEFINITION_ID, port)


@pytest.mark.parametrize("absent", [False, True])
def test_largest_plan_says_all_it_has_to_say_at_start_even_if_the_link_takes_nothing_yet(absent):
    bench = Bench(make_plan(thermometers=8, accelerometer=False, period_us=50_000))
    for model in bench.models:
        model.absent = absent
    bench.port.wire._room = 0
    bench.port.wire.open = False
    bench.payload.start()
    bench.port.wire.open = True
    bench.run(100)
    assert bench.kinds == [("event", BOOT), *[("event", SENSOR_ABSENT)] * 8 * absent, *one_set(8)]


def test_reports_of_the_largest_plan_find_room_when_samples_fill_the_queue():
    bench = Bench(make_plan(thermometers=8, accelerometer=False, period_us=1000, housekeeping_ms=500))
    bench.payload.start()
    bench.run(400)
    bench.port.wire._room = 0
    bench.port.wire.open = False
    bench.run(300)  # the queue is full of samples, and a set of reports falls due
    bench.port.wire.open = True
    bench.run(2000)
    assert sum(bench.of("sid", 256 + number)[-1]["samples_dropped"] for number in range(8)) > 0
    board = bench.of("sid", BOARD)[-1]
    assert (board["service_dropped"], board["service_built"]) == (0, len(bench.kinds) - 1)


def test_watchdog_is_fed_by_every_pass_and_asked_for_only_by_a_plan_with_one():
    for timeout_ms in (0, 500):
        bench = Bench(make_plan(watchdog_ms=timeout_ms))
        asked, fed = [], []
        bench.port.watchdog = lambda timeout_ms, asked=asked, fed=fed: asked.append(timeout_ms) or (lambda: fed.append(1))
        bench.payload.start()
        for _ in range(5):
            bench.payload.step()
        assert (asked, len(fed)) == (([500], 5) if timeout_ms else ([], 0))


def test_pass_without_anything_to_do_says_so():
    bench = Bench(make_plan())
    bench.payload.start()
    while bench.payload.step():
        pass
    bench.clock.advance_to(bench.clock.now_ns() + 3 * _MS)
    assert bench.payload.step()


def test_longest_pass_is_reported():
    bench = Bench(make_plan(housekeeping_ms=100))
    bench.payload.start()
    bench.run(50)
    write = bench.payload._queue._write
    slow = [7 * _MS]

    def slowly(*arguments):
        if slow:
            bench.clock.advance_to(bench.clock.now_ns() + slow.pop())
        return write(*arguments)

    bench.payload._queue._write = slowly
    bench.run(300)
    assert bench.of("sid", BOARD)[0]["longest_pass_us"] == 0
    assert bench.of("sid", BOARD)[-1]["longest_pass_us"] == 7000


def test_build_runs_the_plan_beside_it_and_its_hash_is_the_definition_id(tmp_path, monkeypatch):
    plan = make_plan(thermometers=0)
    text = json.dumps(plan).encode()
    (tmp_path / "plan.json").write_bytes(text)
    monkeypatch.chdir(tmp_path)
    built = []
    monkeypatch.setattr(app, "Payload", lambda *arguments: built.append(arguments))
    build("the port")
    assert built == [(plan, sha256(text).digest()[:4], "the port")]


def test_build_without_a_plan_is_an_os_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match=r"plan\.json"):
        build("the port")
