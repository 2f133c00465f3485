"""The composition root on the virtual port: the order of what it says, start-up with sensors missing, limits of a plan."""

import json
from hashlib import sha256

import pytest

from freefall.board.clock import SimulatedClock
from freefall_board import app, sensor
from freefall_board.app import Payload, build
from freefall_board.boot import Boot
from freefall_board.ports.virtual import Port
from freefall_board.version import __version__
from oracle import codec
from unit.firmware.app_bench import APID, BOARD, BOOT, DEFINITION_ID, MS, SENSOR_ABSENT, Bench, make_fast_plan, make_plan, one_set

NO_ANSWER, WRONG_IDENTITY, NOT_CONFIGURED = 1, 2, 3


def test_boot_event_is_the_first_packet_and_says_what_booted():
    bench = Bench(make_plan())
    bench.payload.start()
    bench.run(100)
    major, minor, patch = (int(part) for part in __version__.split("."))
    boot = {"event": BOOT, "boot_count": 9, "version_major": major, "version_minor": minor, "version_patch": patch}
    boot |= {"wire_format": 1, "definition_id": 0xF1E2D3C4, "reset_cause": 1, "slot": 0, "failed_boots": 0}
    assert bench.reports[0] == (("event", BOOT), boot)
    header = codec.parse_primary_header(bench.packets[0])
    assert (header["apid"], header["sequence_count"]) == (APID, 0)


def test_boot_event_is_given_to_the_link_before_any_sensor_is_waited_for():
    bench = Bench(make_plan())
    link, offered = bench.payload._queue._link, []

    def watched(octets, start, size, waiting):
        offered.append((bench.clock.now_ns(), bytes(octets[start : start + size]), [model.phases for model in bench.models]))
        return link(octets, start, size, waiting)

    for model in bench.models:
        model.phases = 0
        model.start = lambda read, model=model, start=model.start: (setattr(model, "phases", model.phases + 1), start(read))[1]
    bench.payload._queue._link = watched
    bench.payload.start()
    ((when_ns, octets, phases),) = offered
    bench.run(20)
    assert (when_ns, phases) == (0, [0, 0])
    assert bench.octets[: len(octets)] == octets
    assert codec.parse_report(codec.judge_frame(octets[1:-1])[0], 2)["event"] == BOOT
    assert all(model.phases > 5 for model in bench.models)


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
    assert bench.of("sid", BOARD)[0]["queue_size"] == 8192
    assert bench.of("sid", BOARD)[0]["streams"] == 2


def test_absent_sensor_is_an_event_its_stream_stays_empty_and_the_others_run():
    bench = Bench(make_plan(thermometers=2))
    bench.models[1].absent = True
    bench.payload.start()
    bench.run(1100)
    assert bench.kinds[:2] == [("event", BOOT), ("event", SENSOR_ABSENT)]
    assert bench.of("event", SENSOR_ABSENT) == [{"event": SENSOR_ABSENT, "sensor": 1, "reason": NO_ANSWER}]
    assert bench.stream_apids == {APID + 1, APID + 3}
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


def test_buses_and_then_triggers_are_armed_only_when_every_sensor_is_set_up():
    bench = Bench(make_plan(thermometers=3))
    done = []
    for model in bench.models:
        model.stop = lambda stop=model.stop: (done.append("transfer"), stop())
    bench.port.bus = lambda plan, bus=bench.port.bus: watched_bus(bus(plan))
    bench.port.on_edge = lambda *arguments, on_edge=bench.port.on_edge: (done.append("trigger"), on_edge(*arguments))
    bench.port.on_tick = lambda *arguments, on_tick=bench.port.on_tick: (done.append("trigger"), on_tick(*arguments))

    def watched_bus(bus):
        bus.arm = lambda: done.append("bus")
        return bus

    bench.payload.start()
    assert done.index("bus") > 10
    assert done[done.index("bus") :] == ["bus"] * 3 + ["trigger"] * 4


def test_plan_of_another_format_is_refused_and_both_are_named():
    plan = make_plan(format=1)
    with pytest.raises(ValueError, match="runs plan format 3, not 1"):
        Bench(plan)


def test_driver_the_firmware_does_not_have_is_an_import_error():
    plan = make_plan()
    plan["sensors"][1]["driver"] = "abacus"
    port = Port(SimulatedClock(), bytearray().extend)
    port.connect({}, {}, {}, {})
    with pytest.raises(ImportError):
        Payload(plan, DEFINITION_ID, port, Boot(1)).start()


@pytest.mark.parametrize("absent", [False, True])
def test_largest_plan_says_all_it_has_to_say_at_start_even_if_the_link_takes_nothing_yet(absent):
    bench = Bench(make_plan(thermometers=8, accelerometer=False, period_us=50_000))
    for model in bench.models:
        model.absent = absent
    bench.port.wire.open = False
    bench.payload.start()
    bench.port.wire.open = True
    bench.run(100)
    assert bench.kinds == [("event", BOOT), *[("event", SENSOR_ABSENT)] * 8 * absent, *one_set(8)]


def test_reports_of_the_largest_plan_find_room_when_samples_fill_the_queue():
    bench = Bench(make_plan(thermometers=8, accelerometer=False, period_us=1000, housekeeping_ms=500))
    bench.payload.start()
    bench.run(400)
    bench.port.wire.open = False
    bench.run(300)  # the queue is full of samples, and a set of reports falls due
    bench.port.wire.open = True
    bench.run(2000)
    assert sum(bench.of("sid", 256 + number)[-1]["samples_dropped"] for number in range(8)) > 0
    board = bench.of("sid", BOARD)[-1]
    assert (board["service_dropped"], board["service_built"]) == (0, len(bench.kinds) - 1)


def test_watchdog_is_fed_at_every_look_and_asked_for_only_by_a_plan_with_one():
    for timeout_ms in (0, 500):
        bench = Bench(make_plan(watchdog_ms=timeout_ms))
        asked, fed = [], []
        bench.port.watchdog = lambda timeout_ms, asked=asked, fed=fed: asked.append(timeout_ms) or (lambda: fed.append(1))
        bench.payload.start()
        bench.payload.step()
        fed.clear()
        for _ in range(20):
            bench.clock.advance_to(bench.clock.now_ns() + 1 * MS)
            bench.payload.step()
        assert (asked, len(fed)) == (([500], 4) if timeout_ms else ([], 0)), "every 5 ms"


def test_watchdog_of_half_a_second_outlasts_a_sensor_that_is_asked_every_millisecond_for_a_second():
    plan = make_plan(accelerometer=False, period_us=1_000_000, watchdog_ms=500)
    plan["sensors"][0]["config"] = {"averages_code": 3}  # a conversion takes a second
    bench = Bench(plan)
    bench.payload.start()
    assert bench.clock.now_ns() >= 900 * MS
    bench.settle()
    assert bench.kinds.count(("event", BOOT)) == 1
    assert ("event", SENSOR_ABSENT) not in bench.kinds


def test_watchdog_of_half_a_second_outlasts_eight_drivers_that_are_loaded_and_a_flash_that_is_slow(monkeypatch):
    bench = Bench(make_plan(thermometers=8, accelerometer=False, watchdog_ms=500))
    load = sensor.driver_class

    def load_slowly(name):
        bench.clock.advance_to(bench.clock.now_ns() + 100 * MS)
        return load(name)

    monkeypatch.setattr(sensor, "driver_class", load_slowly)
    bench.payload._boot.started = lambda: bench.clock.advance_to(bench.clock.now_ns() + 450 * MS)
    bench.payload.start()
    bench.settle()
    assert bench.kinds.count(("event", BOOT)) == 1


def test_pass_says_whether_anything_was_sent():
    bench = Bench(make_plan(thermometers=0))
    bench.payload.start()
    bench.run(20)
    while bench.payload.step():
        pass
    bench.port.wire.open = False
    found = []
    for _ in range(30):
        bench.clock.advance_to(bench.clock.now_ns() + 1 * MS)
        before = bench.payload._streams[0].packetizer.framed
        said = bench.payload.step()
        assert said == (bench.payload._streams[0].packetizer.framed > before)
        found.append(said)
    assert found.count(True) == 3, "30 samples, ten a packet"
    bench.port.wire.open = True
    bench.payload.step()
    bench.clock.advance_to(bench.clock.now_ns() + MS // 10)
    assert bench.payload.step(), "the link took octets"


@pytest.mark.parametrize("timestamps", ["interrupt", "hardware"])
def test_every_kind_of_trigger_is_sampled_dated_and_accounted_for(timestamps):
    bench = Bench(make_fast_plan(timestamps, housekeeping_ms=500))
    bench.payload.start()
    bench.run(2000)
    assert bench.stream_apids == {APID + 1, APID + 2, APID + 3, APID + 4}
    for stream, rate_hz in enumerate((4000, 1000, 50, 20)):
        ledger = bench.ledger(stream)
        assert (ledger["bus_errors"], ledger["overruns"], ledger["late"], ledger["samples_dropped"]) == (0, 0, 0, 0)
        assert ledger["taken"] >= 1.4 * rate_hz
        samples = bench.samples(stream)
        assert [index for index, *_ in samples] == list(range(len(samples)))
    for stream in (0, 1):
        bench.check_against_model(stream)
    pulses = bench.models[3]
    for _, time_us, place, octets in bench.samples(3):
        assert int.from_bytes(octets[:4], "little") == pulses.count_at((time_us + place * 50_000) * 1000)
    assert int.from_bytes(octets, "little") > 10


def test_failed_read_is_found_within_5_ms():
    bench = Bench(make_plan(accelerometer=False, period_us=20_000))
    bench.payload.start()
    bench.run(100)
    model, failed_ns = bench.models[0], []
    model.start = lambda read: failed_ns.append(bench.clock.now_ns()) or False
    while not bench.payload._streams[0].sampler.bus_errors():
        bench.payload.step()
        bench.port.idle(1000)
    assert len(failed_ns) == 1
    assert 0 < bench.clock.now_ns() - failed_ns[0] <= 7 * MS, "the look, and at most two passes of 1 ms"


@pytest.mark.parametrize("start_us", [0, 2**29 - 20_000, 2**29 + 1000, 2**30 - 20_000])
def test_board_looks_after_everything_wherever_its_ticks_begin(start_us):
    bench = Bench(make_plan(housekeeping_ms=100), start_us=start_us)
    bench.payload.start()
    bench.run(1050)
    assert bench.kinds == [("event", BOOT), *one_set(2) * 11]
    first = bench.samples(0)[0]
    assert bench.models[0].produced[0].time_ns // 1000 - start_us == first[1]


def test_longest_pass_is_reported():
    bench = Bench(make_plan(housekeeping_ms=100))
    bench.payload.start()
    bench.run(50)
    link = bench.payload._queue._link
    slow = [7 * MS]

    def slowly(*arguments):
        if slow:
            bench.clock.advance_to(bench.clock.now_ns() + slow.pop())
        return link(*arguments)

    bench.payload._queue._link = slowly
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
    build("the port", "the boot")
    assert built == [(plan, sha256(text).digest()[:4], "the port", "the boot")]


def test_build_without_a_plan_is_an_os_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match=r"plan\.json"):
        build("the port", "the boot")
